package kernels

import "math"

// peakLanes is how many elements a kernel takes at a time.
const peakLanes = 32

// PeakF32 returns the largest |x| of row, 0 of none.
//
// A NaN counts as larger than any number, that with the larger bits as the largest. Exact:
// all CPU tiers return the same bits. Any length and alignment; row is not written. O(n), no
// allocation.
func PeakF32(row []float32) float32 {
	raceRead(row)
	peak := uint32(0)
	for first, end := range pieces(len(row), 4) {
		peak = max(peak, peakF32(row[first:end]))
	}
	return math.Float32frombits(peak)
}

// peakF32 leaves what is not a whole block to the definition.
func peakF32(row []float32) uint32 {
	whole := len(row) / peakLanes * peakLanes
	var peak float32
	if whole == 0 || !asmPeakF32(&row[0], &peak, whole) {
		return peakF32Generic(row)
	}
	return max(math.Float32bits(peak), peakF32Generic(row[whole:]))
}

// peakF32Generic is the definition of PeakF32, as bits. Bits of floats without sign are
// ordered as the floats are, and integers are compared four at a time in a sixth of the time
// that max takes with its care for NaN.
func peakF32Generic(row []float32) uint32 {
	const magnitude = 1<<31 - 1
	var a, b, c, d uint32
	for ; len(row) >= 4; row = row[4:] {
		a = max(a, math.Float32bits(row[0])&magnitude)
		b = max(b, math.Float32bits(row[1])&magnitude)
		c = max(c, math.Float32bits(row[2])&magnitude)
		d = max(d, math.Float32bits(row[3])&magnitude)
	}
	for _, x := range row {
		a = max(a, math.Float32bits(x)&magnitude)
	}
	return max(a, b, c, d)
}
