package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// Compiler compiles the expressions that the catalog stores as text. Whoever opens the
// engine gives it one: the engine knows no SQL.
type Compiler interface {
	Compile(text string) (Evaluator, error)
}

// Evaluator is a compiled expression, for use by many goroutines.
type Evaluator interface {
	// Eval returns its value for a document; doc is MISSING for a DEFAULT.
	Eval(ctx context.Context, doc document.Value) (document.Value, error)
}

// Options of Open; the zero value works.
type Options struct {
	// Compiler is needed where definitions hold expressions.
	Compiler Compiler
	// ReadOnly refuses writes; the database must exist.
	ReadOnly bool
}

// DB is an open database, for use by many goroutines.
type DB struct {
	store    storage.Store
	opts     Options
	catalogs catalogs
	ids      *sequence // of generations and indexes
	closed   atomic.Bool

	// superseded are notes of sequences that newer ones have made useless; Open drops them.
	superseded []dropRange

	mu        sync.Mutex
	sequences map[uint64]*sequence
}

// Open opens the database in a store, making it in an empty one. The DB then owns the
// store: Close closes it. It returns storage.ErrFormat for the format of a newer
// version, storage.ErrCorrupt for a store that holds something else or is damaged.
func Open(ctx context.Context, store storage.Store, opts Options) (*DB, error) {
	if err := prepareStore(ctx, store, opts.ReadOnly); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db := &DB{store: store, opts: opts, sequences: map[uint64]*sequence{}}
	if err := db.load(ctx); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if !opts.ReadOnly {
		if err := db.sweep(ctx); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
	}
	return db, nil
}

// load reads sequences and catalog.
func (db *DB) load(ctx context.Context) error {
	txn, err := db.store.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer txn.Rollback()
	limits, notes := map[uint64]int64{}, map[uint64]int{}
	err = scanNotes(ctx, txn, tagSequence, func(id uint64, rest, _ []byte) error {
		if len(rest) != 8 {
			return fmt.Errorf("%w: sequence %d", storage.ErrCorrupt, id)
		}
		limits[id] = max(limits[id], int64(binary.BigEndian.Uint64(rest)))
		notes[id]++
		return nil
	})
	if err != nil {
		return err
	}
	for id, limit := range limits {
		db.sequences[id] = newSequence(id, limit)
		if notes[id] > 1 {
			lo := prefix(tagSequence, id)
			db.superseded = append(db.superseded, dropRange{lo, binary.BigEndian.AppendUint64(lo[:len(lo):len(lo)], uint64(limit))})
		}
	}
	db.ids = db.sequenceOf(0)
	c, err := db.readCatalog(ctx, txn, nil)
	if err == nil {
		db.catalogs.publish(c)
	}
	return err
}

// sequenceOf returns the sequence with this id.
func (db *DB) sequenceOf(id uint64) *sequence {
	db.mu.Lock()
	defer db.mu.Unlock()
	s := db.sequences[id]
	if s == nil {
		s = newSequence(id, 1)
		db.sequences[id] = s
	}
	return s
}

// newID returns an id that no generation or index ever had.
func (db *DB) newID(ctx context.Context) (uint64, error) {
	n, err := db.ids.draw(ctx, db)
	return uint64(n), err
}

// readCatalog reads the catalog at a transaction's snapshot. Generations that the catalog
// known, which may be nil, has too share what is in memory of them.
func (db *DB) readCatalog(ctx context.Context, txn storage.Txn, known *Catalog) (*Catalog, error) {
	spaces := map[uint64]*space{}
	states := map[uint64]*indexState{}
	if known != nil {
		for _, e := range known.entries {
			spaces[e.ID] = e.space
			for _, x := range append(e.indexes[:len(e.indexes):len(e.indexes)], e.building...) {
				states[x.Def.ID] = x
			}
		}
	}
	entries := map[string]*entry{}
	it := txn.Scan(ctx, storage.ScanOptions{Lower: []byte{tagCatalog}, Upper: []byte{tagCatalog + 1}})
	defer it.Close()
	for it.Next() {
		d, err := decodeDefinition(it.Value())
		if err == nil && d.Name != string(it.Key()[1:]) {
			err = fmt.Errorf("%w: definition of collection %s has key %q", storage.ErrCorrupt, d.Name, it.Key()[1:])
		}
		if err != nil {
			return nil, err
		}
		e := db.newEntry(d, spaces[d.ID], states)
		if spaces[d.ID] == nil {
			if err := e.space.load(ctx, txn); err != nil {
				return nil, fmt.Errorf("collection %s: %w", d.Name, err)
			}
		}
		for _, x := range e.indexes {
			if states[x.Def.ID] == nil {
				if err := x.load(ctx, txn); err != nil {
					return nil, err
				}
			}
		}
		entries[d.Name] = e
	}
	return newCatalog(txn.Version(), entries), it.Err()
}

// load reads the counts of an index.
func (x *indexState) load(ctx context.Context, txn storage.Txn) error {
	entries, err := txn.Counter(ctx, counterID{owner: x.Def.ID, kind: countEntries}.appendKey(nil))
	if err != nil {
		return err
	}
	arrays, err := txn.Counter(ctx, counterID{owner: x.Def.ID, kind: countArrays}.appendKey(nil))
	x.entries.Store(entries)
	x.arrays.Store(arrays)
	return err
}

// newEntry makes the entry of a definition; space is nil for a generation that is new here,
// states are indexes that are known by id.
func (db *DB) newEntry(d definition, sp *space, states map[uint64]*indexState) *entry {
	e := &entry{definition: d, space: sp}
	if sp == nil {
		e.space = newSpace(d.ID, d.PrimaryKey)
	}
	if d.sequence != 0 {
		e.sequence = db.sequenceOf(d.sequence)
	}
	state := func(ix *def.Index) *indexState {
		if x := states[ix.ID]; x != nil {
			return x
		}
		return newIndexState(ix)
	}
	for _, ix := range d.Indexes {
		e.indexes = append(e.indexes, state(ix))
	}
	for _, ix := range d.building {
		e.building = append(e.building, state(ix))
	}
	e.declared = compileDeclared(d.Collection, db.opts.Compiler)
	return e
}

// WorkMemory returns how many bytes one sort, hash or cache of a statement may
// hold: an eighth of the store's memory budget.
func (db *DB) WorkMemory() int64 {
	const unlimited, least = 64 << 20, 2 << 20
	// A store keeps a quarter of its budget of a transaction in memory.
	if n := int64(db.store.Info().TxnMemory); n > 0 {
		return max(n/2, least)
	}
	return unlimited
}

// Close rolls back open transactions and closes the store. Later calls return
// storage.ErrClosed. Idempotent.
func (db *DB) Close() error {
	db.closed.Store(true)
	return db.store.Close()
}

// Closed reports whether Close was called.
func (db *DB) Closed() bool { return db.closed.Load() }
