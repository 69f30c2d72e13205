package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowwise is the loop nest of the scans that convert elements as they load them, so that
// query and rows advance by different bytes: out[i] = f(query, row i).
//
// Four rows share each load and conversion of the query (type walk says which four). A row
// has as many accumulators as a turn of step elements fills vectors; conversions, not
// additions, are the bound, so there are no more chains than those.
type rowwise struct {
	emitter
	arithmetic rowwiseArithmetic
	queryBytes int  // bytes of an element of the query, 1, 2, 4 or 8
	rowBytes   int  // bytes of an element of a row
	outBytes   int  // bytes of a result
	step       int  // elements a turn
	gather     bool // rows by id; see gatherer

	query, rows, out, dim reg.GPVirtual
	whole                 reg.GPVirtual // dim rounded down to step
	element               reg.GPVirtual // elements of the rows that are summed already
	gatherer              *gatherer     // with gather
}

// rowwiseArithmetic is what the operations and tiers do differently.
type rowwiseArithmetic interface {
	// prepare sets up constants before the first row.
	prepare(r *rowwise)
	// accumulators returns the sums of one row, not yet cleared.
	accumulators(r *rowwise) []vec
	// loadQuery and loadRow bring step elements into registers, converted.
	loadQuery(r *rowwise, place Mem) []vec
	loadRow(r *rowwise, place Mem) []vec
	// tailQuery and tailRow do so for the dim%step elements at the end of a row; lanes
	// without an element are zero.
	tailQuery(r *rowwise) []vec
	tailRow(r *rowwise, row reg.GPVirtual) []vec
	// add adds the terms of query and row to the sums; row may be overwritten.
	add(r *rowwise, query, row, sums []vec)
	// store reduces the sums of one row and writes the result to place.
	store(r *rowwise, sums []vec, place Mem)
}

// emit writes the body of a kernel with parameters query, rows, out, dim and count, and
// ids and ahead with gather.
func (r *rowwise) emit() {
	r.query = r.argument("query")
	if !r.gather {
		r.rows = r.argument("rows")
	}
	r.out, r.dim = r.argument("out"), r.argument("dim")
	r.whole, r.element = r.GP64(), r.GP64()
	r.MOVQ(r.dim, r.whole)
	r.ANDQ(I32(-r.step), r.whole)
	r.arithmetic.prepare(r)
	if r.gather {
		r.gatherer = newGatherer(r.emitter, r.dim, r.rowBytes)
		r.gatherer.emit(r.group)
	} else {
		r.walk()
	}
	r.finish()
}

// group emits the results of gathered rows.
func (r *rowwise) group(row []reg.GPVirtual) {
	for i, sums := range r.sums(row) {
		r.arithmetic.store(r, sums, at(r.out, i*r.outBytes))
	}
	r.ADDQ(U8(len(row)*r.outBytes), r.out)
}

// walk emits the loops over all rows.
func (r *rowwise) walk() {
	w := walk{r.emitter, r.rows, r.out, r.dim, r.rowBytes, r.outBytes}
	w.emit(func(row []reg.GPVirtual, outSpan reg.GPVirtual) {
		sums, place := r.sums(row), r.GP64()
		r.MOVQ(r.out, place)
		for i, sums := range sums {
			if i > 0 {
				r.ADDQ(outSpan, place)
			}
			r.arithmetic.store(r, sums, at(place, 0))
		}
	}, func() {
		r.arithmetic.store(r, r.sums([]reg.GPVirtual{r.rows})[0], at(r.out, 0))
	})
}

// elementAt is the place of element index+disp of a row.
func (r *rowwise) elementAt(row, index reg.Register, disp int) Mem {
	return Mem{Base: row, Index: index, Scale: uint8(r.rowBytes), Disp: disp * r.rowBytes}
}

// sums emits the loop along some rows and returns their accumulators.
func (r *rowwise) sums(row []reg.GPVirtual) [][]vec {
	n := len(row)
	var sums [][]vec
	for range n {
		s := r.arithmetic.accumulators(r)
		for _, v := range s {
			r.VPXOR(v.AsX(), v.AsX(), v.AsX())
		}
		sums = append(sums, s)
	}
	label := func(name string) string { return fmt.Sprintf("%s%d", name, n) }
	r.XORQ(r.element, r.element)
	r.JMP(LabelRef(label("check")))
	r.Label(label("step"))
	if r.gather {
		for i := range n {
			r.PREFETCHT0(r.elementAt(r.gatherer.future(i), r.element, 0))
		}
	}
	q := r.arithmetic.loadQuery(r, Mem{Base: r.query, Index: r.element, Scale: uint8(r.queryBytes)})
	for i := range n {
		r.arithmetic.add(r, q, r.arithmetic.loadRow(r, r.elementAt(row[i], r.element, 0)), sums[i])
	}
	r.ADDQ(I32(r.step), r.element)
	r.Label(label("check"))
	r.CMPQ(r.element, r.whole)
	r.JLT(LabelRef(label("step")))

	r.CMPQ(r.element, r.dim)
	r.JEQ(LabelRef(label("store")))
	q = r.arithmetic.tailQuery(r)
	for i := range n {
		r.arithmetic.add(r, q, r.arithmetic.tailRow(r, row[i]), sums[i])
	}
	r.Label(label("store"))
	return sums
}

// tailCount returns dim - whole.
func (r *rowwise) tailCount() reg.GPVirtual {
	n := r.GP64()
	r.MOVQ(r.dim, n)
	r.SUBQ(r.whole, n)
	return n
}

// vec is a vector register, allocated by avo or chosen.
type vec interface {
	reg.Register
	reg.Vec
}
