package vector

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/partition"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/kernels"
)

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
