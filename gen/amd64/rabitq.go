package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func raBitQ(e emitter) {
	for _, tier := range []struct {
		name, needs string
		bytes       int
	}{{"AVX2", "AVX2", 32}, {"AVX512", "AVX-512 F and BW", 64}} {
		e.kernel("RaBitQScan", tier.name,
			"estimates inner products from count >= 1 blocks; see kernels.RaBitQScan. columns is at\n"+
				"least 1, delta is one number, and add may be nil. Needs "+tier.needs+".")
		newRaBitQ(newBitScan(e, "orderRaBitQ"+tier.name, tier.bytes)).emit()
	}
}

// raBitQScan holds what lives through the kernel. The sum of four entries, two columns, fits
// a byte, and is added as a word: all holds even + 256*odd mod 2^16, and odd the sums of
// the odd rows, so that even = all - 256*odd.
type raBitQScan struct {
	*bitScan
	tables, blocks, scale, add, out reg.GPVirtual
	delta                           reg.VecVirtual
	all, odd                        []reg.VecVirtual // sums of each part of the rows
}

func newRaBitQ(s *bitScan) *raBitQScan { return &raBitQScan{bitScan: s} }

func (s *raBitQScan) emit() {
	s.tables, s.blocks = s.argument("tables"), s.argument("blocks")
	s.scale, s.add, s.out = s.argument("scale"), s.argument("add"), s.argument("out")
	delta, count := s.argument("delta"), s.argument("count")
	table, left := s.GP64(), s.GP64()
	s.nibbleMask()
	s.delta = s.vector()
	s.VBROADCASTSS(at(delta, 0), s.delta)
	s.all, s.odd = s.vectors(s.parts()), s.vectors(s.parts())

	s.Label("block")
	s.MOVQ(s.tables, table)
	s.Load(s.Param("columns"), left)
	s.start(left)
	s.SUBQ(U8(2), left)
	s.JLT(LabelRef("last"))
	s.Label("pair")
	s.columns(2, table)
	s.SUBQ(U8(2), left)
	s.JGE(LabelRef("pair"))
	s.Label("last")
	s.INCQ(left)
	s.JNZ(LabelRef("store")) // left is 0 when a column is left
	s.columns(1, table)

	s.Label("store")
	for part := range s.parts() {
		s.estimate(part)
	}
	for _, p := range []reg.GPVirtual{s.scale, s.out} {
		s.ADDQ(I32(4*blockRows), p)
	}
	s.DECQ(count)
	s.JNZ(LabelRef("block"))
	s.finish()
}

// start makes the sums what they are when the entries add up to nothing: with zero =
// 62*columns, the sums are to end as even-zero and odd-zero, so odd starts with -zero and
// all with -zero - 256*zero.
func (s *raBitQScan) start(columns reg.GPVirtual) {
	zero := s.GP64()
	s.IMUL3Q(I32(-62), columns, zero)
	s.fill(zero, s.odd[0])
	s.IMUL3Q(I32(257), zero, zero)
	s.fill(zero, s.all[0])
	for part := 1; part < s.parts(); part++ {
		s.VMOVDQA(s.odd[0], s.odd[part])
		s.VMOVDQA(s.all[0], s.all[part])
	}
}

// columns adds the entries of one column or two.
func (s *raBitQScan) columns(n int, table reg.GPVirtual) {
	var entries []reg.VecVirtual
	for i := range 2 * n {
		entries = append(entries, s.bitScan.table(at(table, 16*i)))
	}
	for part := range s.parts() {
		sum := s.lookUp(at(s.blocks, part*s.bytes), entries[0], entries[1])
		if n == 2 {
			s.VPADDB(s.lookUp(at(s.blocks, blockRows+part*s.bytes), entries[2], entries[3]), sum, sum)
		}
		s.VPADDW(sum, s.all[part], s.all[part])
		s.VPSRLW(U8(8), sum, sum)
		s.VPADDW(sum, s.odd[part], s.odd[part])
	}
	s.ADDQ(I32(n*32), table)
	s.ADDQ(I32(n*blockRows), s.blocks)
}

// estimate emits out = add + scale*(sum*delta) for the rows of a part.
func (s *raBitQScan) estimate(part int) {
	even := s.vector()
	s.VPSLLW(U8(8), s.odd[part], even)
	s.VPSUBW(even, s.all[part], even)
	var results []reg.VecVirtual
	for _, sums := range s.inRows(even, s.odd[part]) {
		low, high := s.vector(), s.vector()
		if s.bytes == 64 {
			s.VPMOVSXWD(sums.AsY(), low)
			s.VEXTRACTI64X4(U8(1), sums, high.AsY())
			s.VPMOVSXWD(high.AsY(), high)
		} else {
			s.VPMOVSXWD(sums.AsX(), low)
			s.VEXTRACTI128(U8(1), sums, high.AsX())
			s.VPMOVSXWD(high.AsX(), high)
		}
		results = append(results, low, high)
	}
	place := func(i int) int { return 4*part*s.bytes + i*s.bytes }
	for i, r := range results {
		s.VCVTDQ2PS(r, r)
		s.VMULPS(s.delta, r, r)
		s.VMULPS(at(s.scale, place(i)), r, r)
	}
	s.TESTQ(s.add, s.add)
	s.JZ(LabelRef(number("write", part)))
	for i, r := range results {
		s.VADDPS(at(s.add, place(i)), r, r)
	}
	if part == s.parts()-1 {
		s.ADDQ(I32(4*blockRows), s.add)
	}
	s.Label(number("write", part))
	for i, r := range results {
		s.VMOVUPS(r, at(s.out, place(i)))
	}
}
