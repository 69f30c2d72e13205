package lexical

import (
	"bytes"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// Part is one segment as a search sees it.
type Part struct {
	Reader *Reader
	rows.Filter
}

// Searcher holds one question and the scratch of its search. One goroutine at a
// time; the zero value is ready. Prepare first, then any of the others.
type Searcher struct {
	parts  []Part
	scale  scale
	table  shareTable // of scale
	idfs   []float64  // by term that occurs, in order of the question
	lists  []cursor   // [part][term that occurs]
	mass   float64    // sum of idfs
	order  []int32    // scratch of distinct
	chosen []bool     // scratch of distinct
	found  []postings
	best   rows.Best
	window [windowRows]float64
}

// cursor is a list and how far a search has come in it.
type cursor struct {
	postings
	next, end int // where the window at hand starts and ends in the list
}

// Prepare sets the question and the snapshot, and returns how many different
// terms of the question occur in a live row. Only those take part, each once
// however often the question repeats it, in order of first appearance.
//
// A term's document frequency counts live rows of all parts, so that neither
// the layout of segments nor Allow changes a score. terms is not kept; parts is
// borrowed until the next Prepare. One dictionary look-up for each term and
// part, and a walk of the term's list where a part has dead rows; allocates only
// inside the look-ups once warm.
func (s *Searcher) Prepare(terms *text.Tokens, parts []Part, st Statistics) int {
	s.parts = parts
	if sc := newScale(st); sc != s.scale {
		s.scale = sc
		s.table.fill(&sc)
	}
	s.idfs, s.lists, s.mass = s.idfs[:0], s.lists[:0], 0
	s.markDistinct(terms)
	s.found = s.found[:0]
	for i := range terms.Len() {
		if !s.chosen[i] {
			continue
		}
		if df := s.findTerm(terms.At(i)); df > 0 {
			s.idfs = append(s.idfs, s.scale.idf(df))
			s.mass += s.idfs[len(s.idfs)-1]
		}
	}
	s.layLists()
	return len(s.idfs)
}

// markDistinct sets chosen[i] where word i is the first of its kind. By sorting,
// as a pasted page can be a question too.
func (s *Searcher) markDistinct(terms *text.Tokens) {
	n := terms.Len()
	s.order = slices.Grow(s.order[:0], n)[:n]
	s.chosen = slices.Grow(s.chosen[:0], n)[:n]
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		if order := bytes.Compare(terms.At(int(a)), terms.At(int(b))); order != 0 {
			return order
		}
		return int(a) - int(b)
	})
	for i, word := range s.order {
		s.chosen[word] = i == 0 || !bytes.Equal(terms.At(int(word)), terms.At(int(s.order[i-1])))
	}
}

// findTerm appends a term's list in every part to found and returns how many
// live rows hold it; when none does, found is as before.
func (s *Searcher) findTerm(term []byte) uint64 {
	first, df := len(s.found), uint64(0)
	for i := range s.parts {
		list := s.parts[i].Reader.find(term)
		s.found = append(s.found, list)
		df += countLive(list.rows, s.parts[i].Dead)
	}
	if df == 0 {
		s.found = s.found[:first]
	}
	return df
}

func countLive(list []uint32, dead rows.Set) uint64 {
	live := uint64(len(list))
	if len(dead) == 0 {
		return live
	}
	for _, row := range list {
		if dead.Has(int(row)) {
			live--
		}
	}
	return live
}

// layLists turns found, which is [term][part], into lists, which is [part][term].
func (s *Searcher) layLists() {
	for part := range s.parts {
		for term := range s.idfs {
			s.lists = append(s.lists, cursor{postings: s.found[term*len(s.parts)+part]})
		}
	}
}

// listsOf returns the lists of a part, one for each term that occurs.
func (s *Searcher) listsOf(part int32) []cursor {
	n := len(s.idfs)
	return s.lists[int(part)*n : (int(part)+1)*n]
}

// weight is a term's idf*(k1+1), which bounds what it adds to a row.
func (s *Searcher) weight(term int) float64 { return float64(s.idfs[term] * (saturation + 1)) }

// Score returns the exact score of one row, dead or alive: the same bits as in
// Top, 0 when it holds no term. The row must be in the part. O(terms log list).
func (s *Searcher) Score(r rows.Ref) float64 {
	norm := s.scale.norm(s.parts[r.Part].Reader.parts.Lengths[r.Row])
	sum := 0.0
	for term, list := range s.listsOf(r.Part) {
		if at, ok := slices.BinarySearch(list.rows, r.Row); ok {
			sum += float64(s.weight(term) * share(float64(list.freqs[at]), norm))
		}
	}
	return sum
}

// Forget drops the parts of the last search.
func (s *Searcher) Forget() {
	clear(s.lists[:cap(s.lists)])
	clear(s.found[:cap(s.found)])
	s.parts = nil
}
