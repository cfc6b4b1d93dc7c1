package engine_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/engine"
	"github.com/fluxdb/fluxdb/index/def"
)

func newRand(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// randomID favours ids of all kinds that are close to one another.
func randomID(r *rand.Rand) document.Value {
	switch r.IntN(8) {
	case 0, 1:
		return document.Int(r.Int64N(10) - 3)
	case 2:
		return document.Float(float64(r.Int64N(8)) / 2)
	case 3:
		return document.String([]string{"", "0", "7", "f", "g", "zz", "00000000-", "77777777-7777-7777-7777-77777777777", "a\x00b"}[r.IntN(9)])
	case 4, 5:
		return document.String(randomUUID(r))
	case 6:
		return document.Bytes([]byte{byte(r.IntN(3))})
	}
	if r.IntN(2) == 0 {
		return document.Bool(r.IntN(2) == 0)
	}
	return document.UnixTimestamp(r.Int64N(3), 0)
}

// randomUUID returns one of few.
func randomUUID(r *rand.Rand) string {
	d := string("07af"[r.IntN(4)])
	return strings.Repeat(d, 8) + "-7777-7777-7777-" + strings.Repeat(string("07f"[r.IntN(3)]), 12)
}

// long is a string beyond the size at which keys are cut, all with one beginning.
func long(r *rand.Rand) document.Value {
	return document.String(strings.Repeat("x", 1100+r.IntN(2)) + string(rune('a'+r.IntN(3))))
}

func randomValue(r *rand.Rand, depth int) document.Value {
	switch n := r.IntN(16); {
	case n == 0:
		return document.Null()
	case n < 4:
		return document.Int(r.Int64N(4) - 1)
	case n == 4:
		return document.Float(float64(r.Int64N(4) - 1))
	case n == 5:
		return document.Float([]float64{math.Copysign(0, -1), math.NaN(), math.Inf(1), 0.5}[r.IntN(4)])
	case n == 6:
		return document.Int([]int64{1<<53 + 1, 1 << 53, math.MaxInt64}[r.IntN(3)])
	case n < 9:
		return document.String([]string{"", "a", "ab", "b", "a\x00"}[r.IntN(5)])
	case n == 9:
		return long(r)
	case n == 10:
		return document.Bool(r.IntN(2) == 0)
	case n == 11:
		return document.Bytes([]byte{0, byte(r.IntN(2))})
	case n == 12:
		return document.UnixTimestamp(r.Int64N(2), uint32(r.IntN(2)))
	case n == 13 && depth > 0:
		return document.Array([]document.Value{randomValue(r, depth-1)})
	case depth > 0:
		return document.Object(randomFields(r, depth-1, "a", "b", "c"))
	}
	return document.Int(1)
}

func randomFields(r *rand.Rand, depth int, names ...string) (fields []document.Field) {
	if r.IntN(6) == 0 {
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	}
	for _, name := range names {
		if r.IntN(5) < 3 {
			fields = append(fields, document.Field{Name: name, Value: randomValue(r, depth)})
		}
	}
	return fields
}

func randomDocument(r *rand.Rand, id document.Value) document.Value {
	names := []string{"a", "b", "o", "d"}
	if r.IntN(40) == 0 {
		names = append(names, "rare"+string(rune('a'+r.IntN(3))))
	}
	fields := append([]document.Field{{Name: "_id", Value: id}}, randomFields(r, 3, names...)...)
	if r.IntN(3) > 0 {
		fields = append(fields, document.Field{Name: "u", Value: document.Int(r.Int64N(1000))})
	}
	return document.Object(fields)
}

// model is what a collection should hold.
type model struct {
	docs    map[string]document.Value // by key of the _id
	indexes map[string]def.Index
}

func (m *model) clone() *model {
	c := &model{docs: map[string]document.Value{}, indexes: map[string]def.Index{}}
	for k, v := range m.docs {
		c.docs[k] = v
	}
	for k, v := range m.indexes {
		c.indexes[k] = v
	}
	return c
}

func idOf(doc document.Value) string { return string(document.AppendID(nil, doc.Get("_id"))) }

// violates reports whether doc may not be stored in place of the document with the key old.
func (m *model) violates(doc document.Value, old string) bool {
	key := idOf(doc)
	if _, taken := m.docs[key]; taken && key != old {
		return true
	}
	for _, ix := range m.indexes {
		for other, d := range m.docs {
			if ix.Unique && other != old && equalOn(ix, doc, d) {
				return true
			}
		}
	}
	return false
}

// equalOn reports whether two documents have one key of a unique index.
func equalOn(ix def.Index, a, b document.Value) bool {
	for _, key := range ix.Keys {
		x, y := key.Path.Lookup(a), key.Path.Lookup(b)
		if document.Compare(x, y) != 0 || x.IsNull() && !ix.NullsNotDistinct {
			return false
		}
	}
	return true
}

func (m *model) sorted() (docs []document.Value) {
	for _, d := range m.docs {
		docs = append(docs, d)
	}
	slices.SortFunc(docs, func(a, b document.Value) int { return document.Compare(a.Get("_id"), b.Get("_id")) })
	return docs
}

// leaves returns the live paths, sorted.
func (m *model) leaves() (names, paths []string) {
	var walk func(around []string, v document.Value)
	walk = func(around []string, v document.Value) {
		for _, f := range v.AsObject() {
			path := append(slices.Clone(around), f.Name)
			if len(f.Value.AsObject()) > 0 && len(around) < 4 {
				walk(path, f.Value)
				continue
			}
			paths = append(paths, document.FieldPath(path...).String())
			names = append(names, path[0])
		}
	}
	for _, d := range m.docs {
		for _, f := range d.AsObject()[1:] {
			walk(nil, document.Object([]document.Field{f}))
		}
	}
	slices.Sort(names)
	slices.Sort(paths)
	return slices.Compact(names), slices.Compact(paths)
}

// randomRange returns a range over the first n components or fewer.
func randomRange(r *rand.Rand, n int, value func() document.Value) (out engine.Range) {
	for range r.IntN(n + 1) {
		out.Eq = append(out.Eq, value())
	}
	if len(out.Eq) == n {
		return out
	}
	limit := func() *engine.Limit {
		if r.IntN(3) == 0 {
			return nil
		}
		return &engine.Limit{Value: value(), Inclusive: r.IntN(2) == 0, WholeKind: r.IntN(4) == 0}
	}
	out.Lower, out.Upper = limit(), limit()
	return out
}

// holds reports whether values, the components of an entry, lie in a range.
func holds(r engine.Range, values []document.Value) bool {
	for i, eq := range r.Eq {
		if document.Compare(values[i], eq) != 0 {
			return false
		}
	}
	if len(r.Eq) == len(values) {
		return true
	}
	v := values[len(r.Eq)]
	return (r.Lower == nil || beyond(v, *r.Lower, 1)) && (r.Upper == nil || beyond(v, *r.Upper, -1))
}

func beyond(v document.Value, l engine.Limit, sign int) bool {
	if l.WholeKind && document.Comparable(v.Kind(), l.Value.Kind()) {
		return true
	}
	c := document.Compare(v, l.Value) * sign
	return c > 0 || c == 0 && l.Inclusive
}

// components are a document's values on the paths of an index.
func components(ix def.Index, doc document.Value) (values []document.Value) {
	for _, key := range ix.Keys {
		values = append(values, key.Path.Lookup(doc))
	}
	return values
}

// inOrder compares two documents by an index, then by the keys of their ids.
func inOrder(ix def.Index, a, b document.Value) int {
	x, y := components(ix, a), components(ix, b)
	for i, key := range ix.Keys {
		if c := document.Compare(x[i], y[i]); c != 0 {
			if key.Desc {
				return -c
			}
			return c
		}
	}
	return bytes.Compare(document.AppendID(nil, a.Get("_id")), document.AppendID(nil, b.Get("_id")))
}
