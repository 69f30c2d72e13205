package signals

import (
	"iter"
	"math/bits"
	"slices"
)

// wordSet is a set of words of the question, by their numbers.
type wordSet []uint64

// reset empties it and makes room for so many words.
func (s *wordSet) reset(words int) {
	n := (words + 63) / 64
	*s = slices.Grow((*s)[:0], n)[:n]
	clear(*s)
}

// add puts a word into the set.
func (s wordSet) add(word int32) { s[word>>6] |= 1 << (word & 63) }

// take yields the words, ascending, and removes them.
func (s wordSet) take() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, held := range s {
			s[i] = 0
			for ; held != 0; held &= held - 1 {
				if !yield(i<<6 + bits.TrailingZeros64(held)) {
					return
				}
			}
		}
	}
}
