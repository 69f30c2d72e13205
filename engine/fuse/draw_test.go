package fuse

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// plain returns candidates that share nothing, of the given relevance.
func plain(relevance ...float32) *Batch {
	b := &Batch{}
	b.Reset(0)
	r := rand.New(rand.NewPCG(1, 2))
	for range relevance {
		signature := make([]uint8, signatureBytes)
		for i := range signature {
			signature[i] = uint8(r.Uint32())
		}
		b.Add(signature)
	}
	for f := range model.FactorCount {
		clear(b.Column(f))
	}
	copy(b.Column(model.Relevance), relevance)
	return b
}

var relevanceAlone = model.Weights{1}

// drawn returns how often each pair of candidates is drawn, in that order, of all draws.
func drawn(t *testing.T, relevance []float32, draws int) map[[2]int]float64 {
	t.Helper()
	var f Fuser
	shares := map[[2]int]float64{}
	r := rand.New(rand.NewPCG(3, 4))
	b := plain(relevance...)
	for range draws {
		copy(b.Column(model.Relevance), relevance)
		b.Drawn, b.Lot = 2, func(int) uint64 { return r.Uint64() }
		picks := f.Choose(b, &relevanceAlone, 2)
		shares[[2]int{picks[0].Index, picks[1].Index}] += 1 / float64(draws)
	}
	return shares
}

// TestDrawsHaveTheChancesOfRelevance compares how often a candidate is drawn first, and
// which one after it, with drawing without replacement by hand.
func TestDrawsHaveTheChancesOfRelevance(t *testing.T) {
	relevance := []float32{.8, .4, .2, .1, 0}
	const draws = 40_000
	got, total := drawn(t, relevance, draws), float64(0)
	for _, w := range relevance {
		total += float64(w)
	}
	for i, first := range relevance {
		for j, second := range relevance {
			if i == j {
				continue
			}
			want := float64(first) / total * float64(second) / (total - float64(first))
			off := 4 * math.Sqrt(want*(1-want)/draws) // four standard deviations
			if x := got[[2]int{i, j}]; math.Abs(x-want) > off {
				t.Errorf("%d, then %d: %.4f of all draws, want %.4f", i, j, x, want)
			}
		}
	}
}

func TestDrawsComeAfterTheBest(t *testing.T) {
	var f Fuser
	for seed := range uint64(60) {
		weights := model.Intent(seed % 5).Weights()
		n, k := 1+int(seed*seed)%CandidatesMax, 1+int(seed)%40
		best := slices.Clone(f.Choose(randomBatch(seed, n), &weights, k))
		b, r := randomBatch(seed, n), rand.New(rand.NewPCG(seed, 0))
		b.Drawn, b.Lot = int(seed)%(k+3), func(int) uint64 { return r.Uint64() }
		picks := f.Choose(b, &weights, k)
		kept := k - min(k, b.Drawn)
		if min(kept, len(best)) > len(picks) || !slices.Equal(best[:min(kept, len(best))], picks[:min(kept, len(best))]) {
			t.Fatalf("seed %d: the first %d differ from those without a draw", seed, kept)
		}
		standing := map[int]bool{}
		for rank, p := range picks {
			for _, i := range append(f.Duplicates(nil, b, rank), p.Index) {
				if standing[i] {
					t.Fatalf("seed %d: candidate %d stands in two hits", seed, i)
				}
				standing[i] = true
			}
		}
		if len(picks) < k && len(standing) < n {
			t.Fatalf("seed %d: %d picks of %d wanted, while %d candidates are open", seed, len(picks), k, n-len(standing))
		}
	}
}

func TestWhatIsNotRelevantIsNotDrawn(t *testing.T) {
	var f Fuser
	b := plain(0, .001, 0, 0)
	b.Drawn, b.Lot = 4, func(i int) uint64 { return uint64(i) << 60 }
	picks := f.Choose(b, &relevanceAlone, 4)
	if len(picks) != 4 || picks[0].Index != 1 || picks[1].Index != 0 || picks[3].Index != 3 {
		t.Errorf("%v: the one that is relevant is drawn, the others are the best that are left", picks)
	}
}

func TestWhatRepeatsADrawIsPassedOver(t *testing.T) {
	var f Fuser
	for seed := range uint64(32) {
		b := plain(.9, .9, .1)
		copy(b.Signatures[signatureBytes:], b.Signatures[:signatureBytes]) // the second repeats the first
		b.Drawn, b.Lot = 3, func(i int) uint64 { return (seed>>i&1)<<60 + uint64(i+1)<<50 }
		if picks := f.Choose(b, &relevanceAlone, 3); len(picks) != 2 || picks[0].Index+picks[1].Index < 2 {
			t.Fatalf("seed %d: %v, want one of the first two and the third", seed, picks)
		}
	}
}

func TestLotsKeepTheirOrderAtTheirEnds(t *testing.T) {
	if exponential(math.MaxUint64) != 0 || exponential(0) != 53 {
		t.Errorf("%v and %v, want 0 and 53", exponential(math.MaxUint64), exponential(0))
	}
	for _, x := range []float64{1, 1.5, 2, 3, 1000, 1 << 52} {
		if d := math.Abs(log2(x) - math.Log2(x)); d > 1e-9 {
			t.Errorf("log2(%v) is off by %v", x, d)
		}
	}
}

func TestDrawingDoesNotAllocate(t *testing.T) {
	var f Fuser
	b := randomBatch(1, CandidatesMax)
	relevance := slices.Clone(b.Column(model.Relevance))
	weights := model.IntentGeneral.Weights()
	b.Lot = func(i int) uint64 { return uint64(i) * 0x9E3779B97F4A7C15 }
	if allocated := testing.AllocsPerRun(20, func() {
		copy(b.Column(model.Relevance), relevance)
		b.Drawn = 4
		f.Choose(b, &weights, 8)
	}); allocated != 0 {
		t.Errorf("%v allocations", allocated)
	}
}

func BenchmarkDraw(b *testing.B) {
	var f Fuser
	batch := randomBatch(1, 160)
	relevance := slices.Clone(batch.Column(model.Relevance))
	weights := model.IntentGeneral.Weights()
	batch.Lot = func(i int) uint64 { return uint64(i) * 0x9E3779B97F4A7C15 }
	for _, drawn := range []int{0, 2} {
		b.Run([]string{"none", "", "two"}[drawn], func(b *testing.B) {
			for b.Loop() {
				copy(batch.Column(model.Relevance), relevance)
				batch.Drawn = drawn
				f.Choose(batch, &weights, 8)
			}
		})
	}
}
