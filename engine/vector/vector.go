// Package vector finds the rows whose vectors are nearest to a question's, over the
// immutable segments of a snapshot: by cosine, inner product or Euclidean distance.
//
// A scan of short codes estimates every row, and the full vectors of the rows that may be
// among the best decide, in float64. Parts of few rows, which are made with every commit,
// have INT8 codes; larger ones 1-bit codes (package quant), which alone have to be
// resident: 53 bytes a row of 384 numbers. A flat scan of those misses nothing but by the
// error of an estimate, which is known for each row: rescoring goes on until no row that
// is left is likely to matter. Many parts may have Lists beside them: codes once more, twice a
// row, in lists of rows that lie together (package partition), of which a search reads those near its
// question until they bring nothing new. All arithmetic that decides is exact or in a fixed order,
// so that every CPU ranks alike. docs/design/quantization.md has the measurements.
package vector

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// Version is the version of what is derived from vectors: codes, and the order of sums.
const Version = 2

// bitRows is the size from which a part has 1-bit codes. Smaller ones are in memory only
// and soon merged: INT8 codes take 1 us a row to make, 1-bit codes 5.
const bitRows = 2048

// bitDim is the dimension from which on they do: fewer signs say too little, and INT8 codes
// are short there.
const bitDim = 128

// codeAlign is the multiple of bytes that a row of codes is padded to, so that
// every row starts at a cache line when the first one does.
const codeAlign = 64

// Stride returns the bytes a row of dim INT8 codes takes, padding included.
func Stride(dim int) int { return (dim + codeAlign - 1) / codeAlign * codeAlign }

// Parts are the columns of one segment, row after row. They are read in place
// and never written once sealed.
type Parts struct {
	Dim     int
	Vectors []float32 // rows x Dim, as given; zeros = row without vector

	// InvNorms are 1/|row|, 0 for a row without vector. Empty in parts with 1-bit codes of
	// segment format 2; the lengths are worked out then.
	InvNorms []float64
	// Lengths says between what they lie; nil and zero say nothing.
	Lengths *Lengths

	// Of a part with INT8 codes, otherwise empty.
	Codes  []int8    // rows x Stride(Dim); padding is zero
	Scales []float32 // code x scale is the number: of the unit vector for cosine, else as given

	// Of a part with 1-bit codes, otherwise empty.
	Bits quant.Bits
	// Gate, where there is one, is asked before a row of Vectors is read.
	Gate *Gate
}

// Lengths is the least and the largest of the inverse lengths of all rows, as two float32.
type Lengths struct {
	// both is 0 until it is known. Any goroutine that checks the columns stores it.
	both atomic.Uint64
}

// inverses returns numbers that no inverse length is below or above; zeros where that is
// not known, or lengths differ by more than a thousandth.
func (l *Lengths) inverses() (least, most float64) {
	if l == nil {
		return 0, 0
	}
	both := l.both.Load()
	return float64(math.Float32frombits(uint32(both))), float64(math.Float32frombits(uint32(both >> 32)))
}

// learn looks through inverse lengths.
func (l *Lengths) learn(inverses []float64) {
	if len(inverses) == 0 {
		return
	}
	least, most := slices.Min(inverses), slices.Max(inverses)
	if low, high := below32(least), -below32(-most); low > 1e-30 && high < 1e30 && high <= low*1.001 {
		l.both.Store(uint64(math.Float32bits(high))<<32 | uint64(math.Float32bits(low)))
	}
}

// below32 returns a float32 that is at most x, and close to it.
func below32(x float64) float32 {
	return math.Nextafter32(float32(x), float32(math.Inf(-1)))
}

// Gate stands before rows that may not be read just so.
type Gate struct {
	// Open is set, once and for good by any goroutine, when every row may be read.
	Open atomic.Bool
	// Pass makes a row readable, or panics. Any goroutine calls it.
	Pass func(row int)
	// Passed, which may be shorter, marks the rows that Pass need not be asked for again:
	// bit row%64 of word row/64, set by any goroutine and never cleared.
	Passed []atomic.Uint64
}

// passed reports whether Pass need not be asked.
func (g *Gate) passed(row uint32) bool {
	w := int(row >> 6)
	return w < len(g.Passed) && g.Passed[w].Load()>>(row&63)&1 != 0
}

// admit asks Pass for a row, and marks it where there is a place for that.
func (g *Gate) admit(row uint32) {
	g.Pass(int(row))
	if w := int(row >> 6); w < len(g.Passed) {
		g.Passed[w].Or(1 << (row & 63))
	}
}

// SetDim sets the dimension of columns that are empty or are about to be checked.
func (p *Parts) SetDim(dim int) { p.Dim, p.Bits.Dim = dim, dim }

// Check verifies that columns that were read have the lengths and the values of so many
// rows, so that no search leaves them.
func (p *Parts) Check(rowCount int) error {
	if err := p.check(rowCount); err != nil {
		return err
	}
	if p.Lengths == nil {
		p.Lengths = new(Lengths)
	}
	p.Lengths.learn(p.InvNorms)
	return nil
}

func (p *Parts) check(rowCount int) error {
	if p.Dim < 0 || p.Dim > kernels.BitDimensionMax || len(p.Vectors) != rowCount*p.Dim {
		return fmt.Errorf("%d numbers for %d rows of dimension %d", len(p.Vectors), rowCount, p.Dim)
	}
	if p.Coded() {
		if len(p.Codes)+len(p.Scales) > 0 {
			return errors.New("codes of two kinds")
		}
		if n := len(p.InvNorms); n != 0 && n != rowCount {
			return fmt.Errorf("%d lengths for %d rows", n, rowCount)
		}
		return p.Bits.Check(rowCount, 1)
	}
	if len(p.Codes) != rowCount*Stride(p.Dim) || len(p.Scales) != rowCount || len(p.InvNorms) != rowCount {
		return fmt.Errorf("%d codes, %d scales and %d lengths for %d rows of dimension %d", len(p.Codes), len(p.Scales), len(p.InvNorms), rowCount, p.Dim)
	}
	return nil
}

// RowCount returns the number of rows.
func (p *Parts) RowCount() int { return len(p.Vectors) / max(1, p.Dim) }

// Coded reports whether the rows have 1-bit codes, and so may be in Lists.
func (p *Parts) Coded() bool { return len(p.Bits.Scales) > 0 }

// Has reports whether a row has a vector.
func (p *Parts) Has(row int) bool {
	switch {
	case len(p.InvNorms) > 0:
		return p.InvNorms[row] != 0
	case p.Coded():
		return p.Bits.Scales[row] == p.Bits.Scales[row]
	}
	return false
}

// invNorm returns 1/|row|, 0 for a row without vector.
func (p *Parts) invNorm(row int) float64 {
	if len(p.InvNorms) > 0 {
		return p.InvNorms[row]
	}
	return p.workedOut(row)
}

// workedOut keeps invNorm small enough for the compiler to put it in line.
//
//go:noinline
func (p *Parts) workedOut(row int) float64 { return invNorm(p.Vector(row)) }

// Vector returns the full vector of a row, aliasing the column.
func (p *Parts) Vector(row int) []float32 {
	if g := p.Gate; g != nil && !g.Open.Load() && !g.passed(uint32(row)) {
		g.admit(uint32(row))
	}
	return p.Vectors[row*p.Dim : (row+1)*p.Dim]
}

// pass has the gate let rows through, as Vector does for one.
func (p *Parts) pass(rows []uint32) {
	if g := p.Gate; g != nil && !g.Open.Load() {
		for _, row := range rows {
			if !g.passed(row) {
				g.admit(row)
			}
		}
	}
}

// Reserve makes room for so many more rows.
func (p *Parts) Reserve(rows int) {
	p.Vectors = slices.Grow(p.Vectors, rows*p.Dim)
	p.InvNorms = slices.Grow(p.InvNorms, rows)
}

// Append adds one row; v nil or all zero is a row without vector.
// len(v) must be p.Dim where v is not nil. Seal comes after the last row.
func (p *Parts) Append(v []float32) {
	if v == nil {
		p.Vectors = append(p.Vectors, make([]float32, p.Dim)...)
	} else {
		p.Vectors = append(p.Vectors, v...)
	}
	p.InvNorms = append(p.InvNorms, invNorm(v))
}

// AppendFrom adds row of source, which has the same dimension, as it is.
func (p *Parts) AppendFrom(source *Parts, row int) {
	p.Vectors = append(p.Vectors, source.Vector(row)...)
	p.InvNorms = append(p.InvNorms, source.invNorm(row))
}

// invNorm returns 1/|v|, or 0 for a vector without length.
func invNorm(v []float32) float64 {
	if square := dot(v, v); square > 0 {
		return 1 / math.Sqrt(square)
	}
	return 0
}

// dot returns the inner product, with the same bits on every CPU.
func dot(a, b []float32) float64 {
	var sum [1]float64
	kernels.DotScanF64(a, b, sum[:])
	return sum[0]
}

// Seal derives the codes of all rows that were appended: 1 us a row, from bitRows rows on
// some 5.
func (p *Parts) Seal(metric model.Metric) {
	p.Lengths = new(Lengths)
	p.Lengths.learn(p.InvNorms)
	if p.RowCount() >= bitRows && p.Dim >= bitDim {
		p.sealBits(metric)
		return
	}
	n, stride := p.RowCount(), Stride(p.Dim)
	p.Codes = slices.Grow(p.Codes[:0], n*stride)[:n*stride]
	p.Scales = slices.Grow(p.Scales[:0], n)[:n]
	clear(p.Codes)
	for row := range n {
		if row%yieldRows == 0 {
			runtime.Gosched()
		}
		scale := quantize(p.Vector(row), p.Codes[row*stride:][:p.Dim])
		if metric.Directional() {
			scale *= p.InvNorms[row]
		}
		p.Scales[row] = float32(scale)
	}
}

// yieldRows is how many rows are coded, some 50 us, before others may run.
const yieldRows = 64

func (p *Parts) sealBits(metric model.Metric) {
	p.Bits = *quant.Build(p.Dim, p.RowCount(), metric == model.L2, func(row int) ([]float32, float64) { return p.source(metric, row) })
	p.Codes, p.Scales = p.Codes[:0], p.Scales[:0]
}

// source returns a row and its factor.
func (p *Parts) source(metric model.Metric, row int) (vector []float32, factor float64) {
	return p.Vector(row), p.factor(metric, row)
}

// factor is what a row is multiplied by before it is coded, 0 for a row without vector.
func (p *Parts) factor(metric model.Metric, row int) float64 {
	if factor := p.invNorm(row); factor == 0 || metric.Directional() {
		return factor
	}
	return 1
}

// quantize fills codes with v rounded to -127..127 of its largest magnitude and returns
// the factor that turns codes into v. Clipping at a quantile was no better
// (docs/design/quantization.md).
func quantize(v []float32, codes []int8) (scale float64) {
	largest := kernels.PeakF32(v)
	scale = float64(largest) / 127
	if inverse := float32(1 / scale); inverse <= math.MaxFloat32 {
		kernels.QuantizeI8(v, inverse, codes)
		return scale
	}
	for i, x := range v { // so small that its inverse is no float32, or zero
		codes[i] = 0
		if largest > 0 {
			codes[i] = int8(math.RoundToEven(float64(x) / scale))
		}
	}
	return scale
}

// AppendUnit appends the INT8 codes of a row to dst and returns the factor that turns them
// into the unit vector, 0 for a row without vector: the product of two rows' codes and
// factors is about their cosine, whatever the metric.
func (p *Parts) AppendUnit(dst []int8, row int) ([]int8, float32) {
	at, stride := len(dst), Stride(p.Dim)
	dst = slices.Grow(dst, stride)[:at+stride]
	clear(dst[at:])
	if !p.Has(row) {
		return dst, 0
	}
	v := p.Vector(row)
	return dst, float32(quantize(v, dst[at:at+p.Dim]) * p.invNorm(row))
}

// Part is one segment as a search sees it.
type Part struct {
	*Parts
	rows.Filter
}
