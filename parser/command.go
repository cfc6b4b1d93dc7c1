package parser

// command parses a statement that is grammar.
func (p *parser) command() Statement {
	switch p.tok.kind {
	case wCreate, wDrop, wTruncate, wBegin, wStart, wCommit, wEnd, wRollback, wSavepoint, wRelease, wShow:
	default:
		p.unexpected("")
		return &Commit{}
	}
	var m Meta
	p.begin(&m)
	g := p.grammarStatement()
	p.end(&m)
	p.metas = p.metas[:len(p.metas)-1]
	s := p.fromGrammar(g, m)
	p.metas = append(p.metas, s.Info())
	return s
}

// fromGrammar makes a statement of what the grammar captured.
func (p *parser) fromGrammar(g *commandGrammar, m Meta) Statement {
	switch {
	case g.Create != nil:
		return p.create(g.Create, m)
	case g.Drop != nil:
		return drop(g.Drop, m)
	case g.Truncate != nil:
		return &Truncate{m, g.Truncate.Name, g.Truncate.At}
	case g.Begin != nil:
		return &Begin{m, readOnly(g.Begin.Modes)}
	case g.Start != nil:
		return &Begin{m, readOnly(g.Start.Modes)}
	case g.Rollback != nil:
		return &Rollback{m, g.Rollback.To.text()}
	case g.Savepoint != nil:
		return &Savepoint{m, g.Savepoint.Name}
	case g.Release != nil:
		return &Release{m, g.Release.Name}
	case g.Show != nil:
		s := &Show{Meta: m, What: "COLLECTIONS", Table: g.Show.Table.text()}
		if g.Show.Indexes {
			s.What = "INDEXES"
		}
		return s
	}
	return &Commit{m}
}

func readOnly(modes []modeGrammar) bool {
	only := false
	for _, m := range modes {
		only = only || m.ReadOnly
	}
	return only
}

func (p *parser) create(g *createGrammar, m Meta) Statement {
	switch {
	case g.Table != nil:
		return p.collection(g.Table, m, true)
	case g.Collection != nil:
		return p.collection(g.Collection, m, false)
	case g.UniqueIndex != nil:
		return index(g.UniqueIndex, m, true)
	}
	return index(g.Index, m, false)
}

func (p *parser) collection(g *collectionGrammar, m Meta, table bool) Statement {
	s := &CreateCollection{Meta: m, Name: g.Name.Name, NameAt: g.Name.At, Table: table, IfNotExists: g.IfNotExists}
	if g.Open || g.Strict {
		s.Open = &g.Open
	}
	if g.Query != nil {
		s.Query = g.Query.Query
	}
	for i := range g.Members {
		member := &g.Members[i]
		c := member.Constraint
		if c == nil {
			c = member.Labelled
		}
		switch {
		case c == nil:
			s.Fields = append(s.Fields, p.field(member.Field))
		case c.PrimaryKey != nil:
			if s.PrimaryKey != nil {
				p.fail(c.PrimaryKey[0].Path.Pos(), "a second PRIMARY KEY", "")
			}
			s.PrimaryKey = paths(c.PrimaryKey)
		default:
			s.Unique = append(s.Unique, paths(c.Unique))
		}
	}
	return s
}

// field makes a declared field of its options, each of which may be given once.
func (p *parser) field(g *fieldGrammar) FieldDef {
	f := FieldDef{Path: g.Path.Path}
	if g.Type != nil {
		f.Type = g.Type.Type
	}
	null := false
	for _, o := range g.Options {
		f.PrimaryKey = f.PrimaryKey || o.PrimaryKey
		f.Autoincrement = f.Autoincrement || o.Autoincrement
		f.NotNull = f.NotNull || o.NotNull
		f.Unique = f.Unique || o.Unique
		null = null || o.Null
		if o.Default == nil {
			continue
		}
		if f.Default != nil {
			p.fail(o.Default.Expr.Pos(), "a second DEFAULT", "")
		}
		f.Default, f.DefaultText = o.Default.Expr, o.Default.Text
	}
	if null && f.NotNull {
		p.fail(f.Path.Pos(), "a field is either NULL or NOT NULL", "")
	}
	return f
}

func paths(list []*pathLeaf) []*Path {
	out := make([]*Path, len(list))
	for i, l := range list {
		out[i] = l.Path
	}
	return out
}

func index(g *indexGrammar, m Meta, unique bool) Statement {
	s := &CreateIndex{Meta: m, Name: g.Name.text(), NameAt: g.Name.at(), Unique: unique, IfNotExists: g.IfNotExists,
		NullsNotDistinct: g.NullsNotDistinct, Table: g.Table.Name, TableAt: g.Table.At}
	for _, k := range g.Keys {
		s.Keys = append(s.Keys, IndexKey{k.Path.Path, k.Desc})
	}
	return s
}

func drop(g *dropGrammar, m Meta) Statement {
	if c := g.Collection; c != nil {
		return &DropCollection{m, c.Name.Name, c.IfExists, c.Name.At}
	}
	i := g.Index
	return &DropIndex{m, i.Name.Name, i.Table.text(), i.IfExists, i.Name.At}
}
