package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/nexus-memory/nexus/engine/search/confidence"
)

// judged is a question with what the model says of it.
type judged struct {
	asked
	probability float64
}

// reportHeld reports every set by the scores of trees that were fitted on others of its
// conversations.
func reportHeld(all []asked, scores []float32, m *confidence.Model) {
	for _, name := range names(all) {
		var rows []judged
		for i, a := range all {
			if a.set == name {
				rows = append(rows, judged{a, float64(m.Calibrated(scores[i]))})
			}
		}
		report("held out of "+name, rows)
	}
}

// names lists the sets.
func names(all []asked) (names []string) {
	for _, a := range all {
		if !slices.Contains(names, a.set) {
			names = append(names, a.set)
		}
	}
	return names
}

// report prints how well a model tells what was found from what was not.
func report(name string, rows []judged) {
	for _, vectors := range []bool{false, true} {
		var all []judged
		for _, j := range rows {
			if j.vectors == vectors {
				all = append(all, j)
			}
		}
		if len(all) == 0 {
			continue
		}
		with := "words"
		if vectors {
			with = "vectors"
		}
		count := map[kind]int{}
		for _, j := range all {
			count[j.kind]++
		}
		fmt.Printf("%s, %s: %d answerable, %d absent, %d elsewhere\n", name, with, count[answerable], count[absent], count[elsewhere])
		for _, m := range measures {
			if mean, ok := m.of(all); ok {
				low, high := interval(all, m.of)
				fmt.Printf("  %-42s %.3f [%.3f, %.3f]\n", m.name, mean, low, high)
			}
		}
	}
}

// measures are what is reported.
var measures = []struct {
	name string
	of   func([]judged) (float64, bool)
}{
	{"AUROC, answerable against elsewhere", auroc(byKind(answerable), byKind(elsewhere))},
	{"AUROC, answerable against absent", auroc(byKind(answerable), byKind(absent))},
	{"AUROC, found against elsewhere", auroc(isFound, byKind(elsewhere))},
	{"AUROC, found against absent", auroc(isFound, byKind(absent))},
	{"AUROC, found against not found", auroc(isFound, func(j judged) bool { return j.kind == answerable && !j.found })},
	{"share found, of the own", mean(isOwn, func(j judged) float64 { return truth(j) })},
	{"mean confidence, of the own", mean(isOwn, func(j judged) float64 { return j.probability })},
	{"mean confidence, elsewhere", mean(byKind(elsewhere), func(j judged) float64 { return j.probability })},
	{"calibration error, of the own", calibration(isOwn)},
	{"calibration error, of all", calibration(func(judged) bool { return true })},
}

func byKind(k kind) func(judged) bool { return func(j judged) bool { return j.kind == k } }

func isFound(j judged) bool { return j.found }

func isOwn(j judged) bool { return j.kind != elsewhere }

func truth(j judged) float64 {
	if j.found {
		return 1
	}
	return 0
}

func mean(chosen func(judged) bool, of func(judged) float64) func([]judged) (float64, bool) {
	return func(all []judged) (float64, bool) {
		sum, n := 0.0, 0.0
		for _, j := range all {
			if chosen(j) {
				sum += of(j)
				n++
			}
		}
		return sum / max(1, n), n > 0
	}
}

// auroc returns the probability that a question of the first sort is given more than one
// of the second, ties counting half (the Mann-Whitney statistic).
func auroc(better, worse func(judged) bool) func([]judged) (float64, bool) {
	return func(all []judged) (float64, bool) {
		sorted := slices.Clone(all)
		slices.SortFunc(sorted, func(a, b judged) int { return cmp.Compare(a.probability, b.probability) })
		below, pairs, betters := 0.0, 0.0, 0.0
		for first := 0; first < len(sorted); {
			end, b, w := first, 0.0, 0.0
			for ; end < len(sorted) && sorted[end].probability == sorted[first].probability; end++ {
				switch {
				case better(sorted[end]):
					b++
				case worse(sorted[end]):
					w++
				}
			}
			pairs += b * (below + w/2)
			below, betters, first = below+w, betters+b, end
		}
		return pairs / max(1, betters*below), betters > 0 && below > 0
	}
}

// bins of the calibration error.
const bins = 10

// calibration returns the expected calibration error (Naeini et al. 2015): the mean
// distance of what was said and what was found, over bins of what was said.
func calibration(chosen func(judged) bool) func([]judged) (float64, bool) {
	return func(all []judged) (float64, bool) {
		var said, was [bins]float64
		n := 0.0
		for _, j := range all {
			if chosen(j) {
				b := min(bins-1, int(j.probability*bins))
				said[b] += j.probability
				was[b] += truth(j)
				n++
			}
		}
		sum := 0.0
		for b := range said {
			sum += max(said[b]-was[b], was[b]-said[b])
		}
		return sum / max(1, n), n > 0
	}
}

// resamples of an interval.
const resamples = 300

// interval returns the 95 % interval of a measure by resampling whole conversations
// (bootstrap), as questions of one are alike.
func interval(all []judged, of func([]judged) (float64, bool)) (low, high float64) {
	by := map[string][]judged{}
	for _, j := range all {
		by[j.conversation] = append(by[j.conversation], j)
	}
	names := slices.Sorted(maps.Keys(by))
	random := rand.New(rand.NewPCG(1, 1))
	var values []float64
	for range resamples {
		var drawn []judged
		for range names {
			drawn = append(drawn, by[names[random.IntN(len(names))]]...)
		}
		if v, ok := of(drawn); ok {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0, 1
	}
	return values[len(values)*25/1000], values[min(len(values)-1, len(values)*975/1000)]
}
