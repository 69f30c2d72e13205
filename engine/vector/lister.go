package vector

import (
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// quietPlaces is how many places are read, list after list, without one whose estimate is
// among the best so far, before the lists that are left are given up, where there are
// quietRows rows; of others as their number to the power of 5/8, as the more there are the more lists
// lie as near as those that hold the best. So the reading follows the question; a fixed number
// of lists needs up to twice as many places. A Loose search gives up after half.
const (
	quietPlaces = 53_500
	quietRows   = 1 << 20
	// flatShare is the share of all rows from which on, were so many places to bring nothing, a
	// scan of all codes is quicker: twice to three times as many are read in all, and a place takes
	// longer than a row there: twice as long where watchedDouble estimates are watched, and
	// filteredCost times where it may be of a row that may not be returned. It is of the places of
	// a search that is not Loose, whose scan of all codes finds as much less.
	flatShare     = .22
	watchedDouble = 80
	filteredCost  = 1.25
)

// watched returns how many of the best estimates are meant by that: more than k, since
// estimates are not exact. Where the last of k need not be among the best, fewer, as keeping
// many takes time: 64 of 131,072 turns are found better than by a flat scan in three fifths of its
// time, and with 148 in as much.
func (s *Searcher) watched(k int) int {
	if s.Loose {
		return 20 + k/4
	}
	return 30 + k
}

// lister is the scratch of a search in lists.
type lister struct {
	*Lists         // nil: the search has none
	parts  []int32 // which parts of the search those of the lists are; -1: none of them
	base   uint32  // number of the first place, behind those of all parts
	length float64 // of the vector that estimates are inner products with

	visible rows.Set // rows of the lists that may be returned, by number, unless all may
	all     bool     // they may
	dots    []int32
	near    []float32 // how near each list is
	order   kernels.TopK
	ids     []uint32
	values  []float32
	ordered int       // how many of the nearest lists were put in order last
	best    []float32 // best estimates so far, the worst first; -Inf while there are fewer
	quiet   int       // visible places since one was among the best
	enough  int       // of them
	fresh   []uint32
	scores  []float32
}

// UseLists has the search, which was prepared, find rows by lists where it estimates many of
// a part: parts says which part of the search each of the lists' parts is, -1 for none.
// The lists must have been made of such parts, for the search's metric; both are borrowed
// until the search ends.
func (s *Searcher) UseLists(lists *Lists, parts []int32) {
	l := &s.lister
	l.Lists, l.parts = lists, parts
	for _, part := range parts {
		if part >= 0 {
			s.places[part].inLists = true
		}
	}
}

// scanLists estimates the rows that the scan of parts has left to the lists: of the lists near the
// question, nearest first, until enough places in a row bring nothing; or all of them, where
// that is less work.
func (s *Searcher) scanLists(k int, stop func() bool) {
	l := &s.lister
	visible, all, every := 0, 0, true
	for _, part := range l.parts {
		if part < 0 || !s.places[part].left {
			every = false
			continue
		}
		n := s.parts[part].RowCount()
		all += n
		if set := s.places[part].visible; set != nil {
			n, every = set.Count(), false
		}
		visible += n
	}
	if visible == 0 {
		return
	}
	enough, watched := s.quietEnough(visible, all), s.watched(k)
	cost := 1 + float64(watched)/watchedDouble
	if !every {
		cost *= filteredCost
	}
	if float64(enough*cost) > flatShare*float64(all) && !s.AlwaysLists {
		for _, part := range l.parts {
			if part >= 0 && s.places[part].left {
				if s.visible = s.places[part].visible; !s.scanCodes(part, stop) {
					return
				}
			}
		}
		return
	}
	if s.Loose {
		enough /= 2
	}
	l.enough = int(enough * float64(visible) / float64(all))
	if l.all = every; !every {
		l.gather(s.places)
	}
	s.prepareLists()
	l.best, l.quiet = slices.Grow(l.best[:0], watched)[:watched], 0
	fill(l.best, float32(math.Inf(-1)))
	for lists := s.nearLists(); len(lists) > 0; lists = l.next() {
		for _, list := range lists {
			if !s.scanList(int(list), stop) {
				return
			}
			l.near[list] = float32(math.NaN())
		}
	}
}

// visibleSample is one in how many places is looked at to know how many are visible.
const visibleSample = 32

// countVisible returns how many of n places are of rows that may be returned, by a sample, as
// to look all of them up takes as long as their estimates. Other places do not count as quiet:
// else a question about what it may not see would find nothing.
func (l *lister) countVisible(first, n int) (count int) {
	if l.all {
		return n
	}
	for i := first + visibleSample/2; i < first+n; i += visibleSample {
		if number := l.Rows[i]; number != quant.NoRow && l.visible.Has(int(number)) {
			count += visibleSample
		}
	}
	return count
}

// gather sets visible to what may be returned of the rows that are left to the lists.
func (l *lister) gather(places []place) {
	l.visible = slices.Grow(l.visible[:0], int(l.Firsts[l.PartCount()])/64)[:l.Firsts[l.PartCount()]/64]
	for i, part := range l.parts {
		words := l.visible[l.Firsts[i]/64 : l.Firsts[i+1]/64]
		switch {
		case part < 0 || !places[part].left:
			clear(words)
		case places[part].visible != nil:
			copy(words, places[part].visible)
		default:
			for w := range words {
				words[w] = ^uint64(0)
			}
		}
	}
}

// scanList estimates the rows of the list of that number; false when told to stop, or when
// there were enough places without one among the best.
func (s *Searcher) scanList(list int, stop func() bool) bool {
	l := &s.lister
	constant := s.listConstant(list)
	first, last := int(l.Starts[list]), int(l.Starts[list+1])
	for ; first < last; first += chunkRows {
		if stop() {
			return false
		}
		n := min(chunkRows, last-first)
		estimates := s.estimateBits(s.estimates, &l.Bits, first, n, constant)
		s.offerList(estimates, first)
		if l.quiet += l.countVisible(first, n); l.watch(estimates, first) {
			l.quiet = 0
		}
	}
	return l.quiet <= l.enough
}

// quietEnough is how many places are read without one of a row that may be returned among
// the best: quietPlaces for the number of all rows, and 1/share^1/4 of it where a filter lets a
// share of them through. With 1/share everything would be read for one row in ten, which takes
// longer than computing these in full; with no more than without a filter rows are lost (recall .987
// on the definitions at one in ten, .994 so). By Effort it is so many times as many.
func (s *Searcher) quietEnough(visible, all int) float64 {
	root := math.Sqrt(float64(all) / quietRows)
	enough := quietPlaces * float64(root*math.Sqrt(math.Sqrt(root)))
	return s.effort() * float64(enough*math.Sqrt(math.Sqrt(float64(all)/float64(visible))))
}

// prepareLists makes the tables, which serve all lists. With c the centroid of a list
//
//	<o, q>   =  <c, q> + <o-c, q>
//	-|o-q|²  =  2<c, q> - |q|² - |o|² + <o-c, 2q>
func (s *Searcher) prepareLists() {
	s.code()
	s.rotate()
	query, l := s.rotated, &s.lister
	l.length = 1
	if s.metric == model.L2 {
		for j, x := range s.rotated {
			s.residual[j] = 2 * x
		}
		query = s.residual
		l.length = 2 * s.norm
	}
	s.delta = kernels.BuildBitTables(query, s.tables)
}

// listConstant returns what the estimates of a list have in common.
func (s *Searcher) listConstant(list int) float32 {
	l := &s.lister
	product := l.near[list]
	if s.metric == model.L2 {
		if len(l.Halves) > 0 {
			product += l.Halves[list]
		}
		return float32(float64(2*float64(product)) - float64(s.norm*s.norm))
	}
	fill(s.addends[:min(chunkRows, int(l.Starts[list+1]-l.Starts[list]))], product)
	return product
}

// fill sets all of x, by copies that double: a loop costs a third of the scan itself.
func fill(x []float32, value float32) {
	for i := range min(16, len(x)) {
		x[i] = value
	}
	for n := 16; n < len(x); n *= 2 {
		copy(x[n:], x[:n])
	}
}

// orderedLists are put in order at first, and twice as many each time that these were read.
const orderedLists = 64

// nearLists returns the numbers of the nearest lists, nearest first.
func (s *Searcher) nearLists() []uint32 {
	l := &s.lister
	n := l.count()
	l.dots, l.near = slices.Grow(l.dots[:0], n)[:n], slices.Grow(l.near[:0], n)[:n]
	kernels.DotScanI8(s.codes, l.Codes, l.dots)
	scale := float32(s.codeScale)
	for i, d := range l.dots {
		l.near[i] = float32(float32(d)*l.Scales[i]) * scale
		if len(l.Halves) > 0 {
			l.near[i] -= l.Halves[i]
		}
	}
	l.ordered = orderedLists / 2
	return l.next()
}

// next returns the numbers of the nearest lists, nearest first, of those that were not read:
// near of a list that was is NaN.
func (l *lister) next() []uint32 {
	l.ordered = min(2*l.ordered, kernels.TopKMax)
	size := kernels.TopKBuffer(l.ordered)
	l.ids = slices.Grow(l.ids[:0], size)[:size]
	l.values = slices.Grow(l.values[:0], size)[:size]
	l.order.Reset(l.ordered, l.ids, l.values)
	l.order.Update(l.near, 0)
	nearest, _ := l.order.Sorted()
	return nearest
}

// offerList has the estimates of places from first on be candidates.
func (s *Searcher) offerList(estimates []float32, first int) {
	if l := &s.lister; l.all {
		s.top.Update(estimates, l.base+uint32(first))
	} else {
		s.top.UpdateOf(estimates, l.base+uint32(first), l.Rows[first:], l.visible)
	}
}

// watch keeps the best estimates of places from first on, and reports whether one of
// these may be new.
func (l *lister) watch(estimates []float32, first int) bool {
	l.fresh = slices.Grow(l.fresh[:0], chunkRows)[:chunkRows]
	l.scores = slices.Grow(l.scores[:0], chunkRows)[:chunkRows]
	n := kernels.SelectAbove(estimates, l.best[0], uint32(first), l.fresh, l.scores)
	found := false
	for i, x := range l.scores[:n] {
		if !l.all && !l.visible.Has(int(l.Rows[l.fresh[i]])) {
			continue
		}
		found = true
		if x > l.best[0] {
			insert(l.best, x)
		}
	}
	return found
}

// insert puts x among ascending values in place of the first of them, which is less. A
// heap takes three times as long for 40 values, as whether to go left is anybody's guess.
func insert(values []float32, x float32) {
	const stride = 16
	end := 1
	for end+stride <= len(values) && values[end+stride-1] < x {
		end += stride
	}
	for end < len(values) && values[end] < x {
		end++
	}
	copy(values, values[1:end])
	values[end-1] = x
}
