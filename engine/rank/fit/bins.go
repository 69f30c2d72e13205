package fit

import (
	"math"
	"slices"
)

// binsMax is how many bins a column has at most, so that the number of a bin is a byte.
const binsMax = 256

// cutRows is about how many rows the cuts of a column are chosen by. Twice or half as
// many move no metric.
const cutRows = 200_000

// binned is a dataset as the trainer sees it: bin b of a value is how many cuts it is
// above, so that "value > cuts[c]" is "bin > c". A missing value is above none.
type binned struct {
	cuts [][]float32 // of every column, ascending
	bins [][]uint8   // of every column, one a row
}

// cutsOf returns at most binsMax-1 thresholds between the values of a column that divide
// its rows about evenly. Where values may be missing the first one is -Inf, below which
// a missing value lies alone.
func cutsOf(values []float32, binCount int, mayMiss bool) (cuts []float32) {
	step := max(1, len(values)/cutRows)
	var sample []float32
	for i := 0; i < len(values); i += step {
		if !isNaN(values[i]) && values[i] > minusInf {
			sample = append(sample, values[i])
		}
	}
	for _, v := range values {
		mayMiss = mayMiss || isNaN(v)
	}
	if mayMiss && len(sample) > 0 {
		cuts = append(cuts, minusInf)
	}
	slices.Sort(sample)
	for start := 0; start < len(sample) && len(cuts) < binCount-1; {
		// The open bin is closed where it has its share of the rows that are left, behind
		// the last of the values equal to that one.
		left := binCount - len(cuts)
		end := start + (len(sample)-start+left-1)/left
		for end < len(sample) && sample[end] == sample[end-1] {
			end++
		}
		if end < len(sample) {
			cuts = append(cuts, between(sample[end-1], sample[end]))
		}
		start = end
	}
	return cuts
}

// between returns a threshold that high is above and low is not.
func between(low, high float32) float32 {
	middle := float32((float64(low) + float64(high)) / 2)
	if !(middle >= low && middle < high) {
		return low
	}
	return middle
}

// bin returns how many cuts the value is above.
func bin(cuts []float32, x float32) uint8 {
	low, high := 0, len(cuts)
	for low < high {
		if middle := (low + high) / 2; x > cuts[middle] {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return uint8(low)
}

// bins makes the bins of a dataset by cuts. hide says which columns are missing for a
// question whatever their values are.
func (d *Dataset) bins(cuts [][]float32, hide func(column, g int) bool) *binned {
	b := &binned{cuts, make([][]uint8, len(d.Columns))}
	parallel(len(d.Columns), func(f int) {
		column := make([]uint8, d.Rows())
		for g := range d.Groups {
			if hide(f, g) {
				continue
			}
			first, end := d.rows(g)
			for i := first; i < end; i++ {
				column[i] = bin(cuts[f], d.Values[f][i])
			}
		}
		b.bins[f] = column
	})
	return b
}

// drops decides which questions a group of columns is hidden of. What it says depends on
// the seed, the group and the number of the question alone.
func (o *Options) drops(columns []string) (hide func(column, g int) bool, mayMiss []bool) {
	of := make([][]int, len(columns)) // drops of each column
	mayMiss = make([]bool, len(columns))
	for i, drop := range o.Drop {
		for _, name := range drop.Columns {
			f := slices.Index(columns, name)
			of[f] = append(of[f], i)
			mayMiss[f] = mayMiss[f] || drop.Share > 0
		}
	}
	return func(column, g int) bool {
		for _, i := range of[column] {
			if share(o.Seed, 1+uint64(i), uint64(g)) < o.Drop[i].Share {
				return true
			}
		}
		return false
	}, mayMiss
}

// share returns a number of 0 to 1 that looks random, by its arguments alone.
func share(seed, stream, i uint64) float64 {
	h := mix64(mix64(mix64(seed)+stream) + i)
	return float64(h>>11) * 0x1p-53
}

// mix64 is the finaliser of splitmix64 (Steele, Lea and Flood 2014).
func mix64(h uint64) uint64 {
	h += 0x9E3779B97F4A7C15
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// sample returns about a share of 0..count-1, ascending, never none.
func sample(seed, stream uint64, count int, part float64) (chosen []int) {
	if count == 0 {
		return nil
	}
	least, leastAt := math.Inf(1), 0
	for i := range count {
		s := share(seed, stream, uint64(i))
		if s < least {
			least, leastAt = s, i
		}
		if s < part {
			chosen = append(chosen, i)
		}
	}
	if chosen == nil {
		chosen = []int{leastAt}
	}
	return chosen
}
