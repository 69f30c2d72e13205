package fit

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*(1+math.Abs(b)) }

// Two candidates with scores 0 and 0, the second is the evidence. Swapping ranks 1 and 2
// changes NDCG by 1 - 1/log2(3) = .3690702464; the model is as likely wrong as right.
// Both scores being equal, nothing is divided by their distance. The sum of both lambdas,
// s = .3690702464, becomes log2(1+s) = .4531961.
func TestLambdasOfTwoCandidatesByHand(t *testing.T) {
	out := make([]slope, 2)
	l := lambdas{truncation: 5}
	l.slopes([]uint8{0, 1}, []float32{0, 0}, 1, out)
	s := 1 - 1/math.Log2(3)
	scale := math.Log2(1+s) / s
	want := []slope{{-s / 2 * scale, s / 4 * scale}, {s / 2 * scale, s / 4 * scale}}
	for i := range out {
		if !near(out[i].g, want[i].g) || !near(out[i].h, want[i].h) {
			t.Fatalf("row %d: %v, want %v", i, out[i], want[i])
		}
	}
}

// The evidence is second, a point behind the first of three: p(wrong) = 1/(1+e^-1).
func TestLambdasOfThreeCandidatesByHand(t *testing.T) {
	out := make([]slope, 3)
	l := lambdas{truncation: 5}
	l.slopes([]uint8{0, 1, 0}, []float32{2, 1, -1}, 2, out)
	d1, d2, d3 := 1., 1/math.Log2(3), .5
	p12, p23 := 1/(1+math.Exp(-1)), 1/(1+math.Exp(2))
	a, b := (d1-d2)/1.01*p12, (d2-d3)/2.01*p23
	scale := 2 * math.Log2(1+2*a+2*b) / (2*a + 2*b)
	want := []slope{{-a * scale, a * (1 - p12) * scale}, {(a + b) * scale, (a*(1-p12) + b*(1-p23)) * scale}, {-b * scale, b * (1 - p23) * scale}}
	for i := range out {
		if !near(out[i].g, want[i].g) || !near(out[i].h, want[i].h) {
			t.Fatalf("row %d: %v, want %v", i, out[i], want[i])
		}
	}
}

// byPairs is the definition: all pairs of a better and a worse row, and NDCG computed
// anew with the two swapped.
func byPairs(labels []uint8, scores []float32, cut int) []slope {
	order := ranking(nil, scores)
	dcg := func(order []int32) (sum float64) {
		for rank, row := range order[:min(cut, len(order))] {
			sum += (math.Exp2(float64(labels[row])) - 1) / math.Log2(float64(rank+2))
		}
		return sum
	}
	ideal := slices.Clone(order)
	slices.SortStableFunc(ideal, func(a, b int32) int { return int(labels[b]) - int(labels[a]) })
	out, total := make([]slope, len(labels)), 0.0
	for i, high := range order {
		for j, low := range order {
			if labels[high] <= labels[low] {
				continue
			}
			swapped := slices.Clone(order)
			swapped[i], swapped[j] = low, high
			delta := math.Abs(dcg(swapped)-dcg(order)) / dcg(ideal)
			ahead := float64(scores[high] - scores[low])
			if slices.Max(scores) != slices.Min(scores) {
				delta /= .01 + math.Abs(ahead)
			}
			p := 1 / (1 + math.Exp(ahead))
			out[high].g, out[low].g = out[high].g+delta*p, out[low].g-delta*p
			out[high].h, out[low].h = out[high].h+delta*p*(1-p), out[low].h+delta*p*(1-p)
			total += 2 * delta * p
		}
	}
	for i := range out {
		if total > 0 {
			out[i].g, out[i].h = out[i].g*math.Log2(1+total)/total, out[i].h*math.Log2(1+total)/total
		}
	}
	return out
}

func TestLambdasAreThoseOfAllPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var l lambdas
	for round := range 300 {
		n := 1 + r.IntN(25)
		labels, scores := make([]uint8, n), make([]float32, n)
		for i := range n {
			labels[i] = uint8(max(0, r.IntN(7)-3))
			scores[i] = float32(r.IntN(12)) / 4 // ties
		}
		l.truncation = 1 + r.IntN(12)
		out := make([]slope, n)
		l.slopes(labels, scores, 1, out)
		sum := 0.0
		for i, want := range byPairs(labels, scores, l.truncation) {
			if math.Abs(out[i].g-want.g) > 1e-9 || math.Abs(out[i].h-want.h) > 1e-9 {
				t.Fatalf("round %d, labels %v, scores %v, row %d: %v, want %v", round, labels, scores, i, out[i], want)
			}
			sum += out[i].g
		}
		if math.Abs(sum) > 1e-12 {
			t.Fatalf("lambdas add up to %v", sum)
		}
	}
}

func TestExpAndLog2AreThoseOfMath(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 20_000 {
		x := r.NormFloat64() * 40
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 1e-15*want*4 {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
		if x = 1 + math.Abs(x); math.Abs(log2(x)-math.Log2(x)) > 1e-14 {
			t.Fatalf("log2(%v) = %v, want %v", x, log2(x), math.Log2(x))
		}
	}
	for _, x := range []float64{math.Inf(1), math.Inf(-1), 1e308, -1e308} {
		if got := exp(x); got != exp(math.Copysign(700, x)) {
			t.Errorf("exp(%v) = %v", x, got)
		}
	}
	if exp(0) != 1 || log2(1) != 0 || log2(8) != 3 || discounts[0] != 1 || discounts[2] != .5 {
		t.Error("whole results are not whole")
	}
}
