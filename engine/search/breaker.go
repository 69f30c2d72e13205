package search

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// When an engine is left out, and for how long.
const (
	failuresMax = 5           // in a row, before it is left out: one bad question is not an ill engine
	restFirst   = time.Second // until it is tried again; twice as long after each try that fails
	restMost    = time.Minute

	// strandedMax bounds the searches that were given up on and have not ended, and so the
	// goroutines and the working memory that an engine which hangs can take.
	strandedMax = 64
)

// breaker leaves an engine out that fails again and again, so that it costs the other
// questions no time (Nygard 2007, Release It!, section 5.2). It is closed while the engine is
// well. After failuresMax failures in a row it is open: no question asks the engine until
// its rest is over. Then one question tries it. If that fails the rest is twice as long, else
// the breaker is closed. Any goroutine; the zero value is closed.
type breaker struct {
	failures atomic.Int32 // in a row; does not rise while open, but by a try
	// until is the end of the rest, on the clock of the crew, or of the time that the one
	// which tries has before another may: whoever finds it over moves it on, by compare
	// and swap, and tries. 0 = closed.
	until    atomic.Int64
	stranded atomic.Int32 // searches at work that no question waits for
}

// admits returns nil where the engine may be asked, else why not, an error of
// model.ErrUnavailable. tries is true for the one that finds out whether it is well again.
func (b *breaker) admits(now time.Duration) (tries bool, err error) {
	if n := b.stranded.Load(); n >= strandedMax {
		return false, fmt.Errorf("left out, as %d earlier searches have not ended: %w", n, model.ErrUnavailable)
	}
	until := b.until.Load()
	if until == 0 {
		return false, nil
	}
	failures := b.failures.Load()
	if until <= int64(now) && b.until.CompareAndSwap(until, int64(now+rest(failures))) {
		return true, nil
	}
	return false, fmt.Errorf("left out after %d failures in a row: %w", failures, model.ErrUnavailable)
}

// rest returns how long an engine is left out after so many failures.
func rest(failures int32) time.Duration {
	doublings := min(max(failures-failuresMax, 0), 6) // 64 s are beyond restMost
	return min(restFirst<<doublings, restMost)
}

// fail notes a failure. Of those that were at work already when the breaker opened, none
// counts: they say nothing that was not known.
func (b *breaker) fail(now time.Duration, tried bool) {
	for {
		n := b.failures.Load()
		if n >= failuresMax && !tried {
			return
		}
		if b.failures.CompareAndSwap(n, n+1) {
			if n+1 >= failuresMax {
				b.until.Store(int64(now + rest(n+1)))
			}
			return
		}
	}
}

// succeed closes the breaker. It writes nothing where that is closed, as all questions share it.
func (b *breaker) succeed() {
	if b.failures.Load() != 0 {
		b.failures.Store(0)
	}
	if b.until.Load() != 0 {
		b.until.Store(0)
	}
}
