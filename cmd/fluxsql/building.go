package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/fluxdb/fluxdb"
)

const (
	// A build that takes longer shows how far it is, and then so often anew.
	buildPatience = time.Second
	buildEvery    = 200 * time.Millisecond
)

var createsIndex = regexp.MustCompile(`(?i)\bcreate\s+(unique\s+)?index\b`)

// watchBuild shows on a terminal how far the building of an index is, while the statements of a text run that may build one. The
// caller ends it by calling end, which clears the line.
func (sh *shell) watchBuild(ctx context.Context, text string) (end func()) {
	f, ok := sh.stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) || !createsIndex.MatchString(text) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := buildWatch{session: sh.flux.NewSession(), out: f}
		defer w.close()
		wait := time.NewTimer(buildPatience)
		defer wait.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-wait.C:
				w.look(ctx)
				wait.Reset(buildEvery)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// buildWatch shows the index that is being built. It has a session of its own, for that of the statement is in use.
type buildWatch struct {
	session *fluxdb.Session
	out     io.Writer
	bars    *mpb.Progress // nil until there is something to show
	bar     *mpb.Bar
	name    string
}

// look shows what SHOW INDEXES says now. What fails here is no failure of the statement.
func (w *buildWatch) look(ctx context.Context) {
	rows, err := w.session.Query(ctx, "SHOW INDEXES", nil)
	if err != nil {
		return
	}
	defer rows.Close()
	for rows.Next() {
		row := rows.Values()
		if percent, ok := builtPercent(row[len(row)-1].AsString()); ok {
			w.show(row[1].AsString(), percent)
			return
		}
	}
}

// builtPercent reads how far a build is from the state of an index.
func builtPercent(state string) (percent int, ok bool) {
	_, err := fmt.Sscanf(state, "building, %d %%", &percent)
	return percent, err == nil
}

func (w *buildWatch) show(name string, percent int) {
	if name != w.name {
		w.clear()
		w.name = name
		w.bars = mpb.New(mpb.WithOutput(w.out), mpb.WithWidth(40))
		w.bar = w.bars.AddBar(100, mpb.PrependDecorators(decor.Name("building "+name+" ")), mpb.AppendDecorators(decor.Percentage()))
	}
	// The bar is full only when it is cleared: a full one would end.
	w.bar.SetCurrent(int64(min(percent, 99)))
}

// clear takes the bar from the screen.
func (w *buildWatch) clear() {
	if w.bars != nil {
		w.bar.Abort(true)
		w.bars.Wait()
	}
	w.bars, w.name = nil, ""
}

func (w *buildWatch) close() {
	w.clear()
	_ = w.session.Close() // it holds nothing
}
