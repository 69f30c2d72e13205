package lexical

import (
	"cmp"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// windowRows is how many rows are scored at a time: their accumulators, 128 KiB,
// stay in the second cache while the terms' lists pass over them. A power of two,
// as rows are masked into the window.
const windowRows = 16384

// scanPostings is from how many postings of a window on all its rows are looked
// through, 2.8 us, instead of those of the lists once more, some 1 ns each.
const scanPostings = windowRows / 4

// slack is far more than what a few thousand roundings can take from a bound.
const slack = 1 + 1e-9

// Top appends the best k visible rows that hold at least one term to dst: score
// descending, ties by (Part, Row) ascending. stop, unless nil, is asked once a
// window of rows that hold a term (or so many postings of a single one) and ends the search early; what was found
// by then is returned, which of a single term may be nothing: only rows that look as if they were among the best
// are kept.
//
// In every window the lists whose bounds together cannot reach the worst of the
// best k so far may be passive, and are where they are long beside the others.
// The others are added up, term after term, but for blocks that cannot reach it
// with all else that the window has; the passive ones are looked up for the rows
// that then still can. A question of few postings is simply added up.
// At worst O(postings + windows*terms), twice that where it is Loose. No allocation once warm.
func (s *Searcher) Top(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	at := len(dst)
	dst = s.Find(dst, k, stop)
	slices.SortFunc(dst[at:], rows.Hit.Compare)
	return dst
}

// Find is Top in no order.
func (s *Searcher) Find(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	if k <= 0 || len(s.idfs) == 0 {
		return dst
	}
	if s.leaveOut(k) {
		hits, stopped := s.search(k+k/looseMore, stop)
		if len(hits) >= k || stopped {
			s.addLeftOut(hits)
			return append(dst, rows.BestOf(hits, k)...)
		}
		s.without = false
		clear(s.leftOut)
	}
	hits, _ := s.search(k, stop)
	return append(dst, hits...)
}

// search returns the best k rows by the terms that are not left out, in no order, and whether
// it was told to stop before it had seen all.
func (s *Searcher) search(k int, stop func() bool) (hits []rows.Hit, stopped bool) {
	s.best.Reset(k)
	if len(s.idfs) == 1 {
		s.bar.lower(s.weight(0))
		s.aim(k)
	}
	for part := range s.parts {
		if stopped = !s.topOfPart(int32(part), stop); stopped {
			break
		}
	}
	return s.best.Hits(), stopped
}

// topOfPart offers the rows of one part to the heap; false when told to stop.
func (s *Searcher) topOfPart(part int32, stop func() bool) bool {
	if lists := s.listsOf(part); len(lists) == 1 {
		return s.topOfList(part, &lists[0], stop)
	}
	s.openCursors(part)
	s.survival = 1
	for {
		row := s.leastRow()
		if row >= uint64(s.parts[part].Reader.RowCount()) {
			return true
		}
		if stop != nil && stop() {
			return false
		}
		s.scoreWindow(part, uint32(row)&^(windowRows-1))
	}
}

// openCursors sets a cursor to the start of every list of the part.
func (s *Searcher) openCursors(part int32) {
	lists := s.listsOf(part)
	s.cursors = slices.Grow(s.cursors[:0], len(lists))[:len(lists)]
	s.gains = slices.Grow(s.gains[:0], len(lists))[:len(lists)]
	lengths := s.parts[part].Reader.parts.Lengths
	for term, l := range lists {
		if s.leftOut[term] {
			l = list{}
		}
		s.cursors[term].open(s, l, s.weight(term), lengths)
	}
}

// leastRow returns the least row that any list may have still to offer.
func (s *Searcher) leastRow() uint64 {
	row := uint64(math.MaxUint64)
	for i := range s.cursors {
		row = min(row, s.cursors[i].row())
	}
	return row
}

// scoreWindow offers the rows from first on and moves every list behind them.
func (s *Searcher) scoreWindow(part int32, first uint32) {
	lengths := s.parts[part].Reader.parts.Lengths[first:]
	lengths = lengths[:min(windowRows, len(lengths))]
	last := first + windowRows - 1
	passive, rest := s.rank(last)
	if passive == len(s.ranked) {
		last = max(last, s.hopeless())
	} else {
		s.accumulateActive(part, first, last, lengths, passive)
		if passive > 0 {
			s.completeWindow(part, first, lengths, passive, rest)
		} else {
			s.collect(part, first)
		}
	}
	for i := range s.cursors {
		s.cursors[i].leave(last)
	}
}

// accumulateActive adds up the active lists in the order of the question, which makes
// the sums exact where no list is passive.
func (s *Searcher) accumulateActive(part int32, first, last uint32, lengths []uint32, passive int) {
	s.near, s.scanned = 0, 0
	for _, term := range s.ranked[passive:] {
		s.near += s.cursors[term].near
	}
	if s.near >= scanPostings {
		s.scanned = len(lengths)
	}
	need, total := s.need(), s.totalPeak()
	for term := range s.cursors {
		if c := &s.cursors[term]; c.active {
			s.accumulate(c, last, lengths, need-float64(float64(total-c.peak)*slack))
		}
	}
}

// hopeless returns a row up to which none can reach the best k, by the blocks at
// hand, or 0. Where lists are sparse it lies many windows ahead.
func (s *Searcher) hopeless() uint32 {
	end, total := uint32(math.MaxUint32), 0.0
	for i := range s.cursors {
		c := &s.cursors[i]
		if first, last := c.ends(c.block); first <= last {
			end = min(end, last)
			total += c.blockPeak(s, c.block)
		}
	}
	if float64(total*slack) < s.need() {
		return end
	}
	return 0
}

// need returns the score that a row must reach.
func (s *Searcher) need() float64 {
	need, _ := s.best.Worst()
	return need
}

func (s *Searcher) totalPeak() float64 {
	total := 0.0
	for _, term := range s.ranked {
		total += s.cursors[term].peak
	}
	return total
}

// rank puts the lists with rows up to last into ranked, least peak first, and
// returns how many of them are passive and the sum of their peaks: rows that
// only they hold cannot reach the best k.
func (s *Searcher) rank(last uint32) (passive int, rest float64) {
	s.ranked = s.ranked[:0]
	for term := range s.cursors {
		c := &s.cursors[term]
		c.active = false
		if c.peak = c.peakUpTo(s, last); c.peak > 0 {
			s.ranked = append(s.ranked, int32(term))
		}
	}
	slices.SortFunc(s.ranked, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.cursors[a].peak, s.cursors[b].peak), int(a-b))
	})
	need := s.need()
	for _, term := range s.ranked {
		if float64(float64(rest+s.cursors[term].peak)*slack) >= need {
			break
		}
		rest += s.cursors[term].peak
		passive++
	}
	if passive == len(s.ranked) {
		return passive, rest
	}
	return s.activate(passive)
}

// lookupPostings is how many postings are added up in the time of one look-up, about. Few,
// as most rows fall at the first list. With 2, 6 and 16, 1,000,000 texts took 901, 738
// and 795 us for content words, 265, 196 and 218 for two, 3.1, 3.6 and 4.9 ms for whole questions.
const lookupPostings = 6

// activate marks the lists of ranked behind the first passive, and those of the
// first that are cheaper to add up than to look up for the rows of the others that
// can still reach the best k, of which there were a share of survival in the window
// before. It moves the rest to the front and returns how many they are and the sum of
// their peaks.
func (s *Searcher) activate(passive int) (kept int, rest float64) {
	near := 0
	for _, term := range s.ranked[passive:] {
		s.cursors[term].active = true
		near += s.cursors[term].near
	}
	lookups := float64(float64(near) * s.survival)
	for i, term := range s.ranked[:passive] {
		c := &s.cursors[term]
		if c.active = float64(c.near) < float64(lookupPostings*lookups); c.active {
			continue
		}
		s.ranked[kept], s.ranked[i] = term, s.ranked[kept]
		kept++
		rest += c.peak
	}
	return kept, rest
}

// accumulate adds what a list gives to the rows up to last. Blocks whose peak is
// below need are left out: their rows cannot reach the best k.
func (s *Searcher) accumulate(c *cursor, last uint32, lengths []uint32, need float64) {
	for c.startsUpTo(last) {
		if float64(c.blockPeak(s, c.block)*slack) < need {
			if !c.skip(last) {
				return
			}
			continue
		}
		c.load()
		c.unpackFreqs()
		from := c.next
		if c.n > 0 && c.rows[c.n-1] <= last {
			c.next = c.n
		} else if last < math.MaxUint32 {
			c.next = c.find(from, last+1)
		}
		if s.scanned == 0 {
			s.summed = append(s.summed, c.rows[from:c.next]...)
		}
		s.add(c.rows[from:c.next], c.freqs[from:c.next], lengths, c.weight)
		if c.next < c.n {
			return
		}
		c.step()
	}
}

// add adds what a term gives to rows of the window. It divides for each, as the table has no
// long rows, and the processor cannot foresee where these stand.
func (s *Searcher) add(rows []uint32, freqs []uint16, lengths []uint32, weight float64) {
	sc, freqs := s.scale, freqs[:len(rows)]
	for i, row := range rows {
		at := int(row & (windowRows - 1))
		if at >= len(lengths) {
			continue // only in damaged columns
		}
		s.window[at] += float64(weight * share(float64(freqs[i]), sc.norm(lengths[at])))
	}
}

// collect offers the rows of the window, all of whose lists are added up, and sets
// their sums to 0, so that one that several lists hold is offered once.
func (s *Searcher) collect(part int32, first uint32) {
	need := s.need()
	if s.scanned > 0 {
		s.take(max(need, math.SmallestNonzeroFloat64))
		for i, at := range s.candidates {
			if s.sums[i] >= need {
				need = s.offer(part, first+at, s.sums[i])
			}
		}
		return
	}
	for _, row := range s.summed {
		at := row & (windowRows - 1)
		sum := s.window[at]
		s.window[at] = 0
		if sum >= need && sum > 0 {
			need = s.offer(part, first+at, sum)
		}
	}
	s.summed = s.summed[:0]
}

// take moves the rows of the window that have least or more into candidates, ascending,
// and their sums into sums, and sets the window to 0.
func (s *Searcher) take(least float64) {
	s.candidates = slices.Grow(s.candidates[:0], windowRows)[:windowRows]
	s.sums = slices.Grow(s.sums[:0], windowRows)[:windowRows]
	found := kernels.TakeAbove(s.window[:s.scanned], least, s.candidates, s.sums)
	s.candidates, s.sums = s.candidates[:found], s.sums[:found]
}

// offer keeps a row if it is visible and among the best, and returns what is needed then.
func (s *Searcher) offer(part int32, row uint32, sum float64) float64 {
	if s.parts[part].Visible(int(row)) {
		s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: row}, Score: sum})
	}
	return s.need()
}

// completeWindow offers the rows of the window that can reach the best k and sets all
// sums to 0. The first passive lists of ranked are yet to be looked up; their peaks sum to rest.
func (s *Searcher) completeWindow(part int32, first uint32, lengths []uint32, passive int, rest float64) {
	p, touched := &s.parts[part], max(s.near, 1)
	s.pickCandidates(s.need(), rest)
	s.survival = float64(len(s.candidates)) / float64(touched)
	for i, at := range s.candidates {
		row, sum, need := first+at, s.sums[i], s.need()
		if float64(float64(sum+rest)*slack) < need || !p.Visible(int(row)) {
			continue
		}
		if sum = s.complete(row, lengths[at], sum, passive, rest, need); sum >= need && sum > 0 {
			s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: row}, Score: sum})
		}
	}
}

// pickCandidates is take of the rows that reach need with rest more, and a few that just
// do not.
func (s *Searcher) pickCandidates(need, rest float64) {
	least := max(float64(need*(2-slack*slack))-rest, math.SmallestNonzeroFloat64)
	if s.scanned > 0 {
		s.take(least)
		return
	}
	s.candidates, s.sums = s.candidates[:0], s.sums[:0]
	for _, row := range s.summed {
		at := row & (windowRows - 1)
		switch sum := s.window[at]; {
		case sum >= least:
			s.candidates = append(s.candidates, at)
			s.window[at] = -sum // a row of several lists is taken once
		case sum > 0:
			s.window[at] = 0
		}
	}
	slices.Sort(s.candidates)
	for _, at := range s.candidates {
		s.sums = append(s.sums, -s.window[at])
		s.window[at] = 0
	}
	s.summed = s.summed[:0]
}

// complete returns the exact score of a row that active lists give sum, or 0 as
// soon as it is known not to reach need. Rows of a window come in ascending order.
func (s *Searcher) complete(row, length uint32, sum float64, passive int, rest, need float64) float64 {
	clear(s.gains)
	for i := passive - 1; i >= 0; i-- {
		term := s.ranked[i]
		c := &s.cursors[term]
		if float64(float64(sum+rest)*slack) < need {
			return 0
		}
		rest -= c.peak
		if !c.seek(row) || float64(float64(float64(sum+max(rest, 0))+c.blockPeak(s, c.block))*slack) < need {
			continue
		}
		c.load()
		if c.next = c.find(c.next, row); c.next < c.n && c.rows[c.next] == row {
			s.gains[term] = float64(c.weight * s.share(c.freq(c.next), length))
			sum += s.gains[term]
		}
	}
	if float64(sum*slack) < need {
		return 0
	}
	exact := 0.0
	for term := range s.cursors {
		if c := &s.cursors[term]; c.active {
			exact += c.gain(s, term, row, length)
		} else {
			exact += s.gains[term]
		}
	}
	return exact
}
