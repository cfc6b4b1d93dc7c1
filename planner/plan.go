// Package planner turns a syntax tree into the cheapest plan: bind names,
// apply a readable list of rules, choose the access path. One tree of plan
// nodes serves SQL and Mongo-style requests, EXPLAIN and the executor.
package planner

import (
	"slices"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// Plan is a planned statement. It is immutable and may be cached and run by
// many sessions at once, as long as Deps hold.
type Plan struct {
	Root Node
	// Subplans are the queries that stand in expressions, by expr.Subquery.ID.
	Subplans []Subplan
	// Works is how many Recursions there are.
	Works int
	// Columns are the result columns, empty for statements without rows.
	Columns []Column
	// Docs and Vals are how many registers a frame needs.
	Docs, Vals int
	// Params is how many parameters the statement takes; Names gives the name of
	// each named one, or is nil.
	Params int
	Names  []string
	// Writes says that the plan changes documents or the catalog.
	Writes bool
	// Deps are the field sets that `*` was expanded from, or that told a name of a field
	// from an alias: the plan is stale once one of them no longer holds.
	Deps []Dep
	// Notices are remarks for a person: an unknown field and the nearest name.
	Notices []string
}

// Dep is a field set that the plan depends on.
type Dep struct {
	Collection *def.Collection
	Fields     *FieldSet
	Leaves     bool // what counts is Fields.Leaves, for FLATTEN, else Fields.Names
}

// Holds reports whether the catalog still gives the same fields.
func (d *Dep) Holds(catalog Catalog) (bool, error) {
	now, err := catalog.Fields(d.Collection)
	if err != nil {
		return false, err
	}
	return now == d.Fields || now.Others == d.Fields.Others && slices.Equal(d.list(now), d.list(d.Fields)), nil
}

// list is the part of a field set that the plan depends on.
func (d *Dep) list(fields *FieldSet) []string {
	if d.Leaves {
		return fields.Leaves
	}
	return fields.Names
}

// Column is one result column.
type Column struct {
	Name string
	Reg  int    // index in Frame.Vals
	Type string // declared or inferred SQL type name, "ANY" when unknown
	// Nullable is false when the column can't be NULL.
	Nullable bool
}

// FieldSet is the observed fields of a collection at one moment. A catalog that returns
// the same pointer as long as nothing changed makes checking a cached plan cheap.
type FieldSet = def.FieldSet

// Catalog is what the planner sees of the engine, for one transaction.
type Catalog interface {
	// Collection resolves a name, exactly first, else by the only match that
	// ignores case. The error for an unknown name is the engine's.
	Collection(name string) (*def.Collection, error)
	// Collections lists all, by name.
	Collections() ([]*def.Collection, error)
	// Fields returns the observed fields of a collection.
	Fields(c *def.Collection) (*FieldSet, error)
	// Stats returns the exact counters that costs are made from.
	Stats(c *def.Collection) (Stats, error)
}

// Stats are counters of one collection, for cost estimates only.
type Stats struct {
	Documents int64
	// Entries is the number of entries of each index, by index ID.
	Entries map[uint64]int64
}

// Node is an operator of the plan tree. Each row that it yields is the state of the
// frame's registers after its Next.
type Node interface {
	// Inputs are the operators it pulls from.
	Inputs() []Node
	// Estimate is the planner's guess of its rows and cost.
	Estimate() Estimate
}

// Estimate is the planner's guess for a node.
type Estimate struct {
	Rows float64
	Cost float64 // in units of one sequentially scanned document
}

// Scan reads all documents of a collection, or those whose _id lies in Bounds, into
// register Doc, in _id order.
type Scan struct {
	Est        Estimate
	Doc        int
	Collection *def.Collection
	// Bounds restrict _id; nil is all documents.
	Bounds  *Bounds
	Reverse bool
	// Ordered says that something above relies on the order of _id.
	Ordered bool
	// Filter is evaluated on each record; nil keeps all.
	Filter expr.Expr
	// Unused explains, for EXPLAIN, why each index was not chosen: "name: reason".
	Unused []string
}

// IndexScan reads entries of one index within Bounds. Unless Covering, it
// fetches each document into register Doc.
//
// An entry whose component is inexact (an object, an array, a cut value) has its
// document fetched even when Covering, and before EntryFilter is evaluated: the registers
// of Covered are then filled from the document by the paths of the index, and Recheck
// must be TRUE for it.
type IndexScan struct {
	Est        Estimate
	Doc        int
	Collection *def.Collection
	Index      *def.Index
	Bounds     *Bounds
	Reverse    bool
	// Ordered says that something above relies on the order of the components from
	// OrderFrom on; otherwise the executor may fetch documents sorted by id.
	// Where the components before OrderFrom, all bound by Eq, expand to several
	// values (IN, or `flag = 1`, which is also TRUE), the executor merges their
	// ranges; those of later components are read in the order of the index.
	Ordered   bool
	OrderFrom int
	// Covering says that no document is fetched. Covered gives for each index
	// component the register it fills, or -1; IDReg the register for _id, or -1.
	// They are filled before EntryFilter, also when not Covering.
	Covering bool
	Covered  []int
	IDReg    int
	// EntryFilter reads covered registers only and is evaluated before a fetch;
	// Filter is evaluated after it.
	EntryFilter expr.Expr
	Filter      expr.Expr
	// Recheck is what Bounds stand for, as a condition on the document: for
	// entries that can't tell by themselves. Nil without Bounds.
	Recheck expr.Expr
	// Unused explains, for EXPLAIN, why each other index was not chosen: "name: reason".
	Unused []string
}

// Bounds restrict the leading components of an index (or _id, as its single component).
// Expressions in it read no row and are evaluated when the scan opens; literals and parameters
// among them went through the coercion to the declared type already. The executor turns
// them into ranges by the comparison rules of SQL for literals and parameters:
//
//	a NULL operand              equals nothing and bounds nothing: no rows
//	a number n                  numbers as n, and booleans as 0 and 1 are to n
//	a string that reads as a    strings as it is, and timestamps as the
//	  timestamp                   timestamp is
//	any other value             values of its own kind only
//
// A range with two ends is what both allow, kind by kind: a > 5 AND a < 'x' is empty. Values of
// one EqBound that are equal, or whose ranges meet, are read once.
type Bounds struct {
	// Eq holds for each leading component the values it may equal: one for
	// `=`, several for IN.
	Eq []EqBound
	// Lower and Upper bound the component after Eq; nil is open.
	Lower, Upper *Bound
	// Row, when not nil, bounds the components after Eq by a row instead.
	Row *RowBound
}

// RowBound is an end of a range of rows: (a, b) > (1, 2). Those within are where a > 1, and where a = 1 and b > 2.
type RowBound struct {
	Values    []expr.Expr // of the components after Eq, two at least
	Types     []def.Type  // of each, as that of an EqBound
	Upper     bool        // else it is the lower end
	Inclusive bool
}

// EqBound is the set of values of one component: Values, or List, or NULL.
type EqBound struct {
	Values []expr.Expr
	// List, when not nil, is one expression that yields an array of values (IN ?).
	List expr.Expr
	// Null includes NULL and MISSING (IS NULL).
	Null bool
	// Type is the component's declared type: what is stored there is of it, or
	// NULL, so that ranges of other kinds need no look.
	Type def.Type
}

// Bound is one end of a range on a component.
type Bound struct {
	Value     expr.Expr
	Inclusive bool
	Type      def.Type // as that of an EqBound
	// NotNull, with a nil Value, is the bound of IS NOT NULL: everything above NULL.
	NotNull bool
}

// CountRows yields one row with the number of documents of a collection, read
// from its counter, in register Out.
type CountRows struct {
	Est        Estimate
	Collection *def.Collection
	Out        int
}

// IndexEdge yields one row: the least (or greatest) of the component after Bounds.Eq that is not
// NULL, NULL when there is none, goes to register Out: MIN and MAX. Bounds has no
// range; where an EqBound stands for several values, it is the least (or greatest) of all.
type IndexEdge struct {
	Est        Estimate
	Collection *def.Collection
	Index      *def.Index // nil is _id, without Bounds
	Bounds     *Bounds
	Max        bool
	Out        int
}

// Filter keeps the rows for which Cond is TRUE.
type Filter struct {
	Est   Estimate
	Input Node
	Cond  expr.Expr
}

// Project evaluates expressions into registers, keeping all others.
type Project struct {
	Est   Estimate
	Input Node
	Outs  []Out
}

// Out is one expression and the register it goes to.
type Out struct {
	Reg  int
	Expr expr.Expr
}

// Group groups rows by Keys and yields one row a group: each key in its
// register and each aggregate in its own. Without keys there is exactly one row.
type Group struct {
	Est   Estimate
	Input Node
	Keys  []Out
	Aggs  []AggCall
	// Sorted says that equal keys arrive together.
	Sorted bool
	// Totals are the values of the last key for which there is a group of all rows even when there are none.
	Totals []int
}

// GroupingSets yields each row once for every set of the keys of a Group above: with the values of the keys that are in
// it, NULL for the others, and the number of the set in register Set.
type GroupingSets struct {
	Est   Estimate
	Input Node
	Keys  []Out
	Sets  [][]int // places in Keys
	Set   int
}

// AggCall is one aggregate of a Group.
type AggCall struct {
	Func     *expr.Aggregate
	Arg      expr.Expr // nil is COUNT(*)
	Distinct bool
	Filter   expr.Expr // nil takes all rows
	Out      int
}

// Sort orders rows by Keys. Rows above see only the registers it carries.
type Sort struct {
	Est   Estimate
	Input Node
	Keys  []SortKey
	// CarryDocs and CarryVals are the registers restored for each row.
	CarryDocs []int
	CarryVals []int
	// Top, when not nil, is how many rows are wanted at most, after the
	// TopOffset rows that are skipped (nil is none); the sum saturates. A NULL
	// Top wants all rows.
	Top, TopOffset expr.Expr
}

// SortKey is one key of a Sort, in the total order of documents.
type SortKey struct {
	Expr       expr.Expr
	Desc       bool
	NullsFirst bool // explicit or by default: first on ASC, last on DESC
	NoCase     bool // COLLATE NOCASE
}

// Distinct drops rows whose registers Regs equal those of an earlier row.
type Distinct struct {
	Est   Estimate
	Input Node
	Regs  []int
	// On is what stands in Regs where that is not the whole row, and Carry what else of a row is read above.
	On    []expr.Expr
	Carry Carry
	// Sorted says that rows whose Regs are equal come together.
	Sorted bool
}

// Limit passes at most Count rows after skipping Offset; either may be nil.
type Limit struct {
	Est    Estimate
	Input  Node
	Count  expr.Expr
	Offset expr.Expr
}

// Values yields constant rows: Rows[i][j] goes to register Regs[j]. A SELECT without FROM
// is Values with one row of no registers.
type Values struct {
	Est  Estimate
	Regs []int
	Rows [][]expr.Expr
}

// Insert stores one document a row. Each row gives either a whole document, as
// its only value, or values for Fields, in order; a nil value is the keyword
// DEFAULT: the field's default applies, or the field is left out.
type Insert struct {
	Est        Estimate
	Collection *def.Collection
	// Fields are the targets of the column list, or the declared fields; an
	// undeclared target has type Any. Nil when rows are whole documents.
	Fields []def.Field
	Rows   [][]expr.Expr
	// Input, when not nil, yields the rows instead, which the only one of Rows reads from its registers.
	Input Node
	// Conflict, when not nil, is what is done about a document whose key is taken.
	Conflict *Conflict
	// Doc is the register that RETURNING expressions read the stored document from.
	Doc       int
	Returning *Project // nil without RETURNING; its Input is nil
}

// Conflict is what an Insert does about a document that has the _id, or the unique key, of another one.
type Conflict struct {
	// Key is the name of the primary key or of the unique index that it is about; "" is any.
	Key    string
	Action ConflictAction
	// Update, whose Input and Returning are nil, changes the document that is there, in register Update.Doc; Excluded is the
	// register of the one that was refused. Where, nil for none, decides whether it does.
	Update   *Update
	Excluded int
	Where    expr.Expr
}

// ConflictAction is what is done about a conflict.
type ConflictAction uint8

const (
	// DoNothing leaves the new document out.
	DoNothing ConflictAction = iota
	// DoReplace removes the document that is there.
	DoReplace
	// DoUpdate changes the document that is there.
	DoUpdate
)

// Update changes the documents that Input yields in register Doc.
type Update struct {
	Est        Estimate
	Input      Node
	Doc        int
	Collection *def.Collection
	// Joined says that Input joins the documents with other sources, of which Sets and Returning read the registers
	// Carried.
	Joined  bool
	Carried []int
	Sets    []SetField
	Unset   []def.Field
	// Rekey says that Sets may change the declared primary key: the document is then
	// deleted and inserted under its new key.
	Rekey bool
	// NewDoc is the register that RETURNING reads the changed document from.
	NewDoc    int
	Returning *Project
}

// SetField is one `path = expr` of an UPDATE.
type SetField struct {
	Field def.Field
	Expr  expr.Expr
	// Leaf reads Field's path where that has no subscripts; else nil.
	Leaf *document.Accessor
}

// Delete removes the documents that Input yields in register Doc.
type Delete struct {
	Est        Estimate
	Input      Node
	Doc        int
	Collection *def.Collection
	Carried    []int // as that of an Update
	Returning  *Project
}
