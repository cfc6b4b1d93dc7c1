// Package storetest proves that a store keeps the contract of package storage.
package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// Run runs every test against stores that open returns, each empty. open
// arranges for the store to be closed when its test ends.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, s storage.Store)
	}{
		{"read your writes", readYourWrites},
		{"set after delete range", setAfterDeleteRange},
		{"snapshots are stable", stableSnapshots},
		{"iterators are stable", stableIterators},
		{"views are stable", stableViews},
		{"views count as reading", viewsCount},
		{"write-write conflict", writeConflict},
		{"write skew", writeSkew},
		{"phantom", phantom},
		{"limited scan reads no further", limitedScan},
		{"a scan for a hint is not noted", hintScan},
		{"observe and lock", observeAndLock},
		{"delete range conflicts", deleteRangeConflict},
		{"read-only", readOnly},
		{"counters", counters},
		{"savepoints", savepoints},
		{"seek and reverse", seekAndReverse},
		{"many keys", manyKeys},
		{"on commit", onCommit},
		{"exclusive", exclusive},
		{"load and ingest", loadAndIngest},
		{"drop range", dropRange},
		{"larger than memory", largerThanMemory},
		{"cancelled", cancelled},
		{"after the end", afterTheEnd},
		{"close while in use", closeWhileInUse},
		{"random operations agree with a model", model},
		{"concurrent increments", increments},
		{"histories are serial", serialHistories},
		{"seek and come back", seekAndComeBack},
		{"seek back", seekBack},
		{"views survive rollback", viewsSurviveRollback},
		{"iterators on other goroutines", iteratorsElsewhere},
		{"bounds are copied", boundsAreCopied},
		{"empty ranges and foreign keys", emptyRanges},
		{"locks are checked without writes", locksWithoutWrites},
		{"counters come and go", countersComeAndGo},
		{"keys that change after the call", keysThatChange},
		{"adds and savepoints", addsAndSavepoints},
		{"exclusive and close", exclusiveAndClose},
		{"close beside closing iterators", closeBesideClosing},
		{"commit ends the transaction", commitEnds},
		{"ingest is whole", ingestIsWhole},
		{"read-only commits", readOnlyCommits},
		{"many range deletes", manyRangeDeletes},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

var ctx = context.Background()

// k returns a key in the first key space.
func k(s string) []byte { return []byte("\x10space01." + s) }

func begin(t testing.TB, s storage.Store) storage.Txn {
	t.Helper()
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(txn.Rollback)
	return txn
}

func set(t testing.TB, txn storage.Txn, key, value string) {
	t.Helper()
	if err := txn.Set(k(key), []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func commit(t testing.TB, txn storage.Txn) {
	t.Helper()
	if err := txn.Commit(ctx); err != nil {
		t.Fatal(err)
	}
}

// put commits pairs of key and value.
func put(t testing.TB, s storage.Store, pairs ...string) {
	t.Helper()
	txn := begin(t, s)
	for i := 0; i < len(pairs); i += 2 {
		set(t, txn, pairs[i], pairs[i+1])
	}
	commit(t, txn)
}

// get returns the value, or "-" when there is none.
func get(t testing.TB, txn storage.Reader, key string) string {
	t.Helper()
	v, err := txn.Get(ctx, k(key))
	if errors.Is(err, storage.ErrNotFound) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(v)
}

// dump scans [lo, hi) into "a=1 b=2".
func dump(t testing.TB, txn storage.Reader, lo, hi string, reverse bool) string {
	t.Helper()
	it := txn.Scan(ctx, storage.ScanOptions{Lower: k(lo), Upper: k(hi), Reverse: reverse})
	defer it.Close()
	return drain(t, it)
}

func drain(t testing.TB, it storage.Iter) (out string) {
	t.Helper()
	for it.Next() {
		if out != "" {
			out += " "
		}
		out += string(it.Key()[len(k("")):]) + "=" + string(it.Value())
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func want(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
