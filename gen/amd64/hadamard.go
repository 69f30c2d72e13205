package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// hadamard emits the Walsh-Hadamard transform in place: for each stride 1, 2, 4 ... the
// pairs that far apart become (a+b, a-b).
//
// The first pass loads a block, does the strides within a vector by shuffles and those
// between its vectors by additions; each later pass does up to three strides on eight
// vectors. So 1024 numbers are read and written twice (AVX-512) or three times, not ten.
func hadamard(e emitter) {
	e.kernel("Hadamard", "AVX2", "transforms count numbers in place, a power of two >= 64. Needs AVX2 and FMA.")
	h := hadamardLoops{emitter: e, width: 32, vector: e.YMM}
	h.emit()

	e.kernel("Hadamard", "AVX512", "transforms count numbers in place, a power of two >= 64. Needs AVX-512 F.")
	h = hadamardLoops{emitter: e, width: 64, vector: e.ZMM}
	h.emit()
}

// hadamardLoops is the kernel at one vector width.
type hadamardLoops struct {
	emitter
	width  int
	vector func() reg.VecVirtual

	x, end  reg.GPVirtual    // the numbers, and behind them
	bytes   reg.GPVirtual    // of all numbers
	signs   []reg.VecVirtual // of each stride within a vector, see signsOf
	strides [4]reg.GPVirtual // of the pass: 1, 3, 5 and 7 times its least stride in bytes
}

func (h *hadamardLoops) emit() {
	h.x, h.bytes, h.end = h.argument("x"), h.argument("count"), h.GP64()
	h.SHLQ(U8(2), h.bytes)
	h.LEAQ(indexed(h.x, h.bytes, 0), h.end)
	for lanes := 1; lanes < h.width/4; lanes *= 2 {
		h.signs = append(h.signs, h.signsOf(lanes))
	}
	if h.width == 64 { // 64 numbers are half a block here
		h.CMPQ(h.bytes, U32(256))
		h.JNE(LabelRef("blocks"))
		h.block(4, h.x)
		h.JMP(LabelRef("done"))
	}
	h.Label("blocks")
	block := h.GP64()
	h.MOVQ(h.x, block)
	h.Label("block")
	h.block(8, block)
	h.ADDQ(U32(uint32(8*h.width)), block)
	h.CMPQ(block, h.end)
	h.JLT(LabelRef("block"))

	for i := range h.strides {
		h.strides[i] = h.GP64()
	}
	h.MOVQ(U32(uint32(8*h.width)), h.strides[0])
	h.pass(8, "four")
	h.pass(4, "two")
	h.pass(2, "done")
	h.Label("done")
	h.finish()
}

// signsOf returns +1 in the lanes that are the earlier of a pair, -1 in the later ones.
func (h *hadamardLoops) signsOf(lanes int) reg.VecVirtual {
	table := h.StaticGlobal(fmt.Sprintf("hadamard_signs%d_%d", h.width*8, lanes))
	h.DataAttributes(8 | 16) // RODATA|NOPTR
	for i := range h.width / 4 {
		sign := F32(1)
		if i&lanes != 0 {
			sign = -1
		}
		h.AppendDatum(sign)
	}
	v := h.vector()
	h.VMOVUPS(table, v)
	return v
}

// block does all strides of count vectors that lie side by side.
func (h *hadamardLoops) block(count int, place reg.GPVirtual) {
	v := make([]reg.VecVirtual, count)
	for i := range v {
		v[i] = h.vector()
		h.VMOVUPS(at(place, i*h.width), v[i])
		for level := range h.signs {
			h.within(level, v[i])
		}
	}
	h.butterflies(v)
	for i := range v {
		h.VMOVUPS(v[i], at(place, i*h.width))
	}
}

// within does stride 1<<level in a vector: lane + partner in the earlier lane of a pair,
// partner - lane in the later one. The product with +-1 is exact, so that the fused
// addition rounds as an addition does.
func (h *hadamardLoops) within(level int, v reg.VecVirtual) {
	partner := h.vector()
	switch {
	case level == 0:
		h.VPERMILPS(U8(0xB1), v, partner)
	case level == 1:
		h.VPERMILPS(U8(0x4E), v, partner)
	case h.width == 32:
		h.VPERM2F128(U8(0x01), v, v, partner)
	case level == 2:
		h.VSHUFF32X4(U8(0xB1), v, v, partner)
	default:
		h.VSHUFF32X4(U8(0x4E), v, v, partner)
	}
	h.VFMADD213PS(partner, h.signs[level], v) // v = v*sign + partner
}

// butterflies does the strides between vectors, the least first.
func (h *hadamardLoops) butterflies(v []reg.VecVirtual) {
	for stride := 1; stride < len(v); stride *= 2 {
		for i := range v {
			if i&stride != 0 {
				continue
			}
			sum := h.vector()
			h.VADDPS(v[i+stride], v[i], sum)
			h.VSUBPS(v[i+stride], v[i], v[i+stride])
			v[i] = sum
		}
	}
}

// pass does log2(count) strides from strides[0] on, as often as they fit, and goes on at
// next with strides[0] behind them.
func (h *hadamardLoops) pass(count int, next string) {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, count) }
	if count < 8 {
		h.Label(map[int]string{4: "four", 2: "two"}[count])
	}
	span, group, place, limit := h.GP64(), h.GP64(), h.GP64(), h.GP64()
	h.Label(label("pass"))
	h.MOVQ(h.strides[0], span)
	h.SHLQ(U8(map[int]uint8{8: 3, 4: 2, 2: 1}[count]), span)
	h.CMPQ(span, h.bytes)
	h.JGT(LabelRef(next))
	for i := 1; 2*i+1 < count; i++ {
		h.LEAQ(Mem{Base: h.strides[i-1], Index: h.strides[0], Scale: 2}, h.strides[i])
	}
	h.MOVQ(h.x, group)
	h.Label(label("group"))
	h.MOVQ(group, place)
	h.LEAQ(indexed(group, h.strides[0], 0), limit)
	h.Label(label("place"))
	v := make([]reg.VecVirtual, count)
	for i := range v {
		v[i] = h.vector()
		h.VMOVUPS(h.apart(place, i), v[i])
	}
	h.butterflies(v)
	for i := range v {
		h.VMOVUPS(v[i], h.apart(place, i))
	}
	h.ADDQ(U8(uint8(h.width)), place)
	h.CMPQ(place, limit)
	h.JLT(LabelRef(label("place")))
	h.ADDQ(span, group)
	h.CMPQ(group, h.end)
	h.JLT(LabelRef(label("group")))
	h.MOVQ(span, h.strides[0])
	h.JMP(LabelRef(label("pass")))
}

// apart is the memory i strides behind place: i is an odd number times a scale.
func (h *hadamardLoops) apart(place reg.GPVirtual, i int) Mem {
	if i == 0 {
		return at(place, 0)
	}
	scale := i & -i
	return Mem{Base: place, Index: h.strides[i/scale/2], Scale: uint8(scale)}
}

// flipSigns emits x[j] ^= bit j of signs << 31 for count numbers, a multiple of 32.
func flipSigns(e emitter) {
	e.kernel("FlipSigns", "AVX2", "negates x[j] where bit j of signs is set, for count > 0 numbers, a multiple of 32. Needs AVX2.")
	x, signs, count := e.argument("x"), e.argument("signs"), e.argument("count")
	shifts := [4]reg.VecVirtual{}
	table := e.StaticGlobal("flip_signs_shifts")
	e.DataAttributes(8 | 16) // RODATA|NOPTR
	for i := range 32 {
		e.AppendDatum(U32(uint32(31 - i)))
	}
	for i := range shifts {
		shifts[i] = e.YMM()
		e.VMOVDQU(table.Offset(32*i), shifts[i])
	}
	top, bits := e.YMM(), e.YMM()
	e.VPCMPEQD(top, top, top)
	e.VPSLLD(U8(31), top, top)
	e.Label("group")
	e.VPBROADCASTD(at(signs, 0), bits)
	for i := range shifts {
		sign := e.YMM()
		e.VPSLLVD(shifts[i], bits, sign) // bit 8*i+lane comes to the top
		e.VPAND(top, sign, sign)
		e.VPXOR(at(x, 32*i), sign, sign)
		e.VMOVDQU(sign, at(x, 32*i))
	}
	e.ADDQ(U32(128), x)
	e.ADDQ(U8(4), signs)
	e.SUBQ(U8(32), count)
	e.JNZ(LabelRef("group"))
	e.finish()

	e.kernel("FlipSigns", "AVX512", "negates x[j] where bit j of signs is set, for count > 0 numbers, a multiple of 32. Needs AVX-512 F.")
	x, signs, count = e.argument("x"), e.argument("signs"), e.argument("count")
	zero := e.ZMM()
	e.VPTERNLOGD(U8(0xFF), zero, zero, zero)
	e.VPSLLD(U8(31), zero, zero) // -0 in every lane
	e.Label("group")
	for i := range 2 {
		k, v := e.K(), e.ZMM()
		e.KMOVW(at(signs, 2*i), k)
		e.VMOVDQU32(at(x, 64*i), v)
		e.VPXORD(zero, v, k, v)
		e.VMOVDQU32(v, at(x, 64*i))
	}
	e.ADDQ(U32(128), x)
	e.ADDQ(U8(4), signs)
	e.SUBQ(U8(32), count)
	e.JNZ(LabelRef("group"))
	e.finish()
}
