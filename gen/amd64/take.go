package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// takeAbove emits the search for sums of a threshold or more, which sets them all to 0: 16
// sums are passed over after one comparison.
func takeAbove(e emitter) {
	e.kernel("TakeAbove", "AVX2", "writes index and value of the sums of *threshold or more and sets all to 0.\n"+
		"count is a multiple of 16 and not 0; ids and values have room for all. Needs AVX2 and BMI.")
	sums, ids, values, count := e.argument("sums"), e.argument("ids"), e.argument("values"), e.argument("count")
	threshold, zero := e.YMM(), e.YMM()
	e.VBROADCASTSD(at(e.argument("threshold"), 0), threshold)
	e.VXORPD(zero, zero, zero)
	first, found := e.GP64(), e.GP64()
	e.XORQ(first, first)
	e.XORQ(found, found)

	e.Label("block")
	var above [4]reg.VecVirtual
	for i := range above {
		above[i] = e.YMM()
		e.VMOVUPD(at(sums, 32*i), above[i])
		e.VCMPPD(U8(29), threshold, above[i], above[i]) // greater or equal, false for NaN
	}
	low, high := e.YMM(), e.YMM()
	e.VORPD(above[0], above[1], low)
	e.VORPD(above[2], above[3], high)
	e.VORPD(low, high, low)
	e.VPTEST(low, low)
	e.JNZ(LabelRef("hit"))
	e.Label("passed")
	for i := range above {
		e.VMOVUPD(zero, at(sums, 32*i))
	}
	e.ADDQ(I32(128), sums)
	e.ADDQ(U8(16), first)
	e.SUBQ(U8(16), count)
	e.JNZ(LabelRef("block"))
	e.MOVQ(found, at(e.argument("found"), 0))
	e.finish()

	e.Label("hit")
	mask, part, bit := e.GP64(), e.GP64(), e.GP64()
	e.VMOVMSKPD(above[3], mask.As32())
	for i := 2; i >= 0; i-- {
		e.SHLL(U8(4), mask.As32())
		e.VMOVMSKPD(above[i], part.As32())
		e.ORL(part.As32(), mask.As32())
	}
	e.Label("bit")
	e.TZCNTL(mask.As32(), bit.As32())
	e.MOVQ(Mem{Base: sums, Index: bit, Scale: 8}, part)
	e.MOVQ(part, Mem{Base: values, Index: found, Scale: 8})
	e.ADDL(first.As32(), bit.As32())
	e.MOVL(bit.As32(), Mem{Base: ids, Index: found, Scale: 4})
	e.INCQ(found)
	e.BLSRL(mask.As32(), mask.As32())
	e.JNZ(LabelRef("bit"))
	e.JMP(LabelRef("passed"))
}
