package kernels

import (
	"fmt"
	"math"
	"slices"
)

// One assembly call handles at most edgesPerCall edges, whose elements of x may lie
// anywhere in RAM (some 20 ns each), and rowsPerGather rows. A row with more edges than
// that stays in Go, which can be preempted.
const (
	edgesPerCall  = 4096
	rowsPerGather = 8192
)

// Edges are the weighted edges of a graph by the row that they lead to, in compressed
// sparse rows, with every index known to be good. NewEdges makes them.
type Edges struct {
	starts  []uint32 // row i has the edges [starts[i], starts[i+1])
	columns []uint32 // all below width
	weights []float32
	width   int
}

// NewEdges checks compressed sparse rows once, so that no sum over them has to: starts
// must ascend from 0 to len(columns) == len(weights), and every column be below width,
// at most 2^31 - 1. It copies the slices, because kernels read x at whatever columns says.
// starts of no row may be empty. False if anything does not fit. O(rows + edges).
func NewEdges(starts, columns []uint32, weights []float32, width int) (Edges, bool) {
	if width < 0 || width > math.MaxInt32 || len(columns) != len(weights) || len(columns) > math.MaxInt32 {
		return Edges{}, false
	}
	if len(starts) == 0 {
		return Edges{width: width}, len(columns) == 0
	}
	if starts[0] != 0 || int(starts[len(starts)-1]) != len(columns) || !slices.IsSorted(starts) {
		return Edges{}, false
	}
	last := uint32(0)
	for _, c := range columns {
		last = max(last, c)
	}
	if len(columns) > 0 && int64(last) >= int64(width) {
		return Edges{}, false
	}
	return Edges{slices.Clone(starts), slices.Clone(columns), slices.Clone(weights), width}, true
}

// Rows returns the number of rows, and Width how many elements x needs.
func (e *Edges) Rows() int  { return max(0, len(e.starts)-1) }
func (e *Edges) Width() int { return e.width }

// GatherSum sets out[i] to the sum of weight*x[column] over the edges of row i: one step
// of a personalised PageRank, pulled (Page et al. 1999, section 2.6).
//
// Shape: len(x) == e.Width(), len(out) == e.Rows(). Edge k of a row is added to partial
// sum k mod 8, in order; the eight, which start at 0, are then added as
// ((s0+s4) + (s2+s6)) + ((s1+s5) + (s3+s7)). Each product and each sum is rounded to
// float32, never fused, so that every tier returns the same bits; only which NaN a NaN
// is may differ. out must not overlap the inputs, which are not written. O(edges), no
// allocation. Panics if the lengths do not fit (caller bug).
func GatherSum(e *Edges, x, out []float32) {
	if len(x) != e.width || len(out) != e.Rows() {
		panic(fmt.Sprintf("kernels: GatherSum: %d values for width %d, %d results for %d rows", len(x), e.width, len(out), e.Rows()))
	}
	raceRead(e.starts)
	raceRead(e.columns)
	raceRead(e.weights)
	raceRead(x)
	raceWrite(out)
	if len(e.columns) == 0 {
		clear(out)
		return
	}
	for first := 0; first < len(out); {
		end := e.callEnd(first)
		if end == first { // one row is too long for a call
			end++
			gatherSumGeneric(e, first, end, x, out)
		} else if !asmGatherSum(&e.starts[first], &e.columns[0], &e.weights[0], &x[0], &out[first], end-first) {
			gatherSumGeneric(e, first, end, x, out)
		}
		first = end
	}
}

// callEnd returns the row behind the last whole one that a call from row first may handle.
func (e *Edges) callEnd(first int) int {
	limit := uint64(e.starts[first]) + edgesPerCall
	end := min(e.Rows(), first+rowsPerGather)
	if uint64(e.starts[end]) <= limit {
		return end
	}
	n, _ := slices.BinarySearchFunc(e.starts[first+1:end+1], limit, func(s uint32, limit uint64) int {
		if uint64(s) <= limit {
			return -1
		}
		return 1
	})
	return first + n
}

// gatherSumGeneric is the definition of GatherSum for the rows [first, end). The
// conversions forbid a fused multiply-add.
func gatherSumGeneric(e *Edges, first, end int, x, out []float32) {
	for i := first; i < end; i++ {
		columns := e.columns[e.starts[i]:e.starts[i+1]]
		weights := e.weights[e.starts[i]:][:len(columns)]
		var s [8]float32
		for k, c := range columns {
			s[k%8] += float32(weights[k] * x[c])
		}
		out[i] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
	}
}
