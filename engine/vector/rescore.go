package vector

import (
	"math"
	"math/bits"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// An estimate is of the cosine; of the inner product with the query at length 1; or of the
// negated square of the distance.

// estimateBits estimates n rows from first on, a multiple of 64, by their 1-bit codes.
// What is behind the n-th fills up its block. NaN stands for a row without vector.
func (s *Searcher) estimateBits(p *Part, first, n int, constant float32) []float32 {
	padded, columns := quant.PaddedRows(n), kernels.BitColumns(p.Dim)
	s.Estimated += padded
	addends, estimates := s.addends[:padded], s.estimates[:padded]
	if len(p.Bits.Squares) > 0 {
		for i, square := range p.Bits.Squares[first : first+padded] {
			addends[i] = constant - square
		}
	}
	kernels.RaBitQScan(s.tables, p.Bits.Blocks[first*columns:(first+padded)*columns], s.delta,
		p.Bits.Scales[first:first+padded], addends, estimates)
	return estimates
}

// estimateInt8 estimates n <= int8Rows rows from first on by their INT8 codes.
func (s *Searcher) estimateInt8(p *Part, first, n int) []float32 {
	stride := len(s.codes)
	kernels.DotScanI8(s.codes, p.Codes[first*stride:(first+n)*stride], s.dots[:n])
	estimates := s.estimates[:n]
	for i, dot := range s.dots[:n] {
		row := first + i
		if p.InvNorms[row] == 0 {
			estimates[i] = float32(math.NaN())
			continue
		}
		estimate := float64(float64(dot)*float64(p.Scales[row])) * s.codeScale
		if s.metric == model.L2 {
			norm := 1 / p.InvNorms[row]
			estimate = float64(2*estimate) - float64(norm*norm) - float64(s.norm*s.norm)
		}
		estimates[i] = float32(estimate)
	}
	return estimates
}

// rescore computes the candidates in full, the best estimate first, but for those that
// can not be expected among the best any more.
func (s *Searcher) rescore() {
	ids, values := s.top.Sorted()
	for i, id := range ids {
		part := s.partOf(id)
		place := int(id - s.places[part].base)
		if worst, full := s.best.Worst(); full && float64(values[i])+s.bound(part, place) < s.inward(worst) {
			continue
		}
		if s.first(part, place) {
			s.offer(part, s.parts[part].rowAt(place))
		}
	}
	s.forgetSeen(ids)
}

// first reports whether a row has not been met at another of its places. It marks the row
// by the bit that its number has in its part's stretch of places.
func (s *Searcher) first(part int32, place int) bool {
	p := &s.parts[part]
	if !p.listed() {
		return true
	}
	last := len(s.parts) - 1
	if words := (int(s.places[last].base)+s.parts[last].placeCount())/64 + 1; len(s.seen) < words {
		s.seen = append(s.seen, make(rows.Set, words-len(s.seen))...)
	}
	bit := int(s.places[part].base) + p.rowAt(place)
	if s.seen.Has(bit) {
		return false
	}
	s.seen.Add(bit)
	return true
}

// forgetSeen takes back the marks of places that may have been rescored.
func (s *Searcher) forgetSeen(ids []uint32) {
	if len(s.seen) == 0 {
		return
	}
	for _, id := range ids {
		part := s.partOf(id)
		if p := &s.parts[part]; p.listed() {
			s.seen[(int(s.places[part].base)+p.rowAt(int(id-s.places[part].base)))>>6] = 0
		}
	}
}

// partOf returns the part of a row that is counted through all parts.
func (s *Searcher) partOf(id uint32) int32 {
	low, high := 0, len(s.places)
	for high-low > 1 {
		if middle := (low + high) / 2; s.places[middle].base <= id {
			low = middle
		} else {
			high = middle
		}
	}
	return int32(low)
}

// bound returns how far above its estimate the row of a place is thought to be at most.
func (s *Searcher) bound(part int32, place int) float64 {
	p := &s.parts[part]
	if p.coded() {
		return boundDeviations * s.places[part].length * float64(p.Bits.Bound(place))
	}
	row := place
	// Each number of row and query is off by half a step at most, and the inner product by
	// the length of the one times the deviation of the other.
	scale := float64(p.Scales[row])
	switch s.metric {
	case model.Dot:
		return int8Deviations * int8Deviation * (scale + s.codeScale/p.InvNorms[row])
	case model.L2:
		return 2 * int8Deviations * int8Deviation * (scale*s.norm + s.codeScale/p.InvNorms[row])
	}
	return int8Deviations * int8Deviation * (scale + s.codeScale)
}

// scanSparse computes the few visible rows of a part in full; false when told to stop.
func (s *Searcher) scanSparse(part int32, stop func() bool) bool {
	for w, word := range s.visible {
		if word == 0 {
			continue
		}
		if stop() {
			return false
		}
		for ; word != 0; word &= word - 1 {
			if row := w<<6 + bits.TrailingZeros64(word); s.parts[part].Has(row) {
				s.offer(part, row)
			}
		}
	}
	return true
}

// offer computes a row that has a vector in full.
func (s *Searcher) offer(part int32, row int) {
	s.Rescored++
	r := rows.Ref{Part: part, Row: uint32(row)}
	s.best.Offer(rows.Hit{Ref: r, Score: s.exact(r)})
}

// exact returns the cosine, the inner product or the negated square of the distance, with
// the same bits on every CPU and for every kind of part.
func (s *Searcher) exact(r rows.Ref) float64 {
	p := &s.parts[r.Part]
	v := p.Vector(int(r.Row))
	switch s.metric {
	case model.Dot:
		return dot(s.query, v)
	case model.L2:
		var square [1]float64
		kernels.L2ScanF64(s.query, v, square[:])
		return -square[0]
	}
	inverse := 0.
	if p.coded() {
		inverse = invNorm(v)
	} else {
		inverse = p.InvNorms[r.Row]
	}
	return float64(float64(dot(s.query, v)*s.invNorm) * inverse)
}

// inward brings an exact score to the terms of estimates.
func (s *Searcher) inward(exact float64) float64 {
	if s.metric == model.Dot {
		return exact * s.invNorm
	}
	return exact
}

// outward returns an exact score as Top gives it.
func (s *Searcher) outward(exact float64) float64 {
	if s.metric == model.L2 {
		return 1 / (1 - exact)
	}
	return exact
}

// Score returns the exact score of one row, as Top does; 0 for a row without vector.
func (s *Searcher) Score(r rows.Ref) float64 {
	if s.invNorm == 0 || !s.parts[r.Part].Has(int(r.Row)) {
		return 0
	}
	return s.outward(s.exact(r))
}

// Forget drops the parts and the question of the last search.
func (s *Searcher) Forget() { s.parts, s.query = nil, nil }
