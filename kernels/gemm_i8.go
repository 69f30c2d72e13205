package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
)

const (
	gemmColumns = 16 // columns of a panel
	gemmGroup   = 4  // elements of a column that lie side by side
	gemmHeader  = 4 * gemmColumns
	gemmSideMax = math.MaxInt32 // rows of a, and columns: no product of sizes wraps around
)

// PackedGemmI8Size returns the bytes of n packed columns of k weights. Panics unless k is a
// multiple of 4 from 4 to DotI8DimensionMax, and n one of 16 below 2^31.
func PackedGemmI8Size(k, n int) int {
	if k < gemmGroup || k > DotI8DimensionMax || k%gemmGroup != 0 || n < 0 || n > gemmSideMax || n%gemmColumns != 0 {
		panic(fmt.Sprintf("kernels: GemmI8: %d weights in each of %d columns", k, n))
	}
	return n / gemmColumns * (gemmHeader + gemmColumns*k)
}

// PackGemmI8 packs weights, n rows of k elements, for GemmI8; each row is a column of the
// product. The layout is the same for every CPU and may be stored.
//
// A panel holds 16 columns. It starts with 16 little-endian int32, for each column the sum
// of -w over its negative weights w, from which the kernels without an instruction for
// four products start. Then come k/4 groups of 64 bytes: byte 4*c+j of group g is weight
// 4*g+j of column c, plus 128.
//
// len(weights) == k*n; len(packed) == PackedGemmI8Size(k, n); they may not overlap.
// O(k*n), no allocation. Panics if the lengths do not fit (caller bug).
func PackGemmI8(weights []int8, k, n int, packed []uint8) {
	if len(packed) != PackedGemmI8Size(k, n) || len(weights) != k*n {
		panic(fmt.Sprintf("kernels: PackGemmI8: %d weights, %d by %d, in %d bytes", len(weights), n, k, len(packed)))
	}
	for j := 0; j < n; j += gemmColumns {
		size := gemmHeader + gemmColumns*k
		packPanel(weights[j*k:][:gemmColumns*k], k, packed[:size])
		packed = packed[size:]
	}
}

// packPanel packs 16 columns.
func packPanel(weights []int8, k int, panel []uint8) {
	for c := range gemmColumns {
		negative := int32(0)
		for l, w := range weights[c*k:][:k] {
			negative -= int32(min(w, 0))
			panel[gemmHeader+gemmColumns*(l&^3)+gemmGroup*c+l&3] = uint8(w) ^ 0x80
		}
		binary.LittleEndian.PutUint32(panel[4*c:], uint32(negative))
	}
}

// GemmI8 sets out[i*n+j] to the dot product of row i of a and packed column j: the product
// of an m by k matrix and the transpose of the n by k matrix that was packed.
//
// Shape: len(a) == m*k, len(packed) == PackedGemmI8Size(k, n), len(out) == m*n; k is a
// multiple of 4 up to DotI8DimensionMax, n of 16, m any. The full range -128..127 is legal
// on both sides. Exact: all CPU tiers return the same bits, if packed is what PackGemmI8
// wrote; whatever it holds, nothing outside of the slices is touched. out must not overlap
// the inputs, which are not written. O(m*k*n), no allocation. Panics if the lengths do not
// fit (caller bug).
func GemmI8(a []int8, packed []uint8, m, k, n int, out []int32) {
	if m < 0 || m > gemmSideMax || len(packed) != PackedGemmI8Size(k, n) || len(a) != m*k || len(out) != m*n {
		panic(fmt.Sprintf("kernels: GemmI8: %d by %d in %d elements, %d packed columns in %d bytes, %d results", m, k, len(a), n, len(packed), len(out)))
	}
	raceRead(a)
	raceRead(packed)
	raceWrite(out)
	// Kernels take eight rows at a time: one call's work is bounded by eight rows and all
	// panels, for which 1536 columns of 384 take 60 us on Zen 3.
	for ; m > 0; m -= 8 {
		rows := min(m, 8)
		gemmI8(a[:rows*k], packed, rows, k, n, out)
		a, out = a[rows*k:], out[rows*n:]
	}
}

// gemmI8 needs at least one row.
func gemmI8(a []int8, packed []uint8, m, k, n int, out []int32) {
	if n > 0 && !asmGemmI8(&a[0], &packed[0], &out[0], m, k, n) {
		gemmI8Generic(a, packed, m, k, n, out)
	}
}

// gemmI8Generic is the definition of GemmI8.
func gemmI8Generic(a []int8, packed []uint8, m, k, n int, out []int32) {
	panelBytes := gemmHeader + gemmColumns*k
	for j := 0; j < n; j += gemmColumns {
		panel := packed[j/gemmColumns*panelBytes+gemmHeader:][:gemmColumns*k]
		for i := range m {
			gemmRowGeneric(a[i*k:][:k], panel, out[i*n+j:][:gemmColumns])
		}
	}
}

// gemmRowGeneric multiplies one row by a panel without its header.
func gemmRowGeneric(a []int8, panel []uint8, out []int32) {
	var sums [gemmColumns]int32
	for l, x := range a {
		group := panel[gemmColumns*(l&^3)+l&3:]
		for c := range sums {
			sums[c] += int32(x) * int32(int8(group[gemmGroup*c]^0x80))
		}
	}
	copy(out, sums[:])
}
