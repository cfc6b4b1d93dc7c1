package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/fluxdb/fluxdb"
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
	imp := &importer{session: sh.session, collection: collection, read: counted, dec: document.NewDecoder(counted)}
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
	session    *fluxdb.Session
	collection string
	read       *countingReader
	dec        *document.Decoder
	committed  int
	text       []byte // of the next document, read and not yet inserted
}

func (imp *importer) run(ctx context.Context, update func()) error {
	// What is no JSON from its first document on leaves no collection behind.
	err := imp.next()
	if err == nil {
		_, err = imp.dec.Value()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		var malformed *document.JSONError
		if errors.As(err, &malformed) && malformed.Line == 1 && malformed.Column == 1 {
			err = fmt.Errorf("%w; .import reads JSON: an array, one document a line, or documents one after another", err)
		}
		return err
	}
	if _, err := imp.session.Exec(ctx, "CREATE COLLECTION IF NOT EXISTS "+quoteName(imp.collection), nil); err != nil {
		return err
	}
	for imp.text != nil {
		n, err := imp.batch(ctx)
		if err != nil {
			return err
		}
		imp.committed += n
		update()
	}
	return nil
}

// next reads the next document; io.EOF after the last one.
func (imp *importer) next() (err error) {
	imp.text, err = imp.dec.NextText()
	return err
}

// batch inserts up to one batch and commits it, beginning with the document that was read. A document that is refused
// undoes the batch.
func (imp *importer) batch(ctx context.Context) (int, error) {
	end := imp.read.n + importBatchBytes
	given := 0
	var read error
	n, err := imp.session.InsertDocuments(ctx, imp.collection, fluxdb.Documents{Next: func() (any, error) {
		if given > 0 {
			if read = imp.next(); read != nil {
				return nil, read
			}
		}
		if given == importBatchDocuments || imp.read.n >= end {
			return nil, io.EOF // the next batch begins with it
		}
		given++
		return imp.text, nil
	}})
	if read != nil && !errors.Is(read, io.EOF) {
		return 0, read
	}
	var refused *fluxdb.DocumentError
	if errors.As(err, &refused) {
		return 0, imp.refused(refused)
	}
	return int(n), err
}

// refused says where a document stands that was not inserted, and where in it the mistake is.
func (imp *importer) refused(e *fluxdb.DocumentError) error {
	doc, err := imp.dec.Value()
	if err != nil {
		return err // a place in the file
	}
	line, _ := imp.dec.Position()
	reason := e.Err
	if doc.Kind() != document.KindObject {
		reason = fmt.Errorf("expected an object, found %s", doc.Kind())
	}
	return fmt.Errorf("document %d, line %d: %w", int64(imp.committed)+e.Number, line, reason)
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
