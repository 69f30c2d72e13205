//go:build !race && !asan && !msan

package kernels

import "testing"

// The sanitizers are told about buffers by address, which lets them escape; other builds
// must not allocate.
func TestKernelsDoNotAllocate(t *testing.T) {
	query8, rows8, out32 := randomI8(100, 1), randomI8(900, 2), make([]int32, 9)
	query, rows, out := randomF32(100, 1), randomF32(900, 2), make([]float32, 9)
	hashes, columns := randomU32(100, 1), randomF32(FactorCount*100, 1)
	eachTier(t, func(t *testing.T) {
		for name, call := range map[string]func(){
			"DotScanI8":  func() { DotScanI8(query8, rows8, out32) },
			"DotScanF32": func() { DotScanF32(query, rows, out) },
			"MinHashUpdate": func() {
				sig := [SignatureSlots]uint32{}
				MinHashUpdate(&sig, hashes)
			},
			"SignatureScan": func() {
				var signature [SignatureSlots]uint8
				var equal [2]uint8
				var stored [2 * SignatureSlots]uint8
				SignatureScan(&signature, stored[:], equal[:])
			},
			"ScoreTop8": func() {
				var top Top8
				weights := testWeights
				ScoreTop8(columns, 100, 100, &weights, &top)
			},
		} {
			if n := testing.AllocsPerRun(100, call); n != 0 {
				t.Errorf("%s allocates %g times a call", name, n)
			}
		}
	})
}
