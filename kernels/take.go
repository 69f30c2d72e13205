package kernels

import "fmt"

const (
	takeLanes   = 16 // sums that a kernel looks at together
	sumsPerTake = callBytesMax / 8 / takeLanes * takeLanes
)

// TakeAbove writes the index and the value of every sum of threshold or more, in their
// order, returns how many there are, and sets all sums to 0: ids[j] = i,
// values[j] = sums[i].
//
// A NaN reaches no threshold, and nothing reaches a NaN. ids and values must have room for
// len(sums) elements, all of which may be written; no two of the three may overlap.
// Exact: all CPU tiers return the same bits. O(len(sums)), no allocation. Panics if ids or
// values are too short (caller bug).
func TakeAbove(sums []float64, threshold float64, ids []uint32, values []float64) (found int) {
	if len(ids) < len(sums) || len(values) < len(sums) {
		panic(fmt.Sprintf("kernels: TakeAbove: %d sums, room for %d ids and %d values", len(sums), len(ids), len(values)))
	}
	raceWrite(sums)
	raceWrite(ids[:len(sums)])
	raceWrite(values[:len(sums)])
	first := 0
	for ; len(sums)-first >= takeLanes; first += min(sumsPerTake, (len(sums)-first)/takeLanes*takeLanes) {
		found += takeAbove(sums, first, min(sumsPerTake, (len(sums)-first)/takeLanes*takeLanes), threshold, ids[found:], values[found:])
	}
	return found + takeAboveGeneric(sums, first, len(sums)-first, threshold, ids[found:], values[found:])
}

// takeAbove needs whole takeLanes from first on, one at least.
func takeAbove(sums []float64, first, count int, threshold float64, ids []uint32, values []float64) (found int) {
	if !asmTakeAbove(&sums[first], &threshold, &ids[0], &values[0], count, &found) {
		return takeAboveGeneric(sums, first, count, threshold, ids, values)
	}
	if first > 0 {
		for j := range ids[:found] {
			ids[j] += uint32(first)
		}
	}
	return found
}

// takeAboveGeneric is the definition of TakeAbove for count sums from first on.
func takeAboveGeneric(sums []float64, first, count int, threshold float64, ids []uint32, values []float64) (found int) {
	for i, sum := range sums[first : first+count] {
		if sum >= threshold { // false for NaN
			ids[found], values[found] = uint32(first+i), sum
			found++
		}
	}
	clear(sums[first : first+count])
	return found
}
