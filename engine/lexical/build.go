package lexical

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/text"
)

// Builder collects rows and makes the index of them. One goroutine at a time;
// spent after Finish, until Reset.
type Builder struct {
	// slots are a hash table: the place in terms, and one more, of the term whose hash
	// points there or to the next slots before; 0 is empty. At least half of them are.
	// A map took a third more time, and a string for every term.
	slots   []uint32
	terms   []builderTerm
	bytes   []byte    // of the terms, one behind the other
	entries []entry   // postings of the last rows, row after row
	full    [][]entry // those of the rows before: large slices that grow are copied again and again
	stored  int       // how many postings are in full
	lengths []uint32  // of every row

	rows  []uint32 // scratch of Finish: the postings by term
	freqs []uint16
}

// keptTerms is the number of terms up to which Reset keeps memory: emptying a
// large map for every short text to come would cost more than it spares.
const keptTerms = 8192

// entriesKept is from how many postings on the next row starts another slice of them.
const entriesKept = 1 << 16

// builderTerm is a term in order of first appearance.
type builderTerm struct {
	hash    uint64
	start   uint32 // in bytes
	size    uint32
	count   uint32 // rows that hold it
	lastRow uint32
	last    int // where in entries the posting of lastRow is, while that is the row at hand
}

type entry struct {
	id, row uint32
	freq    uint16
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{slots: make([]uint32, slotsMin)} }

const slotsMin = 64

// Reset empties the builder for other rows and keeps its memory where that is
// small. Parts that Finish gave out stay as they are.
func (b *Builder) Reset() {
	if len(b.terms) > keptTerms || b.stored > 0 {
		*b = *NewBuilder()
		return
	}
	clear(b.slots)
	b.terms, b.bytes, b.entries, b.lengths = b.terms[:0], b.bytes[:0], b.entries[:0], b.lengths[:0]
}

// Add appends the next row; rows are numbered 0, 1, 2 ... in order of the calls.
// terms may be empty and is copied. O(terms) expected.
func (b *Builder) Add(terms *text.Tokens) {
	row := uint32(len(b.lengths))
	if len(b.entries) >= entriesKept {
		b.full, b.stored = append(b.full, b.entries), b.stored+len(b.entries)
		b.entries = make([]entry, 0, entriesKept+entriesKept/16)
	}
	for i := range terms.Len() {
		b.count(terms.At(i), row)
	}
	b.lengths = append(b.lengths, uint32(terms.Len()))
}

// count adds one occurrence of term in row, the last row so far.
func (b *Builder) count(term []byte, row uint32) {
	id, known := b.idOf(term)
	t := &b.terms[id]
	if known && t.lastRow == row {
		if b.entries[t.last].freq < math.MaxUint16 {
			b.entries[t.last].freq++
		}
		return
	}
	t.count++
	t.last, t.lastRow = len(b.entries), row
	b.entries = append(b.entries, entry{id, row, 1})
}

// idOf returns the place of a term in terms, where it is put unless it is there.
func (b *Builder) idOf(term []byte) (id uint32, known bool) {
	hash := xxh3.Hash(term)
	mask := uint64(len(b.slots) - 1)
	at := hash & mask
	for ; b.slots[at] != 0; at = (at + 1) & mask {
		id = b.slots[at] - 1
		if t := &b.terms[id]; t.hash == hash && string(b.termOf(t)) == string(term) {
			return id, true
		}
	}
	id = uint32(len(b.terms))
	b.terms = append(b.terms, builderTerm{hash: hash, start: uint32(len(b.bytes)), size: uint32(len(term))})
	b.bytes = append(b.bytes, term...)
	b.slots[at] = id + 1
	if 2*len(b.terms) > len(b.slots) {
		b.growSlots()
	}
	return id, false
}

func (b *Builder) termOf(t *builderTerm) []byte { return b.bytes[t.start:][:t.size] }

// growSlots doubles the hash table.
func (b *Builder) growSlots() {
	b.slots = make([]uint32, 2*len(b.slots))
	mask := uint64(len(b.slots) - 1)
	for id := range b.terms {
		at := b.terms[id].hash & mask
		for b.slots[at] != 0 {
			at = (at + 1) & mask
		}
		b.slots[at] = uint32(id + 1)
	}
}

// sorted returns the places of the terms in the order of their bytes.
func (b *Builder) sorted() []uint32 {
	type keyed struct {
		first uint64 // bytes, which tell most terms apart
		id    uint32
	}
	keys := make([]keyed, len(b.terms))
	for id := range b.terms {
		keys[id] = keyed{firstBytes(b.termOf(&b.terms[id])), uint32(id)}
	}
	slices.SortFunc(keys, func(x, y keyed) int {
		if x.first != y.first {
			return cmp.Compare(x.first, y.first)
		}
		return bytes.Compare(b.termOf(&b.terms[x.id]), b.termOf(&b.terms[y.id]))
	})
	order := make([]uint32, len(keys))
	for i := range keys {
		order[i] = keys[i].id
	}
	return order
}

// Finish returns the index of the rows added. The columns are the caller's; they
// depend on the rows alone. Fails only beyond 2^32-1 rows, postings or bytes of
// postings (ErrLimit).
// O(postings + terms log terms).
func (b *Builder) Finish() (Parts, error) {
	postings := b.stored + len(b.entries)
	if err := checkLimits(len(b.lengths), max(postings, len(b.bytes))); err != nil {
		return Parts{}, err
	}
	order := b.sorted()
	out := newColumns(len(b.terms), postings)
	out.parts.Lengths = append(make([]uint32, 0, len(b.lengths)), b.lengths...)
	b.sortEntries(order)
	at := uint32(0)
	for n, id := range order {
		if n%yieldTerms == 0 {
			runtime.Gosched()
		}
		t := &b.terms[id]
		out.terms.Append(b.termOf(t))
		out.appendPostings(b.rows[at:at+t.count], b.freqs[at:at+t.count])
		at += t.count
	}
	return out.finish()
}

// sortEntries lays the entries out by term in rows and freqs.
func (b *Builder) sortEntries(order []uint32) {
	next := make([]uint32, len(b.terms)) // by id: where its next posting goes
	at := uint32(0)
	for _, id := range order {
		next[id] = at
		at += b.terms[id].count
	}
	b.rows = slices.Grow(b.rows[:0], int(at))[:at]
	b.freqs = slices.Grow(b.freqs[:0], int(at))[:at]
	for _, entries := range append(b.full, b.entries) {
		for _, e := range entries {
			b.rows[next[e.id]], b.freqs[next[e.id]] = e.row, e.freq
			next[e.id]++
		}
	}
}

func checkLimits(rows, entries int) error {
	if uint64(rows) > math.MaxUint32 || uint64(entries) > math.MaxUint32 {
		return fmt.Errorf("%w: %d rows, %d postings", ErrLimit, rows, entries)
	}
	return nil
}

// columns are Parts in the making; Builder, Merge and Upgrade share them so that
// all make the same bytes. Lengths come first: impacts are made of them.
type columns struct {
	parts Parts
	terms text.Tokens // ascending
}

// newColumns has room for so many terms and, roughly, postings.
func newColumns(terms, postings int) *columns {
	return &columns{parts: Parts{
		Starts:   append(make([]uint32, 0, terms+1), 0),
		Postings: make([]byte, 0, terms+2*postings+unpackAhead),
	}}
}

// appendPostings appends the list of the next term. Beyond 4 GiB starts wrap,
// which close finds.
func (c *columns) appendPostings(rows []uint32, freqs []uint16) {
	c.parts.Postings = appendList(c.parts.Postings, rows, freqs, c.parts.Lengths)
	c.parts.Starts = append(c.parts.Starts, uint32(len(c.parts.Postings)))
}

// close ends the postings.
func (c *columns) close() (Parts, error) {
	if uint64(len(c.parts.Postings)) > math.MaxUint32 {
		return Parts{}, fmt.Errorf("%w: postings of %d bytes", ErrLimit, len(c.parts.Postings))
	}
	c.parts.Postings = append(c.parts.Postings, make([]byte, unpackAhead)...)
	return c.parts, nil
}

// finish ends the postings and adds the dictionary.
func (c *columns) finish() (Parts, error) {
	dictionary, err := buildList(&c.terms)
	if err != nil {
		return Parts{}, err
	}
	c.parts.Dictionary = dictionary
	return c.close()
}
