//go:build !race

package confidence

import "testing"

func TestFeaturesAndProbabilityDoNotAllocate(t *testing.T) {
	table := described(t, "green canoe", "I bought a canoe.", "Green.", "And more.")
	scores := []float32{3, 2, 1}
	var g Gauge
	m := BuiltIn()
	m.Probability(g.Features(table, scores))
	if n := testing.AllocsPerRun(100, func() { m.Probability(g.Features(table, scores)) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
