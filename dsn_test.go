package fluxdb

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDSN(t *testing.T) {
	tests := []struct {
		dsn  string
		path string
		opts Options
	}{
		{"app.db", "app.db", Options{}},
		{"/var/lib/app", "/var/lib/app", Options{}},
		{"strange?name=x", "strange?name=x", Options{}},
		{":memory:", ":memory:", Options{}},
		{"file::memory:?star=flat", ":memory:", Options{Star: StarFlat}},
		{"file:app?mode=ro", "app", Options{ReadOnly: true}},
		{"file:a%3Fb?mode=rw", "a?b", Options{}},
		{"file:///srv/app?sync=normal", "/srv/app", Options{Sync: SyncNormal}},
		{"file:app?sync=off&memory=256MB&compression=zstd&timeout=1500ms&autocreate=false&star=document", "app",
			Options{Sync: SyncOff, Memory: 256 << 20, Compression: CompressZstd, Timeout: 1500 * time.Millisecond, NoAutocreate: true, Star: StarDocument}},
		{"file:app?memory=1GiB", "app", Options{Memory: 1 << 30}},
	}
	for _, tt := range tests {
		path, opts, err := ParseDSN(tt.dsn)
		if err != nil || path != tt.path {
			t.Errorf("ParseDSN(%q) = %q, %v; want %q", tt.dsn, path, err, tt.path)
		}
		if diff := cmp.Diff(tt.opts, opts); diff != "" {
			t.Errorf("ParseDSN(%q) options: %s", tt.dsn, diff)
		}
	}
}

func TestParseDSNNamesWhatIsWrong(t *testing.T) {
	tests := []struct{ dsn, want string }{
		{"", "empty"},
		{"app.db?mode=ro", `must begin with file: as in "file:app.db?mode=ro"`},
		{":memory:?star=flat", "must begin with file:"},
		{"file:", "names no path"},
		{"file:app?sink=full", `unknown option "sink"; the options are autocreate, compression, memory, mode, star, sync, timeout`},
		{"file:app?sync=half", `option sync="half": expected one of full, normal, off`},
		{"file:app?mode=ro&mode=rw", "option mode is given 2 times"},
		{"file:app?memory=lots", `option memory="lots": expected a size`},
		{"file:app?memory=1KB", "at least 16MB"},
		{"file:app?memory=99999999999GB", "expected a size"},
		{"file:app?timeout=-1s", "expected a positive duration"},
		{"file:app?mode=%zz", "options"},
		{"file:%zz", "path"},
	}
	for _, tt := range tests {
		if _, _, err := ParseDSN(tt.dsn); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseDSN(%q) error %v, want it to contain %q", tt.dsn, err, tt.want)
		}
	}
}

func FuzzParseDSN(f *testing.F) {
	f.Add("file:app?sync=full&memory=1GB")
	f.Add(":memory:")
	f.Fuzz(func(t *testing.T, dsn string) {
		if path, _, err := ParseDSN(dsn); err == nil && path == "" {
			t.Errorf("ParseDSN(%q) gave no path and no error", dsn)
		}
	})
}
