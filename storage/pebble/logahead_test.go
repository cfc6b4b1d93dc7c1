package pebble

import (
	"bytes"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// aheadLog makes a log in memory.
func aheadLog(t *testing.T) (files vfs.FS, log vfs.File) {
	t.Helper()
	files = aheadFS{vfs.NewMem()}
	log, err := files.Create("1.log", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	return files, log
}

// appendSynced appends n times size bytes, each followed by a sync, and returns all of them.
func appendSynced(t *testing.T, log vfs.File, n, size int) (want []byte) {
	t.Helper()
	for i := range n {
		part := bytes.Repeat([]byte{byte(i%255) + 1}, size)
		want = append(want, part...)
		if _, err := log.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := log.SyncData(); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

func contents(t *testing.T, files vfs.FS, name string) []byte {
	t.Helper()
	f, err := files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestALogOfSmallSyncsIsWhatWasWrittenAndZeros(t *testing.T) {
	files, log := aheadLog(t)
	want := appendSynced(t, log, 2000, 700)
	data := contents(t, files, "1.log")
	if !bytes.HasPrefix(data, want) {
		t.Fatal("the log is not what was written")
	}
	rest := data[len(want):]
	if len(bytes.Trim(rest, "\x00")) > 0 {
		t.Error("behind what was written is something else than zeros")
	}
	if len(rest) < 700 || len(rest) > aheadSize {
		t.Errorf("%d bytes of zeros", len(rest))
	}
}

func TestLargeSyncsWriteNoZeros(t *testing.T) {
	files, log := aheadLog(t)
	want := appendSynced(t, log, 5, aheadSyncs+1)
	if data := contents(t, files, "1.log"); !bytes.Equal(data, want) {
		t.Errorf("%d bytes, %d were written", len(data), len(want))
	}
}

func TestALogThatIsUsedAgainKeepsItsLength(t *testing.T) {
	files, log := aheadLog(t)
	appendSynced(t, log, 10, 700)
	length := len(contents(t, files, "1.log"))
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := files.ReuseForWrite("1.log", "2.log", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	want := appendSynced(t, log, 20, 700)
	if data := contents(t, files, "2.log"); !bytes.HasPrefix(data, want) || len(data) != length {
		t.Errorf("%d bytes, it had %d", len(data), length)
	}
}

func TestOtherFilesGetNoZeros(t *testing.T) {
	files := aheadFS{vfs.NewMem()}
	f, err := files.Create("MANIFEST-000001", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	want := appendSynced(t, f, 3, 10)
	if data := contents(t, files, "MANIFEST-000001"); !bytes.Equal(data, want) {
		t.Errorf("%d bytes, %d were written", len(data), len(want))
	}
}
