package pebble

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/fluxdb/fluxdb/storage"
)

// tablesFolder, in the store's folder, holds the files of what is not committed yet: tables to
// ingest and runs of large transactions. It is made when the first is needed, and nothing of it outlives the
// process: Close removes it, or else the next Open.
//
// Its files are written beside the fence: that one can't be written fails the transaction, and
// nothing else. Their numbers begin anywhere: a Load, which Close does not wait for, may remove its own when another
// store has the folder.
const tablesFolder = "runs"

// Sizes of the tables of one ingest, in bytes before compression.
const (
	tableSize    = 64 << 20  // a table ends when it is as large
	tableAtSpace = 256 << 10 // or, from here up, where another key space begins: it then overlaps less
)

// clearTables removes the folder.
func (s *Store) clearTables() error {
	if s.opts.ReadOnly {
		return nil
	}
	s.hasTables.Store(false)
	return s.files.RemoveAll(s.tables)
}

// createTable makes a new table. When its writer is closed it is durable, if that is asked for.
func (s *Store) createTable(durable bool) (name string, w *sstable.Writer, err error) {
	if s.closed.Load() {
		return "", nil, storage.ErrClosed
	}
	if !s.hasTables.Load() {
		if err := s.files.MkdirAll(s.tables, 0o755); err != nil {
			return "", nil, err
		}
		s.hasTables.Store(true)
	}
	name = s.files.PathJoin(s.tables, fmt.Sprintf("%016x.sst", s.tableSeq.Add(1)))
	file, err := s.files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return "", nil, err
	}
	if !durable {
		file = unsynced{file}
	}
	return name, sstable.NewWriter(objstorageprovider.NewFileWritable(file), s.tableOptions), nil
}

// unsynced is a file that need not outlive the process.
type unsynced struct{ vfs.File }

// Sync does nothing.
func (unsynced) Sync() error { return nil }

// removeTables removes files that were not ingested. One that can't be removed is left to the next open.
func (s *Store) removeTables(names []string) {
	for _, name := range names {
		_ = s.files.Remove(name)
	}
}

// tableWriter writes what is given in the order of keys into tables that do not overlap, so that
// one ingest takes them all. Range deletes are cut where a table ends. They do not hide what is written
// with them, and so must not cover a write that came before them.
type tableWriter struct {
	store *Store
	gone  []span // range deletes that are not written yet, in order and apart
	names []string
	w     *sstable.Writer
	last  string // the last key
	texts []byte // of last
	size  int
	total int64
}

// set writes a value.
func (t *tableWriter) set(key, value []byte) error {
	if err := t.next(key, len(value)); err != nil {
		return err
	}
	return t.w.Set(key, value)
}

// delete writes that a key is gone.
func (t *tableWriter) delete(key []byte) error {
	if err := t.next(key, 0); err != nil {
		return err
	}
	return t.w.Delete(key)
}

// next begins a table where one is needed.
func (t *tableWriter) next(key []byte, value int) error {
	if t.w != nil && (t.size >= tableSize || t.size >= tableAtSpace && prefixOf(t.last) != prefixOf(textOf(key))) {
		if err := t.end(string(key)); err != nil {
			return err
		}
	}
	if err := t.begin(); err != nil {
		return err
	}
	t.texts = append(t.texts[:0], key...)
	t.last = textOf(t.texts)
	t.size += len(key) + value
	t.total += int64(len(key) + value)
	return nil
}

func (t *tableWriter) begin() error {
	if t.w != nil {
		return nil
	}
	name, w, err := t.store.createTable(true)
	if err != nil {
		return err
	}
	t.names, t.w, t.size = append(t.names, name), w, 0
	return nil
}

// end writes the range deletes below key and closes the table; an empty key is above all.
func (t *tableWriter) end(key string) error {
	for len(t.gone) > 0 && (key == "" || t.gone[0].lo < key) {
		sp := t.gone[0]
		if cut := key != "" && sp.hi > key; cut {
			sp.hi = key
			t.gone[0].lo = key
		} else {
			t.gone = t.gone[1:]
		}
		if err := t.w.DeleteRange(bytesOf(sp.lo), bytesOf(sp.hi)); err != nil {
			return err
		}
	}
	w := t.w
	t.w = nil
	return w.Close()
}

// finish closes the last table and returns the names of all.
func (t *tableWriter) finish() ([]string, error) {
	if len(t.gone) > 0 {
		if err := t.begin(); err != nil {
			return nil, err
		}
	}
	if t.w != nil {
		if err := t.end(""); err != nil {
			return nil, err
		}
	}
	return t.names, nil
}

// abort removes what was written. It does nothing after finish succeeded.
func (t *tableWriter) abort() {
	if t.w != nil {
		_ = t.w.Close() // it is no longer wanted, whole or not
		t.w = nil
	}
	t.store.removeTables(t.names)
	t.names = nil
}

// ingest makes tables part of the database, all or none, and durable when it returns.
//
// What the library ingests it records in its manifest, at once, or in a log of its own, when the memtable
// holds keys in the range of a table. In both cases the log that commits go to need not be on the disk by
// then, so a crash could keep the ingest and lose a commit before it. Therefore the log is
// synced first, whatever the sync level. A caller that stands for a commit holds s.mu from here on, so that
// none comes in between; Load need only follow what returned before it began. Later commits
// go to the log after the ingest is durable, and never survive without it.
//
// An error leaves open whether the tables are in, so the store refuses everything, as after a failed sync.
func (s *Store) ingest(tables []string) error {
	if len(tables) == 0 {
		return nil
	}
	if err := s.syncLog(); err != nil {
		return err
	}
	returned := false
	err := guarded(func() error {
		err := s.db.Ingest(context.Background(), tables)
		returned = true
		return err
	})
	if !returned {
		s.stuck.Store(true)
	}
	if err != nil {
		return s.fail(fmt.Errorf("ingest: %w", wrap(err)))
	}
	s.ingests.Add(1)
	return s.usable()
}

// syncLog returns when every commit so far is on the disk. An error is one of the store, which then refuses everything.
func (s *Store) syncLog() error {
	if s.opts.InMemory {
		return nil
	}
	batch := s.db.NewBatch()
	if err := batch.LogData(nil, nil); err != nil {
		return s.fail(wrap(err))
	}
	if err := s.apply(batch, pebble.Sync); err != nil {
		return err
	}
	err := batch.SyncWait()
	if err == nil {
		err = batch.Close()
	}
	if err != nil {
		return s.fail(wrap(err))
	}
	if s.lazy != nil {
		s.lazy.syncDirty()
	}
	return s.usable()
}

// tableError names what went wrong with a file of ours in the folder of tables.
func tableError(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, wrap(err))
}
