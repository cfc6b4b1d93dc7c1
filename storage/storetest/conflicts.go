package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// conflict commits and expects ErrConflict.
func conflict(t testing.TB, what string, txn storage.Txn) {
	t.Helper()
	if err := txn.Commit(ctx); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("%s: commit returned %v, want a conflict", what, err)
	}
}

func writeConflict(t *testing.T, s storage.Store) {
	a, b := begin(t, s), begin(t, s)
	set(t, a, "x", "a")
	set(t, b, "x", "b")
	commit(t, a)
	conflict(t, "blind writes of one key", b)
	want(t, "the first won", get(t, begin(t, s), "x"), "a")
	a, b = begin(t, s), begin(t, s)
	set(t, a, "x", "a")
	set(t, b, "y", "b")
	commit(t, a)
	commit(t, b)
}

func writeSkew(t *testing.T, s storage.Store) {
	put(t, s, "x", "1", "y", "1")
	a, b := begin(t, s), begin(t, s)
	get(t, a, "x")
	get(t, a, "y")
	get(t, b, "x")
	get(t, b, "y")
	if s.Info().Isolation == storage.Snapshot {
		if err := errors.Join(a.Lock(ctx, k("y")), b.Lock(ctx, k("x"))); err != nil {
			t.Fatal(err)
		}
	}
	set(t, a, "x", "0")
	set(t, b, "y", "0")
	commit(t, a)
	conflict(t, "write skew", b)
}

func phantom(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "c", "3")
	a := begin(t, s)
	if got := dump(t, a, "a", "m", false); got != "a=1 c=3" {
		t.Fatal(got)
	}
	set(t, a, "z", "sum")
	put(t, s, "b", "2")
	if s.Info().Isolation == storage.Serializable {
		conflict(t, "an insert into a range that was read", a)
	}
	a = begin(t, s)
	dump(t, a, "a", "m", true)
	set(t, a, "z", "sum")
	put(t, s, "n", "outside")
	commit(t, a)
}

func limitedScan(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "c", "3", "e", "5", "g", "7")
	for _, reverse := range []bool{false, true} {
		near, far := "b", "f"
		if reverse {
			near, far = "f", "b"
		}
		open := func() (storage.Txn, storage.Iter) {
			txn := begin(t, s)
			it := txn.Scan(ctx, storage.ScanOptions{Lower: k("a"), Upper: k("z"), Reverse: reverse})
			it.Next()
			it.Next() // a and c, or g and e
			set(t, txn, "zz", "x")
			return txn, it
		}
		txn, it := open()
		it.Close()
		put(t, s, far, "new")
		commit(t, txn)
		txn, _ = open() // the iterator is still open at commit
		put(t, s, near, "new")
		conflict(t, "a write before where the scan stopped", txn)
		clean := begin(t, s)
		if err := errors.Join(clean.Delete(k("b")), clean.Delete(k("f"))); err != nil {
			t.Fatal(err)
		}
		commit(t, clean)
	}
}

func hintScan(t *testing.T, s storage.Store) {
	put(t, s, "a", "1", "c", "3")
	a := begin(t, s)
	set(t, a, "b", "own")
	it := a.Scan(ctx, storage.ScanOptions{Lower: k("a"), Upper: k("z"), Reverse: true, Hint: true})
	if got := drain(t, it); got != "c=3 b=own a=1" {
		t.Errorf("a scan for a hint sees %s", got)
	}
	it.Close()
	put(t, s, "d", "4", "a", "2")
	commit(t, a)
}

func observeAndLock(t *testing.T, s storage.Store) {
	a := begin(t, s)
	a.Observe(k("c"), k("f"))
	set(t, a, "x", "1")
	put(t, s, "d", "4")
	conflict(t, "a write in an observed range", a)
	a = begin(t, s)
	if err := a.Lock(ctx, k("d")); err != nil {
		t.Fatal(err)
	}
	set(t, a, "x", "1")
	put(t, s, "d", "5")
	conflict(t, "a write of a locked key", a)
}

func deleteRangeConflict(t *testing.T, s storage.Store) {
	put(t, s, "b", "2")
	reader := begin(t, s)
	get(t, reader, "b")
	set(t, reader, "x", "1")
	writer := begin(t, s)
	set(t, writer, "b", "3")
	scanner := begin(t, s)
	dump(t, scanner, "0", "b0", false)
	set(t, scanner, "y", "1")
	deleter := begin(t, s)
	if err := deleter.DeleteRange(k("a"), k("c")); err != nil {
		t.Fatal(err)
	}
	late := begin(t, s)
	if err := late.DeleteRange(k("a"), k("z")); err != nil {
		t.Fatal(err)
	}
	commit(t, deleter)
	conflict(t, "read of a key in a deleted range", reader)
	conflict(t, "write of a key in a deleted range", writer)
	conflict(t, "scan of a deleted range", scanner)
	conflict(t, "overlapping range deletes", late)
}

func readOnly(t *testing.T, s storage.Store) {
	put(t, s, "a", "1")
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "get", get(t, txn, "a"), "1")
	for name, err := range map[string]error{
		"Set": txn.Set(k("a"), nil), "Delete": txn.Delete(k("a")),
		"DeleteRange": txn.DeleteRange(k("a"), k("b")), "Add": txn.Add([]byte("c"), 1),
	} {
		if !errors.Is(err, storage.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
	}
	put(t, s, "a", "2")
	want(t, "after another commit", get(t, txn, "a"), "1")
	commit(t, txn)
}

func onCommit(t *testing.T, s storage.Store) {
	var mu sync.Mutex
	var versions []uint64
	note := func(v uint64) {
		mu.Lock()
		defer mu.Unlock()
		versions = append(versions, v)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		txn := begin(t, s)
		set(t, txn, fmt.Sprint(i), "x")
		txn.OnCommit(note)
		wg.Go(func() { txn.Commit(ctx) })
	}
	wg.Wait()
	lost := begin(t, s)
	set(t, lost, "0", "y")
	lost.OnCommit(func(uint64) { t.Error("called for a transaction that lost") })
	put(t, s, "0", "z")
	conflict(t, "lost", lost)
	if len(versions) != 20 {
		t.Fatalf("%d calls, want 20", len(versions))
	}
	for i := 1; i < len(versions); i++ {
		if versions[i] <= versions[i-1] {
			t.Errorf("versions out of order: %v", versions)
		}
	}
	if v := begin(t, s).Version(); v < versions[19] {
		t.Errorf("version %d is not published, %d is", versions[19], v)
	}
}

func exclusive(t *testing.T, s storage.Store) {
	other := begin(t, s)
	set(t, other, "x", "other")
	ex, err := s.Begin(ctx, storage.TxnOptions{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	blocked := begin(t, s)
	set(t, blocked, "b", "x")
	if err := blocked.Commit(short); !errors.Is(err, context.Canceled) {
		t.Errorf("a commit beside an exclusive transaction: %v", err)
	}
	want(t, "readers go on", get(t, begin(t, s), "x"), "-")
	done := make(chan error)
	go func() { done <- other.Commit(ctx) }()
	get(t, ex, "x")
	set(t, ex, "x", "exclusive")
	commit(t, ex)
	if err := <-done; !errors.Is(err, storage.ErrConflict) {
		t.Errorf("the waiting commit: %v, want a conflict", err)
	}
	ex, err = s.Begin(ctx, storage.TxnOptions{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	ex.Rollback()
	put(t, s, "after", "1")
}

// increments has goroutines add one to shared keys with read, write and retry:
// no increment may be lost.
func increments(t *testing.T, s storage.Store) {
	const workers, each = 8, 50
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				key := fmt.Sprint((w + i) % 3)
				for {
					txn, err := s.Begin(ctx, storage.TxnOptions{})
					if err != nil {
						t.Error(err)
						return
					}
					n := 0
					if v := get(t, txn, key); v != "-" {
						fmt.Sscan(v, &n)
					}
					set(t, txn, key, fmt.Sprint(n+1))
					if err = txn.Commit(ctx); err == nil {
						break
					}
					if !errors.Is(err, storage.ErrConflict) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for i := range 3 {
		n := 0
		fmt.Sscan(get(t, begin(t, s), fmt.Sprint(i)), &n)
		total += n
	}
	if total != workers*each {
		t.Errorf("%d increments, want %d", total, workers*each)
	}
}
