package text

// Tokens is a reusable list of words, kept as one byte buffer and the end of
// every word in it, so that a warm list takes words without allocating.
//
// The zero value is an empty list. One goroutine at a time.
type Tokens struct {
	bytes []byte
	ends  []int // ends[i] is where word i stops in bytes and word i+1 starts
}

// Reset empties the list and keeps its memory. Slices that At gave out before
// are overwritten by what comes next.
func (t *Tokens) Reset() { t.bytes, t.ends = t.bytes[:0], t.ends[:0] }

// Clone returns a copy of the list that takes no more memory than it needs.
func (t *Tokens) Clone() Tokens {
	return Tokens{bytes: append(make([]byte, 0, len(t.bytes)), t.bytes...), ends: append(make([]int, 0, len(t.ends)), t.ends...)}
}

// Len returns the number of words.
func (t *Tokens) Len() int { return len(t.ends) }

// At returns word i, 0 <= i < Len. It aliases the list until the next Reset and
// must not be written; its capacity ends with it. Panics if i is out of range.
func (t *Tokens) At(i int) []byte {
	start, end := 0, t.ends[i]
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.bytes[start:end:end]
}

// Append adds one word, copied, as it is. For lists that do not come out of an
// Analyzer; an empty word is a word.
func (t *Tokens) Append(word []byte) {
	t.bytes = append(t.bytes, word...)
	t.ends = append(t.ends, len(t.bytes))
}

// AppendString is Append for a string.
func (t *Tokens) AppendString(word string) {
	t.bytes = append(t.bytes, word...)
	t.ends = append(t.ends, len(t.bytes))
}
