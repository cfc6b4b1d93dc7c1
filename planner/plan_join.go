package planner

import "github.com/fluxdb/fluxdb/planner/expr"

// JoinKind says which rows a join yields besides the pairs.
type JoinKind uint8

const (
	// InnerJoin yields pairs only.
	InnerJoin JoinKind = iota
	// LeftJoin yields each row of the left side that has no partner, too. The registers of the right side
	// are then empty: documents that are none, and NULL.
	LeftJoin
	// FullJoin yields the rows of either side that have no partner, too.
	FullJoin
	// SemiJoin yields each row of the left side that has a partner, once, and AntiJoin each that has none.
	SemiJoin
	AntiJoin
)

func (k JoinKind) String() string { return [...]string{"", " left", " full", " semi", " anti"}[k] }

// HashJoin pairs the rows of two sides whose keys are equal, none of them NULL, and for which Cond is TRUE. It reads
// the right side first, into a table; without keys, every row of it is tried for each of the left side.
type HashJoin struct {
	Est                 Estimate
	Kind                JoinKind
	Left, Right         Node
	LeftKeys, RightKeys []expr.Expr
	Cond                expr.Expr // nil for none
	// NullsEqual has NULL keys pair, with each other. Once has each row of the right side pair only once: a SemiJoin is
	// then INTERSECT ALL, an AntiJoin EXCEPT ALL.
	NullsEqual, Once bool
	// LeftCarry and RightCarry are the registers of either side that are read above, or by Cond.
	LeftCarry, RightCarry Carry
}

// Carry is a set of registers.
type Carry struct{ Docs, Vals []int }

// LoopJoin opens the right side anew for each row of the left side, whose registers the right side reads: its bounds
// are values of that row. Kind is any but
// FullJoin.
type LoopJoin struct {
	Est         Estimate
	Kind        JoinKind
	Left, Right Node
	Cond        expr.Expr
	RightCarry  Carry
}

// Inputs returns both sides.
func (n *HashJoin) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs returns both sides.
func (n *LoopJoin) Inputs() []Node { return []Node{n.Left, n.Right} }

// Estimate returns Est.
func (n *HashJoin) Estimate() Estimate { return n.Est }

// Estimate returns Est.
func (n *LoopJoin) Estimate() Estimate { return n.Est }

// Append yields the rows of its inputs, one input after the other.
type Append struct {
	Est  Estimate
	List []Node
}

// Inputs returns the list.
func (n *Append) Inputs() []Node { return n.List }

// Estimate returns Est.
func (n *Append) Estimate() Estimate { return n.Est }

// Subplan is a query that stands in expressions.
type Subplan struct {
	Root Node
	// Reg is the register of its first column, -1 where only its rows count.
	Reg int
}

// Recursion yields the rows of First, and then, round by round until there are none, those of Step, which reads the rows
// of the round before by WorkScans. Unless All, rows that were there before are dropped.
type Recursion struct {
	Est         Estimate
	First, Step Node
	// Regs are the registers of a row, StepRegs those in which Step leaves one.
	Regs, StepRegs []int
	All            bool
	Work           int // what WorkScans call it
}

// Inputs returns both parts.
func (n *Recursion) Inputs() []Node { return []Node{n.First, n.Step} }

// Estimate returns Est.
func (n *Recursion) Estimate() Estimate { return n.Est }

// WorkScan reads the rows of the last round of a Recursion.
type WorkScan struct {
	Est  Estimate
	Work int
	Regs []int
}

// Inputs returns nil.
func (n *WorkScan) Inputs() []Node { return nil }

// Estimate returns Est.
func (n *WorkScan) Estimate() Estimate { return n.Est }

// Unnest yields the elements of an array, in its order; none of what is no array. The array is evaluated when the node
// opens: it may be of the present row of a LoopJoin's left side.
type Unnest struct {
	Est   Estimate
	Array expr.Expr
	// Regs are the register of the element and, with a second, of its place, from 1.
	Regs []int
}

// Inputs returns nil.
func (n *Unnest) Inputs() []Node { return nil }

// Estimate returns Est.
func (n *Unnest) Estimate() Estimate { return n.Est }
