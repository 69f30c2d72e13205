package kernels

import (
	"math"
	"unsafe"
)

// halfTail is what kernels without masked loads of small elements multiply with the last
// eight elements of a row: the last elements of the query behind zeros, and ones for the
// lanes that were not counted yet.
type halfTail struct {
	query [8]float32
	keep  [8]uint16
}

// newHalfTail returns the tail of a query of dim >= 8 elements; at(j) is element j.
func newHalfTail(dim int, at func(j int) float32) (t halfTail) {
	for i := 8 - dim%8; i < 8; i++ {
		t.query[i] = at(dim - 8 + i)
		t.keep[i] = math.MaxUint16
	}
	return t
}

// bytes returns where the tail starts.
func (t *halfTail) bytes() *byte {
	// SAFETY: the kernels read the 48 bytes of the struct, which has no padding.
	return (*byte)(unsafe.Pointer(t))
}

// DotScanF16 sets out[i] to the dot product of query and row i of rows, which hold IEEE
// 754 half precision floats (see EncodeF16).
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Elements are converted without loss; within n*eps*sum(|q[j]*r[j]|) of the exact sum,
// n = len(query), eps = 2^-23, and n*2^-149 more where products fall below the normal
// range, where no partial sum overflows. Tiers differ in the order of addition. NaN and infinities
// follow IEEE 754. out must not overlap the inputs, which are not written. O(rows), no
// allocation. Panics if the lengths do not fit (caller bug).
func DotScanF16(query []float32, rows []uint16, out []float32) {
	checkScan("DotScanF16", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) < 8 || 2*len(query) > callBytesMax {
		dotScanF16Generic(query, rows, out)
		return
	}
	tail := newHalfTail(len(query), func(j int) float32 { return query[j] })
	for first, end := range pieces(len(out), 2*len(query)) {
		if !asmDotScanF16(&query[0], tail.bytes(), &rows[first*len(query)], &out[first], len(query), end-first) {
			dotScanF16Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// dotScanF16Generic is the definition of DotScanF16.
func dotScanF16Generic(query []float32, rows []uint16, out []float32) {
	for i := range out {
		var sums [4]float32
		for j, q := range query {
			sums[j&3] += q * DecodeF16(rows[i*len(query)+j])
		}
		out[i] = (sums[0] + sums[1]) + (sums[2] + sums[3])
	}
}

// DotScanBF16 sets out[i] to the dot product of query and row i of rows, both bfloat16
// (see EncodeBF16).
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Within n*eps*sum(|q[j]*r[j]|) of the exact sum, n = len(query), eps = 2^-23, and
// n*2^-149 more where products fall below the normal range, where no partial sum
// overflows. The instruction of AVX512-BF16 takes elements and results below 2^-126 for
// zero, so that tier may miss n*2^-126*(1 + the largest element) more. Tiers differ in the
// order of addition. NaN and infinities follow IEEE 754. out must not overlap the inputs,
// which are not written. O(rows), no allocation. Panics if the lengths do not fit (caller
// bug).
func DotScanBF16(query, rows []uint16, out []float32) {
	checkScan("DotScanBF16", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) < 8 || 2*len(query) > callBytesMax {
		dotScanBF16Generic(query, rows, out)
		return
	}
	tail := newHalfTail(len(query), func(j int) float32 { return DecodeBF16(query[j]) })
	for first, end := range pieces(len(out), 2*len(query)) {
		if !asmDotScanBF16(&query[0], tail.bytes(), &rows[first*len(query)], &out[first], len(query), end-first) {
			dotScanBF16Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// dotScanBF16Generic is the definition of DotScanBF16.
func dotScanBF16Generic(query, rows []uint16, out []float32) {
	for i := range out {
		var sums [4]float32
		for j, q := range query {
			sums[j&3] += DecodeBF16(q) * DecodeBF16(rows[i*len(query)+j])
		}
		out[i] = (sums[0] + sums[1]) + (sums[2] + sums[3])
	}
}

// EncodeF16 sets out[i] to the half precision float nearest to values[i], ties to even.
// Beyond 65,520 it is infinite, below 2^-25 zero; a NaN stays one. Plain Go: a vector is
// encoded once. Panics if the lengths differ (caller bug).
func EncodeF16(values []float32, out []uint16) {
	checkScan("EncodeF16", 1, len(values), len(out))
	for i, v := range values {
		out[i] = encodeF16(v)
	}
}

// encodeF16 rounds by an addition: of a number that has just the unwanted bits below its
// last place for normal results, of one half for those below 2^-14.
func encodeF16(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	magnitude := bits & 0x7FFFFFFF
	switch {
	case magnitude > 0x7F800000: // NaN
		return sign | 0x7E00
	case magnitude >= 0x477FF000: // 65,520 and more round to infinity
		return sign | 0x7C00
	case magnitude < 0x38800000: // below 2^-14: the last place is 2^-24, that of 0.5
		return sign | uint16(math.Float32bits(math.Float32frombits(magnitude)+0.5)-math.Float32bits(0.5))
	}
	magnitude += 0xFFF + magnitude>>13&1
	return sign | uint16((magnitude-0x38000000)>>13)
}

// DecodeF16 returns the value of a half precision float, without loss.
func DecodeF16(half uint16) float32 {
	sign, exponent, fraction := uint32(half&0x8000)<<16, uint32(half>>10&31), uint32(half&0x3FF)
	switch exponent {
	case 0: // fraction * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0x7F800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// EncodeBF16 sets out[i] to the bfloat16 nearest to values[i], ties to even; a NaN stays
// one. Plain Go: a vector is encoded once. Panics if the lengths differ (caller bug).
func EncodeBF16(values []float32, out []uint16) {
	checkScan("EncodeBF16", 1, len(values), len(out))
	for i, v := range values {
		bits := math.Float32bits(v)
		if v != v {
			out[i] = uint16(bits>>16) | 0x40 // quiet, so that cutting cannot make it infinite
		} else {
			out[i] = uint16((bits + 0x7FFF + bits>>16&1) >> 16)
		}
	}
}

// DecodeBF16 returns the value of a bfloat16, without loss.
func DecodeBF16(half uint16) float32 { return math.Float32frombits(uint32(half) << 16) }
