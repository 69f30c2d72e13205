package quant

import (
	"fmt"
	"math"
	"runtime"

	"github.com/nexus-memory/nexus/kernels"
)

// Bits are the 1-bit codes of the rows of a set, and what estimates need besides.
// They are read in place and never change once built.
//
// A row o is coded as the signs of its rotated difference from the centroid c of
// the set. With u the +1/-1 signs and <u, R(o-c)> = sum|R(o-c)_j|,
//
//	<o-c, q>  is estimated as  Scales[row] * <u, R(q)>,  Scales[row] = |o-c|²/sum|R(o-c)_j|
//
// which is unbiased over rotations, and off by a multiple of Bound(row)*|q| that is
// about normal with deviation 1 (theorem 3.2 there).
type Bits struct {
	Dim      int
	Blocks   []uint8   // bit blocks of kernels.BitBlockRows rows
	Scales   []float32 // one a row of the blocks; NaN for rows without vector and behind the last
	Errors   []uint8   // as Scales: 255ths of the row's scale that are its error, rounded up
	Centroid []float32 // Dim numbers, rotated; empty for codes in lists (BuildLists), each against a centroid of its own
	Squares  []float32 // as Scales, where distances are wanted, else empty: |o-c|², in lists |o|²
}

// PaddedRows returns rowCount rounded up to whole blocks.
func PaddedRows(rowCount int) int {
	return (rowCount + kernels.BitBlockRows - 1) / kernels.BitBlockRows * kernels.BitBlockRows
}

// Check verifies that columns that were read hold the codes of so many rows, and none that
// counts behind the last, with so many centroids.
func (b *Bits) Check(rowCount, centroids int) error {
	padded := PaddedRows(rowCount)
	if len(b.Blocks) != padded*kernels.BitColumns(b.Dim) || len(b.Scales) != padded || len(b.Errors) != padded ||
		len(b.Centroid) != centroids*b.Dim || len(b.Squares) != 0 && len(b.Squares) != padded {
		return fmt.Errorf("%d code bytes, %d scales, %d errors, %d squares and centroids of %d for %d rows of dimension %d",
			len(b.Blocks), len(b.Scales), len(b.Errors), len(b.Squares), len(b.Centroid), rowCount, b.Dim)
	}
	for row := rowCount; row < padded; row++ {
		if b.Scales[row] == b.Scales[row] {
			return fmt.Errorf("a code of row %d of %d", row, rowCount)
		}
	}
	return nil
}

// ResidentBytes returns what a search keeps in memory for each row.
func (b *Bits) ResidentBytes() int { return kernels.BitColumns(b.Dim) + 4 + 1 }

// Bound returns the deviation of a row's estimate for a query of length 1; the error
// is beyond 1.9 of them in about one estimate of seventeen, beyond 3 in one of 370.
func (b *Bits) Bound(row int) float32 {
	return float32(b.Scales[row] * float32(float32(b.Errors[row])/errorSteps))
}

const errorSteps = 255

// yieldRows is how many rows are handled, some 100 us, before others may run.
const yieldRows = 32

// Rows gives row i of a set as vector times factor: 1/|vector| for the direction
// alone, 0 for a row without vector. The vector is not kept.
type Rows func(i int) (vector []float32, factor float64)

// Build codes a set of rows of dim numbers, 1 to kernels.BitDimensionMax, whose lengths
// are at most 1e17. Two passes, some 4 us a row of 384 dimensions.
func Build(dim, rowCount int, squares bool, rows Rows) *Bits {
	b, c := newBits(dim, PaddedRows(rowCount), squares), newCoder(dim)
	c.centroid = centroid(dim, rowCount, rows)
	for row := range rowCount {
		if row%yieldRows == 0 {
			runtime.Gosched()
		}
		if v, factor := rows(row); factor != 0 {
			b.put(row, c, c.encode(v, factor))
		}
	}
	b.Centroid = c.rotatedCentroid()
	return b
}

// NoRow stands at the places that fill up a list's last block.
const NoRow = math.MaxUint32

// BuildLists codes rows in lists, each against the centroid of its list. List l has the
// places starts[l] to starts[l+1], whole blocks; members[i] is the row at place i, which
// stands for the row's number in all that Bits says, or NoRow. centroids are not rotated.
// stop is asked now and then; once true, BuildLists returns nil. Some 4 us a place.
func BuildLists(dim int, squares bool, rows Rows, centroids []float32, starts, members []uint32, stop func() bool) *Bits {
	b, c := newBits(dim, len(members), squares), newCoder(dim)
	c.centroid = make([]float64, dim)
	for l := range len(starts) - 1 {
		if stop() {
			return nil
		}
		for j, x := range centroids[l*dim : (l+1)*dim] {
			c.centroid[j] = float64(x)
		}
		for place := starts[l]; place < starts[l+1]; place++ {
			if place%yieldRows == 0 {
				runtime.Gosched()
			}
			if members[place] == NoRow {
				continue
			}
			if v, factor := rows(int(members[place])); factor != 0 {
				f := c.encode(v, factor)
				f.square = squareOf(v, factor)
				b.put(int(place), c, f)
			}
		}
	}
	return b
}

func squareOf(v []float32, factor float64) float32 {
	var sum float64
	for _, x := range v {
		y := float64(float64(x) * factor)
		sum += float64(y * y)
	}
	return float32(sum)
}

// newBits returns codes of so many rows, all of them without vector so far.
func newBits(dim, padded int, squares bool) *Bits {
	b := &Bits{
		Dim: dim, Blocks: make([]uint8, padded*kernels.BitColumns(dim)), Scales: make([]float32, padded), Errors: make([]uint8, padded),
	}
	if squares {
		b.Squares = make([]float32, padded)
	}
	for i := range b.Scales {
		b.Scales[i] = float32(math.NaN())
	}
	return b
}

// put stores the row that c has just encoded.
func (b *Bits) put(row int, c *coder, f factors) {
	b.Scales[row], b.Errors[row] = f.scale, f.errorStep
	if b.Squares != nil {
		b.Squares[row] = f.square
	}
	columns := kernels.BitColumns(b.Dim)
	first := row / kernels.BitBlockRows * kernels.BitBlockRows * columns
	kernels.PutBitRow(b.Blocks[first:first+kernels.BitBlockRows*columns], columns, row%kernels.BitBlockRows, c.code)
}

// centroid returns the mean of the rows that have a vector, in float64.
func centroid(dim, rowCount int, rows Rows) []float64 {
	sums, count := make([]float64, dim), 0
	for row := range rowCount {
		if row%yieldRows == 0 {
			runtime.Gosched()
		}
		v, factor := rows(row)
		if factor == 0 {
			continue
		}
		for j, x := range v {
			sums[j] += float64(float64(x) * factor)
		}
		count++
	}
	for j := range sums {
		sums[j] /= float64(max(1, count))
	}
	return sums
}

// coder codes one row at a time.
type coder struct {
	rotation *Rotation
	centroid []float64
	residual []float32
	code     []uint8
}

// factors are what is kept of a row beside its bits.
type factors struct {
	scale, square float32
	errorStep     uint8
}

func newCoder(dim int) *coder {
	return &coder{rotation: NewRotation(dim), residual: make([]float32, dim), code: make([]uint8, kernels.BitColumns(dim))}
}

// encode leaves the row's bits in c.code.
func (c *coder) encode(v []float32, factor float64) factors {
	for j, x := range v {
		c.residual[j] = float32(float64(float64(x)*factor) - c.centroid[j])
	}
	c.rotation.Apply(c.residual)
	kernels.SignBits(c.residual, c.code)
	var sum, square float64
	for _, x := range c.residual {
		sum += math.Abs(float64(x))
		square += float64(float64(x) * float64(x))
	}
	if sum == 0 {
		return factors{} // the centroid itself: the estimate is exact
	}
	dim := float64(len(v))
	cosine := sum / math.Sqrt(float64(square*dim)) // of the row and its code
	deviation := math.Sqrt(float64(max(0, 1-float64(cosine*cosine))*dim) / max(1, dim-1))
	return factors{float32(square / sum), float32(square), uint8(min(errorSteps, math.Ceil(float64(deviation*errorSteps))))}
}

func (c *coder) rotatedCentroid() []float32 {
	rotated := make([]float32, len(c.centroid))
	for j, x := range c.centroid {
		rotated[j] = float32(x)
	}
	c.rotation.Apply(rotated)
	return rotated
}
