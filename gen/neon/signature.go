package neon

// signature emits out[i] = number of j with query[j] == rows[128*i+j]. A comparison makes
// -1 of every equal byte; eight of them add up to at least -8, and what is below zero is
// counted across the vector at the end.
//
//	V0-7 query, V8-15 row, V16 zero
func signature(p *program) {
	p.kernel("SignatureScan", "NEON", 0,
		"counts the equal bytes of query and each of count >= 1 rows of 128.")
	p.op("VLD1.P 64(R0), %s", list(0, 4, "B16"))
	p.op("VLD1 (R0), %s", list(4, 4, "B16"))
	p.op("VEOR V16.B16, V16.B16, V16.B16")
	p.label("row")
	p.op("VLD1.P 64(R1), %s", list(8, 4, "B16"))
	p.op("VLD1.P 64(R1), %s", list(12, 4, "B16"))
	for i := range 8 {
		p.op("VCMEQ V%d.B16, V%d.B16, V%d.B16", i, 8+i, 8+i)
	}
	for width := 4; width > 0; width /= 2 {
		for i := range width {
			p.op("VADD V%d.B16, V%d.B16, V%d.B16", 8+i+width, 8+i, 8+i)
		}
	}
	p.op("VSUB V8.B16, V16.B16, V8.B16")
	p.op("VUADDLV V8.B16, V8")
	p.op("VST1.P V8.B[0], 1(R2)")
	p.op("SUBS $1, R3, R3")
	p.op("BNE row")
	p.op("RET")
}
