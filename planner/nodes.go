package planner

// Inputs and Estimate of every node, in the order of plan.go.

func (n *Scan) Inputs() []Node         { return nil }
func (n *IndexScan) Inputs() []Node    { return nil }
func (n *CountRows) Inputs() []Node    { return nil }
func (n *IndexEdge) Inputs() []Node    { return nil }
func (n *Filter) Inputs() []Node       { return []Node{n.Input} }
func (n *Project) Inputs() []Node      { return inputs(n.Input) }
func (n *Group) Inputs() []Node        { return []Node{n.Input} }
func (n *GroupingSets) Inputs() []Node { return []Node{n.Input} }
func (n *Sort) Inputs() []Node         { return []Node{n.Input} }
func (n *Distinct) Inputs() []Node     { return []Node{n.Input} }
func (n *Limit) Inputs() []Node        { return []Node{n.Input} }
func (n *Values) Inputs() []Node       { return nil }
func (n *Insert) Inputs() []Node       { return inputs(n.Input) }
func (n *Update) Inputs() []Node       { return []Node{n.Input} }
func (n *Delete) Inputs() []Node       { return []Node{n.Input} }

// inputs leaves out a nil input: the Project of a RETURNING has none.
func inputs(n Node) []Node {
	if n == nil {
		return nil
	}
	return []Node{n}
}

func (n *Scan) Estimate() Estimate         { return n.Est }
func (n *IndexScan) Estimate() Estimate    { return n.Est }
func (n *CountRows) Estimate() Estimate    { return n.Est }
func (n *IndexEdge) Estimate() Estimate    { return n.Est }
func (n *Filter) Estimate() Estimate       { return n.Est }
func (n *Project) Estimate() Estimate      { return n.Est }
func (n *Group) Estimate() Estimate        { return n.Est }
func (n *GroupingSets) Estimate() Estimate { return n.Est }
func (n *Sort) Estimate() Estimate         { return n.Est }
func (n *Distinct) Estimate() Estimate     { return n.Est }
func (n *Limit) Estimate() Estimate        { return n.Est }
func (n *Values) Estimate() Estimate       { return n.Est }
func (n *Insert) Estimate() Estimate       { return n.Est }
func (n *Update) Estimate() Estimate       { return n.Est }
func (n *Delete) Estimate() Estimate       { return n.Est }
