package cache

import (
	"math/bits"
	"sync/atomic"
)

const (
	ways      = 4        // slots that a key may be in
	slotBytes = 16 << 10 // of an answer of eight passages at most, mostly
	slotsMax  = 4096
)

// table is a fixed set-associative table: a key's low bits choose ways slots, any
// of which may hold it. Any goroutine reads and writes; a slot is nil or an entry
// that never changes, so a reader sees a whole one or none. Two writers of one set
// may overwrite each other: then an answer is computed once more.
type table struct {
	slots    []atomic.Pointer[entry] // a power of two
	entryMax int                     // bytes of an entry that may be put here
	turn     atomic.Uint32           // which slot of a full set is next to go
}

// newTable returns a table of at most so many bytes.
func newTable(bytes int) table {
	size := min(max(ways, 1<<bits.Len(uint(bytes/slotBytes))>>1), slotsMax)
	return table{slots: make([]atomic.Pointer[entry], size), entryMax: bytes / size}
}

func (t *table) set(k Key) []atomic.Pointer[entry] {
	first := int(k.low) & (len(t.slots) - ways)
	return t.slots[first : first+ways]
}

// get returns the entry of a key and an epoch, or nil.
func (t *table) get(k Key, epoch Epoch) *entry {
	set := t.set(k)
	for i := range set {
		if e := set[i].Load(); e != nil && e.key == k && e.epoch == epoch {
			return e
		}
	}
	return nil
}

// find is get by the key for near questions, of which several may be there.
func (t *table) find(k Key, epoch Epoch, fits func(*entry) bool) *entry {
	set := t.set(k)
	for i := range set {
		if e := set[i].Load(); e != nil && e.nearKey == k && e.epoch == epoch && fits(e) {
			return e
		}
	}
	return nil
}

// put stores an entry under one of its keys: in place of the same question, of a
// stale one, or of any. One that is too long is not.
func (t *table) put(e *entry, k Key) {
	if e.bytes > t.entryMax {
		return
	}
	set := t.set(k)
	at := -1
	for i := range set {
		old := set[i].Load()
		if old != nil && old.key == e.key {
			at = i
			break
		}
		if at < 0 && (old == nil || old.epoch.Content < e.epoch.Content) {
			at = i
		}
	}
	if at < 0 {
		at = int(t.turn.Add(1) % ways)
	}
	set[at].Store(e)
}

func (t *table) bytes() (sum uint64) {
	for i := range t.slots {
		if e := t.slots[i].Load(); e != nil {
			sum += uint64(e.bytes)
		}
	}
	return sum
}
