// Package partition says which vectors lie together: it divides them into lists
// around centroids, so that a search reads the lists near its question instead
// of every row.
//
// Useful for: a hundred thousand rows and more, where a flat scan of 1-bit codes
// costs more than finding the lists. Not useful for: fewer
// (docs/design/partition.md has the measurements).
//
// Every row is in two lists: that of the nearest centroid, and a second one
// chosen so that the row's difference to it is not parallel to the first
// difference (SOAR; Sun, Simcha, Dopson, Guo and Kumar, NeurIPS 2023, section
// 3.2): a question that misses the row in one list is likely to find it in the
// other. At equal recall that halves the rows to read.
//
// Centroids come from Lloyd's algorithm over a sample. All comparisons are
// exact integer products of INT8 codes and single roundings thereafter, so that
// the same rows give the same lists on every CPU.
package partition

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/nexus-memory/nexus/kernels"
)

const (
	rounds       = 4  // of Lloyd's algorithm; more moved recall by less than .002
	sampleRows   = 64 // of the sample, for each list
	nearestCount = 8  // centroids among which the second list is chosen
	// blockRows are compared with all centroids in one call, some 50 us of work at
	// 1,024 lists of 384 dimensions; others may run between two.
	blockRows = 8
	// seed makes the sample, and with it the lists, a function of the rows alone.
	seed = 0x6e65787573
)

// Rows are the vectors to divide.
type Rows struct {
	Dim int
	// Factors multiply the rows, 1/|row| where direction alone counts; 0 leaves a
	// row out. One a row.
	Factors []float32
	// Vector returns a row that has a factor, of Dim numbers, until it is called again.
	// Rows are mostly asked for in ascending order.
	Vector func(row uint32) []float32
}

// Lists are a partition.
type Lists struct {
	Starts []uint32 // lists+1: where each list starts in Rows
	Rows   []uint32 // the rows of each list, ascending; every row twice
}

// Count returns the number of lists for so many rows, a multiple of 16: lists of some
// 400 places, and beyond a million rows of more, so that making them takes no more than
// rows^1.5. A search compares its question with all centroids and reads some fifty to
// two hundred lists; half or twice as many cost about as much in all.
func Count(rows int) int {
	count := rows / rowsPerList
	if count > countLinear {
		count = int(math.Sqrt(float64(count) * countLinear))
	}
	return max(16, count/16*16)
}

const (
	// rowsPerList is the number of rows for each list, half of its places.
	rowsPerList = 200
	// countLinear is the number of lists up to which it grows with the rows.
	countLinear = 5000
)

// Train returns count centroids of the rows that have a factor, one behind the other; count
// is a multiple of 16. Between blocks of rows it lets other goroutines run, and it asks
// stop, after which it returns nil. O(sample * count * Dim), the sample being 64 rows a list
// or all: 5,000 centroids of a million rows of 384 numbers take some 10 s.
func Train(rows Rows, count int, stop func() bool) []float32 {
	d := newDivider(rows, count, stop)
	sample := d.sample()
	d.start(sample)
	for range rounds {
		if !d.round(sample) {
			return nil
		}
	}
	return d.centroids
}

// Divide puts every row that has a factor into two of the lists around centroids, of which
// there are a multiple of 16. It lets others run and asks stop as Train does.
// O(rows * centroids * Dim): a million rows of 384 numbers and 5,000 centroids take some 10 s.
func Divide(rows Rows, centroids []float32, stop func() bool) (Lists, bool) {
	d := newDivider(rows, len(centroids)/rows.Dim, stop)
	d.centroids = centroids
	d.pack()
	return d.lists()
}

// divider holds the centroids, as they are and as the kernels compare them.
type divider struct {
	rows   Rows
	count  int
	stop   func() bool
	padded int // codes of a row, a multiple of 4

	live      []uint32 // rows that have a factor
	centroids []float32
	codes     []int8 // of the centroids
	packed    []uint8
	scales    []float32 // code times scale is about the centroid
	halves    []float32 // half of its squared length
}

func newDivider(rows Rows, count int, stop func() bool) *divider {
	d := &divider{rows: rows, count: count, stop: stop, padded: (rows.Dim + 3) / 4 * 4}
	for i, f := range rows.Factors {
		if f != 0 {
			d.live = append(d.live, uint32(i))
		}
	}
	d.codes = make([]int8, count*d.padded)
	d.packed = make([]uint8, kernels.PackedGemmI8Size(d.padded, count))
	d.scales, d.halves = make([]float32, count), make([]float32, count)
	return d
}

// sample returns rows to learn the centroids from, ascending.
func (d *divider) sample() []uint32 {
	want := sampleRows * d.count
	if len(d.live) <= want {
		return d.live
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(d.live))))
	out := make([]uint32, 0, want)
	// One row of each of want equal stretches.
	for i := range want {
		first, last := i*len(d.live)/want, (i+1)*len(d.live)/want
		out = append(out, d.live[first+r.IntN(last-first)])
	}
	return out
}

// vector writes a row times its factor.
func (d *divider) vector(row uint32, out []float32) {
	f := d.rows.Factors[row]
	for j, x := range d.rows.Vector(row) {
		out[j] = float32(x * f)
	}
}

// start takes rows of the sample, evenly spread, as first centroids.
func (d *divider) start(sample []uint32) {
	dim := d.rows.Dim
	d.centroids = make([]float32, d.count*dim)
	if len(sample) > 0 {
		for c := range d.count {
			d.vector(sample[c*len(sample)/d.count], d.centroids[c*dim:][:dim])
		}
	}
	d.pack()
}

// pack prepares the centroids for comparison.
func (d *divider) pack() {
	dim := d.rows.Dim
	for c := range d.count {
		v := d.centroids[c*dim:][:dim]
		d.scales[c] = quantize(v, d.codes[c*d.padded:][:dim])
		d.halves[c] = float32(squared(v) / 2)
	}
	kernels.PackGemmI8(d.codes, d.padded, d.count, d.packed)
}

// quantize fills codes with v scaled to -127..127 and returns the scale back; 0 for a
// vector of zeros, and for one whose largest number is below 4e-37: no float32 scales that
// up, and its products with others are zeros beside theirs.
func quantize(v []float32, codes []int8) float32 {
	largest := kernels.PeakF32(v)
	inverse := 127 / largest
	if inverse > math.MaxFloat32 {
		clear(codes)
		return 0
	}
	kernels.QuantizeI8(v, inverse, codes)
	return largest / 127
}

func squared(v []float32) (sum float64) {
	for _, x := range v {
		sum += float64(float64(x) * float64(x))
	}
	return sum
}

// round moves every centroid to the mean of the sample rows nearest to it.
func (d *divider) round(sample []uint32) bool {
	dim := d.rows.Dim
	sums, counts := make([]float64, d.count*dim), make([]int, d.count)
	v := make([]float32, dim)
	ok := d.eachNearest(sample, 1, func(row uint32, nearest []near) {
		c := int(nearest[0].list)
		counts[c]++
		d.vector(row, v)
		sum := sums[c*dim:][:dim]
		for j, x := range v {
			sum[j] += float64(x)
		}
	})
	for c, n := range counts {
		if n == 0 {
			continue // stays where it is
		}
		for j := range dim {
			d.centroids[c*dim+j] = float32(sums[c*dim+j] / float64(n))
		}
	}
	d.split(counts)
	d.pack()
	return ok
}

// split puts a centroid that no row is nearest to beside that of the most rows,
// where the next round parts them.
func (d *divider) split(counts []int) {
	dim := d.rows.Dim
	for c, n := range counts {
		if n > 0 {
			continue
		}
		largest := slices.Index(counts, slices.Max(counts))
		if counts[largest] < 2 {
			return
		}
		source, target := d.centroids[largest*dim:][:dim], d.centroids[c*dim:][:dim]
		for j, x := range source {
			step := float32(x * (1.0 / 64))
			if j%2 == 1 {
				step = -step
			}
			target[j], source[j] = x+step, x-step
		}
		counts[c] = counts[largest] / 2
		counts[largest] -= counts[c]
	}
}

// near is a list and how near it is: the larger the nearer.
type near struct {
	list  int32
	score float32
}

// eachNearest calls f with the nearest k lists of every given row, nearest first.
func (d *divider) eachNearest(rows []uint32, k int, f func(row uint32, nearest []near)) bool {
	codes, scales := make([]int8, blockRows*d.padded), make([]float32, blockRows)
	dots := make([]int32, blockRows*d.count)
	v := make([]float32, d.rows.Dim)
	best := make([]near, 0, k)
	for block := range slices.Chunk(rows, blockRows) {
		if d.stop() {
			return false
		}
		for i, row := range block {
			d.vector(row, v)
			scales[i] = quantize(v, codes[i*d.padded:][:d.rows.Dim])
		}
		kernels.GemmI8(codes[:len(block)*d.padded], d.packed, len(block), d.padded, d.count, dots[:len(block)*d.count])
		for i, row := range block {
			best = d.nearest(best[:0], dots[i*d.count:][:d.count], scales[i])
			f(row, best)
		}
		runtime.Gosched()
	}
	return true
}

// nearest appends the lists nearest to a row, up to best's capacity: by x.c - |c|²/2, which
// orders as the distance does.
func (d *divider) nearest(best []near, dots []int32, scale float32) []near {
	worst := float32(math.Inf(-1))
	for c, dot := range dots {
		score := float32(float32(float32(dot)*d.scales[c])*scale) - d.halves[c]
		if score <= worst {
			continue
		}
		if len(best) < cap(best) {
			best = append(best, near{})
		}
		at := len(best) - 1
		for ; at > 0 && best[at-1].score < score; at-- {
			best[at] = best[at-1]
		}
		best[at] = near{int32(c), score}
		if len(best) == cap(best) {
			worst = best[len(best)-1].score
		}
	}
	return best
}

// lists puts every row into its two lists.
func (d *divider) lists() (Lists, bool) {
	type choice struct{ first, second int32 }
	choices := make([]choice, len(d.live))
	counts := make([]uint32, d.count+1)
	s := newSpiller(d)
	i := 0
	ok := d.eachNearest(d.live, min(nearestCount, d.count), func(row uint32, nearest []near) {
		choices[i] = choice{nearest[0].list, s.second(row, nearest)}
		counts[choices[i].first+1]++
		counts[choices[i].second+1]++
		i++
	})
	if !ok {
		return Lists{}, false
	}
	for c := range d.count {
		counts[c+1] += counts[c]
	}
	out := Lists{Starts: counts, Rows: make([]uint32, 2*len(d.live))}
	next := slices.Clone(counts)
	for i, row := range d.live {
		for _, c := range [...]int32{choices[i].first, choices[i].second} {
			out.Rows[next[c]] = row
			next[c]++
		}
	}
	return out, true
}

// spiller chooses second lists.
type spiller struct {
	d        *divider
	v, first []float32
}

func newSpiller(d *divider) *spiller {
	return &spiller{d, make([]float32, d.rows.Dim), make([]float32, d.rows.Dim)}
}

// second returns the list that loses least: the squared distance to its
// centroid plus that of the part which is parallel to the first difference.
func (s *spiller) second(row uint32, nearest []near) int32 {
	dim := s.d.rows.Dim
	s.d.vector(row, s.v)
	c := s.d.centroids[int(nearest[0].list)*dim:][:dim]
	var length float64
	for j, x := range s.v {
		s.first[j] = x - c[j]
		length += float64(float64(s.first[j]) * float64(s.first[j]))
	}
	best, least := nearest[0].list, math.Inf(1)
	for _, n := range nearest[1:] {
		c := s.d.centroids[int(n.list)*dim:][:dim]
		var parallel, distance float64
		for j, x := range s.v {
			r := float64(x) - float64(c[j])
			distance += float64(r * r)
			parallel += float64(r * float64(s.first[j]))
		}
		loss := distance
		if length > 0 {
			loss += float64(float64(parallel*parallel) / length)
		}
		if loss < least {
			best, least = n.list, loss
		}
	}
	return best
}
