package neon

func dotF32(p *program) {
	p.kernel("DotScanF32", "NEON", 0,
		"sets out[i] to the dot product of query and row i, for count rows of dim elements, both any number from 0.")
	s := &scan{program: p, query: 0, rows: 1, out: 2, dim: 3, count: 4, shift: 2}
	s.add = s.product
	scanF32(s)
}

// product adds query*row to the sums.
func (p *program) product(query, row, sum, _ int) {
	p.op("VFMLA V%d.S4, V%d.S4, V%d.S4", row, query, sum)
}

// scanF32 emits a scan over rows of float32, of which the registers and the term are set.
// The term of two zeros is zero.
func scanF32(s *scan) {
	s.tail = func(n int) {
		s.note("One element a turn; the load clears the other lanes, whose term is then zero.")
		s.label("element%d", n)
		if !s.noQuery {
			s.op("FMOVS.P 4(R%d), F0", queryPointer)
		}
		for i := range n {
			s.op("FMOVS.P 4(R%d), F2", rowPointer+i)
			s.add(0, 2, firstSum+2*i, 4)
		}
		s.op("SUBS $4, R%d, R%d", bytesLeft, bytesLeft)
		s.op("BNE element%d", n)
	}
	s.store = s.storeF32
	s.emit()
}

// storeF32 adds up the two sums of four float32 of each of n rows.
func (s *scan) storeF32(n int) {
	for i := range n {
		s.word(fadd, firstSum+2*i, firstSum+2*i, firstSum+2*i+1)
	}
	s.note("Pairwise sums of n and then of m: two levels put the sums of all rows side by side.")
	if n == 1 {
		s.word(faddp, 16, 16, 16)
		s.word(faddp, 16, 16, 16)
		s.op("FMOVS.P F16, 4(R%d)", s.out)
		return
	}
	s.word(faddp, 16, 16, 18)
	s.word(faddp, 20, 20, 22)
	s.word(faddp, 16, 16, 20)
	s.op("VST1.P [V16.S4], 16(R%d)", s.out)
}
