package kernels

import (
	"math"
	"slices"
	"testing"
)

func init() {
	allocationCalls[opUnpackRows] = func() func() {
		var rows [PackedBlock]uint32
		data := packed(randomU32(PackedBlock, 1), 7)
		return func() { UnpackRows(&rows, data, 7, math.MaxUint32) }
	}
	allocationCalls[opUnpackFreqs] = func() func() {
		var freqs [PackedBlock]uint16
		data := packed(randomU32(PackedBlock, 1), 3)
		return func() { UnpackFreqs(&freqs, data, 3) }
	}
}

// packed writes the lowest width bits of each value bit by bit, and unpackAhead bytes of
// ones that are not to be seen.
func packed(values []uint32, width int) []uint8 {
	data := make([]uint8, len(values)*width/8, len(values)*width/8+unpackAhead)
	for i, v := range values {
		for b := range width {
			at := i*width + b
			data[at/8] |= uint8(v>>b&1) << (at % 8)
		}
	}
	return append(data, filled(unpackAhead, uint8(0xFF))...)
}

// gapsOf are values that no width takes by luck: all ones, zeros, single bits and any.
func gapsOf(width int) [][]uint32 {
	single := make([]uint32, PackedBlock)
	for i := range single {
		single[i] = uint32(1) << (i % max(1, width))
	}
	return [][]uint32{filled(PackedBlock, uint32(0)), filled(PackedBlock, uint32(math.MaxUint32)), single, randomU32(PackedBlock, uint64(width))}
}

// checkUnpackRows sums up the values in 64 bits; they share nothing with packed data.
func checkUnpackRows(t *testing.T, data []uint8, values []uint32, width int, before uint32) {
	t.Helper()
	var rows [PackedBlock]uint32
	UnpackRows(&rows, data, width, before)
	sum := uint64(before)
	for i, got := range rows {
		sum += uint64(values[i])&(1<<width-1) + 1
		if got != uint32(sum) {
			t.Fatalf("width %d, %d bytes: row %d is %d, want %d", width, len(data), i, got, uint32(sum))
		}
	}
}

func checkUnpackFreqs(t *testing.T, data []uint8, values []uint32, width int) {
	t.Helper()
	var freqs [PackedBlock]uint16
	UnpackFreqs(&freqs, data, width)
	for i, got := range freqs {
		if want := uint16(values[i]&(1<<width-1) + 1); got != want {
			t.Fatalf("width %d, %d bytes: frequency %d is %d, want %d", width, len(data), i, got, want)
		}
	}
}

func TestUnpackRowsIsExact(t *testing.T) {
	eachTier(t, opUnpackRows, func(t *testing.T) {
		for width := range 33 {
			for _, values := range gapsOf(width) {
				data := packed(values, width)
				for _, before := range []uint32{math.MaxUint32, 0, 1 << 31} {
					for _, ahead := range []int{0, 1, unpackAhead - PackedAhead} { // without a kernel and with it
						checkUnpackRows(t, shifted(data[:len(data)-ahead], width%64), values, width, before)
					}
				}
			}
		}
	})
}

func TestUnpackFreqsIsExact(t *testing.T) {
	eachTier(t, opUnpackFreqs, func(t *testing.T) {
		for width := range 17 {
			for _, values := range gapsOf(width) {
				data := packed(values, width)
				for _, ahead := range []int{0, 1, unpackAhead - PackedAhead} {
					checkUnpackFreqs(t, shifted(data[:len(data)-ahead], width%64), values, width)
				}
			}
		}
	})
}

func TestUnpackStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opUnpackRows, func(t *testing.T) {
		for width := range 33 {
			values := randomU32(PackedBlock, uint64(width))
			data := packed(values, width)
			for _, cut := range []int{0, 1, unpackAhead - PackedAhead} {
				guarded(t, data[:len(data)-cut], func(data []uint8) { checkUnpackRows(t, data, values, width, 5) })
			}
			guarded(t, make([]uint32, PackedBlock), func(out []uint32) { UnpackRows((*[PackedBlock]uint32)(out), data, width, 5) })
		}
	})
	eachTier(t, opUnpackFreqs, func(t *testing.T) {
		for width := range 17 {
			values := randomU32(PackedBlock, uint64(width))
			data := packed(values, width)
			for _, cut := range []int{0, 1, unpackAhead - PackedAhead} {
				guarded(t, data[:len(data)-cut], func(data []uint8) { checkUnpackFreqs(t, data, values, width) })
			}
			guarded(t, make([]uint16, PackedBlock), func(out []uint16) { UnpackFreqs((*[PackedBlock]uint16)(out), data, width) })
		}
	})
}

func TestUnpackRefusesShapesThatDoNotFit(t *testing.T) {
	var rows [PackedBlock]uint32
	var freqs [PackedBlock]uint16
	data := make([]uint8, 1024)
	for name, call := range map[string]func(){
		"width -1":      func() { UnpackRows(&rows, data, -1, 0) },
		"width 33":      func() { UnpackRows(&rows, data, 33, 0) },
		"rows, short":   func() { UnpackRows(&rows, data[:7*16+PackedAhead-1], 7, 0) },
		"width 17":      func() { UnpackFreqs(&freqs, data, 17) },
		"freqs, short":  func() { UnpackFreqs(&freqs, data[:PackedAhead-1], 0) },
		"freqs, no bit": func() { UnpackFreqs(&freqs, nil, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint8(3), uint32(0))
	f.Fuzz(func(t *testing.T, data []byte, width uint8, before uint32) {
		data = append(slices.Clone(data), make([]byte, 32*16+unpackAhead)...)
		var rows, wantRows [PackedBlock]uint32
		var freqs, wantFreqs [PackedBlock]uint16
		eachTier(t, opUnpackRows, func(t *testing.T) {
			w := int(width % 33)
			UnpackRows(&rows, data, w, before)
			if unpackRowsGeneric(&wantRows, data, uint(w), before); rows != wantRows {
				t.Fatalf("width %d: %v, want %v", w, rows, wantRows)
			}
		})
		eachTier(t, opUnpackFreqs, func(t *testing.T) {
			w := int(width % 17)
			UnpackFreqs(&freqs, data, w)
			if unpackFreqsGeneric(&wantFreqs, data, uint(w)); freqs != wantFreqs {
				t.Fatalf("width %d: %v, want %v", w, freqs, wantFreqs)
			}
		})
	})
}

func BenchmarkUnpack(b *testing.B) {
	var rows [PackedBlock]uint32
	var freqs [PackedBlock]uint16
	gaps, more := packed(randomU32(PackedBlock, 1), 7), packed(randomU32(PackedBlock, 1), 2)
	b.Run("rows", func(b *testing.B) {
		for b.Loop() {
			UnpackRows(&rows, gaps, 7, 0)
		}
	})
	b.Run("rows/generic", func(b *testing.B) {
		for b.Loop() {
			unpackRowsGeneric(&rows, gaps, 7, 0)
		}
	})
	b.Run("freqs", func(b *testing.B) {
		for b.Loop() {
			UnpackFreqs(&freqs, more, 2)
		}
	})
	b.Run("freqs/generic", func(b *testing.B) {
		for b.Loop() {
			unpackFreqsGeneric(&freqs, more, 2)
		}
	})
}
