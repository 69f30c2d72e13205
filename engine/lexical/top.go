package lexical

import (
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
)

// windowRows is how many rows are scored at a time: their accumulators, 32 KiB,
// stay in the fastest cache while every term's list passes over them. A power of
// two, as rows are masked into the window.
const windowRows = 4096

// Top appends the best k visible rows that hold at least one term to dst: score
// descending, ties by (Part, Row) ascending. stop, unless nil, is asked once a
// window of rows that hold a term and ends the search early; what was found
// by then is returned.
//
// Every posting of the question's terms is scored: term after term into the
// window's accumulators, then once more over the same postings to collect and
// clear them, so that a window with few postings costs little.
// O(postings + windows*terms*log(windowRows)). No allocation once warm.
func (s *Searcher) Top(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	if k <= 0 || len(s.idfs) == 0 {
		return dst
	}
	s.best.Reset(k)
	for part := range s.parts {
		if !s.topOfPart(int32(part), stop) {
			break
		}
	}
	slices.SortFunc(s.best.Hits(), rows.Hit.Compare)
	return append(dst, s.best.Hits()...)
}

// topOfPart offers the rows of one part to the heap; false when told to stop.
func (s *Searcher) topOfPart(part int32, stop func() bool) bool {
	lists := s.listsOf(part)
	for i := range lists {
		lists[i].next = 0
	}
	lengths := s.parts[part].Reader.parts.Lengths
	for {
		row, ok := leastRow(lists)
		if !ok {
			return true
		}
		if stop != nil && stop() {
			return false
		}
		first := int(row) &^ (windowRows - 1)
		inside := lengths[min(first, len(lengths)):min(first+windowRows, len(lengths))]
		s.scoreWindow(part, first, inside)
	}
}

// leastRow returns the least row that any list has still to offer.
func leastRow(lists []cursor) (row uint32, ok bool) {
	row = math.MaxUint32
	for i := range lists {
		if l := &lists[i]; l.next < len(l.rows) {
			row, ok = min(row, l.rows[l.next]), true
		}
	}
	return row, ok
}

// scoreWindow scores the rows from first on, whose lengths are given, and moves
// every list behind them.
func (s *Searcher) scoreWindow(part int32, first int, lengths []uint32) {
	lists := s.listsOf(part)
	last := uint32(first + windowRows - 1)
	for term := range lists {
		l := &lists[term]
		l.end = endOfWindow(l.rows, l.next, last)
		s.accumulate(l.rows[l.next:l.end], l.freqs[l.next:l.end], lengths, s.weight(term))
	}
	for term := range lists {
		l := &lists[term]
		s.collect(part, first, l.rows[l.next:l.end])
		l.next = l.end
	}
}

// endOfWindow returns where, from next on, the rows up to last end. Rows differ,
// so a window holds windowRows of them at most. It moves on by one at least
// where rows[next] <= last, whatever the order of damaged rows.
func endOfWindow(rows []uint32, next int, last uint32) int {
	low, high := next, min(next+windowRows, len(rows))
	for low < high {
		middle := int(uint(low+high) >> 1)
		if rows[middle] <= last {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == next && next < len(rows) && rows[next] <= last {
		low++
	}
	return low
}

// accumulate adds what a term gives to the rows of a window.
func (s *Searcher) accumulate(rows []uint32, freqs []uint16, lengths []uint32, weight float64) {
	sc, table := s.scale, &s.table
	freqs = freqs[:len(rows)]
	for i, row := range rows {
		at := int(row & (windowRows - 1))
		if at >= len(lengths) {
			continue // only in damaged columns
		}
		freq, length := freqs[i], lengths[at]
		if freq < tableFreqs && length < tableLengths {
			s.window[at] += float64(weight * table[int(freq)*tableLengths+int(length)])
		} else {
			s.window[at] += float64(weight * share(float64(freq), sc.norm(length)))
		}
	}
}

// collect offers the window's sums at rows to the heap and sets them to 0, so
// that a row that several terms hold is offered once.
func (s *Searcher) collect(part int32, first int, list []uint32) {
	least, _ := s.best.Worst() // what a sum must reach; every sum is above 0
	for _, row := range list {
		at := row & (windowRows - 1)
		sum := s.window[at]
		s.window[at] = 0
		if sum < least || sum == 0 || !s.parts[part].Visible(first+int(at)) {
			continue
		}
		s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: uint32(first) + at}, Score: sum})
		least, _ = s.best.Worst()
	}
}
