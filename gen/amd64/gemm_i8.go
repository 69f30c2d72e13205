package amd64

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func gemmI8(e emitter) {
	const what = "sets out[i*n+j] to row i of a times column j of the packed weights, for m rows of k elements;\n" +
		"k is a multiple of 4 and n of 16. "
	e.kernel("GemmI8", "AVX2", what+"Needs AVX2.")
	(&gemm{emitter: e, tier: &gemmAVX2{}, halves: 2, vectors: []int{1}}).emit()
	e.kernel("GemmI8", "AVX512", what+"Needs AVX-512 F, BW and DQ.")
	(&gemm{emitter: e, tier: &gemmAVX512{}, halves: 1, vectors: []int{2, 1}}).emit()
	e.kernel("GemmI8", "AVX512VNNI", what+"Needs AVX-512 F, BW, DQ and VNNI and BMI2.")
	(&gemm{emitter: e, tier: &gemmVNNI{}, halves: 1, vectors: []int{2, 1}}).emit()
}

// gemm is the loop nest of the matrix product: out[i][j] = sum over l of a[i][l]*w[j][l].
//
// A tile is up to eight rows of a by one or two vectors of columns, an accumulator for each
// pair. Four elements of a row, broadcast, meet the same four of 8 or 16 columns, which is
// how a panel is packed (kernels.PackGemmI8). Eight rows of a stay in the L1 cache while
// the panels go by.
type gemm struct {
	emitter
	tier    gemmTier
	halves  int   // vectors in a panel's 16 columns
	vectors []int // panels side by side in a tile, the most first; 1 with two halves

	k, panel, out, columns reg.GPVirtual
	panelBytes             reg.GPVirtual // from one panel to the next
	a, outFirst, rowsLeft  Mem           // on the stack, for want of registers
	corrections            Mem           // one for each of eight rows
}

// gemmTier is what the tiers do differently.
type gemmTier interface {
	prepare(g *gemm)
	// startRows gets ready for rows of a that begin at a.
	startRows(g *gemm, a reg.GPVirtual, rows int)
	// start returns an accumulator; header is where the panel keeps the column's constant.
	start(g *gemm, header Mem) reg.VecVirtual
	// weights loads four rows of a vector of columns.
	weights(g *gemm, from Mem) batchQuery
	// broadcast repeats four elements of a row.
	broadcast(g *gemm, from Mem) reg.VecVirtual
	add(g *gemm, a reg.VecVirtual, weights batchQuery, sum reg.VecVirtual)
	// finish turns the sums of a row of the tile into results.
	finish(g *gemm, row int, sum reg.VecVirtual)
}

func (g *gemm) emit() {
	g.a, g.outFirst, g.rowsLeft, g.corrections = g.AllocLocal(8), g.AllocLocal(8), g.AllocLocal(8), g.AllocLocal(32)
	g.MOVQ(g.argument("a"), g.a)
	g.MOVQ(g.argument("out"), g.outFirst)
	g.MOVQ(g.argument("m"), g.rowsLeft)
	g.k = g.argument("k")
	g.panel, g.out, g.columns, g.panelBytes = g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(g.k, g.panelBytes)
	g.SHLQ(U8(4), g.panelBytes)
	g.ADDQ(U8(64), g.panelBytes)
	g.tier.prepare(g)
	for n := 8; n > 0; n /= 2 {
		next := "done"
		if n > 1 {
			next = fmt.Sprintf("rows%d", n/2)
		}
		g.rows(n, next)
	}
	g.Label("done")
	g.emitter.finish()
}

// rows emits the loop over groups of n rows of a.
func (g *gemm) rows(n int, next string) {
	top := fmt.Sprintf("rows%d", n)
	g.Label(top)
	g.CMPQ(g.rowsLeft, I8(n))
	g.JLT(LabelRef(next))
	a := g.GP64()
	g.MOVQ(g.a, a)
	g.tier.startRows(g, a, n)
	g.Load(g.Param("panels"), g.panel)
	g.Load(g.Param("n"), g.columns)
	g.MOVQ(g.outFirst, g.out)
	for i, v := range g.vectors {
		after := fmt.Sprintf("rowsNext%d", n)
		if i+1 < len(g.vectors) {
			after = fmt.Sprintf("panels%dx%d", n, g.vectors[i+1])
		}
		g.panels(n, v, after)
	}

	g.Label(fmt.Sprintf("rowsNext%d", n))
	step := g.GP64()
	g.IMUL3Q(U8(n), g.k, step)
	g.ADDQ(step, g.a)
	g.Load(g.Param("n"), step)
	g.IMUL3Q(U8(4*n), step, step)
	g.ADDQ(step, g.outFirst)
	g.SUBQ(U8(n), g.rowsLeft)
	g.JMP(LabelRef(top))
}

// panels emits the loop over groups of v panels.
func (g *gemm) panels(rows, v int, next string) {
	top := fmt.Sprintf("panels%dx%d", rows, v)
	g.Label(top)
	g.CMPQ(g.columns, U8(16*v))
	g.JLT(LabelRef(next))
	for half := range g.halves {
		g.tile(rows, v, half)
	}
	for range v {
		g.ADDQ(g.panelBytes, g.panel)
	}
	g.ADDQ(U8(64*v), g.out)
	g.SUBQ(U8(16*v), g.columns)
	g.JMP(LabelRef(top))
}

// tile emits the sums of some rows of a and v vectors of columns.
func (g *gemm) tile(rows, v, half int) {
	width := 64 / g.halves
	panel := func(base reg.Register, i, disp int) Mem {
		if i == 0 {
			return at(base, disp)
		}
		return indexed(base, g.panelBytes, disp)
	}
	sums := make([][]reg.VecVirtual, rows)
	for r := range sums {
		for i := range v {
			sums[r] = append(sums[r], g.tier.start(g, panel(g.panel, i, width*half)))
		}
	}
	a := g.GP64()
	g.MOVQ(g.a, a)
	low := &rowCursors{emitter: g.emitter, rowBytes: g.k, count: min(rows, 4), first: a}
	high := &rowCursors{emitter: g.emitter, rowBytes: g.k, count: max(0, rows-4)}
	low.start()
	if rows > 4 {
		high.first = g.GP64()
		g.LEAQ(Mem{Base: a, Index: g.k, Scale: 4}, high.first)
		high.start()
	}
	w, left := g.GP64(), g.GP64()
	g.LEAQ(at(g.panel, 64+width*half), w)
	g.MOVQ(g.k, left)
	label := fmt.Sprintf("tile%dx%dx%d", rows, v, half)
	g.Label(label)
	weights := make([]batchQuery, v)
	for i := range weights {
		weights[i] = g.tier.weights(g, panel(w, i, 0))
	}
	for r := range sums {
		from := low.at(r, 0)
		if r >= 4 {
			from = high.at(r-4, 0)
		}
		x := g.tier.broadcast(g, from)
		for i := range weights {
			g.tier.add(g, x, weights[i], sums[r][i])
		}
	}
	low.advance(U8(4))
	high.advance(U8(4))
	g.ADDQ(U8(64), w)
	g.SUBQ(U8(4), left)
	g.JNZ(LabelRef(label))
	g.store(sums, width, half)
}

// store writes the results of a tile, n apart from row to row.
func (g *gemm) store(sums [][]reg.VecVirtual, width, half int) {
	to, n := g.GP64(), g.argument("n")
	g.MOVQ(g.out, to)
	for r := range sums {
		for i, sum := range sums[r] {
			g.tier.finish(g, r, sum)
			if width == 64 {
				g.VMOVDQU32(sum, at(to, 64*i))
			} else {
				g.VMOVDQU(sum, at(to, width*half))
			}
		}
		if r+1 < len(sums) {
			g.LEAQ(Mem{Base: to, Index: n, Scale: 4}, to)
		}
	}
}

// gemmAVX2 has the arithmetic of i8AVX2 with the weights in the place of the query:
//
//	a*w = |w| * (a XOR m)  +  |w| where w < 0,  m = -1 where w < 0
//
// The last term, summed over a column, is the header of the panel, where sums start.
type gemmAVX2 struct{ ones, flip reg.VecVirtual }

func (t *gemmAVX2) prepare(g *gemm) {
	t.ones, t.flip = g.onesYMM(), g.YMM()
	bits := g.GP32()
	g.MOVL(U32(0x80808080), bits)
	g.VMOVD(bits, t.flip.AsX())
	g.VPBROADCASTD(t.flip.AsX(), t.flip)
}

func (*gemmAVX2) startRows(*gemm, reg.GPVirtual, int) {}

func (*gemmAVX2) start(g *gemm, header Mem) reg.VecVirtual {
	sum := g.YMM()
	g.VMOVDQU(header, sum)
	return sum
}

func (t *gemmAVX2) weights(g *gemm, from Mem) batchQuery {
	w := g.YMM()
	g.VPXOR(from, t.flip, w)
	return batchQuery{w, g.splitYMM(w)}
}

func (*gemmAVX2) broadcast(g *gemm, from Mem) reg.VecVirtual {
	x := g.YMM()
	g.VPBROADCASTD(from, x)
	return x
}

func (t *gemmAVX2) add(g *gemm, a reg.VecVirtual, weights batchQuery, sum reg.VecVirtual) {
	g.VPXOR(a, weights[1], a) // the only vector of columns: a is free
	g.addPairs(a, weights[0], t.ones, sum)
}

func (*gemmAVX2) finish(*gemm, int, reg.VecVirtual) {}

// gemmAVX512 is gemmAVX2 on 16 columns.
type gemmAVX512 struct{ ones, flip reg.VecVirtual }

func (t *gemmAVX512) prepare(g *gemm) { t.ones, t.flip = g.onesZMM(), g.flipZMM() }

func (*gemmAVX512) startRows(*gemm, reg.GPVirtual, int) {}

func (*gemmAVX512) start(g *gemm, header Mem) reg.VecVirtual {
	sum := g.ZMM()
	g.VMOVDQU32(header, sum)
	return sum
}

func (t *gemmAVX512) weights(g *gemm, from Mem) batchQuery {
	w := g.ZMM()
	g.VPXORD(from, t.flip, w)
	return batchQuery{w, g.splitZMM(w)}
}

func (*gemmAVX512) broadcast(g *gemm, from Mem) reg.VecVirtual {
	x := g.ZMM()
	g.VPBROADCASTD(from, x)
	return x
}

func (t *gemmAVX512) add(g *gemm, a reg.VecVirtual, weights batchQuery, sum reg.VecVirtual) {
	x := g.ZMM()
	g.VPXORD(a, weights[1], x)
	g.addPairs(x, weights[0], t.ones, sum)
}

func (*gemmAVX512) finish(*gemm, int, reg.VecVirtual) {}

// gemmVNNI multiplies the weights as they are packed, w + 128, by the signed elements of a:
//
//	sum(a*w) = sum(a * (w + 128)) - 128*sum(a)
//
// The last term depends on the row of a alone, and is found once for all columns.
type gemmVNNI struct {
	mask reg.OpmaskVirtual
	flip reg.VecVirtual
}

func (t *gemmVNNI) prepare(g *gemm) {
	rest := g.GP64()
	g.MOVQ(g.k, rest)
	g.ANDQ(U8(63), rest)
	t.mask, t.flip = g.bitMask(rest), g.flipZMM()
}

// startRows sets the corrections: 128*sum(a) of each row.
func (t *gemmVNNI) startRows(g *gemm, a reg.GPVirtual, rows int) {
	for r := range rows {
		sum, left, tail := g.ZMM(), g.GP64(), g.ZMM()
		g.zero(sum)
		g.MOVQ(g.k, left)
		label := fmt.Sprintf("correct%dx%d", rows, r)
		g.JMP(LabelRef(label + "check"))
		g.Label(label)
		g.VPDPBUSD(at(a, 0), t.flip, sum)
		g.ADDQ(U8(64), a)
		g.Label(label + "check")
		g.SUBQ(U8(64), left)
		g.JGE(LabelRef(label))
		g.VMOVDQU8_Z(at(a, 0), t.mask, tail)
		g.VPDPBUSD(tail, t.flip, sum)
		g.ADDQ(U8(64), left)
		g.ADDQ(left, a)
		x := g.addLanes([]reg.VecVirtual{sum}, func(x, y, sum Op) { g.VPADDD(x, y, sum) })
		g.VMOVD(x, g.corrections.Offset(4*r))
	}
}

func (*gemmVNNI) start(g *gemm, _ Mem) reg.VecVirtual {
	sum := g.ZMM()
	g.zero(sum)
	return sum
}

func (*gemmVNNI) weights(g *gemm, from Mem) batchQuery {
	w := g.ZMM()
	g.VMOVDQU32(from, w)
	return batchQuery{w}
}

func (*gemmVNNI) broadcast(g *gemm, from Mem) reg.VecVirtual {
	x := g.ZMM()
	g.VPBROADCASTD(from, x)
	return x
}

func (*gemmVNNI) add(g *gemm, a reg.VecVirtual, weights batchQuery, sum reg.VecVirtual) {
	g.VPDPBUSD(a, weights[0], sum)
}

func (*gemmVNNI) finish(g *gemm, row int, sum reg.VecVirtual) {
	g.VPSUBD_BCST(g.corrections.Offset(4*row), sum, sum)
}
