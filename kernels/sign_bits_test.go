package kernels

import (
	"encoding/binary"
	"math"
	"testing"
)

func init() {
	allocationCalls[opSignBits] = func() func() {
		row, bits := randomF32(100, 1), make([]uint8, 13)
		return func() { SignBits(row, bits) }
	}
}

// checkSignBits looks at the sign bit and the magnitude of each number.
func checkSignBits(t *testing.T, row []float32, bits []uint8) {
	t.Helper()
	for j := range 8 * len(bits) {
		want := uint8(0)
		if j < len(row) {
			if b := math.Float32bits(row[j]); b != 0 && b <= 0x7F800000 {
				want = 1
			}
		}
		if got := bits[j/8] >> (j % 8) & 1; got != want {
			t.Fatalf("%d dimensions: bit %d is %d, want %d", len(row), j, got, want)
		}
	}
}

func TestSignBitsIsExact(t *testing.T) {
	odd := []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)),
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.MaxFloat32, -math.MaxFloat32, math.Float32frombits(0xFFC00001)}
	eachTier(t, opSignBits, func(t *testing.T) {
		for dim := range 4*64 + 2 {
			row := shifted(randomF32(dim, uint64(dim)), dim*4%64)
			bits := shifted(filled(BitColumns(dim), uint8(0xA5)), dim%64)
			SignBits(row, bits)
			checkSignBits(t, row, bits)
			for j := range row {
				row[j] = odd[(j*3+dim)%len(odd)]
			}
			SignBits(row, bits)
			checkSignBits(t, row, bits)
		}
	})
}

func TestSignBitsStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opSignBits, func(t *testing.T) {
		for dim := range 4*64 + 2 {
			values, bits := randomF32(dim, uint64(dim)), make([]uint8, BitColumns(dim))
			guarded(t, values, func(row []float32) { SignBits(row, bits) })
			guarded(t, bits, func(bits []uint8) {
				SignBits(values, bits)
				checkSignBits(t, values, bits)
			})
		}
	})
}

func TestSignBitsSplitsLongRows(t *testing.T) {
	eachTier(t, opSignBits, func(t *testing.T) {
		row := randomF32(2*callBytesMax/4+77, 3)
		bits := make([]uint8, BitColumns(len(row)))
		SignBits(row, bits)
		checkSignBits(t, row, bits)
	})
}

func FuzzSignBits(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		row := make([]float32, len(data)/4)
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*j:]))
		}
		bits := make([]uint8, BitColumns(len(row)))
		eachTier(t, opSignBits, func(t *testing.T) {
			SignBits(row, bits)
			checkSignBits(t, row, bits)
		})
	})
}
