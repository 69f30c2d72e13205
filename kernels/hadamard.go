package kernels

import (
	"fmt"
	"math"
)

// hadamardMax is the longest transform: 256 KiB, one assembly call.
const hadamardMax = 1 << 16

// hadamardBlock is the shortest transform that a kernel takes: its first pass does six
// strides of 64 numbers in registers.
const hadamardBlock = 64

// Hadamard replaces x by its Walsh-Hadamard transform, not normalised:
//
//	y[i] = sum over j of x[j] * (-1)^popcount(i & j)
//
// It is its own inverse times len(x), and turns lengths by sqrt(len(x)). With random signs
// before it (FlipSigns) it spreads a vector evenly over all coordinates, for n*log2(n)
// additions instead of the n*n multiplications of a random rotation (Ailon and Chazelle,
// STOC 2006, section 3).
// Shape: len(x) is a power of two, 1 to 65_536. Exact: additions and subtractions in the
// order of the strides 1, 2, 4 ..., so all CPU tiers return the same bits (of a NaN only
// that it is one). Each result is within log2(n)*2^-24 * sum|x[j]| of the true sum, in the
// first order. O(n log n), no allocation. Panics on other lengths (caller bug).
func Hadamard(x []float32) {
	n := len(x)
	if n < 1 || n > hadamardMax || n&(n-1) != 0 {
		panic(fmt.Sprintf("kernels: Hadamard: %d numbers, want a power of two up to %d", n, hadamardMax))
	}
	raceWrite(x)
	if n < hadamardBlock || !asmHadamard(&x[0], n) {
		hadamardGeneric(x)
	}
}

// hadamardGeneric is the definition of Hadamard: for each stride the pairs that far apart
// become sum and difference.
func hadamardGeneric(x []float32) {
	for stride := 1; stride < len(x); stride *= 2 {
		for block := 0; block < len(x); block += 2 * stride {
			low := x[block : block+stride]
			high := x[block+stride:][:len(low)]
			for i, a := range low {
				b := high[i]
				low[i], high[i] = a+b, a-b
			}
		}
	}
}

// flipGroup is how many signs a kernel takes together.
const flipGroup = 32

// FlipSigns negates x[j] where bit j of signs, bit j%8 of byte j/8, is set: the product
// with a diagonal of random signs.
//
// Shape: len(signs) == (len(x)+7)/8; bits behind the last x are ignored. Exact: only the
// sign bit changes, of zeros, infinities and NaNs too. signs is not written and must not
// overlap x. O(n), no allocation. Panics if the lengths do not fit (caller bug).
func FlipSigns(x []float32, signs []uint8) {
	if len(signs) != (len(x)+7)/8 {
		panic(fmt.Sprintf("kernels: FlipSigns: %d bytes of signs for %d numbers", len(signs), len(x)))
	}
	raceWrite(x)
	raceRead(signs)
	const step = callBytesMax / 4
	for ; len(x) > step; x, signs = x[step:], signs[step/8:] {
		flipSigns(x[:step], signs[:step/8])
	}
	flipSigns(x, signs)
}

// flipSigns leaves what is behind the last whole group to the definition.
func flipSigns(x []float32, signs []uint8) {
	whole := len(x) / flipGroup * flipGroup
	if whole > 0 && asmFlipSigns(&x[0], &signs[0], whole) {
		x, signs = x[whole:], signs[whole/8:]
	}
	flipSignsGeneric(x, signs)
}

// flipSignsGeneric is the definition of FlipSigns.
func flipSignsGeneric(x []float32, signs []uint8) {
	for j := range x {
		bit := uint32(signs[j/8]) >> (j % 8) & 1
		x[j] = math.Float32frombits(math.Float32bits(x[j]) ^ bit<<31)
	}
}
