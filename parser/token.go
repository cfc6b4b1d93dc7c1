package parser

// kind is what a token is: one kind for each operator and one for each keyword.
type kind uint16

const (
	tEnd kind = iota // the end of the text
	tInvalid
	tComment
	tName   // a word that is no keyword
	tQuoted // "name" or `name`
	tString
	tText // a string of another spelling: E'\n' or $$text$$
	tBlob
	tInteger
	tFloat
	tParam
	tLParen
	tRParen
	tLBracket
	tRBracket
	tLBrace
	tRBrace
	tComma
	tSemicolon
	tDot
	tColon
	tDoubleColon
	tPlus
	tMinus
	tStar
	tSlash
	tPercent
	tConcat
	tBitAnd
	tBitOr
	tBitNot
	tShiftLeft
	tShiftRight
	tEqual
	tNotEqual
	tLess
	tLessEqual
	tGreater
	tGreaterEqual
	tMatchNoCase // ~*
	tNoMatch     // !~
	tNoMatchNoCase
	firstWord
)

// symbols names the kinds that are no keywords, for the grammar and for messages.
var symbols = [firstWord]struct{ name, text string }{
	tEnd: {"End", "the end"}, tInvalid: {"Invalid", "?"}, tComment: {"Comment", "--"},
	tName: {"Name", "a name"}, tQuoted: {"Quoted", "a name"}, tString: {"String", "a string"}, tText: {"Text", "a string"}, tBlob: {"Blob", "a blob"},
	tInteger: {"Integer", "a whole number"}, tFloat: {"Float", "a number"}, tParam: {"Param", "a parameter"},
	tLParen: {"LParen", "("}, tRParen: {"RParen", ")"}, tLBracket: {"LBracket", "["}, tRBracket: {"RBracket", "]"},
	tLBrace: {"LBrace", "{"}, tRBrace: {"RBrace", "}"}, tComma: {"Comma", ","}, tSemicolon: {"Semicolon", ";"},
	tDot: {"Dot", "."}, tColon: {"Colon", ":"}, tDoubleColon: {"DoubleColon", "::"},
	tPlus: {"Plus", "+"}, tMinus: {"Minus", "-"}, tStar: {"Star", "*"}, tSlash: {"Slash", "/"}, tPercent: {"Percent", "%"},
	tConcat: {"Concat", "||"}, tBitAnd: {"BitAnd", "&"}, tBitOr: {"BitOr", "|"}, tBitNot: {"BitNot", "~"},
	tShiftLeft: {"ShiftLeft", "<<"}, tShiftRight: {"ShiftRight", ">>"},
	tEqual: {"Equal", "="}, tNotEqual: {"NotEqual", "<>"}, tLess: {"Less", "<"}, tLessEqual: {"LessEqual", "<="},
	tGreater: {"Greater", ">"}, tGreaterEqual: {"GreaterEqual", ">="}, tMatchNoCase: {"MatchNoCase", "~*"}, tNoMatch: {"NoMatch", "!~"}, tNoMatchNoCase: {"NoMatchNoCase", "!~*"},
}

// String returns the keyword or operator as one writes it, else what the token is.
func (k kind) String() string {
	if k < firstWord {
		return symbols[k].text
	}
	return words[k].text
}

// expected names a kind in a message that says what could stand there.
func (k kind) expected() string {
	if k >= tLParen && k < firstWord {
		return `"` + k.String() + `"`
	}
	return k.String()
}

// isWord reports whether a token is an unquoted word, keyword or not.
func (k kind) isWord() bool { return k == tName || k >= firstWord }

// isName reports whether a token can name something where an expression may begin.
func (k kind) isName() bool {
	return k == tName || k == tQuoted || k >= firstWord && !words[k].reserved
}

// isAlias reports whether a token can be an alias without AS.
func (k kind) isAlias() bool { return k.isName() && (k < firstWord || !words[k].noAlias) }

// token is one token; its text is what stands between two byte offsets.
type token struct {
	kind       kind
	start, end int
}
