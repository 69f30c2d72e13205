package neon

// signature32 emits out[i] = number of j with query[j] == rows[128*i+j]. A comparison makes
// -1 of equal numbers; what is below zero is counted across the vector at the end. Half of
// the query stays in registers, the other half is read again for each row.
//
//	V0-15 slots 0 to 63 of the query, V16-19 row, V20-23 sums, V24-27 query, V28 zero
func signature32(p *program) {
	p.kernel("SignatureScan32", "NEON", 0,
		"counts the equal numbers of query and each of count >= 1 rows of 128.")
	for i := range 4 {
		p.op("VLD1.P 64(R0), %s", list(4*i, 4, "S4"))
	}
	p.op("VEOR V28.B16, V28.B16, V28.B16")
	p.label("row")
	p.op("MOVD R0, R4")
	for chunk := range 8 {
		query := 4 * chunk
		if chunk >= 4 {
			query = 24
			p.op("VLD1.P 64(R4), %s", list(query, 4, "S4"))
		}
		p.op("VLD1.P 64(R1), %s", list(16, 4, "S4"))
		for i := range 4 {
			if chunk == 0 {
				p.op("VCMEQ V%d.S4, V%d.S4, V%d.S4", query+i, 16+i, 20+i)
				continue
			}
			p.op("VCMEQ V%d.S4, V%d.S4, V%d.S4", query+i, 16+i, 16+i)
			p.op("VADD V%d.S4, V%d.S4, V%d.S4", 16+i, 20+i, 20+i)
		}
	}
	p.op("VADD V21.S4, V20.S4, V20.S4")
	p.op("VADD V23.S4, V22.S4, V22.S4")
	p.op("VADD V22.S4, V20.S4, V20.S4")
	p.op("VSUB V20.S4, V28.S4, V20.S4")
	p.op("VADDV V20.S4, V20")
	p.op("VST1.P V20.B[0], 1(R2)")
	p.op("SUBS $1, R3, R3")
	p.op("BNE row")
	p.op("RET")
}
