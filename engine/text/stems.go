package text

import "github.com/zeebo/xxh3"

const (
	// stemSlotsMax bounds the cache of short words, 64 bytes each. The words of a
	// person's conversations mostly fit.
	stemSlotsMax = 1 << 14
	stemSlotsMin = 1 << 8
	// stemBytesMax is the longest word, and stem, that a slot holds.
	stemBytesMax = 27
	// longStemsMax bounds the words that are longer; that cache starts anew when full.
	longStemsMax = 1024
)

// stemCache remembers the stems of words. A word has two slots, side by side, the first of
// which it takes, and what was there the second: a look-up reads one or two lines of
// memory, where a map of strings reads four.
type stemCache struct {
	slots []stemSlot // a power of two
	taken int        // slots, since the last growth
	long  map[string][]byte
}

type stemSlot struct {
	hash               uint64
	wordSize, stemSize uint8 // word: 0 in an empty slot; stem: 0 of a stop word
	word, stem         [stemBytesMax]byte
}

func newStemCache() stemCache {
	return stemCache{slots: make([]stemSlot, stemSlotsMin), long: map[string][]byte{}}
}

// find returns the stem of a word, empty of a stop word, and whether it is known. The stem
// is the cache's until the next put.
func (c *stemCache) find(word []byte, hash uint64) (stem []byte, known bool) {
	if len(word) > stemBytesMax {
		stem, known = c.long[string(word)]
		return stem, known
	}
	pair := c.pair(hash)
	for i := range pair {
		if s := &pair[i]; s.hash == hash && string(s.word[:s.wordSize]) == string(word) {
			return s.stem[:s.stemSize], true
		}
	}
	return nil, false
}

// pair returns the slots of a hash.
func (c *stemCache) pair(hash uint64) *[2]stemSlot {
	at := hash & uint64(len(c.slots)-1) &^ 1
	return (*[2]stemSlot)(c.slots[at : at+2])
}

// put remembers a stem.
func (c *stemCache) put(word []byte, hash uint64, stem string) {
	if len(word) > stemBytesMax || len(stem) > stemBytesMax {
		if len(c.long) >= longStemsMax {
			clear(c.long)
		}
		c.long[string(word)] = []byte(stem)
		return
	}
	if c.taken++; c.taken > len(c.slots)/2 && len(c.slots) < stemSlotsMax {
		c.grow()
	}
	pair := c.pair(hash)
	pair[1] = pair[0]
	s := &pair[0]
	s.hash, s.wordSize, s.stemSize = hash, uint8(copy(s.word[:], word)), uint8(copy(s.stem[:], stem))
}

// grow makes room for four times as many words.
func (c *stemCache) grow() {
	old := c.slots
	c.slots, c.taken = make([]stemSlot, 4*len(old)), 0
	for i := range old {
		if s := &old[i]; s.wordSize > 0 {
			pair := c.pair(s.hash)
			pair[1], pair[0] = pair[0], *s
			c.taken++
		}
	}
}

func hashOf(word []byte) uint64 { return xxh3.Hash(word) }
