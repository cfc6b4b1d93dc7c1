// Package parser turns text into syntax trees. It knows nothing of the engine: whether a name
// means anything is for the planner to find out.
//
// The scanner cuts the text into tokens as the parser asks for them; it holds one token and no
// list of them. The frequent statements (SELECT, INSERT, UPDATE, DELETE) are parsed by hand over that stream, expressions
// by precedence (expr.go). All other statements are a participle grammar (grammar.go), whose leaves, names, paths, types and
// default values, are parsed by the same code by hand.
//
// No text makes the package panic, hang or run out of stack: length, tokens, nesting and the height
// of a tree are bounded (see Limits), and no step back is longer than two tokens or a subscript.
package parser
