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

// raBitQ emits the sums of the table entries that the nibbles of each row choose, and
//
//	out = add + scale*((sum - 62*columns)*delta)
//
// with each operation rounded. Four entries, two columns, fit a byte.
//
//	R0 tables, R1 blocks, R2 delta, R3 scale, R4 add, R5 out, R6 columns, R7 count
//	R8 table pointer, R9 columns left   V0-3, V8-11 codes of two columns, V4-7 their tables,
//	V12-15 scratch, V16-23 sums, V24 fifteens, V25 delta, V26 62*columns
func raBitQ(p *program) {
	p.kernel("RaBitQScan", "NEON", 0,
		"estimates inner products from count >= 1 blocks; see kernels.RaBitQScan. columns is at\n"+
			"least 1, delta is one number, and add may be nil.")
	p.op("VMOVI $15, V24.B16")
	p.op("VLD1R (R2), [V25.S4]")
	p.op("MOVD $62, R10")
	p.op("MUL R10, R6, R10")
	p.op("VDUP R10, V26.S4")

	p.label("block")
	p.zero(16, 8)
	p.op("MOVD R0, R8")
	p.op("SUBS $2, R6, R9")
	p.op("BLT last")
	p.label("pair")
	p.op("VLD1.P 64(R8), %s", list(4, 4, "B16"))
	p.op("VLD1.P 64(R1), %s", list(0, 4, "B16"))
	p.op("VLD1.P 64(R1), %s", list(8, 4, "B16"))
	for i := range 4 {
		p.lookUp(i, 4, 12)
		p.lookUp(8+i, 6, 14)
		p.op("VADD V14.B16, V12.B16, V12.B16")
		p.widen(12, 16+2*i)
	}
	p.op("SUBS $2, R9, R9")
	p.op("BGE pair")

	p.label("last")
	p.op("ADDS $1, R9, R9")
	p.op("BNE estimate")
	p.op("VLD1.P 32(R8), %s", list(4, 2, "B16"))
	p.op("VLD1.P 64(R1), %s", list(0, 4, "B16"))
	for i := range 4 {
		p.lookUp(i, 4, 12)
		p.widen(12, 16+2*i)
	}

	p.label("estimate")
	for i := range 8 {
		p.estimate(16+i, i)
	}
	p.op("SUBS $1, R7, R7")
	p.op("BNE block")
	p.op("RET")
}

// lookUp emits to = table[code & 15] + (table+1)[code >> 4] for 16 rows; to+1 is scratch.
func (p *program) lookUp(code, table, to int) {
	p.op("VAND V24.B16, V%d.B16, V%d.B16", code, to)
	p.op("VUSHR $4, V%d.B16, V%d.B16", code, to+1)
	p.op("VTBL V%d.B16, [V%d.B16], V%d.B16", to, table, to)
	p.op("VTBL V%d.B16, [V%d.B16], V%d.B16", to+1, table+1, to+1)
	p.op("VADD V%d.B16, V%d.B16, V%d.B16", to+1, to, to)
}

// estimate emits the results of the eight rows whose sums are in a register.
func (p *program) estimate(sums, part int) {
	p.op("VUSHLL $0, V%d.H4, V0.S4", sums)
	p.op("VUSHLL2 $0, V%d.H8, V1.S4", sums)
	p.op("VLD1.P 32(R3), %s", list(2, 2, "S4"))
	for i := range 2 {
		p.op("VSUB V26.S4, V%d.S4, V%d.S4", i, i)
		p.word(scvtf, i, i, 0)
		p.word(fmul, i, i, 25)
		p.word(fmul, i, 2+i, i)
	}
	p.op("CBZ R4, write%d", part)
	p.op("VLD1.P 32(R4), %s", list(2, 2, "S4"))
	for i := range 2 {
		p.word(fadd, i, 2+i, i)
	}
	p.label("write%d", part)
	p.op("VST1.P %s, 32(R5)", list(0, 2, "S4"))
}

// signBits emits bits[i] = one bit for each of row[8i] to row[8i+7] that is above 0: a
// comparison, the low byte of each lane, a bit of each byte, and three levels of pairwise
// sums.
//
//	R0 row, R1 bits, R2 count   V0-3 numbers, V16 zero, V17 the bits 1 to 128
func signBits(p *program) {
	p.kernel("SignBits", "NEON", 0, "makes count >= 1 bytes from eight numbers each.")
	p.zero(16, 1)
	p.op("MOVD $0x8040201008040201, R3")
	p.op("VDUP R3, V17.D2")
	p.op("SUBS $2, R2, R2")
	p.op("BLT last")
	p.label("pair")
	p.signBytes(2)
	p.op("VST1.P V0.H[0], 2(R1)")
	p.op("SUBS $2, R2, R2")
	p.op("BGE pair")
	p.label("last")
	p.op("ADDS $1, R2, R2")
	p.op("BNE done")
	p.signBytes(1)
	p.op("VST1.P V0.B[0], 1(R1)")
	p.label("done")
	p.op("RET")
}

// signBytes makes the first n bytes of V0, one or two.
func (p *program) signBytes(n int) {
	p.op("VLD1.P %d(R0), %s", 32*n, list(0, 2*n, "S4"))
	for i := range 2 * n {
		p.word(fcmgt, i, i, 16)
	}
	p.op("VUZP1 V1.H8, V0.H8, V0.H8")
	upper := 0 // of one byte, the upper half is not used
	if n == 2 {
		p.op("VUZP1 V3.H8, V2.H8, V2.H8")
		upper = 2
	}
	p.op("VUZP1 V%d.B16, V0.B16, V0.B16", upper)
	p.op("VAND V17.B16, V0.B16, V0.B16")
	for range 3 {
		p.op("VADDP V0.B16, V0.B16, V0.B16")
	}
}
