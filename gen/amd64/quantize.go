package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const cmpOrdered = 7 // quiet: false just for NaN

// quantize emits out = clamp(round(row*scale), -127, 127), 32 elements a turn. To clamp
// before rounding comes to the same, and keeps the conversion in its range.
func quantize(e emitter) {
	const what = "rounds count elements of row, a multiple of 32, times scale to int8. "
	e.kernel("QuantizeI8", "AVX2", what+"Needs AVX2.")
	e.quantizer(8)
	e.kernel("QuantizeI8", "AVX512", what+"Needs AVX-512 F.")
	e.quantizer(16)
}

func (e emitter) quantizer(lanes int) {
	row, out, count := e.argument("row"), e.argument("out"), e.argument("count")
	vector := func() reg.VecVirtual { return e.YMM() }
	if lanes == 16 {
		vector = func() reg.VecVirtual { return e.ZMM() }
	}
	scale, highest, lowest, order := vector(), vector(), vector(), vector()
	e.VBROADCASTSS(at(e.argument("scale"), 0), scale)
	constant := func(bits uint32, v reg.VecVirtual) {
		r := e.GP32()
		x := e.XMM()
		e.MOVL(U32(bits), r)
		e.VMOVD(r, x)
		e.VBROADCASTSS(x, v)
	}
	constant(0x42FE0000, highest) // 127
	constant(0xC2FE0000, lowest)
	if lanes == 8 {
		table := e.StaticGlobal("quantizeOrder")
		e.DataAttributes(8 | 16) // RODATA|NOPTR
		for _, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
			e.AppendDatum(U32(v))
		}
		e.VMOVDQU(table, order)
	}

	e.JMP(LabelRef("check"))
	e.Label("block")
	parts := make([]reg.VecVirtual, 32/lanes)
	for i := range parts {
		parts[i] = vector()
		e.VMULPS(at(row, 4*lanes*i), scale, parts[i])
		if lanes == 8 {
			ordered := vector()
			e.VCMPPS(U8(cmpOrdered), parts[i], parts[i], ordered)
			e.VANDPS(ordered, parts[i], parts[i])
			e.VMINPS(highest, parts[i], parts[i])
			e.VMAXPS(lowest, parts[i], parts[i])
			e.VCVTPS2DQ(parts[i], parts[i])
			continue
		}
		ordered := e.K()
		e.VCMPPS(U8(cmpOrdered), parts[i], parts[i], ordered)
		e.VMINPS(highest, parts[i], parts[i])
		e.VMAXPS(lowest, parts[i], parts[i])
		e.VCVTPS2DQ_Z(parts[i], ordered, parts[i])
		e.VPMOVSDB(parts[i], at(out, 16*i))
	}
	if lanes == 8 { // each half of the packs holds eight of every part: put them in order
		e.VPACKSSDW(parts[1], parts[0], parts[0])
		e.VPACKSSDW(parts[3], parts[2], parts[2])
		e.VPACKSSWB(parts[2], parts[0], parts[0])
		e.VPERMD(parts[0], order, parts[0])
		e.VMOVDQU(parts[0], at(out, 0))
	}
	e.ADDQ(I32(128), row)
	e.ADDQ(U8(32), out)
	e.Label("check")
	e.SUBQ(U8(32), count)
	e.JGE(LabelRef("block"))
	e.finish()
}
