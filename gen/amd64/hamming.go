package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func hamming(e emitter) {
	ones := hammingTables(e)
	for _, tier := range []struct {
		name, needs string
		bytes       int
	}{{"AVX2", "AVX2", 32}, {"AVX512", "AVX-512 F and BW", 64}} {
		e.kernel("HammingScan", tier.name,
			"counts the bits in which query and each row of count >= 1 blocks differ, columns >= 1.\n"+
				"Needs "+tier.needs+".")
		hammingLookUp(newBitScan(e, "orderHamming"+tier.name, tier.bytes), ones)
	}
	e.kernel("HammingScan", "AVX512BITALG",
		"counts the bits in which query and each row of count >= 1 blocks differ, columns >= 1.\n"+
			"Needs AVX-512 F, BW and BITALG.")
	hammingPopcount(newBitScan(e, "orderHammingBITALG", 64))
}

// hammingTables emits 16 tables of 16: entry n of table q is the number of ones of n^q.
func hammingTables(e emitter) Mem {
	m := e.StaticGlobal("onesOfDifference")
	e.DataAttributes(8 | 16) // RODATA|NOPTR
	for q := range 16 {
		for half := range 2 {
			word := uint64(0)
			for i := range 8 {
				d := (8*half + i) ^ q
				word |= uint64(d&1+d>>1&1+d>>2&1+d>>3&1) << (8 * i)
			}
			e.AppendDatum(U64(word))
		}
	}
	return m
}

// hammingLookUp emits, for each column with the query byte q,
//
//	sum += ones(low nibble ^ low nibble of q) + ones(high nibble ^ high nibble of q)
//
// where the nibbles of q choose the two tables, so the XOR costs nothing. Two blocks share
// the tables; AVX2 has 16 registers, so the totals are kept on the stack.
func hammingLookUp(s *bitScan, ones Mem) {
	query, blocks, out, tables := s.argument("query"), s.argument("blocks"), s.argument("out"), s.GP64()
	s.LEAQ(ones, tables)
	s.nibbleMask()
	totals := s.AllocLocal(2 * 2 * 2 * blockRows)
	s.apart(2, blocks, out, 2, func(block []reg.GPVirtual, place func(i int) reg.GPVirtual) {
		s.hammingTurn(query, block, tables, totals)
		for b := range block {
			results := place(b)
			for part := range s.parts() {
				total := func(odd int) Mem { return totals.Offset((2*(b*s.parts()+part) + odd) * s.bytes) }
				s.storeCounts(wide{s.load(total(0)), s.load(total(1))}, results, part)
			}
		}
	})
	s.finish()
}

// hammingTurn leaves the sums of some blocks in totals, and the blocks moved on.
func (s *bitScan) hammingTurn(query reg.GPVirtual, block []reg.GPVirtual, tables reg.GPVirtual, totals Mem) {
	n, q, left := len(block), s.GP64(), s.argument("columns")
	s.MOVQ(query, q)
	sums := s.vectors(n * s.parts())
	total := func(i, odd int) Mem { return totals.Offset((2*i + odd) * s.bytes) }
	s.zero(sums[0])
	for i := range 2 * len(sums) {
		s.store(sums[0], total(0, i))
	}
	s.pieces(numbered("", n), left, func() { s.zero(sums...) }, func() {
		low, high := s.GP64(), s.GP64()
		s.MOVBLZX(at(q, 0), low.As32())
		s.MOVL(low.As32(), high.As32())
		s.ANDL(U32(0xF0), high.As32())
		s.ANDL(U32(0x0F), low.As32())
		s.SHLL(U8(4), low.As32())
		lowTable, highTable := s.table(indexed(tables, low, 0)), s.table(indexed(tables, high, 0))
		for i, sum := range sums {
			codes := at(block[i/s.parts()], i%s.parts()*s.bytes)
			s.VPADDB(s.lookUp(codes, lowTable, highTable), sum, sum)
		}
		s.INCQ(q)
		for _, b := range block {
			s.ADDQ(I32(blockRows), b)
		}
	}, func() {
		for i, sum := range sums {
			w := wide{s.load(total(i, 0)), s.load(total(i, 1))}
			s.widen(sum, w)
			s.store(w.even, total(i, 0))
			s.store(w.odd, total(i, 1))
		}
	})
}

// hammingPopcount counts with VPOPCNTB. Four blocks share the broadcast of a byte of the
// query, which takes the same port as the count.
func hammingPopcount(s *bitScan) {
	query, blocks, out := s.argument("query"), s.argument("blocks"), s.argument("out")
	s.apart(4, blocks, out, 2, func(block []reg.GPVirtual, place func(i int) reg.GPVirtual) {
		n := len(block)
		total, sums := s.wides(n), s.vectors(n)
		q, left := s.GP64(), s.argument("columns")
		s.MOVQ(query, q)
		s.pieces(numbered("", n), left, func() { s.zero(sums...) }, func() {
			bits := s.vector()
			s.VPBROADCASTB(at(q, 0), bits)
			for i, sum := range sums {
				different := s.vector()
				s.VPXORD(at(block[i], 0), bits, different)
				s.VPOPCNTB(different, different)
				s.VPADDB(different, sum, sum)
				s.ADDQ(I32(blockRows), block[i])
			}
			s.INCQ(q)
		}, func() {
			for i, sum := range sums {
				s.widen(sum, total[i])
			}
		})
		for i := range n {
			s.storeCounts(total[i], place(i), 0)
		}
	})
	s.finish()
}
