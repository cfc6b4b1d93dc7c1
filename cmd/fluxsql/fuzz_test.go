package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb/document"
)

// FuzzImport imports what might be any file. It must not panic; and what it says it did must be
// what the collection holds: on success all documents of the file, else none, since a
// file this small is one batch.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `{}`, `[{"a": 1}, {"a": [1, {"b": null}]}]`, "{\"a\": 1}\r\n\r\n{\"a\": 2}\n", `{"a": 1}{"a": 2}`,
		"\uFEFF{\"a\": \"\u00e9\\u00e9\"}", `{"_id": 1}{"_id": 1}`, `{"_id": {"$oid": "507f1f77bcf86cd799439011"}, "t": {"$date": "2024-01-01T00:00:00Z"}}`,
		`"{\"a\": 1}"`, `[1]`, "a,b\n1,2\n", `{"a": 1`, `{"a": 1}, {"a": 2}`, `[{"a": 1},]`, `{"a": 12345678901234567890}`, "\xff\xfe{\x00}\x00", `{"": {"": ""}}`,
		`{"_id": null}`, strings.Repeat("[", 200), `{"a":` + strings.Repeat("[", 200),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "import")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		var out, messages strings.Builder
		sh, err := openShell(ctx, "file::memory:?memory=16MB", "csv", strings.NewReader(""), &out, &messages)
		if err != nil {
			t.Fatal(err)
		}
		defer sh.close()
		if _, err := sh.session.Exec(ctx, "CREATE COLLECTION c", nil); err != nil {
			t.Fatal(err)
		}
		failed := sh.importFile(ctx, file, "c")
		want := 0
		if failed == nil {
			want = documentsOf(t, text)
		}
		if err := sh.statements(ctx, "SELECT COUNT(*) FROM c"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Fields(out.String())[1]; got != strconv.Itoa(want) {
			t.Errorf("%s documents after %q (error %v), want %d", got, messages.String(), failed, want)
		}
		if err := sh.check(ctx, nil); err != nil {
			t.Error(err)
		}
	})
}

func documentsOf(t *testing.T, text []byte) (n int) {
	dec := document.NewDecoder(strings.NewReader(string(text)))
	for {
		v, err := dec.Next()
		switch {
		case errors.Is(err, io.EOF):
			return n
		case err != nil || v.Kind() != document.KindObject:
			t.Fatalf("imported without an error, though: %v, %v", v.Kind(), err)
		}
		n++
	}
}
