package pebble

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls fn for each piece of work, on as many cores as there are. After an error it
// begins no more.
func parallel[T any](work []T, fn func(T) error) error {
	workers := min(runtime.GOMAXPROCS(0), len(work))
	if workers <= 1 {
		for _, w := range work {
			if err := fn(w); err != nil {
				return err
			}
		}
		return nil
	}
	var next atomic.Int64
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(work) {
					return
				}
				if errs[i] = fn(work[n]); errs[i] != nil {
					next.Store(int64(len(work)))
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
