package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func dotI8(e emitter) {
	e.kernel("DotScanI8", "AVX2",
		"sets out[i] to the dot product of query and row i, for count rows of dim >= 32 elements.\n"+
			"tail is 32 zeros and then 32 times -1. Needs AVX2.")
	(&scan{emitter: e, arithmetic: &i8AVX2{}, stepBytes: 32}).emit()

	e.kernel("DotScanI8", "AVX512",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX-512 F, BW and DQ and BMI2; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &i8AVX512{}, stepBytes: 64}).emit()

	e.kernel("DotScanI8", "AVX512VNNI",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX-512 F, BW, DQ and VNNI and BMI2; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &i8VNNI{}, stepBytes: 64}).emit()
}

// i8AVX2 multiplies 32 elements with an instruction for unsigned times signed bytes. With
// m = -1 where q < 0 and 0 elsewhere, r XOR m is -r-1 or r, and so
//
//	q*r = |q| * (r XOR m)  +  |q| where q < 0
//
// Both |q| <= 128 and r XOR m keep their range, and a pair of products lies within
// [2*128*-128, 2*128*127], which int16 holds: VPMADDUBSW never saturates here. The last
// term depends on the query alone; it is minus the sum for a row of zeros, found once a
// call. Four instructions for 32 products, two of them multiplications, are half of what
// widening to int16 by VPMOVSXBW costs.
type i8AVX2 struct {
	i8
	ones  reg.VecVirtual // 16 times 1
	signs reg.VecVirtual // m of the vector of the query that was loaded last
	mask  reg.VecVirtual // -1 for the last dim%32 elements of a row
}

func (a *i8AVX2) prepare(s *scan) {
	a.ones, a.mask = s.onesYMM(), s.YMM()
	rest := s.tailCount()
	s.ADDQ(s.parameter("tail"), rest)
	s.VMOVDQU(at(rest, 0), a.mask)

	sum := a.vector(s)
	s.VPXOR(sum, sum, sum)
	s.alongQuery(func() { a.zeros(s, a.load(s, indexed(s.query, s.offset, 0)), sum) })
	a.zeros(s, a.loadTail(s), sum)
	a.correction = s.XMM()
	s.VPBROADCASTD(a.reduceYMM(s.emitter, []reg.VecVirtual{sum}), a.correction)
}

// onesYMM returns 16 times 1.
func (e emitter) onesYMM() reg.VecVirtual {
	ones := e.YMM()
	e.VPCMPEQW(ones, ones, ones)
	e.VPSRLW(U8(15), ones, ones)
	return ones
}

func (*i8AVX2) vector(s *scan) reg.VecVirtual { return s.YMM() }

func (a *i8AVX2) load(s *scan, query Mem) reg.VecVirtual {
	q := s.YMM()
	s.VMOVDQU(query, q)
	a.signs = s.splitYMM(q)
	return q
}

// splitYMM turns q into |q| and returns -1 where q was negative.
func (e emitter) splitYMM(q reg.VecVirtual) (signs reg.VecVirtual) {
	signs = e.YMM()
	e.VPXOR(signs, signs, signs)
	e.VPCMPGTB(q, signs, signs)
	e.VPABSB(q, q)
	return signs
}

func (a *i8AVX2) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.YMM()
	s.VPXOR(row, a.signs, r)
	s.addPairs(r, query, a.ones, sum)
}

// addPairs adds the products of a register of signed bytes and one of unsigned bytes.
func (e emitter) addPairs(signed, unsigned, ones, sum reg.VecVirtual) {
	e.VPMADDUBSW(signed, unsigned, signed)
	e.VPMADDWD(ones, signed, signed)
	e.VPADDD(signed, sum, sum)
}

// zeros is add for a row of zeros.
func (a *i8AVX2) zeros(s *scan, query, sum reg.VecVirtual) {
	s.addPairs(a.signs, query, a.ones, sum)
}

func (a *i8AVX2) loadTail(s *scan) reg.VecVirtual {
	q := s.YMM()
	s.VPAND(indexed(s.query, s.rowBytes, -32), a.mask, q)
	a.signs = s.splitYMM(q)
	return q
}

// addTail takes the last 32 elements of the row; those counted before meet zeros.
func (a *i8AVX2) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	a.add(s, query, indexed(row, s.rowBytes, -32), sum)
}

func (a *i8AVX2) reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	return a.correct(s, a.reduceYMM(s.emitter, sums))
}

// i8AVX512 is i8AVX2 on 64 elements, with a mask register for the tail.
type i8AVX512 struct {
	i8
	ones  reg.VecVirtual // 32 times 1
	signs reg.VecVirtual
	mask  reg.OpmaskVirtual
}

func (a *i8AVX512) prepare(s *scan) {
	a.mask, a.ones = s.bitMask(s.tailCount()), s.onesZMM()
	sum := a.vector(s)
	s.VPXOR(sum.AsX(), sum.AsX(), sum.AsX())
	s.alongQuery(func() { a.zeros(s, a.load(s, indexed(s.query, s.offset, 0)), sum) })
	a.zeros(s, a.loadTail(s), sum)
	a.setCorrection(s, sum)
}

// onesZMM returns 32 times 1.
func (e emitter) onesZMM() reg.VecVirtual {
	bits, ones := e.GP32(), e.ZMM()
	e.MOVL(U32(0x00010001), bits)
	e.VPBROADCASTD(bits, ones)
	return ones
}

func (*i8AVX512) vector(s *scan) reg.VecVirtual { return s.ZMM() }

func (a *i8AVX512) load(s *scan, query Mem) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVDQU64(query, q)
	a.signs = s.splitZMM(q)
	return q
}

// splitZMM turns q into |q| and returns -1 where q was negative.
func (e emitter) splitZMM(q reg.VecVirtual) (signs reg.VecVirtual) {
	negative := e.K()
	signs = e.ZMM()
	e.VPMOVB2M(q, negative)
	e.VPMOVM2B(negative, signs)
	e.VPABSB(q, q)
	return signs
}

func (a *i8AVX512) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VPXORD(row, a.signs, r)
	s.addPairs(r, query, a.ones, sum)
}

func (a *i8AVX512) zeros(s *scan, query, sum reg.VecVirtual) {
	s.addPairs(a.signs, query, a.ones, sum)
}

func (a *i8AVX512) loadTail(s *scan) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVDQU8_Z(indexed(s.query, s.offset, 0), a.mask, q)
	a.signs = s.splitZMM(q)
	return q
}

func (a *i8AVX512) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VMOVDQU8_Z(indexed(row, s.offset, 0), a.mask, r)
	s.VPXORD(r, a.signs, r)
	s.addPairs(r, query, a.ones, sum)
}

func (a *i8AVX512) reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	return a.correct(s, a.reduceZMM(s.emitter, sums))
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
	mask reg.OpmaskVirtual
	flip reg.VecVirtual // 64 times 0x80
}

func (a *i8VNNI) prepare(s *scan) {
	a.mask, a.flip = s.bitMask(s.tailCount()), s.flipZMM()
	sum := s.ZMM()
	s.VPXOR(sum.AsX(), sum.AsX(), sum.AsX())
	s.alongQuery(func() { s.VPDPBUSD(indexed(s.query, s.offset, 0), a.flip, sum) })
	s.VPDPBUSD(a.loadTail(s), a.flip, sum)
	a.setCorrection(s, sum)
}

// flipZMM returns 64 times 0x80.
func (e emitter) flipZMM() reg.VecVirtual {
	bits, flip := e.GP32(), e.ZMM()
	e.MOVL(U32(0x80808080), bits)
	e.VPBROADCASTD(bits, flip)
	return flip
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

func (a *i8VNNI) reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	return a.correct(s, a.reduceZMM(s.emitter, sums))
}

// i8 is what all widths share.
type i8 struct {
	correction reg.VecVirtual // four times the sum for a row of zeros
}

func (*i8) merge(s *scan, a, b reg.VecVirtual) { s.VPADDD(b, a, a) }

// setCorrection sets the correction from the sums for a row of zeros.
func (a *i8) setCorrection(s *scan, sum reg.VecVirtual) {
	a.correction = s.XMM()
	s.VPBROADCASTD(a.reduceZMM(s.emitter, []reg.VecVirtual{sum}), a.correction)
}

// reduceZMM adds the upper half of each register of 16 sums to the lower and goes on.
func (a *i8) reduceZMM(e emitter, sums []reg.VecVirtual) reg.VecVirtual {
	for _, sum := range sums {
		upper := e.YMM()
		e.VEXTRACTI64X4(U8(1), sum, upper)
		e.VPADDD(upper, sum.AsY(), sum.AsY())
	}
	return a.reduceYMM(e, sums)
}

// reduceYMM adds up each register of eight, as f32.reduceYMM does.
func (*i8) reduceYMM(e emitter, sums []reg.VecVirtual) reg.VecVirtual {
	y := func(i int) reg.Register { return sums[i%len(sums)].AsY() }
	upper := e.XMM()
	e.VPHADDD(y(1), y(0), y(0))
	if len(sums) == 4 {
		e.VPHADDD(y(3), y(2), y(2))
		e.VPHADDD(y(2), y(0), y(0))
	} else {
		e.VPHADDD(y(0), y(0), y(0))
	}
	e.VEXTRACTI128(U8(1), y(0), upper)
	e.VPADDD(upper, sums[0].AsX(), upper)
	return upper
}

// correct takes away the sum for a row of zeros.
func (a *i8) correct(s *scan, x reg.VecVirtual) reg.VecVirtual {
	s.VPSUBD(a.correction, x, x)
	return x
}
