// Package quant makes short codes of vectors: a random rotation, and 1-bit codes
// of rotated vectors with the factors that estimate inner products from them
// without bias, and with a bound of the error of each (RaBitQ; Gao and Long,
// SIGMOD 2024). docs/design/quantization.md has the measurements.
//
// Every number is computed in a fixed order with each operation rounded by
// itself, so that all CPUs make the same codes.
package quant

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/nexus-memory/nexus/kernels"
)

// rotationRounds of signs and Hadamard transforms: after two, a vector of a single
// number that is not zero is spread over all coordinates; RaBitQ's library takes four.
const rotationRounds = 4

// rotationSeed fixes the signs. Codes of another seed cannot be compared: a change
// is a change of the format.
const rotationSeed = 0x6E65787573

// Rotation is a fixed random rotation of vectors of one dimension: rounds of random
// signs and of Hadamard transforms of the first and of the last 2^k numbers, where
// 2^k is the largest power of two that fits (Ailon and Chazelle, STOC 2006, for the
// transform; Kac's walk for joining the two). It keeps lengths and inner products but for
// rounding, and is the same on every CPU. Any goroutine may use it.
type Rotation struct {
	dim, block int
	scale      float32 // makes a transform of block numbers keep lengths
	signs      [rotationRounds][]uint8
}

// NewRotation returns the rotation of so many dimensions, 1 to kernels.BitDimensionMax.
func NewRotation(dim int) *Rotation {
	r := &Rotation{dim: dim, block: 1 << (bits.Len(uint(dim)) - 1)}
	r.scale = float32(1 / math.Sqrt(float64(r.block)))
	source := rand.NewPCG(rotationSeed, uint64(dim))
	for i := range r.signs {
		r.signs[i] = make([]uint8, kernels.BitColumns(dim))
		for j := range r.signs[i] {
			r.signs[i][j] = uint8(source.Uint64() >> 56)
		}
	}
	return r
}

// Dim returns the dimension.
func (r *Rotation) Dim() int { return r.dim }

// Apply rotates x in place; len(x) must be Dim(). O(dim * log dim): 384 numbers in
// some 2 us. No allocation.
func (r *Rotation) Apply(x []float32) {
	for i := range r.signs {
		kernels.FlipSigns(x, r.signs[i])
		r.transform(x[:r.block])
		if r.block < r.dim {
			r.transform(x[r.dim-r.block:])
		}
	}
}

func (r *Rotation) transform(x []float32) {
	kernels.Hadamard(x)
	scale := r.scale // in a register: x might lie over it, for all that the compiler knows
	for ; len(x) >= 8; x = x[8:] {
		y := (*[8]float32)(x)
		y[0], y[1], y[2], y[3] = y[0]*scale, y[1]*scale, y[2]*scale, y[3]*scale
		y[4], y[5], y[6], y[7] = y[4]*scale, y[5]*scale, y[6]*scale, y[7]*scale
	}
	for i := range x {
		x[i] *= scale
	}
}
