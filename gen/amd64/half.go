package amd64

import (
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// half emits the scans over rows of 16-bit floats, and over INT8 rows with a float query:
// every element becomes float32 as it is loaded.
//
// AVX2 has no masked load of 16 or 8 bits. Its tail is the last eight elements of the row,
// of which those that were counted already are cleared, times the tail of the query that
// package kernels passes: eight float32, then eight masks of 16 bits.
func half(e emitter) {
	const doc = "sets out[i] to the dot product of query and row i, for count rows of dim >= 8 elements.\n" +
		"tail is the last dim%8 elements of the query behind zeros, and the mask of their lanes."
	e.kernel("DotScanF16", "AVX2", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX2{row: emitter.fromF16, query: emitter.fromF32, mask: true}, queryBytes: 4, rowBytes: 2, outBytes: 4, step: 8}).emit()
	e.kernel("DotScanF16", "AVX512", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX512{row: emitter.fromF16, query: emitter.fromF32}, queryBytes: 4, rowBytes: 2, outBytes: 4, step: 16}).emit()

	e.kernel("DotScanBF16", "AVX2", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX2{row: emitter.fromBF16, query: emitter.fromBF16, mask: true}, queryBytes: 2, rowBytes: 2, outBytes: 4, step: 8}).emit()
	e.kernel("DotScanBF16", "AVX512", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX512{row: emitter.fromBF16, query: emitter.fromBF16}, queryBytes: 2, rowBytes: 2, outBytes: 4, step: 16}).emit()
	e.kernel("DotScanBF16", "AVX512BF16", doc)
	(&rowwise{emitter: e, arithmetic: &pairsBF16{}, queryBytes: 2, rowBytes: 2, outBytes: 4, step: 32}).emit()

	e.kernel("DotScanF32I8", "AVX2", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX2{row: emitter.fromI8, query: emitter.fromF32}, queryBytes: 4, rowBytes: 1, outBytes: 4, step: 8}).emit()
	e.kernel("DotScanF32I8", "AVX512", doc)
	(&rowwise{emitter: e, arithmetic: &halfAVX512{row: emitter.fromI8, query: emitter.fromF32}, queryBytes: 4, rowBytes: 1, outBytes: 4, step: 16}).emit()
}

// conversion loads as many elements as to has lanes and makes float32 of them. k limits
// the elements that are read, where it is not nil; the lanes of the others are zero.
type conversion func(e emitter, from Op, to vec, k reg.Register)

func (e emitter) fromF32(from Op, to vec, k reg.Register) {
	if k != nil {
		e.VMOVUPS_Z(from, k, to)
	} else {
		e.VMOVUPS(from, to)
	}
}

func (e emitter) fromF16(from Op, to vec, k reg.Register) {
	if k != nil {
		e.VCVTPH2PS_Z(from, k, to)
	} else {
		e.VCVTPH2PS(from, to)
	}
}

// fromBF16 makes the upper half of a float32 of each element.
func (e emitter) fromBF16(from Op, to vec, k reg.Register) {
	if k != nil {
		e.VPMOVZXWD_Z(from, k, to)
	} else {
		e.VPMOVZXWD(from, to)
	}
	e.VPSLLD(U8(16), to, to)
}

func (e emitter) fromI8(from Op, to vec, k reg.Register) {
	if k != nil {
		e.VPMOVSXBD_Z(from, k, to)
	} else {
		e.VPMOVSXBD(from, to)
	}
	e.VCVTDQ2PS(to, to)
}

// halfAVX2 takes eight elements a turn.
type halfAVX2 struct {
	row, query conversion
	mask       bool // clear what the tail of a row repeats: it may be infinite
	tail, keep vec
}

func (h *halfAVX2) prepare(r *rowwise) {
	tail := r.argument("tail")
	h.tail = r.YMM()
	r.VMOVUPS(at(tail, 0), h.tail)
	if h.mask {
		h.keep = r.XMM()
		r.VMOVDQU(at(tail, 32), h.keep)
	}
}

func (*halfAVX2) accumulators(r *rowwise) []vec { return []vec{r.YMM()} }

func (h *halfAVX2) loadQuery(r *rowwise, place Mem) []vec {
	q := r.YMM()
	h.query(r.emitter, place, q, nil)
	return []vec{q}
}

func (h *halfAVX2) loadRow(r *rowwise, place Mem) []vec {
	v := r.YMM()
	h.row(r.emitter, place, v, nil)
	return []vec{v}
}

func (h *halfAVX2) tailQuery(*rowwise) []vec { return []vec{h.tail} }

func (h *halfAVX2) tailRow(r *rowwise, row reg.GPVirtual) []vec {
	place := r.elementAt(row, r.dim, -8)
	if !h.mask {
		return h.loadRow(r, place)
	}
	raw, v := r.XMM(), r.YMM()
	r.VPAND(place, h.keep, raw)
	h.row(r.emitter, raw, v, nil)
	return []vec{v}
}

func (*halfAVX2) add(r *rowwise, query, row, sums []vec) {
	r.VFMADD231PS(row[0], query[0], sums[0])
}

func (*halfAVX2) store(r *rowwise, sums []vec, place Mem) { r.storeSumF32(sums[0], place) }

// storeSumF32 adds up eight float32.
func (e emitter) storeSumF32(y vec, place Mem) {
	upper := e.XMM()
	e.VEXTRACTF128(U8(1), y.AsY(), upper)
	e.VADDPS(upper, y.AsX(), upper)
	e.VHADDPS(upper, upper, upper)
	e.VHADDPS(upper, upper, upper)
	e.VMOVSS(upper, place)
}

// storeSumZ adds up sixteen float32.
func (e emitter) storeSumZ(z vec, place Mem) {
	upper := e.YMM()
	e.VEXTRACTF64X4(U8(1), z, upper)
	e.VADDPS(upper, z.AsY(), upper)
	e.storeSumF32(upper, place)
}

// halfAVX512 takes sixteen elements a turn, the last ones under a mask.
type halfAVX512 struct {
	row, query conversion
	k          reg.OpmaskVirtual
}

func (h *halfAVX512) prepare(r *rowwise) { h.k = r.bitMask(r.tailCount()) }

func (*halfAVX512) accumulators(r *rowwise) []vec { return []vec{r.ZMM()} }

func (h *halfAVX512) load(r *rowwise, convert conversion, place Mem, k reg.Register) []vec {
	v := r.ZMM()
	convert(r.emitter, place, v, k)
	return []vec{v}
}

func (h *halfAVX512) loadQuery(r *rowwise, place Mem) []vec {
	return h.load(r, h.query, place, nil)
}

func (h *halfAVX512) loadRow(r *rowwise, place Mem) []vec { return h.load(r, h.row, place, nil) }

func (h *halfAVX512) tailQuery(r *rowwise) []vec {
	return h.load(r, h.query, Mem{Base: r.query, Index: r.element, Scale: uint8(r.queryBytes)}, h.k)
}

func (h *halfAVX512) tailRow(r *rowwise, row reg.GPVirtual) []vec {
	return h.load(r, h.row, r.elementAt(row, r.element, 0), h.k)
}

func (*halfAVX512) add(r *rowwise, query, row, sums []vec) {
	r.VFMADD231PS(row[0], query[0], sums[0])
}

func (*halfAVX512) store(r *rowwise, sums []vec, place Mem) { r.storeSumZ(sums[0], place) }

// pairsBF16 multiplies 32 bfloat16 an instruction and adds pairs of products. Neither avo
// nor Go's assembler knows VDPBF16PS, so its bytes are written here, and its registers
// are fixed: Z8-11 sums, Z12 query, Z13 row.
type pairsBF16 struct {
	k    reg.OpmaskVirtual
	rows int
}

func (p *pairsBF16) prepare(r *rowwise) { p.k = r.bitMask(r.tailCount()) }

func (p *pairsBF16) accumulators(*rowwise) []vec {
	p.rows++
	return []vec{[...]vec{reg.Z8, reg.Z9, reg.Z10, reg.Z11}[(p.rows-1)%4]}
}

func (*pairsBF16) loadQuery(r *rowwise, place Mem) []vec {
	r.VMOVDQU16(place, reg.Z12)
	return []vec{reg.Z12}
}

func (*pairsBF16) loadRow(r *rowwise, place Mem) []vec {
	r.VMOVDQU16(place, reg.Z13)
	return []vec{reg.Z13}
}

func (p *pairsBF16) tailQuery(r *rowwise) []vec {
	r.VMOVDQU16_Z(Mem{Base: r.query, Index: r.element, Scale: 2}, p.k, reg.Z12)
	return []vec{reg.Z12}
}

func (p *pairsBF16) tailRow(r *rowwise, row reg.GPVirtual) []vec {
	r.VMOVDQU16_Z(r.elementAt(row, r.element, 0), p.k, reg.Z13)
	return []vec{reg.Z13}
}

func (*pairsBF16) add(r *rowwise, query, row, sums []vec) {
	r.vdpbf16ps(row[0], query[0], sums[0])
}

func (*pairsBF16) store(r *rowwise, sums []vec, place Mem) { r.storeSumZ(sums[0], place) }

// vdpbf16ps emits VDPBF16PS: sum[j] += a[2j]*b[2j] + a[2j+1]*b[2j+1] for 16 sums, as
// EVEX.512.F3.0F38.W0 52 /r (Intel SDM volume 2, chapter 5). The registers are physical.
func (e emitter) vdpbf16ps(a, b, sum reg.Register) {
	code := encodeVDPBF16PS(number(sum), number(b), number(a))
	e.Instruction(&ir.Instruction{
		Opcode: "LONG", Operands: []Op{U32(uint32(code[0]) | uint32(code[1])<<8 | uint32(code[2])<<16 | uint32(code[3])<<24)},
		Inputs: []Op{a, b, sum}, Outputs: []Op{sum}, ISA: []string{"AVX512BF16"},
	})
	e.Instruction(&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(uint16(code[4]) | uint16(code[5])<<8)}})
}

func number(r reg.Register) int { return int(r.(reg.Physical).PhysicalIndex()) }

// encodeVDPBF16PS returns the bytes for destination d and sources n and m. The prefix
// holds bits 3 and 4 of the register numbers inverted.
func encodeVDPBF16PS(d, n, m int) [6]byte {
	inverted := func(r, bit int) byte { return byte(^r >> bit & 1) }
	return [6]byte{
		0x62,
		inverted(d, 3)<<7 | inverted(m, 4)<<6 | inverted(m, 3)<<5 | inverted(d, 4)<<4 | 0b010,
		byte(^n&15)<<3 | 1<<2 | 0b10,
		0b10<<5 | inverted(n, 4)<<3,
		0x52,
		0b11<<6 | byte(d&7)<<3 | byte(m&7),
	}
}
