package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/planner/expr"
)

// scope is what names mean at one place of a statement.
type scope struct {
	b *builder
	// sources are those of FROM; a name that no alias has is looked for in each.
	sources []*source
	// excluded is one more source, found by its alias only: the refused document of an ON CONFLICT.
	excluded *source
	// before are more, found by their aliases only: those before a comma, in ON.
	before []*source
	// star, when not nil, is the only one of sources that * stands for.
	star *source
	// merged are the columns that USING and NATURAL make of two of one name.
	merged []merged
	// variables are those of ANY x IN ..., innermost last.
	variables []variable
	// outputs are the results of the select list, for the clauses after it: their
	// aliases stand in for fields that no source has.
	outputs []item
	// grouping takes in aggregates; where it is nil, clause is what can't have any.
	grouping *grouping
	clause   string
	// windowing takes in window functions; where it is nil, clause is what can't have any.
	windowing *windowing
	// env is what the query that the place is in sees of where it stands.
	env env
}

// in returns the scope of a clause or argument that can't have aggregates and window functions.
func (s *scope) in(clause string) *scope {
	return &scope{b: s.b, sources: s.sources, before: s.before, merged: s.merged, variables: s.variables, clause: clause, env: s.env}
}

// named returns the result called name, exactly or as the only one but for case.
func (s *scope) named(name string) *item {
	if len(s.outputs) == 0 {
		return nil
	}
	found := only(s.outputs, name, func(it item) string { return it.name })
	if found.expr == nil {
		return nil
	}
	return &found
}

// variable is a name for a register.
type variable struct {
	name string
	reg  int
}

// variable returns the innermost variable called name, exactly or else but for case.
func (s *scope) variable(name string) *variable {
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for i := len(s.variables) - 1; i >= 0; i-- {
			if v := &s.variables[i]; equal(v.name, name) {
				return v
			}
		}
	}
	return nil
}

// resolve returns what name and the steps after it read. A name is first a
// variable, then the alias of a source, then a field:
//
//	u.address.city   the field address.city of source u
//	address.city     the same where no source is called address
//	u                the whole document of source u
//
// A bare name that is a collection's own, not given by AS, gives way to a field of that name.
func (s *scope) resolve(name string, rest document.Path, at int) (expr.Expr, error) {
	e, err := s.lookup(name, rest, at, s.env.outer != nil)
	if e != nil || err != nil {
		return e, err
	}
	if s.env.outer != nil && !slices.ContainsFunc(s.sources, (*source).open) {
		if e, err := s.env.outer.resolve(name, rest, at); err == nil || len(s.sources) == 0 {
			return s.argument(e, err)
		}
	}
	path := append(document.Path{{Name: name}}, rest...)
	switch len(s.sources) {
	case 0:
		hint := "there is no FROM that could have it"
		if at < len(s.b.info.Text) && s.b.info.Text[at] == '"' {
			hint = "text stands in single quotes"
		}
		return nil, s.b.fail(at, "unknown name "+quote(name), hint)
	case 1:
		return s.field(s.sources[0], path, at)
	}
	src, err := s.owner(path, at)
	if err != nil {
		return nil, err
	}
	return s.field(src, path, at)
}

// argument is what e, outside of the query, is in it.
func (s *scope) argument(e expr.Expr, err error) (expr.Expr, error) {
	if e == nil || err != nil {
		return nil, err
	}
	return s.env.args.argument(s.b, e), nil
}

// lookup is resolve for what is known to be there; nil for a name that nobody knows. Whether a field is there is
// asked only where it matters, since the plan then depends on it.
func (s *scope) lookup(name string, rest document.Path, at int, fields bool) (expr.Expr, error) {
	if v := s.variable(name); v != nil {
		return step(&expr.Register{Reg: v.reg, Text: v.name}, rest), nil
	}
	if src := s.aliased(name); src != nil {
		if len(rest) > 0 && rest[0].Kind == document.StepField {
			return s.field(src, rest, at)
		}
		own := false
		if !src.renamed {
			var err error
			if own, err = s.known(src, document.FieldPath(name)); err != nil {
				return nil, err
			}
		}
		if !own {
			return step(src.whole(), rest), nil
		}
	}
	if m := s.mergedColumn(name); m != nil {
		return step(m.expr, rest), nil
	}
	path := append(document.Path{{Name: name}}, rest...)
	it := s.named(name)
	if !fields && (it == nil || !it.alias) {
		return nil, nil
	}
	having, err := s.having(path)
	switch {
	case err != nil:
		return nil, err
	case len(having) == 1:
		return s.field(having[0], path, at)
	case len(having) > 1:
		return nil, nil // which is ambiguous
	case it != nil && it.alias:
		return step(it.expr, rest), nil
	}
	if s.env.outer == nil {
		return nil, nil
	}
	return s.argument(s.env.outer.lookup(name, rest, at, true))
}

// aliased returns the source called name, exactly or as the only one but for case.
func (s *scope) aliased(name string) *source {
	src := only(s.sources, name, func(src *source) string { return src.alias })
	if src == nil && s.excluded != nil && strings.EqualFold(name, s.excluded.alias) {
		return s.excluded
	}
	if src == nil {
		src = only(s.before, name, func(src *source) string { return src.alias })
	}
	return src
}

// known reports whether src has a declared or observed field where path begins. The plan then
// depends on that.
func (s *scope) known(src *source, path document.Path) (bool, error) {
	if src.collection == nil {
		return src.columnAt(path[0].Name) >= 0, nil
	}
	if _, ok := declaredPath(src.collection, path); ok || !src.collection.Open {
		return ok, nil
	}
	fields, err := s.b.observed(src)
	if err != nil {
		return false, err
	}
	s.b.depend(src.collection, fields, false)
	return slices.Contains(fields.Names, path[0].Name), nil
}

// field reads a path of a source's documents. Declared names match exactly, else as the only
// match that ignores case, all others exactly.
func (s *scope) field(src *source, path document.Path, at int) (expr.Expr, error) {
	if src.collection == nil {
		return src.column(s.b, path, at)
	}
	path, known := declaredPath(src.collection, path)
	if !known {
		if err := s.unknown(src, path, at); err != nil {
			return nil, err
		}
	}
	f := src.field(path)
	if len(s.sources) > 1 {
		f.Source = src.alias
	}
	return f, nil
}

// field reads a path, spelt as it is declared.
func (src *source) field(path document.Path) *expr.Field {
	f := expr.NewField(src.doc, path, "")
	f.Known.NotNull = isID(src.collection, path)
	if d := declared(src.collection, path); d != nil {
		f.Known.Kind = typeKinds[d.Type]
		f.Known.NotNull = f.Known.NotNull || d.NotNull
	}
	f.Known.NotNull = f.Known.NotNull && !src.nullable
	return f
}

// typeKinds are the kinds of what is stored in fields of a declared type.
var typeKinds = [...]document.Kind{
	def.Any: document.KindMissing, def.Bool: document.KindBool, def.Int: document.KindInt, def.Float: document.KindFloat,
	def.Text: document.KindString, def.Blob: document.KindBytes, def.Timestamp: document.KindTimestamp,
	def.Object: document.KindObject, def.Array: document.KindArray,
}

// declaredPath returns path with its names as they are declared, and whether the first
// ones are: as far as declared paths lead, or up to a declared field.
func declaredPath(c *def.Collection, path document.Path) (document.Path, bool) {
	if isID(c, path[:1]) {
		return withName(path, 0, idName(c)), true
	}
	for i := range c.Fields {
		if path.HasPrefix(c.Fields[i].Path) {
			return path, true
		}
	}
	fields := make([]document.Path, 0, len(c.Fields)+1)
	for i := range c.Fields {
		fields = append(fields, c.Fields[i].Path)
	}
	if c.PrimaryKey != "" {
		fields = append(fields, document.FieldPath(c.PrimaryKey))
	}
	for i := range path {
		if path[i].Kind != document.StepField {
			return path, true // below a declared array
		}
		match := only(fields, path[i].Name, func(f document.Path) string {
			return f[i].Name
		})
		if match == nil {
			return path, false
		}
		path = withName(path, i, match[i].Name)
		var longer []document.Path
		for _, f := range fields {
			if f[i].Name != match[i].Name {
				continue
			}
			if len(f) == i+1 {
				return path, true // a declared field: anything may be below it
			}
			longer = append(longer, f)
		}
		fields = longer
	}
	return path, true // an object of declared fields
}

// withName returns path with another name at step i, unchanged where it has it already.
func withName(path document.Path, i int, name string) document.Path {
	if path[i].Name == name {
		return path
	}
	path = append(document.Path{}, path...)
	path[i].Name = name
	return path
}

// unknown refuses an undeclared field of a closed collection, and notes one that no
// document of an open collection has.
func (s *scope) unknown(src *source, path document.Path, at int) error {
	c := src.collection
	if !c.Open {
		return s.b.noField(c, path, at)
	}
	fields, err := s.b.observed(src)
	if err != nil {
		return err
	}
	first := path[0].Name
	if slices.Contains(fields.Names, first) {
		s.unknownLeaf(c, fields, path)
		return nil
	}
	if len(fields.Names) == 0 || fields.Others {
		return nil
	}
	names := append([]string{idName(c)}, fields.Names...)
	for i := range c.Fields {
		names = append(names, c.Fields[i].Path[0].Name)
	}
	if slices.Contains(names, first) {
		return nil
	}
	s.missing(c, first, names)
	return nil
}

// unknownLeaf notes a path below an observed field that no document has.
func (s *scope) unknownLeaf(c *def.Collection, fields *FieldSet, path document.Path) {
	if len(path) == 1 || len(fields.Leaves) == 0 {
		return
	}
	text := path.String()
	for _, leaf := range fields.Leaves {
		// A leaf above the path may be an array, of whose parts nothing is known.
		if leads(leaf, text) || leads(text, leaf) {
			return
		}
	}
	s.missing(c, text, fields.Leaves)
}

// leads reports whether the path printed as short leads to long, or to a part around it.
func leads(short, long string) bool {
	return strings.HasPrefix(long, short) && (len(long) == len(short) || long[len(short)] == '.' || long[len(short)] == '[')
}

// missing notes, once, that no document has a field called name, and which of names is near.
func (s *scope) missing(c *def.Collection, name string, names []string) {
	notice := fmt.Sprintf("no document of %s has a field %s", quote(c.Name), quote(name))
	known := func(n string) bool { return n == notice || strings.HasPrefix(n, notice+";") }
	if len(s.b.plan.Notices) == maxNotices || slices.ContainsFunc(s.b.plan.Notices, known) {
		return
	}
	if hint := didYouMean(name, names); hint != "" {
		notice += "; " + hint
	}
	s.b.plan.Notices = append(s.b.plan.Notices, notice)
}

// maxNotices is how many notices a plan has at most.
const maxNotices = 20

// noField is the error for a field that a closed collection does not have.
func (b *builder) noField(c *def.Collection, path document.Path, at int) error {
	names := make([]string, len(c.Fields))
	for i := range c.Fields {
		names[i] = c.Fields[i].Path.String()
	}
	return b.fail(at, fmt.Sprintf("%s has no field %s", quote(c.Name), quote(path.String())), didYouMean(path.String(), names))
}

// only returns the element called name exactly, else the only one called so but
// for case, else the zero value. Elements of one name count as one.
func only[T any](list []T, name string, nameOf func(T) string) (match T) {
	found := ""
	ambiguous := false
	for _, e := range list {
		switch n := nameOf(e); {
		case n == name:
			return e
		case strings.EqualFold(n, name):
			ambiguous = ambiguous || found != "" && found != n
			match, found = e, n
		}
	}
	if ambiguous {
		var none T
		return none
	}
	return match
}

func quote(name string) string { return `"` + name + `"` }

func didYouMean(name string, names []string) string {
	if n := document.Nearest(name, names); n != "" {
		return "did you mean " + quote(n) + "?"
	}
	return ""
}
