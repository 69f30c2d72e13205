package lexical

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
)

// windowRows is how many rows are scored at a time: their accumulators, 64 KiB,
// stay in the second cache while the terms' lists pass over them. A power of two,
// as rows are masked into the window.
const windowRows = 8192

// blocksPerStop is how many blocks of a single list are as much work as a window.
const blocksPerStop = windowRows / blockRows

// slack is far more than what a few thousand roundings can take from a bound.
const slack = 1 + 1e-9

// Top appends the best k visible rows that hold at least one term to dst: score
// descending, ties by (Part, Row) ascending. stop, unless nil, is asked once a
// window of rows that hold a term (or so many postings of a single one) and ends the search early; what was found
// by then is returned.
//
// In every window the lists whose bounds together cannot reach the worst of the
// best k so far may be passive, and are where they are long beside the others.
// The others are added up, term after term, but for blocks that cannot reach it
// with all else that the window has; the passive ones are looked up for the rows
// that then still can. A question of few postings is simply added up.
// At worst O(postings + windows*terms). No allocation once warm.
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
	s.openCursors(part)
	if len(s.cursors) == 1 {
		return s.topOfList(part, &s.cursors[0], stop)
	}
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

// topOfList is topOfPart for one list: nothing is to be summed, so that blocks
// take the place of windows.
func (s *Searcher) topOfList(part int32, c *cursor, stop func() bool) bool {
	p, need := &s.parts[part], s.need()
	lengths := p.Reader.parts.Lengths
	for ; c.block <= c.blocks; c.step() {
		if float64(c.blockPeak(s, c.block)*slack) < need {
			continue
		}
		if c.block%blocksPerStop == 0 && stop != nil && stop() {
			return false
		}
		c.load()
		c.unpackFreqs()
		for i, row := range c.rows[:c.n] {
			if uint64(row) >= uint64(len(lengths)) {
				continue // only in damaged columns
			}
			sum := float64(c.weight * s.share(c.freqs[i], lengths[row]))
			if sum < need || sum == 0 || !p.Visible(int(row)) {
				continue
			}
			s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: row}, Score: sum})
			need = s.need()
		}
	}
	return true
}

// openCursors sets a cursor to the start of every list of the part.
func (s *Searcher) openCursors(part int32) {
	lists := s.listsOf(part)
	s.cursors = slices.Grow(s.cursors[:0], len(lists))[:len(lists)]
	s.gains = slices.Grow(s.gains[:0], len(lists))[:len(lists)]
	lengths := s.parts[part].Reader.parts.Lengths
	for term := range lists {
		s.cursors[term].open(s, lists[term], s.weight(term), lengths)
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
		need, total := s.need(), s.totalPeak()
		for term := range s.cursors { // the order of the question makes sums exact
			if c := &s.cursors[term]; c.active {
				s.accumulate(c, last, lengths, need-float64(float64(total-c.peak)*slack), passive > 0)
			}
		}
		if passive > 0 {
			s.collectMarked(part, first, lengths, passive, rest)
		} else {
			s.collect(part, first)
		}
	}
	for i := range s.cursors {
		s.cursors[i].leave(last)
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

// lookupPostings is how many postings are added up in the time of one look-up,
// about. Without it 51,000 turns took 66 instead of 48 us a question on average.
const lookupPostings = 32

// activate marks the lists of ranked behind the first passive, and those of the
// first that are cheaper to add up than to look up for every row of the others.
// It moves the rest to the front and returns how many they are and the sum of
// their peaks.
func (s *Searcher) activate(passive int) (kept int, rest float64) {
	near := 0
	for _, term := range s.ranked[passive:] {
		s.cursors[term].active = true
		near += s.cursors[term].near
	}
	for i, term := range s.ranked[:passive] {
		c := &s.cursors[term]
		if c.active = c.near < lookupPostings*near; c.active {
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
func (s *Searcher) accumulate(c *cursor, last uint32, lengths []uint32, need float64, marking bool) {
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
		s.note(c.rows[from:c.next], lengths, marking)
		s.add(c.rows[from:c.next], c.freqs[from:c.next], lengths, c.weight)
		if c.next < c.n {
			return
		}
		c.step()
	}
}

// add adds what a term gives to rows of the window.
func (s *Searcher) add(rows []uint32, freqs []uint16, lengths []uint32, weight float64) {
	table := &s.table
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
			s.window[at] += float64(weight * share(float64(freq), s.scale.norm(length)))
		}
	}
}

// note keeps which rows of the window have sums: in order, by marks, where lists are
// to be looked up for them; else as they come, which is quicker.
func (s *Searcher) note(rows, lengths []uint32, marking bool) {
	if !marking {
		s.summed = append(s.summed, rows...)
		return
	}
	for _, row := range rows {
		if at := int(row & (windowRows - 1)); at < len(lengths) {
			s.touched[at>>6] |= 1 << (at & 63)
		}
	}
}

// collect offers the rows of the window, all of whose lists are added up, and sets
// their sums to 0, so that one that several lists hold is offered once.
func (s *Searcher) collect(part int32, first uint32) {
	p, need := &s.parts[part], s.need()
	for _, row := range s.summed {
		at := row & (windowRows - 1)
		sum := s.window[at]
		s.window[at] = 0
		if sum < need || sum == 0 || !p.Visible(int(first+at)) {
			continue
		}
		s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: first + at}, Score: sum})
		need = s.need()
	}
	s.summed = s.summed[:0]
}

// collectMarked offers the rows of the window that can reach the best k and sets
// their sums to 0. The first passive lists of ranked are yet to be added; their
// peaks sum to rest.
func (s *Searcher) collectMarked(part int32, first uint32, lengths []uint32, passive int, rest float64) {
	p, need := &s.parts[part], s.need()
	for word, marks := range s.touched {
		s.touched[word] = 0
		for ; marks != 0; marks &= marks - 1 {
			at := word<<6 + bits.TrailingZeros64(marks)
			sum := s.window[at]
			s.window[at] = 0
			if float64(float64(sum+rest)*slack) < need || !p.Visible(int(first)+at) {
				continue
			}
			row := first + uint32(at)
			sum = s.complete(row, lengths[at], sum, passive, rest, need)
			if sum < need || sum == 0 {
				continue
			}
			s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: row}, Score: sum})
			need = s.need()
		}
	}
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
