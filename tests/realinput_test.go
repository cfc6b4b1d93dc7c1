package tests

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"os/exec"
	"slices"
	"testing"

	"github.com/fluxdb/fluxdb"
	"github.com/fluxdb/fluxdb/document"
)

// TestTheGoStandardLibraryAsDocuments imports what `go list -json std` prints and compares
// answers of SQL with the same questions asked of the decoded documents.
func TestTheGoStandardLibraryAsDocuments(t *testing.T) {
	text, err := exec.Command("go", "list", "-json", "std").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	db, err := sql.Open("fluxdb", fluxdb.MemoryPath)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	mustExec(t, db, "CREATE COLLECTION packages; CREATE UNIQUE INDEX packages_path ON packages (ImportPath)")
	var packages []document.Value
	for dec := document.NewDecoder(bytes.NewReader(text)); ; {
		doc, err := dec.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, doc.Clone())
		mustExec(t, db, "INSERT INTO packages VALUES (?)", doc)
	}
	if len(packages) < 200 {
		t.Fatalf("only %d packages", len(packages))
	}
	imports := func(p document.Value) []string {
		var list []string
		for _, v := range p.Get("Imports").AsArray() {
			list = append(list, v.AsString())
		}
		return list
	}
	var most int
	var unsafe []string
	for _, p := range packages {
		most = max(most, len(imports(p)))
		if slices.Contains(imports(p), "unsafe") {
			unsafe = append(unsafe, p.Get("ImportPath").AsString())
		}
	}
	slices.Sort(unsafe)

	var count, longest int
	if err := db.QueryRow("SELECT COUNT(*), MAX(ARRAY_LENGTH(Imports)) FROM packages").Scan(&count, &longest); err != nil {
		t.Fatal(err)
	}
	if count != len(packages) || longest != most {
		t.Errorf("COUNT, MAX = %d, %d, want %d, %d", count, longest, len(packages), most)
	}
	rows, err := db.Query("SELECT ImportPath FROM packages WHERE 'unsafe' IN Imports ORDER BY ImportPath")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			t.Fatal(err)
		}
		got = append(got, path)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, unsafe) {
		t.Errorf("packages that import unsafe: %v, want %v", got, unsafe)
	}
}
