package neon

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
