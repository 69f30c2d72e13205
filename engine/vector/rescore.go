package vector

import (
	"math"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// An estimate is of the cosine; of the inner product with the query at length 1; or of the
// negated square of the distance.

// estimateBits estimates n rows from first on, a multiple of 64, by their 1-bit codes into dst.
// What is behind the n-th fills up its block. NaN stands for a row without vector.
func (s *Searcher) estimateBits(dst []float32, codes *quant.Bits, first, n int, constant float32) []float32 {
	padded, columns := quant.PaddedRows(n), kernels.BitColumns(codes.Dim)
	s.Estimated += padded
	addends, estimates := s.addends[:padded], dst[:padded]
	if len(codes.Squares) > 0 {
		for i, square := range codes.Squares[first : first+padded] {
			addends[i] = constant - square
		}
	}
	kernels.RaBitQScan(s.tables, codes.Blocks[first*columns:(first+padded)*columns], s.delta,
		codes.Scales[first:first+padded], addends, estimates)
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

const (
	// headEach rows for each that is wanted, headLeast at least, are computed before any is
	// left out. After so many the worst of the best is near its last, and tells of most that
	// follow that they are not wanted: of 960 estimates for the best 64 rows of real questions
	// 368 are computed in full, of 320 loosely 165.
	headEach  = 2
	headLeast = 32
	// nextRows are chosen together of those that follow.
	nextRows = 64
)

// rescore computes the candidates in full, the most hopeful ones first, but for those that
// cannot be expected among the best any more.
func (s *Searcher) rescore() {
	s.settle()
	ids, values := s.top.Best()
	head := min(max(headLeast, headEach*s.best.Limit()), len(ids))
	kernels.SelectHits(ids, values, head)
	s.offerAll(ids[:head])
	s.raise(ids[head:], values[head:])
	done, left := head, s.keepHopeful(ids[head:], values[head:])
	for left > 0 {
		n := min(nextRows, left)
		kernels.SelectHits(ids[done:done+left], values[done:done+left], n)
		s.offerAll(ids[done : done+n])
		done += n
		left = s.keepHopeful(ids[done:done+left-n], values[done:done+left-n])
	}
	s.forgetSeen(ids[:done])
}

// offerAll computes candidates.
func (s *Searcher) offerAll(ids []uint32) {
	for _, id := range ids {
		if id >= s.lister.base {
			s.offerPlace(id - s.lister.base)
			continue
		}
		part := s.partOf(id)
		s.offer(part, int(id-s.places[part].base))
	}
	s.settle()
}

// raise adds to estimates what their rows are thought to be above them at most.
func (s *Searcher) raise(ids []uint32, values []float32) {
	for i, id := range ids {
		if l := &s.lister; id >= l.base {
			values[i] += float32(s.deviations * l.length * float64(l.Bits.Bound(int(id-l.base))))
			continue
		}
		part := s.partOf(id)
		values[i] += float32(s.bound(part, int(id-s.places[part].base)))
	}
}

// keepHopeful moves the candidates to the front that may be among the best, by what their
// rows are at most, and returns how many there are.
func (s *Searcher) keepHopeful(ids []uint32, values []float32) (kept int) {
	worst, full := s.best.Worst()
	if !full {
		return len(ids)
	}
	least := below32(s.inward(worst))
	for i, value := range values {
		if value > least {
			ids[kept], values[kept] = ids[i], value
			kept++
		}
	}
	return kept
}

// offerPlace has the row of a place in the lists computed, once.
func (s *Searcher) offerPlace(place uint32) {
	l := &s.lister
	if words := int(l.Firsts[l.PartCount()]) / 64; len(s.seen) < words {
		s.seen = append(s.seen, make(rows.Set, words-len(s.seen))...)
	}
	number := l.Rows[place]
	if s.seen.Has(int(number)) {
		return
	}
	s.seen.Add(int(number))
	i := l.partOf(number)
	s.offer(l.parts[i], int(number-l.Firsts[i]))
}

// forgetSeen takes back the marks of places that may have been rescored.
func (s *Searcher) forgetSeen(ids []uint32) {
	if len(s.seen) == 0 {
		return
	}
	for _, id := range ids {
		if l := &s.lister; id >= l.base {
			s.seen[l.Rows[id-l.base]>>6] = 0
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

// bound returns how far above its estimate a row is thought to be at most.
func (s *Searcher) bound(part int32, row int) float64 {
	p := &s.parts[part]
	if p.Coded() {
		return s.deviations * s.places[part].length * float64(p.Bits.Bound(row))
	}
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

// togetherRows are computed in full together: rows that lie at random come from memory
// side by side.
const togetherRows = 64

// offer has a row that has a vector computed in full, at the next settle at the latest.
func (s *Searcher) offer(part int32, row int) {
	s.waiting = append(s.waiting, rows.Ref{Part: part, Row: uint32(row)})
	if len(s.waiting) == togetherRows {
		s.settle()
	}
}

// settle computes the rows that wait for it.
func (s *Searcher) settle() {
	s.Rescored += len(s.waiting)
	if len(s.parts) > 1 { // those of a part together
		s.sorter.Refs(s.waiting)
	}
	s.exactly(s.waiting, func(r rows.Ref, score float64) {
		s.best.Offer(rows.Hit{Ref: r, Score: score})
	})
	s.waiting = s.waiting[:0]
}

// exactly calls each with the exact scores of rows that have a vector, those of a part
// together: the cosine, the inner product or the negated square of the distance, with the same bits on
// every CPU and for every kind of part.
func (s *Searcher) exactly(refs []rows.Ref, each func(rows.Ref, float64)) {
	for len(refs) > 0 {
		part, n := refs[0].Part, 0
		for n < min(len(refs), togetherRows) && refs[n].Part == part {
			s.together[n] = refs[n].Row
			n++
		}
		p, scores := &s.parts[part], s.scores[:n]
		if s.metric == model.L2 {
			for i, row := range s.together[:n] {
				kernels.L2ScanF64(s.query, p.Vector(int(row)), scores[i:i+1])
			}
		} else {
			p.pass(s.together[:n])
			kernels.GatherDotF64(s.query, p.Vectors, s.together[:n], scores)
		}
		for i, r := range refs[:n] {
			switch s.metric {
			case model.Dot:
				each(r, scores[i])
			case model.L2:
				each(r, -scores[i])
			default:
				each(r, float64(float64(scores[i]*s.invNorm)*p.invNorm(int(r.Row))))
			}
		}
		refs = refs[n:]
	}
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

// Scores appends the exact scores of rows to dst, as Top gives them; 0 for a row without
// vector. The rows ascend by (Part, Row).
func (s *Searcher) Scores(dst []float64, refs []rows.Ref) []float64 {
	at := len(dst)
	dst = append(dst, make([]float64, len(refs))...)
	s.waiting = s.waiting[:0]
	if s.invNorm != 0 {
		for _, r := range refs {
			if s.parts[r.Part].Has(int(r.Row)) {
				s.waiting = append(s.waiting, r)
			}
		}
	}
	s.exactly(s.waiting, func(r rows.Ref, score float64) {
		for refs[0] != r { // without vector
			refs, at = refs[1:], at+1
		}
		dst[at] = s.outward(score)
	})
	s.waiting = s.waiting[:0]
	return dst
}

// Forget drops the parts and the question of the last search.
func (s *Searcher) Forget() {
	s.parts, s.query = nil, nil
	s.lister.Lists, s.lister.parts = nil, nil
}
