package amd64

import (
	"fmt"

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
		(&raBitQScan{bitScan: newBitScan(e, "orderRaBitQ"+tier.name, tier.bytes)}).emit()
	}
}

// raBitQScan holds what lives through the kernel. The sum of four entries, two columns, fits
// a byte, and is added as a word: all holds even + 256*odd mod 2^16, and odd the sums of
// the odd rows, so that even = all - 256*odd.
type raBitQScan struct {
	*bitScan
	tables, scale, add, out reg.GPVirtual
	block                   []reg.GPVirtual  // the blocks of the current turn
	all, odd                []reg.VecVirtual // sums of each register of rows
	half                    reg.GPVirtual    // bytes between the results of the two blocks
}

func (s *raBitQScan) emit() {
	s.tables, s.block = s.argument("tables"), []reg.GPVirtual{s.argument("blocks"), s.GP64()}
	s.scale, s.add, s.out = s.argument("scale"), s.argument("add"), s.argument("out")
	s.nibbleMask()
	s.halves()
	left := s.argument("count")
	s.ANDQ(U8(1), left)
	s.JZ(LabelRef("done"))
	s.turn(1)
	s.Label("done")
	s.finish()
}

// halves emits the loop over one block of each half of the blocks a turn. They share the
// loads of the tables, which on AVX2 take a turn of the ports that everything else needs,
// and are two sequential streams, which the CPU prefetches: from RAM 24 to 26 GB/s, where
// two neighbours give 12 to 15 (384-d and 768-d, Zen 3; a prefetch by instruction 14 to 19).
func (s *raBitQScan) halves() {
	turns, columns := s.argument("count"), s.argument("columns")
	s.half = s.GP64()
	s.SHRQ(U8(1), turns)
	s.MOVQ(turns, s.block[1])
	s.IMULQ(columns, s.block[1])
	s.SHLQ(U8(6), s.block[1])
	s.ADDQ(s.block[0], s.block[1])
	s.MOVQ(turns, s.half)
	s.SHLQ(U8(8), s.half) // 64 float32
	s.Label("turn")
	s.SUBQ(U8(1), turns)
	s.JLT(LabelRef("turned"))
	s.turn(2)
	for _, p := range []reg.GPVirtual{s.scale, s.add, s.out} {
		s.ADDQ(U32(4*blockRows), p)
	}
	s.JMP(LabelRef("turn"))
	s.Label("turned")
	s.MOVQ(s.block[1], s.block[0])
	for _, p := range []reg.GPVirtual{s.scale, s.add, s.out} {
		s.ADDQ(s.half, p)
	}
}

// turn emits the estimates of n blocks and moves the blocks on.
func (s *raBitQScan) turn(n int) {
	table, left := s.GP64(), s.argument("columns")
	s.all, s.odd = s.vectors(n*s.parts()), s.vectors(n*s.parts())
	s.MOVQ(s.tables, table)
	s.start(left)
	s.SUBQ(U8(2), left)
	s.JLT(LabelRef(numbered("last", n)))
	s.Label(numbered("pair", n))
	s.columns(n, 2, table)
	s.SUBQ(U8(2), left)
	s.JGE(LabelRef(numbered("pair", n)))
	s.Label(numbered("last", n))
	s.INCQ(left)
	s.JNZ(LabelRef(numbered("store", n))) // left is 0 when a column is left
	s.columns(n, 1, table)

	s.Label(numbered("store", n))
	pointer, delta := s.argument("delta"), s.vector()
	s.VBROADCASTSS(at(pointer, 0), delta)
	for i := range s.all {
		s.estimate(n, i, delta)
	}
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
	for i := 1; i < len(s.all); i++ {
		s.copy(s.odd[0], s.odd[i])
		s.copy(s.all[0], s.all[i])
	}
}

// columns adds the entries of one column or two of n blocks.
func (s *raBitQScan) columns(n, columns int, table reg.GPVirtual) {
	var entries []reg.VecVirtual
	for i := range 2 * columns {
		entries = append(entries, s.table(at(table, 16*i)))
	}
	for i := range s.all {
		block, disp := s.block[i/s.parts()], i%s.parts()*s.bytes
		sum := s.lookUp(at(block, disp), entries[0], entries[1])
		if columns == 2 {
			s.VPADDB(s.lookUp(at(block, blockRows+disp), entries[2], entries[3]), sum, sum)
		}
		s.VPADDW(sum, s.all[i], s.all[i])
		s.VPSRLW(U8(8), sum, sum)
		s.VPADDW(sum, s.odd[i], s.odd[i])
	}
	s.ADDQ(I32(columns*32), table)
	for _, block := range s.block[:n] {
		s.ADDQ(I32(columns*blockRows), block)
	}
}

// estimate emits out = add + scale*(sum*delta) for the rows of register i of n blocks.
func (s *raBitQScan) estimate(n, i int, delta reg.VecVirtual) {
	even := s.vector()
	s.VPSLLW(U8(8), s.odd[i], even)
	s.VPSUBW(even, s.all[i], even)
	var results []reg.VecVirtual
	for _, sums := range s.inRows(even, s.odd[i]) {
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
	place := func(p reg.GPVirtual, r int) Mem {
		m := at(p, 4*(i%s.parts())*s.bytes+r*s.bytes)
		if i >= s.parts() {
			m.Index, m.Scale = s.half, 1
		}
		return m
	}
	for r, v := range results {
		s.VCVTDQ2PS(v, v)
		s.VMULPS(delta, v, v)
		s.VMULPS(place(s.scale, r), v, v)
	}
	write := fmt.Sprintf("write%d%d", n, i)
	given := s.argument("add")
	s.TESTQ(given, given)
	s.JZ(LabelRef(write))
	for r, v := range results {
		s.VADDPS(place(s.add, r), v, v)
	}
	s.Label(write)
	for r, v := range results {
		s.VMOVUPS(v, place(s.out, r))
	}
}
