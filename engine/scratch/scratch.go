// Package scratch keeps reusable working memory between calls without locks.
//
// sync.Pool would serve but for one thing: after every garbage collection its
// first user on each processor takes a mutex of the whole process, which then
// stands in every question's way. A Pool here is a row of slots that are swapped
// atomically; what does not fit is left to the collector.
package scratch

import "sync/atomic"

// slotCount is the number of idle values kept: as many as may be at work at once
// on a large machine. More at once are made anew.
const slotCount = 64

// Pool holds idle values of one type. Any goroutine may use it; it is ready
// with New set, and is not to be copied.
type Pool[T any] struct {
	// New makes a value when no idle one is found.
	New func() *T

	// A slot is nil or holds an idle value, which belongs to whoever swaps it
	// out. Low slots are used first, so few values serve few callers.
	slots [slotCount]atomic.Pointer[T]
}

// Get returns an idle value or a new one, owned by the caller.
func (p *Pool[T]) Get() *T {
	for i := range p.slots {
		if p.slots[i].Load() == nil {
			continue
		}
		if v := p.slots[i].Swap(nil); v != nil {
			return v
		}
	}
	return p.New()
}

// Put gives a value back; the caller must not use it any more.
func (p *Pool[T]) Put(v *T) {
	for i := range p.slots {
		if p.slots[i].Load() == nil && p.slots[i].CompareAndSwap(nil, v) {
			return
		}
	}
}
