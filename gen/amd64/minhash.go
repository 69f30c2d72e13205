package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// minHash emits sig[j] = min(sig[j], (h ^ xor[j]) * mul[j]) for 128 slots and every h.
func minHash(e emitter) {
	e.kernel("MinHashUpdate", "AVX2",
		"lowers the 128 minima sig[j] by (h^xor[j])*mul[j] for count >= 1 hashes. Needs AVX2.")
	p := e.minHashArguments()
	for pass := range 2 {
		p.pass(e, pass, e.YMM, 32, false)
	}
	e.finish()

	e.kernel("MinHashUpdate", "AVX512",
		"lowers the 128 minima sig[j] by (h^xor[j])*mul[j] for count >= 1 hashes. Needs AVX-512 F.")
	p = e.minHashArguments()
	p.pass(e, 0, e.ZMM, 64, true)
	e.finish()
}

type minHashArguments struct{ sig, xor, mul, hashes, count reg.GPVirtual }

func (e emitter) minHashArguments() minHashArguments {
	return minHashArguments{e.argument("sig"), e.argument("xor"), e.argument("mul"), e.argument("hashes"), e.argument("count")}
}

// pass streams all hashes past eight vectors of minima. With 32 registers the constants
// stay in registers too; with 16 they are memory operands, which the L1 cache feeds.
func (p minHashArguments) pass(e emitter, pass int, vector func() reg.VecVirtual, width int, resident bool) {
	const vectors = 8
	var sig, xor, mul [vectors]reg.VecVirtual
	move := e.VMOVDQU
	if resident {
		move = func(from, to Op) { e.VMOVDQU32(from, to) }
	}
	place := func(i int) int { return (pass*vectors + i) * width }
	for i := range vectors {
		sig[i] = vector()
		move(at(p.sig, place(i)), sig[i])
		if resident {
			xor[i], mul[i] = vector(), vector()
			move(at(p.xor, place(i)), xor[i])
			move(at(p.mul, place(i)), mul[i])
		}
	}

	label := fmt.Sprintf("hash%d", pass)
	next, left, h := e.GP64(), e.GP64(), vector()
	e.MOVQ(p.hashes, next)
	e.MOVQ(p.count, left)
	e.Label(label)
	e.VPBROADCASTD(at(next, 0), h)
	for i := range vectors {
		v := vector()
		if resident {
			e.VPXORD(xor[i], h, v)
			e.VPMULLD(mul[i], v, v)
		} else {
			e.VPXOR(at(p.xor, place(i)), h, v)
			e.VPMULLD(at(p.mul, place(i)), v, v)
		}
		e.VPMINUD(v, sig[i], sig[i])
	}
	e.ADDQ(U8(4), next)
	e.DECQ(left)
	e.JNZ(LabelRef(label))

	for i := range vectors {
		move(sig[i], at(p.sig, place(i)))
	}
}
