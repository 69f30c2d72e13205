package neon

const (
	factorCount = 6
	blockRows   = 16
)

// score emits the search for the best eight, 16 rows a turn:
//
//	score = ((((w0*c0 + w1*c1) + w2*c2) + w3*c3) + w4*c4) + w5*c5
//
// with separate multiplications and additions. Blocks in which no score is above the
// eighth best need one comparison; the others, and the rows behind the last whole block,
// are inserted one by one.
//
//	R0, R8-12 columns, moved along   R2 row, R3 end   R5, R6 best scores and their rows
//	V0-3 scores, V4-7 a column, V16-21 weights, V22 threshold
func score(p *program) {
	p.kernel("ScoreTop8", "NEON", 4*blockRows,
		"merges the rows [first, end) into the sorted best eight; see kernels.ScoreTop8.\n"+
			"scores and indexes have 8 elements.")
	column := [factorCount]int{0, 8, 9, 10, 11, 12}
	const stride, row, end, weights, scores, eighth, left, bits = 1, 2, 3, 4, 5, 7, 13, 14
	p.op("LSL $2, R%d, R%d", stride, stride)
	p.op("ADD R%d<<2, R%d, R%d", row, column[0], column[0])
	for f := 1; f < factorCount; f++ {
		p.op("ADD R%d, R%d, R%d", stride, column[f-1], column[f])
	}
	for f := range factorCount {
		p.op("VLD1R.P 4(R%d), [V%d.S4]", weights, 16+f)
	}
	p.op("ADD $28, R%d, R%d", scores, eighth)
	p.op("VLD1R (R%d), [V22.S4]", eighth)

	p.label("block")
	p.op("SUB R%d, R%d, R%d", row, end, left)
	p.op("CMP $%d, R%d", blockRows, left)
	p.op("BLT rows")
	p.scoreBlock(column)
	p.op("CBNZ R%d, hit", bits)
	p.op("ADD $%d, R%d, R%d", blockRows, row, row)
	p.op("B block")

	p.label("hit")
	p.op("MOVD $scores-%d(SP), R20", 4*blockRows)
	p.op("VST1 %s, (R20)", list(0, 4, "S4"))
	p.op("MOVD $%d, R21", blockRows)
	p.label("lane")
	p.op("FMOVS.P 4(R20), F4")
	p.insert("Lane", row)
	p.op("ADD $1, R%d, R%d", row, row)
	p.op("SUBS $1, R21, R21")
	p.op("BNE lane")
	p.op("VLD1R (R%d), [V22.S4]", eighth)
	p.op("B block")

	p.label("rows")
	p.op("CBZ R%d, done", left)
	for f := range factorCount {
		p.op("FMOVS.P 4(R%d), F5", column[f])
		p.op("FMULS F%d, F5, F5", 16+f)
		if f == 0 {
			p.op("FMOVS F5, F4")
		} else {
			p.op("FADDS F5, F4, F4")
		}
	}
	p.insert("Row", row)
	p.op("ADD $1, R%d, R%d", row, row)
	p.op("SUB $1, R%d, R%d", left, left)
	p.op("B rows")
	p.label("done")
	p.op("RET")
}

// scoreBlock emits the scores of 16 rows, and R14 = 0 just when none is above V22.
func (p *program) scoreBlock(column [factorCount]int) {
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
		p.word(fcmgt, 4+v, v, 22)
	}
	p.op("VORR V5.B16, V4.B16, V4.B16")
	p.op("VORR V7.B16, V6.B16, V6.B16")
	p.op("VORR V6.B16, V4.B16, V4.B16")
	p.note("The sum of the bytes is zero just when no lane is set.")
	p.op("VUADDLV V4.B16, V4")
	p.op("VMOV V4.S[0], R14")
}

// insert emits the insertion of the score F4 and its row into the sorted best eight, if
// it is above the eighth; a comparison with NaN is not.
func (p *program) insert(name string, row int) {
	p.op("FMOVS 28(R5), F5")
	p.op("FCMPS F5, F4")
	p.op("BLE skip%s", name)
	p.op("MOVD $28, R15")
	p.label("shift%s", name)
	p.op("ADD R15, R5, R16")
	p.op("ADD R15, R6, R17")
	p.op("CBZ R15, place%s", name)
	p.op("FMOVS -4(R16), F6")
	p.op("FCMPS F4, F6")
	p.op("BGE place%s", name)
	p.op("FMOVS F6, (R16)")
	p.op("MOVW -4(R17), R19")
	p.op("MOVW R19, (R17)")
	p.op("SUB $4, R15, R15")
	p.op("B shift%s", name)
	p.label("place%s", name)
	p.op("FMOVS F4, (R16)")
	p.op("MOVW R%d, (R17)", row)
	p.label("skip%s", name)
}
