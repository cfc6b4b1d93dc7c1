package parser

import "github.com/fluxdb/fluxdb/document"

// Expr is a parsed expression.
type Expr interface {
	// Pos is the byte offset of its first character, or of the operator of a binary one.
	Pos() int
}

// At is a position; embedding it makes an expression.
type At int

// Pos returns the position.
func (a At) Pos() int { return int(a) }

type (
	// Literal is a constant: a number, string, TRUE, FALSE, NULL, MISSING, a blob x'00', or
	// a typed literal (TIMESTAMP '2024-05-01').
	Literal struct {
		At
		Value document.Value
		// Ordinal is not 0 where the literal was lifted from its text (Lifter): its value is then that of
		// the parameter with this number, of which Value is one of the same class.
		Ordinal int
	}

	// Param is a placeholder. Ordinal counts from 1; one name has one ordinal.
	Param struct {
		At
		Ordinal int
		Name    string // "" for ? and $1
	}

	// Path is a name and the steps after it: u.address.city, tags[0], items[*].sku. Its first
	// step is a field. Only constant subscripts are steps.
	Path struct {
		At
		Steps document.Path
	}

	// Access reads a path of any other value: f(x).a[0].
	Access struct {
		At
		X     Expr
		Steps document.Path
	}

	// Subscript is x[i] with a computed i.
	Subscript struct {
		At
		X, Index Expr
	}

	// Slice is x[lo:hi], from lo up to but without hi; nil is open.
	Slice struct {
		At
		X, Lo, Hi Expr
	}

	// Unary is NOT x, -x, +x or ~x.
	Unary struct {
		At
		Op string // "NOT", "-", "+", "~"
		X  Expr
	}

	// Binary is a op b. Op is one of
	//
	//	OR AND = <> < <= > >= + - * / % || & | << >>
	Binary struct {
		At
		Op   string
		A, B Expr
	}

	// IsDistinct is a IS [NOT] DISTINCT FROM b, also written a IS [NOT] b.
	IsDistinct struct {
		At
		A, B Expr
		Not  bool
	}

	// IsNull is x IS [NOT] NULL, MISSING, TRUE, FALSE or UNKNOWN.
	IsNull struct {
		At
		X    Expr
		What string // "NULL", "MISSING", "TRUE", "FALSE", "UNKNOWN"
		Not  bool
	}

	// In is x [NOT] IN (list), IN array-expression, or IN (query).
	In struct {
		At
		X     Expr
		List  []Expr // when Array and Query are nil
		Array Expr
		Query *Query
		Not   bool
	}

	// Quantified is x op ANY | SOME | ALL (query) or (array-expression).
	Quantified struct {
		At
		X     Expr
		Op    string // = <> < <= > >=
		All   bool
		Query *Query // when Array is nil
		Array Expr
	}

	// Between is x [NOT] BETWEEN [SYMMETRIC] lo AND hi.
	Between struct {
		At
		X, Lo, Hi Expr
		Not       bool
		Symmetric bool // lo and hi may stand the other way round
	}

	// Tuple is (a, b) or ROW(a, b): values that are compared, or assigned, as one row.
	Tuple struct {
		At
		Items []Expr
	}

	// GroupingSets is ROLLUP (a, b), CUBE (a, b) or GROUPING SETS ((a, b), (), ...), an element of GROUP BY. Its items are
	// expressions, tuples, of which () is an empty one, and others of its kind.
	GroupingSets struct {
		At
		Kind  string // ROLLUP, CUBE, GROUPING SETS
		Items []Expr
	}

	// Collate is x COLLATE name: how text is compared.
	Collate struct {
		At
		X    Expr
		Name string // upper case
	}

	// Like is x [NOT] LIKE pattern [ESCAPE c], ILIKE or GLOB.
	Like struct {
		At
		X, Pattern, Escape Expr // Escape is nil without one
		NoCase             bool // ILIKE
		Not                bool
	}

	// Case is CASE [operand] WHEN ... END.
	Case struct {
		At
		Operand Expr // nil is none
		Whens   []When
		Else    Expr // nil is none
	}

	// Cast is CAST(x AS type), TRY_CAST or x::type.
	Cast struct {
		At
		X    Expr
		Type TypeName
		Try  bool
	}

	// Call is a function call. Name is upper case.
	Call struct {
		At
		Name     string
		Args     []Expr
		Star     bool        // f(*)
		Distinct bool        // f(DISTINCT x)
		OrderBy  []OrderItem // f(x ORDER BY y), also written f(x) WITHIN GROUP (ORDER BY y)
		Filter   Expr        // FILTER (WHERE ...), nil is none
		Over     *Window     // nil is none
	}

	// Array is [a, b].
	Array struct {
		At
		Items []Expr
	}

	// Object is {a: 1, "b": 2} or {a = 1}.
	Object struct {
		At
		Fields []ObjectField
	}

	// Quantifier is ANY|EVERY v IN array SATISFIES cond END.
	Quantifier struct {
		At
		Every bool
		Var   string
		Array Expr
		Cond  Expr
	}

	// Comprehension is ARRAY value FOR x IN array, ... [WHEN cond] END, or OBJECT key: value FOR ... END.
	Comprehension struct {
		At
		Key   Expr // nil for an array
		Value Expr
		Vars  []ForVar
		When  Expr // nil is none
	}

	// Subquery is (SELECT ...) as a value.
	Subquery struct {
		At
		Query *Query
	}

	// Exists is EXISTS (SELECT ...).
	Exists struct {
		At
		Query *Query
	}
)

// When is one WHEN cond THEN result.
type When struct{ Cond, Result Expr }

// ForVar is x IN array.
type ForVar struct {
	Name  string
	Array Expr
}

// ObjectField is one field of an object constructor.
type ObjectField struct {
	Name  string
	Value Expr
	At    int
}
