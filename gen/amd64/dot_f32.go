package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func dotF32(e emitter) {
	e.kernel("DotScanF32", "AVX2",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX2 and FMA; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &f32AVX2{name: "DotScanF32"}, shift: 2, stepBytes: 32}).emit()

	e.kernel("DotScanF32", "AVX512",
		"sets out[i] to the dot product of query and row i, for count rows of dim elements.\n"+
			"Needs AVX-512 F, BW and DQ and BMI2; dim and count may be anything from 0.")
	(&scan{emitter: e, arithmetic: &f32AVX512{}, shift: 2, stepBytes: 64}).emit()
}

// f32AVX2 sums 8 products an instruction. The tail is loaded under a vector mask, which
// reads nothing for the elements it leaves out.
type f32AVX2 struct {
	f32
	name string // of the operation
	mask reg.VecVirtual
}

func (f *f32AVX2) prepare(s *scan) { f.mask = s.slidingMask("mask"+f.name, s.tailCount()) }

// slidingMask returns mask[j] = j < count, count < 8, from a table that slides over ones
// followed by zeros. Names are file-wide, so each kernel has its own table.
func (e emitter) slidingMask(name string, count reg.GPVirtual) reg.VecVirtual {
	table, address, mask := e.maskTable(name), e.GP64(), e.YMM()
	e.LEAQ(table, address)
	e.SHLQ(U8(2), count)
	e.SUBQ(count, address)
	e.VMOVDQU(at(address, 32), mask)
	return mask
}

// maskTable emits eight words of ones and eight of zeros.
func (e emitter) maskTable(name string) Mem {
	table := e.StaticGlobal(name)
	e.DataAttributes(8 | 16) // RODATA|NOPTR
	for i := range 16 {
		e.AppendDatum(U32(uint32(i/8) - 1))
	}
	return table
}

func (*f32AVX2) vector(s *scan) reg.VecVirtual { return s.YMM() }

func (*f32AVX2) load(s *scan, query Mem) reg.VecVirtual {
	q := s.YMM()
	s.VMOVUPS(query, q)
	return q
}

func (f *f32AVX2) loadTail(s *scan) reg.VecVirtual {
	q := s.YMM()
	s.VMASKMOVPS(indexed(s.query, s.offset, 0), f.mask, q)
	return q
}

func (f *f32AVX2) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.YMM()
	s.VMASKMOVPS(indexed(row, s.offset, 0), f.mask, r)
	s.VFMADD231PS(r, query, sum)
}

func (f *f32AVX2) reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	return f.reduceYMM(s.emitter, sums)
}

// f32AVX512 sums 16 products an instruction; the tail uses a mask register.
type f32AVX512 struct {
	f32
	mask reg.OpmaskVirtual
}

func (f *f32AVX512) prepare(s *scan) { f.mask = s.bitMask(s.tailCount()) }

func (*f32AVX512) vector(s *scan) reg.VecVirtual { return s.ZMM() }

func (*f32AVX512) load(s *scan, query Mem) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVUPS(query, q)
	return q
}

func (f *f32AVX512) loadTail(s *scan) reg.VecVirtual {
	q := s.ZMM()
	s.VMOVUPS_Z(indexed(s.query, s.offset, 0), f.mask, q)
	return q
}

func (f *f32AVX512) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VMOVUPS_Z(indexed(row, s.offset, 0), f.mask, r)
	s.VFMADD231PS(r, query, sum)
}

func (f *f32AVX512) reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual {
	return f.reduceZMM(s.emitter, sums)
}

// f32 is what both widths share.
type f32 struct{}

func (f32) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	s.VFMADD231PS(row, query, sum)
}

func (f32) merge(s *scan, a, b reg.VecVirtual) { s.VADDPS(b, a, a) }

// reduceYMM adds up each register of eight and returns the results side by side, one, two
// or four. A horizontal addition of a and b gives a's pairs and then b's, so two levels of
// it turn four registers into one whose halves hold half of each of the four sums.
func (f32) reduceYMM(e emitter, sums []reg.VecVirtual) reg.VecVirtual {
	y := func(i int) reg.Register { return sums[i%len(sums)].AsY() }
	upper := e.XMM()
	e.VHADDPS(y(1), y(0), y(0))
	if len(sums) == 4 {
		e.VHADDPS(y(3), y(2), y(2))
		e.VHADDPS(y(2), y(0), y(0))
	} else {
		e.VHADDPS(y(0), y(0), y(0))
	}
	e.VEXTRACTF128(U8(1), y(0), upper)
	e.VADDPS(upper, sums[0].AsX(), upper)
	return upper
}

// reduceZMM adds the upper half of each register of 16 sums to the lower and goes on.
func (f f32) reduceZMM(e emitter, sums []reg.VecVirtual) reg.VecVirtual {
	for _, sum := range sums {
		upper := e.YMM()
		e.VEXTRACTF64X4(U8(1), sum, upper)
		e.VADDPS(upper, sum.AsY(), sum.AsY())
	}
	return f.reduceYMM(e, sums)
}
