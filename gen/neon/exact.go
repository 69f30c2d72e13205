package neon

// exact emits the float64 sums over float32 rows in the arrangement that package kernels
// defines, the same on every tier: element j goes to sum j mod 8, and
//
//	result = (s0+s4 + s2+s6) + (s1+s5 + s3+s7)
//
// The product of two float32 is exact in float64, so fusing it with the addition changes
// nothing; the square of a difference is not, so L2 multiplies and adds apart.
func exact(p *program) {
	p.kernel("DotScanF64", "NEON", 0,
		"sets out[i] to the dot product of query and row i in float64, for count rows of dim elements.")
	product := func(query, row, sum, _ int) {
		p.op("VFMLA V%d.D2, V%d.D2, V%d.D2", row, query, sum)
	}
	scanF64(&scan{program: p, query: 0, rows: 1, out: 2, dim: 3, count: 4, shift: 2, add: product})
	p.kernel("L2ScanF64", "NEON", 0,
		"sets out[i] to the squared distance of query and row i in float64, for count rows of dim elements.")
	scanF64(&scan{program: p, query: 0, rows: 1, out: 2, dim: 3, count: 4, shift: 2, add: func(query, row, sum, _ int) {
		p.word(fsubD, row, query, row)
		p.word(fmulD, row, row, row)
		p.word(faddD, sum, sum, row)
	}})
	p.kernel("GatherDotF64", "NEON", 0,
		"sets out[i] to the dot product of query and row ids[i] in float64, for count rows of dim elements,\n"+
			"and prefetches the row of ids[i+ahead].")
	scanF64(&scan{program: p, query: 0, rows: 1, out: 3, dim: 4, count: 5, shift: 2, gather: true, ids: 2, ahead: 6, add: product})
}

func scanF64(s *scan) {
	r := &rowwise{
		scan:      *s,
		fromQuery: f32ToF64, fromRow: f32ToF64, vectors: 4,
	}
	r.tailTurn = r.tailF64
	r.store = r.storeF64
	r.emit()
}

// tailF64 emits a turn of the last one to seven elements, each in its lane, for its sum is
// defined; the lanes behind them are zero.
func (r *rowwise) tailF64(n int) {
	pointers, loaded := []int{queryPointer}, []int{loadedQuery}
	for i := range n {
		pointers, loaded = append(pointers, rowPointer+i), append(loaded, loadedRow+2*i)
	}
	for _, v := range loaded {
		r.op("VEOR V%d.B16, V%d.B16, V%d.B16", v, v, v)
		r.op("VEOR V%d.B16, V%d.B16, V%d.B16", v+1, v+1, v+1)
	}
	for element := range turn - 1 {
		for i, v := range loaded {
			r.op("VLD1.P 4(R%d), V%d.S[%d]", pointers[i], v+element/4, element%4)
		}
		if element < turn-2 {
			r.op("SUBS $4, R%d, R%d", bytesLeft, bytesLeft)
			r.op("BEQ add%d", n)
		}
	}
	r.label("add%d", n)
	f32ToF64.convert(r.program, loadedQuery, convertedQuery)
	for i := range n {
		f32ToF64.convert(r.program, loadedRow+2*i, convertedRow)
		r.addTurn(convertedQuery, i)
	}
}

// storeF64 adds up the sums of n rows: the halves, those of equal parity, the last two.
func (r *rowwise) storeF64(n int) {
	for i := range n {
		s := firstSum + 4*i
		r.word(faddD, s, s, s+2)
		r.word(faddD, s+1, s+1, s+3)
		r.word(faddD, s, s, s+1)
	}
	if n == 1 {
		r.word(faddpD, 16, 16, 16)
		r.op("FMOVD.P F16, 8(R%d)", r.out)
		return
	}
	r.word(faddpD, 16, 16, 20)
	r.word(faddpD, 17, 24, 28)
	r.op("VST1.P [V16.D2, V17.D2], 32(R%d)", r.out)
}
