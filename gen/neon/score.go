package neon

const (
	factorCount = 6
	blockRows   = 16
)

// score emits the search for the next block of 16 rows that may change the best eight:
//
//	score = ((((w0*c0 + w1*c1) + w2*c2) + w3*c3) + w4*c4) + w5*c5
//
// with separate multiplications and additions, and stops where any score is above the
// threshold. Go scores that block again and inserts, with the same bits: blocks with a hit
// are rare, and NEON has no permutation across two registers as cheap as VPERMPS, on which
// the insertion without a branch of the amd64 kernels rests.
//
//	R0 column 0, R8-12 the others, all moved along
//	V0-3 scores, V4-7 a column, V16-21 weights, V22 threshold
func score(p *program) {
	p.function("ScoreSkipNEON", []string{"columns *float32", "stride int", "rows int", "weights *float32", "threshold *float32"}, "int",
		"returns the first multiple of 16 at which one of 16 rows has a score above threshold,\n"+
			"// or rows if there is none. rows is a multiple of 16, at least 16; see kernels.ScoreTop8.")
	column := [factorCount]int{0, 8, 9, 10, 11, 12}
	const stride, rows, weights, threshold, row, bits = 1, 2, 3, 4, 13, 14
	p.op("LSL $2, R%d, R%d", stride, stride)
	for f := 1; f < factorCount; f++ {
		p.op("ADD R%d, R%d, R%d", stride, column[f-1], column[f])
	}
	for f := range factorCount {
		p.op("VLD1R.P 4(R%d), [V%d.S4]", weights, 16+f)
	}
	p.op("VLD1R (R%d), [V22.S4]", threshold)
	p.op("MOVD $0, R%d", row)

	p.label("block")
	p.op("VLD1.P 64(R%d), %s", column[0], list(0, 4, "S4"))
	for v := range 4 {
		p.word(fmul, v, v, 16)
	}
	for f := 1; f < factorCount; f++ {
		p.op("VLD1.P 64(R%d), %s", column[f], list(4, 4, "S4"))
		for v := range 4 {
			p.word(fmul, 4+v, 4+v, 16+f)
		}
		for v := range 4 {
			p.word(fadd, v, v, 4+v)
		}
	}
	for v := range 4 {
		p.word(fcmgt, v, v, 22)
	}
	p.op("VORR V1.B16, V0.B16, V0.B16")
	p.op("VORR V3.B16, V2.B16, V2.B16")
	p.op("VORR V2.B16, V0.B16, V0.B16")
	p.note("The sum of the bytes is zero just when no lane is set.")
	p.op("VUADDLV V0.B16, V0")
	p.op("VMOV V0.S[0], R%d", bits)
	p.op("CBNZ R%d, done", bits)
	p.op("ADD $%d, R%d, R%d", blockRows, row, row)
	p.op("CMP R%d, R%d", rows, row)
	p.op("BLT block")
	p.label("done")
	p.op("MOVD R%d, ret+40(FP)", row)
	p.op("RET")
}
