package pebble

import "github.com/tidwall/btree"

// ownIter walks the writes of a view within the bounds of a scan, in one direction: those in the log
// and in the runs together, of each key the newest. Range deletes are not heeded.
type ownIter struct {
	*view
	bounds  span
	reverse bool
	sources []cursor // the log and the runs
	at      own
	left    []byte // the key that step leaves
	valid   bool
	err     error
}

// cursor is a source, and whether it stands on a write.
type cursor struct {
	ownSource
	on bool
}

// ownSource walks writes in the order of keys. A move returns false at the end.
type ownSource interface {
	seekGE(key string) bool // to the first key at or after
	seekLT(key string) bool // to the last key before; an empty one is after all
	next() bool
	prev() bool
	here() own // valid until the next move
	failed() error
	close() error
}

func newOwnIter(v *view, bounds span, reverse bool) *ownIter {
	o := &ownIter{view: v, bounds: bounds, reverse: reverse}
	o.sources = append(make([]cursor, 0, 1+len(v.runs)), cursor{ownSource: &logIter{view: v, tree: v.tree.Iter()}})
	for i := range v.runs {
		if r := &v.runs[i]; r.keys.overlaps(bounds) {
			it, err := r.iter()
			if err != nil {
				o.err = err
				break
			}
			o.sources = append(o.sources, cursor{ownSource: it})
		}
	}
	return o
}

// start goes to the first write in the direction of the scan.
func (o *ownIter) start() {
	if o.reverse {
		o.seekLT(o.bounds.hi)
	} else {
		o.seek(o.bounds.lo)
	}
}

// seek goes to the first key at or after key, in a scan that is reversed at or before.
func (o *ownIter) seek(key string) {
	switch {
	case !o.reverse:
		key = max(key, o.bounds.lo)
		for i := range o.sources {
			o.sources[i].on = o.sources[i].seekGE(key)
		}
		o.settle()
	case o.bounds.hi != "" && key >= o.bounds.hi:
		o.seekLT(o.bounds.hi)
	default:
		o.seekLT(key + "\x00")
	}
}

func (o *ownIter) seekLT(key string) {
	for i := range o.sources {
		o.sources[i].on = o.sources[i].seekLT(key)
	}
	o.settle()
}

// step leaves the present key.
func (o *ownIter) step() {
	key := o.at.key
	if len(o.sources) > 1 {
		o.left = append(o.left[:0], key...) // it belongs to one source, and others may stand on it as well
		key = textOf(o.left)
	}
	for i := range o.sources {
		s := &o.sources[i]
		switch {
		case !s.on || len(o.sources) > 1 && s.here().key != key:
		case o.reverse:
			s.on = s.prev()
		default:
			s.on = s.next()
		}
	}
	o.settle()
}

// settle takes the newest write of the nearest key, if it is within the bounds.
func (o *ownIter) settle() {
	o.valid = false
	for i := range o.sources {
		if !o.sources[i].on {
			if err := o.sources[i].failed(); err != nil && o.err == nil {
				o.err = err
			}
			continue
		}
		h := o.sources[i].here()
		switch {
		case !o.valid:
			o.at, o.valid = h, true
		case h.key == o.at.key:
			if h.at > o.at.at {
				o.at = h
			}
		case h.key < o.at.key != o.reverse:
			o.at = h
		}
	}
	o.valid = o.valid && o.err == nil && o.bounds.contains(o.at.key)
}

// visible reports whether the present write is a value that shows.
func (o *ownIter) visible() bool { return o.at.kind == entrySet && o.shows(o.at) }

// close releases the runs and returns what went wrong with one.
func (o *ownIter) close() error {
	for _, s := range o.sources {
		if err := s.close(); err != nil && o.err == nil {
			o.err = err
		}
	}
	o.sources = nil
	return o.err
}

// logIter walks what is in the log.
type logIter struct {
	*view
	tree btree.IterG[place]
}

func (l *logIter) seekGE(key string) bool { return l.tree.Seek(place{key: key}) }

func (l *logIter) seekLT(key string) bool {
	if key == "" || !l.tree.Seek(place{key: key}) {
		return l.tree.Last()
	}
	return l.tree.Prev()
}

func (l *logIter) next() bool { return l.tree.Next() }
func (l *logIter) prev() bool { return l.tree.Prev() }

func (l *logIter) here() own {
	p := l.tree.Item()
	e := &l.entries[p.at-l.base]
	return own{p, e.kind, e.value}
}

func (l *logIter) failed() error { return nil }
func (l *logIter) close() error  { return nil }
