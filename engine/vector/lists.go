package vector

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/partition"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/kernels"
)

// The 1-bit codes of a part of listRows rows at least are in lists where all parts together
// have listedFrom. Below, a flat scan takes no longer at the same recall, while its codes fit
// the processor's last cache, and is made in an eighth of the time with half the memory
// (docs/design/partition.md).
const (
	listRows   = 1 << 15
	listedFrom = 1 << 19
)

// Outgrown reports whether the part would better be sealed anew, in lists, now that all parts
// together have so many rows: half as many again as those from which on new ones are.
func (p *Parts) Outgrown(all int) bool {
	return all >= listedFrom*3/2 && p.RowCount() >= listRows && p.Dim >= bitDim && !p.listed()
}

// quietPlaces is how many places are read, list after list, without one whose estimate is
// among the best so far, before the lists that are left are given up, where there are
// listedFrom rows. It grows as the root of their number, as the more there are the more lists
// lie as near as those that hold the best. So the reading follows the question; a fixed number
// of lists needs up to twice as many places. A Loose search gives up after half.
const quietPlaces = 34_000

// watched returns how many of the best estimates are meant by that. More than k, since
// estimates are not exact.
func watched(k int) int { return 20 + 2*k }

// Lists divide the 1-bit codes of a part. A row has two places, in two lists.
type Lists struct {
	Starts []uint32  // lists+1: first place of each list, a multiple of kernels.BitBlockRows
	Rows   []uint32  // row of each place; quant.NoRow fills up a list's last block
	Codes  []int8    // INT8 codes of the centroids, lists x Stride(Dim)
	Scales []float32 // one a list: code x scale is the number
	Halves []float32 // one a list, where distances are wanted: half of the centroid's square
}

func (l *Lists) count() int { return max(0, len(l.Starts)-1) }

// check verifies that columns that were read divide the places of so many rows' codes.
func (l *Lists) check(rowCount int, codes *quant.Bits) error {
	n, halves := l.count(), 0
	if len(codes.Squares) > 0 {
		halves = n
	}
	if n == 0 || len(l.Codes) != n*Stride(codes.Dim) || len(l.Scales) != n || len(l.Halves) != halves || len(l.Rows) != len(codes.Scales) {
		return fmt.Errorf("%d lists with %d codes, %d scales, %d squares and %d places", n, len(l.Codes), len(l.Scales), len(l.Halves), len(l.Rows))
	}
	if l.Starts[0] != 0 || int(l.Starts[n]) != len(l.Rows) || !slices.IsSorted(l.Starts) {
		return errors.New("starts of lists that do not fit their places")
	}
	for _, start := range l.Starts {
		if start%kernels.BitBlockRows != 0 {
			return fmt.Errorf("a list starts at place %d", start)
		}
	}
	for place, row := range l.Rows {
		missing := codes.Scales[place] != codes.Scales[place]
		if int(row) >= rowCount && !(row == quant.NoRow && missing) {
			return fmt.Errorf("row %d of %d at place %d", row, rowCount, place)
		}
	}
	return nil
}

// listed reports whether the 1-bit codes are in lists.
func (p *Parts) listed() bool { return len(p.Lists.Starts) > 0 }

// numberCount returns how many numbers a search keeps for the part: one for each place, or
// for each row where these are more, as in lists of which few rows have a vector.
func (p *Parts) numberCount() int {
	return quant.PaddedRows(max(p.RowCount(), len(p.Lists.Rows)))
}

// rowAt returns the row of a place.
func (p *Parts) rowAt(place int) int {
	if p.listed() {
		return int(p.Lists.Rows[place])
	}
	return place
}

// sealLists divides the rows into lists and codes them there; false when told to stop.
// 200,000 rows of 384 numbers take some 8 s, all of which others can interrupt.
func (p *Parts) sealLists(metric model.Metric, rows quant.Rows, stop func() bool) bool {
	factors := make([]float32, p.RowCount())
	for row := range factors {
		_, factor := rows(row)
		factors[row] = float32(factor)
	}
	divided, ok := partition.Divide(partition.Rows{Dim: p.Dim, Vectors: p.Vectors, Factors: factors}, partition.Count(p.RowCount()), stop)
	if !ok {
		return false
	}
	l := &p.Lists
	l.Starts, l.Rows = padLists(&divided)
	l.Codes, l.Scales, l.Halves = make([]int8, l.count()*Stride(p.Dim)), make([]float32, l.count()), nil
	for i := range l.count() {
		c, codes := divided.Centroids[i*p.Dim:(i+1)*p.Dim], l.Codes[i*Stride(p.Dim):][:p.Dim]
		l.Scales[i] = float32(quantize(c, codes))
		for j, code := range codes { // what the search knows of it is the centroid from here on
			c[j] = float32(float32(code) * l.Scales[i])
		}
		if metric == model.L2 {
			l.Halves = append(l.Halves, float32(dot(c, c)/2))
		}
	}
	coded := quant.BuildLists(p.Dim, metric == model.L2, rows, divided.Centroids, l.Starts, l.Rows, stop)
	if coded == nil {
		return false
	}
	p.Bits = *coded
	return true
}

// padLists gives every list whole blocks.
func padLists(divided *partition.Lists) (starts, places []uint32) {
	starts = make([]uint32, 1, len(divided.Starts))
	for i := range len(divided.Starts) - 1 {
		places = append(places, divided.Rows[divided.Starts[i]:divided.Starts[i+1]]...)
		for len(places)%kernels.BitBlockRows != 0 {
			places = append(places, quant.NoRow)
		}
		starts = append(starts, uint32(len(places)))
	}
	return starts, places
}

// lister is the scratch of a search in lists. The lists of all parts that have some are
// numbered through and searched as one partition: how rows are spread over segments
// hardly changes what is read.
type lister struct {
	pool   []listed
	dots   []int32
	near   []float32 // how near each list is
	order  kernels.TopK
	ids    []uint32
	values []float32
	bits   []uint64  // of the places of a list: the row may be returned
	best   []float32 // best estimates so far, a heap, worst first
	worst  float32   // of best, once these are as many as are watched
	quiet  int       // places since one was among the best
	enough int       // of them
	fresh  []uint32
	scores []float32
}

// listed is a part whose lists are searched.
type listed struct {
	part        int32
	first, last int // numbers of its lists, last excluded
}

// add puts a part with so many lists into the pool.
func (l *lister) add(part int32, lists int) {
	first := 0
	if n := len(l.pool); n > 0 {
		first = l.pool[n-1].last
	}
	l.pool = append(l.pool, listed{part, first, first + lists})
}

// scanLists estimates the rows of the lists near the question, nearest first, until
// quietEnough in a row bring nothing.
func (s *Searcher) scanLists(k int, stop func() bool) {
	l := &s.lister
	if len(l.pool) == 0 {
		return
	}
	s.prepareLists()
	l.best, l.worst, l.quiet = l.best[:0], float32(math.Inf(-1)), 0
	l.enough = s.quietEnough()
	for lists := s.nearLists(); len(lists) > 0; lists = l.next() {
		for _, list := range lists {
			if !s.scanList(int(list), watched(k), stop) {
				return
			}
			l.near[list] = float32(math.NaN())
		}
	}
}

// scanList estimates the rows of the list of that number; false when told to stop, or when
// there were enough places without one among the best.
func (s *Searcher) scanList(number, watched int, stop func() bool) bool {
	l := &s.lister
	at := len(l.pool) - 1
	for l.pool[at].first > number {
		at--
	}
	part, list := l.pool[at].part, number-l.pool[at].first
	p := &s.parts[part]
	s.visible = s.places[part].visible
	constant := s.listConstant(&p.Lists, list, number)
	first, last := int(p.Lists.Starts[list]), int(p.Lists.Starts[list+1])
	for ; first < last; first += chunkRows {
		if stop() {
			return false
		}
		n := min(chunkRows, last-first)
		seen := s.seeList(p, first, n)
		if seen == 0 {
			continue
		}
		l.quiet += seen
		estimates := s.estimateBits(s.estimates, p, first, n, constant)
		s.offerList(estimates, s.places[part].base+uint32(first))
		if s.watch(estimates, watched) {
			l.quiet = 0
		}
	}
	return l.quiet <= l.enough
}

// quietEnough is how many places of rows that may be returned are read without one among
// the best: quietPlaces for this number of rows, times share^3/4 where a filter lets a share
// of them through. As many as without a filter would mean to read everything for one row in
// ten, which takes longer than computing these in full; share^1 loses rows (recall .987 on the
// definitions at one in ten, .994 so).
func (s *Searcher) quietEnough() int {
	visible, all := 0, 0
	for _, x := range s.lister.pool {
		n := s.parts[x.part].RowCount()
		all += n
		if set := s.places[x.part].visible; set != nil {
			n = set.Count()
		}
		visible += n
	}
	enough := quietPlaces * math.Sqrt(float64(s.rowCount)/listedFrom)
	if s.Loose {
		enough /= 2
	}
	root := math.Sqrt(float64(visible) / float64(max(1, all)))
	return int(enough * float64(root*math.Sqrt(root)))
}

// prepareLists makes the tables, which serve all lists. With c the centroid of a list
//
//	<o, q>   =  <c, q> + <o-c, q>
//	-|o-q|²  =  2<c, q> - |q|² - |o|² + <o-c, 2q>
func (s *Searcher) prepareLists() {
	s.rotate()
	query := s.rotated
	if s.metric == model.L2 {
		for j, x := range s.rotated {
			s.residual[j] = 2 * x
		}
		query = s.residual
		for _, x := range s.lister.pool {
			s.places[x.part].length = 2 * s.norm
		}
	}
	s.delta = kernels.BuildBitTables(query, s.tables)
}

// listConstant returns what the estimates of a list have in common.
func (s *Searcher) listConstant(lists *Lists, list, number int) float32 {
	product := s.lister.near[number]
	if s.metric == model.L2 {
		if len(lists.Halves) > 0 {
			product += lists.Halves[list]
		}
		return float32(float64(2*float64(product)) - float64(s.norm*s.norm))
	}
	fill(s.addends[:min(chunkRows, int(lists.Starts[list+1]-lists.Starts[list]))], product)
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

// orderedLists are put in order at once.
const orderedLists = 256

// nearLists returns the numbers of the nearest lists, nearest first.
func (s *Searcher) nearLists() []uint32 {
	l, size := &s.lister, kernels.TopKBuffer(orderedLists)
	l.ids = slices.Grow(l.ids[:0], size)[:size]
	l.values = slices.Grow(l.values[:0], size)[:size]
	l.order.Reset(orderedLists, l.ids, l.values)
	l.near = l.near[:0]
	for _, x := range l.pool {
		s.findLists(&s.parts[x.part].Lists)
		l.order.Update(l.near[x.first:], uint32(x.first))
	}
	nearest, _ := l.order.Sorted()
	return nearest
}

// next returns the numbers of the nearest lists, nearest first, of those that were not read:
// near of a list that was is NaN.
func (l *lister) next() []uint32 {
	l.order.Reset(orderedLists, l.ids, l.values)
	l.order.Update(l.near, 0)
	nearest, _ := l.order.Sorted()
	return nearest
}

// findLists appends how near the lists of a part are.
func (s *Searcher) findLists(lists *Lists) {
	scale := float32(s.codeScale)
	l, n := &s.lister, lists.count()
	l.dots = slices.Grow(l.dots[:0], n)[:n]
	kernels.DotScanI8(s.codes, lists.Codes, l.dots)
	for i, d := range l.dots {
		near := float32(float32(d)*lists.Scales[i]) * scale
		if len(lists.Halves) > 0 {
			near -= lists.Halves[i]
		}
		l.near = append(l.near, near)
	}
}

// seeList sets the bits of n places from first on whose row may be returned, and returns
// how many they are; all where s.visible is nil.
func (s *Searcher) seeList(p *Part, first, n int) (count int) {
	if s.visible == nil {
		return n
	}
	l, visible := &s.lister, s.visible
	l.bits = slices.Grow(l.bits[:0], chunkRows/64)[:n/64]
	for w := range l.bits {
		var word uint64
		for i, row := range (*[64]uint32)(p.Lists.Rows[first+w*64:]) {
			if row != quant.NoRow {
				word |= visible[row>>6] >> (row & 63) & 1 << (i & 63)
			}
		}
		l.bits[w] = word
		count += bits.OnesCount64(word)
	}
	return count
}

func (s *Searcher) offerList(estimates []float32, first uint32) {
	if s.visible == nil {
		s.top.Update(estimates, first)
		return
	}
	s.top.UpdateIn(estimates, first, s.lister.bits)
}

// watch keeps the best count estimates and reports whether one of these is new.
func (s *Searcher) watch(estimates []float32, count int) bool {
	l := &s.lister
	l.fresh = slices.Grow(l.fresh[:0], chunkRows)[:chunkRows]
	l.scores = slices.Grow(l.scores[:0], chunkRows)[:chunkRows]
	n := kernels.SelectAbove(estimates, l.worst, 0, l.fresh, l.scores)
	found := false
	for i, x := range l.scores[:n] {
		if at := l.fresh[i]; s.visible != nil && l.bits[at>>6]>>(at&63)&1 == 0 {
			continue
		}
		found = true
		switch {
		case len(l.best) < count:
			l.best = append(l.best, x)
			if len(l.best) == count {
				slices.Sort(l.best)
			}
		case x > l.best[0]:
			siftFirst(l.best, x)
		}
	}
	if len(l.best) == count {
		l.worst = l.best[0]
	}
	return found
}

// siftFirst replaces the smallest value of a heap.
func siftFirst(heap []float32, x float32) {
	i := 0
	for {
		child := 2*i + 1
		if child+1 < len(heap) && heap[child+1] < heap[child] {
			child++
		}
		if child >= len(heap) || heap[child] >= x {
			heap[i] = x
			return
		}
		heap[i] = heap[child]
		i = child
	}
}
