package kernels

import (
	"fmt"
	"math"
)

// QuantizeI8 sets out[i] to row[i]*scale, rounded to the nearest integer, halves to the
// even one, and clamped to -127..127.
//
// The product is rounded to float32 first. NaN becomes 0, and so does an infinity times a
// scale of 0. Exact: all CPU tiers return the same bytes. len(row) == len(out), any length
// and alignment. out must not overlap row, which is not written. O(n), no allocation.
// Panics if the lengths differ (caller bug).
func QuantizeI8(row []float32, scale float32, out []int8) {
	if len(row) != len(out) {
		panic(fmt.Sprintf("kernels: QuantizeI8: %d elements for %d results", len(row), len(out)))
	}
	raceRead(row)
	raceWrite(out)
	for first, end := range pieces(len(row), 4) {
		quantizeI8(row[first:end], scale, out[first:end])
	}
}

// quantizeI8 leaves what is not a whole block of 32 elements to the definition.
func quantizeI8(row []float32, scale float32, out []int8) {
	whole := len(row) &^ 31
	if whole > 0 && asmQuantizeI8(&row[0], &out[0], &scale, whole) {
		row, out = row[whole:], out[whole:]
	}
	quantizeI8Generic(row, scale, out)
}

// quantizeI8Generic is the definition of QuantizeI8.
func quantizeI8Generic(row []float32, scale float32, out []int8) {
	for i, x := range row {
		y := x * scale
		switch {
		case y != y:
			out[i] = 0
		case y >= 127:
			out[i] = 127
		case y <= -127:
			out[i] = -127
		default:
			out[i] = int8(math.RoundToEven(float64(y)))
		}
	}
}
