package vector

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/partition"
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
	// longer than a row there. So much more as watchedEven estimates that are watched make it twice as long.
	flatShare   = .22
	watchedEven = 80
)

// watched returns how many of the best estimates are meant by that: more than k, since
// estimates are not exact. Where the last of k need not be among the best, fewer, as keeping
// many takes time: 64 of 131,072 turns are found as well as by a flat scan in half its time, and
// with 148 in as much.
func (s *Searcher) watched(k int) int {
	if s.Loose {
		return 20 + k/4
	}
	return 30 + k
}

// Lists are other 1-bit codes of the rows of several parts, of rows that lie together: a
// search that has them reads the lists near its question instead of all codes of those parts.
// A row has two places, in two lists. They are read in place and never written once made.
//
// The rows of all parts are numbered through: those of part i begin at Firsts[i].
type Lists struct {
	Dim    int
	Firsts []uint32   // parts+1, multiples of 64, the end last
	Starts []uint32   // lists+1: first place of each list, a multiple of kernels.BitBlockRows
	Rows   []uint32   // number of the row of each place; quant.NoRow fills up a list's last block
	Codes  []int8     // INT8 codes of the centroids, lists x Stride(Dim)
	Scales []float32  // one a list: code x scale is the number
	Halves []float32  // one a list, where distances are wanted: half of the centroid's square
	Bits   quant.Bits // of all places
	// LearntFrom is the number of rows that there were when the centroids were learnt.
	LearntFrom uint64
	// Outlived says that some of those have gone since: a centroid may be all but one of them.
	Outlived bool
}

// RowMax is how many rows Lists may be of, those that fill up the parts among them.
const RowMax = 1 << 30

func (l *Lists) count() int { return max(0, len(l.Starts)-1) }

// PartCount returns how many parts the lists are of.
func (l *Lists) PartCount() int { return max(0, len(l.Firsts)-1) }

// Check verifies that columns that were read belong to parts of so many rows, and divide the
// places of their codes, so that no search leaves them.
func (l *Lists) Check(rowCounts []int) error {
	n, halves := l.count(), 0
	if len(l.Bits.Squares) > 0 {
		halves = n
	}
	if l.Dim < 1 || l.Dim > kernels.BitDimensionMax || len(l.Firsts) != len(rowCounts)+1 || l.Firsts[0] != 0 {
		return fmt.Errorf("%d parts, lists of %d of dimension %d", len(rowCounts), l.PartCount(), l.Dim)
	}
	for i, rowCount := range rowCounts {
		if rowCount < 0 || rowCount > RowMax || int(l.Firsts[i+1]) != int(l.Firsts[i])+padded64(rowCount) || l.Firsts[i+1] > RowMax {
			return fmt.Errorf("part %d of %d rows begins at %d, the next at %d", i, rowCount, l.Firsts[i], l.Firsts[i+1])
		}
	}
	if n == 0 || n%16 != 0 || len(l.Codes) != n*Stride(l.Dim) || len(l.Scales) != n || len(l.Halves) != halves {
		return fmt.Errorf("%d lists with %d codes, %d scales and %d squares", n, len(l.Codes), len(l.Scales), len(l.Halves))
	}
	if err := l.Bits.Check(len(l.Rows), 0); err != nil {
		return err
	}
	return l.checkPlaces(rowCounts)
}

func (l *Lists) checkPlaces(rowCounts []int) error {
	if l.Starts[0] != 0 || int(l.Starts[l.count()]) != len(l.Rows) || !slices.IsSorted(l.Starts) {
		return errors.New("starts of lists that do not fit their places")
	}
	for _, start := range l.Starts {
		if start%kernels.BitBlockRows != 0 {
			return fmt.Errorf("a list starts at place %d", start)
		}
	}
	for place, number := range l.Rows {
		if missing := l.Bits.Scales[place] != l.Bits.Scales[place]; number == quant.NoRow && missing {
			continue
		}
		if number >= l.Firsts[len(rowCounts)] {
			return fmt.Errorf("row %d of %d at place %d", number, l.Firsts[len(rowCounts)], place)
		}
		if i := l.partOf(number); int(number-l.Firsts[i]) >= rowCounts[i] {
			return fmt.Errorf("row %d of %d of part %d at place %d", number-l.Firsts[i], rowCounts[i], i, place)
		}
	}
	return nil
}

// partOf returns which of the parts a row is of.
func (l *Lists) partOf(number uint32) int {
	low, high := 0, l.PartCount()
	for high-low > 1 {
		if middle := (low + high) / 2; l.Firsts[middle] <= number {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// padded64 is what so many rows take of the numbers: whole words of a rows.Set.
func padded64(rowCount int) int { return (rowCount + 63) / 64 * 64 }

// Divide makes lists of the rows of parts, which have the same dimension, for a metric. Where
// there were lists before, their rows stay in their lists and only the others are divided among
// them, until there are twice as many rows as these were learnt from, or half of those have
// gone: was[i] says which of the parts of before parts[i] is, -1 for none. The same parts give
// the same lists on every CPU.
//
// 26 us a row with 5,000 lists, 15 with 2,000, 4 us for one that stays, all of which others can
// interrupt. stop is asked now and then; once true, Divide returns nil.
func Divide(metric model.Metric, parts []*Parts, before *Lists, was []int, stop func() bool) *Lists {
	d := newDivision(metric, parts, stop)
	if d == nil {
		return nil
	}
	stay := 0
	for i, old := range was {
		if old >= 0 {
			stay += parts[i].RowCount()
		}
	}
	if before == nil || uint64(d.rowCount) >= 2*before.LearntFrom || uint64(stay) <= before.LearntFrom/2 {
		return d.anew()
	}
	return d.after(before, was)
}

// division is lists in the making.
type division struct {
	metric   model.Metric
	parts    []*Parts
	stop     func() bool
	rowCount int
	factors  []float32 // by number
	lists    Lists
	at       int // part of the last row that was asked for
}

func newDivision(metric model.Metric, parts []*Parts, stop func() bool) *division {
	d := &division{metric: metric, parts: parts, stop: stop, lists: Lists{Dim: parts[0].Dim, Firsts: []uint32{0}}}
	for _, p := range parts {
		if stop() {
			return nil
		}
		for row := range p.RowCount() {
			d.factors = append(d.factors, float32(p.factor(metric, row)))
		}
		d.rowCount += p.RowCount()
		d.factors = append(d.factors, make([]float32, padded64(p.RowCount())-p.RowCount())...)
		d.lists.Firsts = append(d.lists.Firsts, uint32(len(d.factors)))
	}
	return d
}

// locate returns the part and the row of a number.
func (d *division) locate(number uint32) (p *Parts, row int) {
	if l := &d.lists; number < l.Firsts[d.at] || number >= l.Firsts[d.at+1] {
		d.at = l.partOf(number)
	}
	return d.parts[d.at], int(number - d.lists.Firsts[d.at])
}

// rows returns the rows of the given factors, by number.
func (d *division) rows(factors []float32) partition.Rows {
	return partition.Rows{Dim: d.lists.Dim, Factors: factors, Vector: func(number uint32) []float32 {
		p, row := d.locate(number)
		return p.Vector(row)
	}}
}

// anew learns centroids and divides all rows.
func (d *division) anew() *Lists {
	rows := d.rows(d.factors)
	centroids := partition.Train(rows, partition.Count(d.rowCount), d.stop)
	if centroids == nil {
		return nil
	}
	l := &d.lists
	l.LearntFrom = uint64(d.rowCount)
	count := len(centroids) / l.Dim
	l.Codes, l.Scales = make([]int8, count*Stride(l.Dim)), make([]float32, count)
	for i := range count {
		c, codes := centroids[i*l.Dim:(i+1)*l.Dim], l.Codes[i*Stride(l.Dim):][:l.Dim]
		l.Scales[i] = float32(quantize(c, codes))
	}
	d.measure(centroids)
	divided, ok := partition.Divide(rows, centroids, d.stop)
	if !ok {
		return nil
	}
	return d.code(centroids, &divided)
}

// measure sets the numbers of centroids to what a search knows of them, and their squares.
func (d *division) measure(centroids []float32) {
	l := &d.lists
	for i, scale := range l.Scales {
		c, codes := centroids[i*l.Dim:(i+1)*l.Dim], l.Codes[i*Stride(l.Dim):][:l.Dim]
		for j, code := range codes {
			c[j] = float32(float32(code) * scale)
		}
		if d.metric == model.L2 {
			l.Halves = append(l.Halves, float32(dot(c, c)/2))
		}
	}
}

// after divides the rows that are new among the lists of before.
func (d *division) after(before *Lists, was []int) *Lists {
	l := &d.lists
	l.LearntFrom, l.Outlived = before.LearntFrom, before.Outlived
	l.Codes, l.Scales = slices.Clone(before.Codes), slices.Clone(before.Scales)
	centroids := make([]float32, len(l.Scales)*l.Dim)
	d.measure(centroids)
	fresh := slices.Clone(d.factors)
	becomes := make([]int, before.PartCount()) // where its rows begin now; -1: gone
	for i := range becomes {
		becomes[i] = -1
	}
	for i, old := range was {
		if old >= 0 {
			becomes[old] = int(l.Firsts[i])
			clear(fresh[l.Firsts[i]:l.Firsts[i+1]])
		}
	}
	l.Outlived = l.Outlived || slices.Contains(becomes, -1)
	divided, ok := partition.Divide(d.rows(fresh), centroids, d.stop)
	if !ok {
		return nil
	}
	return d.code(centroids, before.join(becomes, &divided))
}

// join returns the places that are left of lists, the rows of its parts beginning elsewhere
// now, and others.
func (l *Lists) join(becomes []int, others *partition.Lists) *partition.Lists {
	all := &partition.Lists{Starts: make([]uint32, 1, len(l.Starts))}
	for list := range l.count() {
		first := len(all.Rows)
		for _, number := range l.Rows[l.Starts[list]:l.Starts[list+1]] {
			if number == quant.NoRow {
				continue
			}
			if i := l.partOf(number); becomes[i] >= 0 {
				all.Rows = append(all.Rows, uint32(becomes[i])+number-l.Firsts[i])
			}
		}
		all.Rows = append(all.Rows, others.Rows[others.Starts[list]:others.Starts[list+1]]...)
		slices.Sort(all.Rows[first:])
		all.Starts = append(all.Starts, uint32(len(all.Rows)))
	}
	return all
}

// code makes the codes of all places.
func (d *division) code(centroids []float32, divided *partition.Lists) *Lists {
	l := &d.lists
	l.Starts, l.Rows = padLists(divided)
	coded := quant.BuildLists(l.Dim, d.metric == model.L2, func(number int) ([]float32, float64) {
		p, row := d.locate(uint32(number))
		return p.source(d.metric, row)
	}, centroids, l.Starts, l.Rows, d.stop)
	if coded == nil {
		return nil
	}
	l.Bits = *coded
	return l
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
	quiet   int       // places since one was among the best
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
	if enough*(1+float64(watched)/watchedEven) > flatShare*float64(all) && !s.AlwaysLists {
		for _, part := range l.parts {
			if part >= 0 && s.places[part].left {
				if s.visible = s.places[part].visible; !s.scanCodes(part, stop) {
					return
				}
			}
		}
		return
	}
	if l.enough = int(enough); s.Loose {
		l.enough /= 2
	}
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
		if l.quiet += n; l.watch(estimates, first) {
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
