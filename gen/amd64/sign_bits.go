package amd64

import . "github.com/mmcloughlin/avo/operand"

// signBits emits bits[i] = one bit for each of row[8i] to row[8i+7] that is above 0.
func signBits(e emitter) {
	e.kernel("SignBits", "AVX2", "makes count >= 1 bytes from eight numbers each. Needs AVX2.")
	row, bits, count := e.argument("row"), e.argument("bits"), e.argument("count")
	zero, above, code := e.YMM(), e.YMM(), e.GP64()
	e.VXORPS(zero, zero, zero)
	e.Label("byte")
	e.VCMPPS(U8(cmpLess), at(row, 0), zero, above)
	e.VMOVMSKPS(above, code.As32())
	e.MOVB(code.As8(), at(bits, 0))
	e.ADDQ(U8(32), row)
	e.INCQ(bits)
	e.DECQ(count)
	e.JNZ(LabelRef("byte"))
	e.finish()

	e.kernel("SignBits", "AVX512", "makes count >= 1 bytes from eight numbers each. Needs AVX-512 F, DQ and VL.")
	row, bits, count = e.argument("row"), e.argument("bits"), e.argument("count")
	none, mask := e.ZMM(), e.K()
	e.VPXOR(none.AsX(), none.AsX(), none.AsX())
	e.SUBQ(U8(2), count)
	e.JLT(LabelRef("last"))
	e.Label("pair")
	e.VCMPPS(U8(cmpLess), at(row, 0), none, mask)
	e.KMOVW(mask, at(bits, 0))
	e.ADDQ(U8(64), row)
	e.ADDQ(U8(2), bits)
	e.SUBQ(U8(2), count)
	e.JGE(LabelRef("pair"))
	e.Label("last")
	e.INCQ(count)
	e.JNZ(LabelRef("done"))
	e.VCMPPS(U8(cmpLess), at(row, 0), none.AsY(), mask)
	e.KMOVB(mask, at(bits, 0))
	e.Label("done")
	e.finish()
}
