package eval

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// sessionBefore takes "s1/t3" as turn 3 of session s1.
func sessionBefore(turn string) string {
	session, _, _ := strings.Cut(turn, "/")
	return session
}

// numbered returns n turns that are evidence of nothing, each a session.
func numbered(n int) []string {
	turns := make([]string, n)
	for i := range turns {
		turns[i] = fmt.Sprintf("x%d/t", i)
	}
	return turns
}

// TestScoreByHand holds one case a row of the definitions, computed by hand.
func TestScoreByHand(t *testing.T) {
	log2 := math.Log2
	cases := []struct {
		name             string
		ranked, evidence []string
		want             map[string]float64
	}{
		{
			"one found at rank 1", []string{"a/1", "b/1"}, []string{"a/1"},
			map[string]float64{"any@1": 1, "frac@1": 1, "all@1": 1, "all@20": 1, "mrr": 1, "ndcg@10": 1, "s.any@1": 1, "s.frac@1": 1, "s.all@1": 1},
		},
		{
			"one found at rank 6", append(numbered(5), "a/1"), []string{"a/1"},
			map[string]float64{"any@1": 0, "any@5": 0, "any@8": 1, "frac@5": 0, "frac@8": 1, "all@8": 1, "mrr": 1. / 6, "ndcg@10": 1 / log2(7), "s.any@5": 0, "s.any@8": 1},
		},
		{
			"one of two found at rank 2", []string{"x/1", "a/1", "x/2"}, []string{"a/1", "b/1"},
			map[string]float64{"any@1": 0, "any@5": 1, "frac@5": .5, "all@5": 0, "all@20": 0, "mrr": .5, "ndcg@10": (1 / log2(3)) / (1 + 1/log2(3)), "s.frac@5": .5, "s.all@20": 0},
		},
		{
			"evidence larger than k", []string{"a/1", "a/2", "a/3", "a/4", "a/5"}, []string{"a/1", "a/2", "a/3", "a/4", "a/5", "a/6"},
			map[string]float64{"frac@1": 1. / 6, "frac@5": 5. / 6, "frac@20": 5. / 6, "all@20": 0, "any@1": 1, "s.all@1": 1, "s.frac@1": 1},
		},
		{
			"fewer results than k", []string{"a/1"}, []string{"a/1", "b/1"},
			map[string]float64{"any@20": 1, "frac@20": .5, "all@20": 0, "mrr": 1, "ndcg@10": 1 / (1 + 1/log2(3))},
		},
		{
			"no results", nil, []string{"a/1"},
			map[string]float64{"any@20": 0, "frac@20": 0, "all@20": 0, "mrr": 0, "ndcg@10": 0, "s.any@20": 0},
		},
		{
			"repeated sessions count once, so session k reaches further", []string{"x/1", "x/2", "x/3", "x/4", "x/5", "a/1"}, []string{"a/9"},
			map[string]float64{"any@20": 0, "mrr": 0, "s.any@1": 0, "s.any@5": 1, "s.frac@5": 1, "s.all@5": 1},
		},
		{
			"two pieces of evidence of one session are one session", []string{"a/1"}, []string{"a/1", "a/2"},
			map[string]float64{"frac@1": .5, "all@1": 0, "s.frac@1": 1, "s.all@1": 1},
		},
		{
			"evidence named twice is one", []string{"a/1"}, []string{"a/1", "a/1"},
			map[string]float64{"frac@1": 1, "all@1": 1, "ndcg@10": 1},
		},
		{
			"beyond ten only mrr counts", append(numbered(10), "a/1"), []string{"a/1"},
			map[string]float64{"any@10": 0, "any@20": 1, "mrr": 1. / 11, "ndcg@10": 0},
		},
		{
			"ideal of ndcg stops at ten", evidenceOf(10), evidenceOf(12),
			map[string]float64{"ndcg@10": 1, "frac@10": 10. / 12, "all@20": 0},
		},
	}
	for _, c := range cases {
		f, ok := Score(c.ranked, c.evidence, sessionBefore)
		if !ok {
			t.Errorf("%s: skipped", c.name)
		}
		for name, want := range c.want {
			if got := f.Get(name); !(math.Abs(got-want) < 1e-12) {
				t.Errorf("%s: %s is %v, want %v", c.name, name, got, want)
			}
		}
	}
}

func evidenceOf(n int) []string {
	turns := make([]string, n)
	for i := range turns {
		turns[i] = fmt.Sprintf("a/%d", i)
	}
	return turns
}

func TestScoreSkipsEmptyEvidence(t *testing.T) {
	if f, ok := Score([]string{"a/1"}, nil, sessionBefore); ok || f != (Figures{}) {
		t.Errorf("got %v, %v, want nothing", f, ok)
	}
}

func TestTurnWithoutSessionIsItsOwn(t *testing.T) {
	none := func(string) string { return "" }
	f, _ := Score([]string{"x", "a"}, []string{"a"}, none)
	if f.Get("s.any@1") != 0 || f.Get("s.any@5") != 1 {
		t.Errorf("s.any@1 %v, s.any@5 %v, want 0, 1", f.Get("s.any@1"), f.Get("s.any@5"))
	}
}

func TestMetricNamesFillFigures(t *testing.T) {
	names := MetricNames()
	if len(names) != MetricCount || names[metricMRR] != "mrr" || names[metricFrac+2] != "frac@8" || names[levelMetrics+metricAll] != "s.all@1" {
		t.Fatalf("got %q", names)
	}
	if f := (&Figures{}); !math.IsNaN(f.Get("nothing")) {
		t.Error("an unknown metric has a value")
	}
}

// TestWilson compares with values worked out by hand from the formula: 5 of 10
// is .5 -+ .2634, 0 of 10 reaches up to z²/(n+z²).
func TestWilson(t *testing.T) {
	cases := []struct {
		mean      float64
		n         int
		low, high float64
	}{
		{.5, 10, .236593, .763407},
		{0, 10, 0, .277533},
		{1, 10, .722467, 1},
		{.589, 1018, .5585, .6188},
		{0, 0, 0, 1},
	}
	for _, c := range cases {
		low, high := Wilson(c.mean, c.n)
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("Wilson(%v, %d) = %.6f..%.6f, want %.6f..%.6f", c.mean, c.n, low, high, c.low, c.high)
		}
	}
}
