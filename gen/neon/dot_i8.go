package neon

// tailVector holds the last elements of the query behind zeros.
const tailVector = 24

// dotI8 emits both integer kernels. SMULL makes products of at most 128*128 in int16,
// which hold one product but not the sum of two, and SADALP adds pairs of them into int32;
// SDOT does the work of all four instructions in one.
func dotI8(p *program) {
	scanI8(p, "NEON", "", func(query, row, sum, temporary int) {
		p.word(smull, temporary, query, row)
		p.word(smull2, temporary+1, query, row)
		p.word(sadalp, sum, temporary, 0)
		p.word(sadalp, sum, temporary+1, 0)
	})
	scanI8(p, "NEONDot", " Needs the dotprod extension.", func(query, row, sum, _ int) {
		p.word(sdot, sum, query, row)
	})
}

func scanI8(p *program, tier, needs string, add func(query, row, sum, temporary int)) {
	p.kernel("DotScanI8", tier, 0,
		"sets out[i] to the dot product of query and row i, for count rows of dim >= 16 elements.\n"+
			"tail is 16 elements: zeros, then the last dim%16 of the query."+needs)
	p.op("VLD1 (R1), [V%d.B16]", tailVector)
	s := &scan{program: p, query: 0, rows: 2, out: 3, dim: 4, count: 5, add: add}
	s.tail = func(n int) {
		p.note("The last 16 elements of each row; those counted before meet zeros.")
		p.op("SUB $16, R%d, R%d", bytesLeft, bytesLeft)
		for i := range n {
			p.op("ADD R%d, R%d, R%d", bytesLeft, rowPointer+i, rowPointer+i)
			p.op("VLD1.P 16(R%d), [V2.B16]", rowPointer+i)
			s.add(tailVector, 2, firstSum+2*i, 4)
		}
	}
	s.store = func(n int) {
		for i := range n {
			p.op("VADD V%d.S4, V%d.S4, V%d.S4", firstSum+2*i+1, firstSum+2*i, firstSum+2*i)
		}
		if n == 1 {
			p.op("VADDV V16.S4, V16")
			p.op("FMOVS.P F16, 4(R%d)", s.out)
			return
		}
		p.note("Pairwise sums: two levels put the sums of all rows side by side.")
		p.op("VADDP V18.S4, V16.S4, V16.S4")
		p.op("VADDP V22.S4, V20.S4, V20.S4")
		p.op("VADDP V20.S4, V16.S4, V16.S4")
		p.op("VST1.P [V16.S4], 16(R%d)", s.out)
	}
	s.emit()
}
