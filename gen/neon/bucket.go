package neon

// bucket emits sig[j] = min(sig[j], offer(h, j)) over all hashes h, for the slots j that
// hold an offer of round first or later. As on amd64, the round is the upper word of j<<16
// times turn<<25 less slot*turn<<25, where products of words wrap around by themselves.
//
//	R5-9 scratch, R10 next open slot, R11 hashes, R12-15 the slots of the group
//	R19 the last whole vector of hashes, R20 open slots left
//	V0-3 slots<<16, V4-7 minima, V8-9 hashes, V10 their low halves, V11 high halves
//	V12 turn<<25, V13 slot*turn<<25, V16-23 scratch, V28 1<<25, V29 its mask, V30 golden
func bucket(p *program) {
	p.kernel("BucketSettle", "NEON", 0,
		"lowers the slots that hold round first or later by the offers of count >= 16 hashes;\n"+
			"open is scratch for 132 numbers.")
	p.bucketList()
	for _, constant := range []struct {
		register int
		value    uint32
	}{{28, 1 << 25}, {29, 0xFE000000}, {30, 0x9E3779B9}} {
		p.op("MOVD $%#x, R7", constant.value)
		p.op("VDUP R7, V%d.S4", constant.register)
	}
	p.op("ADD R4<<3, R2, R19")
	p.op("SUB $32, R19, R19")
	p.op("MOVD R1, R10")
	p.op("MOVD R6, R20")

	p.label("group")
	for i := range 4 {
		p.op("MOVWU.P 4(R10), R%d", 12+i)
		p.op("LSL $16, R%d, R7", 12+i)
		p.op("VDUP R7, V%d.S4", i)
		p.op("VCMEQ V%d.S4, V%d.S4, V%d.S4", 4+i, 4+i, 4+i)
	}
	p.op("MOVD R2, R11")
	p.label("hashes")
	p.bucketOffers()
	p.op("CMP R19, R11")
	p.op("BEQ reduce")
	p.op("ADD $32, R11, R11")
	p.note("The last vector overlaps the one before: a minimum may be taken twice.")
	p.op("CMP R19, R11")
	p.op("CSEL GT, R19, R11, R11")
	p.op("B hashes")

	p.label("reduce")
	p.bucketReduce()
	p.op("SUBS $4, R20, R20")
	p.op("BGT group")
	p.label("done")
	p.op("RET")
}

// bucketList writes the numbers of the open slots to open, the last one three times more,
// and counts them in R6.
func (p *program) bucketList() {
	p.op("LSL $25, R3, R3")
	p.op("MOVD $0, R5")
	p.op("MOVD $0, R6")
	p.label("scan")
	p.op("MOVWU (R0)(R5<<2), R7")
	p.op("MOVW R5, (R1)(R6<<2)")
	p.op("CMPW R3, R7")
	p.op("CINC HS, R6, R6")
	p.op("ADD $1, R5, R5")
	p.op("CMP $128, R5")
	p.op("BLT scan")
	p.op("CBZ R6, done")
	p.op("ADD R6<<2, R1, R7")
	p.op("MOVWU -4(R7), R8")
	for i := range 3 {
		p.op("MOVW R8, %d(R7)", 4*i)
	}
}

// bucketOffers lowers the minima of the group by the offers of four hashes.
func (p *program) bucketOffers() {
	p.op("VLD1 (R11), [V8.S4, V9.S4]")
	p.op("VUZP1 V9.S4, V8.S4, V10.S4")
	p.op("VUZP2 V9.S4, V8.S4, V11.S4")
	p.op("VSHL $7, V11.S4, V12.S4")
	p.op("VAND V29.B16, V12.B16, V12.B16")
	p.op("VORR V28.B16, V12.B16, V12.B16")
	p.op("VUSHR $9, V11.H8, V11.H8")
	p.word(mulH, 13, 11, 12)
	for i := range 4 {
		round, value := 16+2*i, 17+2*i
		p.word(mulH, round, i, 12)
		p.op("VSUB V13.S4, V%d.S4, V%d.S4", round, round)
		p.op("VUSHR $25, V%d.S4, V%d.S4", round, value)
		p.word(mul, value, value, 30)
		p.op("VADD V10.S4, V%d.S4, V%d.S4", value, value)
		p.op("VUSHR $7, V%d.S4, V%d.S4", value, value)
		p.op("VORR V%d.B16, V%d.B16, V%d.B16", value, round, round)
		p.op("VUMIN V%d.S4, V%d.S4, V%d.S4", round, 4+i, 4+i)
	}
}

// bucketReduce puts the minima of V4-7 side by side and lowers the signature by them.
func (p *program) bucketReduce() {
	pair := func(a, b int) {
		p.op("VUZP1 V%d.S4, V%d.S4, V16.S4", b, a)
		p.op("VUZP2 V%d.S4, V%d.S4, V17.S4", b, a)
		p.op("VUMIN V16.S4, V17.S4, V%d.S4", a)
	}
	pair(4, 5)
	pair(6, 7)
	pair(4, 6)
	for i := range 4 {
		p.op("VMOV V4.S[%d], R7", i)
		p.op("MOVWU (R0)(R%d<<2), R8", 12+i)
		p.op("CMPW R7, R8")
		p.op("CSEL LO, R8, R7, R7")
		p.op("MOVW R7, (R0)(R%d<<2)", 12+i)
	}
}
