package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
)

// Star is what `SELECT *` gives.
type Star uint8

const (
	StarColumns  Star = iota // a column for each top-level field
	StarFlat                 // a column for each leaf of nested objects, as * FLATTEN
	StarDocument             // the whole document as one column
)

// maxStar is how many columns `*` may stand for.
const maxStar = 1000

// star is one `*`, with what was written after it.
type star struct {
	flatten bool
	exclude []excluded
	at      int // where it is written
}

type excluded struct {
	path document.Path
	at   int
}

// expand returns the columns that `*` of a source stands for, as paths:
//
//	closed      the declared fields
//	open        the primary key, the declared fields, all other observed ones
//	flattened   the same, each object replaced by its observed leaves
func (b *builder) expand(src *source, s star) ([]document.Path, error) {
	c := src.collection
	var observed []document.Path
	if c.Open || s.flatten {
		var err error
		if observed, err = b.observedPaths(src, s.flatten); err != nil {
			return nil, err
		}
		if src.fields.Others && c.Open {
			return nil, b.fail(s.at, "what * stands for is not known: documents of "+quote(c.Name)+" have more field names than are remembered, or too long ones",
				"name the fields, or take whole documents: SELECT VALUE "+src.alias)
		}
	}
	var paths pathSet
	for _, f := range starFields(c) {
		switch {
		case s.flatten:
			paths.addLeaves(f, observed)
		case c.Open:
			paths.add(f[:1])
		default:
			paths.add(f)
		}
	}
	if c.Open {
		for _, p := range observed {
			paths.add(p)
		}
		for _, p := range src.written {
			if s.flatten {
				paths.addLeaves(p, observed)
			} else {
				paths.add(p[:1])
			}
		}
	}
	list, err := b.without(paths.list, s.exclude)
	if err != nil {
		return nil, err
	}
	if len(list) > maxStar {
		return nil, b.fail(s.at, fmt.Sprintf("* stands for %d columns, more than %d", len(list), maxStar),
			"name the fields, or take whole documents: SELECT VALUE "+src.alias)
	}
	return list, nil
}

// starFields are the fields that * has of any document: the primary key, if it
// is declared or c is open, and the declared fields.
func starFields(c *def.Collection) []document.Path {
	var paths []document.Path
	id := document.FieldPath(idName(c))
	if c.Open {
		paths = append(paths, id)
	}
	for i := range c.Fields {
		if path := c.Fields[i].Path; isID(c, path) {
			if !c.Open {
				paths = append(paths, id)
			}
		} else {
			paths = append(paths, path)
		}
	}
	return paths
}

// observedPaths returns the observed fields or leaves of a collection, and notes that the plan depends on them.
func (b *builder) observedPaths(src *source, flatten bool) ([]document.Path, error) {
	fields, err := b.observed(src)
	if err != nil {
		return nil, err
	}
	b.depend(src.collection, fields, flatten)
	if !flatten {
		paths := make([]document.Path, len(fields.Names))
		for i, name := range fields.Names {
			paths[i] = document.FieldPath(name)
		}
		return paths, nil
	}
	paths := make([]document.Path, len(fields.Leaves))
	for i, leaf := range fields.Leaves {
		if paths[i], err = document.ParsePath(leaf); err != nil {
			return nil, fmt.Errorf("leaf paths of %s: %w", src.collection.Name, err)
		}
	}
	return paths, nil
}

// depend notes, once, that the plan holds only as long as a field set does.
func (b *builder) depend(c *def.Collection, fields *FieldSet, leaves bool) {
	dep := Dep{c, fields, leaves}
	if !slices.Contains(b.plan.Deps, dep) {
		b.plan.Deps = append(b.plan.Deps, dep)
	}
}

// observed returns the observed fields of a collection.
func (b *builder) observed(src *source) (*FieldSet, error) {
	if src.fields == nil {
		fields, err := b.catalog.Fields(src.collection)
		if err != nil {
			return nil, err
		}
		src.fields = fields
	}
	return src.fields, nil
}

// pathSet is a list of distinct paths.
type pathSet struct {
	list []document.Path
	have map[string]bool
}

func (s *pathSet) add(path document.Path) {
	if s.have == nil {
		s.have = map[string]bool{}
	}
	if text := path.String(); !s.have[text] {
		s.have[text] = true
		s.list = append(s.list, path)
	}
}

// addLeaves adds the observed paths at and below a declared one, or itself where there is none.
func (s *pathSet) addLeaves(declared document.Path, observed []document.Path) {
	found := false
	for _, p := range observed {
		if p.HasPrefix(declared) {
			s.add(p)
			found = true
		}
	}
	if !found {
		s.add(declared)
	}
}

// without drops the excluded paths and all below them.
func (b *builder) without(paths []document.Path, exclude []excluded) ([]document.Path, error) {
	for _, x := range exclude {
		kept := paths[:0:0]
		for _, p := range paths {
			if !hasPrefixFold(p, x.path) {
				kept = append(kept, p)
			}
		}
		if len(kept) == len(paths) {
			names := make([]string, len(paths))
			for i, p := range paths {
				names[i] = p.String()
			}
			return nil, b.fail(x.at, "EXCLUDE names "+quote(x.path.String())+", which * does not have", didYouMean(x.path.String(), names))
		}
		paths = kept
	}
	return paths, nil
}

// starOfAll appends the columns of all sources: those in common once, and first. A name that several sources have
// is written with its source.
func (b *builder) starOfAll(items []item, s *scope, star star) ([]item, error) {
	var own []item
	excluded := make([]bool, len(star.exclude))
	exclude := star.exclude
	star.exclude = nil
	for _, m := range s.merged {
		own = append(own, item{name: m.name, expr: m.expr, at: star.at})
	}
	of := make([]*source, len(own))
	for _, src := range s.sources {
		list, err := b.starColumns(nil, src, star)
		if err != nil {
			return nil, err
		}
		for _, it := range list {
			if s.mergedColumn(it.name) == nil {
				own, of = append(own, it), append(of, src)
			}
		}
	}
	count := map[string]int{}
	for i := range own {
		count[own[i].name]++
	}
next:
	for i, it := range own {
		for j, x := range exclude {
			if name := x.path[len(x.path)-1].Name; strings.EqualFold(name, it.name) &&
				(len(x.path) == 1 || of[i] != nil && strings.EqualFold(x.path[0].Name, of[i].alias)) {
				excluded[j] = true
				continue next
			}
		}
		if count[it.name] > 1 && of[i] != nil && of[i].alias != "" {
			it.name = of[i].alias + "." + it.name
		}
		items = append(items, it)
	}
	for j, x := range exclude {
		if !excluded[j] {
			return nil, b.fail(x.at, "EXCLUDE names "+quote(x.path.String())+", which * does not have", "")
		}
	}
	return items, nil
}

// starColumns appends the columns of a `*` to the select list.
func (b *builder) starColumns(items []item, src *source, s star) ([]item, error) {
	if src.collection == nil {
		return b.starOfQuery(items, src, s)
	}
	mode := b.options.Star
	if mode == StarDocument && !s.flatten && len(s.exclude) == 0 {
		return append(items, item{name: src.alias, expr: src.whole(), at: s.at}), nil
	}
	s.flatten = s.flatten || mode == StarFlat
	paths, err := b.expand(src, s)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		items = append(items, item{name: columnName(p), expr: src.field(p), at: s.at})
	}
	return items, nil
}

// starOfQuery appends the columns of a query in FROM.
func (b *builder) starOfQuery(items []item, src *source, s star) ([]item, error) {
	paths := make([]document.Path, len(src.columns))
	for i := range src.columns {
		n := src.columns[i].name
		if n == "" {
			n = src.alias
		}
		paths[i] = document.FieldPath(n)
	}
	kept, err := b.without(paths, s.exclude)
	if err != nil {
		return nil, err
	}
	for i := range src.columns {
		if len(kept) > 0 && kept[0].Equal(paths[i]) {
			kept = kept[1:]
			items = append(items, item{name: columnName(paths[i]), expr: src.register(i), at: s.at})
		}
	}
	return items, nil
}

// columnName names a column by its path, a top-level field by its bare name.
func columnName(p document.Path) string {
	if len(p) == 1 {
		return p[0].Name
	}
	return p.String()
}

func hasPrefixFold(p, prefix document.Path) bool {
	if len(p) < len(prefix) {
		return false
	}
	for i := range prefix {
		if p[i].Kind != prefix[i].Kind || p[i].Index != prefix[i].Index || !strings.EqualFold(p[i].Name, prefix[i].Name) {
			return false
		}
	}
	return true
}
