package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const signature32RowBytes = 512

// signature32 emits out[i] = number of j with query[j] == rows[128*i+j].
func signature32(e emitter) {
	e.kernel("SignatureScan32", "AVX2",
		"counts the equal numbers of query and each of count >= 1 rows of 128. Needs AVX2.")
	query, rows, out, left := e.argument("query"), e.argument("rows"), e.argument("out"), e.argument("count")
	for _, n := range []int{4, 1} {
		label, next := fmt.Sprintf("rows%d", n), map[int]string{4: "rows1", 1: "done"}[n]
		e.Label(label)
		e.CMPQ(left, U8(n))
		e.JLT(LabelRef(next))
		e.equalLanes(query, rows, out, n)
		e.ADDQ(U32(n*signature32RowBytes), rows)
		e.ADDQ(U8(n), out)
		e.SUBQ(U8(n), left)
		e.JMP(LabelRef(label))
	}
	e.Label("done")
	e.finish()

	e.kernel("SignatureScan32", "AVX512",
		"counts the equal numbers of query and each of count >= 1 rows of 128. Needs AVX-512 F and POPCNT.")
	e.signature32Masks()
}

// equalLanes counts n = 4 rows that share each load of the query, or 1. A comparison makes
// -1 of equal numbers, which is subtracted; that needs one instruction where collecting
// bits needs a pack and a move. A lane counts to 16, so the bytes of a sum cannot overflow.
func (e emitter) equalLanes(query, rows, out reg.GPVirtual, n int) {
	sums := make([]reg.VecVirtual, n)
	q, equal := e.YMM(), e.YMM()
	for i := range sums {
		sums[i] = e.YMM()
	}
	for place := 0; place < signature32RowBytes; place += 32 {
		e.VMOVDQU(at(query, place), q)
		for i, sum := range sums {
			row := at(rows, i*signature32RowBytes+place)
			if place == 0 {
				e.VPCMPEQD(row, q, sum)
				continue
			}
			e.VPCMPEQD(row, q, equal)
			e.VPADDD(equal, sum, sum)
		}
	}
	// The sums are 0 to -16; four of them become one vector of bytes in row order.
	for i, sum := range sums {
		e.VPABSD(sum, sum)
		if n == 1 {
			e.VPACKSSDW(sum, sum, sum)
		} else if i%2 == 1 {
			e.VPACKSSDW(sum, sums[i-1], sums[i-1])
		}
	}
	if n == 4 {
		e.VPACKUSWB(sums[2], sums[0], sums[0]) // 4 bytes of each row in either half
	} else {
		e.VPACKUSWB(sums[0], sums[0], sums[0])
	}
	bytes := e.XMM()
	e.VEXTRACTI128(U8(1), sums[0], bytes)
	e.VPADDB(bytes, sums[0].AsX(), bytes) // 4 bytes of each row, up to 32
	e.sumQuads(bytes)
	if n == 4 {
		e.VMOVD(bytes, at(out, 0))
		return
	}
	e.VPEXTRB(U8(0), bytes, at(out, 0))
}

// sumQuads leaves in byte i of v the sum of its bytes 4*i to 4*i+3, i < 4.
func (e emitter) sumQuads(v reg.VecVirtual) {
	ones := e.XMM()
	e.VPCMPEQB(ones, ones, ones)
	e.VPABSB(ones, ones)
	e.VPMADDUBSW(ones, v, v)
	e.VPCMPEQW(ones, ones, ones)
	e.VPABSW(ones, ones)
	e.VPMADDWD(ones, v, v)
	e.VPACKUSDW(v, v, v)
	e.VPACKUSWB(v, v, v)
}

// signature32Masks keeps the query in eight registers; rows do not depend on one another,
// so the CPU overlaps them without unrolling.
func (e emitter) signature32Masks() {
	query, rows, out, left := e.argument("query"), e.argument("rows"), e.argument("out"), e.argument("count")
	var q [signature32RowBytes / 64]reg.VecVirtual
	for i := range q {
		q[i] = e.ZMM()
		e.VMOVDQU32(at(query, 64*i), q[i])
	}
	e.Label("row")
	sum := e.GP64()
	for i := range q {
		equal, bits := e.K(), e.GP64()
		e.VPCMPEQD(at(rows, 64*i), q[i], equal)
		e.KMOVW(equal, bits.As32())
		e.POPCNTL(bits.As32(), bits.As32())
		if i == 0 {
			sum = bits
		} else {
			e.ADDL(bits.As32(), sum.As32())
		}
	}
	e.MOVB(sum.As8(), at(out, 0))
	e.ADDQ(U32(signature32RowBytes), rows)
	e.INCQ(out)
	e.DECQ(left)
	e.JNZ(LabelRef("row"))
	e.finish()
}
