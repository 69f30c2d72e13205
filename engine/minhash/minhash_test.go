package minhash

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/kernels"
)

func tokensOf(words []string) *text.Tokens {
	t := &text.Tokens{}
	for _, w := range words {
		t.AppendString(w)
	}
	return t
}

func sketch(words []string) Signature {
	var s Sketcher
	return s.Sketch(tokensOf(words))
}

// equalOf is the comparison as the search makes it.
func equalOf(a, b Signature) uint8 {
	var out [1]uint8
	kernels.SignatureScan(&a, b[:], out[:])
	return out[0]
}

func shingles(words []string) map[string]bool {
	set := map[string]bool{}
	for i, w := range words {
		set[w] = true
		if i > 0 {
			set[words[i-1]+" "+w] = true
		}
	}
	return set
}

func exactJaccard(a, b []string) float64 {
	x, y := shingles(a), shingles(b)
	both := 0
	for s := range x {
		if y[s] {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

// edited returns words with a share of them replaced.
func edited(words []string, share float64, random *rand.Rand) []string {
	out := append([]string(nil), words...)
	for i := range out {
		if random.Float64() < share {
			out[i] = fmt.Sprintf("new%d", random.IntN(1e6))
		}
	}
	return out
}

func TestEstimateFollowsExactJaccard(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, length := range []int{10, 40, 200, 3000} {
		const pairs = 500
		var bias, square, worst float64
		for pair := range pairs {
			// Each pair has words of its own. Of words that all pairs share, some thousands
			// at most, the hashes are drawn once, and .003 of bias was seen from their luck.
			words := make([]string, length)
			for i := range words {
				words[i] = fmt.Sprintf("w%d-%d", pair, random.IntN(20*length))
			}
			other := edited(words, random.Float64()*0.6, random)
			d := float64(Jaccard(equalOf(sketch(words), sketch(other)))) - exactJaccard(words, other)
			bias, square, worst = bias+d, square+d*d, max(worst, math.Abs(d))
		}
		bias, rmse := bias/pairs, math.Sqrt(square/pairs)
		t.Logf("%d words: bias %+.4f, rmse %.4f, worst %.3f", length, bias, rmse, worst)
		// The standard error of the share of 128 independent slots is about .04 over these
		// similarities. Texts of up to 200 words stay below it.
		limit := 0.034
		if length >= 200 {
			limit = 0.042
		}
		if math.Abs(bias) > 0.005 || rmse > limit || worst > 0.18 {
			t.Errorf("%d words: bias %+.4f, rmse %.4f, worst %.3f", length, bias, rmse, worst)
		}
	}
}

func TestIdenticalTextsHaveSimilarityOne(t *testing.T) {
	for _, words := range [][]string{{"one"}, {"a", "b"}, strings.Fields(strings.Repeat("long text ", 9000))} {
		if got := Jaccard(equalOf(sketch(words), sketch(words))); got != 1 {
			t.Errorf("%d words: %v", len(words), got)
		}
	}
}

func TestUnrelatedTextsAreFarBelowTheThreshold(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	signatures := make([]Signature, 400)
	for i := range signatures {
		signatures[i] = sketch(edited(make([]string, 1+random.IntN(60)), 1, random))
	}
	total := 0
	for i := range signatures {
		for j := range i {
			equal := equalOf(signatures[i], signatures[j])
			total += int(equal)
			if Jaccard(equal) > 0.4 {
				t.Fatalf("pair %d %d: %d bytes equal", i, j, equal)
			}
		}
	}
	if mean := float64(total) / (400 * 399 / 2); math.Abs(mean-0.5) > 0.05 {
		t.Errorf("%.3f bytes equal on average, chance gives 0.5", mean)
	}
}

func TestEmptyTextIsNoDuplicate(t *testing.T) {
	empty := sketch(nil)
	if !IsEmpty(&empty) {
		t.Fatal("the signature of no words is not flagged")
	}
	random := rand.New(rand.NewPCG(9, 10))
	for range 500 {
		other := sketch(edited(make([]string, 1+random.IntN(9)), 1, random))
		if IsEmpty(&other) || Jaccard(equalOf(empty, other)) >= DuplicateThreshold {
			t.Fatal("a text with words passes for empty")
		}
	}
}

func TestJaccardRunsFromZeroToOne(t *testing.T) {
	if Jaccard(0) != 0 || Jaccard(kernels.SignatureSlots) != 1 {
		t.Fatalf("%v .. %v", Jaccard(0), Jaccard(kernels.SignatureSlots))
	}
	for m := uint8(1); m <= kernels.SignatureSlots; m++ {
		if Jaccard(m) <= Jaccard(m-1) && m > 1 {
			t.Fatalf("not ascending at %d", m)
		}
	}
	if Jaccard(89) >= DuplicateThreshold || Jaccard(90) < DuplicateThreshold {
		t.Fatal("the threshold is not between 89 and 90 bytes")
	}
}

func TestSketchDependsOnTheWordsAlone(t *testing.T) {
	var s Sketcher
	a, b := strings.Fields("the cat sat on the mat"), strings.Fields("mat the on sat cat the")
	first := s.Sketch(tokensOf(a))
	s.Sketch(tokensOf(strings.Fields(strings.Repeat("x y z ", 3000))))
	if s.Sketch(tokensOf(a)) != first {
		t.Fatal("a used sketcher gives another signature")
	}
	if s.Sketch(tokensOf(b)) == first {
		t.Fatal("the order of words does not count")
	}
	// Golden: signatures are stored, so that these bytes may never change.
	if got := fmt.Sprintf("%x", first[:8]); got != "f8e48f2c84ecdc6b" {
		t.Fatalf("first bytes %s", got)
	}
}

func TestWarmSketchDoesNotAllocate(t *testing.T) {
	var s Sketcher
	words := tokensOf(strings.Fields(strings.Repeat("some words here ", 100)))
	s.Sketch(words)
	if n := testing.AllocsPerRun(20, func() { s.Sketch(words) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkSketch30Words(b *testing.B) {
	var s Sketcher
	words := tokensOf(strings.Fields(strings.Repeat("some more words of it ", 6)))
	var out Signature
	for b.Loop() {
		out = s.Sketch(words)
	}
	if IsEmpty(&out) {
		b.Fatal("empty")
	}
}
