package scratch

import "math/bits"

// Index finds numbers by keys: an open-addressing table that Reset empties at once, by a
// new generation. The zero value has to be Reset first. One goroutine at a time.
type Index struct {
	slots      []slot
	generation uint32
	shift      int // of a hash, to an index of the first slots
	mask       int // of such an index; there may be slots behind, from when more keys were expected
}

type slot struct {
	key        uint64
	generation uint32
	value      int32
}

// Reset empties it and makes room for so many keys. Allocates where it never had as much.
func (x *Index) Reset(most int) {
	wanted := 1 << bits.Len(uint(max(most, 8)*3/2))
	if wanted > len(x.slots) {
		x.slots, x.generation = make([]slot, wanted), 0
	}
	x.shift, x.mask = 64-bits.TrailingZeros(uint(wanted)), wanted-1
	if x.generation++; x.generation == 0 {
		clear(x.slots)
		x.generation = 1
	}
}

// find returns a key's slot: its own, or the free one where it belongs.
func (x *Index) find(key uint64) *slot {
	for i := int(key * 0x9E3779B97F4A7C15 >> x.shift); ; i++ {
		s := &x.slots[i&x.mask]
		if s.generation != x.generation || s.key == key {
			return s
		}
	}
}

// Put sets a key's number.
func (x *Index) Put(key uint64, value int32) { *x.find(key) = slot{key, x.generation, value} }

// Get returns a key's number, -1 where it has none.
func (x *Index) Get(key uint64) int32 {
	if s := x.find(key); s.generation == x.generation {
		return s.value
	}
	return -1
}

// Add returns a key's number, which becomes value where it has none.
func (x *Index) Add(key uint64, value int32) (is int32, added bool) {
	s := x.find(key)
	if s.generation == x.generation {
		return s.value, false
	}
	*s = slot{key, x.generation, value}
	return value, true
}
