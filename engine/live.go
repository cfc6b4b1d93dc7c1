package engine

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// live is the newest committed counts of a space. The counts change in the
// store's OnCommit only, which runs one commit at a time; everybody else reads documents and views.
type live struct {
	documents    atomic.Int64
	fields       fieldCounts
	packed, text int64
	views        atomic.Pointer[[]*view]
}

// view is what the counts say of which things are there at all, at one version.
// It is immutable.
type view struct {
	version uint64
	set     *def.FieldSet
	live    []bool // by field number
	// Whether some _id is packed, and whether some is a string that is not.
	packed, text bool
}

func (v *view) has(field int) bool { return field < len(v.live) && v.live[field] }

// fieldCounts is the number of documents with each leaf, by its number.
type fieldCounts struct {
	list []int64
	// flipped says that some count became 0 or ceased to be it.
	flipped bool
}

func (f *fieldCounts) add(field int32, n int64) {
	if field < 0 {
		return
	}
	for int(field) >= len(f.list) {
		f.list = append(f.list, 0)
	}
	before := f.list[field]
	f.list[field] += n
	f.flipped = f.flipped || (before > 0) != (before+n > 0)
}

// addCounter takes in a shape's or a field's counter.
func (f *fieldCounts) addCounter(s *space, c counterID, n int64) {
	if c.kind == countField {
		f.add(int32(c.number), n)
		return
	}
	for _, field := range s.slotFields(c.number) {
		f.add(field, n)
	}
}

// readCounters reads the counters of a space at the transaction's snapshot.
func (s *space) readCounters(ctx context.Context, txn storage.Txn) (fields fieldCounts, plain map[byte]int64, err error) {
	plain = map[byte]int64{}
	lo, hi := counterRange(s.id)
	shapes, paths := len(*s.shapeFields.Load()), len(*s.paths.Load())
	err = txn.ScanCounters(ctx, lo, hi, func(key []byte, n int64) error {
		c, ok := parseCounter(key)
		switch {
		case !ok, c.kind == countShape && (c.number == 0 || int(c.number) > shapes), c.kind == countField && int(c.number) >= paths && c.number != fieldOthers:
			return fmt.Errorf("%w: counter %x", storage.ErrCorrupt, key)
		case c.numbered():
			fields.addCounter(s, c, n)
		default:
			plain[c.kind] = n
		}
		return nil
	})
	return fields, plain, err
}

func (l *live) load(ctx context.Context, txn storage.Txn, s *space) error {
	fields, plain, err := s.readCounters(ctx, txn)
	if err != nil {
		return err
	}
	l.documents.Store(plain[countDocuments])
	l.fields, l.packed, l.text = fields, plain[countPacked], plain[countText]
	l.publish(txn.Version(), s)
	return nil
}

// apply takes in what a commit changed; it is called in the order of commits.
func (l *live) apply(version uint64, s *space, changes []tally) {
	touched := l.views.Load() == nil
	l.fields.flipped = false
	for i := range changes {
		c := &changes[i]
		switch {
		case c.id.owner != s.id || c.value == 0:
		case c.id.numbered():
			l.fields.addCounter(s, c.id, c.value)
		case c.id.kind == countDocuments:
			l.documents.Add(c.value)
		case c.id.kind == countPacked:
			touched = touched || (l.packed > 0) != (l.packed+c.value > 0)
			l.packed += c.value
		case c.id.kind == countText:
			touched = touched || (l.text > 0) != (l.text+c.value > 0)
			l.text += c.value
		}
	}
	if touched || l.fields.flipped {
		l.publish(version, s)
	}
}

// publish adds a view if it differs from the newest.
func (l *live) publish(version uint64, s *space) {
	var list []*view
	if old := l.views.Load(); old != nil {
		list = *old
	}
	v := &view{version: version, packed: l.packed > 0, text: l.text > 0}
	if n := len(list); n > 0 && list[n-1].holds(l.fields.list) {
		newest := list[n-1]
		if newest.packed == v.packed && newest.text == v.text {
			return
		}
		v.set, v.live = newest.set, newest.live
	} else {
		v.set, v.live = s.fieldSet(l.fields.list)
	}
	list = append(slices.Clone(list[max(0, len(list)-keptVersions+1):]), v)
	l.views.Store(&list)
}

// holds reports whether the same fields are live in counts as in the view.
func (v *view) holds(counts []int64) bool {
	for i, n := range counts {
		if v.has(i) != (n > 0) {
			return false
		}
	}
	return len(counts) >= len(v.live) // counts never shrink
}

// at returns the view for a transaction with this version, nil when it is not
// kept any more.
func (l *live) at(version uint64) *view {
	list := l.views.Load()
	if list == nil {
		return nil
	}
	for i := len(*list) - 1; i >= 0; i-- {
		if (*list)[i].version <= version {
			return (*list)[i]
		}
	}
	return nil
}

// fieldSet returns the fields with a count, in first-seen order: a top-level field keeps the place
// of the first of its leaves, live or not.
func (s *space) fieldSet(counts []int64) (*def.FieldSet, []bool) {
	set := &def.FieldSet{}
	live := make([]bool, len(counts))
	placed := map[string]int{}
	var names []string // in first-seen order
	var found []bool
	if len(counts) > fieldOthers {
		set.Others = counts[fieldOthers] > 0
		live[fieldOthers] = set.Others
	}
	paths := *s.paths.Load()
	for i, path := range paths[:min(len(paths), len(counts))] {
		at, ok := placed[path[0]]
		if !ok {
			at = len(names)
			placed[path[0]] = at
			names, found = append(names, path[0]), append(found, false)
		}
		if live[i] = counts[i] > 0; live[i] {
			found[at] = true
			set.Leaves = append(set.Leaves, document.FieldPath(path...).String())
		}
	}
	for i, name := range names {
		if found[i] {
			set.Names = append(set.Names, name)
		}
	}
	return set, live
}
