package kernels

import (
	"hash/fnv"
	"math"
	"testing"
)

func init() {
	allocationCalls[opRaBitQScan] = func() func() {
		query, tables := randomF32(72, 1), make([]uint8, 9*bitTableBytes)
		blocks, scale, out := randomU8(9*192, 2), randomF32(192, 3), make([]float32, 192)
		return func() {
			delta := BuildBitTables(query, tables)
			RaBitQScan(tables, blocks, delta, scale, nil, out)
			RaBitQScan(tables, blocks, delta, scale, scale, out)
		}
	}
}

// randomTables returns legal entries, with both extremes.
func randomTables(columns int, seed uint64) []uint8 {
	tables := randomU8(columns*bitTableBytes, seed)
	for i := range tables {
		tables[i] = min(62, tables[i]%67)
	}
	return tables
}

// raBitQReference takes each row nibble by nibble and rounds from float64: products of two
// float32 are exact there, and sums round to the same float32.
func raBitQReference(tables, blocks []uint8, delta float32, scale, add []float32, i int) float32 {
	columns, sum := len(tables)/bitTableBytes, 0
	block := blocks[i/BitBlockRows*BitBlockRows*columns:]
	for nibble := range 2 * columns {
		code := block[nibble/2*BitBlockRows+i%BitBlockRows] >> (nibble % 2 * 4) & 15
		sum += int(tables[16*nibble+int(code)])
	}
	estimate := float32(float64(sum-31*2*columns) * float64(delta))
	estimate = float32(float64(scale[i]) * float64(estimate))
	if len(add) > 0 {
		estimate = float32(float64(add[i]) + float64(estimate))
	}
	return estimate
}

func checkRaBitQ(t *testing.T, tables, blocks []uint8, delta float32, scale, add, out []float32) {
	t.Helper()
	for i, got := range out {
		want := raBitQReference(tables, blocks, delta, scale, add, i)
		if math.Float32bits(got) != math.Float32bits(want) && (got == got || want == want) {
			t.Fatalf("%d columns, %d rows, add %v: row %d is %g, want %g", len(tables)/bitTableBytes, len(out), len(add) > 0, i, got, want)
		}
	}
}

// scanRaBitQ checks a scan with and without addends.
func scanRaBitQ(t *testing.T, tables, blocks []uint8, delta float32, scale, add, out []float32) {
	t.Helper()
	for _, a := range [][]float32{nil, add} {
		for i := range out {
			out[i] = -7
		}
		RaBitQScan(tables, blocks, delta, scale, a, out)
		checkRaBitQ(t, tables, blocks, delta, scale, a, out)
	}
}

func TestRaBitQScanIsExact(t *testing.T) {
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			for _, count := range bitBlockCounts(columns) {
				rows := count * BitBlockRows
				tables := shifted(randomTables(columns, 1), (columns+count)%64)
				blocks := shifted(randomU8(columns*rows, 2), (columns*3+count)%64)
				scale, add := shifted(randomF32(rows, 3), columns*4%64), shifted(randomF32(rows, 4), columns*12%64)
				scanRaBitQ(t, tables, blocks, 0.013, scale, add, make([]float32, rows))
			}
		}
	})
}

// TestRaBitQScanExtremes has every sum as high and as low as it gets.
func TestRaBitQScanExtremes(t *testing.T) {
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			const rows = 3 * BitBlockRows // two together and one left over
			blocks, scale, add, out := randomU8(columns*rows, 2), randomF32(rows, 3), randomF32(rows, 4), make([]float32, rows)
			for _, entry := range []uint8{0, 31, 62} {
				scanRaBitQ(t, filled(columns*bitTableBytes, entry), blocks, 0.013, scale, add, out)
			}
		}
	})
}

func TestRaBitQScanOddNumbers(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	odd := []float32{0, float32(math.Copysign(0, -1)), nan, inf, -inf, math.SmallestNonzeroFloat32, 0x1p-126, math.MaxFloat32, -math.MaxFloat32, 1}
	const columns, rows = 3, 3 * BitBlockRows
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		tables, blocks := randomTables(columns, 1), randomU8(columns*rows, 2)
		scale, add, out := make([]float32, rows), make([]float32, rows), make([]float32, rows)
		for i := range rows {
			scale[i], add[i] = odd[i%len(odd)], odd[i/len(odd)%len(odd)]
		}
		for _, delta := range odd {
			scanRaBitQ(t, tables, blocks, delta, scale, add, out)
		}
	})
}

// TestRaBitQScanIsNeverFused cancels the product, so that only its rounding error would
// be left of a fused multiply-add.
func TestRaBitQScanIsNeverFused(t *testing.T) {
	const columns, rows = 5, BitBlockRows
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		tables, blocks := randomTables(columns, 1), randomU8(columns*rows, 2)
		scale, add, out := randomF32(rows, 3), make([]float32, rows), make([]float32, rows)
		RaBitQScan(tables, blocks, 0.013, scale, nil, add)
		for i := range add {
			add[i] = -add[i]
		}
		RaBitQScan(tables, blocks, 0.013, scale, add, out)
		for i := range out {
			if out[i] != 0 {
				t.Fatalf("row %d: %g is left", i, out[i])
			}
		}
	})
}

func TestRaBitQScanStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			rows := (1 + columns%3) * BitBlockRows
			tables, blocks := randomTables(columns, 5), randomU8(columns*rows, 6)
			scale, add, out := randomF32(rows, 7), randomF32(rows, 8), make([]float32, rows)
			scan := func(tables, blocks []uint8, scale, add, out []float32) {
				RaBitQScan(tables, blocks, 0.5, scale, add, out)
			}
			guarded(t, tables, func(tables []uint8) { scan(tables, blocks, scale, add, out) })
			guarded(t, blocks, func(blocks []uint8) { scan(tables, blocks, scale, add, out) })
			guarded(t, scale, func(scale []float32) { scan(tables, blocks, scale, add, out) })
			guarded(t, add, func(add []float32) { scan(tables, blocks, scale, add, out) })
			guarded(t, out, func(out []float32) {
				scan(tables, blocks, scale, add, out)
				checkRaBitQ(t, tables, blocks, 0.5, scale, add, out)
			})
		}
	})
}

func TestRaBitQScanSplitsLongScans(t *testing.T) {
	eachTier(t, opRaBitQScan, func(t *testing.T) {
		for _, shape := range [][2]int{{48, 200}, {512, 17}} {
			columns, rows := shape[0], shape[1]*BitBlockRows
			tables, blocks := randomTables(columns, 7), randomU8(columns*rows, 8)
			scanRaBitQ(t, tables, blocks, 0.25, randomF32(rows, 9), randomF32(rows, 10), make([]float32, rows))
		}
	})
}

func TestRaBitQScanWithoutColumns(t *testing.T) {
	scale, add, out := randomF32(64, 1), randomF32(64, 2), make([]float32, 64)
	scanRaBitQ(t, nil, nil, 1, scale, add, out)
}

// TestBitTablesAreWithinHalfAStep compares each entry with the sum it stands for.
func TestBitTablesAreWithinHalfAStep(t *testing.T) {
	for dim := range 70 {
		query := randomF32(dim, uint64(dim))
		if dim%3 == 0 { // one large dimension makes all other sums small
			query = append(query, -50)
		}
		tables := make([]uint8, bitTableBytes*BitColumns(len(query)))
		delta := float64(BuildBitTables(query, tables))
		high := 0.0
		for nibble := range len(tables) / 16 {
			for n := range 16 {
				sum, size := 0.0, 0.0
				for j := range 4 {
					if d := 4*nibble + j; d < len(query) {
						q := float64(query[d])
						sum += q * float64(n>>j&1*2-1)
						size += math.Abs(q)
					}
				}
				high = max(high, size)
				entry := tables[16*nibble+n]
				if entry > 62 || entry+tables[16*nibble+15-n] != 62 {
					t.Fatalf("dim %d, nibble %d: entries %d and %d", dim, nibble, entry, tables[16*nibble+15-n])
				}
				if off := math.Abs(float64(int(entry)-31)*delta - sum); off > delta*(0.5+1e-4) {
					t.Fatalf("dim %d, nibble %d, index %d: entry %d of %g is off by %g", dim, nibble, n, entry, delta, off)
				}
			}
		}
		if math.Abs(delta*31-high) > 1e-6*high {
			t.Errorf("dim %d: delta %g, want 1/31 of %g", dim, delta, high)
		}
	}
}

func TestBitTablesOfOddQueries(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		query []float32
		delta float32
	}{
		{[]float32{0, 0, 0, 0, 0, 0, 0, 0, 0}, 0},
		{[]float32{math.SmallestNonzeroFloat32, 0, 0, 0, 0, 0, 0, -0x1p-100}, 0},
		{[]float32{1, 1, 1, nan, 1, 1, 1, 1}, nan},
		{[]float32{1, 1, 1, 1, 1, -inf, inf, 1}, inf},
		{[]float32{math.MaxFloat32, math.MaxFloat32}, inf},
	} {
		tables := make([]uint8, bitTableBytes*BitColumns(len(c.query)))
		delta := BuildBitTables(c.query, tables)
		if delta != c.delta && (delta == delta || c.delta == c.delta) {
			t.Errorf("delta of %g is %g, want %g", c.query, delta, c.delta)
		}
		for _, entry := range tables {
			if entry != 31 {
				t.Fatalf("tables of %g are %d", c.query, tables)
			}
		}
		out := make([]float32, 64)
		RaBitQScan(tables, randomU8(64*len(tables)/32, 1), delta, filled(64, float32(1)), nil, out)
		if bad := c.delta != 0; (out[5] != out[5]) != bad {
			t.Errorf("estimate for %g is %g", c.query, out[5])
		}
	}
}

// TestBitTablesAreTheSameEverywhere holds on every architecture, since ranks must.
func TestBitTablesAreTheSameEverywhere(t *testing.T) {
	h := fnv.New64a()
	for dim := range 200 {
		query, tables := randomF32(dim, uint64(dim)), make([]uint8, bitTableBytes*BitColumns(dim))
		bits := math.Float32bits(BuildBitTables(query, tables))
		h.Write(tables)
		h.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
	}
	if got, want := h.Sum64(), uint64(0x747902b4909bd1ee); got != want {
		t.Errorf("tables hash to %#x, want %#x", got, want)
	}
}

func FuzzRaBitQScan(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, columns uint8, delta, scale, add float32) {
		n := int(columns)%80 + 1
		if len(data) < n*bitTableBytes {
			return
		}
		tables := make([]uint8, n*bitTableBytes)
		for i := range tables {
			tables[i] = data[i] % 63
		}
		data = data[len(tables):]
		rows := len(data) / (n * BitBlockRows) * BitBlockRows
		eachTier(t, opRaBitQScan, func(t *testing.T) {
			scanRaBitQ(t, tables, data[:rows*n], delta, filled(rows, scale), filled(rows, add), make([]float32, rows))
		})
	})
}
