package lexical

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
)

// Terms returns how many different words of the question occur, patterns included; they
// are numbered in the order of the question. Valid after Prepare.
func (s *Searcher) Terms() int { return len(s.idfs) }

// Words returns how many different words the question has, patterns left out, and how many
// of them occur. Valid after Prepare.
func (s *Searcher) Words() (all, known int) {
	for _, first := range s.chosen {
		if first {
			all++
		}
	}
	for _, word := range s.words {
		if word >= 0 {
			known++
		}
	}
	return all, known
}

// IDF returns the weight of a word's rarity, above 0; see Statistics.
func (s *Searcher) IDF(term int) float64 { return s.idfs[term] }

// Word returns which word of the question's list a term is, -1 for a pattern.
func (s *Searcher) Word(term int) int { return int(s.words[term]) }

// AverageLength returns how many terms the documents of the statistics have on average.
func (s *Searcher) AverageLength() float64 { return s.scale.average }

// Length returns how many terms a row has.
func (s *Searcher) Length(r rows.Ref) uint32 {
	return s.parts[r.Part].Reader.parts.Lengths[r.Row]
}

// Frequencies appends how often each row has each word: Terms() numbers a row. The rows
// must be in the parts, and ascend by (Part, Row). A block of a list is unpacked once for
// all rows in it.
func (s *Searcher) Frequencies(dst []uint16, refs []rows.Ref) []uint16 {
	terms := len(s.idfs)
	for len(refs) > 0 {
		n := 1
		for n < len(refs) && refs[n].Part == refs[0].Part {
			n++
		}
		at := len(dst)
		dst = slices.Grow(dst, n*terms)[:at+n*terms]
		clear(dst[at:])
		lists := s.listsOf(refs[0].Part)
		for term := range lists {
			s.eachPosting(&lists[term], refs[:n], func(i int, freq uint16) { dst[at+i*terms+term] = freq })
		}
		refs = refs[n:]
	}
	return dst
}

// eachPosting calls f for the rows of one part, which ascend, that a list holds.
func (s *Searcher) eachPosting(l *list, refs []rows.Ref, f func(i int, freq uint16)) {
	if l.count == 0 {
		return
	}
	p := &s.buffer
	block, at := -1, 0
	for i, r := range refs {
		if block < 0 || block < l.blocks() && l.lastRow(block) < r.Row {
			block, at = l.blockOf(r.Row), 0
			l.readRows(block, p)
		}
		if at < p.n && p.rows[at] < r.Row { // rows that lie together mostly have no posting between them
			at = p.find(at+1, r.Row)
		}
		if at < p.n && p.rows[at] == r.Row {
			f(i, p.freq(at))
		}
	}
}

// Length returns how many terms a row has, repetitions counted.
func (r *Reader) Length(row int) uint32 { return r.parts.Lengths[row] }
