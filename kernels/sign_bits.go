package kernels

import "fmt"

// SignBits sets bit j of the code to row[j] > 0: bit j%8 of bits[j/8], which is 0 for
// zero, -0 and NaN, and 0 behind the last dimension.
//
// Shape: len(bits) == ceil(len(row)/8), any alignment.
// Exact: all CPU tiers return the same bits. bits must not overlap row, which is not
// written. O(row), no allocation. Panics if the lengths do not fit (caller bug).
func SignBits(row []float32, bits []uint8) {
	if len(bits) != BitColumns(len(row)) {
		panic(fmt.Sprintf("kernels: SignBits: %d bytes for %d dimensions", len(bits), len(row)))
	}
	raceRead(row)
	raceWrite(bits)
	for first, end := range pieces(len(row), 4) { // runs of whole bytes: 65,536 bits
		signBits(row[first:end], bits[first/8:])
	}
}

// signBits needs a non-empty row. Kernels make whole bytes; the rest stays in Go.
func signBits(row []float32, bits []uint8) {
	if whole := len(row) / 8; whole > 0 && asmSignBits(&row[0], &bits[0], whole) {
		row, bits = row[8*whole:], bits[whole:]
	}
	signBitsGeneric(row, bits)
}

// signBitsGeneric is the definition of SignBits.
func signBitsGeneric(row []float32, bits []uint8) {
	clear(bits)
	for j, x := range row {
		if x > 0 {
			bits[j/8] |= 1 << (j % 8)
		}
	}
}
