package engine

import (
	"context"

	"github.com/fluxdb/fluxdb/document"
	"github.com/fluxdb/fluxdb/index/def"
	"github.com/fluxdb/fluxdb/storage"
)

// TxOptions say how a transaction begins; the zero value is a read-write one.
type TxOptions struct {
	ReadOnly bool
	// Exclusive makes other commits wait until the transaction ends, so that it
	// cannot lose to one.
	Exclusive bool
}

// Tx is one transaction. It belongs to one goroutine. A record that one of its
// methods returned is valid until the next call of a method; records and values handed in are
// read before anything they may borrow from changes.
type Tx struct {
	db       *DB
	txn      storage.Txn
	reader   storage.Reader // what it reads from: txn, or a view of it once frozen
	readOnly bool
	ended    bool

	catalog *Catalog
	changes []change    // own definitions, as they were written
	drops   []dropRange // to be dropped once the commit is done
	seen    *entry      // of the last collection used

	writers map[uint64]*writer // by generation
	last    *writer
	tallies tallies
	sets    map[uint64]foundFields

	scratch  *scratch        // of a writing transaction
	lent     bool            // writers is also that of a frozen transaction
	now, was *version        // documents written and replaced
	got      document.Record // what Get returns
	key      []byte
	short    [48]byte // room for key
	keys     [][]byte
	arena    []byte
	// What GetMany calls for each document while it runs; each is t.take, made once.
	many struct {
		fn    func(i int, rec *document.Record) error
		entry *entry
	}
	each func(i int, value []byte, found bool) error
}

type dropRange struct{ lo, hi []byte }

// nestedKey marks the context of expressions that run within a transaction.
type nestedKey struct{}

func nested(ctx context.Context) context.Context { return context.WithValue(ctx, nestedKey{}, true) }

// Begin starts a transaction on the state of now. It returns ErrNested for a
// writing one inside an expression of another.
func (db *DB) Begin(ctx context.Context, opts TxOptions) (*Tx, error) {
	readOnly := opts.ReadOnly || db.opts.ReadOnly
	if !readOnly && ctx.Value(nestedKey{}) != nil {
		return nil, ErrNested
	}
	txn, err := db.store.Begin(ctx, storage.TxnOptions{ReadOnly: readOnly, Exclusive: opts.Exclusive})
	if err != nil {
		return nil, err
	}
	t := &Tx{db: db, txn: txn, reader: txn, readOnly: readOnly}
	if err := t.begun(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// BeginRead begins a read-only transaction. spent, unless nil, is one that has ended and that nobody will use again, not even
// by Rollback: its memory may be used.
func (db *DB) BeginRead(ctx context.Context, spent *Tx) (*Tx, error) {
	if spent == nil || !spent.readOnly || !spent.ended || spent.reader != storage.Reader(spent.txn) {
		return db.Begin(ctx, TxOptions{ReadOnly: true})
	}
	txn, ok := spent.txn.(storage.Renewer)
	if !ok {
		return db.Begin(ctx, TxOptions{ReadOnly: true})
	}
	if err := txn.Renew(ctx); err != nil {
		return nil, err
	}
	t := spent
	keys, arena := t.keys[:0], t.arena[:0]
	if cap(arena) > maxKeptArena {
		keys, arena = nil, nil
	}
	*t = Tx{db: db, txn: t.txn, reader: t.reader, readOnly: true, keys: keys, arena: arena, each: t.each}
	if err := t.begun(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// maxKeptArena is how many bytes of keys one transaction leaves to the next at most.
const maxKeptArena = 32 << 10

// begun takes the catalog of a transaction that was just begun; after an error it has ended.
func (t *Tx) begun(ctx context.Context) (err error) {
	db, txn := t.db, t.txn
	t.key = t.short[:0]
	if t.catalog = db.catalogs.at(txn.Version()); t.catalog == nil {
		// Older than what is kept: only possible when many definitions were
		// committed since the snapshot was taken.
		if t.catalog, err = db.readCatalog(ctx, txn, db.catalogs.newest()); err != nil {
			txn.Rollback()
			return err
		}
	}
	return nil
}

// Version is that of the last commit the transaction sees.
func (t *Tx) Version() uint64 { return t.txn.Version() }

// ReadOnly reports whether the transaction refuses to write.
func (t *Tx) ReadOnly() bool { return t.readOnly }

// Catalog returns the catalog that the transaction sees, with its own changes.
func (t *Tx) Catalog() *Catalog { return t.catalog }

// entry returns what the transaction sees of a collection, which may be given by an older
// or newer version of its definition.
func (t *Tx) entry(c *def.Collection) (*entry, error) {
	if e := t.seen; e != nil && e.Collection == c {
		return e, nil
	}
	e := t.catalog.entries[c.Name]
	if e == nil || e.ID != c.ID {
		return nil, &UnknownCollectionError{Name: c.Name}
	}
	t.seen = e
	return e, nil
}

// Savepoint is a state of a transaction to which it can return.
type Savepoint struct {
	store, tallies, changes, drops int
	catalog                        *Catalog
}

// Savepoint marks the present state of documents and definitions.
func (t *Tx) Savepoint() Savepoint {
	return Savepoint{
		store: t.txn.Savepoint(), tallies: t.tallies.savepoint(),
		changes: len(t.changes), drops: len(t.drops), catalog: t.catalog,
	}
}

// RollbackTo undoes everything since the savepoint, which stays usable.
func (t *Tx) RollbackTo(s Savepoint) error {
	if err := t.txn.RollbackTo(s.store); err != nil {
		return err
	}
	t.tallies.rollbackTo(s.tallies)
	t.changes, t.drops = t.changes[:s.changes:s.changes], t.drops[:s.drops]
	if t.catalog != s.catalog {
		t.catalog, t.seen, t.last = s.catalog, nil, nil
	}
	return nil
}

// Freeze makes t a read-only view of the transaction as it is now, for scans that are open and whatever else
// goes on reading from t, and returns what takes its place: writes, savepoints and the end are the
// returned one's. It costs a copy of the counters; later writes cost no more for it than for an open scan.
func (t *Tx) Freeze() *Tx {
	next := *t
	next.key, next.keys, next.arena, next.got, next.each = next.short[:0], nil, nil, document.Record{}, nil
	t.reader, t.readOnly = t.txn.View(), true
	t.tallies, next.lent = t.tallies.clone(), true
	t.last, t.sets, t.scratch, t.now, t.was = nil, nil, nil, nil, nil
	return &next
}

// View returns a read-only view of the transaction as it is now, while t goes on. It costs what Freeze does.
func (t *Tx) View() *Tx {
	view := *t
	view.key, view.keys, view.arena, view.got = view.short[:0], nil, nil, document.Record{}
	view.reader, view.readOnly = t.txn.View(), true
	view.tallies, t.lent = t.tallies.clone(), true
	view.last, view.sets, view.scratch, view.now, view.was = nil, nil, nil, nil, nil
	return &view
}

// ForgetSavepoints tells that no savepoint made so far is returned to any more, so that a transaction of
// many statements need not remember each.
func (t *Tx) ForgetSavepoints() { t.tallies.forget() }

// Commit ends the transaction. nil means durable as far as the store's sync level promises;
// storage.ErrConflict that nothing was done and that it may be run again.
func (t *Tx) Commit(ctx context.Context) error {
	changed := len(t.changes) > 0
	for i := range t.tallies.list {
		c := &t.tallies.list[i]
		if c.value == 0 {
			continue
		}
		changed = true
		t.key = c.id.appendKey(t.key[:0])
		if err := t.txn.Add(t.key, c.value); err != nil {
			t.Rollback()
			return err
		}
	}
	if changed {
		t.txn.OnCommit(t.committed)
	}
	err := t.txn.Commit(ctx)
	t.giveBack()
	if err != nil {
		return err
	}
	for _, d := range t.drops {
		// The commit is done whatever becomes of this, and no error can lose anything: the keys are out of reach by now, no id is
		// used twice, and a range that is not on its way out by the next Open is found there (sweep). What can fail here is a
		// store that failed or was closed, which whoever uses it next is told.
		_ = t.db.store.DropRange(context.WithoutCancel(ctx), d.lo, d.hi)
	}
	return nil
}

// committed brings memory up to the commit. It runs in the order of commits,
// before anybody can begin at this version.
func (t *Tx) committed(version uint64) {
	for i := range t.tallies.list {
		c := &t.tallies.list[i]
		switch c.id.kind {
		case countEntries:
			c.index.entries.Add(c.value)
		case countArrays:
			c.index.arrays.Add(c.value)
		}
	}
	for _, ch := range t.changes {
		if ch.entry != nil && t.writers[ch.entry.ID] == nil {
			ch.entry.space.live.apply(version, ch.entry.space, nil) // a new one is empty
		}
	}
	for _, w := range t.writers {
		w.space.live.apply(version, w.space, t.tallies.list)
	}
	if len(t.changes) > 0 {
		t.db.catalogs.publish(t.db.catalogs.newest().with(version, t.changes))
	}
}

// Rollback ends the transaction without doing anything. Idempotent, and a no-op after Commit.
func (t *Tx) Rollback() {
	t.txn.Rollback()
	t.giveBack()
}

// setCatalog makes a change of a definition the transaction's own.
func (t *Tx) setCatalog(ch change) {
	t.changes = append(t.changes, ch)
	base := t.catalog
	t.catalog = base.with(base.version, []change{ch})
	t.catalog.private = true
	t.seen, t.last = nil, nil
}

// drop has ranges dropped after the commit.
func (t *Tx) drop(tag byte, ids ...uint64) {
	for _, id := range ids {
		lo, hi := keyRange(tag, id)
		t.drops = append(t.drops, dropRange{lo, hi})
	}
}
