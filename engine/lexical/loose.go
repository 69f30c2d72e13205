package lexical

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
)

// A long question has words that stand in every tenth text and tell little, and their postings
// are most of all that it has. A Loose search leaves the most common words out, and adds what
// they give to the rows that the others put first: half as many again as are wanted.
const (
	// looseMass is the share of the question's idf that the words left out have at most. Of the
	// first eight hits of RouteFull over 100,000 turns .985 stay with .08, .982 with .1 and .979
	// with .12.
	looseMass = .08
	// looseSaves is how many postings are to be saved at least: what the words left out give is
	// looked up in the time that some 5,000 take.
	looseSaves = 8192
	// looseLeft is how many postings of rows that may be returned the other words have for each
	// row wanted, at least and about: else there may be too few rows.
	looseLeft = 16
	// looseMore is for how many rows wanted the others find one more.
	looseMore = 2
	// looseWanted is the most rows that may be wanted. Who wants more wants all, and more rows
	// would have to be looked up.
	looseWanted = 64
)

// leaveOut marks the terms that a search for k rows leaves out; false where there are none.
// What it decides by, live rows and their statistics, is the same however rows lie in parts.
func (s *Searcher) leaveOut(k int) bool {
	s.without = false
	clear(s.leftOut)
	if !s.Loose || k > looseWanted {
		return false
	}
	s.order = s.order[:0]
	for term := range s.idfs {
		s.order = append(s.order, int32(term))
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.idfs[a], s.idfs[b]), cmp.Compare(a, b))
	})
	mass, saved, left := 0.0, uint64(0), uint64(0)
	for _, term := range s.order {
		mass += s.idfs[term]
		if s.leftOut[term] = mass <= looseMass*s.mass; s.leftOut[term] {
			saved += s.live[term]
		} else {
			left += s.live[term]
		}
	}
	if saved < looseSaves || float64(left)*s.visibleShare() < float64(looseLeft*k) {
		clear(s.leftOut)
		return false
	}
	s.without = true
	return true
}

// Approximate reports whether the last Find left words out of its search: its rows may be
// others than the best, and their scores differ from those of Scores by a few roundings.
func (s *Searcher) Approximate() bool { return s.without }

// visibleShare returns the share of the live rows that may be returned. O(rows/64) where not all may.
func (s *Searcher) visibleShare() float64 {
	if !slices.ContainsFunc(s.parts, func(p Part) bool { return p.Allow != nil }) {
		return 1
	}
	visible := 0
	for i := range s.parts {
		p := &s.parts[i]
		if p.Allow == nil {
			visible += p.Reader.RowCount() - p.Dead.Count()
			continue
		}
		for w, word := range p.Allow {
			if w < len(p.Dead) {
				word &^= p.Dead[w]
			}
			visible += bits.OnesCount64(word)
		}
	}
	return float64(visible) / s.scale.documents
}

// addLeftOut adds to hits what the terms give that were left out.
func (s *Searcher) addLeftOut(hits []rows.Hit) {
	s.sorter.Hits(hits)
	s.refs, s.sums = s.refs[:0], s.sums[:0]
	for _, h := range hits {
		s.refs, s.sums = append(s.refs, h.Ref), append(s.sums, h.Score)
	}
	s.addTerms(s.sums, s.refs, func(term int) bool { return s.leftOut[term] })
	for i, sum := range s.sums {
		hits[i].Score = sum
	}
}
