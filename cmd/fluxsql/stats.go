package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fluxdb/fluxdb"
)

// stats prints the figures of the database, one a line.
func (sh *shell) stats(context.Context, []string) error {
	st := sh.flux.Stats()
	line := func(name, format string, args ...any) {
		fmt.Fprintf(sh.out, "%-18s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("memory budget", "%s", size(st.MemoryBudget))
	for _, share := range st.Memory {
		limit := size(share.Limit)
		line("  "+share.Name, "%s of %s", size(share.Used), limit)
	}
	line("block cache", "%s", cacheFigures(st.BlockCache))
	line("record cache", "%s", cacheFigures(st.RecordCache))
	line("statement cache", "%s", cacheFigures(st.Statements))
	line("commits", "%d, conflicts %d, retries %d, rolled back %d", st.Commits, st.Conflicts, st.Retries, st.Aborted)
	line("log syncs", "%d, %.1f commits each", st.LogSyncs, st.CommitsPerSync)
	line("transactions", "%d open that write, %d that read", st.WriteTransactions, st.ReadTransactions)
	line("oldest snapshot", "%d commits behind, %s", st.Version-st.OldestVersion, st.OldestAge.Round(time.Millisecond))
	line("cursors", "%d results open, %d iterators of %d, %d sessions, %d helpers", st.Rows, st.Iterators, st.MaxIterators, st.Sessions, st.Helpers)
	line("spills", "%d of statements (%s), %d of transactions (%s)",
		st.Spills, size(int64(st.SpilledSize)), st.TransactionSpills, size(int64(st.TransactionSpilledSize)))
	line("disk", "%s: log %s, tables %s; %d temporary files %s",
		size(st.DiskSize), size(st.LogSize), size(st.TableSize), st.TempFiles, size(st.TempSize))
	line("writing", "%d flushes, %d compactions (%d running), %d ingests, %d stalls %s",
		st.Flushes, st.Compactions, st.Compacting, st.Ingests, st.WriteStalls, st.WriteStallTime.Round(time.Millisecond))
	line("catalog", "%d collections, %d indexes (%d being built), %d shapes", st.Collections, st.Indexes, st.IndexesBuilding, st.Shapes)
	return sh.out.Flush()
}

func cacheFigures(c fluxdb.CacheStats) string {
	all := c.Hits + c.Misses
	if all == 0 {
		return "not asked"
	}
	return fmt.Sprintf("%d hits, %d misses (%.1f %%)", c.Hits, c.Misses, 100*float64(c.Hits)/float64(all))
}

// size writes bytes for a person, in powers of 1024.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n), 0
	for ; f >= 1024 && unit < 4; unit++ {
		f /= 1024
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + " " + []string{"B", "KiB", "MiB", "GiB", "TiB"}[unit]
}
