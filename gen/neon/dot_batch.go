package neon

// batch is the loop nest of the batched dot products: out[q*stride+i] = query q . row i,
// two queries by four rows, and by one where fewer are left.
//
//	R0.. parameters, see each kernel   R9-10 queries, R11-14 rows, R15 bytes left
//	R20 row, R21 rows left, R22 out    R23 scratch
//	V0-1 queries, V2 a row, V4-5 scratch, V16-23 sums: V16+2*row+query
type batch struct {
	*program
	queries, rows, out, dim, queryCount, count, stride int // numbers of the R registers

	shift   int
	prepare func() // emits what is needed once for two queries, R9 and R10
	add     func(query, row, sum int)
	tail    func(n int) // emits the last R15 bytes, 0 < R15 < 16
	reduce  func(v int) // adds up a vector of sums into its lane 0
}

func dotBatch(p *program) {
	const what = "sets out[q*stride+i] to the dot product of query q and row i, for count rows of dim elements\n" +
		"and an even number of queries."
	for _, t := range tiersI8 {
		p.kernel("DotBatchI8", t.name, 0, what+" dim >= 16; tail is 32 zeros and then 32 times -1."+t.needs)
		b := &batch{program: p, queries: 0, rows: 2, out: 3, dim: 4, queryCount: 5, count: 6, stride: 7}
		b.add = func(query, row, sum int) { t.add(p, query, row, sum, 4) }
		b.prepare = func() {
			p.op("MOVD R10, R23") // tailI8 uses R10
			p.tailI8(9, 1, b.dim, 24)
			p.tailI8(23, 1, b.dim, 25)
			p.op("MOVD R23, R10")
		}
		b.tail = func(n int) {
			p.op("SUB $16, R15, R15")
			for i := range n {
				p.op("ADD R15, R%d, R%d", 11+i, 11+i)
				p.op("VLD1 (R%d), [V2.B16]", 11+i)
				b.add(24, 2, 16+2*i)
				b.add(25, 2, 17+2*i)
			}
		}
		b.reduce = func(v int) { p.op("VADDV V%d.S4, V%d", v, v) }
		b.emit()
	}
	p.kernel("DotBatchF32", "NEON", 0, what)
	b := &batch{program: p, queries: 0, rows: 1, out: 2, dim: 3, queryCount: 4, count: 5, stride: 6, shift: 2}
	b.add = func(query, row, sum int) { p.op("VFMLA V%d.S4, V%d.S4, V%d.S4", row, query, sum) }
	b.prepare = func() {}
	b.tail = func(n int) {
		p.note("One element a turn; the load clears the other lanes, which adds 0*0 to their sums.")
		p.label("element%d", n)
		p.op("FMOVS.P 4(R9), F0")
		p.op("FMOVS.P 4(R10), F1")
		for i := range n {
			p.op("FMOVS.P 4(R%d), F2", 11+i)
			b.add(0, 2, 16+2*i)
			b.add(1, 2, 17+2*i)
		}
		p.op("SUBS $4, R15, R15")
		p.op("BNE element%d", n)
	}
	b.reduce = func(v int) {
		p.word(faddp, v, v, v)
		p.word(faddp, v, v, v)
	}
	b.emit()
}

func (b *batch) emit() {
	if b.shift > 0 {
		b.op("LSL $%d, R%d, R%d", b.shift, b.dim, b.dim)
	}
	b.op("LSL $2, R%d, R%d", b.stride, b.stride)
	b.label("queries")
	b.op("CMP $2, R%d", b.queryCount)
	b.op("BLT done")
	b.op("MOVD R%d, R9", b.queries)
	b.op("ADD R%d, R9, R10", b.dim)
	b.prepare()
	b.op("MOVD R%d, R20", b.rows)
	b.op("MOVD R%d, R21", b.count)
	b.op("MOVD R%d, R22", b.out)
	b.tile(4, "tile1")
	b.tile(1, "next")
	b.label("next")
	for range 2 {
		b.op("ADD R%d, R%d, R%d", b.dim, b.queries, b.queries)
		b.op("ADD R%d, R%d, R%d", b.stride, b.out, b.out)
	}
	b.op("SUB $2, R%d, R%d", b.queryCount, b.queryCount)
	b.op("B queries")
	b.label("done")
	b.op("RET")
}

// tile emits the loop over tiles of n rows.
func (b *batch) tile(n int, next string) {
	b.label("tile%d", n)
	b.op("CMP $%d, R21", n)
	b.op("BLT %s", next)
	b.op("MOVD R%d, R9", b.queries)
	b.op("ADD R%d, R9, R10", b.dim)
	b.op("MOVD R20, R11")
	for i := 1; i < n; i++ {
		b.op("ADD R%d, R%d, R%d", b.dim, 10+i, 11+i)
	}
	b.op("ADD R%d, R%d, R20", b.dim, 10+n)
	for i := range 2 * n {
		b.op("VEOR V%d.B16, V%d.B16, V%d.B16", 16+i, 16+i, 16+i)
	}
	b.op("SUBS $16, R%d, R15", b.dim)
	b.op("BLT rest%d", n)
	b.label("vector%d", n)
	b.op("VLD1.P 16(R9), [V0.B16]")
	b.op("VLD1.P 16(R10), [V1.B16]")
	for i := range n {
		b.op("VLD1.P 16(R%d), [V2.B16]", 11+i)
		b.add(0, 2, 16+2*i)
		b.add(1, 2, 17+2*i)
	}
	b.op("SUBS $16, R15, R15")
	b.op("BGE vector%d", n)
	b.label("rest%d", n)
	b.op("ADDS $16, R15, R15")
	b.op("BEQ store%d", n)
	b.tail(n)

	b.label("store%d", n)
	b.op("ADD R%d, R22, R23", b.stride)
	for i := range n {
		for q := range 2 {
			b.reduce(16 + 2*i + q)
			b.op("FMOVS.P F%d, 4(R%d)", 16+2*i+q, 22+q)
		}
	}
	b.op("SUB $%d, R21, R21", n)
	b.op("B tile%d", n)
}
