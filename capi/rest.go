//go:build cgo

package main

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// The Go runtime within the library keeps what a burst of calls has left on its heap, some
// 3 MB of garbage and free spans at the least, until enough is allocated again: in a host
// that asks now and then, for ever. So once nobody calls any more it is collected and
// given back, once. In Go that is for the application to decide, and the engine leaves it alone;
// here the runtime is the library's own.

// quietAfter is how often it is looked whether somebody called. Nobody between two looks, and
// no job running: the library is at rest.
const quietAfter = 5 * time.Second

// resting gives memory back when nobody calls.
type resting struct {
	called   atomic.Bool   // since the last look; callers set it, the keeper clears it
	wake     chan struct{} // capacity 1: called became true
	start    sync.Once
	giveBack func()
}

var rests = newResting(debug.FreeOSMemory)

func newResting(giveBack func()) *resting {
	return &resting{wake: make(chan struct{}, 1), giveBack: giveBack}
}

// note is every call's. It neither locks nor allocates, and mostly reads one flag.
func (r *resting) note() {
	if r.called.Load() || !r.called.CompareAndSwap(false, true) {
		return
	}
	select {
	case r.wake <- struct{}{}:
	default: // the keeper has not taken the last one yet
	}
}

// keep is the keeper goroutine. At rest it waits for a call, not for time. It starts with the first
// store that is opened: there is no thread of the library's before.
func (r *resting) keep(end <-chan struct{}) {
	for {
		select {
		case <-end:
			return
		case <-r.wake:
		}
		for r.called.Swap(false) || jobsRunning.Load() > 0 {
			select {
			case <-end:
				return
			case <-time.After(quietAfter):
			}
		}
		select {
		case <-r.wake: // of a call that was looked at already
		default:
		}
		if !r.called.Load() {
			r.giveBack()
		}
	}
}
