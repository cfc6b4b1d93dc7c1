package tests

import (
	"archive/tar"
	"compress/gzip"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/driver"
)

var writeFormat = flag.String("write-format", "", "write the database of a new format version to this name in golden/, as in format-1")

// TestDatabasesOfEveryFormatOpen opens a copy of each database in golden/, at least one for each
// version of the format on disk, checks it, reads it whole and runs the queries and changes of its .queries file,
// which has the commands of TestSQL. What is in an archive is never changed: what an older version wrote must
// be read for ever. One that is called crashed was copied while it was open, one called building while it built an index.
func TestDatabasesOfEveryFormatOpen(t *testing.T) {
	if *writeFormat != "" {
		writeFormatDatabase(t, filepath.Join("golden", *writeFormat))
		writeBuildingDatabase(t, filepath.Join("golden", *writeFormat+"-building"))
	}
	archives, err := filepath.Glob("golden/*.tar.gz")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no databases in golden/: %v", err)
	}
	for _, archive := range archives {
		folder := filepath.Join(t.TempDir(), "db")
		if err := unpack(archive, folder); err != nil {
			t.Fatalf("%s: %v", archive, err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(archive, ".tar.gz") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		flux, db := openFolder(t, folder)
		checkClean(t, flux)
		if diff := cmp.Diff(string(want), summed(dump(t, db))); diff != "" {
			t.Errorf("%s (-then +now):\n%s", archive, diff)
		}
		indexes := flux.Stats().Indexes
		if err := errors.Join(db.Close(), flux.Close()); err != nil {
			t.Fatal(err)
		}
		noBuildIsLeft(t, folder, indexes)
		d := &sqlDatabase{path: folder}
		d.open(t)
		datadriven.RunTest(t, strings.TrimSuffix(archive, ".tar.gz")+".queries", func(t *testing.T, td *datadriven.TestData) string {
			return d.command(t, td)
		})
		d.check(t)
		d.close(t)
	}
}

func openFolder(t *testing.T, folder string) (*fluxdb.DB, *sql.DB) {
	t.Helper()
	flux, err := fluxdb.Open(folder, nil)
	if err != nil {
		t.Fatalf("open %s: %v", folder, err)
	}
	return flux, sql.OpenDB(driver.NewConnector(flux))
}

// writeFormatDatabase writes name.tar.gz and name.txt: a database with something of
// everything that is stored. Before it is closed it is copied to name-crashed.
func writeFormatDatabase(t *testing.T, name string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "db")
	flux, db := openFolder(t, folder)
	mustExec(t, db, `
		CREATE COLLECTION kinds; CREATE INDEX kinds_v ON kinds (v); CREATE INDEX kinds_v_desc ON kinds (v DESC, _id);
		CREATE TABLE items (id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, price FLOAT DEFAULT 9.5, made TIMESTAMP, size.width INT);
		CREATE COLLECTION profiles; CREATE UNIQUE INDEX profiles_n ON profiles (n);
		CREATE COLLECTION dropped; INSERT INTO dropped VALUES {a: 1}; DROP COLLECTION dropped;
		CREATE COLLECTION cleared; INSERT INTO cleared VALUES {a: 1}; TRUNCATE cleared; INSERT INTO cleared VALUES {_id: 'after'};
		INSERT INTO items (sku, price, made) VALUES ('a', 1, '2024-05-01'), ('b', DEFAULT, NULL);
		INSERT INTO items VALUES (100, 'c', 2.5, '2024-05-02 03:04:05.678', 7)`)
	for i, v := range []string{"null", "true", "false", "0", "-1", "1.5", "-0.0", "9223372036854775807", "-9223372036854775808", "9007199254740993", "1e300", "'text'", "''", "'é\u4e16'",
		"[1, [2], {a: null}]", "{}", "[]", "{b: 1, a: {deep: {deeper: {deepest: {bottom: 1}}}}}", "x'00ff'", "TIMESTAMP '2024-05-01 02:03:04.000005'", "TIMESTAMP '0001-01-01'",
		"'" + strings.Repeat("long ", 300) + "1'", "'" + strings.Repeat("long ", 300) + "2'"} {
		mustExec(t, db, fmt.Sprintf("INSERT INTO kinds VALUES {_id: %d, v: %s}", i, v))
	}
	mustExec(t, db, "INSERT INTO kinds VALUES {_id: 'text'}, {_id: '01890a5d-ac96-774b-bcce-b302099a8057', v: 'packed'}, {_id: 2.5}, {_id: true}, {_id: x'01'}, {_id: TIMESTAMP '2024-01-01'}")
	for i := range 40 {
		note := ""
		if i%3 == 0 {
			note = ", note: 'some have it'"
		}
		mustExec(t, db, fmt.Sprintf("INSERT INTO profiles VALUES {_id: %d, n: %d, name: 'p%d', address: {city: 'c%d', geo: {lat: %d.25}}, tags: ['a', %d]%s}", i, i, i, i%4, i, i, note))
	}
	mustExec(t, db, fmt.Sprintf("INSERT INTO profiles VALUES {_id: 'large', n: -1, body: '%s'}", strings.Repeat("0123456789abcdef", 1000)))
	mustExec(t, db, "UPDATE profiles SET address.city = 'moved' WHERE n = 7; DELETE FROM profiles WHERE n = 8")
	mustExec(t, db, `
		CREATE TABLE pairs (a INT NOT NULL, b TEXT NOT NULL, note TEXT, PRIMARY KEY (a, b)) WITH (open);
		INSERT INTO pairs VALUES {a: 1, b: 'x', note: 'one', more: [1, 2]}, {a: 1, b: 'y'}, {a: 2, b: 'x', note: 'three'};
		CREATE UNIQUE INDEX pairs_note ON pairs (note) NULLS NOT DISTINCT;
		DELETE FROM pairs WHERE a = 1 AND b = 'y'; INSERT INTO pairs VALUES {a: 1, b: 'z'};
		CREATE INDEX profiles_city ON profiles (address.city, n DESC);
		CREATE TABLE named (email TEXT PRIMARY KEY, age INT); INSERT INTO named VALUES ('a@example.com', 1), ('01890a5d-ac96-774b-bcce-b302099a8057', 2)`)
	text := dump(t, db)
	// A reader holds up the removal of what it may still read.
	reader, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, "CREATE COLLECTION pending; INSERT INTO pending VALUES {a: 1}; TRUNCATE cleared; INSERT INTO cleared VALUES {_id: 'after'}; DROP COLLECTION pending")
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name+"-crashed.txt", []byte(text), 0o644), pack(folder, name+"-crashed.tar.gz"), reader.Rollback()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Close(), flux.Close(), os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name+".txt", []byte(text), 0o644), pack(folder, name+".tar.gz")); err != nil {
		t.Fatal(err)
	}
}

func pack(folder, archive string) error {
	f, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	zip := gzip.NewWriter(f)
	out := tar.NewWriter(zip)
	if err := out.AddFS(os.DirFS(folder)); err != nil {
		return err
	}
	return errors.Join(out.Close(), zip.Close())
}

func unpack(archive, folder string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for in := tar.NewReader(zip); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !fs.ValidPath(head.Name) {
			return fmt.Errorf("entry %q", head.Name)
		}
		path := filepath.Join(folder, filepath.FromSlash(head.Name))
		if head.FileInfo().IsDir() {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		content, err := io.ReadAll(in)
		if err == nil {
			err = os.WriteFile(path, content, 0o644)
		}
		if err != nil {
			return err
		}
	}
}
