package document

import "strings"

// maxNearest is the longest name that a hint is looked for.
const maxNearest = 100

// Nearest returns the candidate that name is most likely a slip of the finger for, ignoring
// case, or "" when none is close: up to one edit for every three letters, three at most.
func Nearest(name string, candidates []string) string {
	if len(name) > maxNearest {
		return ""
	}
	name = strings.ToLower(name)
	best, limit := "", min((len(name)+1)/3, 3)+1
	for _, c := range candidates {
		if d := editDistance(name, strings.ToLower(c), limit); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete, replace or swap with a neighbour between
// two names (optimal string alignment); limit or more is reported as limit.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var rows [3][]int
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, above2 := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := above[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			row[j] = min(change, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], above2[j-2]+1)
			}
		}
	}
	return min(rows[len(a)%3][len(b)], limit)
}
