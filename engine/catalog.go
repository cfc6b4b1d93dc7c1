package engine

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index"
	"github.com/fluxdb/fluxdb/index/def"
)

// Catalog is the collections at one moment. It is immutable; transactions that see the same
// definitions get the same pointer.
type Catalog struct {
	version uint64
	private bool
	entries map[string]*entry
	folded  map[string][]string // lower-case names to names
	indexes map[string]*entry   // index names, of ready ones and those being built
	sorted  []*def.Collection
}

// entry is all the engine knows of one version of a collection's definition. It
// is immutable but for the counts in its parts.
type entry struct {
	definition
	space    *space
	sequence *sequence // nil without one
	indexes  []*indexState
	building []*indexState
	declared *declared
}

// indexState is an index and what is kept in memory of it.
type indexState struct {
	*index.Index
	entries, arrays atomic.Int64 // newest committed counts
	progress        atomic.Int64 // percent, while the index is built
}

func newIndexState(d *def.Index) *indexState {
	return &indexState{Index: index.New(d, prefix(tagIndex, d.ID))}
}

// Private reports whether this is the catalog of one transaction that has
// changed it, which nobody else sees.
func (c *Catalog) Private() bool { return c.private }

// Collection returns the collection of this name, else the only one whose name
// differs in case only. It returns an *UnknownCollectionError.
func (c *Catalog) Collection(name string) (*def.Collection, error) {
	if e := c.entries[name]; e != nil {
		return e.Collection, nil
	}
	switch same := c.folded[strings.ToLower(name)]; len(same) {
	case 0:
		return nil, &UnknownCollectionError{Name: name, Nearest: document.Nearest(name, slices.Sorted(maps.Keys(c.entries)))}
	case 1:
		return c.entries[same[0]].Collection, nil
	default:
		return nil, &UnknownCollectionError{Name: name, Ambiguous: same}
	}
}

// Collections returns all collections by name. The slice must not be changed.
func (c *Catalog) Collections() []*def.Collection { return c.sorted }

// Index returns an index by its name, exactly or by the only match that ignores case, and its
// collection. It returns an *UnknownIndexError.
func (c *Catalog) Index(name string) (*def.Collection, *def.Index, error) {
	find := func(name string) (*def.Collection, *def.Index) {
		if e := c.indexes[name]; e != nil {
			for _, ix := range e.Indexes {
				if ix.Name == name {
					return e.Collection, ix
				}
			}
		}
		return nil, nil
	}
	if coll, ix := find(name); ix != nil {
		return coll, ix, nil
	}
	var same, all []string
	for _, other := range slices.Sorted(maps.Keys(c.indexes)) {
		if _, ix := find(other); ix == nil {
			continue
		}
		all = append(all, other)
		if strings.EqualFold(other, name) {
			same = append(same, other)
		}
	}
	if len(same) == 1 {
		coll, ix := find(same[0])
		return coll, ix, nil
	}
	return nil, nil, &UnknownIndexError{Name: name, Nearest: document.Nearest(name, all)}
}

// change is a new definition of a collection; nil means that it is gone.
type change struct {
	name  string
	entry *entry
}

func newCatalog(version uint64, entries map[string]*entry) *Catalog {
	c := &Catalog{version: version, entries: entries, folded: map[string][]string{}, indexes: map[string]*entry{}}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e := entries[name]
		folded := strings.ToLower(name)
		c.folded[folded] = append(c.folded[folded], name)
		c.sorted = append(c.sorted, e.Collection)
		for _, ix := range slices.Concat(e.indexes, e.building) {
			c.indexes[ix.Def.Name] = e
		}
	}
	return c
}

// with returns the catalog after changes.
func (c *Catalog) with(version uint64, changes []change) *Catalog {
	entries := maps.Clone(c.entries)
	for _, ch := range changes {
		if ch.entry == nil {
			delete(entries, ch.name)
		} else {
			entries[ch.name] = ch.entry
		}
	}
	return newCatalog(version, entries)
}

// keptVersions is how many published catalogs and views are kept for transactions that began
// before the newest; older ones read their own from the store.
const keptVersions = 16

// catalogs are the published catalogs, oldest first.
type catalogs struct{ list atomic.Pointer[[]*Catalog] }

func (cs *catalogs) newest() *Catalog {
	list := *cs.list.Load()
	return list[len(list)-1]
}

// at returns the newest catalog that is not newer than version, nil when it is
// not kept.
func (cs *catalogs) at(version uint64) *Catalog {
	list := *cs.list.Load()
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].version <= version {
			return list[i]
		}
	}
	return nil
}

// publish adds the newest catalog; only one goroutine at a time calls it.
func (cs *catalogs) publish(c *Catalog) {
	var list []*Catalog
	if old := cs.list.Load(); old != nil {
		list = (*old)[max(0, len(*old)-keptVersions+1):]
	}
	list = append(slices.Clone(list), c)
	cs.list.Store(&list)
}
