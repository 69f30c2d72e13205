package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unpack emits the two kernels that unpack 128 numbers of width bits each, packed from the
// lowest bit up. Eight of them fill width bytes, so that they start at a whole byte, and
// four end within the next 16 bytes. For numbers 8g to 8g+7,
//
//	half   = 16 bytes from g*width on, then 16 from g*width + width/2
//	number = (shuffle(half) >> shift) & mask
//
// where a shuffle brings the four bytes that a number starts in into its lane. Shuffle,
// shift and mask of a width are a row of 96 bytes that package kernels makes.
func unpack(e emitter) {
	e.kernel("UnpackRows", "AVX2", "unpacks 128 gaps and sums them up: out[i] = before + sum of gaps[0..i] + i + 1.\n"+
		"data has 16*width + 16 bytes to read. Needs AVX2.")
	u := newUnpacker(e)
	out, before := e.argument("out"), e.argument("before")
	one, carry := u.equal(1), e.YMM()
	e.VMOVD(before.As32(), carry.AsX())
	e.VPBROADCASTD(carry.AsX(), carry)
	e.Label("group")
	v := u.next()
	e.VPADDD(one, v, v)
	u.sums(v, carry)
	e.VMOVDQU(v, at(out, 0))
	e.ADDQ(U8(32), out)
	e.DECQ(u.groups)
	e.JNZ(LabelRef("group"))
	e.finish()

	e.kernel("UnpackFreqs", "AVX2", "unpacks 128 numbers: out[i] = number + 1 modulo 65536, numbers below 65536.\n"+
		"data has 16*width + 16 bytes to read. Needs AVX2.")
	u = newUnpacker(e)
	out = e.argument("out")
	ones := e.YMM()
	e.VPCMPEQD(ones, ones, ones) // -1
	e.SHRQ(U8(1), u.groups)
	e.Label("groups")
	low, high := u.next(), u.next()
	e.VPACKUSDW(high, low, low) // numbers 0-3, 8-11, 4-7, 12-15
	e.VPERMQ(U8(0xD8), low, low)
	e.VPSUBW(ones, low, low)
	e.VMOVDQU(low, at(out, 0))
	e.ADDQ(U8(32), out)
	e.DECQ(u.groups)
	e.JNZ(LabelRef("groups"))
	e.finish()
}

// unpacker walks over the groups of eight numbers.
type unpacker struct {
	emitter
	data, width, half, groups reg.GPVirtual
	shuffle, shift, mask      reg.VecVirtual
}

func newUnpacker(e emitter) *unpacker {
	u := &unpacker{emitter: e, data: e.argument("data"), width: e.argument("width"), half: e.GP64(), groups: e.GP64(),
		shuffle: e.YMM(), shift: e.YMM(), mask: e.YMM()}
	controls := e.argument("controls")
	e.MOVQ(u.width, u.half)
	e.SHRQ(U8(1), u.half)
	e.VMOVDQU(at(controls, 0), u.shuffle)
	e.VMOVDQU(at(controls, 32), u.shift)
	e.VMOVDQU(at(controls, 64), u.mask)
	e.MOVQ(U32(16), u.groups)
	return u
}

// equal returns a vector of equal 32-bit numbers.
func (u *unpacker) equal(value uint32) reg.VecVirtual {
	r, v := u.GP32(), u.YMM()
	u.MOVL(U32(value), r)
	u.VMOVD(r, v.AsX())
	u.VPBROADCASTD(v.AsX(), v)
	return v
}

// next returns the next eight numbers.
func (u *unpacker) next() reg.VecVirtual {
	v := u.YMM()
	u.VMOVDQU(at(u.data, 0), v.AsX())
	u.VINSERTI128(U8(1), indexed(u.data, u.half, 0), v, v)
	u.ADDQ(u.width, u.data)
	u.VPSHUFB(u.shuffle, v, v)
	u.VPSRLVD(u.shift, v, v)
	u.VPAND(u.mask, v, v)
	return v
}

// sums turns v into carry plus its running sums and carry into the last of them. Only one
// addition waits for the group before.
func (u *unpacker) sums(v, carry reg.VecVirtual) {
	t := u.YMM()
	u.VPSLLDQ(U8(4), v, t)
	u.VPADDD(t, v, v)
	u.VPSLLDQ(U8(8), v, t)
	u.VPADDD(t, v, v) // sums of each half
	u.VPSHUFD(U8(0xFF), v, t)
	total, lower := u.YMM(), u.YMM()
	u.VPERM2I128(U8(0x08), t, t, lower) // that of the lower half, above; 0 below
	u.VPERM2I128(U8(0x01), t, t, total)
	u.VPADDD(t, total, total) // of both halves
	u.VPADDD(lower, v, v)
	u.VPADDD(carry, v, v)
	u.VPADDD(total, carry, carry)
}
