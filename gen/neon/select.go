package neon

// selectAbove emits the compaction of the scores above a threshold. 16 are skipped after
// one comparison; the others are stored one by one without a branch: each score goes
// behind those found, and is found itself only if it is above.
//
//	R0 scores, R2 ids, R3 values, R4 id, R5 scores left   R7 found, R9 scores of the turn
//	V0-3 scores, V4-7 comparisons, V20 threshold
func selectAbove(p *program) {
	p.kernel("SelectAbove", "NEON", 0,
		"writes the lanes above *threshold; see kernels.SelectAbove.\n"+
			"ids and values have count elements, all of which may be written.")
	p.op("VLD1R (R1), [V20.S4]")
	p.op("MOVD ZR, R7")

	p.label("block")
	p.op("CMP $16, R5")
	p.op("BLT rest")
	p.op("VLD1 (R0), %s", list(0, 4, "S4"))
	for v := range 4 {
		p.word(fcmgt, 4+v, v, 20)
	}
	p.op("VORR V5.B16, V4.B16, V4.B16")
	p.op("VORR V7.B16, V6.B16, V6.B16")
	p.op("VORR V6.B16, V4.B16, V4.B16")
	p.note("The sum of the bytes is zero just when no lane is set.")
	p.op("VUADDLV V4.B16, V4")
	p.op("VMOV V4.S[0], R8")
	p.op("MOVD $16, R9")
	p.op("CBNZ R8, lane")
	p.op("ADD $64, R0, R0")
	p.op("ADD $16, R4, R4")
	p.op("SUB $16, R5, R5")
	p.op("B block")

	p.label("rest")
	p.op("MOVD R5, R9")
	p.op("CBZ R9, done")
	p.label("lane")
	p.op("FMOVS.P 4(R0), F0")
	p.op("FMOVS F0, (R3)(R7<<2)")
	p.op("MOVW R4, (R2)(R7<<2)")
	p.note("GT is false for NaN.")
	p.op("FCMPS F20, F0")
	p.op("CSET GT, R8")
	p.op("ADD R8, R7, R7")
	p.op("ADD $1, R4, R4")
	p.op("SUB $1, R5, R5")
	p.op("SUBS $1, R9, R9")
	p.op("BNE lane")
	p.op("B block")
	p.label("done")
	p.op("MOVD R7, (R6)")
	p.op("RET")
}
