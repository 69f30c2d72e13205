package vector

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// bareLoop compares a question with listed rows by inner products in float32, and keeps the
// best ten: what a filtered search is measured against (bench/peers/vectors).
type bareLoop struct {
	vectors []float32
	ids     []uint32
	scores  []float32
	best    []uint32 // positions in ids, best first
}

func (l *bareLoop) ask(query []float32) {
	kernels.GatherDotF32(query, l.vectors, l.ids, l.scores)
	l.best = l.best[:0]
	for i, score := range l.scores {
		if len(l.best) == 10 {
			if score <= l.scores[l.best[9]] {
				continue
			}
			l.best = l.best[:9]
		}
		at := len(l.best)
		for at > 0 && l.scores[l.best[at-1]] < score {
			at--
		}
		l.best = slices.Insert(l.best, at, uint32(i))
	}
}

// gated gives parts gates as those of files of which nothing was checked but rows.
func gated(parts []Part) []Part {
	for _, p := range parts {
		p.Gate = &Gate{Passed: make([]atomic.Uint64, (p.RowCount()+63)/64), Pass: func(int) {}}
	}
	return parts
}

// BenchmarkFilterBesideTheBareLoop reports the median time of a question that a filter lets a
// share of all rows pass for, that of the bare loop over these rows, turn about, and their
// ratio, without lists and with them.
func BenchmarkFilterBesideTheBareLoop(b *testing.B) {
	for _, set := range realSets(b) {
		questions, flat := set.some(300), slices.Concat(set.rows...)
		parts := gated(set.build(model.Cosine, 1<<17))
		for kind, lists := range map[string]*Lists{"flat": nil, "lists": divided(b, model.Cosine, parts...)} {
			for _, share := range []float64{.5, .1, .05, .01, .001} {
				b.Run(fmt.Sprintf("%s/%s/%g%%", set.name, kind, 100*share), func(b *testing.B) {
					parts[0].Allow = randomSet(rand.New(rand.NewPCG(1, 1)), len(set.rows), share)
					loop := bareLoop{vectors: flat}
					parts[0].Allow.Each(func(row int) { loop.ids = append(loop.ids, uint32(row)) })
					loop.scores = make([]float32, len(loop.ids))
					var s Searcher
					var hits []rows.Hit
					var search, bare []time.Duration
					for b.Loop() {
						search = each(search, questions, func(q []float32) {
							s.Prepare(q, model.Cosine, parts)
							if lists != nil {
								s.UseLists(lists, allOf(parts))
							}
							hits = s.Top(hits[:0], 10, never)
						})
						bare = each(bare, questions, loop.ask)
					}
					took, least := median(search), median(bare)
					b.ReportMetric(took/1e3, "us/question")
					b.ReportMetric(least/1e3, "us-bare")
					b.ReportMetric(took/least, "x-bare")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

// each appends the time that each question takes.
func each(times []time.Duration, questions [][]float32, ask func([]float32)) []time.Duration {
	for _, q := range questions {
		started := time.Now()
		ask(q)
		times = append(times, time.Since(started))
	}
	return times
}

// median returns the middle one in nanoseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2])
}
