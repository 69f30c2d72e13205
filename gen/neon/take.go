package neon

// takeAbove emits the search for sums of a threshold or more, which sets them all to 0. Eight
// are passed over after one comparison; the others are written one by one without a branch:
// each goes behind those found, and is found itself only if it is large enough.
//
//	R0 sums, R2 ids, R3 values, R4 sums left   R6 index, R7 found, R8 scratch, R9 lanes
//	V0-3 sums, V4-7 comparisons, V20 threshold, V21 zero
func takeAbove(p *program) {
	p.kernel("TakeAbove", "NEON", 0, "writes index and value of the sums of *threshold or more and sets all to 0.\n"+
		"count is a multiple of 16 and not 0; ids and values have room for all.")
	p.op("VLD1R (R1), [V20.D2]")
	p.zero(21, 1)
	p.op("MOVD ZR, R6")
	p.op("MOVD ZR, R7")
	p.label("block")
	p.op("VLD1 (R0), %s", list(0, 4, "D2"))
	for v := range 4 {
		p.word(fcmgeD, 4+v, v, 20)
	}
	p.op("VORR V5.B16, V4.B16, V4.B16")
	p.op("VORR V7.B16, V6.B16, V6.B16")
	p.op("VORR V6.B16, V4.B16, V4.B16")
	p.note("The sum of the bytes is zero just when no lane is set.")
	p.op("VUADDLV V4.B16, V4")
	p.op("VMOV V4.S[0], R8")
	p.op("MOVD $8, R9")
	p.op("CBNZ R8, lane")
	for range 4 {
		p.op("VST1.P [V21.D2], 16(R0)")
	}
	p.op("ADD $8, R6, R6")
	p.label("passed")
	p.op("SUBS $8, R4, R4")
	p.op("BNE block")
	p.op("MOVD R7, (R5)")
	p.op("RET")

	p.label("lane")
	p.op("FMOVD (R0), F0")
	p.op("MOVD.P ZR, 8(R0)")
	p.op("FMOVD F0, (R3)(R7<<3)")
	p.op("MOVW R6, (R2)(R7<<2)")
	p.note("GE is false for NaN.")
	p.op("FCMPD F20, F0")
	p.op("CSET GE, R8")
	p.op("ADD R8, R7, R7")
	p.op("ADD $1, R6, R6")
	p.op("SUBS $1, R9, R9")
	p.op("BNE lane")
	p.op("B passed")
}
