package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const planeCount = 4

// bitPlane emits the candidate that look-up tables are compared with: a query of four bits
// a dimension, split into planes of one bit each,
//
//	sum = sum over p of 2^p * ones(row & plane p)
//
// planes has 32 bytes a column: the byte of each plane four times, then the upper nibble of
// each, four times.
func bitPlane(e emitter) {
	e.kernel("BitPlaneScan", "AVX2", "sums the planes of a query of four bits over count >= 1 blocks. Needs AVX2.")
	s := newBitScan(e, "", 32)
	ones := s.table(hammingOnes(s))
	s.nibbleMask()
	s.bitPlanes(func(planes, block reg.GPVirtual, part int, sums []reg.VecVirtual) {
		low := s.load(at(block, part*32))
		high := s.vector()
		s.VPSRLW(U8(4), low, high)
		s.and(s.nibble, low, low)
		s.and(s.nibble, high, high)
		for p, sum := range sums {
			q, r := s.vector(), s.vector()
			s.VPBROADCASTD(at(planes, 4*p), q)
			s.VPBROADCASTD(at(planes, 16+4*p), r)
			s.and(low, q, q)
			s.and(high, r, r)
			s.VPSHUFB(q, ones, q)
			s.VPSHUFB(r, ones, r)
			s.VPADDB(q, sum, sum)
			s.VPADDB(r, sum, sum)
		}
	})

	e.kernel("BitPlaneScan", "AVX512BITALG", "sums the planes of a query of four bits over count >= 1 blocks. Needs AVX-512 F, BW and BITALG.")
	s = newBitScan(e, "orderBitPlane", 64)
	s.bitPlanes(func(planes, block reg.GPVirtual, _ int, sums []reg.VecVirtual) {
		codes := s.load(at(block, 0))
		for p, sum := range sums {
			t := s.vector()
			s.VPANDD_BCST(at(planes, 4*p), codes, t)
			s.VPOPCNTB(t, t)
			s.VPADDB(t, sum, sum)
		}
	})
}

func hammingOnes(s *bitScan) Mem {
	return s.words64("onesOfNibble", 0x0302020102010100, 0x0403030203020201)
}

func (s *bitScan) bitPlanes(column func(planes, block reg.GPVirtual, part int, sums []reg.VecVirtual)) {
	blocks, out, count := s.argument("blocks"), s.argument("out"), s.argument("count")
	planes, left, block := s.GP64(), s.GP64(), s.GP64()
	s.Label("block")
	for part := range s.parts() {
		s.MOVQ(blocks, block)
		s.Load(s.Param("planes"), planes)
		s.Load(s.Param("columns"), left)
		total, sums := s.wides(1), s.vectors(planeCount)
		s.pieces(number("", part), left, func() { s.zero(sums...) }, func() {
			column(planes, block, part, sums)
			s.ADDQ(I32(32), planes)
			s.ADDQ(I32(blockRows), block)
		}, func() {
			for p, sum := range sums {
				odd := s.vector()
				s.VPSRLW(U8(8), sum, odd)
				s.VPSLLW(U8(8), sum, sum)
				s.VPSRLW(U8(8), sum, sum)
				s.VPSLLW(U8(p), sum, sum)
				s.VPSLLW(U8(p), odd, odd)
				s.VPADDW(sum, total[0].even, total[0].even)
				s.VPADDW(odd, total[0].odd, total[0].odd)
			}
		})
		for i, v := range s.inRows(total[0].even, total[0].odd) {
			s.store(v, at(out, 2*part*s.bytes+i*s.bytes))
		}
	}
	s.MOVQ(block, blocks)
	s.ADDQ(I32(2*blockRows), out)
	s.DECQ(count)
	s.JNZ(LabelRef("block"))
	s.finish()
}
