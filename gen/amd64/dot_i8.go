package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func dotI8(e emitter) {
	e.kernel("DotScanI8", "AVX2",
		"sets out[i] to the dot product of query and row i, for count rows of dim >= 16 elements.\n"+
			"tail is 16 elements: zeros, then the last dim%16 of the query. Needs AVX2.")
	(&scan{emitter: e, arithmetic: &i8AVX2{}, stepBytes: 16}).emit()

	e.kernel("DotScanI8", "AVX512",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX-512 F, BW and DQ and BMI2; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &i8AVX512{}, stepBytes: 32}).emit()

	e.kernel("DotScanI8", "AVX512VNNI",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX-512 F, BW, DQ and VNNI and BMI2; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &i8VNNI{}, stepBytes: 64}).emit()
}

// i8AVX2 widens 16 elements to int16 and adds pairs of products into int32. A pair is at
// most 2*128*128, so unlike VPMADDUBSW, which saturates, this is exact.
type i8AVX2 struct {
	i8
	tail reg.VecVirtual
}

func (a *i8AVX2) prepare(s *scan) {
	a.tail = s.YMM()
	s.VPMOVSXBW(at(s.argument("tail"), 0), a.tail)
}

func (*i8AVX2) vector(s *scan) reg.VecVirtual { return s.YMM() }

func (*i8AVX2) load(s *scan, query Mem) reg.VecVirtual {
	q := s.YMM()
	s.VPMOVSXBW(query, q)
	return q
}

func (*i8AVX2) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.YMM()
	s.VPMOVSXBW(row, r)
	s.VPMADDWD(query, r, r)
	s.VPADDD(r, sum, sum)
}

func (a *i8AVX2) loadTail(*scan) reg.VecVirtual { return a.tail }

// addTail takes the last 16 elements of the row; those counted before meet zeros.
func (a *i8AVX2) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	a.add(s, query, indexed(row, s.rowBytes, -16), sum)
}

func (a *i8AVX2) store(s *scan, sums []reg.VecVirtual) {
	a.storeX(s, a.reduceYMM(s, sums), len(sums))
}

// i8AVX512 is i8AVX2 on 32 elements, with a mask register for the tail.
type i8AVX512 struct {
	i8
	mask reg.OpmaskVirtual
}

func (a *i8AVX512) prepare(s *scan) { a.mask = s.bitMask(s.tailCount()) }

func (*i8AVX512) vector(s *scan) reg.VecVirtual { return s.ZMM() }

func (*i8AVX512) load(s *scan, query Mem) reg.VecVirtual {
	q := s.ZMM()
	s.VPMOVSXBW(query, q)
	return q
}

func (*i8AVX512) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VPMOVSXBW(row, r)
	s.VPMADDWD(query, r, r)
	s.VPADDD(r, sum, sum)
}

func (a *i8AVX512) loadTail(s *scan) reg.VecVirtual {
	q := s.ZMM()
	s.VPMOVSXBW_Z(indexed(s.query, s.offset, 0), a.mask, q)
	return q
}

func (a *i8AVX512) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VPMOVSXBW_Z(indexed(row, s.offset, 0), a.mask, r)
	s.VPMADDWD(query, r, r)
	s.VPADDD(r, sum, sum)
}

func (a *i8AVX512) store(s *scan, sums []reg.VecVirtual) {
	a.halve(s, sums)
	a.storeX(s, a.reduceYMM(s, sums), len(sums))
}

// i8VNNI multiplies unsigned rows by signed queries, 64 elements an instruction:
//
//	query . row = sum(query * (row + 128)) - 128*sum(query),  row + 128 = row XOR 0x80
//
// The correction depends on the query alone, so it is computed once a call, as the sum
// for a row of zeros. Sums wrap around mod 2^32 on the way; the result fits, so it is
// exact. Masked-out elements of the query are zero, which makes those of the row harmless.
type i8VNNI struct {
	i8
	mask       reg.OpmaskVirtual
	flip       reg.VecVirtual // 64 times 0x80
	correction reg.VecVirtual // 4 times 128*sum(query)
}

func (a *i8VNNI) prepare(s *scan) {
	a.mask = s.bitMask(s.tailCount())
	bits := s.GP32()
	a.flip = s.ZMM()
	s.MOVL(U32(0x80808080), bits)
	s.VPBROADCASTD(bits, a.flip)

	sum := s.ZMM()
	s.VPXOR(sum.AsX(), sum.AsX(), sum.AsX())
	s.XORQ(s.offset, s.offset)
	s.JMP(LabelRef("correctionCheck"))
	s.Label("correction")
	s.VPDPBUSD(indexed(s.query, s.offset, 0), a.flip, sum)
	s.ADDQ(I32(s.stepBytes), s.offset)
	s.Label("correctionCheck")
	s.CMPQ(s.offset, s.wholeBytes)
	s.JLT(LabelRef("correction"))
	s.VPDPBUSD(a.loadTail(s), a.flip, sum)
	sums := []reg.VecVirtual{sum}
	a.halve(s, sums)
	a.correction = s.XMM()
	s.VPBROADCASTD(a.reduceYMM(s, sums), a.correction)
}

func (*i8VNNI) vector(s *scan) reg.VecVirtual { return s.ZMM() }

func (*i8VNNI) load(s *scan, query Mem) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVDQU64(query, q)
	return q
}

func (a *i8VNNI) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VPXORD(row, a.flip, r)
	s.VPDPBUSD(query, r, sum)
}

func (a *i8VNNI) loadTail(s *scan) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVDQU8_Z(indexed(s.query, s.offset, 0), a.mask, q)
	return q
}

func (a *i8VNNI) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VMOVDQU8_Z(indexed(row, s.offset, 0), a.mask, r)
	s.VPXORD(r, a.flip, r)
	s.VPDPBUSD(query, r, sum)
}

func (a *i8VNNI) store(s *scan, sums []reg.VecVirtual) {
	a.halve(s, sums)
	x := a.reduceYMM(s, sums)
	s.VPSUBD(a.correction, x, x)
	a.storeX(s, x, len(sums))
}

// i8 is what all widths share.
type i8 struct{}

func (i8) merge(s *scan, a, b reg.VecVirtual) { s.VPADDD(b, a, a) }

// halve adds the upper half of each register of 16 sums to the lower.
func (i8) halve(s *scan, sums []reg.VecVirtual) {
	for _, sum := range sums {
		upper := s.YMM()
		s.VEXTRACTI64X4(U8(1), sum, upper)
		s.VPADDD(upper, sum.AsY(), sum.AsY())
	}
}

// reduceYMM adds up each register of eight, as f32.storeYMM does.
func (i8) reduceYMM(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	y := func(i int) reg.Register { return sums[i].AsY() }
	upper := s.XMM()
	if len(sums) == 1 {
		s.VPHADDD(y(0), y(0), y(0))
		s.VPHADDD(y(0), y(0), y(0))
	} else {
		s.VPHADDD(y(1), y(0), y(0))
		s.VPHADDD(y(3), y(2), y(2))
		s.VPHADDD(y(2), y(0), y(0))
	}
	s.VEXTRACTI128(U8(1), y(0), upper)
	s.VPADDD(upper, sums[0].AsX(), upper)
	return upper
}

func (i8) storeX(s *scan, x reg.VecVirtual, rows int) {
	if rows == 1 {
		s.VMOVD(x, at(s.out, 0))
	} else {
		s.VMOVDQU(x, at(s.out, 0))
	}
}
