package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// batchI8AVX2 has the arithmetic of i8AVX2; a query is |q| and its signs.
type batchI8AVX2 struct {
	i8
	ones reg.VecVirtual
	mask Mem // where a vector is that leaves the last b.left elements
}

func (a *batchI8AVX2) prepare(b *batch) { a.ones = b.onesYMM() }

func (a *batchI8AVX2) startTail(b *batch) bool {
	a.mask = indexed(b.argument("tail"), b.left, 0)
	return true
}

func (*batchI8AVX2) vector(b *batch) reg.VecVirtual { return b.YMM() }

func (a *batchI8AVX2) loadQuery(b *batch, from Mem, tail bool) batchQuery {
	q := b.YMM()
	b.VMOVDQU(from, q)
	if tail {
		b.VPAND(a.mask, q, q)
	}
	return batchQuery{q, b.splitYMM(q)}
}

func (*batchI8AVX2) loadRow(b *batch, from Mem, _ bool) reg.VecVirtual {
	r := b.YMM()
	b.VMOVDQU(from, r)
	return r
}

func (*batchI8AVX2) zeroRow(b *batch) reg.VecVirtual {
	r := b.YMM()
	b.VPXOR(r, r, r)
	return r
}

func (a *batchI8AVX2) add(b *batch, query batchQuery, row, sum reg.VecVirtual) {
	r := b.YMM()
	b.VPXOR(row, query[1], r)
	b.addPairs(r, query[0], a.ones, sum)
}

func (a *batchI8AVX2) reduce(b *batch, sums []reg.VecVirtual) reg.VecVirtual {
	return a.reduceYMM(b.emitter, sums)
}

// batchMasked is what the tiers with masked loads of bytes share.
type batchMasked struct {
	mask reg.OpmaskVirtual
}

func (*batchMasked) startTail(*batch) bool          { return false }
func (*batchMasked) vector(b *batch) reg.VecVirtual { return b.ZMM() }

func (a *batchMasked) load(b *batch, from Mem, tail bool) reg.VecVirtual {
	v := b.ZMM()
	if tail {
		b.VMOVDQU8_Z(from, a.mask, v)
	} else {
		b.VMOVDQU64(from, v)
	}
	return v
}

func (a *batchMasked) reduce(b *batch, sums []reg.VecVirtual) reg.VecVirtual {
	return b.addLanes(sums, func(x, y, sum Op) { b.VPADDD(x, y, sum) })
}

// addLanes adds up each of one, two or four registers of 16 sums and returns the results
// side by side. Horizontal additions reach 16 registers alone; interleaving two registers
// in both ways and adding the results halves what is left to add of each just as well.
func (b emitter) addLanes(sums []reg.VecVirtual, add func(x, y, sum Op)) reg.VecVirtual {
	fold := func(x, y reg.VecVirtual, low, high func(x, y, to Op)) reg.VecVirtual {
		l, h := b.ZMM(), b.ZMM()
		low(y, x, l)
		high(y, x, h)
		add(l, h, l)
		return l
	}
	s := func(i int) reg.VecVirtual { return sums[i%len(sums)] }
	dword := func(x, y reg.VecVirtual) reg.VecVirtual {
		return fold(x, y, func(x, y, to Op) { b.VPUNPCKLDQ(x, y, to) }, func(x, y, to Op) { b.VPUNPCKHDQ(x, y, to) })
	}
	first := dword(s(0), s(1))
	second := first
	if len(sums) == 4 {
		second = dword(s(2), s(3))
	}
	all := fold(first, second, func(x, y, to Op) { b.VPUNPCKLQDQ(x, y, to) }, func(x, y, to Op) { b.VPUNPCKHQDQ(x, y, to) })
	upper := b.YMM()
	b.VEXTRACTI64X4(U8(1), all, upper)
	add(upper, all.AsY(), upper)
	quarter := b.XMM()
	b.VEXTRACTI32X4(U8(1), upper, quarter)
	add(quarter, upper.AsX(), quarter)
	return quarter
}

// batchI8AVX512 has the arithmetic of i8AVX512; a query is |q| and its signs.
type batchI8AVX512 struct {
	batchMasked
	ones reg.VecVirtual
}

func (a *batchI8AVX512) prepare(b *batch) { a.mask, a.ones = b.bitMask(b.rest()), b.onesZMM() }

func (a *batchI8AVX512) loadQuery(b *batch, from Mem, tail bool) batchQuery {
	q := a.load(b, from, tail)
	return batchQuery{q, b.splitZMM(q)}
}

func (a *batchI8AVX512) loadRow(b *batch, from Mem, tail bool) reg.VecVirtual {
	return a.load(b, from, tail)
}

func (*batchI8AVX512) zeroRow(b *batch) reg.VecVirtual {
	r := b.ZMM()
	b.zero(r)
	return r
}

func (a *batchI8AVX512) add(b *batch, query batchQuery, row, sum reg.VecVirtual) {
	r := b.ZMM()
	b.VPXORD(row, query[1], r)
	b.addPairs(r, query[0], a.ones, sum)
}

// batchI8VNNI has the arithmetic of i8VNNI; a row gets its 128 once for all queries.
type batchI8VNNI struct {
	batchMasked
	flip reg.VecVirtual
}

func (a *batchI8VNNI) prepare(b *batch) { a.mask, a.flip = b.bitMask(b.rest()), b.flipZMM() }

func (a *batchI8VNNI) loadQuery(b *batch, from Mem, tail bool) batchQuery {
	return batchQuery{a.load(b, from, tail)}
}

func (a *batchI8VNNI) loadRow(b *batch, from Mem, tail bool) reg.VecVirtual {
	r := a.load(b, from, tail)
	b.VPXORD(a.flip, r, r)
	return r
}

func (a *batchI8VNNI) zeroRow(*batch) reg.VecVirtual { return a.flip }

func (*batchI8VNNI) add(b *batch, query batchQuery, row, sum reg.VecVirtual) {
	b.VPDPBUSD(query[0], row, sum)
}

// batchF32AVX2 has the arithmetic of f32AVX2, with one accumulator for each sum.
type batchF32AVX2 struct {
	f32
	mask reg.VecVirtual
}

func (*batchF32AVX2) prepare(*batch) {}

func (f *batchF32AVX2) startTail(b *batch) bool {
	if f.mask == nil { // the table is emitted once
		b.maskTable("maskBatch")
	}
	address := b.GP64()
	f.mask = b.YMM()
	b.LEAQ(NewDataAddr(Symbol{Name: "maskBatch", Static: true}, 0), address)
	b.SUBQ(b.left, address)
	b.VMOVDQU(at(address, 32), f.mask)
	return false
}

func (*batchF32AVX2) vector(b *batch) reg.VecVirtual { return b.YMM() }

func (f *batchF32AVX2) loadQuery(b *batch, from Mem, tail bool) batchQuery {
	return batchQuery{f.loadRow(b, from, tail)}
}

func (f *batchF32AVX2) loadRow(b *batch, from Mem, tail bool) reg.VecVirtual {
	v := b.YMM()
	if tail {
		b.VMASKMOVPS(from, f.mask, v)
	} else {
		b.VMOVUPS(from, v)
	}
	return v
}

func (*batchF32AVX2) zeroRow(*batch) reg.VecVirtual { panic("float sums have no correction") }

func (*batchF32AVX2) add(b *batch, query batchQuery, row, sum reg.VecVirtual) {
	b.VFMADD231PS(row, query[0], sum)
}

func (f *batchF32AVX2) reduce(b *batch, sums []reg.VecVirtual) reg.VecVirtual {
	return f.reduceYMM(b.emitter, sums)
}

// batchF32AVX512 is batchF32AVX2 on 16 elements, with a mask register for the tail.
type batchF32AVX512 struct {
	mask reg.OpmaskVirtual
}

func (f *batchF32AVX512) prepare(b *batch)             { f.mask = b.bitMask(b.rest()) }
func (*batchF32AVX512) startTail(*batch) bool          { return false }
func (*batchF32AVX512) vector(b *batch) reg.VecVirtual { return b.ZMM() }

func (f *batchF32AVX512) loadQuery(b *batch, from Mem, tail bool) batchQuery {
	return batchQuery{f.loadRow(b, from, tail)}
}

func (f *batchF32AVX512) loadRow(b *batch, from Mem, tail bool) reg.VecVirtual {
	v := b.ZMM()
	if tail {
		b.VMOVUPS_Z(from, f.mask, v)
	} else {
		b.VMOVUPS(from, v)
	}
	return v
}

func (*batchF32AVX512) zeroRow(*batch) reg.VecVirtual { panic("float sums have no correction") }

func (*batchF32AVX512) add(b *batch, query batchQuery, row, sum reg.VecVirtual) {
	b.VFMADD231PS(row, query[0], sum)
}

func (f *batchF32AVX512) reduce(b *batch, sums []reg.VecVirtual) reg.VecVirtual {
	return b.addLanes(sums, func(x, y, sum Op) { b.VADDPS(x, y, sum) })
}
