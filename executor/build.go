package executor

import "github.com/fluxdb/fluxdb/engine"

// buildMemory is the work memory of an index that is built. It is one more statement's: the sort of the entries
// draws from the pool as a sort of rows does.
type buildMemory struct{ share }

var _ engine.BuildMemory = (*buildMemory)(nil)

func (m *buildMemory) Take(n int64) bool    { return m.take(n) }
func (m *buildMemory) Must(n int64)         { m.must(n) }
func (m *buildMemory) Give(n int64)         { m.give(n) }
func (m *buildMemory) Greedy() bool         { return m.account.greedy() }
func (m *buildMemory) Buffer(count int) int { return m.account.buffer(count) }

// Spilled counts the temporary files of the sort among those of statements.
func (m *buildMemory) Spilled(files int, size int64) { m.account.pool.spill.count(files, size) }
