package neon

// minHash emits sig[j] = min(sig[j], (h ^ xor[j]) * mul[j]) for 128 slots and every h, in
// four passes of 32 slots, so that minima and constants stay in registers.
//
//	V0-7 minima, V8-15 xor, V16-23 mul, V24 the hash in every lane, V25-31 scratch
func minHash(p *program) {
	p.kernel("MinHashUpdate", "NEON", 0,
		"lowers the 128 minima sig[j] by (h^xor[j])*mul[j] for count >= 1 hashes.")
	const vectors, scratch, scratchCount = 8, 25, 7
	for pass := range 4 {
		p.note("Slots %d to %d.", 32*pass, 32*pass+31)
		p.op("MOVD R0, R5") // sig moves on as it is stored
		for half := range 2 {
			p.op("VLD1.P 64(R5), %s", list(4*half, 4, "S4"))
			p.op("VLD1.P 64(R1), %s", list(8+4*half, 4, "S4"))
			p.op("VLD1.P 64(R2), %s", list(16+4*half, 4, "S4"))
		}
		p.op("MOVD R3, R6")
		p.op("MOVD R4, R7")
		p.label("hash%d", pass)
		p.op("VLD1R.P 4(R6), [V24.S4]")
		for i := range vectors {
			t := scratch + i%scratchCount
			p.op("VEOR V24.B16, V%d.B16, V%d.B16", 8+i, t)
			p.word(mul, t, t, 16+i)
			p.op("VUMIN V%d.S4, V%d.S4, V%d.S4", t, i, i)
		}
		p.op("SUBS $1, R7, R7")
		p.op("BNE hash%d", pass)
		for half := range 2 {
			p.op("VST1.P %s, 64(R0)", list(4*half, 4, "S4"))
		}
	}
	p.op("RET")
}
