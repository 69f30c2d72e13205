package amd64

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// selectVectors is how many vectors share the comparison that skips them.
const selectVectors = 4

// selectAbove emits the compaction of the lanes above a threshold. Four vectors are
// skipped after one comparison:
//
//	m = max(x3, max(x2, max(x1, max(x0, threshold)))),  skip unless m > threshold anywhere
//
// where max returns its second operand if either is NaN, so that a NaN score is ignored
// and a NaN threshold stays. In other blocks each vector is compacted without a branch.
// A whole vector is stored at the number found so far, which is never above the index
// of the vector: no store reaches behind the elements of its own vector.
func selectAbove(e emitter) {
	const doc = "writes the lanes above *threshold; see kernels.SelectAbove.\n" +
		"count > 0. ids and values have count elements, all of which may be written."
	e.kernel("SelectAbove", "AVX2", doc)
	(&selectKernel{emitter: e, tier: &selectAVX2{}, lanes: 8}).emit()
	e.kernel("SelectAbove", "AVX512", doc)
	(&selectKernel{emitter: e, tier: &selectAVX512{}, lanes: 16}).emit()
}

// selectTier is what the widths do differently.
type selectTier interface {
	vector(e emitter) reg.VecVirtual
	// prepare loads the constants.
	prepare(s *selectKernel)
	// any jumps to the label if some lane of x is above the threshold.
	any(s *selectKernel, x reg.VecVirtual, hit string)
	// compact stores the lanes above the threshold of scores x, whose ids are in id, and
	// adds their number to found.
	compact(s *selectKernel, x, id reg.VecVirtual)
	// tail does the same for left lanes at the row pointer, at least one; those behind a
	// vector are left for another call.
	tail(s *selectKernel, left reg.GPVirtual, id reg.VecVirtual)
}

type selectKernel struct {
	emitter
	tier  selectTier
	lanes int

	scores, ids, values reg.GPVirtual
	count, found        reg.GPVirtual // lanes left, lanes written
	threshold           reg.VecVirtual
	id                  reg.VecVirtual // ids of the next vector
	step, blockStep     reg.VecVirtual // what to add for the vector behind, for the block
}

func (s *selectKernel) emit() {
	s.scores, s.ids, s.values, s.count = s.argument("scores"), s.argument("ids"), s.argument("values"), s.argument("count")
	for _, v := range []*reg.VecVirtual{&s.threshold, &s.id, &s.step, &s.blockStep} {
		*v = s.tier.vector(s.emitter)
	}
	s.VBROADCASTSS(at(s.argument("threshold"), 0), s.threshold)
	s.found = s.GP64()
	s.XORQ(s.found, s.found)
	s.tier.prepare(s)
	s.JMP(LabelRef("check"))

	s.Label("block")
	x := s.block()
	s.Label("check")
	s.SUBQ(U8(selectVectors*s.lanes), s.count)
	s.JGE(LabelRef("block"))
	s.ADDQ(U8(selectVectors*s.lanes), s.count)

	s.Label("tail")
	s.CMPQ(s.count, U8(0))
	s.JLE(LabelRef("done"))
	s.tier.tail(s, s.count, s.id)
	s.VPADDD(s.step, s.id, s.id)
	s.ADDQ(U8(4*s.lanes), s.scores)
	s.SUBQ(U8(s.lanes), s.count)
	s.JMP(LabelRef("tail"))

	s.Label("done")
	s.MOVQ(s.found, at(s.argument("found"), 0))
	s.finish()

	s.Label("hit")
	for v := range x {
		s.tier.compact(s, x[v], s.id)
		s.VPADDD(s.step, s.id, s.id)
	}
	s.JMP(LabelRef("check"))
}

// block passes over four vectors without a hit, or jumps to where they are compacted.
func (s *selectKernel) block() []reg.VecVirtual {
	x := make([]reg.VecVirtual, selectVectors)
	highest := s.tier.vector(s.emitter)
	for v := range x {
		x[v] = s.tier.vector(s.emitter)
		s.VMOVUPS(at(s.scores, 4*s.lanes*v), x[v])
		if v == 0 {
			s.VMAXPS(s.threshold, x[v], highest)
		} else {
			s.VMAXPS(highest, x[v], highest)
		}
	}
	s.ADDQ(I32(4*s.lanes*selectVectors), s.scores)
	s.tier.any(s, highest, "hit")
	s.VPADDD(s.blockStep, s.id, s.id)
	return x
}

// firstIDs sets id to first, first+1 ... and both steps.
func (s *selectKernel) firstIDs(suffix string) {
	lanes := s.StaticGlobal("selectLanes" + suffix)
	s.DataAttributes(8 | 16) // RODATA|NOPTR
	for i := range s.lanes {
		s.AppendDatum(U32(i))
	}
	step := s.StaticGlobal("selectStep" + suffix)
	s.DataAttributes(8 | 16)
	s.AppendDatum(U32(s.lanes))
	s.VPBROADCASTD(step, s.step)
	s.VPSLLD(U8(bits.TrailingZeros(selectVectors)), s.step, s.blockStep)
	first, err := s.Param("first").Resolve()
	if err != nil {
		panic(err) // package ops has no such parameter
	}
	s.VPBROADCASTD(first.Addr, s.id)
	s.VPADDD(lanes, s.id, s.id)
}

type selectAVX2 struct {
	front reg.GPVirtual // table: the lanes of each mask, moved to the front
	masks reg.GPVirtual // table of maskTable
}

func (*selectAVX2) vector(e emitter) reg.VecVirtual { return e.YMM() }

// prepare also emits a table of 256 permutations: entry m lists the lanes whose bit is
// set in m, one byte each. Bytes make it 2 KiB, a sixteenth of an L1 cache; BMI2 could
// compute entries, but PDEP and PEXT take hundreds of cycles on AMD CPUs before Zen 3.
func (t *selectAVX2) prepare(s *selectKernel) {
	s.firstIDs("AVX2")
	table := s.StaticGlobal("selectFront")
	s.DataAttributes(8 | 16)
	for mask := range 256 {
		entry := uint64(0)
		for rest, place := uint(mask), 0; rest != 0; rest, place = rest&(rest-1), place+1 {
			entry |= uint64(bits.TrailingZeros(rest)) << (8 * place)
		}
		s.AppendDatum(U64(entry))
	}
	t.front, t.masks = s.GP64(), s.GP64()
	s.LEAQ(table, t.front)
	s.LEAQ(s.maskTable("maskSelect"), t.masks)
}

func (t *selectAVX2) above(s *selectKernel, x reg.VecVirtual) (above reg.VecVirtual) {
	above = s.YMM()
	s.VCMPPS(U8(cmpGreater), s.threshold, x, above)
	return above
}

func (t *selectAVX2) any(s *selectKernel, x reg.VecVirtual, hit string) {
	hits := s.GP32()
	s.VMOVMSKPS(t.above(s, x), hits)
	s.TESTL(hits, hits)
	s.JNZ(LabelRef(hit))
}

// moved returns x and id with the lanes of hits at the front.
func (t *selectAVX2) moved(s *selectKernel, hits reg.GPVirtual, x, id reg.VecVirtual) (mx, mid reg.VecVirtual) {
	front := s.YMM()
	mx, mid = s.YMM(), s.YMM()
	s.VPMOVZXBD(Mem{Base: t.front, Index: hits, Scale: 8}, front)
	s.VPERMPS(x, front, mx)
	s.VPERMD(id, front, mid)
	return mx, mid
}

func (t *selectAVX2) compact(s *selectKernel, x, id reg.VecVirtual) {
	hits := s.GP64()
	s.VMOVMSKPS(t.above(s, x), hits.As32())
	mx, mid := t.moved(s, hits, x, id)
	s.VMOVUPS(mx, Mem{Base: s.values, Index: s.found, Scale: 4})
	s.VMOVDQU(mid, Mem{Base: s.ids, Index: s.found, Scale: 4})
	s.POPCNTL(hits.As32(), hits.As32())
	s.ADDQ(hits, s.found)
}

// limit returns the mask of the lanes below count, count <= 8.
func (t *selectAVX2) limit(s *selectKernel, count reg.GPVirtual) reg.VecVirtual {
	address, mask := s.GP64(), s.YMM()
	s.MOVQ(count, address)
	s.SHLQ(U8(2), address)
	s.NEGQ(address)
	s.VMOVDQU(indexed(t.masks, address, 32), mask)
	return mask
}

func (t *selectAVX2) tail(s *selectKernel, left reg.GPVirtual, id reg.VecVirtual) {
	count, x, hits := s.GP64(), s.YMM(), s.GP64()
	s.MOVQ(U32(s.lanes), count)
	s.CMPQ(left, count)
	s.CMOVQLT(left, count)
	inside := t.limit(s, count)
	s.VMASKMOVPS(at(s.scores, 0), inside, x)
	above := t.above(s, x)
	s.VANDPS(inside, above, above)
	s.VMOVMSKPS(above, hits.As32())
	s.TESTL(hits.As32(), hits.As32())
	s.JZ(LabelRef("noneOfTail"))
	mx, mid := t.moved(s, hits, x, id)
	s.POPCNTL(hits.As32(), hits.As32())
	written := t.limit(s, hits)
	s.VMASKMOVPS(mx, written, Mem{Base: s.values, Index: s.found, Scale: 4})
	s.VPMASKMOVD(mid, written, Mem{Base: s.ids, Index: s.found, Scale: 4})
	s.ADDQ(hits, s.found)
	s.Label("noneOfTail")
}

// selectAVX512 compresses to a register and stores that: the form of VPCOMPRESSD with
// memory as its destination is microcoded, above 100 cycles on Zen 4.
type selectAVX512 struct{}

func (*selectAVX512) vector(e emitter) reg.VecVirtual { return e.ZMM() }

func (*selectAVX512) prepare(s *selectKernel) { s.firstIDs("AVX512") }

func (*selectAVX512) any(s *selectKernel, x reg.VecVirtual, hit string) {
	above := s.K()
	s.VCMPPS(U8(cmpGreater), s.threshold, x, above)
	s.KORTESTW(above, above)
	s.JNZ(LabelRef(hit))
}

// moved returns the lanes of above at the front of zeros, and their number.
func (*selectAVX512) moved(s *selectKernel, above reg.OpmaskVirtual, x, id reg.VecVirtual) (mx, mid reg.VecVirtual, hits reg.GPVirtual) {
	mx, mid, hits = s.ZMM(), s.ZMM(), s.GP64()
	s.VCOMPRESSPS_Z(x, above, mx)
	s.VPCOMPRESSD_Z(id, above, mid)
	s.KMOVW(above, hits.As32())
	s.POPCNTL(hits.As32(), hits.As32())
	return mx, mid, hits
}

func (t *selectAVX512) compact(s *selectKernel, x, id reg.VecVirtual) {
	above := s.K()
	s.VCMPPS(U8(cmpGreater), s.threshold, x, above)
	mx, mid, hits := t.moved(s, above, x, id)
	s.VMOVUPS(mx, Mem{Base: s.values, Index: s.found, Scale: 4})
	s.VMOVDQU32(mid, Mem{Base: s.ids, Index: s.found, Scale: 4})
	s.ADDQ(hits, s.found)
}

func (t *selectAVX512) tail(s *selectKernel, left reg.GPVirtual, id reg.VecVirtual) {
	count, x, above := s.GP64(), s.ZMM(), s.K()
	s.MOVQ(U32(s.lanes), count)
	s.CMPQ(left, count)
	s.CMOVQLT(left, count)
	inside := s.bitMask(count)
	s.VMOVUPS_Z(at(s.scores, 0), inside, x)
	s.VCMPPS(U8(cmpGreater), s.threshold, x, inside, above)
	mx, mid, hits := t.moved(s, above, x, id)
	written := s.bitMask(hits)
	s.VMOVUPS(mx, written, Mem{Base: s.values, Index: s.found, Scale: 4})
	s.VMOVDQU32(mid, written, Mem{Base: s.ids, Index: s.found, Scale: 4})
	s.ADDQ(hits, s.found)
}
