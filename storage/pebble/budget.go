package pebble

import (
	"os"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v3/mem"
)

// Shares of the memory budget.
const (
	leastBudget    = 1 << 20 // whatever is asked for
	minBudget      = 64 << 20
	maxBudget      = 4 << 30
	maxMemtables   = 128 << 20 // all of them: a crash replays as much
	memtableCount  = 4
	cacheShare     = 4  // a quarter is block cache
	memtableShare  = 8  // an eighth is memtables
	txnShare       = 4  // one transaction may buffer a quarter
	windowShare    = 32 // recent commits
	maxTxnSize     = 1 << 30
	largeValueSize = 4 << 10 // values from here up are kept apart from keys
)

// budget returns the memory budget in bytes.
func (o *Options) budget() int64 {
	if o.Memory > 0 {
		return max(o.Memory, leastBudget)
	}
	stat, err := mem.VirtualMemory()
	if err != nil {
		return minBudget
	}
	available := min(int64(min(stat.Available, 1<<60)), cgroupRoom("/sys/fs/cgroup"))
	return min(max(available/4, minBudget), maxBudget)
}

// cgroupRoom is what the control group of a container leaves, of version 2 or 1.
func cgroupRoom(dir string) int64 {
	room := int64(1 << 60)
	for _, files := range [][2]string{
		{"memory.max", "memory.current"}, {"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"},
	} {
		limit, ok := readNumber(dir + "/" + files[0])
		used, _ := readNumber(dir + "/" + files[1])
		if ok {
			room = min(room, max(0, limit-used))
		}
	}
	return room
}

// readNumber reads a file that holds one number; "max" is none.
func readNumber(name string) (int64, bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
