package engine_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// oddity makes a memory odd in one way.
type oddity struct {
	name string
	make func(p *planted, i int)
}

var oddities = []oddity{
	{"another subject", func(p *planted, i int) {
		p.memories[i].Text = "The " + strings.Join(madeWords(rand.New(rand.NewPCG(uint64(i), 99)), 11), "s ") + "."
	}},
	{"very long", func(p *planted, i int) {
		text := p.memories[i].Text
		for range 12 {
			text += " " + p.memories[p.IntN(len(p.memories))].Text
		}
		p.memories[i].Text = text[:min(len(text), 2500)]
	}},
	{"at night", func(p *planted, i int) {
		at := p.memories[i].EventTime
		p.memories[i].EventTime = time.Date(at.Year(), at.Month(), at.Day(), 3, 10+p.IntN(20), 0, 0, time.UTC)
	}},
	{"a stranger", func(p *planted, i int) { p.memories[i].Speaker = fmt.Sprint("caller ", i) }},
	{"noise", func(p *planted, i int) {
		var b strings.Builder
		for range 60 {
			b.WriteByte("qwxyjzkv#%&0123456789 "[p.IntN(22)])
		}
		p.memories[i].Text = "x" + b.String()
	}},
}

// auc returns the probability that an odd memory stands before an ordinary one; what is
// not in the list ties behind it.
func auc(list []engine.Anomaly, ids []engine.ID, odd []bool) float64 {
	score := map[engine.ID]float64{}
	for rank, a := range list {
		score[a.ID] = float64(len(list) - rank)
	}
	type item struct {
		score float64
		odd   bool
	}
	var all []item
	for i, id := range ids {
		all = append(all, item{score[id], odd[i]})
	}
	slices.SortFunc(all, func(a, b item) int { return cmp.Compare(a.score, b.score) })
	below, ties, won, odds := 0.0, 0.0, 0.0, 0.0
	for i := 0; i < len(all); {
		j, normal, strange := i, 0.0, 0.0
		for ; j < len(all) && all[j].score == all[i].score; j++ {
			if all[j].odd {
				strange++
			} else {
				normal++
			}
		}
		ties = normal
		won += strange * (below + ties/2)
		below, odds, i = below+normal, odds+strange, j
	}
	return won / (odds * below)
}

// vectors gives every memory a vector near the middle of its session's subject; an odd
// one gets one of nothing.
func (p *planted) vectors(dim int, spread float64, odd func(i int) bool) {
	middles := make([][]float32, 30)
	for i := range middles {
		middles[i] = randomVector(p.Rand, dim)
	}
	for i := range p.memories {
		v := randomVector(p.Rand, dim)
		if !odd(i) {
			middle := middles[len(p.memories[i].Session)*7%3+int(p.memories[i].EventTime.Unix()/86400)%27]
			for d := range v {
				v[d] = middle[d] + float32(spread)*v[d]
			}
		}
		p.memories[i].Vector = v
	}
}

func randomVector(r *rand.Rand, dim int) []float32 {
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func TestPlantedAnomaliesComeFirst(t *testing.T) {
	every := oddity{"of all kinds", func(p *planted, i int) { oddities[p.IntN(len(oddities))].make(p, i) }}
	for _, o := range append(slices.Clone(oddities), every) {
		findOdd(t, o.name, .95, engine.Options{}, func(p *planted, i int) { o.make(p, i) }, func(*planted) {})
	}
	nothing := func(*planted, int) {}
	for _, spread := range []float64{.5, 1} {
		findOdd(t, fmt.Sprintf("vectors alone, spread %.1f", spread), .95, engine.Options{Dim: 64}, nothing, func(p *planted) {
			p.vectors(64, spread, func(i int) bool { return p.odd[i] })
		})
	}
	findOdd(t, "harder: said in another session, of another subject", 0, engine.Options{}, func(p *planted, i int) {
		p.memories[i].Text = p.memories[(i+700)%len(p.memories)].Text
	}, func(*planted) {})
}

// findOdd makes one memory in a hundred odd, in several stores, and looks for them.
func findOdd(t *testing.T, name string, least float64, o engine.Options, odd func(*planted, int), finish func(*planted)) {
	const count, odds = 1500, 15
	for seed := range seeds() {
		p := plant(seed, count, 5)
		for n := range odds {
			i := (n*count + p.IntN(count)) / odds
			p.odd[i] = true
			odd(p, i)
		}
		finish(p)
		list, err := p.open(t, o).Anomalies(ctx, engine.AnomalyQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		ids := make([]engine.ID, count)
		for i := range ids {
			ids[i] = engine.ID(i + 1)
		}
		got := auc(list, ids, p.odd)
		t.Logf("%s, seed %d: AUC %.3f of %d with a score", name, seed, got, len(list))
		if got < least {
			t.Errorf("%s, seed %d: AUC %.3f, want %.2f: %+v", name, seed, got, least, list[:8])
		}
	}
}
