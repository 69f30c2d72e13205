package kernels

import (
	"math"
	"math/bits"
	"strings"
	"testing"
)

var bandShapes = []struct{ rows, bands int }{{6, 21}, {5, 25}, {9, 14}, {1, 128}, {2, 64}, {8, 16}, {16, 8}, {17, 7}, {128, 1}, {7, 3}, {5, 0}}

// bothBandKeys gives BandKeys and BandKeys8 one shape: of slots whose upper bytes are
// used by the first alone.
func bothBandKeys(t *testing.T, test func(t *testing.T, mask uint32, keys func(sig *[SignatureSlots]uint32, rows, bands int) []uint64)) {
	t.Run("slots", func(t *testing.T) {
		test(t, math.MaxUint32, func(sig *[SignatureSlots]uint32, rows, bands int) []uint64 {
			keys := make([]uint64, bands)
			BandKeys(sig, rows, keys)
			return keys
		})
	})
	t.Run("low bytes", func(t *testing.T) {
		test(t, 0xFF, func(sig *[SignatureSlots]uint32, rows, bands int) []uint64 {
			var low [SignatureSlots]uint8
			for j, v := range sig {
				low[j] = uint8(v)
			}
			keys := make([]uint64, bands)
			BandKeys8(&low, rows, keys)
			return keys
		})
	})
}

// TestBandKeyDependsOnItsRowsAlone flips a bit of one slot after the other.
func TestBandKeyDependsOnItsRowsAlone(t *testing.T) {
	bothBandKeys(t, func(t *testing.T, mask uint32, keys func(*[SignatureSlots]uint32, int, int) []uint64) {
		sig := [SignatureSlots]uint32(randomU32(SignatureSlots, 1))
		for _, s := range bandShapes {
			before := keys(&sig, s.rows, s.bands)
			for j := range sig {
				changed := sig
				changed[j] ^= mask & (0x01010101 << (j % 8))
				for b, key := range keys(&changed, s.rows, s.bands) {
					if inside := j/s.rows == b; (key != before[b]) != inside {
						t.Fatalf("%d bands of %d: slot %d, band %d changed %v", s.bands, s.rows, j, b, !inside)
					}
				}
			}
		}
	})
}

// TestBandKeysTellBandsApart: equal rows in different bands, and the same values in another
// order, have other keys; keys spread over all bits.
func TestBandKeysTellBandsApart(t *testing.T) {
	bothBandKeys(t, func(t *testing.T, _ uint32, keys func(*[SignatureSlots]uint32, int, int) []uint64) {
		seen, ones, total := map[uint64]bool{}, 0, 0
		for value := range uint32(200) {
			sig := [SignatureSlots]uint32(filled(SignatureSlots, value))
			for _, key := range keys(&sig, 5, 25) {
				seen[key] = true
				ones += bits.OnesCount64(key)
				total++
			}
		}
		if len(seen) != total || math.Abs(float64(ones)/float64(total)-32) > 0.4 {
			t.Fatalf("%d keys of %d, %.2f bits set on average", len(seen), total, float64(ones)/float64(total))
		}
		var sig, swapped [SignatureSlots]uint32
		sig[0], swapped[1] = 1, 1
		if keys(&sig, 6, 1)[0] == keys(&swapped, 6, 1)[0] {
			t.Fatal("the order of rows does not count")
		}
	})
}

// TestBandKeysFindSimilarSets measures the share of pairs with a common key: J^rows in
// each band, in 25 bands of 5 rows at J = .7 for .99 of the pairs.
func TestBandKeysFindSimilarSets(t *testing.T) {
	const trials = 400
	bothBandKeys(t, func(t *testing.T, _ uint32, keys func(*[SignatureSlots]uint32, int, int) []uint64) {
		for _, c := range []struct {
			shared, own int
			least, most float64
		}{{140, 30, .96, 1}, {60, 70, 0, .16}} { // J = .7 and .3, where the formula says .06
			found := 0
			for trial := range trials {
				h := randomU64(c.shared+2*c.own, uint64(trial))
				a, b := sketchOf(h[:c.shared+c.own]), sketchOf(h[c.own:])
				k, l := keys(&a, 5, 25), keys(&b, 5, 25)
				for i := range k {
					if k[i] == l[i] {
						found++
						break
					}
				}
			}
			if share := float64(found) / trials; share < c.least || share > c.most {
				t.Errorf("%d of %d shared: %.3f of the pairs are found, want %g to %g", c.shared, c.shared+2*c.own, share, c.least, c.most)
			}
		}
	})
}

// TestBandKeysArePublished pins values that stored keys depend on.
func TestBandKeysArePublished(t *testing.T) {
	var sig [SignatureSlots]uint32
	for j := range sig {
		sig[j] = uint32(j) * 0x9E3779B9
	}
	bothBandKeys(t, func(t *testing.T, mask uint32, keys func(*[SignatureSlots]uint32, int, int) []uint64) {
		var sum uint64
		for _, key := range append(keys(&sig, 6, 21), keys(&sig, 9, 14)...) {
			sum = sum*31 + key
		}
		if want := map[uint32]uint64{math.MaxUint32: 0xe71f5cd0c83c4fbf, 0xFF: 0x1f03b4dea203a6b1}[mask]; sum != want {
			t.Errorf("keys sum to %#x, want %#x", sum, want)
		}
	})
}

func TestBandKeysPanicOnWrongShapes(t *testing.T) {
	for rows, bands := range map[int]int{0: 1, -1: 1, 5: 26, 6: 22, 129: 1} {
		for name, call := range map[string]func(){
			"BandKeys: ":  func() { BandKeys(&[SignatureSlots]uint32{}, rows, make([]uint64, bands)) },
			"BandKeys8: ": func() { BandKeys8(&[SignatureSlots]uint8{}, rows, make([]uint64, bands)) },
		} {
			func() {
				defer func() {
					if text, _ := recover().(string); !strings.Contains(text, name) {
						t.Errorf("%s%d bands of %d: %q", name, bands, rows, text)
					}
				}()
				call()
			}()
		}
	}
}

func TestBandKeysDoNotAllocate(t *testing.T) {
	var sig [SignatureSlots]uint32
	var low [SignatureSlots]uint8
	if n := testing.AllocsPerRun(100, func() {
		var keys [25]uint64
		BandKeys(&sig, 5, keys[:])
		BandKeys8(&low, 5, keys[:])
	}); n != 0 {
		t.Errorf("%g allocations a call", n)
	}
}

func BenchmarkBandKeys(b *testing.B) {
	sig := [SignatureSlots]uint32(randomU32(SignatureSlots, 1))
	low := [SignatureSlots]uint8{1, 2, 3}
	for _, s := range bandShapes[:2] {
		keys := make([]uint64, s.bands)
		for name, call := range map[string]func(){
			"slots":     func() { BandKeys(&sig, s.rows, keys) },
			"low bytes": func() { BandKeys8(&low, s.rows, keys) },
		} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					call()
				}
				if keys[0] == 0 || keys[0] == keys[1] {
					b.Fatal("no keys")
				}
			})
		}
	}
}
