package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/fluxdb/fluxdb"
)

func TestWhichTextsMayBuildAnIndex(t *testing.T) {
	for text, want := range map[string]bool{
		"CREATE INDEX i ON c (a)": true, "create\n unique  index i ON c (a)": true, "SELECT 1; CREATE INDEX i ON c (a)": true,
		"SHOW INDEXES": false, "CREATE COLLECTION index_of_c": false, "DROP INDEX i": false,
	} {
		if got := createsIndex.MatchString(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// TestAWatchSeesTheBuild looks while another session builds indexes, until it has seen one.
func TestAWatchSeesTheBuild(t *testing.T) {
	ctx := context.Background()
	flux, err := fluxdb.Open(fluxdb.MemoryPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer flux.Close()
	s := flux.NewSession()
	defer s.Close()
	n := 0
	if _, err := s.InsertDocuments(ctx, "c", fluxdb.Documents{Next: func() (any, error) {
		if n++; n > 50_000 {
			return nil, io.EOF
		}
		return fmt.Sprintf(`{"n":%d,"s":"text %d"}`, n, n), nil
	}}); err != nil {
		t.Fatal(err)
	}
	w := buildWatch{session: flux.NewSession(), out: io.Discard}
	defer w.close()
	if w.look(ctx); w.bars != nil {
		t.Errorf("%s is shown, though nothing is being built", w.name)
	}
	for i := 0; i < 20 && w.name == ""; i++ {
		built := make(chan error)
		go func() {
			_, err := s.Exec(ctx, fmt.Sprintf("CREATE INDEX i%d ON c (s, n)", i), nil)
			built <- err
		}()
		for done := false; !done; {
			select {
			case err := <-built:
				if done = true; err != nil {
					t.Fatal(err)
				}
			default:
				w.look(ctx)
			}
		}
	}
	if !strings.HasPrefix(w.name, "i") || w.bar.Current() > 99 {
		t.Errorf("of twenty builds one of %q at %v %% was seen", w.name, w.bar)
	}
	if w.clear(); w.bars != nil {
		t.Error("the bar stays")
	}
}

func TestBuildsArePassedOverInSilenceWhenPiped(t *testing.T) {
	var messages strings.Builder
	sh, err := openShell(context.Background(), "file::memory:?memory=16MB", "csv", strings.NewReader(""), io.Discard, &messages)
	if err != nil {
		t.Fatal(err)
	}
	defer sh.close()
	if err := sh.statements(context.Background(), "CREATE COLLECTION c; INSERT INTO c VALUES {n: 1}; CREATE INDEX i ON c (n)"); err != nil || messages.Len() > 0 {
		t.Errorf("%v, %q", err, messages.String())
	}
}
