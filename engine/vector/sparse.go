package vector

import (
	"math"
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// sparse is what a search knows of a part of which few rows are visible.
type sparse struct {
	groups []uint32 // of words that are not all zero
	rows   []uint32
	scores []float32 // of rows, by float32
	scale  float64   // score x scale is about the exact one
	off    float64   // how far from that any score is at most
	even   bool      // lengths of rows are not looked at

	inverses [sparseRows]float64

	top    kernels.TopK
	ids    []uint32
	values []float32
}

// take lists the rows of a set of so many, ascending, if they are no more than most. What
// the next bit is nobody can predict, so it branches on few of them: 400 ns where 59 of
// 59,000 rows are in the set, for 770 with a loop over words and bits.
func (f *sparse) take(set rows.Set, rowCount, most int) bool {
	if head := set[:min(len(set), takeHead)]; head.Count()*rowCount > 64*len(head)*most && set.Count() > most {
		return false
	}
	f.rows, f.groups = slices.Grow(f.rows[:0], most+64*takeGroup), slices.Grow(f.groups[:0], len(set)/takeGroup)
	list, n := f.rows[:cap(f.rows)], 0
	whole := len(set) / takeGroup * takeGroup
	f.groups = f.filled(set[:whole])
	for _, first := range f.groups {
		group := (*[takeGroup]uint64)(set[first:])
		var words uint8
		for i, word := range group {
			words |= bit(word) << i
		}
		for ; words != 0; words &= words - 1 {
			i := uint32(bits.TrailingZeros8(words))
			n = listBits(list, n, (first+i)<<6, group[i%takeGroup])
		}
		if n > most {
			return false
		}
	}
	for w, word := range set[whole:] {
		if word != 0 {
			n = listBits(list, n, uint32(whole+w)<<6, word)
		}
	}
	for n > 0 && int(list[n-1]) >= rowCount {
		n--
	}
	f.rows = list[:n]
	return n <= most
}

// filled lists the first words of the groups that are not all zero.
func (f *sparse) filled(set rows.Set) []uint32 {
	list, n := f.groups[:cap(f.groups)], 0
	for first := 0; first+takeGroup <= len(set) && n < len(list); first += takeGroup {
		g := (*[takeGroup]uint64)(set[first:])
		list[n] = uint32(first)
		n += int(bit(g[0] | g[1] | g[2] | g[3] | g[4] | g[5] | g[6] | g[7]))
	}
	return list[:n]
}

// listBits lists the bits of a word that is not zero, from place n on, and returns the place
// behind them.
func listBits(list []uint32, n int, base uint32, word uint64) int {
	for {
		list[n] = base + uint32(bits.TrailingZeros64(word))
		n++
		if word &= word - 1; word == 0 {
			return n
		}
	}
}

// bit is 1 for a word that is not zero, without a branch.
func bit(word uint64) (b uint8) {
	if word != 0 {
		b = 1
	}
	return b
}

const (
	// takeGroup is how many words of a set are passed over at once where all are zero.
	takeGroup = 8
	// takeHead is how many words tell whether a set looks as if it had more rows than are
	// wanted: then they are counted first, which takes less than to list what is not used.
	takeHead = 64
)

// sparseRows are computed between two looks whether to stop, some 20 us.
const sparseRows = 512

// scanSparse computes the few rows that were taken of a part, in full those of them that
// may be among the best; false when told to stop.
func (s *Searcher) scanSparse(part int32, stop func() bool) bool {
	p, list := &s.parts[part], s.few.rows
	if k := s.best.Limit(); s.metric == model.L2 || len(list) <= k || k > kernels.TopKMax {
		return s.scanInFull(part, stop)
	}
	s.startRounded(p)
	for first := 0; first < len(list); first += sparseRows {
		if stop() {
			return false
		}
		if !s.scanRounded(p, first, min(first+sparseRows, len(list))) {
			return s.scanInFull(part, stop)
		}
	}
	s.offerLikely(part)
	return true
}

// scanInFull computes the taken rows in float64; false when told to stop.
func (s *Searcher) scanInFull(part int32, stop func() bool) bool {
	for i, row := range s.few.rows {
		if i%sparseRows == 0 && stop() {
			return false
		}
		if s.parts[part].Has(int(row)) {
			s.offer(part, int(row))
		}
	}
	return true
}

// A score in float32 is off by less than slack times the lengths of both vectors (Higham,
// Accuracy and Stability of Numerical Algorithms, section 3.1, whatever the order of the
// sum), and where numbers are very small by the step of the smallest ones too; so the k-th
// best by such scores tells which rows need float64, which is twice the work.
func (s *Searcher) slack() (slack, step float64) {
	n := float64(len(s.query) + 9) // the sums of a tier's lanes are added too, and the score is rounded
	return n / (1<<24 - n), n * math.SmallestNonzeroFloat32
}

// startRounded makes room for the scores of the taken rows. Where all rows of the part have
// about one length, their inner products are in the order of the cosines, and to read no
// length saves a tenth of the time.
func (s *Searcher) startRounded(p *Part) {
	few := &s.few
	s.makeRoom(len(few.rows))
	few.scores = s.estimates[:len(few.rows)]
	few.scale, few.off = 1, 0
	least, most := p.Lengths.inverses()
	few.even = least > 0 && s.norm/least < math.MaxFloat32/2 // no sum is beyond all numbers
	if !few.even {
		return
	}
	slack, step := s.slack()
	few.off = slack*s.norm/least + step
	if s.metric != model.Dot {
		few.scale = s.invNorm * most
		few.off += 1.01 * (most - least) / most / few.scale
	}
}

// scanRounded computes a stretch of the taken rows in float32; false where that tells
// nothing, as a sum is beyond all numbers.
func (s *Searcher) scanRounded(p *Part, first, end int) bool {
	few := &s.few
	list, scores, inverses := few.rows[first:end], few.scores[first:end], few.inverses[:end-first]
	p.pass(list)
	if few.even {
		kernels.GatherDotF32(s.query, p.Vectors, list, scores)
		return true
	}
	for i, row := range list { // before the rows, which take their place in the cache
		inverses[i] = p.invNorm(int(row))
	}
	kernels.GatherDotF32(s.query, p.Vectors, list, scores)
	slack, step := s.slack()
	var odd float32
	for i, inverse := range inverses {
		odd += scores[i] - scores[i]
		switch {
		case inverse == 0:
			scores[i] = float32(math.Inf(-1))
		case s.metric == model.Dot:
			few.off = max(few.off, slack*s.norm/inverse+step)
		default:
			scores[i] = float32(float64(scores[i]) * s.invNorm * inverse)
			few.off = max(few.off, slack+step*s.invNorm*inverse)
		}
	}
	return odd == 0
}

// offerLikely has the rows computed in full that may be among the best by their scores.
func (s *Searcher) offerLikely(part int32) {
	few, k := &s.few, s.best.Limit()
	size := kernels.TopKBuffer(k)
	few.ids = slices.Grow(few.ids[:0], size)[:size]
	few.values = slices.Grow(few.values[:0], size)[:size]
	few.top.Reset(k, few.ids, few.values)
	few.top.Update(few.scores, 0)
	least := math.Inf(-1)
	if _, best := few.top.Best(); len(best) == k {
		least = float64(slices.Min(best)) - 2*few.off
	}
	if worst, full := s.best.Worst(); full {
		least = max(least, worst/few.scale-few.off)
	}
	below := below32(least)
	for first := 0; first < len(few.scores); first += chunkRows {
		scores := few.scores[first:min(first+chunkRows, len(few.scores))]
		for _, at := range few.ids[:kernels.SelectAbove(scores, below, uint32(first), few.ids, few.values)] {
			s.offer(part, int(few.rows[at]))
		}
	}
}
