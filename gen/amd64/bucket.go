package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// settleGroup is how many open slots share the fields of a vector of hashes.
const settleGroup = 4

// bucket emits sig[j] = min(sig[j], offer(h, j)) over all hashes h, for the slots j that
// hold an offer of round first or later. With the fields of a hash, in its upper half,
//
//	round = (j - slot) * turn mod 128, offer = round<<25 | (low + round*golden) >> 7
//
// The round is computed in the upper 7 bits of 32, where it is wanted and where a product
// of 16-bit words wraps around by itself: j<<16 times turn<<25 has it in its upper word.
func bucket(e emitter) {
	e.kernel("BucketSettle", "AVX2", "lowers the slots that hold round first or later by the offers of count >= 16 hashes;\n"+
		"open is scratch for 132 numbers. Needs AVX2 and BMI.")
	b := bucketSettle{emitter: e, width: 32, vector: e.YMM, and: e.VPAND, or: e.VPOR}
	b.emit()

	e.kernel("BucketSettle", "AVX512", "lowers the slots that hold round first or later by the offers of count >= 16 hashes;\n"+
		"open is scratch for 132 numbers. Needs AVX-512 F and BW and BMI.")
	b = bucketSettle{emitter: e, width: 64, vector: e.ZMM, and: func(a, b, c Op) { e.VPANDD(a, b, c) }, or: func(a, b, c Op) { e.VPORD(a, b, c) }}
	b.emit()
}

// bucketSettle is the kernel at one vector width.
type bucketSettle struct {
	emitter
	width  int // bytes of a vector: a quarter as many hashes in 32 bits each
	vector func() reg.VecVirtual
	and    func(a, b, c Op)
	or     func(a, b, c Op)

	sig, open, hashes, count  reg.GPVirtual
	openCount                 reg.GPVirtual
	golden, turnMask, turnOne reg.VecVirtual
	turn, start, low          reg.VecVirtual // of a vector of hashes
	slots, least              [settleGroup]reg.VecVirtual
}

func (b *bucketSettle) emit() {
	b.sig, b.open, b.hashes = b.argument("sig"), b.argument("open"), b.argument("hashes")
	first := b.argument("first")
	b.count = b.argument("count")
	b.list(first)
	b.golden = b.constant(0x9E3779B9)
	b.turnMask = b.constant(0xFE000000)
	b.turnOne = b.constant(1 << 25)

	next, last := b.GP64(), b.GP64()
	b.XORQ(next, next)
	b.MOVQ(b.count, last)
	b.SUBQ(Imm(uint64(b.width/4)), last)
	b.Label("group")
	for i := range settleGroup {
		b.slots[i], b.least[i] = b.vector(), b.vector()
		b.VPBROADCASTD(Mem{Base: b.open, Index: next, Scale: 4, Disp: 4 * i}, b.slots[i])
		b.VPSLLD(U8(16), b.slots[i], b.slots[i])
		b.ones(b.least[i])
	}
	at := b.GP64()
	b.XORQ(at, at)
	b.Label("hashes") // the last vector overlaps the one before: a minimum may be taken twice
	b.fields(at)
	for i := range settleGroup {
		b.offer(i)
	}
	b.CMPQ(at, last)
	b.JEQ(LabelRef("reduce"))
	b.ADDQ(Imm(uint64(b.width/4)), at)
	b.CMPQ(at, last)
	b.CMOVQGT(last, at)
	b.JMP(LabelRef("hashes"))

	b.Label("reduce")
	b.reduce(next)
	b.ADDQ(Imm(settleGroup), next)
	b.CMPQ(next, b.openCount)
	b.JLT(LabelRef("group"))
	b.Label("done")
	b.finish()
}

// list writes the numbers of the open slots to open, the last one again up to a whole
// group, and goes to done if there are none.
func (b *bucketSettle) list(first reg.GPVirtual) {
	limit := b.vector()
	b.SHLQ(U8(25), first)
	b.VMOVD(first.As32(), limit.AsX())
	b.VPBROADCASTD(limit.AsX(), limit)
	b.openCount = b.GP64()
	slot, bits, number := b.GP64(), b.GP64(), b.GP64()
	b.XORQ(b.openCount, b.openCount)
	b.XORQ(slot, slot)
	b.Label("scan")
	at := Mem{Base: b.sig, Index: slot, Scale: 4}
	if b.width == 64 {
		k, v := b.K(), b.vector()
		b.VMOVDQU32(at, v)
		b.VPCMPUD(U8(5), limit, v, k) // v >= limit
		b.KMOVW(k, bits.As32())
	} else {
		v := b.vector()
		b.VPMAXUD(at, limit, v)
		b.VPCMPEQD(at, v, v) // max(v, limit) == v
		b.VMOVMSKPS(v, bits.As32())
	}
	b.TESTL(bits.As32(), bits.As32())
	b.JZ(LabelRef("scanned"))
	b.Label("bit")
	b.TZCNTL(bits.As32(), number.As32())
	b.ADDL(slot.As32(), number.As32())
	b.MOVL(number.As32(), Mem{Base: b.open, Index: b.openCount, Scale: 4})
	b.INCQ(b.openCount)
	b.BLSRL(bits.As32(), bits.As32())
	b.JNZ(LabelRef("bit"))
	b.Label("scanned")
	b.ADDQ(Imm(uint64(b.width/4)), slot)
	b.CMPQ(slot, Imm(128))
	b.JLT(LabelRef("scan"))

	b.TESTQ(b.openCount, b.openCount)
	b.JZ(LabelRef("done"))
	b.MOVL(Mem{Base: b.open, Index: b.openCount, Scale: 4, Disp: -4}, number.As32())
	for i := range settleGroup - 1 {
		b.MOVL(number.As32(), Mem{Base: b.open, Index: b.openCount, Scale: 4, Disp: 4 * i})
	}
}

// constant returns a vector of equal 32-bit numbers.
func (b *bucketSettle) constant(value uint32) reg.VecVirtual {
	r, v := b.GP32(), b.vector()
	b.MOVL(U32(value), r)
	b.VMOVD(r, v.AsX())
	b.VPBROADCASTD(v.AsX(), v)
	return v
}

func (b *bucketSettle) ones(v reg.VecVirtual) {
	if b.width == 64 {
		b.VPTERNLOGD(U8(0xFF), v, v, v)
		return
	}
	b.VPCMPEQD(v, v, v)
}

// fields takes a vector of hashes apart: low halves, turn<<25, and slot*turn<<25. The
// order of the hashes in the vectors does not matter.
func (b *bucketSettle) fields(at reg.GPVirtual) {
	near, high := b.vector(), b.vector()
	b.turn, b.start, b.low = b.vector(), b.vector(), b.vector()
	move := b.VMOVDQU
	if b.width == 64 {
		move = func(from, to Op) { b.VMOVDQU32(from, to) }
	}
	place := Mem{Base: b.hashes, Index: at, Scale: 8}
	move(place, near)
	place.Disp = b.width
	far := b.vector()
	move(place, far)
	b.VSHUFPS(U8(0x88), far, near, b.low)
	b.VSHUFPS(U8(0xDD), far, near, high)
	b.VPSLLD(U8(7), high, b.turn)
	b.and(b.turnMask, b.turn, b.turn)
	b.or(b.turnOne, b.turn, b.turn)
	b.VPSRLW(U8(9), high, high) // the upper word is the slot; the lower one meets a zero
	b.VPMULLW(b.turn, high, b.start)
}

// offer lowers least[i] by the offers to slots[i].
func (b *bucketSettle) offer(i int) {
	round, value := b.vector(), b.vector()
	b.VPMULLW(b.slots[i], b.turn, round)
	b.VPSUBD(b.start, round, round) // round<<25
	b.VPSRLD(U8(25), round, value)
	b.VPMULLD(b.golden, value, value)
	b.VPADDD(b.low, value, value)
	b.VPSRLD(U8(7), value, value)
	b.or(value, round, round)
	b.VPMINUD(round, b.least[i], b.least[i])
}

// reduce takes the minimum of each of the four vectors and lowers the signature by it.
func (b *bucketSettle) reduce(next reg.GPVirtual) {
	v := b.least
	if b.width == 64 {
		for i := range v {
			upper := b.YMM()
			b.VEXTRACTI64X4(U8(1), v[i], upper)
			b.VPMINUD(upper, v[i].AsY(), v[i].AsY())
		}
	}
	pair := func(a, c reg.VecVirtual) {
		t := b.YMM()
		b.VPUNPCKLDQ(c.AsY(), a.AsY(), t)
		b.VPUNPCKHDQ(c.AsY(), a.AsY(), a.AsY())
		b.VPMINUD(t, a.AsY(), a.AsY()) // a c a c in each half
	}
	pair(v[0], v[1])
	pair(v[2], v[3])
	t, upper := b.YMM(), b.XMM()
	b.VPUNPCKLQDQ(v[2].AsY(), v[0].AsY(), t)
	b.VPUNPCKHQDQ(v[2].AsY(), v[0].AsY(), v[0].AsY())
	b.VPMINUD(t, v[0].AsY(), v[0].AsY()) // 0 1 2 3 in each half
	b.VEXTRACTI128(U8(1), v[0].AsY(), upper)
	b.VPMINUD(upper, v[0].AsX(), upper)
	slot, least, old := b.GP64(), b.GP32(), b.GP32()
	for i := range settleGroup {
		b.MOVL(Mem{Base: b.open, Index: next, Scale: 4, Disp: 4 * i}, slot.As32())
		place := Mem{Base: b.sig, Index: slot, Scale: 4}
		b.VPEXTRD(U8(uint8(i)), upper, least)
		b.MOVL(place, old)
		b.CMPL(least, old)
		b.CMOVLCC(old, least) // unsigned: keep what is not above
		b.MOVL(least, place)
	}
}
