package neon

// peak emits the largest of row's numbers without their signs, 16 elements a turn: bits of
// such numbers are ordered as unsigned integers are.
//
//	R0 row, R1 peak, R2 elements left   V0-3 elements, V16-19 the largest, V20 all bits but the sign
func peak(p *program) {
	p.kernel("PeakF32", "NEON", 0, "sets *peak to the largest magnitude of count elements of row, a multiple of 32 and not 0.")
	p.op("MOVD $0x7FFFFFFF, R3")
	p.op("VDUP R3, V20.S4")
	p.zero(16, 4)
	p.label("block")
	p.op("VLD1.P 64(R0), %s", list(0, 4, "S4"))
	for v := range 4 {
		p.op("VAND V20.B16, V%d.B16, V%d.B16", v, v)
		p.word(umax, 16+v, 16+v, v)
	}
	p.op("SUBS $16, R2, R2")
	p.op("BNE block")
	p.word(umax, 16, 16, 17)
	p.word(umax, 18, 18, 19)
	p.word(umax, 16, 16, 18)
	p.note("Pairs twice: the largest of four.")
	p.word(umaxp, 16, 16, 16)
	p.word(umaxp, 16, 16, 16)
	p.op("FMOVS F16, (R1)")
	p.op("RET")
}
