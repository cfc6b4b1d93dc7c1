package pebble

import (
	"runtime"
	"sync/atomic"
)

// gate lets a store close what a goroutine may be using this moment: the user
// enters and leaves around each call, and shut waits for it to leave. Who is
// inside a gate must not wait for Store.calls, which Close holds while it shuts gates.
type gate struct{ state atomic.Int32 }

const (
	gateIdle = iota
	gateBusy
	gateShut
)

func (g *gate) enter() bool { return g.state.CompareAndSwap(gateIdle, gateBusy) }
func (g *gate) leave()      { g.state.Store(gateIdle) }

// shut closes the gate for good; false when it was shut before.
func (g *gate) shut() bool {
	for !g.state.CompareAndSwap(gateIdle, gateShut) {
		if g.isShut() {
			return false
		}
		runtime.Gosched()
	}
	return true
}

func (g *gate) isShut() bool { return g.state.Load() == gateShut }
