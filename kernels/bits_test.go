package kernels

import (
	"fmt"
	"testing"
)

// bitColumnCounts are the widths of codes to try: all short ones, which cover every
// remainder of the kernels' steps and the edges of byte sums, and the longest.
var bitColumnCounts = func() (list []int) {
	for columns := 1; columns <= 70; columns++ {
		list = append(list, columns)
	}
	return append(list, 93, 94, 96, 124, 125, 128, 511, 512)
}()

// bitBlockCounts returns the block counts to try for codes of so many columns: all of 0
// to 5 for some, and for the others one after another, since blocks do not depend on one
// another's columns.
func bitBlockCounts(columns int) []int {
	if columns <= 5 || columns%31 <= 1 && columns < 100 {
		return []int{0, 1, 2, 3, 4, 5}
	}
	return []int{1 + columns%5}
}

func randomU8(n int, seed uint64) []uint8 {
	r, v := random(seed), make([]uint8, n)
	for i := range v {
		v[i] = uint8(r.Uint32())
	}
	return v
}

// bitOf returns a bit of a row, by the definition of a bit block.
func bitOf(block []uint8, row, dimension int) int {
	return int(block[dimension/8*BitBlockRows+row] >> (dimension % 8) & 1)
}

func TestPutBitRowPlacesEachBit(t *testing.T) {
	const columns = 13
	block := make([]uint8, BitBlockRows*columns)
	codes := randomU8(BitBlockRows*columns, 1)
	for row := range BitBlockRows {
		PutBitRow(block, columns, row, codes[row*columns:][:columns])
	}
	for row := range BitBlockRows {
		for d := range 8 * columns {
			if got, want := bitOf(block, row, d), int(codes[row*columns+d/8]>>(d%8)&1); got != want {
				t.Fatalf("row %d, dimension %d: bit %d, want %d", row, d, got, want)
			}
		}
	}
}

func TestBitColumns(t *testing.T) {
	for dim, want := range map[int]int{0: 0, 1: 1, 8: 1, 9: 2, 384: 48, 4096: 512} {
		if got := BitColumns(dim); got != want {
			t.Errorf("%d dimensions have %d columns, want %d", dim, got, want)
		}
	}
}

func TestWrongBitShapesPanic(t *testing.T) {
	u8 := func(n int) []uint8 { return make([]uint8, n) }
	f32 := func(n int) []float32 { return make([]float32, n) }
	for name, call := range map[string]func(){
		"PutBitRow row":        func() { PutBitRow(u8(128), 2, 64, u8(2)) },
		"PutBitRow below":      func() { PutBitRow(u8(128), 2, -1, u8(2)) },
		"PutBitRow bits":       func() { PutBitRow(u8(128), 2, 0, u8(3)) },
		"PutBitRow block":      func() { PutBitRow(u8(129), 2, 0, u8(2)) },
		"SignBits short":       func() { SignBits(f32(9), u8(1)) },
		"SignBits long":        func() { SignBits(f32(8), u8(2)) },
		"HammingScan blocks":   func() { HammingScan(u8(2), u8(127), make([]uint16, 64)) },
		"HammingScan out":      func() { HammingScan(u8(1), u8(63), make([]uint16, 63)) },
		"HammingScan columns":  func() { HammingScan(u8(513), u8(513*64), make([]uint16, 64)) },
		"BuildBitTables":       func() { BuildBitTables(f32(9), u8(32)) },
		"BuildBitTables long":  func() { BuildBitTables(f32(4097), u8(513*32)) },
		"RaBitQScan tables":    func() { RaBitQScan(u8(33), u8(64), 1, f32(64), nil, f32(64)) },
		"RaBitQScan blocks":    func() { RaBitQScan(u8(32), u8(63), 1, f32(64), nil, f32(64)) },
		"RaBitQScan scale":     func() { RaBitQScan(u8(32), u8(64), 1, f32(63), nil, f32(64)) },
		"RaBitQScan add":       func() { RaBitQScan(u8(32), u8(64), 1, f32(64), f32(1), f32(64)) },
		"RaBitQScan part rows": func() { RaBitQScan(u8(32), u8(32), 1, f32(32), nil, f32(32)) },
		"RaBitQScan columns":   func() { RaBitQScan(u8(32*513), u8(64*513), 1, f32(64), nil, f32(64)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); len(got) < 9 || got[:9] != "kernels: " {
					t.Errorf("panic %q", got)
				}
			}()
			call()
		})
	}
}
