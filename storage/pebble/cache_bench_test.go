package pebble

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// 100,000 records of 350 bytes in a cache of their size or an eighth of it.
func BenchmarkCache(b *testing.B) {
	value := make([]byte, 350)
	keys := make([][]byte, benchRows)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "\x20space01%06d", i)
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	b.Run("hit", func(b *testing.B) {
		c := newCache(64<<20, []byte{0x20})
		defer c.release()
		for _, key := range keys {
			c.fill(key, value, 0)
		}
		b.ReportAllocs()
		buf := make([]byte, 0, 512)
		i := 0
		for b.Loop() {
			c.get(buf, keys[i%benchRows], 0)
			i++
		}
	})
	b.Run("miss", func(b *testing.B) {
		c := newCache(64<<20, []byte{0x20})
		defer c.release()
		i := 0
		for b.Loop() {
			c.get(nil, keys[i%benchRows], 0)
			i++
		}
	})
	b.Run("fill", func(b *testing.B) {
		c := newCache(8<<20, []byte{0x20})
		defer c.release()
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			c.fill(keys[i%benchRows], value, 0)
			i++
		}
	})
}

// A read-only transaction that reads one row, which is cached.
func BenchmarkCachedPointRead(b *testing.B) {
	s, keys := filled(b, 0x10)
	read := func(i int) {
		txn, err := s.Begin(ctx, storage.TxnOptions{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := txn.Get(ctx, keys[i%benchRows]); err != nil {
			b.Fatal(err)
		}
		txn.Rollback()
	}
	for i := range keys {
		read(i)
	}
	b.Run("1", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			read(i)
			i++
		}
	})
	b.Run("8", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(benchRows); pb.Next(); i++ {
				read(i)
			}
		})
	})
	b.Run("multi-get", func(b *testing.B) {
		txn := reader(b, s)
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i = (i + 100) % (benchRows - 100)
			if err := txn.MultiGet(ctx, keys[i:i+100], func(int, []byte, bool) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/row")
	})
}
