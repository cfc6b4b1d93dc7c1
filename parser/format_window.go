package parser

func (f *formatter) window(w *Window) {
	if w.Whole {
		f.name(w.Base)
		return
	}
	f.WriteByte('(')
	sep := ""
	part := func(word string) {
		f.write(sep, word)
		sep = " "
	}
	if w.Base != "" {
		part("")
		f.baseName(w.Base)
	}
	if len(w.PartitionBy) > 0 {
		part("PARTITION BY ")
		f.exprs(w.PartitionBy)
	}
	if len(w.OrderBy) > 0 {
		part("ORDER BY ")
		f.list(len(w.OrderBy), func(i int) { f.orderItem(&w.OrderBy[i]) })
	}
	if w.Frame != nil {
		part(w.Frame.Unit)
		f.frame(w.Frame)
	}
	f.WriteByte(')')
}

// baseName prints the name of a window where one of the words that may follow it could stand, too.
func (f *formatter) baseName(n string) {
	switch wordKind(n) {
	case wPartition, wRows, wRange, wGroups:
		f.quotedName(n)
	default:
		f.name(n)
	}
}

func (f *formatter) frame(fr *Frame) {
	f.WriteString(" BETWEEN ")
	f.frameBound(&fr.Start)
	f.WriteString(" AND ")
	f.frameBound(&fr.End)
	if fr.Exclude != "" {
		f.write(" EXCLUDE ", fr.Exclude)
	}
}

func (f *formatter) frameBound(b *FrameBound) {
	if b.Offset != nil {
		if x, ok := b.Offset.(*Path); ok && len(x.Steps) == 1 && wordKind(x.Steps[0].Name) == wUnbounded {
			f.quotedName(x.Steps[0].Name)
		} else {
			f.expr(b.Offset, precOr)
		}
		f.WriteByte(' ')
	}
	f.WriteString(b.Kind.String())
}

// String prints a bound as SQL, without its offset.
func (k BoundKind) String() string {
	return [...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}[k]
}
