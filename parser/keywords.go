package parser

import "strings"

// One kind for each keyword.
const (
	wAbort = firstWord + iota
	wAll
	wAnalyze
	wAnd
	wAny
	wArray
	wAs
	wAsc
	wAutoincrement
	wAutoIncrement
	wBegin
	wBetween
	wBy
	wCase
	wCast
	wCheck
	wCollate
	wCollection
	wCollections
	wCommit
	wCommitted
	wConstraint
	wConflict
	wCreate
	wCross
	wCurrent
	wCurrentDate
	wCurrentTime
	wCurrentTimestamp
	wDate
	wDefault
	wDeferrable
	wDeferred
	wDelete
	wDesc
	wDistinct
	wDo
	wDrop
	wElse
	wEnd
	wEscape
	wEvery
	wExcept
	wExclude
	wExclusive
	wExists
	wExplain
	wFalse
	wFetch
	wFilter
	wFirst
	wFlatten
	wFollowing
	wFor
	wForeign
	wFrom
	wFull
	wGlob
	wGroup
	wGroups
	wHaving
	wIf
	wIgnore
	wIlike
	wImmediate
	wIn
	wIndex
	wIndexes
	wInner
	wInsert
	wIntersect
	wInto
	wIs
	wIsnull
	wIsolation
	wJoin
	wKey
	wLast
	wLeft
	wLevel
	wLike
	wLimit
	wLocaltime
	wLocaltimestamp
	wMissing
	wNatural
	wNo
	wNot
	wNotnull
	wNothing
	wNull
	wNulls
	wObject
	wOffset
	wOn
	wOnly
	wOpen
	wOr
	wOrder
	wOrdinality
	wOthers
	wOuter
	wOver
	wPartition
	wPreceding
	wPrecision
	wPrimary
	wRange
	wRead
	wRecursive
	wReferences
	wRegexp
	wRelease
	wRepeatable
	wReplace
	wReturning
	wRight
	wRollback
	wRow
	wRows
	wSatisfies
	wSavepoint
	wSelect
	wSerializable
	wSet
	wShow
	wSnapshot
	wSome
	wStart
	wStrict
	wTable
	wTables
	wThen
	wTies
	wTime
	wTimestamp
	wTimestamptz
	wTo
	wTransaction
	wTrue
	wTruncate
	wTryCast
	wUnbounded
	wUncommitted
	wUnion
	wUnique
	wUnknown
	wUnnest
	wUnset
	wUpdate
	wUsing
	wValue
	wValues
	wVarying
	wWhen
	wWhere
	wWindow
	wWith
	wWithout
	wWork
	wWrite
	wZone
	kindCount
)

// words describes the keywords. Those that SQLite and PostgreSQL both reserve are reserved here:
// a name spelled so needs quotes, except after a dot and as the key of an object. The ones
// marked noAlias can begin what may follow an alias, so they are none without AS. Those
// marked value are values of their own where an expression may begin, not names, and those
// marked call functions without parentheses.
var words = [kindCount]struct {
	text                           string
	reserved, noAlias, value, call bool
}{
	wAll:              {text: "ALL", reserved: true},
	wAbort:            {text: "ABORT"},
	wAnalyze:          {text: "ANALYZE"},
	wAnd:              {text: "AND", reserved: true},
	wAny:              {text: "ANY"},
	wArray:            {text: "ARRAY"},
	wAs:               {text: "AS", reserved: true},
	wAsc:              {text: "ASC"},
	wAutoincrement:    {text: "AUTOINCREMENT"},
	wAutoIncrement:    {text: "AUTO_INCREMENT"},
	wBegin:            {text: "BEGIN"},
	wBetween:          {text: "BETWEEN", noAlias: true},
	wBy:               {text: "BY"},
	wCase:             {text: "CASE", reserved: true},
	wCast:             {text: "CAST"},
	wCheck:            {text: "CHECK", reserved: true},
	wCollate:          {text: "COLLATE", reserved: true},
	wCollection:       {text: "COLLECTION"},
	wCollections:      {text: "COLLECTIONS"},
	wCommit:           {text: "COMMIT"},
	wCommitted:        {text: "COMMITTED"},
	wConstraint:       {text: "CONSTRAINT", reserved: true},
	wConflict:         {text: "CONFLICT"},
	wCreate:           {text: "CREATE", reserved: true},
	wCross:            {text: "CROSS", noAlias: true},
	wCurrent:          {text: "CURRENT"},
	wCurrentDate:      {text: "CURRENT_DATE", value: true, call: true},
	wCurrentTime:      {text: "CURRENT_TIME", value: true, call: true},
	wCurrentTimestamp: {text: "CURRENT_TIMESTAMP", value: true, call: true},
	wDate:             {text: "DATE"},
	wDefault:          {text: "DEFAULT", reserved: true},
	wDeferrable:       {text: "DEFERRABLE", reserved: true},
	wDeferred:         {text: "DEFERRED"},
	wDelete:           {text: "DELETE"},
	wDesc:             {text: "DESC"},
	wDistinct:         {text: "DISTINCT", reserved: true},
	wDo:               {text: "DO"},
	wDrop:             {text: "DROP"},
	wElse:             {text: "ELSE", reserved: true},
	wEnd:              {text: "END"},
	wEscape:           {text: "ESCAPE", noAlias: true},
	wEvery:            {text: "EVERY"},
	wExcept:           {text: "EXCEPT", reserved: true},
	wExclude:          {text: "EXCLUDE", noAlias: true},
	wExclusive:        {text: "EXCLUSIVE"},
	wExists:           {text: "EXISTS"},
	wExplain:          {text: "EXPLAIN"},
	wFalse:            {text: "FALSE", value: true},
	wFetch:            {text: "FETCH", noAlias: true},
	wFilter:           {text: "FILTER", noAlias: true},
	wFirst:            {text: "FIRST"},
	wFlatten:          {text: "FLATTEN", noAlias: true},
	wFollowing:        {text: "FOLLOWING"},
	wFor:              {text: "FOR", noAlias: true},
	wForeign:          {text: "FOREIGN", reserved: true},
	wFrom:             {text: "FROM", reserved: true},
	wFull:             {text: "FULL", noAlias: true},
	wGlob:             {text: "GLOB", noAlias: true},
	wGroup:            {text: "GROUP", reserved: true},
	wGroups:           {text: "GROUPS"},
	wHaving:           {text: "HAVING", reserved: true},
	wIf:               {text: "IF"},
	wIgnore:           {text: "IGNORE"},
	wIlike:            {text: "ILIKE", noAlias: true},
	wImmediate:        {text: "IMMEDIATE"},
	wIn:               {text: "IN", reserved: true},
	wIndex:            {text: "INDEX"},
	wIndexes:          {text: "INDEXES"},
	wInner:            {text: "INNER", noAlias: true},
	wInsert:           {text: "INSERT"},
	wIntersect:        {text: "INTERSECT", reserved: true},
	wInto:             {text: "INTO", reserved: true},
	wIs:               {text: "IS", reserved: true},
	wIsnull:           {text: "ISNULL", reserved: true},
	wIsolation:        {text: "ISOLATION"},
	wJoin:             {text: "JOIN", reserved: true},
	wKey:              {text: "KEY"},
	wLast:             {text: "LAST"},
	wLeft:             {text: "LEFT", noAlias: true},
	wLevel:            {text: "LEVEL"},
	wLike:             {text: "LIKE", noAlias: true},
	wLimit:            {text: "LIMIT", reserved: true},
	wLocaltime:        {text: "LOCALTIME", value: true, call: true},
	wLocaltimestamp:   {text: "LOCALTIMESTAMP", value: true, call: true},
	wMissing:          {text: "MISSING", value: true},
	wNatural:          {text: "NATURAL", noAlias: true},
	wNo:               {text: "NO"},
	wNot:              {text: "NOT", reserved: true},
	wNotnull:          {text: "NOTNULL", reserved: true},
	wNothing:          {text: "NOTHING"},
	wNull:             {text: "NULL", reserved: true},
	wNulls:            {text: "NULLS"},
	wObject:           {text: "OBJECT"},
	wOffset:           {text: "OFFSET", noAlias: true},
	wOn:               {text: "ON", reserved: true},
	wOnly:             {text: "ONLY"},
	wOpen:             {text: "OPEN"},
	wOr:               {text: "OR", reserved: true},
	wOrder:            {text: "ORDER", reserved: true},
	wOrdinality:       {text: "ORDINALITY"},
	wOthers:           {text: "OTHERS"},
	wOuter:            {text: "OUTER", noAlias: true},
	wOver:             {text: "OVER", noAlias: true},
	wPartition:        {text: "PARTITION"},
	wPreceding:        {text: "PRECEDING"},
	wPrecision:        {text: "PRECISION"},
	wPrimary:          {text: "PRIMARY", reserved: true},
	wRange:            {text: "RANGE"},
	wRead:             {text: "READ"},
	wRecursive:        {text: "RECURSIVE"},
	wReferences:       {text: "REFERENCES", reserved: true},
	wRegexp:           {text: "REGEXP", noAlias: true},
	wRelease:          {text: "RELEASE"},
	wRepeatable:       {text: "REPEATABLE"},
	wReplace:          {text: "REPLACE"},
	wReturning:        {text: "RETURNING", reserved: true},
	wRight:            {text: "RIGHT", noAlias: true},
	wRollback:         {text: "ROLLBACK"},
	wRow:              {text: "ROW"},
	wRows:             {text: "ROWS"},
	wSatisfies:        {text: "SATISFIES"},
	wSavepoint:        {text: "SAVEPOINT"},
	wSelect:           {text: "SELECT", reserved: true},
	wSerializable:     {text: "SERIALIZABLE"},
	wSet:              {text: "SET", noAlias: true},
	wShow:             {text: "SHOW"},
	wSnapshot:         {text: "SNAPSHOT"},
	wSome:             {text: "SOME"},
	wStart:            {text: "START"},
	wStrict:           {text: "STRICT"},
	wTable:            {text: "TABLE", reserved: true},
	wTables:           {text: "TABLES"},
	wThen:             {text: "THEN", reserved: true},
	wTies:             {text: "TIES"},
	wTime:             {text: "TIME"},
	wTimestamp:        {text: "TIMESTAMP"},
	wTimestamptz:      {text: "TIMESTAMPTZ"},
	wTo:               {text: "TO", reserved: true},
	wTransaction:      {text: "TRANSACTION"},
	wTrue:             {text: "TRUE", value: true},
	wTruncate:         {text: "TRUNCATE"},
	wTryCast:          {text: "TRY_CAST"},
	wUnbounded:        {text: "UNBOUNDED"},
	wUncommitted:      {text: "UNCOMMITTED"},
	wUnion:            {text: "UNION", reserved: true},
	wUnique:           {text: "UNIQUE", reserved: true},
	wUnknown:          {text: "UNKNOWN"},
	wUnnest:           {text: "UNNEST"},
	wUnset:            {text: "UNSET", noAlias: true},
	wUpdate:           {text: "UPDATE"},
	wUsing:            {text: "USING", reserved: true},
	wValue:            {text: "VALUE"},
	wValues:           {text: "VALUES", noAlias: true},
	wVarying:          {text: "VARYING"},
	wWhen:             {text: "WHEN", reserved: true},
	wWhere:            {text: "WHERE", reserved: true},
	wWindow:           {text: "WINDOW", noAlias: true},
	wWith:             {text: "WITH", noAlias: true},
	wWithout:          {text: "WITHOUT"},
	wWork:             {text: "WORK"},
	wWrite:            {text: "WRITE"},
	wZone:             {text: "ZONE"},
}

// wordsByHash chains the keywords of one hash: the first, and after each the next one, 0 at the end.
var wordsByHash, wordAfter = func() (first [wordHashes]kind, after [kindCount]kind) {
	for k := firstWord; k < kindCount; k++ {
		h := wordHash(words[k].text)
		first[h], after[k] = k, first[h]
	}
	return first, after
}()

const wordHashes = 512

// wordHash hashes a word of one letter or more, in either case.
func wordHash(w string) uint {
	n := len(w)
	const fold = 0x1F // of a letter
	return (uint(n) + uint(w[0]&fold)<<4 + uint(w[n/2]&fold)<<2 + uint(w[n-1]&fold)*7) % wordHashes
}

// wordKind returns the keyword that an unquoted word is, else tName. Keywords ignore case.
func wordKind(word string) kind {
	if word == "" {
		return tName
	}
	for k := wordsByHash[wordHash(word)]; k != 0; k = wordAfter[k] {
		if equalsWord(word, words[k].text) {
			return k
		}
	}
	return tName
}

// equalsWord reports whether a word is a keyword, which is in upper case; other letters than A to Z have
// one case.
func equalsWord(word, keyword string) bool {
	if len(word) != len(keyword) {
		return false
	}
	for i := 0; i < len(word); i++ {
		c := word[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != keyword[i] {
			return false
		}
	}
	return true
}

// Reserved returns the words that are no names unless they are quoted, sorted: those that
// SQLite and PostgreSQL both reserve.
func Reserved() []string {
	return list(func(k kind) bool { return words[k].reserved })
}

// NoAlias returns the further words that are no alias without AS, sorted: those that can begin
// what may follow an alias.
func NoAlias() []string {
	return list(func(k kind) bool { return words[k].noAlias })
}

func list(has func(kind) bool) []string {
	var out []string
	for k := firstWord; k < kindCount; k++ {
		if has(k) {
			out = append(out, words[k].text)
		}
	}
	return out
}

// upperASCII returns s in upper case; other letters than A to Z stay, so that no name turns into a keyword.
func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, s)
}
