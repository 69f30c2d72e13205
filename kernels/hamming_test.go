package kernels

import (
	"math/bits"
	"testing"
)

func init() {
	allocationCalls[opHammingScan] = func() func() {
		query, blocks, out := randomU8(40, 1), randomU8(40*192, 2), make([]uint16, 192)
		return func() { HammingScan(query, blocks, out) }
	}
}

// checkHamming counts each row by itself.
func checkHamming(t *testing.T, query, blocks []uint8, out []uint16) {
	t.Helper()
	for i, got := range out {
		want := 0
		for c, q := range query {
			want += bits.OnesCount8(q ^ blocks[i/BitBlockRows*BitBlockRows*len(query)+c*BitBlockRows+i%BitBlockRows])
		}
		if int(got) != want {
			t.Fatalf("%d columns, %d rows: row %d is %d, want %d", len(query), len(out), i, got, want)
		}
	}
}

func TestHammingScanIsExact(t *testing.T) {
	eachTier(t, opHammingScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			for _, count := range bitBlockCounts(columns) {
				rows := count * BitBlockRows
				query := shifted(randomU8(columns, 1), (columns+count)%64)
				blocks := shifted(randomU8(columns*rows, 2), (columns*3+count)%64)
				out := filled(rows, uint16(0xFFFF))
				HammingScan(query, blocks, out)
				checkHamming(t, query, blocks, out)
			}
		}
		out := filled(64, uint16(7))
		HammingScan(nil, nil, out)
		checkHamming(t, nil, nil, out)
	})
}

// TestHammingScanExtremes has every byte sum as high as it gets, in blocks that kernels
// take together and in one that is left over.
func TestHammingScanExtremes(t *testing.T) {
	eachTier(t, opHammingScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			for _, pair := range [][2]uint8{{0, 255}, {255, 0}, {255, 255}, {0xF0, 0x0F}} {
				query, blocks := filled(columns, pair[0]), filled(5*columns*BitBlockRows, pair[1])
				out := make([]uint16, 5*BitBlockRows)
				HammingScan(query, blocks, out)
				checkHamming(t, query, blocks, out)
			}
		}
	})
}

// TestHammingScanSeesEachBit flips single bits, all of them in one column after another.
func TestHammingScanSeesEachBit(t *testing.T) {
	eachTier(t, opHammingScan, func(t *testing.T) {
		for columns := 1; columns <= 9; columns++ {
			blocks, out := make([]uint8, columns*BitBlockRows), make([]uint16, BitBlockRows)
			for d := range 8 * columns {
				query := make([]uint8, columns)
				query[d/8] = 1 << (d % 8)
				row := d * 7 % BitBlockRows
				blocks[d/8*BitBlockRows+row] = 1 << (d % 8)
				HammingScan(query, blocks, out)
				checkHamming(t, query, blocks, out)
				blocks[d/8*BitBlockRows+row] = 0
			}
		}
	})
}

func TestHammingScanStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opHammingScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			for _, count := range []int{1, 2 + columns%4} {
				query, blocks := randomU8(columns, 5), randomU8(columns*count*BitBlockRows, 6)
				out := make([]uint16, count*BitBlockRows)
				guarded(t, query, func(query []uint8) { HammingScan(query, blocks, out) })
				guarded(t, blocks, func(blocks []uint8) { HammingScan(query, blocks, out) })
				guarded(t, out, func(out []uint16) {
					HammingScan(query, blocks, out)
					checkHamming(t, query, blocks, out)
				})
			}
		}
	})
}

func TestHammingScanSplitsLongScans(t *testing.T) {
	eachTier(t, opHammingScan, func(t *testing.T) {
		for _, shape := range [][2]int{{96, 100}, {1, 4097}, {512, 17}} {
			query, blocks := randomU8(shape[0], 7), randomU8(shape[0]*shape[1]*BitBlockRows, 8)
			out := make([]uint16, shape[1]*BitBlockRows)
			HammingScan(query, blocks, out)
			checkHamming(t, query, blocks, out)
		}
	})
}

func FuzzHammingScan(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, columns uint8) {
		n := int(columns)%80 + 1
		if len(data) < n {
			return
		}
		query := data[:n]
		blocks := data[n : n+(len(data)-n)/(n*BitBlockRows)*n*BitBlockRows]
		out := make([]uint16, len(blocks)/n)
		eachTier(t, opHammingScan, func(t *testing.T) {
			HammingScan(query, blocks, out)
			checkHamming(t, query, blocks, out)
		})
	})
}
