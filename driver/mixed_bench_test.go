package driver_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// BenchmarkMixed is point reads and updates of whole documents from 8 goroutines, on disk.
func BenchmarkMixed(b *testing.B) {
	for _, sync := range []string{"normal", "full"} {
		for _, reads := range []int{50, 95} {
			b.Run(fmt.Sprintf("sync=%s/reads=%d", sync, reads), func(b *testing.B) {
				db, err := sql.Open("fluxdb", "file:"+filepath.ToSlash(filepath.Join(b.TempDir(), "db"))+"?sync="+sync)
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				db.SetMaxIdleConns(8)
				fillProfiles(b, db)
				read := prepare(b, db, `SELECT VALUE u FROM users u WHERE _id = ?`)
				update := prepare(b, db, `UPDATE users SET balance = ? WHERE _id = ?`)
				b.ReportAllocs()
				b.SetParallelism(4)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					var doc sql.RawBytes
					for pb.Next() {
						id := rand.IntN(10_000)
						if rand.IntN(100) >= reads {
							if _, err := update.Exec(rand.Float64(), id); err != nil {
								b.Error(err)
							}
							continue
						}
						rows, err := read.Query(id)
						if err != nil {
							b.Error(err)
							continue
						}
						for rows.Next() {
							if err := rows.Scan(&doc); err != nil {
								b.Error(err)
							}
						}
						rows.Close()
					}
				})
			})
		}
	}
}
