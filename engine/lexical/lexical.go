// Package lexical is the text index of a segment, and the exact BM25 search over
// the segments of a snapshot.
//
// A segment's index is five immutable columns (Parts): a finite-state dictionary
// from terms to ordinals and, per ordinal, the ascending rows that hold the term
// with its frequency there. The columns are plain arrays that a search reads in
// place, out of a mapped file or fresh from a Builder.
//
// Scores are those of Okapi BM25 (Robertson and Zaragoza 2009) in float64 with
// a fixed order of operations, over statistics of the whole snapshot: every CPU
// gives the same bits, and how rows are spread over segments never changes a
// score. Useful for: best k of up to some millions of short texts. Not useful
// for: phrases, prefixes, fuzzy terms, and lists so long that most of their
// rows ought to be skipped instead of scored.
package lexical

import (
	"errors"
	"fmt"
	"math"

	"github.com/blevesearch/vellum"
)

// ErrFormat is wrapped by every error about columns that cannot be an index.
var ErrFormat = errors.New("lexical: malformed index")

// ErrLimit is wrapped when an index would outgrow its 32-bit row numbers and offsets.
var ErrLimit = errors.New("lexical: index too large")

// Parts are the columns of one segment's index. They are read in place and
// never written once made.
//
// Ordinals are 0, 1, 2 ... in ascending byte order of the terms; the postings of
// ordinal o are [Starts[o], Starts[o+1]) of Rows and Freqs.
type Parts struct {
	Dictionary []byte   // finite-state transducer (vellum v1): term -> ordinal
	Starts     []uint32 // terms+1 offsets, from 0 to len(Rows), ascending
	Rows       []uint32 // row numbers, ascending within a term
	Freqs      []uint16 // occurrences of the term in that row, saturated at 65,535
	Lengths    []uint32 // terms in every row, repetitions counted
}

// Reader reads one segment's index. It never changes: any number of goroutines
// may share it. It aliases the Parts it was opened on, which must outlive it.
type Reader struct {
	parts       Parts
	dictionary  *vellum.FST
	totalLength uint64
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
	dictionary, err := loadDictionary(p.Dictionary, len(p.Starts)-1)
	if err != nil {
		return nil, err
	}
	r := &Reader{parts: p, dictionary: dictionary}
	for _, n := range p.Lengths {
		r.totalLength += uint64(n)
	}
	return r, nil
}

func checkColumns(p Parts) error {
	switch {
	case len(p.Starts) == 0 || p.Starts[0] != 0:
		return fmt.Errorf("%w: starts do not begin at 0", ErrFormat)
	case uint64(p.Starts[len(p.Starts)-1]) != uint64(len(p.Rows)):
		return fmt.Errorf("%w: starts end at %d of %d postings", ErrFormat, p.Starts[len(p.Starts)-1], len(p.Rows))
	case len(p.Freqs) != len(p.Rows):
		return fmt.Errorf("%w: %d frequencies for %d postings", ErrFormat, len(p.Freqs), len(p.Rows))
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

// postings are the rows of one term in one segment, aliasing its columns.
type postings struct {
	rows  []uint32
	freqs []uint16
}

// postingsAt returns the list of an ordinal, which must be in range.
func (r *Reader) postingsAt(ordinal int) postings {
	start, end := r.parts.Starts[ordinal], r.parts.Starts[ordinal+1]
	return postings{r.parts.Rows[start:end:end], r.parts.Freqs[start:end:end]}
}

// find returns the postings of a term; an empty list when it does not occur.
func (r *Reader) find(term []byte) postings {
	ordinal, ok := lookUp(r.dictionary, term)
	if !ok || ordinal >= uint64(r.TermCount()) {
		return postings{}
	}
	list := r.postingsAt(int(ordinal))
	if n := len(list.rows); n == 0 || int64(list.rows[n-1]) >= int64(r.RowCount()) {
		return postings{} // only in damaged columns
	}
	return list
}
