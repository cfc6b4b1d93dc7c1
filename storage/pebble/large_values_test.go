package pebble

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// TestFilesOfLargeValuesAreNotRewritten writes large values and deletes most of them, which leaves files that are mostly garbage. The library's own
// rewrite of such a file panics when it ends with an error, in a goroutine of its own: it must never begin.
func TestFilesOfLargeValuesAreNotRewritten(t *testing.T) {
	s := mustOpen(t, "", Options{InMemory: true, Memory: 256 << 20})
	value := bytes.Repeat([]byte("large "), 3000)
	const n = 400
	write := func(fn func(txn storage.Txn, key []byte, i int) error) {
		t.Helper()
		txn, err := s.Begin(ctx, storage.TxnOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := fn(txn, fmt.Appendf(nil, "\x20spaceAA.%05d", i), i); err != nil {
				t.Fatal(err)
			}
		}
		if err := txn.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	write(func(txn storage.Txn, key []byte, i int) error { return txn.Set(key, append(value, byte(i))) })
	if s.db.Metrics().BlobFiles.LiveCount == 0 {
		t.Fatal("large values lie beside their keys")
	}
	for _, kept := range []int{2, 4, 8} {
		write(func(txn storage.Txn, key []byte, i int) error {
			if i%kept == 0 {
				return nil
			}
			return txn.Delete(key)
		})
		if err := s.db.Compact(ctx, []byte{0}, []byte{0xff}, false); err != nil {
			t.Fatal(err)
		}
	}
	if m := s.db.Metrics(); m.Compact.BlobFileRewriteCount > 0 {
		t.Errorf("%d files were rewritten", m.Compact.BlobFileRewriteCount)
	}
	// Once nothing refers to a file, it goes.
	write(func(txn storage.Txn, key []byte, _ int) error { return txn.Delete(key) })
	if err := s.db.Compact(ctx, []byte{0}, []byte{0xff}, false); err != nil {
		t.Fatal(err)
	}
	if m := s.db.Metrics(); m.BlobFiles.LiveCount != 0 {
		t.Errorf("%d files of large values are left of none", m.BlobFiles.LiveCount)
	}
}
