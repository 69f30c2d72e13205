package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

func init() {
	allocationCalls[opBucketSettle] = func() func() {
		hashes := randomU64(100, 1)
		return func() {
			var sig [SignatureSlots]uint32
			BucketSketch(&sig, hashes)
			BucketUpdate(&sig, hashes[:5])
		}
	}
}

func randomU64(n int, seed uint64) []uint64 {
	r, v := random(seed), make([]uint64, n)
	for i := range v {
		v[i] = r.Uint64()
	}
	return v
}

// offersReference is the definition in words: every hash walks all 128 rounds.
func offersReference(hashes []uint64) [SignatureSlots]uint32 {
	sig := emptySignature()
	for _, h := range hashes {
		slot, turn := h>>57, h>>50&127|1
		stride := uint64(1)
		for stride*turn%SignatureSlots != 1 {
			stride += 2
		}
		for round := range uint64(SignatureSlots) {
			value := uint32(h) + uint32(round)*0x9E3779B9
			sig[slot] = min(sig[slot], uint32(round)<<25|value>>7)
			slot = (slot + stride) % SignatureSlots
		}
	}
	return sig
}

func sketchOf(hashes []uint64) (sig [SignatureSlots]uint32) {
	BucketSketch(&sig, hashes)
	return sig
}

func TestBucketSketchIsExact(t *testing.T) {
	counts := []int{100, 127, 200, 400, 511, 512, 513, 1000, bucketHashesPerCall, bucketHashesPerCall + 1, 2*bucketHashesPerCall + 3}
	for n := range 68 { // every tail of four vectors
		counts = append(counts, n)
	}
	eachTier(t, opBucketSettle, func(t *testing.T) {
		for _, n := range counts {
			values := randomU64(n, uint64(n))
			want := offersReference(values)
			guarded(t, values, func(hashes []uint64) {
				if got := sketchOf(hashes); got != want {
					t.Fatalf("%d hashes: got %x, want %x", n, got, want)
				}
			})
		}
		values := randomU64(33, 1)
		for offset := range 64 {
			if got := sketchOf(shifted(values, offset)); got != offersReference(values) {
				t.Fatalf("%d bytes behind a boundary: got %x", offset, got)
			}
		}
	})
}

// TestBucketSettleIsExact tries every round to start from, and so every number of open
// slots, on signatures that are filled up to there.
func TestBucketSettleIsExact(t *testing.T) {
	eachTier(t, opBucketSettle, func(t *testing.T) {
		hashes := randomU64(settleHashesMin+3, 1)
		for first := range SignatureSlots {
			start := emptySignature()
			r := random(uint64(first))
			for j := range start {
				start[j] = r.Uint32() >> (r.Uint32() % 8)
			}
			for j := range first { // first and last slots of vectors are open and closed in turn
				start[j*37%SignatureSlots] = uint32(r.IntN(max(1, first)))<<walkShift | r.Uint32()>>7
			}
			want := start
			for j := range want {
				if want[j] >= uint32(first)<<walkShift {
					for _, h := range hashes {
						want[j] = min(want[j], offer(h, uint32(j)))
					}
				}
			}
			guarded(t, start[:], func(sig []uint32) {
				bucketSettle((*[SignatureSlots]uint32)(sig), hashes, first)
				if !slices.Equal(sig, want[:]) {
					t.Fatalf("from round %d: got %x, want %x", first, sig, want)
				}
			})
		}
	})
}

// Laws: order, repetition and batches of the hashes do not matter, and the minimum of two
// signatures is that of the union.
func TestBucketSketchLaws(t *testing.T) {
	eachTier(t, opBucketSettle, func(t *testing.T) {
		for _, n := range []int{2, 9, 40, 150, 600, 1500} {
			hashes := randomU64(n, uint64(n))
			want := sketchOf(hashes)
			again := slices.Concat(hashes[n/3:], hashes, hashes[:n/2])
			slices.Reverse(again)
			if got := sketchOf(again); got != want {
				t.Fatalf("%d hashes reversed and repeated: got %x, want %x", n, got, want)
			}
			pieces, a, b := emptySignature(), sketchOf(hashes[:n/4]), sketchOf(hashes[n/5:])
			for piece := range slices.Chunk(hashes, 1+n/7) {
				BucketUpdate(&pieces, piece)
			}
			for j := range a {
				a[j] = min(a[j], b[j])
			}
			if pieces != want || a != want {
				t.Fatalf("%d hashes: in pieces %x, by minima %x, want %x", n, pieces, a, want)
			}
		}
	})
}

func TestBucketSketchExtremes(t *testing.T) {
	eachTier(t, opBucketSettle, func(t *testing.T) {
		for _, h := range []uint64{0, 1, math.MaxUint64, 1 << 63, 1<<63 - 1, 1<<57 - 1, math.MaxUint32, 0xFFFFFFFF << 32} {
			want := offersReference([]uint64{h})
			for _, n := range []int{1, 15, 16, 17, 300, 1030} {
				if got := sketchOf(filled(n, h)); got != want {
					t.Fatalf("%d times %#x: got %x, want %x", n, h, got, want)
				}
			}
		}
		if got := sketchOf(nil); got != emptySignature() {
			t.Fatalf("of nothing: %x", got)
		}
	})
}

// TestWalkIsPublished pins values that every stored signature depends on, and that a walk
// comes to every slot once.
func TestWalkIsPublished(t *testing.T) {
	for turn := range uint64(SignatureSlots) {
		seen := map[uint32]bool{}
		for j := range uint32(SignatureSlots) {
			seen[offer(77<<57|turn<<50, j)>>walkShift] = true
		}
		if stride := uint64(walkStrides[turn]); len(seen) != SignatureSlots || stride*(turn|1)%SignatureSlots != 1 {
			t.Fatalf("turn %d: %d rounds, stride %d", turn, len(seen), stride)
		}
	}
	hashes, state, sum := make([]uint64, 50), uint64(1), uint64(0)
	for i := range hashes {
		state, hashes[i] = splitmix64(state)
	}
	for _, v := range sketchOf(hashes) {
		sum = sum*31 + uint64(v)
	}
	if sum != 0xf3d5365ce1616f99 {
		t.Errorf("signature sums to %#x", sum)
	}
}

// TestBucketSketchEstimatesJaccard compares with the theory: independent minima have a
// standard deviation of sqrt(J(1-J)/128), and 128 tokens drawn of a union of u without
// replacement sqrt(1-128/u) times that. Slots and their low bytes are measured.
func TestBucketSketchEstimatesJaccard(t *testing.T) {
	trials := 2000
	if testing.Short() {
		trials = 100
	}
	for _, c := range []struct {
		shared, own int
		rmse        float64 // measured in 32,000 trials
	}{
		{24, 6, .0297}, {165, 35, .0312}, {824, 176, .0384}, // J = .67 to .7
		{14, 16, .0290}, {92, 108, .0324}, {461, 539, .0390}, // J = .3
		{20, 10, .0314}, {133, 67, .0347}, {667, 333, .0421}, // J = .5
		{28, 2, .0209}, {189, 11, .0207}, {947, 53, .0247}, // J = .9
	} {
		want := float64(c.shared) / float64(c.shared+2*c.own)
		independent := math.Sqrt(want * (1 - want) / SignatureSlots)
		var slot, low, independentLow errorSum
		for trial := range trials {
			equal, equalLow, equalMin := sketchedPair(c.shared, c.own, uint64(trial))
			slot.add(float64(equal)/SignatureSlots - want)
			low.add((float64(equalLow)/SignatureSlots-1./256)/(1-1./256) - want)
			independentLow.add((float64(equalMin)/SignatureSlots-1./256)/(1-1./256) - want)
		}
		t.Logf("%4d tokens, J %.3f: %v, low bytes %v; MinHashUpdate %v, in theory %.4f",
			c.shared+c.own, want, slot, low, independentLow, independent)
		for _, s := range []errorSum{slot, low} {
			most := c.rmse * (1.01 + 3.5/math.Sqrt(2*s.n)) // low bytes cost 1 in 100
			if math.Abs(s.bias()) > 3*s.rmse()/math.Sqrt(s.n) || s.rmse() > most {
				t.Errorf("%d tokens, J %.3f: %v, want at most %.4f", c.shared+c.own, want, s, most)
			}
		}
	}
}

// sketchedPair returns the equal slots and low bytes of the bucket signatures of two
// random sets, and the equal low bytes of their MinHashUpdate signatures.
func sketchedPair(shared, own int, seed uint64) (equal int, low, independent uint8) {
	h := randomU64(shared+2*own, seed)
	other := slices.Concat(h[:shared], h[shared+own:])
	a, b := sketchOf(h[:shared+own]), sketchOf(other)
	for j := range a {
		if a[j] == b[j] {
			equal++
		}
	}
	return equal, equalLow(&a, &b), equalLow(minHashOf(h[:shared+own]), minHashOf(other))
}

// minHashOf is the signature of MinHashUpdate.
func minHashOf(hashes []uint64) *[SignatureSlots]uint32 {
	sig, folded := emptySignature(), make([]uint32, len(hashes))
	for i, h := range hashes {
		folded[i] = uint32(h) ^ uint32(h>>32)
	}
	MinHashUpdate(&sig, folded)
	return &sig
}

func equalLow(a, b *[SignatureSlots]uint32) uint8 {
	var query, row [SignatureSlots]uint8
	var equal [1]uint8
	for j := range a {
		query[j], row[j] = uint8(a[j]), uint8(b[j])
	}
	SignatureScan(&query, row[:], equal[:])
	return equal[0]
}

// errorSum collects errors of an estimate.
type errorSum struct{ n, sum, squares float64 }

func (s *errorSum) add(e float64) { s.n, s.sum, s.squares = s.n+1, s.sum+e, s.squares+e*e }
func (s errorSum) bias() float64  { return s.sum / s.n }
func (s errorSum) String() string {
	return fmt.Sprintf("RMSE %.4f bias %+.4f (%+.1f standard errors)", s.rmse(), s.bias(), s.bias()/s.rmse()*math.Sqrt(s.n))
}
func (s errorSum) rmse() float64 { return math.Sqrt(s.squares / s.n) }

func FuzzBucketSketch(f *testing.F) {
	f.Add([]byte("eight by"), 0)
	f.Add(make([]byte, 8*40), 17)
	f.Fuzz(func(t *testing.T, data []byte, split int) {
		hashes := make([]uint64, min(len(data)/8, 3000))
		for i := range hashes {
			hashes[i] = binary.LittleEndian.Uint64(data[8*i:])
		}
		split = min(max(split, 0), len(hashes))
		sig := sketchOf(hashes[:split])
		BucketUpdate(&sig, hashes[split:])
		if want := offersReference(hashes); sig != want {
			t.Fatalf("split at %d: got %x, want %x", split, sig, want)
		}
	})
}
