package lexical

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"runtime"

	"github.com/blevesearch/vellum"

	"github.com/nexus-memory/nexus/engine/rows"
)

// Source is one index that goes into a merge, without its dead rows.
type Source struct {
	Reader *Reader
	Dead   rows.Set
}

// Merge joins sources in their order into one index without the dead rows. Rows
// are numbered anew: those of the first source first. The result equals, byte
// for byte, what a Builder makes of the live rows. Sources are read only.
//
// Wraps ErrLimit beyond 2^32-1 rows or postings and ErrFormat when a dictionary
// cannot be walked; the sources' checksums must have been verified, as a damaged
// dictionary may hold a cycle. O(postings + terms log sources).
func Merge(sources []Source) (Parts, error) {
	rows, size, terms := 0, 0, 0
	for _, s := range sources {
		rows += liveRows(s)
		size += len(s.Reader.parts.Postings)
		terms = max(terms, s.Reader.TermCount())
	}
	if err := checkLimits(rows, 0); err != nil {
		return Parts{}, err
	}
	out := newColumns(terms, size/2)
	out.parts.Lengths = make([]uint32, rows)
	renumbered := renumber(sources, out.parts.Lengths)
	if err := mergeTerms(sources, renumbered, out); err != nil {
		return Parts{}, err
	}
	return out.finish()
}

func liveRows(s Source) int {
	n := s.Reader.RowCount()
	live := n
	for i, word := range s.Dead {
		if i == n>>6 {
			word &= 1<<(n&63) - 1
		}
		if i > n>>6 {
			break
		}
		live -= bits.OnesCount64(word)
	}
	return live
}

// dropped is the new number of a row that is not kept. No kept row has it, as
// there are fewer than 2^32 of them.
const dropped = ^uint32(0)

// renumber returns the new number of every row of every source and fills the
// lengths of the new rows.
func renumber(sources []Source, lengths []uint32) [][]uint32 {
	next := uint32(0)
	out := make([][]uint32, len(sources))
	for i, s := range sources {
		out[i] = make([]uint32, s.Reader.RowCount())
		for row, length := range s.Reader.parts.Lengths {
			if s.Dead.Has(row) {
				out[i][row] = dropped
				continue
			}
			out[i][row] = next
			lengths[next] = length
			next++
		}
	}
	return out
}

// termCursor stands at one term of one source.
type termCursor struct {
	source int
	*termWalk
	key uint64 // the term's first bytes: most terms differ in these
}

// ahead orders cursors by term, then by source, which keeps rows ascending.
func (c *termCursor) ahead(d *termCursor) bool {
	if c.key != d.key {
		return c.key < d.key
	}
	if order := bytes.Compare(c.term, d.term); order != 0 {
		return order < 0
	}
	return c.source < d.source
}

// next moves the cursor to the next term; vellum.ErrIteratorDone behind the last.
func (c *termCursor) next() error {
	err := c.step()
	if err != nil && !errors.Is(err, vellum.ErrIteratorDone) {
		return fmt.Errorf("%w: dictionary of source %d: %w", ErrFormat, c.source, err)
	}
	c.key = firstBytes(c.term)
	return err
}

// firstBytes returns the first eight bytes of a term, zeros where it has fewer, as a
// number that orders as they do.
func firstBytes(term []byte) uint64 {
	if len(term) >= 8 {
		return binary.BigEndian.Uint64(term)
	}
	key := uint64(0)
	for _, b := range term {
		key = key<<8 | uint64(b)
	}
	return key << (8 * (8 - len(term)))
}

// mergeTerms walks all dictionaries in step and appends the live postings of
// every term that has some.
func mergeTerms(sources []Source, renumbered [][]uint32, out *columns) error {
	heap, err := openCursors(sources)
	if err != nil {
		return err
	}
	var term []byte
	var live merged
	for n := 0; len(heap) > 0; n++ {
		if n%yieldTerms == 0 {
			runtime.Gosched()
		}
		term = append(term[:0], heap[0].term...)
		live.rows, live.freqs = live.rows[:0], live.freqs[:0]
		for len(heap) > 0 && bytes.Equal(heap[0].term, term) {
			c := heap[0]
			if c.ordinal >= uint64(sources[c.source].Reader.TermCount()) {
				return fmt.Errorf("%w: ordinal %d in source %d", ErrFormat, c.ordinal, c.source)
			}
			live.append(sources[c.source].Reader.listAt(int(c.ordinal)), renumbered[c.source])
			if heap, err = advance(heap); err != nil {
				return err
			}
		}
		if len(live.rows) > 0 {
			out.terms.Append(term)
			out.appendPostings(live.rows, live.freqs)
		}
	}
	return nil
}

// merged are the live postings of one term, unpacked.
type merged struct {
	rows   []uint32
	freqs  []uint16
	buffer postings
}

// append appends the postings whose rows are kept, under their new numbers.
func (m *merged) append(l list, renumbered []uint32) {
	for block := range l.blocks() + 1 {
		for i := range l.read(block, &m.buffer) {
			row := m.buffer.rows[i]
			if uint64(row) >= uint64(len(renumbered)) || renumbered[row] == dropped {
				continue
			}
			m.rows = append(m.rows, renumbered[row])
			m.freqs = append(m.freqs, m.buffer.freqs[i])
		}
	}
}

// openCursors returns a heap of cursors at the first terms, least term on top.
func openCursors(sources []Source) ([]*termCursor, error) {
	var heap []*termCursor
	for i, s := range sources {
		c := &termCursor{source: i, termWalk: s.Reader.dictionary.walk()}
		err := c.next()
		if errors.Is(err, vellum.ErrIteratorDone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		heap = append(heap, c)
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftDown(heap, i)
	}
	return heap, nil
}

// advance moves the top cursor to its next term, or drops it at its end.
func advance(heap []*termCursor) ([]*termCursor, error) {
	top := heap[0]
	switch err := top.next(); {
	case errors.Is(err, vellum.ErrIteratorDone):
		last := len(heap) - 1
		heap[0] = heap[last]
		heap = heap[:last]
	case err != nil:
		return nil, err
	}
	siftDown(heap, 0)
	return heap, nil
}

func siftDown(heap []*termCursor, i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if heap[child].ahead(heap[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		heap[i], heap[first] = heap[first], heap[i]
		i = first
	}
}
