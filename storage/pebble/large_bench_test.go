package pebble

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/fluxdb/fluxdb/storage"
)

// One transaction after the other of 100,000 rows in the order of their keys, each with two keys in no order: as a
// batch, as tables, and through runs.
func BenchmarkLargeCommit(b *testing.B) {
	const rows = 100_000
	for _, way := range []string{"batch", "tables", "runs"} {
		b.Run(way, func(b *testing.B) {
			s := mustOpen(b, filepath.Join(b.TempDir(), "db"), Options{Memory: 1 << 30})
			switch way {
			case "batch":
				s.ingestFrom = 1 << 40
			case "runs":
				s.buffers.limit = 16 << 20
			}
			rng := rand.New(rand.NewPCG(1, 1))
			value := make([]byte, 350)
			n := 0
			for b.Loop() {
				txn, err := s.Begin(ctx, storage.TxnOptions{})
				if err != nil {
					b.Fatal(err)
				}
				for range rows {
					n++
					for j := 0; j < 175; j += 8 {
						binary.LittleEndian.PutUint64(value[j:], rng.Uint64())
					}
					if err := txn.Set(fmt.Appendf(nil, "\x20space01%012d", n), value); err != nil {
						b.Fatal(err)
					}
					for x := range 2 {
						if err := txn.Set(fmt.Appendf(nil, "\x21index%02d%016x", x, rng.Uint64()), value[:3]); err != nil {
							b.Fatal(err)
						}
					}
				}
				if err := txn.Commit(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
