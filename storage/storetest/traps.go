package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fluxdb/fluxdb/storage"
)

// seekAndComeBack reads to the end of a range without an upper bound, by Next
// and by Seek, and comes back: the end stays read.
func seekAndComeBack(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "m", "2")
	for _, bounded := range []bool{false, true} {
		for _, reverse := range []bool{false, true} {
			txn := begin(t, s)
			opts := storage.ScanOptions{Lower: k("a"), Reverse: reverse}
			if bounded {
				opts.Upper = k("zz")
			}
			it := txn.Scan(ctx, opts)
			far, near, written := "z", "b", "y"
			if reverse {
				far, near, written = "a0", "n", "a1"
			}
			it.Seek(k(far))
			it.Seek(k(near))
			it.Close()
			set(t, txn, "0", "x")
			put(t, s, written, "new")
			conflict(t, fmt.Sprintf("a write where an iterator sought, bounded %v reverse %v", bounded, reverse), txn)
			undo := begin(t, s)
			if err := undo.Delete(k(written)); err != nil {
				t.Fatal(err)
			}
			commit(t, undo)
		}
	}
}

// iteratorsElsewhere has other goroutines read while the owner commits: what they
// read before counts, afterwards they get ErrClosed.
func iteratorsElsewhere(t *testing.T, s storage.Store) {
	filler := begin(t, s)
	for i := range 2000 {
		set(t, filler, fmt.Sprintf("%06d", i), "x")
	}
	commit(t, filler)
	for range 10 {
		txn := begin(t, s)
		var wg sync.WaitGroup
		begun := make(chan struct{}, 4)
		for part := range 4 {
			lo, hi := fmt.Sprintf("%06d", part*500), fmt.Sprintf("%06d", part*500+500)
			it := txn.Scan(ctx, storage.ScanOptions{Lower: k(lo), Upper: k(hi)})
			wg.Go(func() {
				defer it.Close()
				it.Next()
				begun <- struct{}{}
				for it.Next() {
					if len(it.Key()) == 0 || len(it.Value()) != 1 {
						t.Error("an entry without key or value")
					}
				}
				if err := it.Err(); err != nil && !errors.Is(err, storage.ErrClosed) {
					t.Error(err)
				}
			})
		}
		for range 4 {
			<-begun
		}
		set(t, txn, "other", "x")
		put(t, s, "000000", "changed")
		conflict(t, "a write to what other goroutines read", txn)
		wg.Wait()
	}
}

// seekBack seeks to an entry and then to one before it: all up to the farther one is read.
func seekBack(t *testing.T, s storage.Store) {
	put(t, s, "c", "3", "e", "5", "m", "13")
	for _, reverse := range []bool{false, true} {
		txn := begin(t, s)
		it := txn.Scan(ctx, storage.ScanOptions{Lower: k("a"), Upper: k("z"), Reverse: reverse})
		far, near, written := "m", "c", "f"
		if reverse {
			far, near, written = "c", "m", "d"
		}
		it.Seek(k(far))
		it.Seek(k(near))
		it.Close()
		set(t, txn, "0", "x")
		put(t, s, written, "new")
		conflict(t, fmt.Sprintf("a write between two seeks, reverse %v", reverse), txn)
	}
}

// viewsSurviveRollback opens an iterator after a savepoint, rolls back and writes:
// the iterator still shows what was written before it was opened.
func viewsSurviveRollback(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "d", "4")
	txn := begin(t, s)
	sp := txn.Savepoint()
	set(t, txn, "b", "2")
	if err := txn.DeleteRange(k("d"), k("e")); err != nil {
		t.Fatal(err)
	}
	set(t, txn, "c", "3")
	it := txn.Scan(ctx, storage.ScanOptions{})
	defer it.Close()
	it.Next()
	if err := txn.RollbackTo(sp); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		set(t, txn, fmt.Sprint("x", i), "later")
	}
	want(t, "the iterator", drain(t, it), "b=2 c=3")
	want(t, "after rolling back", dump(t, txn, "a", "w", false), "a=1 d=4")
}

func boundsAreCopied(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "c", "3")
	txn := begin(t, s)
	lo, hi := k("a"), k("m")
	set(t, txn, "b", "2")
	it := txn.Scan(ctx, storage.ScanOptions{Lower: lo, Upper: hi})
	copy(lo, k("x"))
	copy(hi, k("y"))
	want(t, "scan", drain(t, it), "a=1 b=2 c=3")
	it.Close()
	put(t, s, "d", "4")
	conflict(t, "a write in the range read", txn)
}

func emptyRanges(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	txn := begin(t, s)
	set(t, txn, "b", "2")
	for _, reverse := range []bool{false, true} {
		want(t, "the wrong way round", dump(t, txn, "z", "a", reverse), "")
		want(t, "nothing wide", dump(t, txn, "a", "a", reverse), "")
		it := txn.Scan(ctx, storage.ScanOptions{Lower: k("z"), Upper: k("a"), Reverse: reverse})
		if it.Seek(k("a")) || it.Next() || it.Close() != nil {
			t.Errorf("an empty range has an entry, or the error %v", it.Err())
		}
	}
	if err := txn.Add([]byte("counter"), 1); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(txn.DeleteRange(k("z"), k("a")), txn.DeleteRange(k("a"), k("a"))); err != nil {
		t.Error(err)
	}
	for _, key := range [][]byte{nil, {}, {0}, {1, 'x'}, {storage.MinKeyByte - 1}, make([]byte, s.Info().MaxKeySize+1)} {
		if err := txn.Set(key, nil); err == nil {
			t.Errorf("Set takes a key of %d bytes that is none", len(key))
		}
	}
	commit(t, txn)
	it := begin(t, s).Scan(ctx, storage.ScanOptions{Lower: []byte{}, Upper: []byte{}})
	defer it.Close()
	want(t, "everything", drain(t, it), "a=1 b=2")
}

func locksWithoutWrites(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	txn := begin(t, s)
	if err := txn.Lock(ctx, k("a")); err != nil {
		t.Fatal(err)
	}
	put(t, s, "a", "2")
	conflict(t, "a locked key was changed", txn)
	txn = begin(t, s)
	get(t, txn, "a")
	put(t, s, "a", "3")
	commit(t, txn) // reading alone is as of the snapshot
}

func countersComeAndGo(t *testing.T, s storage.Store) {
	add := func(key string, n int64) {
		t.Helper()
		txn := begin(t, s)
		if err := txn.Add([]byte(key), n); err != nil {
			t.Fatal(err)
		}
		commit(t, txn)
	}
	list := func() (all string) {
		err := begin(t, s).ScanCounters(ctx, nil, nil, func(key []byte, n int64) error {
			all += fmt.Sprintf("%s=%d ", key, n)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	add("a", 3)
	add("b", 1)
	old := begin(t, s)
	add("a", -3)
	want(t, "one of them 0", list(), "b=1 ")
	if n := counter(t, old, "a"); n != 3 {
		t.Errorf("an older snapshot has %d", n)
	}
	add("a", 7)
	add("b", 0)
	want(t, "back again", list(), "a=7 b=1 ")
	stop := errors.New("stop")
	if err := begin(t, s).ScanCounters(ctx, []byte("a"), []byte("b"), func([]byte, int64) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of the function: %v", err)
	}
}

// keysThatChange gives keys in one buffer that is written over after each call: a store copies what it keeps.
func keysThatChange(t *testing.T, s storage.Store) {
	for round := range 3 {
		txn := begin(t, s)
		buf := make([]byte, 0, 16)
		key := func(name string) []byte {
			buf = append(buf[:0], name...)
			return buf
		}
		for range 2 { // the second time the keys are known
			for _, name := range []string{"n", "m", "o"} {
				if err := errors.Join(txn.Add(key(name), 1), txn.Set(key("key "+name), key("key "+name)), txn.Delete(key("gone "+name))); err != nil {
					t.Fatal(err)
				}
				if _, err := txn.Get(ctx, key("read "+name)); !errors.Is(err, storage.ErrNotFound) {
					t.Fatal(err)
				}
				if err := errors.Join(txn.Lock(ctx, key("lock "+name)), txn.DeleteRange(key("rang"), append(key("rang"), name...))); err != nil {
					t.Fatal(err)
				}
			}
		}
		copy(buf[:cap(buf)], "????????????????")
		commit(t, txn)
		txn = begin(t, s)
		for _, name := range []string{"n", "m", "o"} {
			if n := counter(t, txn, name); n != int64(2*round+2) {
				t.Errorf("round %d: counter %s is %d, want %d", round, name, n, 2*round+2)
			}
			if v, err := txn.Get(ctx, []byte("key "+name)); string(v) != "key "+name {
				t.Errorf("round %d: %q, %v", round, v, err)
			}
		}
		all := ""
		if err := txn.ScanCounters(ctx, nil, nil, func(key []byte, _ int64) error {
			all += string(key) + " "
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want(t, "all counters", all, "m n o ")
	}
}

// addsAndSavepoints rolls back Adds to one counter that lie before, between and
// after savepoints, also to an older one after a newer.
func addsAndSavepoints(t *testing.T, s storage.Store) {
	txn := begin(t, s)
	add := func(n int64) {
		t.Helper()
		if err := txn.Add([]byte("n"), n); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, want int64) {
		t.Helper()
		if n := counter(t, txn, "n"); n != want {
			t.Errorf("%s: %d, want %d", what, n, want)
		}
	}
	back := func(sp int) {
		t.Helper()
		if err := txn.RollbackTo(sp); err != nil {
			t.Fatal(err)
		}
	}
	none := txn.Savepoint()
	add(1)
	first := txn.Savepoint()
	add(10)
	add(10)
	it := txn.Scan(ctx, storage.ScanOptions{})
	defer it.Close()
	add(10)
	second := txn.Savepoint()
	add(100)
	set(t, txn, "a", "1")
	add(100)
	check("all", 231)
	back(second)
	check("second", 31)
	add(100)
	back(first)
	check("first", 1)
	add(5)
	back(first)
	add(6)
	check("first again", 7)
	back(none)
	check("none", 0)
	add(2)
	commit(t, txn)
	txn = begin(t, s)
	check("committed", 2)
}

func exclusiveAndClose(t *testing.T, s storage.Store) {
	ex, err := s.Begin(ctx, storage.TxnOptions{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := s.Begin(short, storage.TxnOptions{Exclusive: true}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second exclusive transaction: %v", err)
	}
	var wg sync.WaitGroup
	waiting := make(chan struct{}, 2)
	wg.Go(func() {
		waiting <- struct{}{}
		if _, err := s.Begin(ctx, storage.TxnOptions{Exclusive: true}); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("Begin that waits while the store closes: %v", err)
		}
	})
	blocked := begin(t, s)
	set(t, blocked, "a", "1")
	wg.Go(func() {
		waiting <- struct{}{}
		if err := blocked.Commit(ctx); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("Commit that waits while the store closes: %v", err)
		}
	})
	<-waiting
	<-waiting
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := ex.Commit(ctx); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Commit after Close: %v", err)
	}
}

// closeBesideClosing closes the store while goroutines close iterators, roll back
// and commit: nothing may be used that is gone.
func closeBesideClosing(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "b", "2")
	var wg sync.WaitGroup
	begun := make(chan struct{}, 8)
	for i := range 8 {
		wg.Go(func() {
			begun <- struct{}{}
			for {
				txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: i%2 == 0})
				if err != nil {
					return
				}
				it := txn.Scan(ctx, storage.ScanOptions{})
				it.Next()
				txn.Get(ctx, k("a"))
				txn.Get(ctx, k("b"))
				it.Close()
				if i%3 == 0 {
					txn.Commit(ctx)
				}
				txn.Rollback()
			}
		})
	}
	for range 8 {
		<-begun
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func commitEnds(t *testing.T, s storage.Store) {
	txn := begin(t, s)
	set(t, txn, "a", "1")
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := txn.Commit(short); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit with a cancelled context: %v", err)
	}
	if err := txn.Set(k("a"), nil); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Set after a failed Commit: %v", err)
	}
	if err := txn.Commit(ctx); !errors.Is(err, storage.ErrClosed) {
		t.Errorf("Commit again: %v", err)
	}
	want(t, "nothing was applied", dump(t, begin(t, s), "a", "z", false), "")
}

func ingestIsWhole(t *testing.T, s storage.Store) {
	txn := begin(t, s)
	set(t, txn, "a", "1")
	if err := txn.Ingest(&slice{pairs: []string{"b", "1", "c", "2"}}, &broken{}); !errors.Is(err, errBroken) {
		t.Errorf("Ingest of a broken run: %v", err)
	}
	want(t, "nothing of it", dump(t, txn, "a", "z", false), "a=1")
	commit(t, txn)
}

var errBroken = errors.New("broken source")

// broken is a Source that fails.
type broken struct{ slice }

func (*broken) Next() bool { return false }
func (*broken) Err() error { return errBroken }

func readOnlyCommits(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	txn.OnCommit(func(uint64) { t.Error("OnCommit of a transaction that commits nothing") })
	get(t, txn, "a")
	txn.Observe(k("a"), k("z"))
	put(t, s, "a", "2")
	commit(t, txn)
}

// manyRangeDeletes keeps gets, scans and the commit of a transaction with very many range
// deletes quick.
func manyRangeDeletes(t *testing.T, s storage.Store) {
	const n = 20_000
	put(t, s, "000000x", "kept", "000001", "gone")
	txn := begin(t, s)
	for i := range n {
		name := fmt.Sprintf("%06d", i)
		set(t, txn, name, "x")
		if err := txn.DeleteRange(k(name), k(name+"a")); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 0 {
			set(t, txn, name, "again")
		}
	}
	for i := range n {
		name, w := fmt.Sprintf("%06d", i), "-"
		if i%1000 == 0 {
			w = "again"
		}
		if got := get(t, txn, name); got != w {
			t.Fatalf("%s: %s, want %s", name, got, w)
		}
	}
	scan := func(txn storage.Txn) (count int) {
		it := txn.Scan(ctx, storage.ScanOptions{})
		defer it.Close()
		for it.Next() {
			count++
		}
		return count
	}
	if got := scan(txn); got != n/1000+1 {
		t.Errorf("%d entries before, want %d", got, n/1000+1)
	}
	commit(t, txn)
	if got := scan(begin(t, s)); got != n/1000+1 {
		t.Errorf("%d entries after, want %d", got, n/1000+1)
	}
}
