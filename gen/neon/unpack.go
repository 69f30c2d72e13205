package neon

// unpack emits the two kernels that unpack 128 numbers of width bits each; package amd64 has
// the formula. Here a vector holds four of the eight numbers of a group.
//
//	R0 data, R1 width, R2 controls, R3 out, R4 before   R5 width/2, R6 groups, R7 scratch
//	V0, V1 numbers, V2, V3 shifted copies   V16, V17 shuffles, V18, V19 negative shifts
//	V20 mask, V21 ones, V22 zero, V23 carry
func unpack(p *program) {
	p.kernel("UnpackRows", "NEON", 0, "unpacks 128 gaps and sums them up: out[i] = before + sum of gaps[0..i] + i + 1.\n"+
		"data has 16*width + 16 bytes to read.")
	p.unpackStart(16)
	p.op("MOVD $1, R7")
	p.op("VDUP R7, V21.S4")
	p.op("VDUP R4, V23.S4")
	p.label("group")
	p.unpackGroup()
	for i := range 2 {
		p.op("VADD V21.S4, V%d.S4, V%d.S4", i, i)
		p.unpackSums(i)
	}
	p.op("VST1.P [V0.S4, V1.S4], 32(R3)")
	p.op("SUBS $1, R6, R6")
	p.op("BNE group")
	p.op("RET")

	p.kernel("UnpackFreqs", "NEON", 0, "unpacks 128 numbers: out[i] = number + 1 modulo 65536, numbers below 65536.\n"+
		"data has 16*width + 16 bytes to read.")
	p.unpackStart(16)
	p.op("MOVD $1, R7")
	p.op("VDUP R7, V21.H8")
	p.label("group")
	p.unpackGroup()
	p.op("VUZP1 V1.H8, V0.H8, V0.H8")
	p.op("VADD V21.H8, V0.H8, V0.H8")
	p.op("VST1.P [V0.H8], 16(R3)")
	p.op("SUBS $1, R6, R6")
	p.op("BNE group")
	p.op("RET")
}

// unpackStart loads what a width needs; shifts to the right are negative ones to the left.
func (p *program) unpackStart(groups int) {
	p.op("LSR $1, R1, R5")
	p.op("MOVD $%d, R6", groups)
	p.op("VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]")
	p.op("VLD1 (R2), [V20.B16]")
	p.zero(22, 1)
	p.op("VSUB V18.S4, V22.S4, V18.S4")
	p.op("VSUB V19.S4, V22.S4, V19.S4")
}

// unpackGroup brings the next eight numbers into V0 and V1.
func (p *program) unpackGroup() {
	p.op("ADD R5, R0, R7")
	p.op("VLD1 (R0), [V0.B16]")
	p.op("VLD1 (R7), [V1.B16]")
	p.op("ADD R1, R0, R0")
	for i := range 2 {
		p.op("VTBL V%d.B16, [V%d.B16], V%d.B16", 16+i, i, i)
		p.word(ushl, i, i, 18+i)
		p.op("VAND V20.B16, V%d.B16, V%d.B16", i, i)
	}
}

// unpackSums turns Vi into the carry plus its running sums, the last of which is carried on.
func (p *program) unpackSums(i int) {
	for _, kept := range []int{12, 8} { // one lane up, then two
		p.op("VEXT $%d, V%d.B16, V22.B16, V2.B16", kept, i)
		p.op("VADD V2.S4, V%d.S4, V%d.S4", i, i)
	}
	p.op("VADD V23.S4, V%d.S4, V%d.S4", i, i)
	p.op("VDUP V%d.S[3], V23.S4", i)
}
