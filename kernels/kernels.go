// Package kernels holds the arithmetic that Nexus repeats most often, each operation
// written once in plain Go and again in assembly for every CPU tier worth having.
//
// The plain Go loop is the definition: an assembly kernel is right when it agrees with
// it, bit for bit for integers and scores, within a stated bound for float32 sums.
// Exported functions check lengths, cut the work into pieces and branch on one integer
// to a direct call. A function variable would be shorter, but it makes its arguments
// escape to the heap (32 bytes a call, 34 ns against 4).
//
// Kernels are scans: one query against many contiguous rows. The query is loaded once
// for four rows, sums run in several accumulators, and corrections stay outside of the
// row loop; those three things are where the speed comes from, not the wider register.
// Scans do not prefetch by instruction, which on sequential rows costs bandwidth; gathers by
// row id do.
//
// No kernel here allocates, blocks, returns an error or starts a goroutine. All may be
// called from any number of goroutines. A length that does not fit is the caller's bug
// and panics.
package kernels

import (
	"fmt"
	"iter"
)

// callBytesMax bounds what one assembly call reads. Assembly cannot be preempted, so a
// longer call would hold up the garbage collector; 256 KiB is about 20 us at the rate at
// which RAM is read in order. What reads at random has a smaller bound of its own.
const callBytesMax = 256 << 10

// checkScan panics unless the rows hold exactly rowLen elements for each result.
func checkScan(operation string, rowLen, rowsLen, outLen int) {
	fits := rowLen >= 0 && rowsLen == 0
	if outLen > 0 { // a division, since the product of two wrong lengths may wrap around
		fits = rowLen >= 0 && rowsLen%outLen == 0 && rowsLen/outLen == rowLen
	}
	if !fits {
		panic(fmt.Sprintf("kernels: %s: %d row elements for %d rows of %d", operation, rowsLen, outLen, rowLen))
	}
}

// pieces yields the first item and the end of each run of items of itemBytes that one
// assembly call may read, at least one.
func pieces(count, itemBytes int) iter.Seq2[int, int] {
	step := max(1, callBytesMax/max(1, itemBytes))
	return func(yield func(first, end int) bool) {
		for first := 0; first < count; first += step {
			if !yield(first, min(count, first+step)) {
				return
			}
		}
	}
}
