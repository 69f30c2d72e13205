package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peak emits the largest of row's numbers without their signs, 32 elements a turn: bits of
// such numbers are ordered as unsigned integers are.
func peak(e emitter) {
	e.kernel("PeakF32", "AVX2", "sets *peak to the largest magnitude of count elements of row, a multiple of 32 and not 0. Needs AVX2.")
	row, count := e.argument("row"), e.argument("count")
	magnitude := e.YMM()
	var best, part [4]reg.VecVirtual
	e.VPCMPEQD(magnitude, magnitude, magnitude)
	e.VPSRLD(U8(1), magnitude, magnitude)
	for i := range best {
		best[i], part[i] = e.YMM(), e.YMM()
		e.zero(best[i])
	}

	e.Label("block")
	for i := range best {
		e.VPAND(at(row, 32*i), magnitude, part[i])
		e.VPMAXUD(part[i], best[i], best[i])
	}
	e.ADDQ(I32(128), row)
	e.SUBQ(U8(32), count)
	e.JNZ(LabelRef("block"))

	e.VPMAXUD(best[1], best[0], best[0])
	e.VPMAXUD(best[3], best[2], best[2])
	e.VPMAXUD(best[2], best[0], best[0])
	low, high := best[0].AsX(), e.XMM()
	e.VEXTRACTI128(U8(1), best[0], high)
	e.VPMAXUD(high, low, low)
	e.VPSHUFD(U8(0b01_00_11_10), low, high) // the upper two
	e.VPMAXUD(high, low, low)
	e.VPSHUFD(U8(0b00_00_00_01), low, high) // the second
	e.VPMAXUD(high, low, low)
	e.VMOVD(low, at(e.argument("peak"), 0))
	e.finish()
}
