//go:build cgo

package main

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine"
)

// kind is what a handle stands for.
type kind uint64

const (
	kindDB kind = iota + 1
	kindCursor
	kindJob
	kindQueue
)

var kindNames = [...]string{"", "store", "cursor", "job", "queue"}

// handle is kind (8 bits), generation (32) and slot (24). Handles are never given out
// again before a slot has been used 2^32 times.
type handle uint64

const (
	slotBits  = 24
	chunkSize = 1 << 10
	slotsMax  = 1 << slotBits
)

func newHandle(k kind, generation uint32, slot int) handle {
	return handle(uint64(k)<<56 | uint64(generation)<<slotBits | uint64(slot))
}

func (h handle) kind() kind         { return kind(h >> 56) }
func (h handle) slot() int          { return int(h & (slotsMax - 1)) }
func (h handle) generation() uint32 { return uint32(h >> slotBits) }

// entry is what a slot holds. It never changes.
type entry struct {
	handle handle
	value  any
}

// table finds values by handle. Looking up takes no lock; adding and removing do.
type table struct {
	mu          sync.Mutex
	free        []int    // slots that were used
	used        int      // slots given out so far; grows under mu
	generations []uint32 // of the slots; under mu

	// A chunk is stored once, before its first slot is given out. A slot is nil or
	// holds an entry; add stores it, the one remove that succeeds clears it.
	chunks [slotsMax / chunkSize]atomic.Pointer[[chunkSize]atomic.Pointer[entry]]
}

var handles table

// add returns a new handle of a value.
func (t *table) add(k kind, value any) (handle, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slot := t.used
	switch {
	case len(t.free) > 0:
		slot = t.free[len(t.free)-1]
		t.free = t.free[:len(t.free)-1]
	case slot == slotsMax:
		return 0, fmt.Errorf("%d handles are open: %w", slotsMax, engine.ErrBusy)
	default:
		if slot%chunkSize == 0 {
			t.chunks[slot/chunkSize].Store(new([chunkSize]atomic.Pointer[entry]))
		}
		t.generations = append(t.generations, 0)
		t.used++
	}
	if t.generations[slot]++; t.generations[slot] == 0 {
		t.generations[slot] = 1 // 0 is no handle's
	}
	h := newHandle(k, t.generations[slot], slot)
	t.at(slot).Store(&entry{h, value})
	return h, nil
}

// at returns a slot, nil where it was never given out.
func (t *table) at(slot int) *atomic.Pointer[entry] {
	chunk := t.chunks[slot/chunkSize].Load()
	if chunk == nil {
		return nil
	}
	return &chunk[slot%chunkSize]
}

// find returns the entry of a handle that is open.
func (t *table) find(h handle, k kind) (*entry, error) {
	slot := t.at(h.slot())
	if h == 0 || h.kind() != k || h.generation() == 0 || slot == nil {
		return nil, fmt.Errorf("%s: not a handle of one: %w", kindNames[k], engine.ErrInvalid)
	}
	if e := slot.Load(); e != nil && e.handle == h {
		return e, nil
	}
	return nil, fmt.Errorf("%s: its handle is closed: %w", kindNames[k], engine.ErrClosed)
}

// lookUp returns the value of an open handle.
func lookUp[T any](h handle, k kind) (value T, err error) {
	e, err := handles.find(h, k)
	if err != nil {
		return value, err
	}
	return e.value.(T), nil
}

// take closes a handle and returns its value: to one caller only.
func take[T any](h handle, k kind) (value T, err error) {
	e, err := handles.find(h, k)
	if err != nil {
		return value, err
	}
	if !handles.at(h.slot()).CompareAndSwap(e, nil) {
		return value, fmt.Errorf("%s: its handle is closed: %w", kindNames[k], engine.ErrClosed)
	}
	handles.mu.Lock()
	handles.free = append(handles.free, h.slot())
	handles.mu.Unlock()
	return e.value.(T), nil
}
