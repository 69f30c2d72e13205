package neon

// hadamard emits the Walsh-Hadamard transform in place: for each stride 1, 2, 4 ... the
// pairs that far apart become (a+b, a-b). The first pass does six strides of a block of 64
// numbers in registers, each later pass up to three on eight vectors.
//
//	R0 x, R1 bytes of all numbers, R2 behind them, R3 least stride of the pass in bytes
//	R4-11 the places of a pass, R12 its group, R13 where a stride ends, R14 its span
func hadamard(p *program) {
	p.kernel("Hadamard", "NEON", 0, "transforms count numbers in place, a power of two >= 64.")
	p.op("LSL $2, R1, R1")
	p.op("ADD R1, R0, R2")
	p.op("MOVD R0, R4")
	p.op("MOVD R0, R5")
	p.label("block")
	v := registersFrom(0, 16)
	for i := range 4 {
		p.op("VLD1.P 64(R4), %s", list(4*i, 4, "S4"))
	}
	for i := 0; i < 16; i += 2 {
		p.within("S4", i, i+1)
		p.within("D2", i, i+1)
	}
	p.butterflies(v, 31)
	for i := range v {
		p.op("VST1.P [V%d.S4], 16(R5)", v[i])
	}
	p.op("CMP R2, R5")
	p.op("BLT block")

	p.op("MOVD $256, R3")
	p.hadamardPass(8, 3, "pass4")
	p.hadamardPass(4, 2, "pass2")
	p.hadamardPass(2, 1, "done")
	p.label("done")
	p.op("RET")
}

// registersFrom returns the numbers of count registers.
func registersFrom(first, count int) []int {
	v := make([]int, count)
	for i := range v {
		v[i] = first + i
	}
	return v
}

// within does the stride of one lane of an arrangement in Va and Vb: a transposition puts
// the earlier lanes of the pairs of both into one vector and the later ones into another.
func (p *program) within(arrangement string, a, b int) {
	p.op("VTRN1 V%d.%s, V%d.%s, V16.%s", b, arrangement, a, arrangement, arrangement)
	p.op("VTRN2 V%d.%s, V%d.%s, V17.%s", b, arrangement, a, arrangement, arrangement)
	p.word(fadd, 18, 16, 17)
	p.word(fsub, 19, 16, 17)
	p.op("VTRN1 V19.%s, V18.%s, V%d.%s", arrangement, arrangement, a, arrangement)
	p.op("VTRN2 V19.%s, V18.%s, V%d.%s", arrangement, arrangement, b, arrangement)
}

// butterflies does the strides between the vectors in the registers v, the least first.
// Each sum goes into the free register, and the register of its first term is free then.
func (p *program) butterflies(v []int, free int) {
	for stride := 1; stride < len(v); stride *= 2 {
		for i := range v {
			if i&stride != 0 {
				continue
			}
			a, b := v[i], v[i+stride]
			p.word(fadd, free, a, b)
			p.word(fsub, b, a, b)
			v[i], free = free, a
		}
	}
}

// hadamardPass does log2(count) strides from R3 on, as often as they fit, and goes on at
// next with R3 behind them.
func (p *program) hadamardPass(count, log int, next string) {
	p.label("pass%d", count)
	p.op("LSL $%d, R3, R14", log)
	p.op("CMP R1, R14")
	p.op("BGT %s", next)
	p.op("MOVD R0, R12")
	p.label("group%d", count)
	p.op("ADD R3, R12, R13")
	p.op("MOVD R12, R4")
	for i := 1; i < count; i++ {
		p.op("ADD R3, R%d, R%d", 4+i-1, 4+i)
	}
	p.label("place%d", count)
	v := registersFrom(0, count)
	for i := range v {
		p.op("VLD1 (R%d), [V%d.S4]", 4+i, i)
	}
	p.butterflies(v, 31)
	for i := range v {
		p.op("VST1.P [V%d.S4], 16(R%d)", v[i], 4+i)
	}
	p.op("CMP R13, R4")
	p.op("BLT place%d", count)
	p.op("ADD R14, R12, R12")
	p.op("CMP R2, R12")
	p.op("BLT group%d", count)
	p.op("MOVD R14, R3")
	p.op("B pass%d", count)
}

// flipSigns emits x[j] ^= bit j of signs << 31 for count numbers, a multiple of 32: a test
// of one bit in each lane makes ones, the lowest of which moves to the sign.
//
//	V0 32 signs, V8-11 x, V12-15 scratch, V16-23 bit 4*i+lane
func flipSigns(p *program) {
	p.kernel("FlipSigns", "NEON", 0, "negates x[j] where bit j of signs is set, for count > 0 numbers, a multiple of 32.")
	for lane := range 4 {
		p.op("MOVD $%d, R3", 1<<lane)
		p.op("VMOV R3, V16.S[%d]", lane)
	}
	for i := 1; i < 8; i++ {
		p.op("VSHL $%d, V16.S4, V%d.S4", 4*i, 16+i)
	}
	p.op("MOVD R0, R4")
	p.label("group")
	p.op("VLD1R.P 4(R1), [V0.S4]")
	for half := range 2 {
		p.op("VLD1.P 64(R0), %s", list(8, 4, "S4"))
		for i := range 4 {
			p.op("VCMTST V%d.S4, V0.S4, V%d.S4", 16+4*half+i, 12+i)
			p.op("VSHL $31, V%d.S4, V%d.S4", 12+i, 12+i)
			p.op("VEOR V%d.B16, V%d.B16, V%d.B16", 12+i, 8+i, 8+i)
		}
		p.op("VST1.P %s, 64(R4)", list(8, 4, "S4"))
	}
	p.op("SUBS $32, R2, R2")
	p.op("BNE group")
	p.op("RET")
}
