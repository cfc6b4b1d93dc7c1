package parser

// The grammar of the statements that are not frequent, as participle reads it: words in capitals are
// keywords, @ captures, ? * are as in regular expressions. Names, paths, types and
// expressions are parsed by hand (see grammar_leaves.go). There is no back-tracking: each
// alternative is chosen by its first word.

type commandGrammar struct {
	Create    *createGrammar   `parser:"CREATE @@"`
	Drop      *dropGrammar     `parser:"| DROP @@"`
	Truncate  *identifier      `parser:"| TRUNCATE ( TABLE | COLLECTION )? @@"`
	Begin     *beginGrammar    `parser:"| BEGIN @@"`
	Start     *startGrammar    `parser:"| START TRANSACTION @@"`
	Commit    bool             `parser:"| @( COMMIT | END ) ( TRANSACTION | WORK )?"`
	Rollback  *rollbackGrammar `parser:"| ROLLBACK @@"`
	Savepoint *identifier      `parser:"| SAVEPOINT @@"`
	Release   *identifier      `parser:"| RELEASE SAVEPOINT? @@"`
	Show      *showGrammar     `parser:"| SHOW @@"`
}

type createGrammar struct {
	Table       *collectionGrammar `parser:"TABLE @@"`
	Collection  *collectionGrammar `parser:"| COLLECTION @@"`
	UniqueIndex *indexGrammar      `parser:"| UNIQUE INDEX @@"`
	Index       *indexGrammar      `parser:"| INDEX @@"`
}

type collectionGrammar struct {
	IfNotExists bool            `parser:"( @IF NOT EXISTS )?"`
	Name        identifier      `parser:"@@"`
	Members     []memberGrammar `parser:"( LParen @@ ( Comma @@ )* RParen )?"`
	Open        bool            `parser:"( WITH LParen ( @OPEN"`
	Strict      bool            `parser:"| @STRICT ) RParen )?"`
	Query       *queryLeaf      `parser:"( AS @@ )?"`
}

type memberGrammar struct {
	Label      *identifier        `parser:"CONSTRAINT @@"`
	Labelled   *constraintGrammar `parser:"@@"`
	Constraint *constraintGrammar `parser:"| @@"`
	Field      *fieldGrammar      `parser:"| @@"`
}

type constraintGrammar struct {
	PrimaryKey []*pathLeaf `parser:"PRIMARY KEY LParen @@ ( Comma @@ )* RParen"`
	Unique     []*pathLeaf `parser:"| UNIQUE LParen @@ ( Comma @@ )* RParen"`
}

type fieldGrammar struct {
	Path    pathLeaf        `parser:"@@"`
	Type    *typeLeaf       `parser:"@@?"`
	Options []optionGrammar `parser:"@@*"`
}

type optionGrammar struct {
	PrimaryKey    bool         `parser:"@PRIMARY KEY ( ASC | DESC )?"`
	Autoincrement bool         `parser:"| @( AUTOINCREMENT | AUTO_INCREMENT )"`
	NotNull       bool         `parser:"| @NOT NULL"`
	Null          bool         `parser:"| @NULL"`
	Unique        bool         `parser:"| @UNIQUE"`
	Default       *defaultLeaf `parser:"| DEFAULT @@"`
}

type indexGrammar struct {
	IfNotExists      bool         `parser:"( @IF NOT EXISTS )?"`
	Name             *identifier  `parser:"@@?"`
	Table            identifier   `parser:"ON @@"`
	Keys             []keyGrammar `parser:"LParen @@ ( Comma @@ )* RParen"`
	NullsNotDistinct bool         `parser:"( NULLS @NOT? DISTINCT )?"`
}

type keyGrammar struct {
	Path pathLeaf `parser:"@@"`
	Desc bool     `parser:"( ASC | @DESC )?"`
}

type dropGrammar struct {
	Collection *dropCollectionGrammar `parser:"( TABLE | COLLECTION ) @@"`
	Index      *dropIndexGrammar      `parser:"| INDEX @@"`
}

type dropCollectionGrammar struct {
	IfExists bool       `parser:"( @IF EXISTS )?"`
	Name     identifier `parser:"@@"`
}

type dropIndexGrammar struct {
	IfExists bool        `parser:"( @IF EXISTS )?"`
	Name     identifier  `parser:"@@"`
	Table    *identifier `parser:"( ON @@ )?"`
}

type beginGrammar struct {
	Lock  bool          `parser:"@( DEFERRED | IMMEDIATE | EXCLUSIVE )? ( TRANSACTION | WORK )?"`
	Modes []modeGrammar `parser:"( @@ ( Comma? @@ )* )?"`
}

type startGrammar struct {
	Modes []modeGrammar `parser:"( @@ ( Comma? @@ )* )?"`
}

type modeGrammar struct {
	ReadOnly bool `parser:"READ ( @ONLY | WRITE )"`
	Level    bool `parser:"| @ISOLATION LEVEL ( SERIALIZABLE | SNAPSHOT | REPEATABLE READ | READ ( COMMITTED | UNCOMMITTED ) )"`
}

type rollbackGrammar struct {
	Whole bool        `parser:"@( TRANSACTION | WORK )?"`
	To    *identifier `parser:"( TO SAVEPOINT? @@ )?"`
}

type showGrammar struct {
	Collections bool        `parser:"@( COLLECTIONS | TABLES )"`
	Indexes     bool        `parser:"| @INDEXES"`
	Table       *identifier `parser:"( ( FROM | ON | IN ) @@ )?"`
}
