package executor

import (
	"cmp"
	"slices"
)

// topRows keeps the least rows of a sort, as many as are wanted, in a heap with the greatest in front.
type topRows struct {
	keys   *sortKeys
	wanted int
	share  share
	rows   []topRow
	// added counts rows: of equal ones the earlier is less.
	added int64
	at    int // the next row given out, once sorted
}

type topRow struct {
	row   []byte
	order int64
}

// maxTopRows is how many rows a heap is used for; beyond, sorting them all is as quick.
const maxTopRows = 1 << 14

const topRowSize = 32

func newTopRows(memory *account, keys *sortKeys, wanted int) *topRows {
	return &topRows{keys: keys, wanted: wanted, share: memory.share()}
}

// qualifies reports whether a row, of which only head and key need to be there, is among the least so far.
func (t *topRows) qualifies(row []byte) bool {
	return len(t.rows) < t.wanted || t.keys.compare(row, t.rows[0].row) < 0
}

// add adds a row that qualifies; false when there is no memory for it.
func (t *topRows) add(row []byte) bool {
	if len(t.rows) < t.wanted {
		if !t.share.take(int64(len(row) + topRowSize)) {
			return false
		}
		t.rows = append(t.rows, topRow{append([]byte(nil), row...), t.added})
		t.added++
		t.up(len(t.rows) - 1)
		return true
	}
	// The greatest one gives its place and its memory.
	first := &t.rows[0]
	if grown := len(row) - cap(first.row); grown > 0 && !t.share.take(int64(grown)) {
		return false
	}
	first.row = append(first.row[:0], row...)
	first.order = t.added
	t.added++
	t.down(0)
	return true
}

func (t *topRows) compare(a, b *topRow) int {
	if c := t.keys.compare(a.row, b.row); c != 0 {
		return c
	}
	return cmp.Compare(a.order, b.order)
}

func (t *topRows) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if t.compare(&t.rows[i], &t.rows[parent]) <= 0 {
			return
		}
		t.rows[i], t.rows[parent] = t.rows[parent], t.rows[i]
		i = parent
	}
}

func (t *topRows) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.rows) {
			return
		}
		if other := child + 1; other < len(t.rows) && t.compare(&t.rows[other], &t.rows[child]) > 0 {
			child = other
		}
		if t.compare(&t.rows[child], &t.rows[i]) <= 0 {
			return
		}
		t.rows[i], t.rows[child] = t.rows[child], t.rows[i]
		i = child
	}
}

// sort puts the rows in order, for next.
func (t *topRows) sort() {
	slices.SortFunc(t.rows, func(a, b topRow) int { return t.compare(&a, &b) })
}

// next returns the next row, nil at the end.
func (t *topRows) next() []byte {
	if t.at == len(t.rows) {
		return nil
	}
	t.at++
	return t.rows[t.at-1].row
}

// drop frees the row that next returned last.
func (t *topRows) drop() {
	last := &t.rows[t.at-1]
	t.share.give(int64(len(last.row)))
	last.row = nil
}

func (t *topRows) free() {
	t.rows, t.at = nil, 0
	t.share.free()
}
