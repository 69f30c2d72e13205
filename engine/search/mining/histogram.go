package mining

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
)

// missing is the value of a memory that a column says nothing about.
var missing = math.Inf(-1)

// side says which values of a column can be unusual.
type side uint8

const (
	bothSides side = iota
	highSide       // what is below the median is as usual as can be
)

// scale is how a column's values are counted.
type scale uint8

const (
	eachValue   scale = iota // every value is a bin of its own: hours, speakers
	evenly                   // in bins of one width
	byMagnitude              // evenly by logarithm: of lengths and gaps, doubling counts
)

// column is one thing that memories are compared by.
type column struct {
	values []float64 // by memory
	scale  scale
	side   side
}

// Bins of columns that are cut: as many as the square root of the values, in bounds.
const (
	binsLeast = 8
	binsMost  = 64
	spread    = 6 // bins reach that many deviations from the median
)

// farthest is the most that one column says of a memory, in nats: one in some hundred
// million has as much of a normal distribution.
const farthest = 18

// log2 returns about the binary logarithm of x+1, x >= 0: exact where that is a power of
// two and straight between those, so that it spaces values on every CPU alike.
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

// histogram is what is known of a column's values: the heights of its bins (Goldstein and
// Dengel 2012), and of columns with an order how far values are from the median.
type histogram struct {
	counts []int
	most   int       // height of the highest bin
	values []float64 // of eachValue: the value of each bin, ascending

	low, width       float64 // of the others: start and width of bins
	median, up, down float64 // and the median, and the deviations above and below it
	usual            float64 // the commonest value, or the median one
}

// newHistogram counts the values of a column that are there; nil for fewer than fewest.
func newHistogram(c *column) *histogram {
	values := slices.DeleteFunc(slices.Clone(c.values), func(x float64) bool { return x == missing })
	if len(values) < fewest {
		return nil
	}
	slices.Sort(values)
	if c.scale == eachValue {
		return countEach(values)
	}
	h := &histogram{usual: values[len(values)/2]}
	for i := range values {
		values[i] = c.place(values[i])
	}
	h.median = values[len(values)/2]
	h.down, h.up = deviations(values, h.median)
	least, greatest := values[0], values[len(values)-1]
	least, greatest = max(least, h.median-float64(spread*h.down)), min(greatest, h.median+float64(spread*h.up))
	h.counts = make([]int, min(binsMost, max(binsLeast, int(math.Sqrt(float64(len(values)))))))
	h.low, h.width = least, (greatest-least)/float64(len(h.counts))
	for _, x := range values {
		h.counts[h.bin(x)]++
	}
	h.most = slices.Max(h.counts)
	return h
}

// countEach counts ascending values, each of which is a bin.
func countEach(values []float64) *histogram {
	h := &histogram{}
	for i, x := range values {
		if i == 0 || x != values[i-1] {
			h.values, h.counts = append(h.values, x), append(h.counts, 0)
		}
		h.counts[len(h.counts)-1]++
	}
	h.most = slices.Max(h.counts)
	h.usual = h.values[slices.Index(h.counts, h.most)]
	return h
}

// bin returns the bin of a place on the scale.
func (h *histogram) bin(x float64) int {
	if h.width <= 0 {
		return 0
	}
	return int(min(max(0, (x-h.low)/h.width), float64(len(h.counts)-1)))
}

// unusual returns how unusual a value is, in nats, 0 for one that is missing: the
// logarithm of the highest bin over the value's own. Bins end somewhere, and few values
// far out look like few that are near: where that is more, it is what a normal
// distribution of the deviation above or below the median says.
func (h *histogram) unusual(c *column, x float64) float64 {
	if x == missing {
		return 0
	}
	if c.scale == eachValue {
		at, _ := slices.BinarySearch(h.values, x)
		return min(farthest, lexical.Ln(float64(h.most)/float64(h.counts[at])))
	}
	x = c.place(x)
	off, unit := x-h.median, h.up
	if off < 0 {
		off, unit = -off, h.down
	}
	if off == 0 || x < h.median && c.side == highSide {
		return 0
	}
	nats := lexical.Ln(float64(h.most) / float64(h.counts[h.bin(x)]))
	if unit > 0 {
		z := off / unit
		nats = max(nats, float64(z*z)/2)
	}
	return min(farthest, nats)
}

// robust makes of a median absolute deviation the standard deviation of a normal
// distribution with that, and meanRobust of a mean one (Rousseeuw and Croux 1993).
const (
	robust     = 1.4826
	meanRobust = 1.2533
)

// deviations returns the deviations of ascending values below and above their median,
// each from the half on its side: distances and lengths lean.
func deviations(values []float64, median float64) (below, above float64) {
	from, _ := slices.BinarySearchFunc(values, median, cmp.Compare[float64])
	to := from
	for to < len(values) && values[to] == median {
		to++
	}
	// Each side has half of the values that are the median itself.
	half := (to - from) / 2
	return deviation(values[:from+half], median), deviation(values[to-half:], median)
}

// deviation returns the robust standard deviation of values on one side of the median; by
// the mean where most of them are the median itself.
func deviation(values []float64, median float64) float64 {
	if len(values) == 0 {
		return 0
	}
	off, sum := make([]float64, len(values)), 0.0
	for i, x := range values {
		off[i] = math.Abs(x - median)
		sum += off[i]
	}
	slices.Sort(off)
	if middle := off[len(off)/2]; middle > 0 {
		return float64(robust * middle)
	}
	return float64(meanRobust*sum) / float64(len(values))
}
