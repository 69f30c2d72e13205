package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dotBatch emits the scans of several queries at once. The shapes leave registers for the
// queries of a tile, one row and the scratch of a product.
func dotBatch(e emitter) {
	const what = "sets out[q*stride+i] to the dot product of query q and row i, for count rows of dim elements\n" +
		"and an even number of queries. "
	e.kernel("DotBatchI8", "AVX2", what+"dim >= 32; tail is 32 zeros and then 32 times -1. Needs AVX2.")
	(&batch{emitter: e, arithmetic: &batchI8AVX2{}, stepBytes: 32, shapes: [][2]int{{2, 4}}, corrected: true}).emit()

	e.kernel("DotBatchI8", "AVX512", what+"Needs AVX-512 F, BW and DQ and BMI2.")
	(&batch{emitter: e, arithmetic: &batchI8AVX512{}, stepBytes: 64, shapes: [][2]int{{4, 4}, {2, 4}}, corrected: true}).emit()

	e.kernel("DotBatchI8", "AVX512VNNI", what+"Needs AVX-512 F, BW, DQ and VNNI and BMI2.")
	(&batch{emitter: e, arithmetic: &batchI8VNNI{}, stepBytes: 64, shapes: [][2]int{{4, 4}, {2, 4}}, corrected: true}).emit()

	e.kernel("DotBatchF32", "AVX2", what+"Needs AVX2 and FMA.")
	(&batch{emitter: e, arithmetic: &batchF32AVX2{}, shift: 2, stepBytes: 32, shapes: [][2]int{{4, 2}, {2, 4}}}).emit()

	e.kernel("DotBatchF32", "AVX512", what+"Needs AVX-512 F, BW and DQ and BMI2.")
	(&batch{emitter: e, arithmetic: &batchF32AVX512{}, shift: 2, stepBytes: 64, shapes: [][2]int{{4, 4}, {2, 4}}}).emit()
}

// batch is the loop nest of the batched dot products: out[q*stride+i] = query q . row i.
//
// Tiles of several queries by several rows have one accumulator for each pair; every
// vector of a row is loaded once for the queries of its tile, and every vector of a query
// once for the rows. The queries go around the rows, which should stay in a cache.
type batch struct {
	emitter
	arithmetic batchArithmetic
	shift      uint8    // log2 of the bytes of an element
	stepBytes  int      // bytes of a row that one vector takes
	shapes     [][2]int // queries and rows of the tiles, those with most queries first
	corrected  bool     // results are less the sum for a row of zeros

	rowBytes, query, row, out, count reg.GPVirtual
	left                             reg.GPVirtual // bytes of the rows that are not summed yet
	queriesLeft, outFirst            Mem           // on the stack, for want of registers
	corrections                      Mem           // of the queries of a tile
}

// batchQuery is a vector of a query, in one register or two.
type batchQuery [2]reg.VecVirtual

// batchArithmetic is what the tiers do differently. With tail, the operand is what is left
// of a query or row: masked at its start, or the last vector before its end.
type batchArithmetic interface {
	prepare(b *batch)
	// startTail gets ready for the tail, of b.left bytes; it reports whether operands are
	// to end at the end of a row.
	startTail(b *batch) (fromEnd bool)
	vector(b *batch) reg.VecVirtual
	loadQuery(b *batch, from Mem, tail bool) batchQuery
	loadRow(b *batch, from Mem, tail bool) reg.VecVirtual
	// zeroRow is what loadRow gives for a row of zeros.
	zeroRow(b *batch) reg.VecVirtual
	add(b *batch, query batchQuery, row, sum reg.VecVirtual)
	// reduce adds up each of one, two or four sums.
	reduce(b *batch, sums []reg.VecVirtual) reg.VecVirtual
}

// emit writes the body of a kernel with parameters queries, rows, out, dim, queryCount,
// count and stride, and tail where the operation has it.
func (b *batch) emit() {
	b.rowBytes, b.query = b.argument("dim"), b.argument("queries")
	if b.shift > 0 {
		b.SHLQ(U8(b.shift), b.rowBytes)
	}
	b.queriesLeft, b.outFirst, b.corrections = b.AllocLocal(8), b.AllocLocal(8), b.AllocLocal(16)
	b.MOVQ(b.argument("queryCount"), b.queriesLeft)
	b.MOVQ(b.argument("out"), b.outFirst)
	b.row, b.out, b.count, b.left = b.GP64(), b.GP64(), b.GP64(), b.GP64()
	b.arithmetic.prepare(b)
	for i, shape := range b.shapes {
		next := "done"
		if i+1 < len(b.shapes) {
			next = fmt.Sprintf("queries%d", b.shapes[i+1][0])
		}
		b.queries(shape[0], shape[1], next)
	}
	b.Label("done")
	b.finish()
}

// queries emits the loop over groups of n queries, in tiles with up to rows rows.
func (b *batch) queries(n, rows int, next string) {
	top := fmt.Sprintf("queries%d", n)
	b.Label(top)
	b.CMPQ(b.queriesLeft, I8(n))
	b.JLT(LabelRef(next))
	if b.corrected {
		b.tile(n, 0)
	}
	b.Load(b.Param("rows"), b.row)
	b.Load(b.Param("count"), b.count)
	b.MOVQ(b.outFirst, b.out)
	b.rows(n, rows, fmt.Sprintf("tiles%dx1", n))
	b.rows(n, 1, fmt.Sprintf("queriesNext%d", n))

	b.Label(fmt.Sprintf("queriesNext%d", n))
	stride := b.argument("stride")
	b.SHLQ(U8(2), stride)
	for range n {
		b.ADDQ(b.rowBytes, b.query)
		b.ADDQ(stride, b.outFirst)
	}
	b.SUBQ(U8(n), b.queriesLeft)
	b.JMP(LabelRef(top))
}

// rows emits the loop over tiles of n rows.
func (b *batch) rows(queries, n int, next string) {
	top := fmt.Sprintf("tiles%dx%d", queries, n)
	b.Label(top)
	b.CMPQ(b.count, U8(n))
	b.JLT(LabelRef(next))
	b.tile(queries, n)
	for range n {
		b.ADDQ(b.rowBytes, b.row)
	}
	b.ADDQ(U8(4*n), b.out)
	b.SUBQ(U8(n), b.count)
	b.JMP(LabelRef(top))
}

// tile emits the sums of some queries and rows. With no rows it sets the corrections: the
// sums for a row of zeros.
func (b *batch) tile(queries, rows int) {
	sums := make([][]reg.VecVirtual, queries)
	for q := range sums {
		for range max(1, rows) {
			v := b.arithmetic.vector(b)
			b.zero(v)
			sums[q] = append(sums[q], v)
		}
	}
	query, row := b.cursors(b.query, queries), b.cursors(b.row, rows)
	label := func(name string) string { return fmt.Sprintf("%s%dx%d", name, queries, rows) }
	b.MOVQ(b.rowBytes, b.left)
	b.SUBQ(U8(b.stepBytes), b.left)
	b.JLT(LabelRef(label("tail")))

	b.Label(label("vector"))
	b.products(query, row, sums, 0, false)
	query.advance(I8(b.stepBytes))
	row.advance(I8(b.stepBytes))
	b.SUBQ(U8(b.stepBytes), b.left)
	b.JGE(LabelRef(label("vector")))

	b.Label(label("tail"))
	b.ADDQ(U8(b.stepBytes), b.left)
	b.JZ(LabelRef(label("store")))
	disp := 0
	if b.arithmetic.startTail(b) {
		query.advance(b.left)
		row.advance(b.left)
		disp = -b.stepBytes
	}
	b.products(query, row, sums, disp, true)

	b.Label(label("store"))
	b.store(sums, rows)
}

// products adds the products of one vector of each query and row.
func (b *batch) products(query, row *rowCursors, sums [][]reg.VecVirtual, disp int, tail bool) {
	vectors := make([]batchQuery, query.count)
	for q := range vectors {
		vectors[q] = b.arithmetic.loadQuery(b, query.at(q, disp), tail)
	}
	for i := range sums[0] {
		var r reg.VecVirtual
		if row.count == 0 {
			r = b.arithmetic.zeroRow(b)
		} else {
			r = b.arithmetic.loadRow(b, row.at(i, disp), tail)
		}
		for q := range vectors {
			b.arithmetic.add(b, vectors[q], r, sums[q][i])
		}
	}
}

// store reduces the sums and writes the results of each query side by side.
func (b *batch) store(sums [][]reg.VecVirtual, rows int) {
	stride, to := b.GP64(), b.GP64()
	if rows > 0 {
		b.Load(b.Param("stride"), stride)
		b.MOVQ(b.out, to)
	}
	for q := range sums {
		x := b.arithmetic.reduce(b, sums[q])
		correction := b.corrections.Offset(4 * q)
		if rows == 0 {
			b.VMOVD(x, correction)
			continue
		}
		if b.corrected {
			c := b.XMM()
			b.VPBROADCASTD(correction, c)
			b.VPSUBD(c, x, x)
		}
		switch rows {
		case 1:
			b.VMOVD(x, at(to, 0))
		case 2:
			b.VMOVQ(x, at(to, 0))
		case 4:
			b.VMOVDQU(x, at(to, 0))
		}
		if q+1 < len(sums) {
			b.LEAQ(Mem{Base: to, Index: stride, Scale: 4}, to)
		}
	}
}

// rowCursors point into up to four rows that follow each other, rowBytes apart: the first
// three are reached from one register.
type rowCursors struct {
	emitter
	rowBytes      reg.GPVirtual
	count         int
	first, fourth reg.GPVirtual
}

// cursors returns cursors at the starts of count rows.
func (b *batch) cursors(from reg.GPVirtual, count int) *rowCursors {
	c := &rowCursors{emitter: b.emitter, rowBytes: b.rowBytes, count: count}
	if count > 0 {
		c.first = b.GP64()
		b.MOVQ(from, c.first)
		c.start()
	}
	return c
}

// start finds the fourth row from the first.
func (c *rowCursors) start() {
	if c.count > 3 {
		c.fourth = c.GP64()
		c.LEAQ(Mem{Base: c.first, Index: c.rowBytes, Scale: 2}, c.fourth)
		c.ADDQ(c.rowBytes, c.fourth)
	}
}

// at is where row i goes on, and disp more.
func (c *rowCursors) at(i, disp int) Mem {
	switch i {
	case 0:
		return at(c.first, disp)
	case 3:
		return at(c.fourth, disp)
	}
	return Mem{Base: c.first, Index: c.rowBytes, Scale: uint8(i), Disp: disp}
}

func (c *rowCursors) advance(by Op) {
	if c.count > 0 {
		c.ADDQ(by, c.first)
	}
	if c.count > 3 {
		c.ADDQ(by, c.fourth)
	}
}

// rest returns the elements of a row behind its last whole vector.
func (b *batch) rest() reg.GPVirtual {
	n := b.GP64()
	b.MOVQ(b.rowBytes, n)
	b.ANDQ(I32(b.stepBytes-1), n)
	if b.shift > 0 {
		b.SHRQ(U8(b.shift), n)
	}
	return n
}
