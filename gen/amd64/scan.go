package amd64

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scan is the loop nest of the dot products: out[i] = query . row i.
//
// Four rows share each load of the query, and each row has two accumulators, so eight
// chains of additions hide the latency of one. Rows that are left over go one at a time.
// A row is taken in vectors of stepBytes, two at a time, then one, then the tail, which
// the arithmetic handles without reading behind the row.
type scan struct {
	emitter
	arithmetic arithmetic
	shift      uint8 // log2 of the bytes of an element
	stepBytes  int   // bytes of a row that one vector takes
	noQuery    bool  // rows alone: there is no parameter query

	// Registers that live through the whole kernel.
	query, rows, out, count reg.GPVirtual
	rowBytes                reg.GPVirtual
	wholeBytes              reg.GPVirtual // rowBytes rounded down to stepBytes
	pairBytes               reg.GPVirtual // rowBytes rounded down to 2*stepBytes
	offset                  reg.GPVirtual // bytes of the rows that are summed already
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
	// store reduces one sum, or four, and writes the results to out.
	store(s *scan, sums []reg.VecVirtual)
	// merge adds b to a.
	merge(s *scan, a, b reg.VecVirtual)
}

// emit writes the body of a kernel with parameters query, rows, out, dim and count.
func (s *scan) emit() {
	if !s.noQuery {
		s.query = s.argument("query")
	}
	s.rows, s.out = s.argument("rows"), s.argument("out")
	s.rowBytes, s.count = s.argument("dim"), s.argument("count")
	if s.shift > 0 {
		s.SHLQ(operand.U8(s.shift), s.rowBytes)
	}
	s.wholeBytes, s.pairBytes, s.offset = s.GP64(), s.GP64(), s.GP64()
	s.MOVQ(s.rowBytes, s.wholeBytes)
	s.ANDQ(operand.I32(-s.stepBytes), s.wholeBytes)
	s.MOVQ(s.rowBytes, s.pairBytes)
	s.ANDQ(operand.I32(-2*s.stepBytes), s.pairBytes)
	s.arithmetic.prepare(s)

	s.group(4)
	s.group(1)
	s.Label("done")
	s.finish()
}

// group emits the loop over groups of n rows.
func (s *scan) group(n int) {
	next := "done"
	if n == 4 {
		next = "rows1"
	}
	s.Label(fmt.Sprintf("rows%d", n))
	s.CMPQ(s.count, operand.U8(n))
	s.JLT(operand.LabelRef(next))

	row := []reg.GPVirtual{s.rows}
	for i := 1; i < n; i++ {
		row = append(row, s.GP64())
		s.LEAQ(indexed(row[i-1], s.rowBytes, 0), row[i])
	}
	sums := s.sums(n, row)
	s.arithmetic.store(s, sums)

	s.LEAQ(indexed(row[n-1], s.rowBytes, 0), s.rows)
	s.ADDQ(operand.U8(4*n), s.out)
	s.SUBQ(operand.U8(n), s.count)
	s.JMP(operand.LabelRef(fmt.Sprintf("rows%d", n)))
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
	step(0)
	step(1)
	s.ADDQ(operand.I32(2*s.stepBytes), s.offset)
	s.Label(label("check"))
	s.CMPQ(s.offset, s.pairBytes)
	s.JLT(operand.LabelRef(label("pair")))

	s.CMPQ(s.offset, s.wholeBytes)
	s.JEQ(operand.LabelRef(label("tail")))
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
	s.SUBQ(s.wholeBytes, n)
	if s.shift > 0 {
		s.SHRQ(operand.U8(s.shift), n)
	}
	return n
}
