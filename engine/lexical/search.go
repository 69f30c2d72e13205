package lexical

import (
	"bytes"
	"slices"

	"github.com/nexus-memory/nexus/engine/text"
)

// Part is one segment as a search sees it. Bit row%64 of word row/64.
type Part struct {
	Reader *Reader
	Dead   []uint64 // rows that were deleted; nil = none
	Allow  []uint64 // rows that may be returned; nil = all
}

// visible reports whether row may be returned.
func (p *Part) visible(row int) bool {
	return !isSet(p.Dead, row) && (p.Allow == nil || isSet(p.Allow, row))
}

// Hit is one row with its exact score, above 0.
type Hit struct {
	Part  int32 // index of the part
	Row   uint32
	Score float64
}

// before orders hits best first: higher score, then earlier row.
func before(a, b Hit) int {
	switch {
	case a.Score > b.Score:
		return -1
	case a.Score < b.Score:
		return 1
	case a.Part != b.Part:
		return int(a.Part) - int(b.Part)
	case a.Row < b.Row:
		return -1
	case a.Row > b.Row:
		return 1
	}
	return 0
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
	best   []Hit // heap of Top, worst first
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

func countLive(rows []uint32, dead []uint64) uint64 {
	live := uint64(len(rows))
	if len(dead) == 0 {
		return live
	}
	for _, row := range rows {
		if isSet(dead, int(row)) {
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
// Top, 0 when it holds no term. row must be in the part. O(terms log list).
func (s *Searcher) Score(part int32, row uint32) float64 {
	norm := s.scale.norm(s.parts[part].Reader.parts.Lengths[row])
	sum := 0.0
	for term, list := range s.listsOf(part) {
		if at, ok := slices.BinarySearch(list.rows, row); ok {
			sum += float64(s.weight(term) * share(float64(list.freqs[at]), norm))
		}
	}
	return sum
}

// Coverage returns which share of the question's weight, the idf of its terms
// that occur anywhere, the terms in this row make up: 0 none, 1 all of them.
// 0 when no term occurs anywhere. O(terms log list).
func (s *Searcher) Coverage(part int32, row uint32) float64 {
	sum := 0.0
	for term, list := range s.listsOf(part) {
		if _, ok := slices.BinarySearch(list.rows, row); ok {
			sum += s.idfs[term]
		}
	}
	if sum == 0 {
		return 0
	}
	return sum / s.mass
}
