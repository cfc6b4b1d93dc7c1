package planner

import (
	"fmt"

	"github.com/fluxdb/fluxdb/parser"
)

// Options are what a statement is planned under.
type Options struct {
	// Star is what a plain `SELECT *` gives.
	Star Star
	// Explain says that the plan is made to be printed: it notes why each index was not
	// chosen, and estimates from the counters even where nothing depends on them.
	Explain bool
}

// Build plans a query or a change of documents. It returns a *BindError for a statement that
// means nothing, the catalog's error for an unknown collection.
func Build(stmt parser.Statement, catalog Catalog, options Options) (*Plan, error) {
	info := stmt.Info()
	b := &builder{catalog: catalog, options: options, info: info,
		plan: &Plan{Params: info.Params, Names: info.Names}}
	if err := b.statement(stmt); err != nil {
		return nil, err
	}
	if err := b.planSubqueries(); err != nil {
		return nil, err
	}
	b.plan.Docs, b.plan.Vals = b.docs, b.vals
	return b.plan, nil
}

// builder binds one statement.
type builder struct {
	catalog Catalog
	options Options
	info    *parser.Meta
	plan    *Plan
	// docs and vals are how many registers are allotted.
	docs, vals int
	// subqueries are the queries in expressions, by expr.Subquery.ID.
	subqueries []*subquery
}

func (b *builder) statement(stmt parser.Statement) error {
	switch s := stmt.(type) {
	case *parser.Query:
		return b.query(s)
	case *parser.Insert:
		b.plan.Writes = true
		return b.insert(s)
	case *parser.Update:
		b.plan.Writes = true
		return b.update(s)
	case *parser.Delete:
		b.plan.Writes = true
		return b.delete(s)
	}
	return b.fail(b.info.Start, fmt.Sprintf("%T is no query and changes no documents", stmt), "")
}

// val allots a value register.
func (b *builder) val() int {
	b.vals++
	return b.vals - 1
}

// doc allots a document register.
func (b *builder) doc() int {
	b.docs++
	return b.docs - 1
}

// fail makes the error of the statement's text at offset at.
func (b *builder) fail(at int, message, hint string) error {
	line, column := parser.Position(b.info.Text, at)
	return &BindError{Line: line, Column: column, Offset: at, Message: message, Hint: hint}
}

// source binds the collection that a FROM, INSERT, UPDATE or DELETE names.
func (b *builder) source(t *parser.TableName) (*source, error) {
	c, err := b.catalog.Collection(t.Name)
	if err != nil {
		return nil, err
	}
	src := &source{alias: t.Alias, renamed: t.Alias != "", collection: c, doc: b.doc()}
	if !src.renamed {
		src.alias = c.Name
	}
	return src, nil
}
