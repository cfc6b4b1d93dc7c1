package pebble

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

const benchRows = 100_000

// filled is a store on disk of rows of 350 bytes that compress about by half, flushed.
func filled(b *testing.B, cached ...byte) (s *Store, keys [][]byte) {
	b.Helper()
	s = mustOpen(b, filepath.Join(b.TempDir(), "db"), Options{Sync: SyncOff, Memory: 512 << 20, Cached: cached})
	txn, err := s.Begin(ctx, storage.TxnOptions{})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	value := make([]byte, 350)
	for i := range benchRows {
		key := fmt.Appendf(nil, "\x10space01%06d", i)
		keys = append(keys, key)
		for j := range 175 {
			value[j] = byte(rng.Uint32())
		}
		if err := txn.Set(key, value); err != nil {
			b.Fatal(err)
		}
	}
	if err := txn.Commit(ctx); err != nil {
		b.Fatal(err)
	}
	if err := s.db.Flush(); err != nil {
		b.Fatal(err)
	}
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return s, keys
}

// A read-only transaction that reads one row.
func BenchmarkPointRead(b *testing.B) {
	s, keys := filled(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := txn.Get(ctx, keys[i%benchRows]); err != nil {
			b.Fatal(err)
		}
		txn.Rollback()
		i++
	}
}

func BenchmarkPointReadParallel(b *testing.B) {
	s, keys := filled(b)
	b.ReportAllocs()
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(benchRows); pb.Next(); i++ {
			txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := txn.Get(ctx, keys[i%benchRows]); err != nil {
				b.Fatal(err)
			}
			txn.Rollback()
		}
	})
}

// 100 rows by key, as an index scan fetches them.
func BenchmarkMultiGet(b *testing.B) {
	s, keys := filled(b)
	txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	defer txn.Rollback()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 100) % (benchRows - 100)
		if err := txn.MultiGet(ctx, keys[i:i+100], func(int, []byte, bool) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/row")
}

func BenchmarkScan(b *testing.B) {
	s, _ := filled(b)
	for _, mode := range []struct {
		name     string
		readOnly bool
		own      int
	}{{"read-only", true, 0}, {"writing", false, 0}, {"1000 own writes", false, 1000}} {
		b.Run(mode.name, func(b *testing.B) {
			txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: mode.readOnly})
			if err != nil {
				b.Fatal(err)
			}
			defer txn.Rollback()
			for i := range mode.own {
				if err := txn.Set(fmt.Appendf(nil, "\x10space01%06d", i*97), nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				it := txn.Scan(ctx, storage.ScanOptions{})
				n := 0
				for it.Next() {
					n += len(it.Value())
				}
				it.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
	b.Run("the library alone", func(b *testing.B) {
		for b.Loop() {
			it, err := s.db.NewIter(nil)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for ok := it.First(); ok; ok = it.Next() {
				n += len(it.Value())
			}
			it.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
	})
}

// One row a commit, from 1 and 16 goroutines.
func BenchmarkCommit(b *testing.B) {
	for _, level := range []SyncLevel{SyncOff, SyncNormal, SyncFull} {
		for _, goroutines := range []int{1, 16} {
			b.Run(fmt.Sprintf("sync %d, %d goroutines", level, goroutines), func(b *testing.B) {
				s := mustOpen(b, filepath.Join(b.TempDir(), "db"), Options{Sync: level})
				value := make([]byte, 350)
				var next atomic.Uint64
				b.ReportAllocs()
				b.SetParallelism(max(1, goroutines/2))
				commit := func() {
					txn, err := s.Begin(ctx, storage.TxnOptions{})
					if err != nil {
						b.Fatal(err)
					}
					if err := txn.Set(binary.BigEndian.AppendUint64([]byte("\x10space01"), rand.Uint64()), value); err != nil {
						b.Fatal(err)
					}
					if err := txn.Add([]byte("count"), 1); err != nil {
						b.Fatal(err)
					}
					if err := txn.Commit(ctx); err != nil {
						b.Fatal(err)
					}
					next.Add(1)
				}
				b.ResetTimer()
				if goroutines == 1 {
					for range b.N {
						commit()
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							commit()
						}
					})
				}
				b.ReportMetric(float64(next.Load())/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

// 100,000 rows with an index key each in one transaction, with the commit.
func BenchmarkBulk(b *testing.B) {
	for _, order := range []string{"ascending", "random"} {
		b.Run(order, func(b *testing.B) {
			s := mustOpen(b, filepath.Join(b.TempDir(), "db"), Options{Sync: SyncNormal})
			value := make([]byte, 350)
			ids := rand.Perm(benchRows)
			b.ReportAllocs()
			round := uint32(0)
			for b.Loop() {
				round++
				txn, err := s.Begin(ctx, storage.TxnOptions{})
				if err != nil {
					b.Fatal(err)
				}
				for i := range benchRows {
					id := uint32(i)
					if order == "random" {
						id = uint32(ids[i])
					}
					key := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("\x10space01"), round), id)
					entry := append(binary.BigEndian.AppendUint32([]byte("\x10index01"), rand.Uint32()), key...)
					if err := txn.Set(key, value); err != nil {
						b.Fatal(err)
					}
					if err := txn.Set(entry, []byte("x")); err != nil {
						b.Fatal(err)
					}
				}
				if err := txn.Commit(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}
