package executor

// Stats are figures of one handle on a database. Those of work memory and temporary files are of
// all handles on its engine.
type Stats struct {
	Sessions int    // that are open
	Helpers  int    // goroutines that read for statements of all handles beside those of their sessions
	Rows     int    // result sets that were neither read to their end nor closed
	Retries  uint64 // statements run again after a conflict

	// The statement cache: the texts and shapes of texts it holds, what their plans and trees take, and what was found there.
	Statements                     int
	StatementBytes, StatementLimit int64
	StatementHits, StatementMisses uint64

	WorkMemory, WorkMemoryLimit int64
	Spills                      uint64 // temporary files of sorts, groupings, results and index builds, since the start
	SpilledSize                 uint64 // bytes written to them
	TempFiles                   int    // that are open
	TempSize                    int64
}

// Stats returns figures of the handle.
func (db *Database) Stats() Stats {
	m := db.memory
	st := Stats{
		Rows:            int(db.rows.Load()),
		Helpers:         int(m.helpers.Load()),
		Retries:         db.retries.Load(),
		WorkMemory:      m.used.Load(),
		WorkMemoryLimit: m.limit,
		Spills:          m.spill.made.Load(),
		SpilledSize:     m.spill.written.Load(),
		TempFiles:       int(m.spill.open.Load()),
		TempSize:        m.spill.bytes.Load(),
	}
	db.mu.Lock()
	st.Sessions = len(db.sessions)
	db.mu.Unlock()
	db.cache.stats(&st)
	return st
}

func (c *cache) stats(st *Stats) {
	st.StatementLimit = int64(c.shardLimit() * cacheShards)
	for i := range c.shards {
		sh := &c.shards[i]
		sh.mu.Lock()
		st.Statements += len(sh.entries)
		st.StatementBytes += int64(sh.bytes)
		st.StatementHits += sh.hits
		st.StatementMisses += sh.misses
		sh.mu.Unlock()
	}
}
