package neon

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
