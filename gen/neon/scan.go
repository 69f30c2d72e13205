package neon

// scan is the loop nest of the dot products: out[i] = query . row i.
//
// Four rows share each load of the query and have two accumulators each. A row is taken
// in two vectors of 16 bytes at a time, then one, then what the tail does. Scans whose
// rows are converted bring their own walk along the rows; see rowwise.
//
//	R0.. parameters, see each kernel       R9      query pointer
//	R10  bytes left of the rows            R11-14  row pointers
//	R15-17 scratch                         R19-22  pointers to the rows to prefetch
//	V0-1 query, V2-3 row, V4-7 scratch     V16-23  sums: V16+2*row+half
type scan struct {
	*program
	query, rows, out, dim, count int // numbers of the R registers
	shift                        int // log2 of the bytes of an element
	gather                       bool
	ids, ahead                   int // with gather: the ids of the rows, and which to prefetch
	noQuery                      bool

	// add emits sum += query*row for one vector; temporary is free scratch.
	add func(query, row, sum, temporary int)
	// tail emits the part of n rows that is less than 16 bytes, R10 of them, R10 > 0, and
	// leaves the row pointers behind the rows.
	tail func(n int)
	// store reduces the sums V16, V18 ... of n rows and writes them to out.
	store func(n int)
}

const (
	queryPointer = 9
	bytesLeft    = 10
	rowPointer   = 11
	nextPointer  = 19
	firstSum     = 16
)

func (s *scan) emit() { s.nest(2, s.alike) }

// nest emits the loops over groups of rows, which have sums accumulators each. walk emits
// the loops along n rows; their length is R10 bytes.
func (s *scan) nest(sums int, walk func(n int)) {
	if s.shift > 0 {
		s.op("LSL $%d, R%d, R%d", s.shift, s.dim, s.dim)
	}
	s.group(4, "rows1", sums, walk)
	s.group(1, "done", sums, walk)
	s.label("done")
	s.op("RET")
}

// group emits the loop over groups of n rows.
func (s *scan) group(n int, next string, sums int, walk func(n int)) {
	s.label("rows%d", n)
	s.op("CMP $%d, R%d", n, s.count)
	s.op("BLT %s", next)
	s.pointers(n)
	for i := range sums * n {
		s.op("VEOR V%d.B16, V%d.B16, V%d.B16", firstSum+i, firstSum+i, firstSum+i)
	}
	if !s.noQuery {
		s.op("MOVD R%d, R%d", s.query, queryPointer)
	}
	walk(n)

	s.label("store%d", n)
	if s.gather {
		s.op("ADD $%d, R%d, R%d", 4*n, s.ids, s.ids)
	} else {
		s.op("MOVD R%d, R%d", rowPointer+n-1, s.rows)
	}
	s.store(n)
	s.op("SUB $%d, R%d, R%d", n, s.count, s.count)
	s.op("B rows%d", n)
}

// alike emits the loops along n rows of the same elements as the query.
func (s *scan) alike(n int) {
	s.op("SUBS $32, R%d, R%d", s.dim, bytesLeft)
	s.op("BLT one%d", n)

	s.label("pair%d", n)
	s.vectors(n, 2)
	s.op("SUBS $32, R%d, R%d", bytesLeft, bytesLeft)
	s.op("BGE pair%d", n)

	s.label("one%d", n)
	s.op("ADDS $16, R%d, R%d", bytesLeft, bytesLeft)
	s.op("BLT tail%d", n)
	s.vectors(n, 1)
	s.op("SUB $16, R%d, R%d", bytesLeft, bytesLeft)

	s.label("tail%d", n)
	s.op("ADDS $16, R%d, R%d", bytesLeft, bytesLeft)
	s.op("BEQ store%d", n)
	s.tail(n)
}

// pointers sets the pointers to the next n rows. With gather those are the rows of the
// next n ids; those to prefetch belong to the ids ahead of them, at most the last.
func (s *scan) pointers(n int) {
	if !s.gather {
		s.op("MOVD R%d, R%d", s.rows, rowPointer)
		for i := 1; i < n; i++ {
			s.op("ADD R%d, R%d, R%d", s.dim, rowPointer+i-1, rowPointer+i)
		}
		return
	}
	s.op("SUB $1, R%d, R17", s.count)
	for i := range n {
		s.op("MOVWU %d(R%d), R15", 4*i, s.ids)
		s.op("MADD R%d, R%d, R15, R%d", s.dim, s.rows, rowPointer+i)
		s.op("ADD $%d, R%d, R15", i, s.ahead)
		s.op("CMP R17, R15")
		s.op("CSEL LT, R15, R17, R15")
		s.op("MOVWU (R%d)(R15<<2), R15", s.ids)
		s.op("MADD R%d, R%d, R15, R%d", s.dim, s.rows, nextPointer+i)
	}
}

// prefetch asks for the next bytes of the n rows ahead.
func (s *scan) prefetch(n, bytes int) {
	for i := range n {
		s.op("PRFM (R%d), PLDL1KEEP", nextPointer+i)
		s.op("ADD $%d, R%d, R%d", bytes, nextPointer+i, nextPointer+i)
	}
}

// vectors adds count vectors of n rows to the sums.
func (s *scan) vectors(n, count int) {
	if s.gather {
		s.prefetch(n, 16*count)
	}
	if !s.noQuery {
		s.op("VLD1.P %d(R%d), %s", 16*count, queryPointer, list(0, count, "B16"))
	}
	for i := range n {
		s.op("VLD1.P %d(R%d), %s", 16*count, rowPointer+i, list(2, count, "B16"))
		for half := range count {
			s.add(half, 2+half, firstSum+2*i+half, 4+2*half)
		}
	}
}
