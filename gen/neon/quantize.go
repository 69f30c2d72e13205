package neon

// quantize emits out = max(saturate(round(row*scale)), -127), 16 elements a turn. The
// conversion makes 0 of NaN and saturates, and so do both steps to int8.
func quantize(p *program) {
	p.kernel("QuantizeI8", "NEON", 0, "rounds count elements of row, a multiple of 16, times scale to int8.")
	p.op("VLD1R (R2), [V4.S4]")
	p.op("MOVD $0x81, R4")
	p.op("VDUP R4, V5.B16")
	p.op("CBZ R3, done")
	p.label("block")
	p.op("VLD1.P 64(R0), %s", list(0, 4, "S4"))
	for v := range 4 {
		p.word(fmul, v, v, 4)
		p.word(fcvtns, v, v, 0)
	}
	for v := 0; v < 4; v += 2 {
		p.word(sqxtnS, v, v, 0)
		p.word(sqxtn2S, v, v+1, 0)
	}
	p.word(sqxtnH, 0, 0, 0)
	p.word(sqxtn2H, 0, 2, 0)
	p.word(smax, 0, 0, 5)
	p.op("VST1.P [V0.B16], 16(R1)")
	p.op("SUBS $16, R3, R3")
	p.op("BNE block")
	p.label("done")
	p.op("RET")
}
