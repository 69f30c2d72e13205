package fuse

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/minhash"
	"github.com/nexus-memory/nexus/engine/model"
)

const stride = 64

const scale = 1.0 / (127 * 8)

// encodings are the vectors of a random batch.
func encodings(b *Batch, i int) []int8 {
	codes, _ := b.Encode(nil, i)
	return codes
}

// randomBatch fills a batch with n candidates, some near-duplicates of others.
func randomBatch(seed uint64, n int) *Batch {
	r := rand.New(rand.NewPCG(seed, 1))
	b := &Batch{}
	b.Reset(stride)
	var all []int8
	b.Encode = func(dst []int8, i int) ([]int8, float32) { return append(dst, all[i*stride:][:stride]...), scale }
	for i := range n {
		signature, codes := make([]uint8, signatureBytes), make([]int8, stride)
		for j := range signature {
			signature[j] = uint8(1 + r.IntN(255))
		}
		for j := range codes {
			codes[j] = int8(r.IntN(255) - 127)
		}
		if i > 0 && r.IntN(4) == 0 { // most bytes of an earlier one
			copy(signature[:60+r.IntN(68)], b.Signatures[r.IntN(i)*signatureBytes:])
		}
		if i > 0 && r.IntN(3) == 0 { // near an earlier one
			copy(codes[:r.IntN(stride)], all[r.IntN(i)*stride:])
		}
		all = append(all, codes...)
		b.Add(signature)
	}
	for f := range model.FactorCount {
		for i := range b.Column(f) {
			b.Column(f)[i] = float32(r.IntN(50)) / 50 // ties are common
		}
	}
	return b
}

// choose is the definition: each step by brute force over all candidates.
func choose(b *Batch, w *model.Weights, k int) (picks []int, stands [][]int) {
	n := b.Count
	diversity, open, from := make([]float32, n), make([]bool, n), float32(.85)
	for i := range n {
		diversity[i], open[i] = 1, true
	}
	for len(picks) < k {
		best, bestScore := -1, float32(0)
		for i := range n {
			if !open[i] {
				continue
			}
			var sum float32
			for f := range model.FactorCount {
				x := b.Column(f)[i]
				if f == model.Diversity {
					x = diversity[i]
				}
				sum = sum + float32(w[f]*x)
			}
			if best < 0 || sum > bestScore {
				best, bestScore = i, sum
			}
		}
		if best < 0 {
			break
		}
		open[best] = false
		var dups []int
		for i := range n {
			if !open[i] {
				continue
			}
			equal, dot := 0, 0
			for j := range signatureBytes {
				if b.Signatures[best*signatureBytes+j] == b.Signatures[i*signatureBytes+j] {
					equal++
				}
			}
			theirs := encodings(b, i)
			for j, code := range encodings(b, best) {
				dot += int(code) * int(theirs[j])
			}
			words := minhash.Jaccard(uint8(equal))
			if words >= minhash.DuplicateThreshold {
				open[i] = false
				dups = append(dups, i)
				continue
			}
			cosine := min(1, float32(float32(dot)*scale)*scale)
			// Likeness of words counts from a half on, of vectors from .85.
			repeats := max(2*(words-.5), (cosine-from)*(1/(1-from)), 0)
			diversity[i] = min(diversity[i], 1-repeats)
		}
		picks, stands = append(picks, best), append(stands, dups)
	}
	return picks, stands
}

func TestChooseEqualsBruteForce(t *testing.T) {
	var f Fuser
	for seed := range uint64(60) {
		n := 1 + int(seed*seed)%CandidatesMax
		k := 1 + int(seed)%40
		weights := model.Intent(seed % 5).Weights()
		wantPicks, wantDups := choose(randomBatch(seed, n), &weights, k)
		b := randomBatch(seed, n)
		picks := f.Choose(b, &weights, k)
		if len(picks) != len(wantPicks) {
			t.Fatalf("seed %d: %d picks, want %d", seed, len(picks), len(wantPicks))
		}
		for rank, p := range picks {
			if p.Index != wantPicks[rank] {
				t.Fatalf("seed %d: pick %d is %d, want %d", seed, rank, p.Index, wantPicks[rank])
			}
			if dups := f.Duplicates(nil, b, rank); !slices.Equal(dups, wantDups[rank]) {
				t.Fatalf("seed %d: pick %d stands for %v, want %v", seed, rank, dups, wantDups[rank])
			}
		}
	}
}

func TestEqualScoresRankByIndex(t *testing.T) {
	b := randomBatch(1, 40)
	for f := range model.FactorCount {
		for i := range b.Column(f) {
			b.Column(f)[i] = .5
		}
	}
	weights := model.Weights{1}
	var f Fuser
	last := -1
	for _, p := range f.Choose(b, &weights, 40) {
		if p.Index <= last {
			t.Fatalf("index %d after %d", p.Index, last)
		}
		last = p.Index
	}
}

func TestTextsWithoutWordsAreNoDuplicates(t *testing.T) {
	b := &Batch{}
	b.Reset(0)
	for range 3 {
		b.Add(make([]uint8, signatureBytes))
	}
	weights := model.IntentGeneral.Weights()
	for f := range model.FactorCount {
		clear(b.Column(f))
	}
	var f Fuser
	if n := len(f.Choose(b, &weights, 8)); n != 3 {
		t.Fatalf("%d picks, want 3", n)
	}
}

func TestABatchRefusesMoreThanItHolds(t *testing.T) {
	b := randomBatch(3, CandidatesMax)
	if _, ok := b.Add(make([]uint8, signatureBytes)); ok || b.Count != CandidatesMax {
		t.Fatal("a full batch took one more")
	}
}

func TestFusionDoesNotAllocate(t *testing.T) {
	b, weights := randomBatch(2, 256), model.IntentGeneral.Weights()
	var f Fuser
	dups := make([]int, 0, 256)
	run := func() {
		for i, p := range f.Choose(b, &weights, 8) {
			dups = f.Duplicates(dups[:0], b, i)
			_ = p
		}
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkChoose256(b *testing.B) {
	batch, weights := randomBatch(2, 256), model.IntentGeneral.Weights()
	saved := slices.Clone(batch.Columns[:])
	var f Fuser
	for b.Loop() {
		copy(batch.Columns[:], saved) // the choice uses columns up
		if len(f.Choose(batch, &weights, 8)) != 8 {
			b.Fatal("not eight")
		}
	}
}

// A vector is read once at most, and only where a candidate comes to the top.
func TestFewVectorsAreRead(t *testing.T) {
	b, weights := randomBatch(5, 128), model.IntentGeneral.Weights()
	encode, read := b.Encode, make(map[int]int)
	b.Encode = func(dst []int8, i int) ([]int8, float32) {
		read[i]++
		return encode(dst, i)
	}
	var f Fuser
	f.Choose(b, &weights, 8)
	for i, n := range read {
		if n != 1 {
			t.Fatalf("candidate %d was read %d times", i, n)
		}
	}
	if len(read) < 8 || len(read) > 64 {
		t.Fatalf("%d of 128 were read for 8 picks", len(read))
	}
}

// What stands behind another candidate is chosen after it, in a line of them, too, and
// none is lost.
func TestWhatStandsBehindIsChosenAfterWhatStandsBefore(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := 2 + r.IntN(100)
		b := randomBatch(seed, n)
		for i, front := range r.Perm(n)[:n-1] {
			if front != i && r.IntN(2) == 0 && !leadsTo(b.Behind, front, i) {
				b.Behind = append(b.Behind, Behind{Candidate: i, Front: front})
			}
		}
		weights := model.IntentGeneral.Weights()
		var f Fuser
		picks := f.Choose(b, &weights, n)
		taken := map[int]int{} // by candidate, the rank of what took or stands for it
		for rank, p := range picks {
			taken[p.Index] = rank
			for _, i := range f.Duplicates(nil, b, rank) {
				taken[i] = rank
			}
		}
		if len(taken) != n {
			t.Fatalf("seed %d: %d of %d are chosen or stood for", seed, len(taken), n)
		}
		for _, h := range b.Behind {
			if picks[taken[h.Candidate]].Index == h.Candidate && taken[h.Candidate] < taken[h.Front] {
				t.Fatalf("seed %d: %d at %d, before %d at %d", seed, h.Candidate, taken[h.Candidate], h.Front, taken[h.Front])
			}
		}
	}
}

// leadsTo reports whether a candidate stands behind another, by whatever line. Every
// candidate stands behind one at most.
func leadsTo(list []Behind, from, to int) bool {
	for _, h := range list {
		if h.Candidate == from {
			return h.Front == to || leadsTo(list, h.Front, to)
		}
	}
	return false
}
