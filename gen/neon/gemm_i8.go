package neon

// gemmI8 emits out[i][j] = sum over l of a[i][l]*w[j][l], up to four rows of a by the 16
// columns of a panel. Four elements of a row, repeated, meet the same four of 16 columns.
//
//	R6 panel, R8 bytes of a row of out, R9-12 rows of a, R13 k left, R14 columns left
//	R15-16 out   V0-3 weights, V4 128, V5 a, V6-7 scratch, V16-31 sums: V16+4*row+column/4
func gemmI8(p *program) {
	const what = "sets out[i*n+j] to row i of a times column j of the packed weights, for m rows of k elements;\n" +
		"k is a multiple of 4 and n of 16."
	p.kernel("GemmI8", "NEON", 0, what)
	p.gemm(func(weights, a, sum int) {
		p.word(smull, 6, weights, a)
		p.word(smull2, 7, weights, a)
		p.word(saddlp, 6, 6, 0)
		p.word(saddlp, 7, 7, 0)
		p.op("VADDP V7.S4, V6.S4, V6.S4")
		p.op("VADD V6.S4, V%d.S4, V%d.S4", sum, sum)
	})
	p.kernel("GemmI8", "NEONDot", 0, what+" Needs the dotprod extension.")
	p.gemm(func(weights, a, sum int) { p.word(sdot, sum, weights, a) })
}

func (p *program) gemm(add func(weights, a, sum int)) {
	p.op("LSL $2, R5, R8")
	p.op("MOVD $0x80, R9")
	p.op("VDUP R9, V4.B16")
	p.gemmRows(4, "rows1", add)
	p.gemmRows(1, "done", add)
	p.label("done")
	p.op("RET")
}

// gemmRows emits the loop over groups of n rows of a.
func (p *program) gemmRows(n int, next string, add func(weights, a, sum int)) {
	p.label("rows%d", n)
	p.op("CMP $%d, R3", n)
	p.op("BLT %s", next)
	p.op("MOVD R1, R6")
	p.op("MOVD R5, R14")
	p.op("MOVD R2, R15")

	p.label("panel%d", n)
	p.op("CBZ R14, next%d", n)
	p.op("ADD $64, R6, R6")
	p.op("MOVD R0, R9")
	for i := 1; i < n; i++ {
		p.op("ADD R4, R%d, R%d", 8+i, 9+i)
	}
	for i := range 4 * n {
		p.op("VEOR V%d.B16, V%d.B16, V%d.B16", 16+i, 16+i, 16+i)
	}
	p.op("MOVD R4, R13")
	p.label("group%d", n)
	p.op("VLD1.P 64(R6), %s", list(0, 4, "B16"))
	for v := range 4 {
		p.op("VEOR V4.B16, V%d.B16, V%d.B16", v, v)
	}
	for i := range n {
		p.op("VLD1R.P 4(R%d), [V5.S4]", 9+i)
		for v := range 4 {
			add(v, 5, 16+4*i+v)
		}
	}
	p.op("SUBS $4, R13, R13")
	p.op("BNE group%d", n)
	p.op("MOVD R15, R16")
	for i := range n {
		p.op("VST1 %s, (R16)", list(16+4*i, 4, "S4"))
		p.op("ADD R8, R16, R16")
	}
	p.op("ADD $64, R15, R15")
	p.op("SUB $16, R14, R14")
	p.op("B panel%d", n)

	p.label("next%d", n)
	for range n {
		p.op("ADD R4, R0, R0")
		p.op("ADD R8, R2, R2")
	}
	p.op("SUB $%d, R3, R3", n)
	p.op("B rows%d", n)
}
