package amd64

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gatherer is the way along rows that the parameter ids names, four a turn, then one.
//
// The lines of the row that is ahead places further are prefetched at the pace of the
// sums, so that they arrive one group early and never in a burst. Behind the last id that
// is the last row again, and with ahead = 0 the row at hand: no branch tells them apart.
type gatherer struct {
	emitter
	dim          reg.GPVirtual // elements of a row
	elementBytes int
	ids, count   reg.GPVirtual // the next id, and how many there are
	next         Mem           // pointers to the rows to prefetch
}

// newGatherer loads the parameters ids and count.
func newGatherer(e emitter, dim reg.GPVirtual, elementBytes int) *gatherer {
	return &gatherer{e, dim, elementBytes, e.argument("ids"), e.argument("count"), e.AllocLocal(4 * 8)}
}

// emit writes both loops. group gets pointers to the rows of a turn, writes their results
// and leaves its place behind them.
func (g *gatherer) emit(group func(row []reg.GPVirtual)) {
	for _, n := range []int{4, 1} {
		next := "done"
		if n == 4 {
			next = "rows1"
		}
		g.Label(fmt.Sprintf("rows%d", n))
		g.CMPQ(g.count, U8(n))
		g.JLT(LabelRef(next))
		group(g.rows(n))
		g.ADDQ(U8(4*n), g.ids)
		g.SUBQ(U8(n), g.count)
		g.JMP(LabelRef(fmt.Sprintf("rows%d", n)))
	}
	g.Label("done")
}

// rows returns pointers to the rows of the next n ids, and stores those to the rows that
// are ahead of them.
func (g *gatherer) rows(n int) []reg.GPVirtual {
	for i := range n {
		place, last := g.GP64(), g.GP64()
		g.Load(g.Param("ahead"), place)
		g.ADDQ(U8(i), place)
		g.LEAQ(at(g.count, -1), last)
		g.CMPQ(place, last)
		g.CMOVQGT(last, place)
		g.MOVQ(g.address(Mem{Base: g.ids, Index: place, Scale: 4}), g.next.Offset(8*i))
	}
	row := make([]reg.GPVirtual, n)
	for i := range row {
		row[i] = g.address(at(g.ids, 4*i))
	}
	return row
}

// address returns a pointer to the row of an id.
func (g *gatherer) address(id Op) reg.GPVirtual {
	r := g.GP64()
	g.MOVL(id, r.As32())
	g.IMULQ(g.dim, r)
	if g.elementBytes > 1 {
		g.SHLQ(U8(bits.TrailingZeros(uint(g.elementBytes))), r)
	}
	g.ADDQ(g.parameter("rows"), r)
	return r
}

// future returns the pointer to the row to prefetch instead of row i of the turn.
func (g *gatherer) future(i int) reg.GPVirtual {
	r := g.GP64()
	g.MOVQ(g.next.Offset(8*i), r)
	return r
}
