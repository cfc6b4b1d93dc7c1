package expr

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// grower makes random documents and expressions over them.
type grower struct {
	*rand.Rand
	functions []*Function
}

var names = []string{"a", "b", "c", "d"}

func (g *grower) scalar() document.Value {
	switch g.IntN(12) {
	case 0:
		return document.Null()
	case 1:
		return document.Bool(g.IntN(2) == 0)
	case 2, 3:
		return document.Int(g.Int64N(9) - 4)
	case 4:
		return document.Int([]int64{math.MinInt64, math.MaxInt64, 1 << 53, 1 << 32, -1 << 31, 100, 253402300799}[g.IntN(7)])
	case 5:
		return document.Float([]float64{0, 1, -1.5, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 2.345, 1e18, math.Copysign(0, -1)}[g.IntN(10)])
	case 6:
		return document.UnixTimestamp(g.Int64N(document.MaxTimestamp-document.MinTimestamp)+document.MinTimestamp, uint32(g.IntN(1e9)))
	case 7:
		return document.Bytes([]byte([]string{"", "a", "\xff\x00"}[g.IntN(3)]))
	}
	words := []string{"", "a", "ab", "%b_", "äÖ", "日本", "1", " 12 ", "1e5", "2024-05-01", "0001-01-01", "9999-12-31T23:59:59.999Z", "day", "month", "year", "week", "microsecond",
		"true", "{\"a\":1}", "[1,2]", "[a-", "(", "%Y-%m", "\xff", "\x00", "'", "*", "\\"}
	return document.String(words[g.IntN(len(words))])
}

func (g *grower) value(depth int) document.Value {
	n := g.IntN(10)
	if depth == 0 || n > 2 {
		return g.scalar()
	}
	if n == 0 {
		list := make([]document.Value, g.IntN(4))
		for i := range list {
			list[i] = g.value(depth - 1)
		}
		return document.Array(list)
	}
	var fields []document.Field
	for _, name := range names {
		if g.IntN(2) == 0 {
			fields = append(fields, document.Field{Name: name, Value: g.value(depth - 1)})
		}
	}
	return document.Object(fields)
}

// document returns one that can be stored.
func (g *grower) document() document.Value {
	for {
		fields := []document.Field{{Name: "_id", Value: document.Int(1)}}
		for _, name := range names {
			if g.IntN(4) > 0 {
				fields = append(fields, document.Field{Name: name, Value: g.value(3)})
			}
		}
		if doc := document.Object(fields); document.Validate(doc) == nil {
			return doc
		}
	}
}

func (g *grower) path() document.Path {
	p := document.FieldPath(names[g.IntN(len(names))])
	for g.IntN(3) == 0 {
		switch g.IntN(4) {
		case 0:
			p = append(p, document.Step{Kind: document.StepIndex, Index: g.IntN(5) - 2})
		case 1:
			p = append(p, document.Step{Kind: document.StepWildcard})
		default:
			p = append(p, document.Step{Name: names[g.IntN(len(names))]})
		}
	}
	return p
}

func (g *grower) exprs(n, depth int) []Expr {
	list := make([]Expr, n)
	for i := range list {
		list[i] = g.expr(depth)
	}
	return list
}

func (g *grower) leaf() Expr {
	switch g.IntN(7) {
	case 6:
		return NewCoerced(&Param{Ordinal: g.IntN(3) + 1}, document.Value.Clone, "ANY")
	case 0:
		return &Param{Ordinal: g.IntN(4) + 1} // one more than there are
	case 1, 2:
		return NewField(0, g.path(), "")
	case 3:
		return &Register{Reg: g.IntN(4), Text: "r"}
	}
	return NewConst(g.value(1))
}

func (g *grower) expr(depth int) Expr {
	if depth == 0 || g.IntN(8) == 0 {
		return g.leaf()
	}
	depth--
	not := g.IntN(2) == 0
	next := func() Expr { return g.expr(depth) }
	maybe := func() Expr {
		if g.IntN(2) == 0 {
			return nil
		}
		return next()
	}
	switch g.IntN(29) {
	case 0:
		return &And{g.exprs(g.IntN(4), depth)}
	case 1:
		return &Or{g.exprs(g.IntN(4), depth)}
	case 2:
		return &Not{next()}
	case 3, 4:
		return NewComparison(CompareOp(g.IntN(6)), next(), next())
	case 5:
		return &IsNull{next(), not}
	case 6:
		return &IsMissing{next(), not}
	case 7:
		want := g.IntN(2) == 0
		return &IsTruth{next(), []*bool{nil, &want}[g.IntN(2)], not}
	case 8:
		return &Distinct{next(), next(), not}
	case 9:
		list := g.exprs(g.IntN(12), 0)
		return NewIn(next(), list, not)
	case 10:
		if g.IntN(2) == 0 {
			return &Quantified{next(), CompareOp(g.IntN(6)), not, next()}
		}
		return &InArray{next(), next(), not}
	case 11:
		return NewLike(next(), next(), maybe(), g.IntN(2) == 0, not)
	case 12:
		return NewArith(arithText[g.IntN(len(arithText))], next(), next())
	case 13:
		return []Expr{&Negate{next()}, &BitNot{next()}}[g.IntN(2)]
	case 14:
		c := &Case{Operand: maybe(), Else: maybe()}
		for range g.IntN(3) {
			c.Whens = append(c.Whens, When{next(), next()})
		}
		return c
	case 15:
		types := []string{"INTEGER", "FLOAT", "TEXT", "BLOB", "BOOL", "TIMESTAMP", "DATE", "OBJECT", "ARRAY", "JSON", "ANY"}
		to := types[g.IntN(len(types))]
		convert, kind, _ := ConversionFor(to)
		return NewCast(next(), to, convert, kind, g.IntN(2) == 0)
	case 16:
		return &Array{g.exprs(g.IntN(4), depth)}
	case 17:
		n := g.IntN(4)
		return &Object{names[:n], g.exprs(n, depth)}
	case 18:
		return &Subscript{next(), next()}
	case 19:
		return &Slice{next(), maybe(), maybe()}
	case 20:
		return NewStep([]Expr{next(), &Document{Doc: 0}}[g.IntN(2)], g.path())
	case 21:
		return &Quantifier{Every: not, Var: "v", Reg: g.IntN(4), List: next(), Cond: next()}
	case 22:
		c := &Comprehension{Vars: []ForVar{{"v", g.IntN(4)}, {"w", g.IntN(4)}}[:1+g.IntN(2)], When: maybe(), Value: next()}
		for range c.Vars {
			c.Lists = append(c.Lists, next())
		}
		if not {
			c.Key = next()
		}
		return c
	case 23:
		return &RowComparison{CompareOp(int(Lt) + g.IntN(4)), g.exprs(2, depth), g.exprs(2, depth)}
	case 24:
		return &NoCase{next()}
	}
	fn := g.functions[g.IntN(len(g.functions))]
	most := fn.MaxArgs
	if most < 0 {
		most = fn.MinArgs + 3
	}
	return NewCall(fn, g.exprs(fn.MinArgs+g.IntN(most-fn.MinArgs+1), depth))
}

// FuzzEval evaluates random trees over random documents. Nothing may panic, and what Static
// tells must hold.
func FuzzEval(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	dict := document.NewDictionary("")
	f.Fuzz(func(t *testing.T, seed uint64) {
		g := &grower{rand.New(rand.NewPCG(seed, 1)), Functions()}
		fr := frame(t, "", g.value(2), g.value(2), g.value(2))
		fr.Docs = []document.Record{record(t, dict, g.document())}
		for range 20 {
			for i := range fr.Vals {
				fr.Vals[i] = g.value(2)
			}
			e := g.expr(4)
			if e.String() == "" {
				t.Errorf("%T prints nothing", e)
			}
			v, err := e.Eval(fr)
			if len(fr.args) != 0 {
				t.Fatalf("%s leaves %d arguments", e, len(fr.args))
			}
			if err != nil {
				if err.Error() == "" {
					t.Errorf("%s: an error without a message", e)
				}
				continue
			}
			if broken := contradiction(e.Static(), v); broken != "" {
				t.Errorf("%s = %s, but %s", e, literalText(v), broken)
			}
			if e.String() != rebuilt(e).String() {
				t.Errorf("%s rebuilt is %s", e, rebuilt(e))
			}
			clear(fr.Vals) // a quantifier has written there
			first, err1 := e.Eval(fr)
			clear(fr.Vals)
			second, err2 := rebuilt(e).Eval(fr)
			if (err1 == nil) != (err2 == nil) || err1 == nil && !document.Identical(first, second) && !anyVolatile(e) {
				t.Errorf("%s = %s, %v, rebuilt %s, %v", e, literalText(first), err1, literalText(second), err2)
			}
		}
	})
}

// contradiction says in what v is not what was known of it.
func contradiction(s Static, v document.Value) string {
	switch {
	case v.IsNull() && s.NotNull:
		return "never NULL"
	case v.IsNull():
		return ""
	case s.Kind != document.KindMissing && s.Kind != v.Kind():
		return fmt.Sprintf("always of kind %s", s.Kind)
	case s.Numeric && !v.Kind().IsNumber():
		return "always a number"
	}
	return ""
}

// rebuilt makes the tree anew from its parts.
func rebuilt(e Expr) Expr {
	children := append([]Expr(nil), e.Children()...)
	for i := range children {
		children[i] = rebuilt(children[i])
	}
	return e.With(children)
}

func anyVolatile(e Expr) bool {
	if Volatile(e) {
		return true
	}
	for _, c := range e.Children() {
		if anyVolatile(c) {
			return true
		}
	}
	return false
}
