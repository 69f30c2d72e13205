package mining

import (
	"math"
	"math/bits"
	"slices"
)

// missing is the value of a memory that a column says nothing about.
var missing = math.Inf(-1)

// side says which values of a column can be unusual.
type side uint8

const (
	bothSides side = iota
	highSide       // what is below the median is as usual as can be
)

// scale is how a column's values are spread over bins.
type scale uint8

const (
	eachValue scale = iota // every value is a bin: hours, weekdays
	evenly
	byMagnitude // evenly by logarithm: of lengths and gaps, doubling counts
)

// column is one thing that memories are compared by.
type column struct {
	values []float64 // by memory
	scale  scale
	side   side
	weight float64
	usual  float64
}

// Bins of the scales that are cut: as many as the square root of the values, in bounds.
const (
	binsLeast = 8
	binsMost  = 64
	spread    = 6 // bins reach as many spreads from the median; beyond, the last bin is of all
)

// log2 returns about the binary logarithm of x >= 0, plus one: exact at powers of two
// and straight between them, so that it orders and spaces values on every CPU alike.
func log2(x float64) float64 {
	whole := uint64(min(max(x, 0), 1<<62)) + 1
	n := bits.Len64(whole) - 1
	return float64(n) + float64(whole-1<<n)/float64(uint64(1)<<n)
}

// place returns where a value stands on the column's scale.
func (c *column) place(x float64) float64 {
	if c.scale == byMagnitude {
		return log2(x)
	}
	return x
}

// histogram is the heights of a column's bins over the highest (Goldstein and Dengel 2012).
type histogram struct {
	low, width float64
	counts     []int
	most       int
	median     float64
}

// newHistogram counts the values of a column that are there; nil for fewer than fewest.
func newHistogram(c *column) *histogram {
	var places []float64
	for _, x := range c.values {
		if x != missing {
			places = append(places, c.place(x))
		}
	}
	if len(places) < fewest {
		return nil
	}
	slices.Sort(places)
	h := &histogram{median: places[len(places)/2]}
	h.bound(c, places)
	for _, x := range places {
		h.counts[h.bin(x)]++
	}
	h.most = slices.Max(h.counts)
	return h
}

// bound sets the range and the number of bins for values, which ascend.
func (h *histogram) bound(c *column, places []float64) {
	least, greatest := places[0], places[len(places)-1]
	if c.scale == eachValue {
		h.low, h.width, h.counts = least, 1, make([]int, int(greatest-least)+1)
		return
	}
	bins := min(binsMost, max(binsLeast, int(math.Sqrt(float64(len(places))))))
	h.counts = make([]int, bins)
	if reach := spread * deviation(places, h.median); reach > 0 {
		least, greatest = max(least, h.median-reach), min(greatest, h.median+reach)
	}
	h.low, h.width = least, (greatest-least)/float64(bins)
}

// bin returns the bin of a place on the scale.
func (h *histogram) bin(x float64) int {
	if h.width <= 0 {
		return 0
	}
	return int(min(max(0, (x-h.low)/h.width), float64(len(h.counts)-1)))
}

// unusual returns how unusual a value is, in nats: the logarithm of the highest bin over
// the value's own, 0 for a value that is missing.
func (h *histogram) unusual(c *column, x float64) float64 {
	if x == missing {
		return 0
	}
	x = c.place(x)
	if c.side == highSide && x <= h.median {
		return 0
	}
	return ln(float64(h.most) / float64(h.counts[h.bin(x)]))
}

// robust makes of a median absolute deviation the standard deviation of a normal
// distribution with that (Rousseeuw and Croux 1993).
const robust = 1.4826

// deviation returns the robust standard deviation of ascending values about their median.
func deviation(values []float64, median float64) float64 {
	off := make([]float64, len(values))
	for i, x := range values {
		off[i] = math.Abs(x - median)
	}
	slices.Sort(off)
	return float64(robust * off[len(off)/2])
}
