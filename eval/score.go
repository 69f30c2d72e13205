// Package eval measures how well a store finds the evidence of questions.
//
// A Set is a corpus of turns and questions that name the turns their answers
// rest on. Run puts the corpus into stores, asks every question and returns a
// Report: the metrics of Score, per category, with Wilson intervals and the
// checksums of the data. What an answer's wording would be plays no part:
// nothing here is judged, everything is counted.
package eval

import (
	"fmt"
	"math"
)

// Cuts are the values of k in any@k, frac@k and all@k. 8 is what a question
// returns by default, so frac@8 is the lead figure.
var Cuts = [...]int{1, 5, 8, 10, 20}

// Figures holds one value of every metric, in the order of MetricNames. Of one
// question each is 0..1; of a Row it is the plain mean over its questions.
type Figures [MetricCount]float64

// The layout of Figures: three metrics at every cut for turns, the same for
// sessions, then the two that have no cut of their own.
const (
	cutCount     = 5
	metricAny    = 0 * cutCount
	metricFrac   = 1 * cutCount
	metricAll    = 2 * cutCount
	levelMetrics = 3 * cutCount
	metricMRR    = 2 * levelMetrics
	metricNDCG   = metricMRR + 1

	// MetricCount is the number of metrics.
	MetricCount = metricNDCG + 1

	ndcgCut = 10
)

// MetricNames returns the names of all metrics: "any@1" to "all@20" of turns,
// "s.any@1" to "s.all@20" of sessions, "mrr" and "ndcg@10".
func MetricNames() []string {
	names := make([]string, 0, MetricCount)
	for _, level := range [...]string{"", "s."} {
		for _, metric := range [...]string{"any", "frac", "all"} {
			for _, k := range Cuts {
				names = append(names, fmt.Sprintf("%s%s@%d", level, metric, k))
			}
		}
	}
	return append(names, "mrr", "ndcg@10")
}

// Get returns the value of the metric of that name, or NaN.
func (f *Figures) Get(name string) float64 {
	for i, n := range MetricNames() {
		if n == name {
			return f[i]
		}
	}
	return math.NaN()
}

// Score returns the figures of one question: ranked are the turns found, best
// first, evidence the turns it rests on (E, a set), sessionOf a turn's session.
//
//	any@k   1 if the first k hold at least one of E, else 0
//	frac@k  share of all of E that is in the first k: at most k/|E|
//	all@k   1 if every one of E is in the first k, else 0
//	mrr     1/rank of the first one of E in the whole list, 0 if there is none
//	ndcg    of the first 10, gain 1 or 0, discount 1/log2(rank+1), divided by
//	        that of an ideal list of min(10, |E|)
//	s.*     the turns' sessions, each at its first appearance, against the set
//	        of E's sessions; k counts distinct sessions
//
// A turn without a session is one of its own. ok is false where E is empty:
// such a question is part of no mean.
func Score(ranked, evidence []string, sessionOf func(turn string) string) (f Figures, ok bool) {
	wanted := setOf(evidence)
	if len(wanted) == 0 {
		return f, false
	}
	scoreLevel(f[:levelMetrics], ranked, wanted)
	scoreLevel(f[levelMetrics:metricMRR], sessionsOf(ranked, sessionOf), setOf(sessionsOf(evidence, sessionOf)))
	f[metricMRR], f[metricNDCG] = ranks(ranked, wanted)
	return f, true
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// sessionsOf returns the distinct sessions of turns, by first appearance.
func sessionsOf(turns []string, sessionOf func(string) string) []string {
	seen := make(map[string]bool, len(turns))
	var sessions []string
	for _, t := range turns {
		s := sessionOf(t)
		if s == "" {
			s = "turn " + t
		}
		if !seen[s] {
			seen[s] = true
			sessions = append(sessions, s)
		}
	}
	return sessions
}

// scoreLevel fills any, frac and all at every cut. What is found twice counts once.
func scoreLevel(f []float64, ranked []string, wanted map[string]bool) {
	found := make(map[string]bool, len(wanted))
	at := 0
	for i, k := range Cuts {
		for ; at < min(k, len(ranked)); at++ {
			if wanted[ranked[at]] {
				found[ranked[at]] = true
			}
		}
		f[metricFrac+i] = float64(len(found)) / float64(len(wanted))
		if len(found) > 0 {
			f[metricAny+i] = 1
		}
		if len(found) == len(wanted) {
			f[metricAll+i] = 1
		}
	}
}

// ranks returns the two metrics that look at ranks.
func ranks(ranked []string, wanted map[string]bool) (mrr, ndcg float64) {
	var gain, ideal float64
	seen := make(map[string]bool, len(wanted))
	for i, id := range ranked {
		if !wanted[id] || seen[id] {
			continue
		}
		seen[id] = true
		if mrr == 0 {
			mrr = 1 / float64(i+1)
		}
		if i < ndcgCut {
			gain += 1 / math.Log2(float64(i+2))
		}
	}
	for i := range min(ndcgCut, len(wanted)) {
		ideal += 1 / math.Log2(float64(i+2))
	}
	return mrr, gain / ideal
}

// Wilson returns the 95 % score interval of a mean of n values in 0..1 (Wilson
// 1927). It is exact in kind for shares of questions (any, all) and too wide,
// never too narrow in variance, for means of fractions (frac, mrr, ndcg).
func Wilson(mean float64, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	size := float64(n)
	centre := mean + z*z/(2*size)
	half := z * math.Sqrt(mean*(1-mean)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	return max(0, (centre-half)/scale), min(1, (centre+half)/scale)
}
