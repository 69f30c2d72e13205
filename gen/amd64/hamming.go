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
// where the nibbles of q choose the two tables, so the XOR costs nothing.
func hammingLookUp(s *bitScan, ones Mem) {
	query, blocks, out, count := s.argument("query"), s.argument("blocks"), s.argument("out"), s.argument("count")
	tables, q, left, low, high := s.GP64(), s.GP64(), s.GP64(), s.GP64(), s.GP64()
	s.LEAQ(ones, tables)
	s.nibbleMask()

	s.Label("block")
	total, sums := s.wides(s.parts()), s.vectors(s.parts())
	s.MOVQ(query, q)
	s.Load(s.Param("columns"), left)
	s.pieces("", left, func() { s.zero(sums...) }, func() {
		s.MOVBLZX(at(q, 0), low.As32())
		s.MOVL(low.As32(), high.As32())
		s.ANDL(U32(0xF0), high.As32())
		s.ANDL(U32(0x0F), low.As32())
		s.SHLL(U8(4), low.As32())
		lowTable, highTable := s.table(indexed(tables, low, 0)), s.table(indexed(tables, high, 0))
		for i, sum := range sums {
			s.VPADDB(s.lookUp(at(blocks, i*s.bytes), lowTable, highTable), sum, sum)
		}
		s.INCQ(q)
		s.ADDQ(I32(blockRows), blocks)
	}, func() {
		for i, sum := range sums {
			s.widen(sum, total[i])
		}
	})
	s.storeCounts(total, out)
	s.ADDQ(I32(2*blockRows), out)
	s.DECQ(count)
	s.JNZ(LabelRef("block"))
	s.finish()
}

// hammingPopcount counts with VPOPCNTB. Four blocks share the broadcast of a byte of the
// query, which takes the same port as the count; blocks that are left over go one at a
// time.
func hammingPopcount(s *bitScan) {
	query, blocks, out, count := s.argument("query"), s.argument("blocks"), s.argument("out"), s.argument("count")
	blockBytes := s.argument("columns")
	s.SHLQ(U8(6), blockBytes)
	for _, n := range []int{4, 1} {
		next := map[int]string{4: "blocks1", 1: "done"}[n]
		s.Label(number("blocks", n))
		s.CMPQ(count, U8(n))
		s.JLT(LabelRef(next))
		s.hammingBlocks(n, query, blocks, out, blockBytes)
		s.SUBQ(U8(n), count)
		s.JMP(LabelRef(number("blocks", n)))
	}
	s.Label("done")
	s.finish()
}

// hammingBlocks emits the scan of n blocks.
func (s *bitScan) hammingBlocks(n int, query, blocks, out, blockBytes reg.GPVirtual) {
	block := []reg.GPVirtual{blocks}
	for i := 1; i < n; i++ {
		block = append(block, s.GP64())
		s.LEAQ(indexed(block[i-1], blockBytes, 0), block[i])
	}
	total, sums := s.wides(n), s.vectors(n)
	q, left := s.GP64(), s.GP64()
	s.MOVQ(query, q)
	s.Load(s.Param("columns"), left)
	s.pieces(number("", n), left, func() { s.zero(sums...) }, func() {
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
		s.storeCounts(total[i:i+1], out)
		s.ADDQ(I32(2*blockRows), out)
	}
	if n > 1 {
		s.MOVQ(block[n-1], blocks)
	}
}
