package amd64

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	blockRows     = 64 // rows of a bit block, and bytes of a column
	columnsOfByte = 31 // columns whose ones fit a byte: 31*8 = 248
)

// bitScan is what the scans of bit blocks share on AVX2 and AVX-512: a column is one
// register of 64 rows or two of 32, and both widths do the same to each.
type bitScan struct {
	emitter
	bytes  int            // width of a register: 32 or 64
	nibble reg.VecVirtual // 15 in every byte
	// Where the registers of a column meet again in order, see inRows.
	order [2]Mem
}

func newBitScan(e emitter, name string, bytes int) *bitScan {
	s := &bitScan{emitter: e, bytes: bytes}
	if bytes == 64 {
		s.order[0] = s.words64(name+"Low", 0, 1, 8, 9, 2, 3, 10, 11)
		s.order[1] = s.words64(name+"High", 4, 5, 12, 13, 6, 7, 14, 15)
	}
	return s
}

// words64 emits constants of 64 bits.
func (s *bitScan) words64(name string, values ...uint64) Mem {
	m := s.StaticGlobal(name)
	s.DataAttributes(8 | 16) // RODATA|NOPTR
	for _, v := range values {
		s.AppendDatum(U64(v))
	}
	return m
}

// parts is how many registers hold a column.
func (s *bitScan) parts() int { return blockRows / s.bytes }

func (s *bitScan) vector() reg.VecVirtual {
	if s.bytes == 64 {
		return s.ZMM()
	}
	return s.YMM()
}

// vectors returns n registers.
func (s *bitScan) vectors(n int) []reg.VecVirtual {
	list := make([]reg.VecVirtual, n)
	for i := range list {
		list[i] = s.vector()
	}
	return list
}

func (s *bitScan) zero(list ...reg.VecVirtual) {
	for _, v := range list {
		if s.bytes == 64 {
			s.VPXORD(v, v, v) // VPXOR does not reach registers above 15
		} else {
			s.VPXOR(v, v, v)
		}
	}
}

func (s *bitScan) load(m Mem) reg.VecVirtual {
	v := s.vector()
	if s.bytes == 64 {
		s.VMOVDQU64(m, v)
	} else {
		s.VMOVDQU(m, v)
	}
	return v
}

func (s *bitScan) store(v reg.VecVirtual, m Mem) {
	if s.bytes == 64 {
		s.VMOVDQU64(v, m)
	} else {
		s.VMOVDQU(v, m)
	}
}

func (s *bitScan) copy(from, to reg.VecVirtual) {
	if s.bytes == 64 {
		s.VMOVDQA64(from, to)
	} else {
		s.VMOVDQA(from, to)
	}
}

func (s *bitScan) and(a, b, to reg.VecVirtual) {
	if s.bytes == 64 {
		s.VPANDD(a, b, to)
	} else {
		s.VPAND(a, b, to)
	}
}

// table brings 16 entries into every part of a register that VPSHUFB looks them up in.
func (s *bitScan) table(m Mem) reg.VecVirtual {
	v := s.vector()
	if s.bytes == 64 {
		s.VBROADCASTI32X4(m, v)
	} else {
		s.VBROADCASTI128(m, v)
	}
	return v
}

// fill sets every word of 16 bits to the lowest of a general register.
func (s *bitScan) fill(word reg.GPVirtual, to reg.VecVirtual) {
	s.VMOVD(word.As32(), to.AsX())
	s.VPBROADCASTW(to.AsX(), to)
}

// nibbleMask sets up what lookUp needs.
func (s *bitScan) nibbleMask() {
	bits := s.GP32()
	s.nibble = s.vector()
	s.MOVL(U32(0x0F0F0F0F), bits)
	s.VMOVD(bits, s.nibble.AsX())
	s.VPBROADCASTD(s.nibble.AsX(), s.nibble)
}

// lookUp returns low[code & 15] + high[code >> 4] for every byte of a column.
func (s *bitScan) lookUp(code Mem, low, high reg.VecVirtual) reg.VecVirtual {
	codes, upper := s.load(code), s.vector()
	s.VPSRLW(U8(4), codes, upper)
	s.and(s.nibble, codes, codes)
	s.and(s.nibble, upper, upper)
	s.VPSHUFB(codes, low, codes)
	s.VPSHUFB(upper, high, upper)
	s.VPADDB(upper, codes, codes)
	return codes
}

// inRows takes the sums of the even rows and of the odd rows of a part, 16 bits each, and
// returns them in the order of the rows, in two registers. Interleaving works on 16 bytes
// at a time, which are then put in order.
func (s *bitScan) inRows(even, odd reg.VecVirtual) [2]reg.VecVirtual {
	low, high := s.vector(), s.vector()
	s.VPUNPCKLWD(odd, even, low)
	s.VPUNPCKHWD(odd, even, high)
	if s.bytes == 64 {
		first, second := s.load(s.order[0]), s.load(s.order[1])
		s.VPERMI2Q(high, low, first)
		s.VPERMI2Q(high, low, second)
		return [2]reg.VecVirtual{first, second}
	}
	first := s.vector()
	s.VPERM2I128(U8(0x20), high, low, first)
	s.VPERM2I128(U8(0x31), high, low, high)
	return [2]reg.VecVirtual{first, high}
}

// wide are the sums of one part in 16 bits: those of even and of odd rows.
type wide struct{ even, odd reg.VecVirtual }

func (s *bitScan) wides(n int) []wide {
	list := make([]wide, n)
	for i := range list {
		list[i] = wide{s.vector(), s.vector()}
		s.zero(list[i].even, list[i].odd)
	}
	return list
}

// widen adds sums of bytes, which are lost, to w.
func (s *bitScan) widen(sums reg.VecVirtual, w wide) {
	odd := s.vector()
	s.VPSRLW(U8(8), sums, odd)
	s.VPADDW(odd, w.odd, w.odd)
	s.VPSLLW(U8(8), sums, sums)
	s.VPSRLW(U8(8), sums, sums)
	s.VPADDW(sums, w.even, w.even)
}

// storeCounts writes the sums of the rows of register i to out.
func (s *bitScan) storeCounts(sums wide, out reg.Register, i int) {
	for half, v := range s.inRows(sums.even, sums.odd) {
		s.store(v, at(out, (2*i+half)*s.bytes))
	}
}

// pieces emits a loop over all columns in pieces of at most 31, with name in its labels:
// start, column for each column, and end. left counts the columns down to 0.
func (s *bitScan) pieces(name string, left reg.GPVirtual, start, column, end func()) {
	piece, most := s.GP64(), s.GP64()
	s.MOVQ(U32(columnsOfByte), most)
	s.Label("piece" + name)
	s.MOVQ(left, piece)
	s.CMPQ(left, most)
	s.CMOVQGT(most, piece)
	s.SUBQ(piece, left)
	start()
	s.Label("column" + name)
	column()
	s.DECQ(piece)
	s.JNZ(LabelRef("column" + name))
	end()
	s.TESTQ(left, left)
	s.JNZ(LabelRef("piece" + name))
}

// numbered makes a label of a name and a number.
func numbered(name string, n int) string { return fmt.Sprintf("%s%d", name, n) }

// apart emits the loop over n blocks a turn, each of its own n-th of the blocks, and then
// over those that are left, one a turn; type walk says why they lie apart. A row has
// rowBytes of results; turn moves the blocks on, and gets where the results of each go.
func (s *bitScan) apart(n int, blocks, out reg.GPVirtual, rowBytes int, turn func(block []reg.GPVirtual, place func(i int) reg.GPVirtual)) {
	turns, step := s.argument("count"), s.argument("columns")
	s.SHRQ(U8(bits.TrailingZeros(uint(n))), turns)
	s.IMULQ(turns, step)
	s.SHLQ(U8(bits.TrailingZeros(blockRows)), step)
	block := []reg.GPVirtual{blocks}
	for i := 1; i < n; i++ {
		block = append(block, s.GP64())
		s.LEAQ(indexed(block[i-1], step, 0), block[i])
	}
	place := func(i int) reg.GPVirtual { // computed anew, as registers are few
		span := s.argument("count")
		s.SHRQ(U8(bits.TrailingZeros(uint(n))), span)
		s.IMUL3Q(I32(i*blockRows*rowBytes), span, span)
		s.ADDQ(out, span)
		return span
	}
	s.Label("turn")
	s.SUBQ(U8(1), turns)
	s.JLT(LabelRef("turned"))
	turn(block, place)
	s.ADDQ(U32(blockRows*rowBytes), out)
	s.JMP(LabelRef("turn"))

	s.Label("turned")
	s.MOVQ(block[n-1], blocks)
	s.MOVQ(place(n-1), out)
	left := s.argument("count")
	s.ANDQ(U8(n-1), left)
	s.Label("block")
	s.SUBQ(U8(1), left)
	s.JLT(LabelRef("done"))
	turn([]reg.GPVirtual{blocks}, func(int) reg.GPVirtual { return out })
	s.ADDQ(U32(blockRows*rowBytes), out)
	s.JMP(LabelRef("block"))
	s.Label("done")
}
