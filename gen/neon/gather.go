package neon

// gatherSum emits the sparse sums, eight edges of a row a turn:
//
//	sum[j] += weight[8*t+j] * x[column[8*t+j]],  out = the eight added in halves
//
// NEON gathers nothing, so values are loaded lane by lane. The edges behind the last
// whole block are added to the sums in memory.
//
//	R0 starts, R3 x, R4 out, R5 rows left   R6, R7 edges of the row, R8 how many are left
//	R9 columns, R10 weights   V0-1 weights, V2-3 values, V16-17 sums
func gatherSum(p *program) {
	const frame = 32
	p.kernel("GatherSum", "NEON", frame,
		"sums the edges of count rows; see kernels.GatherSum.\n"+
			"count > 0. starts has count+1 elements; every column must be an index of x.")
	p.op("MOVWU.P 4(R0), R6")
	p.label("row")
	p.op("MOVWU.P 4(R0), R7")
	p.op("VEOR V16.B16, V16.B16, V16.B16")
	p.op("VEOR V17.B16, V17.B16, V17.B16")
	p.op("ADD R6<<2, R1, R9")
	p.op("ADD R6<<2, R2, R10")
	p.op("SUB R6, R7, R8")
	p.op("SUBS $8, R8, R8")
	p.op("BLT tail")

	p.label("whole")
	p.op("VLD1.P 32(R10), %s", list(0, 2, "S4"))
	for i := range 8 {
		p.op("MOVWU.P 4(R9), R11")
		p.op("ADD R11<<2, R3, R12")
		p.op("VLD1 (R12), V%d.S[%d]", 2+i/4, i%4)
	}
	for half := range 2 {
		p.word(fmul, 2+half, 2+half, half)
		p.word(fadd, 16+half, 16+half, 2+half)
	}
	p.op("SUBS $8, R8, R8")
	p.op("BGE whole")

	p.label("tail")
	p.op("ADDS $8, R8, R8")
	p.op("BEQ reduce")
	p.op("MOVD $sums-%d(SP), R13", frame)
	p.op("VST1 %s, (R13)", list(16, 2, "S4"))
	p.label("edge")
	p.op("FMOVS.P 4(R10), F0")
	p.op("MOVWU.P 4(R9), R11")
	p.op("FMOVS (R3)(R11<<2), F1")
	p.op("FMULS F1, F0, F0")
	p.op("FMOVS (R13), F1")
	p.op("FADDS F0, F1, F1")
	p.op("FMOVS.P F1, 4(R13)")
	p.op("SUBS $1, R8, R8")
	p.op("BNE edge")
	p.op("MOVD $sums-%d(SP), R13", frame)
	p.op("VLD1 (R13), %s", list(16, 2, "S4"))

	p.label("reduce")
	p.word(fadd, 0, 16, 17)
	p.op("VEXT $8, V0.B16, V0.B16, V1.B16")
	p.word(fadd, 0, 0, 1)
	p.word(faddp, 0, 0, 0)
	p.op("FMOVS.P F0, 4(R4)")
	p.op("MOVD R7, R6")
	p.op("SUBS $1, R5, R5")
	p.op("BNE row")
	p.op("RET")
}
