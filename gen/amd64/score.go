package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const factorCount = 6

const (
	cmpGreaterEqual = 0x1D // ordered, quiet: false for NaN
	cmpGreater      = 0x1E
)

// score emits the weighted sum of six columns, fused with the selection of the best
// eight: compare a vector of scores with the eighth best, and insert the few lanes above.
func score(e emitter) {
	e.kernel("ScoreTop8", "AVX2",
		"merges the rows [first, end) into the sorted best eight; see kernels.ScoreTop8.\n"+
			"scores and indexes have 8 elements. Needs AVX2 and BMI1.")
	newScoreTop8(e, 8, &scoreAVX2{}).emit()

	e.kernel("ScoreTop8", "AVX512",
		"merges the rows [first, end) into the sorted best eight; see kernels.ScoreTop8.\n"+
			"scores and indexes have 8 elements. Needs AVX2, AVX-512 F, BW and DQ, BMI1 and BMI2.")
	newScoreTop8(e, 16, &scoreAVX512{}).emit()
}

// scoreTier is what the widths do differently.
type scoreTier interface {
	vector(e emitter) reg.VecVirtual
	// tailMask limits loads and hits to count < lanes rows.
	tailMask(e emitter, count reg.GPVirtual)
	// load brings a vector of a column into a register; tail applies the mask.
	load(e emitter, column Mem, tail bool) reg.VecVirtual
	// above returns one bit for each lane with score > threshold; tail applies the mask.
	above(e emitter, score, threshold reg.VecVirtual, tail bool) reg.GPVirtual
	// broadcast fills a vector with lane 0 of x.
	broadcast(e emitter, x, to reg.VecVirtual)
}

// scoreTop8 holds what lives through the kernel.
type scoreTop8 struct {
	emitter
	tier  scoreTier
	lanes int

	column        [3]reg.GPVirtual // row 0 of the block in columns 0, 1 and 3
	strideBytes   reg.GPVirtual
	row, end      reg.GPVirtual
	weight        [factorCount]reg.VecVirtual
	threshold     reg.VecVirtual // the eighth best score in every lane
	best, indexes reg.VecVirtual // the best eight scores, descending, and their rows
	rotate, first reg.VecVirtual // constants of insert
	scratch       Mem            // the scores of a block with a hit, up to two vectors
}

func newScoreTop8(e emitter, lanes int, tier scoreTier) *scoreTop8 {
	return &scoreTop8{emitter: e, tier: tier, lanes: lanes, scratch: e.AllocLocal(8 * lanes)}
}

func (s *scoreTop8) emit() {
	s.constants()
	whole := s.GP64() // the last row at which two whole vectors start
	s.MOVQ(s.end, whole)
	s.SUBQ(U8(2*s.lanes), whole)

	s.JMP(LabelRef("check"))
	s.Label("block")
	s.block("Whole", 2, false)
	s.next(2)
	s.Label("check")
	s.CMPQ(s.row, whole)
	s.JLE(LabelRef("block"))

	count := s.GP64()
	s.MOVQ(s.end, count)
	s.SUBQ(s.row, count)
	s.CMPQ(count, U8(s.lanes))
	s.JLT(LabelRef("last"))
	s.block("One", 1, false)
	s.next(1)
	s.SUBQ(U8(s.lanes), count)
	s.Label("last")
	s.TESTQ(count, count)
	s.JZ(LabelRef("store"))
	s.tier.tailMask(s.emitter, count)
	s.block("Tail", 1, true)

	s.Label("store")
	scores, indexes := s.argument("scores"), s.argument("indexes")
	s.VMOVUPS(s.best, at(scores, 0))
	s.VMOVDQU(s.indexes, at(indexes, 0))
	s.finish()
}

// constants loads the arguments and the state to go on from.
func (s *scoreTop8) constants() {
	for i := range s.column {
		s.column[i] = s.GP64()
	}
	s.Load(s.Param("columns"), s.column[0])
	s.strideBytes, s.row, s.end = s.argument("stride"), s.argument("first"), s.argument("end")
	s.SHLQ(U8(2), s.strideBytes)
	s.LEAQ(Mem{Base: s.column[0], Index: s.row, Scale: 4}, s.column[0])
	s.LEAQ(Mem{Base: s.column[0], Index: s.strideBytes, Scale: 1}, s.column[1])
	s.LEAQ(Mem{Base: s.column[1], Index: s.strideBytes, Scale: 2}, s.column[2])

	weights := s.argument("weights")
	for f := range s.weight {
		s.weight[f] = s.tier.vector(s.emitter)
		s.VBROADCASTSS(at(weights, 4*f), s.weight[f])
	}
	s.best, s.indexes, s.threshold = s.YMM(), s.YMM(), s.tier.vector(s.emitter)
	scores, indexes := s.argument("scores"), s.argument("indexes")
	s.VMOVUPS(at(scores, 0), s.best)
	s.VMOVDQU(at(indexes, 0), s.indexes)
	s.VBROADCASTSS(at(scores, 28), s.threshold)

	s.rotate, s.first = s.YMM(), s.YMM()
	s.VMOVDQU(s.table("rotate", 0, 0, 1, 2, 3, 4, 5, 6), s.rotate)
	s.VMOVDQU(s.table("first", ^uint32(0), 0, 0, 0, 0, 0, 0, 0), s.first)
}

// table emits eight constants; every tier has its own, since names are file-wide.
func (s *scoreTop8) table(name string, values ...uint32) Mem {
	suffix := map[int]string{8: "AVX2", 16: "AVX512"}[s.lanes]
	m := s.StaticGlobal(name + suffix)
	s.DataAttributes(8 | 16) // RODATA|NOPTR
	for _, v := range values {
		s.AppendDatum(U32(v))
	}
	return m
}

// columnAt is the place of factor f in the block: columns 0, 1 and 3 have pointers, and
// the others are one or two strides behind one of them.
func (s *scoreTop8) columnAt(f int) Mem {
	base := [factorCount]int{0, 1, 1, 2, 2, 2}[f]
	scale := [factorCount]uint8{0, 0, 1, 0, 1, 2}[f]
	m := at(s.column[base], 0)
	if scale > 0 {
		m.Index, m.Scale = s.strideBytes, scale
	}
	return m
}

// next moves on by some vectors.
func (s *scoreTop8) next(vectors int) {
	for _, c := range s.column {
		s.ADDQ(I32(4*s.lanes*vectors), c)
	}
	s.ADDQ(U8(s.lanes*vectors), s.row)
}

// block scores vectors of rows:
//
//	score = ((((w0*c0 + w1*c1) + w2*c2) + w3*c3) + w4*c4) + w5*c5
//
// with separate multiplications and additions, and inserts the lanes above the
// threshold. The threshold of the block may be stale after its first insertion; insert
// leaves the best eight alone when the score is too low, so that is only time. Two
// vectors share a branch: 5 % less time for 4096 rows on Zen 3, 2 % for 16384; 64k rows
// come at the rate of the L3 cache either way.
func (s *scoreTop8) block(name string, vectors int, tail bool) {
	scores := make([]reg.VecVirtual, vectors)
	for f := range factorCount {
		for v := range scores {
			m := s.columnAt(f)
			m.Disp = 4 * s.lanes * v
			c := s.tier.load(s.emitter, m, tail)
			s.VMULPS(s.weight[f], c, c)
			if f == 0 {
				scores[v] = c
			} else {
				s.VADDPS(c, scores[v], scores[v])
			}
		}
	}
	hits := s.tier.above(s.emitter, scores[0], s.threshold, tail)
	if vectors == 2 {
		second := s.tier.above(s.emitter, scores[1], s.threshold, tail)
		s.SHLL(U8(s.lanes), second.As32())
		s.ORL(second.As32(), hits.As32())
	} else {
		s.TESTL(hits.As32(), hits.As32())
	}
	s.JZ(LabelRef("next" + name))

	for v, score := range scores {
		s.VMOVUPS(score, s.scratch.Offset(4*s.lanes*v))
	}
	s.Label("insert" + name)
	lane := s.GP64()
	s.TZCNTL(hits.As32(), lane.As32())
	s.insert(lane)
	s.BLSRL(hits.As32(), hits.As32())
	s.JNZ(LabelRef("insert" + name))
	s.lastOfBest()
	s.Label("next" + name)
}

// insert puts the score of a lane into the sorted best eight without a branch:
//
//	keep[i]  = best[i] >= score                   (a prefix, since best is sorted)
//	best'[i] = best[i]   where keep[i],
//	           score     where keep[i-1] or i = 0,
//	           best[i-1] elsewhere
//
// and moves the rows in the same way. Equal scores stay in front, so ties go to the
// lower row.
func (s *scoreTop8) insert(lane reg.GPVirtual) {
	value, index, keep, here := s.YMM(), s.YMM(), s.YMM(), s.YMM()
	scratch := s.scratch
	scratch.Index, scratch.Scale = lane, 4
	s.VBROADCASTSS(scratch, value)
	s.ADDQ(s.row, lane)
	s.VMOVD(lane.As32(), index.AsX())
	s.VPBROADCASTD(index.AsX(), index)

	s.VCMPPS(U8(cmpGreaterEqual), value, s.best, keep)
	s.VPERMD(keep, s.rotate, here)
	s.VPOR(s.first, here, here)

	shifted := s.YMM()
	s.VPERMPS(s.best, s.rotate, shifted)
	s.VBLENDVPS(here, value, shifted, shifted)
	s.VBLENDVPS(keep, s.best, shifted, s.best)
	s.VPERMD(s.indexes, s.rotate, shifted)
	s.VBLENDVPS(here, index, shifted, shifted)
	s.VBLENDVPS(keep, s.indexes, shifted, s.indexes)
}

// lastOfBest sets the threshold to the eighth best score.
func (s *scoreTop8) lastOfBest() {
	x := s.XMM()
	s.VEXTRACTF128(U8(1), s.best, x)
	s.VPERMILPS(U8(3), x, x)
	s.tier.broadcast(s.emitter, x, s.threshold)
}

type scoreAVX2 struct{ mask reg.VecVirtual }

func (*scoreAVX2) vector(e emitter) reg.VecVirtual { return e.YMM() }

// tailMask sets mask[j] = j < count.
func (t *scoreAVX2) tailMask(e emitter, count reg.GPVirtual) {
	t.mask = e.slidingMask("maskScore", count)
}

func (t *scoreAVX2) load(e emitter, column Mem, tail bool) reg.VecVirtual {
	v := e.YMM()
	if tail {
		e.VMASKMOVPS(column, t.mask, v)
	} else {
		e.VMOVUPS(column, v)
	}
	return v
}

func (t *scoreAVX2) above(e emitter, score, threshold reg.VecVirtual, tail bool) reg.GPVirtual {
	above, hits := e.YMM(), e.GP64()
	e.VCMPPS(U8(cmpGreater), threshold, score, above)
	if tail {
		e.VANDPS(t.mask, above, above)
	}
	e.VMOVMSKPS(above, hits.As32())
	return hits
}

func (*scoreAVX2) broadcast(e emitter, x, to reg.VecVirtual) { e.VBROADCASTSS(x, to) }

type scoreAVX512 struct{ mask reg.OpmaskVirtual }

func (*scoreAVX512) vector(e emitter) reg.VecVirtual { return e.ZMM() }

func (t *scoreAVX512) tailMask(e emitter, count reg.GPVirtual) { t.mask = e.bitMask(count) }

func (t *scoreAVX512) load(e emitter, column Mem, tail bool) reg.VecVirtual {
	v := e.ZMM()
	if tail {
		e.VMOVUPS_Z(column, t.mask, v)
	} else {
		e.VMOVUPS(column, v)
	}
	return v
}

func (t *scoreAVX512) above(e emitter, score, threshold reg.VecVirtual, tail bool) reg.GPVirtual {
	above, hits := e.K(), e.GP64()
	if tail {
		e.VCMPPS(U8(cmpGreater), threshold, score, t.mask, above)
	} else {
		e.VCMPPS(U8(cmpGreater), threshold, score, above)
	}
	e.KMOVW(above, hits.As32())
	return hits
}

func (*scoreAVX512) broadcast(e emitter, x, to reg.VecVirtual) { e.VBROADCASTSS(x, to) }
