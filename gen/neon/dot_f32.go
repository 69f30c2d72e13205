package neon

func dotF32(p *program) {
	p.kernel("DotScanF32", "NEON", 0,
		"sets out[i] to the dot product of query and row i, for count rows of dim elements, both any number from 0.")
	s := &scan{program: p, query: 0, rows: 1, out: 2, dim: 3, count: 4, shift: 2}
	s.add = func(query, row, sum, _ int) {
		p.op("VFMLA V%d.S4, V%d.S4, V%d.S4", row, query, sum)
	}
	s.tail = func(n int) {
		p.note("One element a turn; the load clears the other lanes, which adds 0*0 to their sums.")
		p.label("element%d", n)
		p.op("FMOVS.P 4(R%d), F0", queryPointer)
		for i := range n {
			p.op("FMOVS.P 4(R%d), F2", rowPointer+i)
			s.add(0, 2, firstSum+2*i, 4)
		}
		p.op("SUBS $4, R%d, R%d", bytesLeft, bytesLeft)
		p.op("BNE element%d", n)
	}
	s.store = func(n int) {
		for i := range n {
			p.word(fadd, firstSum+2*i, firstSum+2*i, firstSum+2*i+1)
		}
		p.note("Pairwise sums of n and then of m: two levels put the sums of all rows side by side.")
		if n == 1 {
			p.word(faddp, 16, 16, 16)
			p.word(faddp, 16, 16, 16)
			p.op("FMOVS.P F16, 4(R%d)", s.out)
			return
		}
		p.word(faddp, 16, 16, 18)
		p.word(faddp, 20, 20, 22)
		p.word(faddp, 16, 16, 20)
		p.op("VST1.P [V16.S4], 16(R%d)", s.out)
	}
	s.emit()
}
