// Package rows names, marks and ranks the rows of a snapshot, which is a list
// of parts with rows of their own. Engines, segments and the orchestrator share
// these few types; none of them knows what a row holds.
package rows

import (
	"cmp"
	"math/bits"
)

// Ref is the place of a row: the index of its part, and the row therein. Refs
// order as the sequences of the rows do, which is the order of their IDs but for
// later versions, whose sequence is above their ID.
type Ref struct {
	Part int32
	Row  uint32
}

// Compare orders refs by part, then by row.
func (r Ref) Compare(o Ref) int { return cmp.Compare(r.Key(), o.Key()) }

// Key orders refs as Compare does, and tells them apart; a part's index is not negative.
func (r Ref) Key() uint64 { return uint64(uint32(r.Part))<<32 | uint64(r.Row) }

// Hit is a row with a score.
type Hit struct {
	Ref
	Score float64
}

// Compare orders hits best first: higher score, then earlier row.
func (h Hit) Compare(o Hit) int {
	switch {
	case h.Score > o.Score:
		return -1
	case h.Score < o.Score:
		return 1
	}
	return h.Ref.Compare(o.Ref)
}

// isWorse is Compare(o) > 0, small enough for the compiler to put it in line.
func (h *Hit) isWorse(o *Hit) bool {
	return h.Score < o.Score || h.Score == o.Score && h.Key() > o.Key()
}

// Set is a set of a part's rows: bit row%64 of word row/64. The nil set is
// empty; what lies beyond its last word is not in it.
type Set []uint64

// NewSet returns an empty set with room for so many rows.
func NewSet(rowCount int) Set { return make(Set, (rowCount+63)/64) }

// AllOf returns the set of the rows 0 to rowCount-1.
func AllOf(rowCount int) Set {
	s := NewSet(rowCount)
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rowCount%64 != 0 {
		s[len(s)-1] = 1<<(rowCount%64) - 1
	}
	return s
}

// Has reports whether row is in the set.
func (s Set) Has(row int) bool { return row>>6 < len(s) && s[row>>6]&(1<<(row&63)) != 0 }

// Add puts row into the set, which must have room for it.
func (s Set) Add(row int) { s[row>>6] |= 1 << (row & 63) }

// Remove takes row out of the set.
func (s Set) Remove(row int) {
	if row>>6 < len(s) {
		s[row>>6] &^= 1 << (row & 63)
	}
}

// Count returns the number of rows in the set. O(size/64).
func (s Set) Count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// And removes the rows that are not in o. The sets are of the same part.
func (s Set) And(o Set) {
	for w := range s {
		s[w] &= o[w]
	}
}

// AndNot removes the rows that are in o, a set of the same part or nil.
func (s Set) AndNot(o Set) {
	for w := range min(len(s), len(o)) {
		s[w] &^= o[w]
	}
}

// Or adds the rows that are in o. The sets are of the same part.
func (s Set) Or(o Set) {
	for w := range s {
		s[w] |= o[w]
	}
}

// Each calls f for every row of the set, ascending.
func (s Set) Each(f func(row int)) {
	for w, word := range s {
		for ; word != 0; word &= word - 1 {
			f(w<<6 + bits.TrailingZeros64(word))
		}
	}
}

// Filter says which rows of a part may be returned.
type Filter struct {
	Dead  Set // rows that were deleted
	Allow Set // rows in scope; nil = all
}

// Visible reports whether row may be returned.
func (f *Filter) Visible(row int) bool {
	return !f.Dead.Has(row) && (f.Allow == nil || f.Allow.Has(row))
}

// Best keeps the best k of the hits it is offered. It is reused from search to
// search; one goroutine at a time.
type Best struct {
	hits []Hit // a heap, worst first
	k    int
}

// Reset empties it and sets how many hits it keeps, at least 1.
func (b *Best) Reset(k int) { b.hits, b.k = b.hits[:0], k }

// Worst returns the score that a hit must reach to be kept, and whether there
// is one: until k hits are kept, any will do.
func (b *Best) Worst() (score float64, full bool) {
	if len(b.hits) < b.k {
		return 0, false
	}
	return b.hits[0].Score, true
}

// Limit returns how many hits it keeps.
func (b *Best) Limit() int { return b.k }

// Hits returns what is kept, in no order, to be read or rescored in place;
// valid until the next call.
func (b *Best) Hits() []Hit { return b.hits }

// Offer keeps h if it is among the best k so far. O(log k).
func (b *Best) Offer(h Hit) {
	switch {
	case len(b.hits) < b.k:
		b.hits = append(b.hits, h)
		b.siftUp(len(b.hits) - 1)
	case b.hits[0].isWorse(&h):
		b.replaceWorst(h)
	}
}

func (b *Best) siftUp(i int) {
	for i > 0 {
		up := (i - 1) / 2
		if !b.hits[i].isWorse(&b.hits[up]) {
			return
		}
		b.hits[up], b.hits[i] = b.hits[i], b.hits[up]
		i = up
	}
}

// replaceWorst puts h in the place of the worst hit: what is worse than h moves up.
func (b *Best) replaceWorst(h Hit) {
	hits, i := b.hits, 0
	for {
		child := 2*i + 1
		if child >= len(hits) {
			break
		}
		if child+1 < len(hits) && hits[child+1].isWorse(&hits[child]) {
			child++
		}
		if !hits[child].isWorse(&h) {
			break
		}
		hits[i] = hits[child]
		i = child
	}
	hits[i] = h
}
