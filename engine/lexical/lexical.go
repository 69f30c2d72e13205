// Package lexical is the text index of a segment, and the exact BM25 search over
// the segments of a snapshot.
//
// A segment's index is four immutable columns (Parts): a dictionary from terms to ordinals and, per ordinal, a compressed list of the ascending rows
// that hold the term with its frequency there (postings.go has the layout). A
// search reads them in place, out of a mapped file or fresh from a Builder.
//
// Scores are those of Okapi BM25 (Robertson and Zaragoza 2009) in float64 with
// a fixed order of operations, over statistics of the whole snapshot: every CPU
// gives the same bits, and how rows are spread over segments never changes a
// score. The best k are found by MaxScore (Turtle and Flood 1995) over windows of
// rows with a bound for every block of a list (Ding and Suel 2011; Dimopoulos,
// Nepomnyachiy and Suel 2013): what cannot reach the best k is not unpacked.
package lexical

import (
	"bytes"
	"errors"
	"fmt"
	"math"
)

// ErrFormat is wrapped by every error about columns that cannot be an index.
var ErrFormat = errors.New("lexical: malformed index")

// ErrLimit is wrapped when an index would outgrow its 32-bit row numbers and offsets.
var ErrLimit = errors.New("lexical: index too large")

// Parts are the columns of one segment's index. They are read in place and
// never written once made.
//
// Ordinals are 0, 1, 2 ... in ascending byte order of the terms; the list of
// ordinal o starts at byte Starts[o] of Postings.
type Parts struct {
	// Dictionary maps terms to ordinals: a finite-state transducer (vellum v1) as files
	// have it, see Seal; or, of what Builder and Merge have just made, a list of the terms.
	Dictionary []byte
	Starts     []uint32 // terms+1 offsets, from 0 to len(Postings)-8, ascending
	Postings   []byte   // the lists, and 8 zeros
	Lengths    []uint32 // terms in every row, repetitions counted
}

// Reader reads one segment's index. It never changes: any number of goroutines
// may share it. It aliases the Parts it was opened on, which must outlive it.
type Reader struct {
	parts       Parts
	dictionary  dictionary
	totalLength uint64
	short       []uint8 // lengths up to lengthCap: what a question of one word reads of every posting's row
}

// Open checks that the columns agree with one another and returns a reader of
// them. It reads Starts, Lengths and the ends of the dictionary, not the postings:
// O(terms + rows). An error wraps ErrFormat.
//
// Damage inside postings or dictionary is for the file's checksum to find. A
// reader of damaged columns may miss rows or score them wrongly; it does not
// panic in a search.
func Open(p Parts) (*Reader, error) {
	if err := checkColumns(p); err != nil {
		return nil, err
	}
	dictionary, err := openDictionary(p.Dictionary, len(p.Starts)-1)
	if err != nil {
		return nil, err
	}
	r := &Reader{parts: p, dictionary: dictionary, short: make([]uint8, len(p.Lengths))}
	for row, n := range p.Lengths {
		r.totalLength += uint64(n)
		r.short[row] = uint8(min(n, lengthCap))
	}
	return r, nil
}

// Seal returns the columns as files hold them: with a transducer in place of a list of
// terms, which takes less than half its bytes and some .4 us a term to make. The others
// are aliased. Parts that are sealed are returned as they are.
func (p Parts) Seal() (Parts, error) {
	if !bytes.HasPrefix(p.Dictionary, listMagic) {
		return p, nil
	}
	terms, err := openTerms(p.Dictionary, len(p.Starts)-1)
	if err == nil {
		p.Dictionary, err = buildTransducer(terms)
	}
	return p, err
}

func checkColumns(p Parts) error {
	switch {
	case len(p.Starts) == 0 || p.Starts[0] != 0:
		return fmt.Errorf("%w: starts do not begin at 0", ErrFormat)
	case uint64(p.Starts[len(p.Starts)-1])+unpackAhead != uint64(len(p.Postings)):
		return fmt.Errorf("%w: starts end at %d of %d bytes", ErrFormat, p.Starts[len(p.Starts)-1], len(p.Postings))
	case uint64(len(p.Lengths)) > math.MaxUint32:
		return fmt.Errorf("%w: %d rows", ErrFormat, len(p.Lengths))
	}
	for o := 1; o < len(p.Starts); o++ {
		if p.Starts[o-1] > p.Starts[o] {
			return fmt.Errorf("%w: starts descend at term %d", ErrFormat, o)
		}
	}
	return nil
}

// RowCount returns the number of rows, dead ones included.
func (r *Reader) RowCount() int { return len(r.parts.Lengths) }

// TermCount returns the number of different terms.
func (r *Reader) TermCount() int { return len(r.parts.Starts) - 1 }

// TotalLength returns the sum of the lengths of all rows, dead ones included.
func (r *Reader) TotalLength() uint64 { return r.totalLength }

// Parts returns the columns, aliased.
func (r *Reader) Parts() Parts { return r.parts }

// listAt returns the list of an ordinal, which must be in range.
func (r *Reader) listAt(ordinal int) list {
	return openList(r.parts.Postings[r.parts.Starts[ordinal]:])
}

// find returns the list of a term; an empty one when it does not occur.
func (r *Reader) find(term []byte) list {
	ordinal := r.ordinal(term)
	if ordinal < 0 {
		return list{}
	}
	return r.listAt(int(ordinal))
}

// ordinal returns a term's; -1 when it does not occur.
func (r *Reader) ordinal(term []byte) int64 {
	ordinal, ok := r.dictionary.find(term)
	if !ok || ordinal >= uint64(r.TermCount()) {
		return -1
	}
	return int64(ordinal)
}
