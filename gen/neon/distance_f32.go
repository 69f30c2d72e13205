package neon

// distanceF32 emits the squared distance and the squared norm, which share everything
// with the dot product but the term that is added.
func distanceF32(p *program) {
	p.kernel("L2ScanF32", "NEON", 0,
		"sets out[i] to the squared distance of query and row i, for count rows of dim elements.")
	l2 := &scan{program: p, query: 0, rows: 1, out: 2, dim: 3, count: 4, shift: 2}
	l2.add = func(query, row, sum, _ int) {
		p.word(fsub, row, query, row)
		p.product(row, row, sum, 0)
	}
	scanF32(l2)

	p.kernel("SquaredNormsF32", "NEON", 0,
		"sets out[i] to the sum of the squares of row i, for count rows of dim elements.")
	norm := &scan{program: p, rows: 0, out: 1, dim: 2, count: 3, shift: 2, noQuery: true}
	norm.add = func(_, row, sum, _ int) { p.product(row, row, sum, 0) }
	scanF32(norm)
}
