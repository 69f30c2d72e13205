package engine_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestVectorEffortReachesTheVectors: of the same question, asked of a store whose vectors have
// short codes, the least effort finds fewer of the nearest than the most, and neither has the other's
// answer out of the cache.
func TestVectorEffortReachesTheVectors(t *testing.T) {
	const count, dim, k = 6000, 128, 20
	r := rand.New(rand.NewPCG(45, 45))
	db := open(t, t.TempDir(), engine.Options{Dim: dim})
	memories := make([]engine.Memory, count)
	for i := range memories {
		memories[i] = engine.Memory{Text: "a memory", Vector: randomVector(r, dim)}
	}
	add(t, db, memories...)
	if err := db.Compact(t.Context()); err != nil { // which makes the codes
		t.Fatal(err)
	}
	cosine := func(a, b []float32) float64 {
		var ab, aa, bb float64
		for i, x := range a {
			ab, aa, bb = ab+float64(x)*float64(b[i]), aa+float64(x)*float64(x), bb+float64(b[i])*float64(b[i])
		}
		return ab / math.Sqrt(aa*bb)
	}
	found := map[float32]int{}
	for range 20 {
		query := randomVector(r, dim)
		scores := make([]float64, count)
		for i := range memories {
			scores[i] = cosine(query, memories[i].Vector)
		}
		slices.Sort(scores)
		least := scores[count-k] - 1e-6
		for _, effort := range []float32{1. / 16, 1, 16} {
			for _, h := range ask(t, db, engine.Query{Vector: query, K: k, Engines: []string{"vector"}, SingleEngine: true, VectorEffort: effort}).Hits {
				if float64(h.Score) >= least {
					found[effort]++
				}
			}
		}
	}
	if found[1./16] >= found[1] || found[1] > found[16] || found[16] < 20*k*99/100 {
		t.Errorf("of %d: %v", 20*k, found)
	}
}

func TestVectorEffortHasBounds(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "Priya swam in the lake."})
	for _, effort := range []float32{-1, .06, 16.5, float32(math.NaN()), float32(math.Inf(1))} {
		if _, err := db.Query(t.Context(), engine.Query{Text: "Who swam?", VectorEffort: effort}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("effort %v: %v", effort, err)
		}
	}
}
