package kernels

import (
	"fmt"
	"math"
)

// FactorCount is the number of factors in a score.
const FactorCount = 6

// rowsPerScoreCall bounds the rows of one assembly call: six columns of float32 make
// 8192 rows 192 KiB.
const rowsPerScoreCall = 8192

// Top8 holds the up to eight best rows of a scan, the best first. Entries from Count on
// have the index -1 and the score -Inf.
type Top8 struct {
	Index [8]int32
	Score [8]float32
	Count int32
}

// ScoreTop8 weighs the six factors of n candidates and keeps the eight best in top.
//
// columns is a structure of arrays: factor f of candidate i is columns[f*stride+i], for
// i < n <= stride. The score is ((((w0*c0 + w1*c1) + w2*c2) + w3*c3) + w4*c4) + w5*c5,
// each product and each sum rounded to float32, never fused, so that every tier returns
// the same bits. Best first, equal scores by lower index. A row whose score is NaN or
// -Inf is never chosen: mask a row by a -Inf factor whose weight is not negative.
// What top held before is lost. columns and weights are not written. No score array is
// written anywhere. O(n), no allocation. Panics if the shape does not fit (caller bug).
func ScoreTop8(columns []float32, stride, n int, weights *[FactorCount]float32, top *Top8) {
	if n < 0 || n > stride || n > math.MaxInt32 || (n > 0 && !columnsFit(len(columns), FactorCount, stride, n)) {
		panic(fmt.Sprintf("kernels: ScoreTop8: n %d, stride %d, %d values", n, stride, len(columns)))
	}
	if raceEnabled && n > 0 {
		for f := range FactorCount {
			raceRead(columns[f*stride:][:n])
		}
	}
	raceRead(weights[:])
	raceWrite(top.Index[:])
	raceWrite(top.Score[:])
	top.reset()
	for first := 0; first < n; first += rowsPerScoreCall {
		scoreTop8(columns, stride, first, min(n, first+rowsPerScoreCall), weights, top)
	}
	top.Count = 0
	for top.Count < 8 && top.Index[top.Count] >= 0 {
		top.Count++
	}
}

// columnsFit reports whether the last of count columns holds n rows, 0 < n <= stride. The
// quotient keeps the product from overflowing.
func columnsFit(values, count, stride, n int) bool {
	return count == 0 || count-1 <= values/stride && (count-1)*stride+n <= values
}

// reset makes every entry empty. -Inf is the lowest threshold: the first eight rows with
// a larger score pass it, and no masked row does.
func (t *Top8) reset() {
	for i := range t.Index {
		t.Index[i] = -1
		t.Score[i] = float32(math.Inf(-1))
	}
}

// scoreTop8 needs first < end.
func scoreTop8(columns []float32, stride, first, end int, weights *[FactorCount]float32, top *Top8) {
	if !asmScoreTop8(&columns[0], stride, first, end, &weights[0], &top.Score[0], &top.Index[0]) {
		scoreTop8Generic(columns, stride, first, end, weights, top)
	}
}

// scoreTop8Generic is the definition of ScoreTop8 for the rows [first, end): it adds
// them to what top holds. The conversions forbid a fused multiply-add.
func scoreTop8Generic(columns []float32, stride, first, end int, weights *[FactorCount]float32, top *Top8) {
	n := end - first
	c0 := columns[0*stride+first:][:n]
	c1 := columns[1*stride+first:][:n]
	c2 := columns[2*stride+first:][:n]
	c3 := columns[3*stride+first:][:n]
	c4 := columns[4*stride+first:][:n]
	c5 := columns[5*stride+first:][:n]
	w := *weights
	threshold := top.Score[7]
	for i := range n {
		score := float32(w[0] * c0[i])
		score = float32(score + float32(w[1]*c1[i]))
		score = float32(score + float32(w[2]*c2[i]))
		score = float32(score + float32(w[3]*c3[i]))
		score = float32(score + float32(w[4]*c4[i]))
		score = float32(score + float32(w[5]*c5[i]))
		if score > threshold { // false for NaN
			top.insert(score, int32(first+i))
			threshold = top.Score[7]
		}
	}
}

// insert puts a score above Score[7] behind all that are at least as high; rows come in
// ascending order, so the lower index stays in front. The last entry falls out.
func (t *Top8) insert(score float32, index int32) {
	i := 7
	for ; i > 0 && t.Score[i-1] < score; i-- {
		t.Score[i], t.Index[i] = t.Score[i-1], t.Index[i-1]
	}
	t.Score[i], t.Index[i] = score, index
}
