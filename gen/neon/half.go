package neon

const (
	keepVector = 26 // masks of the elements that were not counted before the tail
	zeroVector = 27
)

// half emits the scans over rows of 16-bit floats, and over INT8 rows with a float query:
// every element becomes float32 as it is loaded.
//
// The tail is the last eight elements of the row, of which those that were counted already
// are cleared, times the tail of the query that package kernels passes: eight float32,
// then eight masks of 16 bits.
func half(p *program) {
	scanHalf(p, "DotScanF16", fromF32, fromF16, 1)
	scanHalf(p, "DotScanBF16", fromBF16, fromBF16, 1)
	scanHalf(p, "DotScanF32I8", fromF32, fromI8, 0)
}

// scanHalf emits the kernel of an operation whose rows have elements of 1<<shift bytes.
func scanHalf(p *program, operation string, fromQuery, fromRow conversion, shift int) {
	p.kernel(operation, "NEON", 0,
		"sets out[i] to the dot product of query and row i, for count rows of dim >= 8 elements.\n"+
			"tail is the last dim%8 elements of the query behind zeros, and the mask of their lanes.")
	p.op("VLD1.P 32(R1), %s", list(tailVector, 2, "S4"))
	if shift > 0 {
		p.op("VLD1 (R1), [V%d.H8]", keepVector)
	}
	p.op("VEOR V%d.B16, V%d.B16, V%d.B16", zeroVector, zeroVector, zeroVector)
	r := &rowwise{
		scan:      scan{program: p, query: 0, rows: 2, out: 3, dim: 4, count: 5, shift: shift, add: p.product},
		fromQuery: fromQuery, fromRow: fromRow, vectors: 2,
	}
	r.tailTurn = r.tailHalf
	r.store = r.storeF32
	r.emit()
}

// tailHalf emits a turn of the last eight elements of each row.
func (r *rowwise) tailHalf(n int) {
	r.op("SUB $%d, R%d, R%d", turn<<r.shift, bytesLeft, bytesLeft)
	for i := range n {
		r.op("ADD R%d, R%d, R%d", bytesLeft, rowPointer+i, rowPointer+i)
		r.load(r.fromRow.masked(r.shift), rowPointer+i, loadedRow, convertedRow)
		r.addTurn(tailVector, i)
	}
}

// masked returns the conversion of what the mask of the tail keeps. INT8 needs none: what
// it repeats is finite and meets zeros.
func (c conversion) masked(shift int) conversion {
	if shift == 0 {
		return c
	}
	convert := c.convert
	c.convert = func(p *program, from, to int) {
		p.op("VAND V%d.B16, V%d.B16, V%d.B16", keepVector, from, from)
		convert(p, from, to)
	}
	return c
}
