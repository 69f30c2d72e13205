package neon

// tailVector holds the last dim%16 elements of the query behind zeros.
const tailVector = 24

// dotI8 emits both integer kernels. SMULL makes products of at most 128*128 in int16,
// which hold one product but not the sum of two, and SADALP adds pairs of them into int32;
// SDOT does the work of all four instructions in one.
func dotI8(p *program) {
	for _, t := range tiersI8 {
		p.kernel("DotScanI8", t.name, 0,
			"sets out[i] to the dot product of query and row i, for count rows of dim >= 16 elements.\n"+
				"tail is 32 zeros and then 32 times -1."+t.needs)
		t.scan(&scan{program: p, query: 0, rows: 2, out: 3, dim: 4, count: 5})
	}
}

// tierI8 is one way to add the products of 16 elements to a sum.
type tierI8 struct {
	name, needs string
	add         func(p *program, query, row, sum, temporary int)
}

var tiersI8 = []tierI8{
	{"NEON", "", func(p *program, query, row, sum, temporary int) {
		p.word(smull, temporary, query, row)
		p.word(smull2, temporary+1, query, row)
		p.word(sadalp, sum, temporary, 0)
		p.word(sadalp, sum, temporary+1, 0)
	}},
	{"NEONDot", " Needs the dotprod extension.", func(p *program, query, row, sum, _ int) {
		p.word(sdot, sum, query, row)
	}},
}

// scan emits a scan whose registers are set; the tail's is R1.
func (t tierI8) scan(s *scan) {
	p := s.program
	p.tailI8(s.query, 1, s.dim, tailVector)
	s.add = func(query, row, sum, temporary int) { t.add(p, query, row, sum, temporary) }
	s.tail = func(n int) {
		p.note("The last 16 elements of each row; those counted before meet zeros.")
		p.op("SUB $16, R%d, R%d", bytesLeft, bytesLeft)
		for i := range n {
			p.op("ADD R%d, R%d, R%d", bytesLeft, rowPointer+i, rowPointer+i)
			p.op("VLD1.P 16(R%d), [V2.B16]", rowPointer+i)
			s.add(tailVector, 2, firstSum+2*i, 4)
		}
	}
	s.store = func(n int) {
		for i := range n {
			p.op("VADD V%d.S4, V%d.S4, V%d.S4", firstSum+2*i+1, firstSum+2*i, firstSum+2*i)
		}
		if n == 1 {
			p.op("VADDV V16.S4, V16")
			p.op("FMOVS.P F16, 4(R%d)", s.out)
			return
		}
		p.note("Pairwise sums: two levels put the sums of all rows side by side.")
		p.op("VADDP V18.S4, V16.S4, V16.S4")
		p.op("VADDP V22.S4, V20.S4, V20.S4")
		p.op("VADDP V20.S4, V16.S4, V16.S4")
		p.op("VST1.P [V16.S4], 16(R%d)", s.out)
	}
	s.emit()
}

// tailI8 sets a vector to the last dim%16 elements of a query behind zeros.
func (p *program) tailI8(query, tail, dim, vector int) {
	p.op("AND $15, R%d, R10", dim)
	p.op("ADD R10, R%d, R10", tail)
	p.op("ADD $16, R10, R10")
	p.op("VLD1 (R10), [V%d.B16]", vector)
	p.op("ADD R%d, R%d, R10", dim, query)
	p.op("SUB $16, R10, R10")
	p.op("VLD1 (R10), [V%d.B16]", vector+1)
	p.op("VAND V%d.B16, V%d.B16, V%d.B16", vector+1, vector, vector)
}
