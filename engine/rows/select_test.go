package rows

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBestOfIsTheFrontOfASort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 300).Draw(t, "scores") // many ties
		hits := make([]Hit, len(scores))
		for i, score := range scores {
			hits[i] = Hit{Ref: Ref{Part: int32(i % 3), Row: uint32(i)}, Score: float64(score)}
		}
		sorted := slices.SortedFunc(slices.Values(hits), Hit.Compare)
		if rapid.Bool().Draw(t, "in order") {
			copy(hits, sorted)
		}
		k := rapid.IntRange(0, len(hits)+2).Draw(t, "k")
		got := slices.SortedFunc(slices.Values(BestOf(hits, k)), Hit.Compare)
		if want := sorted[:min(k, len(hits))]; !slices.Equal(got, want) {
			t.Fatalf("the best %d of %d: %v, want %v", k, len(hits), got, want)
		}
	})
}

func TestBestOfEndsWhereScoresAreInNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOfN(rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1}), 1, 50).Draw(t, "scores")
		hits := make([]Hit, len(scores))
		for i, score := range scores {
			hits[i] = Hit{Ref: Ref{Row: uint32(i)}, Score: score}
		}
		k := rapid.IntRange(0, len(hits)).Draw(t, "k")
		if got := BestOf(hits, k); len(got) != k {
			t.Fatalf("%d hits, want %d", len(got), k)
		}
	})
}
