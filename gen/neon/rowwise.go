package neon

// rowwise is the scan whose elements are converted as they are loaded, so that query and
// rows advance by different bytes. A turn takes eight elements; each of the vectors that
// they fill has its own accumulator.
//
//	V0-7 elements of rows as loaded   V14-15 elements of the query as loaded
//	V8-11 query   V12-15 row          V16-31 sums: V16+vectors*row+vector
//
// Where eight elements fill two vectors, V24-27 are free for constants.
type rowwise struct {
	scan               // shift is that of the rows
	fromQuery, fromRow conversion
	vectors            int // that eight converted elements fill
	tailTurn           func(n int)
}

const (
	turn           = 8 // elements
	loadedRow      = 0
	loadedQuery    = 14
	convertedQuery = 8
	convertedRow   = 12
)

// conversion says how elements become the type of the sums.
type conversion struct {
	bytes   int    // of eight elements
	vectors int    // that they fill as loaded
	lanes   string // of those
	// convert spreads the vectors from on over those from to on; nil if they are the same.
	convert func(p *program, from, to int)
}

var (
	fromF32 = conversion{bytes: 32, vectors: 2, lanes: "S4"}
	fromF16 = conversion{16, 1, "H8", func(p *program, from, to int) {
		p.word(fcvtlH, to, from, 0)
		p.word(fcvtl2H, to+1, from, 0)
	}}
	// fromBF16 makes the upper half of a float32 of each element, with zero below.
	fromBF16 = conversion{16, 1, "H8", func(p *program, from, to int) {
		p.op("VZIP1 V%d.H8, V%d.H8, V%d.H8", from, zeroVector, to)
		p.op("VZIP2 V%d.H8, V%d.H8, V%d.H8", from, zeroVector, to+1)
	}}
	fromI8 = conversion{8, 1, "B8", func(p *program, from, to int) {
		p.word(sxtlB, from, from, 0)
		p.word(sxtlH, to, from, 0)
		p.word(sxtl2H, to+1, from, 0)
		p.word(scvtf, to, to, 0)
		p.word(scvtf, to+1, to+1, 0)
	}}
	f32ToF64 = conversion{32, 2, "S4", func(p *program, from, to int) {
		for half := range 2 {
			p.word(fcvtlS, to+2*half, from+half, 0)
			p.word(fcvtl2S, to+2*half+1, from+half, 0)
		}
	}}
)

// emit writes the body of the kernel.
func (r *rowwise) emit() { r.nest(r.vectors, r.converted) }

// converted emits the loop along n rows.
func (r *rowwise) converted(n int) {
	r.op("SUBS $%d, R%d, R%d", turn<<r.shift, r.dim, bytesLeft)
	r.op("BLT tail%d", n)
	r.label("turn%d", n)
	if r.gather {
		r.prefetch(n, turn<<r.shift)
	}
	r.load(r.fromQuery, queryPointer, loadedQuery, convertedQuery)
	for i := range n {
		r.load(r.fromRow, rowPointer+i, loadedRow, convertedRow)
		r.addTurn(convertedQuery, i)
	}
	r.op("SUBS $%d, R%d, R%d", turn<<r.shift, bytesLeft, bytesLeft)
	r.op("BGE turn%d", n)

	r.label("tail%d", n)
	r.op("ADDS $%d, R%d, R%d", turn<<r.shift, bytesLeft, bytesLeft)
	r.op("BEQ store%d", n)
	r.tailTurn(n)
}

// load brings eight elements into the vectors from to on.
func (r *rowwise) load(c conversion, pointer, loaded, to int) {
	if c.convert == nil {
		loaded = to
	}
	r.op("VLD1.P %d(R%d), %s", c.bytes, pointer, list(loaded, c.vectors, c.lanes))
	if c.convert != nil {
		c.convert(r.program, loaded, to)
	}
}

// addTurn adds the terms of the converted query and row to the sums of row i.
func (r *rowwise) addTurn(query, i int) {
	for v := range r.vectors {
		r.add(query+v, convertedRow+v, firstSum+r.vectors*i+v, 0)
	}
}
