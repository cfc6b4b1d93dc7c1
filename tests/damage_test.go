package tests

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
	"github.com/fluxdb/fluxdb/storage/pebble"
	"github.com/fluxdb/fluxdb/storage/pebble/crashtest"
)

// faultsEnv sets how large the fault campaigns are: "full", "medium", else small.
const faultsEnv = "FLUXDB_TEST_FAULTS"

// campaign chooses by the size that faultsEnv asks for.
func campaign[T any](small, medium, full T) T {
	switch os.Getenv(faultsEnv) {
	case "full":
		return full
	case "medium":
		return medium
	}
	return small
}

// damagedBase is a database whose files are damaged one at a time.
type damagedBase struct {
	name   string
	disk   *crashtest.Disk
	states []string // after each commit
	closed bool     // in order; else as a process leaves it that was killed
}

// tally counts the faults of a campaign by what came of them.
type tally struct {
	injected, refused, checked, survived, torn, lost int
}

func (c *tally) add(o tally) {
	c.injected += o.injected
	c.refused += o.refused
	c.checked += o.checked
	c.survived += o.survived
	c.torn += o.torn
	c.lost += o.lost
}

func (c tally) String() string {
	return fmt.Sprintf("%d injected: %d refused at open, %d found by reading or the check, %d without effect, %d read as a torn last write, %d lost",
		c.injected, c.refused, c.checked, c.survived, c.torn, c.lost)
}

// TestDamageOfEveryFileIsFoundOrWithoutEffect changes bytes, cuts, clears, removes, exchanges
// and adds files of a database that was closed, and of one whose process was killed. It must be refused, or
// found by reading or the check, or have no effect on any document, index or counter.
//
// Only in the log of the killed process may damage of the last write read as a write that a power failure cut short.
func TestDamageOfEveryFileIsFoundOrWithoutEffect(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	foreign := newDamagedBase(t, "another", pebble.SyncFull, true)
	var all tally
	for _, base := range []damagedBase{
		newDamagedBase(t, "closed", pebble.SyncFull, true),
		newDamagedBase(t, "killed", pebble.SyncFull, false),
		newDamagedBase(t, "killed, sync normal", pebble.SyncNormal, false),
	} {
		kinds := map[string]*tally{}
		for _, f := range faultsOf(t, base, foreign, rng) {
			one := base.inject(t, f)
			if kinds[f.kind] == nil {
				kinds[f.kind] = &tally{}
			}
			kinds[f.kind].add(one)
			all.add(one)
		}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			t.Logf("%s, %s: %v", base.name, kind, kinds[kind])
		}
	}
	t.Logf("all: %v", all)
}

// newDamagedBase makes a database with files of every kind.
func newDamagedBase(t *testing.T, name string, level pebble.SyncLevel, closed bool) (b damagedBase) {
	t.Helper()
	b = damagedBase{name: name, disk: crashtest.New(), closed: closed}
	var statements []string
	for i := range 6 {
		text := fmt.Sprintf("INSERT INTO c VALUES {_id: '%s large %d', a: %d, text: '%s'}", name, i, i, strings.Repeat(fmt.Sprint(name, i), 2000))
		statements = append(statements, text)
	}
	for i := range 60 {
		statements = append(statements, fmt.Sprintf("INSERT INTO c VALUES {_id: %d, a: %d, u: '%s %d'}", i, i%7, name, i))
	}
	sessions := [][]string{
		append([]string{"CREATE COLLECTION c", "CREATE INDEX c_a ON c (a)", "CREATE UNIQUE INDEX c_u ON c (u)"}, statements...),
		{"DELETE FROM c WHERE _id BETWEEN 5 AND 9", "CREATE COLLECTION d", "INSERT INTO d VALUES {x: [1, 2], name: '" + name + "'}", "CREATE INDEX d_x ON d (x)"},
		{"UPDATE c SET a = a + 1 WHERE _id > 30", "DROP INDEX d_x", "INSERT INTO c VALUES {_id: 100}", "INSERT INTO c VALUES {_id: 101}", "DELETE FROM c WHERE _id = 11"},
	}
	for i, session := range sessions {
		store, err := b.disk.Open(pebble.Options{Memory: 16 << 20, Sync: level})
		if err != nil {
			t.Fatal(err)
		}
		flux, err := fluxdb.Open(name, &fluxdb.Options{Store: store})
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(driver.NewConnector(flux))
		if i == len(sessions)-1 {
			b.states = append(b.states, dump(t, db))
		}
		for _, text := range session {
			mustExec(t, db, text)
			if i == len(sessions)-1 {
				b.states = append(b.states, dump(t, db))
			}
		}
		killed := b.disk.Clone()
		db.Close()
		if err := flux.Close(); err != nil {
			t.Fatal(err)
		}
		if i == len(sessions)-1 && !closed {
			b.disk = killed
		}
	}
	return b
}

// fault is one thing done to a disk.
type fault struct {
	kind, what string
	file       string
	apply      func(d *crashtest.Disk) error
}

// faultsOf lists what is done to the files of a database.
func faultsOf(t *testing.T, base, foreign damagedBase, rng *rand.Rand) (faults []fault) {
	t.Helper()
	names, err := base.disk.Files()
	if err != nil {
		t.Fatal(err)
	}
	flips := campaign(12, 60, 1<<20)
	add := func(kind, file, what string, apply func(d *crashtest.Disk) error) {
		faults = append(faults, fault{kind, file + " " + what, file, apply})
	}
	replace := func(kind, file, what string, data []byte) {
		add(kind, file, what, func(d *crashtest.Disk) error { return d.Write(file, data) })
	}
	contents := map[string][]byte{}
	for _, name := range names {
		if contents[name], err = base.disk.Read(name); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		data := contents[name]
		add("removed", name, "removed", func(d *crashtest.Disk) error { return d.Remove(name) })
		replace("appended", name, "with a byte more", append(slices.Clone(data), 'x'))
		flip := func(i int, by byte) {
			add("flipped", name, fmt.Sprintf("byte %d of %d: %02x instead of %02x", i, len(data), data[i]^by, data[i]), func(d *crashtest.Disk) error {
				bad := slices.Clone(data)
				bad[i] ^= by
				return d.Write(name, bad)
			})
		}
		// All bytes, or some. Of the zeros that a log has ahead of what is written some are enough.
		written := min(len(bytes.TrimRight(data, "\x00"))+64, len(data))
		for n := range min(flips, written) {
			i := n
			if flips < written {
				i = rng.IntN(len(data))
			}
			flip(i, campaign(byte(1)<<rng.IntN(8), byte(1)<<rng.IntN(8), byte(1)<<(n%8)))
			if n%3 == 0 {
				flip(i, 0xff)
			}
		}
		for range min(flips, len(data)-written, 200) {
			flip(written+rng.IntN(len(data)-written), byte(1)<<rng.IntN(8))
		}
		for n := range campaign(3, 10, 100) {
			if len(data) == 0 {
				break
			}
			cut := rng.IntN(len(data))
			if n == 0 {
				cut = 0
			}
			replace("cut", name, fmt.Sprintf("cut at %d of %d", cut, len(data)), data[:cut])
			page := []int{512, 4096}[n%2]
			at := rng.IntN(len(data)) / page * page
			bad := slices.Clone(data)
			clear(bad[at:min(len(bad), at+page)])
			replace("cleared", name, fmt.Sprintf("%d bytes at %d of %d cleared", page, at, len(data)), bad)
			bad = slices.Clone(data)
			for i := range bad[at:min(len(bad), at+page)] {
				bad[at+i] = byte(rng.Uint32())
			}
			replace("garbage", name, fmt.Sprintf("%d bytes at %d of %d random", page, at, len(data)), bad)
		}
		for _, other := range names {
			if other != name && filepath.Ext(other) == filepath.Ext(name) && strings.Trim(other, "0123456789.") == strings.Trim(name, "0123456789.") {
				add("exchanged", name, "exchanged with "+other, func(d *crashtest.Disk) error {
					return errors.Join(d.Write(name, contents[other]), d.Write(other, contents[name]))
				})
			}
		}
	}
	theirs, err := foreign.disk.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range theirs {
		data, err := foreign.disk.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		replace("foreign", name, "of another database", data)
	}
	for _, name := range []string{"letter.txt", "000999.dbtmp", "FLUXDB.new", "000999.log", "000999.sst", "000999.blob", "MANIFEST-000999", "OPTIONS-000999", "CLOSED.new"} {
		replace("added", name, "added", []byte(strings.Repeat("this is somebody's letter\n", 100)))
	}
	return faults
}

// inject does one thing to a copy of the database and looks what comes of it.
func (b damagedBase) inject(t *testing.T, f fault) tally {
	t.Helper()
	disk := b.disk.Clone()
	if err := f.apply(disk); err != nil {
		t.Fatalf("%s: %s: %v", b.name, f.what, err)
	}
	got, by, err := readDamaged(disk)
	last := len(b.states) - 1
	switch {
	case err != nil && !errors.Is(err, fluxdb.ErrCorrupt) && !errors.Is(err, fluxdb.ErrFormat):
		t.Errorf("%s: %s: %s: %v does not say that it is damage", b.name, f.what, by, err)
		return tally{injected: 1}
	case err != nil && strings.Contains(err.Error(), "goroutine"):
		t.Errorf("%s: %s: %s: no message for a user: %v", b.name, f.what, by, err)
		return tally{injected: 1}
	case err != nil && by == "open":
		return tally{injected: 1, refused: 1}
	case err != nil:
		return tally{injected: 1, checked: 1}
	case got == b.states[last]:
		return tally{injected: 1, survived: 1}
	case !b.closed && strings.HasSuffix(f.file, ".log") && slices.Contains(b.states, got):
		return tally{injected: 1, torn: 1}
	default:
		t.Errorf("%s: %s: opens, checks clean and has other data:\n%.300s", b.name, f.what, got)
	}
	return tally{injected: 1, lost: 1}
}

// readDamaged opens a disk, checks the database and dumps it; by says what failed.
func readDamaged(disk *crashtest.Disk) (got, by string, err error) {
	defer func() {
		if r := recover(); r != nil {
			by, err = "panic", fmt.Errorf("%v", r)
		}
	}()
	store, err := disk.Open(pebble.Options{Memory: 16 << 20})
	if err != nil {
		return "", "open", err
	}
	flux, err := fluxdb.Open("damaged", &fluxdb.Options{Store: store})
	if err != nil {
		return "", "open", err
	}
	defer flux.Close() // which may complain of the damage again
	report, err := flux.Check(context.Background())
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("%w: %s", fluxdb.ErrCorrupt, report.Problems[0])
	}
	if err != nil {
		return "", "check", err
	}
	db := sql.OpenDB(driver.NewConnector(flux))
	defer db.Close()
	got, err = dumped(db)
	return got, "read", err
}
