package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/fluxdb/fluxdb/document"
)

// An import commits after this many documents or bytes of input, whichever comes first, so
// that a file of any size fits the memory budget.
const (
	importBatchDocuments = 10_000
	importBatchBytes     = 8 << 20
)

// importFile loads the JSON documents of a file (an array, one a line, or simply
// one after another) into a collection, which is created if missing; "-" is standard input.
func (sh *shell) importFile(ctx context.Context, name, collection string) error {
	if sh.session.InTransaction() {
		return errors.New(".import commits by itself: end the transaction first")
	}
	in, size := io.Reader(sh.stdin), int64(0)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		in = f
	}
	counted := &countingReader{r: in}
	progress := sh.progress(size, counted)
	imp := &importer{sh: sh, target: quoteName(collection), read: counted, dec: document.NewDecoder(bufio.NewReaderSize(counted, 1<<16))}
	err := imp.run(ctx, progress.update)
	progress.done(err == nil)
	if err != nil {
		if ctx.Err() != nil {
			err = errInterrupted
		}
		return fmt.Errorf("import %s: %w (%s imported before it)", name, err, documents(imp.committed, "was", "were"))
	}
	fmt.Fprintf(sh.stderr, "imported %s into %s\n", documents(imp.committed, "", ""), collection)
	return nil
}

// documents says how many there are, with the verb that goes with the number.
func documents(n int, one, many string) string {
	if n == 1 {
		return strings.TrimSpace("1 document " + one)
	}
	return strings.TrimSpace(fmt.Sprintf("%d documents %s", n, many))
}

// importer inserts documents in batches, a transaction each.
type importer struct {
	sh        *shell
	target    string
	read      *countingReader
	dec       *document.Decoder
	committed int
	next      document.Value // read and not yet inserted
}

func (imp *importer) run(ctx context.Context, update func()) error {
	// What is no JSON from its first document on leaves no collection behind.
	err := imp.decode()
	if err != nil && !errors.Is(err, io.EOF) {
		var malformed *document.JSONError
		if errors.As(err, &malformed) && malformed.Line == 1 && malformed.Column == 1 {
			err = fmt.Errorf("%w; .import reads JSON: an array, one document a line, or documents one after another", err)
		}
		return err
	}
	if _, err := imp.sh.db.ExecContext(ctx, "CREATE COLLECTION IF NOT EXISTS "+imp.target); err != nil {
		return err
	}
	for err == nil {
		var n int
		n, err = imp.batch(ctx)
		imp.committed += n
		update()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// decode reads the next document; io.EOF after the last one.
func (imp *importer) decode() (err error) {
	imp.next, err = imp.dec.Next()
	return err
}

// batch inserts up to one batch and commits it, beginning with the document that was read; io.EOF
// says that it was the last. A document that is refused undoes the batch.
func (imp *importer) batch(ctx context.Context) (n int, err error) {
	tx, err := imp.sh.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO "+imp.target+" VALUES (?)")
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	var read error
	for end := imp.read.n + importBatchBytes; read == nil && n < importBatchDocuments && imp.read.n < end; read = imp.decode() {
		if err := insertDocument(ctx, stmt, imp.next); err != nil {
			line, _ := imp.dec.Position()
			return 0, fmt.Errorf("document %d, line %d: %w", imp.committed+n+1, line, err)
		}
		n++
	}
	if read != nil && !errors.Is(read, io.EOF) {
		return 0, read
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	return n, read
}

// insertDocument inserts what must be an object: a string is not taken for the JSON of one.
func insertDocument(ctx context.Context, stmt *sql.Stmt, doc document.Value) error {
	if doc.Kind() != document.KindObject {
		return fmt.Errorf("expected an object, found %s", doc.Kind())
	}
	_, err := stmt.ExecContext(ctx, doc)
	return err
}

// countingReader counts the bytes read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// progress shows how far an import is, on a terminal only.
type progress struct {
	bars *mpb.Progress // nil where nothing is shown
	bar  *mpb.Bar
	read *countingReader
}

func (sh *shell) progress(size int64, read *countingReader) *progress {
	f, ok := sh.stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) || size == 0 {
		return &progress{read: read}
	}
	bars := mpb.New(mpb.WithOutput(f), mpb.WithWidth(40))
	bar := bars.AddBar(size,
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.AverageETA(decor.ET_STYLE_GO)))
	return &progress{bars: bars, bar: bar, read: read}
}

func (p *progress) update() {
	if p.bar != nil {
		p.bar.SetCurrent(p.read.n)
	}
}

// done ends the bar, filled up when the import went through.
func (p *progress) done(ok bool) {
	if p.bars == nil {
		return
	}
	if ok {
		p.bar.SetTotal(-1, true)
	} else {
		p.bar.Abort(false)
	}
	p.bars.Wait()
}
