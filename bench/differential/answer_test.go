package differential

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
)

// rows are the rows of a query.
type rows [][]any

// answer returns the rows of a query, each value as int64, float64, string or nil.
func answer(conn *sql.Conn, text string, args []any) (rows, error) {
	list, err := conn.QueryContext(context.Background(), text, args...)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	columns, err := list.Columns()
	if err != nil {
		return nil, err
	}
	var out rows
	for list.Next() {
		row, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := list.Scan(to...); err != nil {
			return nil, err
		}
		for i, v := range row {
			row[i] = plain(v)
		}
		out = append(out, row)
	}
	return out, list.Err()
}

// plain makes a boolean the number that SQLite has for it, text of bytes, and 0 of -0: SQLite keeps
// whole floats as integers, which have no such sign.
func plain(v any) any {
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case []byte:
		return string(v)
	case float64:
		return v + 0
	}
	return v
}

func (r rows) String() string {
	const most = 12
	var b strings.Builder
	for i, row := range r {
		if i == most {
			fmt.Fprintf(&b, "\n  ... %d rows", len(r))
			break
		}
		b.WriteString("\n ")
		for _, v := range row {
			fmt.Fprintf(&b, " %s", text(v))
		}
	}
	return b.String()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return fmt.Sprintf("%.15g.", v)
	}
	return fmt.Sprint(v)
}

func (r rows) sort() {
	slices.SortFunc(r, func(a, b []any) int {
		for i := range a {
			if c := strings.Compare(text(a[i]), text(b[i])); c != 0 {
				return c
			}
		}
		return 0
	})
}

// diff says where the answers differ first.
func (r rows) diff(other rows) string {
	if len(r) != len(other) {
		return fmt.Sprintf("%d rows and %d", len(r), len(other))
	}
	for i := range r {
		if len(r[i]) != len(other[i]) {
			return fmt.Sprintf("%d columns and %d", len(r[i]), len(other[i]))
		}
		for j := range r[i] {
			if !same(r[i][j], other[i][j]) {
				return fmt.Sprintf("row %d, column %d: %s and %s", i, j, text(r[i][j]), text(other[i][j]))
			}
		}
	}
	return ""
}

// same compares two values. Sums of floats may differ in their last bits: the order in which
// rows are added up is nobody's promise.
func same(a, b any) bool {
	x, isFloat := a.(float64)
	y, bothFloat := b.(float64)
	if isFloat && bothFloat {
		return x == y || math.Abs(x-y) <= 1e-12*max(math.Abs(x), math.Abs(y))
	}
	return a == b
}

func argText(args []any) string {
	if len(args) == 0 {
		return ""
	}
	list := make([]string, len(args))
	for i, v := range args {
		list[i] = text(v)
	}
	return "  -- " + strings.Join(list, ", ")
}
