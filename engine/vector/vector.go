// Package vector finds the rows whose vectors are nearest to a question's by
// cosine, over the immutable segments of a snapshot.
//
// Every row is kept twice: as INT8 codes, which a flat scan reads from end to
// end, and in full, which the best few of that scan are rescored from in
// float64. The scan is exact integer arithmetic and the rescoring has a fixed
// order of summation, so that every CPU ranks alike. A flat scan misses nothing,
// needs no build and costs about a third of a nanosecond per 64 dimensions and
// row out of the cache; what is faster on large stores is a later room's work.
package vector

import (
	"math"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// codeAlign is the multiple of bytes that a row of codes is padded to, so that
// every row starts at a cache line when the first one does.
const codeAlign = 64

// Stride returns the bytes a row of dim codes takes, padding included.
func Stride(dim int) int { return (dim + codeAlign - 1) / codeAlign * codeAlign }

// Parts are the columns of one segment, row after row. They are read in place
// and never written once built.
type Parts struct {
	Dim      int
	Codes    []int8    // rows x Stride(Dim); padding is zero
	Scales   []float32 // dot of codes x both scales approximates the cosine; 0 = row without vector
	Vectors  []float32 // rows x Dim, as given
	InvNorms []float64 // 1/|row|; 0 = row without vector
}

// RowCount returns the number of rows.
func (p *Parts) RowCount() int { return len(p.Scales) }

// vectorOf returns the full vector of a row, aliasing the column.
func (p *Parts) vectorOf(row int) []float32 { return p.Vectors[row*p.Dim : (row+1)*p.Dim] }

// CodesOf returns the padded codes of a row, aliasing the column.
func (p *Parts) CodesOf(row int) []int8 {
	s := Stride(p.Dim)
	return p.Codes[row*s : (row+1)*s]
}

// Reserve makes room for so many more rows.
func (p *Parts) Reserve(rows int) {
	p.Codes = slices.Grow(p.Codes, rows*Stride(p.Dim))
	p.Scales = slices.Grow(p.Scales, rows)
	p.Vectors = slices.Grow(p.Vectors, rows*p.Dim)
	p.InvNorms = slices.Grow(p.InvNorms, rows)
}

// Append adds one row; v nil or all zero is a row without vector.
// len(v) must be p.Dim where v is not nil.
func (p *Parts) Append(v []float32) {
	at := len(p.Codes)
	p.Codes = slices.Grow(p.Codes, Stride(p.Dim))[:at+Stride(p.Dim)]
	clear(p.Codes[at:])
	if v == nil {
		p.Vectors = append(p.Vectors, make([]float32, p.Dim)...)
	} else {
		p.Vectors = append(p.Vectors, v...)
	}
	scale, inv := quantize(v, p.Codes[at:])
	p.Scales = append(p.Scales, scale)
	p.InvNorms = append(p.InvNorms, inv)
}

// AppendFrom adds row of source, which has the same dimension, as it is.
func (p *Parts) AppendFrom(source *Parts, row int) {
	p.Codes = append(p.Codes, source.CodesOf(row)...)
	p.Scales = append(p.Scales, source.Scales[row])
	p.Vectors = append(p.Vectors, source.vectorOf(row)...)
	p.InvNorms = append(p.InvNorms, source.InvNorms[row])
}

// quantize fills codes with v rounded to -127..127 of its largest magnitude
// and returns the factor that turns codes into the unit vector, and 1/|v|.
func quantize(v []float32, codes []int8) (scale float32, invNorm float64) {
	var largest, sum float64
	for _, x := range v {
		largest = max(largest, math.Abs(float64(x)))
		sum += float64(float64(x) * float64(x))
	}
	if sum == 0 || largest == 0 {
		return 0, 0
	}
	for i, x := range v {
		codes[i] = int8(math.RoundToEven(float64(x) / largest * 127))
	}
	invNorm = 1 / math.Sqrt(sum)
	return float32(largest / 127 * invNorm), invNorm
}

// Part is one segment as a search sees it.
type Part struct {
	*Parts
	rows.Filter
}

const (
	blockRows = 512 // rows of one kernel call: 512 x 384 bytes stay below 256 KiB
	// spareRows are rescored beyond k: the INT8 scan misplaces a row by a few
	// thousandths of cosine, and on real turns k + 64 holds all of the exact k.
	spareRows = 64
)

// Searcher holds the scratch of one search. One goroutine at a time.
type Searcher struct {
	parts   []Part
	query   []float32
	invNorm float64
	codes   []int8
	scale   float32
	dots    [blockRows]int32
	best    rows.Best // of the scan
}

// Prepare sets the question and the snapshot. len(query) must be the parts'
// dimension; query is borrowed until the search ends.
func (s *Searcher) Prepare(query []float32, parts []Part) {
	s.parts, s.query = parts, query
	s.codes = slices.Grow(s.codes[:0], Stride(len(query)))[:Stride(len(query))]
	clear(s.codes)
	s.scale, s.invNorm = quantize(query, s.codes)
}

// Top appends the best k visible rows to dst: cosine descending, ties by
// (Part, Row). stop is asked once a block and ends the search early.
// O(rows x dimension) bytes read; no allocation once warm.
func (s *Searcher) Top(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	if s.scale == 0 {
		return dst
	}
	s.best.Reset(k + spareRows)
	for i := range s.parts {
		if !s.scanPart(int32(i), stop) {
			break
		}
	}
	hits := s.best.Hits()
	for i := range hits {
		hits[i].Score = s.Score(hits[i].Ref)
	}
	slices.SortFunc(hits, rows.Hit.Compare)
	return append(dst, hits[:min(k, len(hits))]...)
}

// scanPart offers the rows of one part to the heap; false when told to stop.
func (s *Searcher) scanPart(part int32, stop func() bool) bool {
	p := &s.parts[part]
	stride := len(s.codes)
	for first := 0; first < p.RowCount(); first += blockRows {
		if stop() {
			return false
		}
		n := min(blockRows, p.RowCount()-first)
		if !anyAllowed(p.Allow, first, n) {
			continue
		}
		kernels.DotScanI8(s.codes, p.Codes[first*stride:(first+n)*stride], s.dots[:n])
		s.offerBlock(part, first, n)
	}
	return true
}

// anyAllowed reports whether a filter lets any of n rows from first through.
func anyAllowed(allow rows.Set, first, n int) bool {
	if allow == nil {
		return true
	}
	for _, word := range allow[first>>6 : min(len(allow), (first+n+63)>>6)] {
		if bits.OnesCount64(word) > 0 {
			return true
		}
	}
	return false
}

func (s *Searcher) offerBlock(part int32, first, n int) {
	p := &s.parts[part]
	scales := p.Scales[first : first+n]
	worst, full := s.best.Worst()
	for i, dot := range s.dots[:n] {
		// The product of an exact integer and two stored factors: the same
		// bits on every CPU, as there is no addition to fuse with.
		approx := float64(float32(float32(dot)*scales[i]) * s.scale)
		if full && approx <= worst {
			continue // an equal later row ranks behind, so <= is right
		}
		if scales[i] != 0 && p.Visible(first+i) {
			s.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: uint32(first + i)}, Score: approx})
			worst, full = s.best.Worst()
		}
	}
}

// Score returns the exact cosine of one row with the question; 0 for a row
// without vector. Float64 sums of four lanes in a fixed order; each product of
// two float32 is exact, so a fused multiply-add changes nothing.
func (s *Searcher) Score(r rows.Ref) float64 {
	p := &s.parts[r.Part]
	if p.InvNorms[r.Row] == 0 {
		return 0
	}
	v, q := p.vectorOf(int(r.Row)), s.query
	var lanes [4]float64
	i := 0
	for ; i+4 <= len(q) && i+4 <= len(v); i += 4 {
		lanes[0] += float64(q[i]) * float64(v[i])
		lanes[1] += float64(q[i+1]) * float64(v[i+1])
		lanes[2] += float64(q[i+2]) * float64(v[i+2])
		lanes[3] += float64(q[i+3]) * float64(v[i+3])
	}
	for ; i < len(q); i++ {
		lanes[0] += float64(q[i]) * float64(v[i])
	}
	sum := (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
	return float64(float64(sum*s.invNorm) * p.InvNorms[r.Row])
}

// Forget drops the parts and the question of the last search.
func (s *Searcher) Forget() { s.parts, s.query = nil, nil }
