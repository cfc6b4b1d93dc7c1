package parser

// Statement is one parsed statement: *Query, *Insert, *Update, *Delete,
// *CreateCollection, *DropCollection, *Truncate, *CreateIndex, *DropIndex, *Begin,
// *Commit, *Rollback, *Savepoint, *Release, *Explain or *Show.
type Statement interface {
	// Info returns where the statement stands and which parameters it takes.
	Info() *Meta
}

// Meta is what every statement knows about its text.
type Meta struct {
	// Text is the whole text that was parsed; all positions are byte offsets in it.
	Text string
	// Start and End bound the statement in Text, without its semicolon.
	Start, End int
	// Params is how many parameters the whole text takes; a text of several statements
	// numbers them through. Names gives the name of each named one, or is nil.
	Params int
	Names  []string
}

// Info returns m, so that embedding a Meta makes a statement.
func (m *Meta) Info() *Meta { return m }

// Query is a SELECT with what applies to its whole result.
type Query struct {
	Meta
	With    []CTE
	Body    QueryBody
	OrderBy []OrderItem
	Limit   Expr // nil is none
	Offset  Expr
}

// CTE is one WITH name AS (query).
type CTE struct {
	Name      string
	Columns   []string
	Recursive bool
	Query     *Query
	At        int
}

// QueryBody is *Select, *Values, *Compound, or a *Query in parentheses with an order or a limit of its own.
type QueryBody interface{ queryBody() }

// Compound is a UNION, INTERSECT or EXCEPT of two bodies.
type Compound struct {
	Op          string // UNION, INTERSECT, EXCEPT
	All         bool
	Left, Right QueryBody
	At          int
}

// Select is one SELECT ... HAVING.
type Select struct {
	Distinct   bool
	DistinctOn []Expr
	Items      []SelectItem
	From       []TableExpr // joined by commas; empty without FROM
	Where      Expr        // nil is none, as are the others
	GroupBy    []Expr
	GroupAll   bool // GROUP BY ALL: by all results without aggregates
	Having     Expr
	// Windows are those that WINDOW names.
	Windows []NamedWindow
}

// Values is VALUES (expr, ...), ... as a query.
type Values struct {
	Rows [][]Expr
	At   int
}

func (*Query) queryBody()    {}
func (*Values) queryBody()   {}
func (*Select) queryBody()   {}
func (*Compound) queryBody() {}

// SelectItem is one result of a select list or of RETURNING.
type SelectItem struct {
	// Star is `*` or `table.*`; Flatten and Exclude are what was written after it.
	Star    bool
	Table   string
	Flatten bool
	Exclude []*Path
	// Expr is the result, nil for a star.
	Expr  Expr
	Alias string // "" is none
	// Text is Expr as it was written.
	Text string
	// Value is true for SELECT VALUE expr.
	Value bool
	Pos   int
}

// TableExpr is *TableName, *Join, *DerivedTable or *Unnest.
type TableExpr interface{ tableExpr() }

// TableName is a collection with its alias, "" for none.
type TableName struct {
	Name, Alias string
	At          int
}

// Join is left JOIN right.
type Join struct {
	Kind        string // INNER, LEFT, RIGHT, FULL, CROSS
	Natural     bool
	Left, Right TableExpr
	On          Expr // nil is none
	Using       []string
	At          int
}

// DerivedTable is a query in FROM.
type DerivedTable struct {
	Query   *Query
	Alias   string
	Columns []string // AS alias(a, b), nil without
	At      int
}

// Unnest is UNNEST(array) [WITH ORDINALITY] in FROM.
type Unnest struct {
	Array      Expr
	Ordinality bool
	Alias      string
	Columns    []string // AS alias(element, ordinal), nil without
	At         int
}

func (*TableName) tableExpr()    {}
func (*Join) tableExpr()         {}
func (*DerivedTable) tableExpr() {}
func (*Unnest) tableExpr()       {}

// OrderItem is one key of ORDER BY.
type OrderItem struct {
	Expr       Expr
	Desc       bool
	NullsFirst *bool  // nil is the default
	Collate    string // "" is none
}

// Insert is INSERT INTO table.
type Insert struct {
	Meta
	Table     TableName
	Columns   []*Path // nil without a column list
	Rows      []Row
	Query     *Query      // INSERT ... SELECT; nil with rows
	Conflict  *OnConflict // nil without
	Returning []SelectItem
}

// OnConflict is what an INSERT does about a document whose _id, or unique key, is taken: ON CONFLICT, OR IGNORE or
// OR REPLACE.
type OnConflict struct {
	// Target names the key; nil is any.
	Target []*Path
	Action string // NOTHING, REPLACE, UPDATE
	Sets   []Assignment
	Unset  []*Path
	Where  Expr
	At     int
}

// Row is one row of VALUES, or a document in a row's place.
type Row struct {
	Values []Expr // nil is the keyword DEFAULT
	// Document says that the row is an object written without parentheses, or a single
	// value in parentheses that is an object or a parameter.
	Document bool
	Pos      int
}

// Update is UPDATE table SET path = expr, ... UNSET path, ... FROM sources WHERE.
type Update struct {
	Meta
	With      []CTE
	Table     TableName
	Sets      []Assignment
	Unset     []*Path
	From      []TableExpr // joined by commas, nil for none
	Where     Expr
	Returning []SelectItem
}

// Assignment is path = expr, or (path, ...) = query.
type Assignment struct {
	Path *Path
	Row  []*Path // when Path is nil
	Expr Expr    // nil is DEFAULT; for a Row a *Subquery with as many columns
}

// Delete is DELETE FROM table USING sources WHERE.
type Delete struct {
	Meta
	With      []CTE
	Table     TableName
	Using     []TableExpr // joined by commas, nil for none
	Where     Expr
	Returning []SelectItem
}

// CreateCollection is CREATE COLLECTION, or CREATE TABLE.
type CreateCollection struct {
	Meta
	Name        string
	Table       bool // written TABLE: closed when it has fields
	IfNotExists bool
	Fields      []FieldDef
	// PrimaryKey and Unique are the constraints written beside the fields.
	PrimaryKey []*Path
	Unique     [][]*Path
	// Open is what WITH (open) or WITH (strict) says, nil without either.
	Open *bool
	// Query is that of CREATE ... AS query, nil without.
	Query  *Query
	NameAt int
}

// FieldDef is one declared field.
type FieldDef struct {
	Path          *Path
	Type          TypeName // zero when undeclared
	PrimaryKey    bool
	Autoincrement bool
	NotNull       bool
	Unique        bool
	Default       Expr   // nil is none
	DefaultText   string // Default as it was written
}

// TypeName is a type as it was written: VARCHAR(20), DOUBLE PRECISION, TEXT[].
type TypeName struct {
	Name string // upper case, words separated by one blank; "" is none
	Args []int64
	At   int
}

// DropCollection is DROP COLLECTION or DROP TABLE.
type DropCollection struct {
	Meta
	Name     string
	IfExists bool
	NameAt   int
}

// Truncate is TRUNCATE [TABLE|COLLECTION] name: it removes all documents in constant time.
type Truncate struct {
	Meta
	Name   string
	NameAt int
}

// CreateIndex is CREATE [UNIQUE] INDEX name ON table (path [ASC|DESC], ...).
type CreateIndex struct {
	Meta
	Name             string // "" lets the executor make one up
	Unique           bool
	NullsNotDistinct bool
	IfNotExists      bool
	Table            string
	Keys             []IndexKey
	NameAt, TableAt  int
}

// IndexKey is one component of CREATE INDEX.
type IndexKey struct {
	Path *Path
	Desc bool
}

// DropIndex is DROP INDEX name [ON table].
type DropIndex struct {
	Meta
	Name, Table string
	IfExists    bool
	NameAt      int
}

// Begin is BEGIN [TRANSACTION] [READ ONLY].
type Begin struct {
	Meta
	ReadOnly bool
}

// Commit is COMMIT or END.
type Commit struct{ Meta }

// Rollback is ROLLBACK [TO [SAVEPOINT] name]; To is "" for the whole transaction.
type Rollback struct {
	Meta
	To string
}

// Savepoint is SAVEPOINT name.
type Savepoint struct {
	Meta
	Name string
}

// Release is RELEASE [SAVEPOINT] name.
type Release struct {
	Meta
	Name string
}

// Explain is EXPLAIN [ANALYZE] statement.
type Explain struct {
	Meta
	Analyze   bool
	Statement Statement
}

// Show is SHOW COLLECTIONS (also TABLES) or SHOW INDEXES [FROM table].
type Show struct {
	Meta
	What  string // COLLECTIONS, INDEXES
	Table string // "" is all
}
