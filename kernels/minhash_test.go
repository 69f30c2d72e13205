package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opMinHashUpdate] = func() func() {
		hashes := randomU32(100, 1)
		return func() {
			sig := [SignatureSlots]uint32{}
			MinHashUpdate(&sig, hashes)
		}
	}
}

func emptySignature() (sig [SignatureSlots]uint32) {
	for j := range sig {
		sig[j] = math.MaxUint32
	}
	return sig
}

// TestMixTablesArePublished pins values that every stored signature depends on.
func TestMixTablesArePublished(t *testing.T) {
	var sum uint64
	for j := range SignatureSlots {
		sum = sum*31 + uint64(mixXor[j])<<32 + uint64(mixMul[j])
		if mixMul[j]%2 == 0 {
			t.Errorf("mixMul[%d] is even", j)
		}
	}
	if mixXor[0] != 0x2D2532D3 || mixMul[0] != 0x40C7DCFD || sum != 0x74C7A4BB1F096548 {
		t.Errorf("tables start with %#x, %#x and sum to %#x", mixXor[0], mixMul[0], sum)
	}
}

func TestMinHashUpdateIsExact(t *testing.T) {
	counts := []int{100, 1000, hashesPerCall, hashesPerCall + 1, 2*hashesPerCall + 3}
	for n := range 18 {
		counts = append(counts, n)
	}
	eachTier(t, opMinHashUpdate, func(t *testing.T) {
		for _, n := range counts {
			guarded(t, randomU32(n, 1), func(hashes []uint32) {
				got, want := emptySignature(), emptySignature()
				MinHashUpdate(&got, hashes)
				for j := range want {
					for _, h := range hashes {
						want[j] = min(want[j], (h^mixXor[j])*mixMul[j])
					}
				}
				if got != want {
					t.Fatalf("%d hashes: got %x, want %x", n, got, want)
				}
			})
		}
	})
}

func TestMinHashUpdateOnlyTouchesItsSignature(t *testing.T) {
	eachTier(t, opMinHashUpdate, func(t *testing.T) {
		hashes := randomU32(9, 2)
		want := emptySignature()
		MinHashUpdate(&want, hashes)
		empty := emptySignature()
		guarded(t, empty[:], func(sig []uint32) {
			MinHashUpdate((*[SignatureSlots]uint32)(sig), hashes)
			if [SignatureSlots]uint32(sig) != want {
				t.Fatalf("got %x, want %x", sig, want)
			}
		})
	})
}

// Laws: order, repetition and split of the hashes do not matter; extreme hashes are
// hashes like others.
func TestMinHashUpdateLaws(t *testing.T) {
	eachTier(t, opMinHashUpdate, func(t *testing.T) {
		hashes := append(randomU32(100, 3), 0, math.MaxUint32, 1<<31, 1<<31-1)
		once, again := emptySignature(), emptySignature()
		MinHashUpdate(&once, hashes)
		for i := len(hashes); i > 0; i -= 4 {
			MinHashUpdate(&again, hashes[i-4:i])
		}
		MinHashUpdate(&again, hashes)
		if once != again {
			t.Fatalf("in pieces %x, at once %x", again, once)
		}
	})
}

// TestMinHashEstimatesJaccard measures the estimate from the low byte of each slot at
// J = .7. The theory says a standard deviation of .041 for 128 slots.
func TestMinHashEstimatesJaccard(t *testing.T) {
	const shared, own, trials, want = 700, 150, 300, 0.7
	var sum, squares float64
	for trial := range trials {
		h := randomU32(shared+2*own, uint64(trial))
		a, b := emptySignature(), emptySignature()
		MinHashUpdate(&a, h[:shared+own])
		MinHashUpdate(&b, h[:shared])
		MinHashUpdate(&b, h[shared+own:])
		var query [SignatureSlots]uint8
		row, equal := make([]uint8, SignatureSlots), make([]uint8, 1)
		for j := range a {
			query[j], row[j] = uint8(a[j]), uint8(b[j])
		}
		SignatureScan(&query, row, equal)
		const chance = 1.0 / 256
		e := (float64(equal[0])/SignatureSlots-chance)/(1-chance) - want
		sum += e
		squares += e * e
	}
	bias, rmse := sum/trials, math.Sqrt(squares/trials)
	t.Logf("bias %+.4f, RMSE %.4f", bias, rmse)
	if math.Abs(bias) > 0.01 || rmse > 0.05 {
		t.Errorf("bias %+.4f, RMSE %.4f; want at most .01 and .05", bias, rmse)
	}
}
