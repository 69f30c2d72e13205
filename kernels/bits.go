package kernels

import (
	"fmt"
	"iter"
)

// A bit block holds the 1-bit codes of BitBlockRows rows, transposed by bytes: byte
// c*64+r is bits 8c to 8c+7 of row r, and bit j of it belongs to dimension 8c+j. It has
// ceil(dim/8) columns of 64 bytes, so a row takes dim/8 bytes on average, and the last
// block of a set is filled up with zeros. Bits behind the last dimension are zero.
//
// The layout is what makes the scans fast. Row r sits in byte lane r of every column, so
// a column is one step for 64 rows (one AVX-512 register, two of AVX2, four of NEON), sums
// stay in their lanes, and nothing is added up across a register. A column is also what
// byte look-ups want: 16-entry tables for four dimensions each, as in Quick ADC (André,
// Kermarrec, Le Scouarnec, PVLDB 9(4), 2015) and FAISS FastScan. docs/design/bit-codes.md
// has what it was compared with.

const (
	// BitBlockRows is the number of rows of a bit block.
	BitBlockRows = 64
	// BitDimensionMax bounds the dimensions of 1-bit codes: the sum of the table entries of
	// 4096 dimensions is at most 62*1024 and fits 16 bits.
	BitDimensionMax = 4096

	bitColumnsMax = BitDimensionMax / 8
)

// BitColumns returns the columns of a bit block for rows of dim dimensions, which is also
// the bytes of one row's code.
func BitColumns(dim int) int { return (dim + 7) / 8 }

// PutBitRow writes the code of one row, as SignBits makes it, into its block.
//
// Shape: len(bits) == columns, len(block) == 64*columns, 0 <= row < 64. Other rows stay as
// they are. O(columns), no allocation. Panics if the shape does not fit (caller bug).
func PutBitRow(block []uint8, columns, row int, bits []uint8) {
	if columns < 0 || len(bits) != columns || len(block) != BitBlockRows*columns || uint(row) >= BitBlockRows {
		panic(fmt.Sprintf("kernels: PutBitRow: row %d of %d bytes, %d columns, block of %d", row, len(bits), columns, len(block)))
	}
	for c, b := range bits {
		block[c*BitBlockRows+row] = b
	}
}

// checkBitScan panics unless blocks holds whole blocks of so many columns for the rows of
// out.
func checkBitScan(operation string, columns, blocksLen, outLen int) {
	if columns > bitColumnsMax {
		panic(fmt.Sprintf("kernels: %s: %d columns, at most %d", operation, columns, bitColumnsMax))
	}
	if outLen%BitBlockRows != 0 || blocksLen != columns*outLen {
		panic(fmt.Sprintf("kernels: %s: %d code bytes for %d rows of %d, in blocks of %d", operation, blocksLen, outLen, columns, BitBlockRows))
	}
}

// bitPieces is pieces for rows in whole blocks.
func bitPieces(rows, columns int) iter.Seq2[int, int] {
	return func(yield func(first, end int) bool) {
		for first, end := range pieces(rows/BitBlockRows, BitBlockRows*columns) {
			if !yield(first*BitBlockRows, end*BitBlockRows) {
				return
			}
		}
	}
}
