package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const signatureRowBytes = 128

// signature emits out[i] = number of j with query[j] == rows[128*i+j]: compare, make one
// bit of each byte, count the bits.
func signature(e emitter) {
	e.kernel("SignatureScan", "AVX2",
		"counts the equal bytes of query and each of count >= 1 rows of 128. Needs AVX2 and POPCNT.")
	e.signatureScan(32, func(width int) reg.VecVirtual {
		return e.YMM()
	}, func(query reg.VecVirtual, row Mem) reg.GPVirtual {
		equal, bits := e.YMM(), e.GP64()
		e.VPCMPEQB(row, query, equal)
		e.VPMOVMSKB(equal, bits.As32())
		e.POPCNTL(bits.As32(), bits.As32())
		return bits
	})

	e.kernel("SignatureScan", "AVX512",
		"counts the equal bytes of query and each of count >= 1 rows of 128. Needs AVX-512 F and BW and POPCNT.")
	e.signatureScan(64, func(width int) reg.VecVirtual {
		return e.ZMM()
	}, func(query reg.VecVirtual, row Mem) reg.GPVirtual {
		equal, bits := e.K(), e.GP64()
		e.VPCMPEQB(row, query, equal)
		e.KMOVQ(equal, bits)
		e.POPCNTQ(bits, bits)
		return bits
	})
}

// signatureScan keeps the query in registers and takes one row a turn; rows do not
// depend on one another, so the CPU overlaps them without unrolling.
func (e emitter) signatureScan(width int, vector func(int) reg.VecVirtual, count func(reg.VecVirtual, Mem) reg.GPVirtual) {
	query, rows, out, left := e.argument("query"), e.argument("rows"), e.argument("out"), e.argument("count")
	var q []reg.VecVirtual
	for i := 0; i < signatureRowBytes; i += width {
		v := vector(width)
		if width == 64 {
			e.VMOVDQU64(at(query, i), v)
		} else {
			e.VMOVDQU(at(query, i), v)
		}
		q = append(q, v)
	}
	e.Label("row")
	var sum reg.GPVirtual
	for i, v := range q {
		bits := count(v, at(rows, i*width))
		if i == 0 {
			sum = bits
		} else {
			e.ADDQ(bits, sum)
		}
	}
	e.MOVB(sum.As8(), at(out, 0))
	e.ADDQ(U32(signatureRowBytes), rows)
	e.INCQ(out)
	e.DECQ(left)
	e.JNZ(LabelRef("row"))
	e.finish()
}
