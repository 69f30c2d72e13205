package amd64

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scan is the loop nest of the dot products: out[i] = query . row i.
//
// Four rows share each load of the query, and each row has two accumulators, so eight
// chains of additions hide the latency of one. Type walk says which four; rows that are
// left over go one at a time.
// A row is taken in vectors of stepBytes, two at a time, then one, then the tail, which
// the arithmetic handles without reading behind the row.
//
// With gather the rows are those that ids names; see gatherer.
type scan struct {
	emitter
	arithmetic arithmetic
	shift      uint8 // log2 of the bytes of an element
	stepBytes  int   // bytes of a row that one vector takes
	gather     bool  // rows by id
	noQuery    bool  // rows alone: there is no parameter query

	// Registers that live through the whole kernel.
	query, out reg.GPVirtual
	rows       reg.GPVirtual // the next row; not with gather
	rowBytes   reg.GPVirtual
	pairBytes  reg.GPVirtual // rowBytes rounded down to 2*stepBytes
	offset     reg.GPVirtual // bytes of the rows that are summed already
	gatherer   *gatherer     // with gather
}

// arithmetic is what the tiers do differently.
type arithmetic interface {
	// prepare sets up constants before the first row.
	prepare(s *scan)
	// vector returns a register wide enough for an accumulator.
	vector(s *scan) reg.VecVirtual
	// load brings one vector of the query into a register.
	load(s *scan, query operand.Mem) reg.VecVirtual
	// add adds query times row to the accumulator.
	add(s *scan, query reg.VecVirtual, row operand.Mem, sum reg.VecVirtual)
	// loadTail and addTail do the same for what is left of a row behind offset.
	loadTail(s *scan) reg.VecVirtual
	addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual)
	// reduce returns the results of one row, or of four side by side, in an XMM register.
	reduce(s *scan, sums []reg.VecVirtual) reg.VecVirtual
	// merge adds b to a.
	merge(s *scan, a, b reg.VecVirtual)
}

// emit writes the body of a kernel with parameters query, rows, out, dim and count, and
// tail, ids and ahead where the operation has them.
func (s *scan) emit() {
	if !s.noQuery {
		s.query = s.argument("query")
	}
	s.out = s.argument("out")
	s.rowBytes = s.argument("dim")
	if s.gather {
		s.gatherer = newGatherer(s.emitter, s.rowBytes, 1)
	} else {
		s.rows = s.argument("rows")
	}
	if s.shift > 0 {
		s.SHLQ(operand.U8(s.shift), s.rowBytes)
	}
	s.pairBytes, s.offset = s.GP64(), s.GP64()
	s.MOVQ(s.rowBytes, s.pairBytes)
	s.ANDQ(operand.I32(-2*s.stepBytes), s.pairBytes)
	s.arithmetic.prepare(s)

	if s.gather {
		s.gatherer.emit(s.group)
	} else {
		w := walk{s.emitter, s.rows, s.out, s.rowBytes, 1, 4}
		w.emit(func(row []reg.GPVirtual, outSpan reg.GPVirtual) {
			s.spread(s.arithmetic.reduce(s, s.sums(4, row)), outSpan)
		}, func() {
			s.VMOVD(s.arithmetic.reduce(s, s.sums(1, []reg.GPVirtual{s.rows})), at(s.out, 0))
		})
	}
	s.finish()
}

// spread writes four results that lie side by side in x to places outSpan bytes apart.
func (s *scan) spread(x reg.VecVirtual, outSpan reg.GPVirtual) {
	third := s.GP64()
	s.VMOVD(x, at(s.out, 0))
	s.VPEXTRD(operand.U8(1), x, indexed(s.out, outSpan, 0))
	s.LEAQ(operand.Mem{Base: s.out, Index: outSpan, Scale: 2}, third)
	s.VPEXTRD(operand.U8(2), x, at(third, 0))
	s.VPEXTRD(operand.U8(3), x, indexed(third, outSpan, 0))
}

// group emits the results of n gathered rows.
func (s *scan) group(row []reg.GPVirtual) {
	x := s.arithmetic.reduce(s, s.sums(len(row), row))
	if len(row) == 1 {
		s.VMOVD(x, at(s.out, 0))
	} else {
		s.VMOVDQU(x, at(s.out, 0))
	}
	s.ADDQ(operand.U8(4*len(row)), s.out)
}

// prefetch asks for the lines of [offset+disp, offset+disp+size) of the n next rows.
func (s *scan) prefetch(n int, offset reg.Register, disp, size int) {
	for i := range n {
		if !s.gather {
			return
		}
		future := s.gatherer.future(i)
		for line := 0; line < size; line += 64 {
			s.PREFETCHT0(indexed(future, offset, disp+line))
		}
	}
}

// sums emits the loop along the rows and returns one accumulator for each.
func (s *scan) sums(n int, row []reg.GPVirtual) []reg.VecVirtual {
	var sum [2][]reg.VecVirtual
	for half := range sum {
		for range n {
			v := s.arithmetic.vector(s)
			s.VPXOR(v.AsX(), v.AsX(), v.AsX())
			sum[half] = append(sum[half], v)
		}
	}
	label := func(name string) string { return fmt.Sprintf("%s%d", name, n) }
	step := func(half int) {
		var q reg.VecVirtual
		if !s.noQuery {
			q = s.arithmetic.load(s, indexed(s.query, s.offset, half*s.stepBytes))
		}
		for i := range n {
			s.arithmetic.add(s, q, indexed(row[i], s.offset, half*s.stepBytes), sum[half][i])
		}
	}

	s.XORQ(s.offset, s.offset)
	s.JMP(operand.LabelRef(label("check")))
	s.Label(label("pair"))
	s.prefetch(n, s.offset, 0, 2*s.stepBytes)
	step(0)
	step(1)
	s.ADDQ(operand.I32(2*s.stepBytes), s.offset)
	s.Label(label("check"))
	s.CMPQ(s.offset, s.pairBytes)
	s.JLT(operand.LabelRef(label("pair")))

	s.prefetch(n, s.offset, 0, 1)
	s.prefetch(n, s.rowBytes, -1, 1)
	whole := s.GP64()
	s.LEAQ(at(s.offset, s.stepBytes), whole)
	s.CMPQ(whole, s.rowBytes)
	s.JGT(operand.LabelRef(label("tail")))
	step(0)
	s.ADDQ(operand.I32(s.stepBytes), s.offset)

	s.Label(label("tail"))
	s.CMPQ(s.offset, s.rowBytes)
	s.JEQ(operand.LabelRef(label("store")))
	var q reg.VecVirtual
	if !s.noQuery {
		q = s.arithmetic.loadTail(s)
	}
	for i := range n {
		s.arithmetic.addTail(s, q, row[i], sum[1][i])
	}

	s.Label(label("store"))
	for i := range n {
		s.arithmetic.merge(s, sum[0][i], sum[1][i])
	}
	return sum[0]
}

// tailCount returns the elements of a row behind its last whole vector.
func (s *scan) tailCount() reg.GPVirtual {
	n := s.GP64()
	s.MOVQ(s.rowBytes, n)
	s.ANDQ(operand.I32(s.stepBytes-1), n)
	if s.shift > 0 {
		s.SHRQ(operand.U8(s.shift), n)
	}
	return n
}

// alongQuery emits body for each whole vector of the query, and leaves offset behind them.
func (s *scan) alongQuery(body func()) {
	next := s.GP64()
	s.XORQ(s.offset, s.offset)
	s.JMP(operand.LabelRef("alongCheck"))
	s.Label("along")
	body()
	s.ADDQ(operand.I32(s.stepBytes), s.offset)
	s.Label("alongCheck")
	s.LEAQ(at(s.offset, s.stepBytes), next)
	s.CMPQ(next, s.rowBytes)
	s.JLE(operand.LabelRef("along"))
}
