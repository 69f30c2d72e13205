package neon

// hamming emits, for each block of 64 rows, sums of ones(code ^ query byte). 31 columns
// count to at most 248, so bytes are added to words after that many.
//
//	R0 query, R1 blocks, R2 out, R3 columns, R4 count   R5 query pointer, R6 columns left,
//	R7 columns of the piece   V0-3 codes, V4-7 sums, V8 query byte, V16-23 totals
func hamming(p *program) {
	p.kernel("HammingScan", "NEON", 0,
		"counts the bits in which query and each row of count >= 1 blocks differ, columns >= 1.")
	p.label("block")
	p.zero(16, 8)
	p.op("MOVD R0, R5")
	p.op("MOVD R3, R6")
	p.label("piece")
	p.op("MOVD $31, R7")
	p.op("CMP R7, R6")
	p.op("CSEL LT, R6, R7, R7")
	p.op("SUB R7, R6, R6")
	p.zero(4, 4)
	p.label("column")
	p.op("VLD1R.P 1(R5), [V8.B16]")
	p.op("VLD1.P 64(R1), %s", list(0, 4, "B16"))
	for i := range 4 {
		p.op("VEOR V8.B16, V%d.B16, V%d.B16", i, i)
		p.op("VCNT V%d.B16, V%d.B16", i, i)
		p.op("VADD V%d.B16, V%d.B16, V%d.B16", i, 4+i, 4+i)
	}
	p.op("SUBS $1, R7, R7")
	p.op("BNE column")
	for i := range 4 {
		p.widen(4+i, 16+2*i)
	}
	p.op("CBNZ R6, piece")
	for half := range 2 {
		p.op("VST1.P %s, 64(R2)", list(16+4*half, 4, "H8"))
	}
	p.op("SUBS $1, R4, R4")
	p.op("BNE block")
	p.op("RET")
}

// zero clears count registers from first on.
func (p *program) zero(first, count int) {
	for i := first; i < first+count; i++ {
		p.op("VEOR V%d.B16, V%d.B16, V%d.B16", i, i, i)
	}
}

// widen adds 16 bytes to the words of two registers.
func (p *program) widen(bytes, words int) {
	p.op("VUADDW V%d.B8, V%d.H8, V%d.H8", bytes, words, words)
	p.op("VUADDW2 V%d.B16, V%d.H8, V%d.H8", bytes, words+1, words+1)
}
