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

// signatureScan keeps the query in registers. Rows do not depend on one another, so the
// CPU overlaps them; type walk says why those of a turn lie apart.
func (e emitter) signatureScan(width int, vector func(int) reg.VecVirtual, count func(reg.VecVirtual, Mem) reg.GPVirtual) {
	query, rows, out, rowBytes := e.argument("query"), e.argument("rows"), e.argument("out"), e.GP64()
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
	equal := func(row reg.GPVirtual) reg.GPVirtual {
		sum := count(q[0], at(row, 0))
		for i, v := range q[1:] {
			e.ADDQ(count(v, at(row, (i+1)*width)), sum)
		}
		return sum
	}
	e.MOVQ(U32(signatureRowBytes), rowBytes)
	w := walk{e, rows, out, rowBytes, 1, 1}
	w.emit(func(row []reg.GPVirtual, outSpan reg.GPVirtual) {
		place := e.GP64()
		e.MOVQ(out, place)
		for i, r := range row {
			if i > 0 {
				e.ADDQ(outSpan, place)
			}
			e.MOVB(equal(r).As8(), at(place, 0))
		}
	}, func() { e.MOVB(equal(rows).As8(), at(out, 0)) })
	e.finish()
}
