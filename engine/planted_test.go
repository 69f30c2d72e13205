package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// planted makes stores of made-up talk with known patterns and oddities in it: words by
// Zipf's law, sessions of some turns on most days, a few speakers, and subjects whose
// words come together if wanted.
type planted struct {
	*rand.Rand
	words    []string
	weights  []float64 // sums of the words' shares
	subjects [][]string
	memories []engine.Memory
	odd      []bool // by memory
}

const plantedDays = 365

var plantedStart = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC) // a Monday

// plant makes count memories without anything planted; topical of their words out of ten
// are those of their session's subject.
func plant(seed uint64, count, topical int) *planted {
	p := &planted{Rand: rand.New(rand.NewPCG(seed, 7))}
	p.words = madeWords(p.Rand, 4000)
	sum := 0.0
	for i := range p.words {
		sum += 1 / float64(i+3)
		p.weights = append(p.weights, sum)
	}
	for range 40 {
		subject := make([]string, 25)
		for i := range subject {
			subject[i] = p.words[100+p.IntN(3000)]
		}
		p.subjects = append(p.subjects, subject)
	}
	speakers := []string{"Anna", "Ben", "Priya", "Anna", "Ben"}
	for session := 0; len(p.memories) < count; session++ {
		at := plantedStart.AddDate(0, 0, session%plantedDays).Add(time.Duration(8*60+p.IntN(10*60)) * time.Minute)
		subject := p.subjects[p.IntN(len(p.subjects))]
		for range min(4+p.IntN(12), count-len(p.memories)) {
			at = at.Add(time.Duration(10+p.IntN(170)) * time.Second)
			text := make([]string, 0, 24)
			for range 6 + p.IntN(14) {
				text = append(text, p.word(subject, topical))
			}
			p.memories = append(p.memories, engine.Memory{
				Text: strings.Join(text, " ") + ".", EventTime: at, Speaker: speakers[p.IntN(len(speakers))],
				Scope: engine.Scope{User: "u", Session: fmt.Sprint("s", session)},
			})
		}
	}
	p.odd = make([]bool, len(p.memories))
	return p
}

// madeWords returns different pronounceable words that are none of a language.
func madeWords(r *rand.Rand, count int) (list []string) {
	seen := map[string]bool{}
	for len(list) < count {
		var b strings.Builder
		for range 2 + r.IntN(2) {
			b.WriteByte("bdfgklmnprtvz"[r.IntN(13)])
			b.WriteByte("aou"[r.IntN(3)])
		}
		b.WriteByte("kmnprt"[r.IntN(6)])
		if !seen[b.String()] {
			seen[b.String()] = true
			list = append(list, b.String())
		}
	}
	return list
}

func (p *planted) word(subject []string, topical int) string {
	if p.IntN(10) < topical {
		return subject[p.IntN(len(subject))]
	}
	x := p.Float64() * p.weights[len(p.weights)-1]
	low, high := 0, len(p.weights)-1
	for low < high {
		if mid := (low + high) / 2; p.weights[mid] < x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return p.words[low]
}

// say adds words to a memory, in the middle of its text.
func (p *planted) say(i int, words ...string) {
	text := strings.Fields(p.memories[i].Text)
	at := p.IntN(len(text))
	p.memories[i].Text = strings.Join(append(append(append([]string{}, text[:at]...), words...), text[at:]...), " ")
}

// onDay returns a memory of that day, or of one within so many days of it; -1 for none.
func (p *planted) onDay(day, slack int) int {
	var list []int
	for i := range p.memories {
		d := int(p.memories[i].EventTime.Sub(plantedStart).Hours() / 24)
		if d >= day-slack && d <= day+slack {
			list = append(list, i)
		}
	}
	if len(list) == 0 {
		return -1
	}
	return list[p.IntN(len(list))]
}

// open makes a store of the memories, with vectors of so many numbers about their subject
// if dim is above 0.
func (p *planted) open(t testing.TB, o engine.Options) *engine.DB {
	db := open(t, t.TempDir(), o)
	for from := 0; from < len(p.memories); from += 1000 {
		add(t, db, p.memories[from:min(from+1000, len(p.memories))]...)
	}
	return db
}

// has reports whether a pattern is of words that are planted together, two of them at
// least where there are two.
func has(p engine.Pattern, sets [][]string) bool {
	for _, set := range sets {
		n := 0
		for _, term := range p.Terms {
			for _, w := range set {
				if strings.EqualFold(w, term) {
					n++
				}
			}
		}
		if n >= min(2, len(set)) && n == len(p.Terms) {
			return true
		}
	}
	return false
}

// precision returns the share of the first ten patterns that are planted ones.
func precision(list []engine.Pattern, sets [][]string) float64 {
	good := 0
	for _, p := range list[:min(10, len(list))] {
		if has(p, sets) {
			good++
		}
	}
	return float64(good) / 10
}

// newSets returns sets of new words, each with some background mentions if rare is 0.
func (p *planted) newSets(count, each, background int) (sets [][]string) {
	for i := range count {
		var set []string
		for j := range each {
			w := fmt.Sprintf("%s%c%c", []string{"zeb", "quin", "yor", "wex", "jil"}[j], 'a'+i%26, "dlmnrst"[(i/26+j)%7])
			set = append(set, w)
			for range background {
				p.say(p.IntN(len(p.memories)), w)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

func mustPatterns(t testing.TB, db *engine.DB, q engine.PatternQuery) []engine.Pattern {
	t.Helper()
	list, err := db.Patterns(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestPlantedAssociationsComeFirst(t *testing.T) {
	for _, c := range []struct {
		name                               string
		each, support, background, topical int
		least                              float64
	}{
		{"pairs", 2, 12, 6, 0, .9},
		{"triples", 3, 12, 6, 0, .9},
		{"rare pairs", 2, 6, 2, 0, .9},
		{"pairs of common words", 2, 25, 60, 0, .9},
		{"pairs among subjects", 2, 25, 10, 2, .9},
		{"harder: few among strong subjects", 2, 10, 10, 5, 0},
	} {
		for seed := range uint64(3) {
			p := plant(seed, 4000, c.topical)
			sets := p.newSets(12, c.each, c.background)
			for _, set := range sets {
				for range c.support {
					p.say(p.IntN(len(p.memories)), set...)
				}
			}
			list := mustPatterns(t, p.open(t, engine.Options{}), engine.PatternQuery{Kind: engine.PatternAssociation})
			got := precision(list, sets)
			t.Logf("%s, seed %d: P@10 %.1f of %d", c.name, seed, got, len(list))
			if got < c.least {
				t.Errorf("%s, seed %d: P@10 %.1f, want %.1f", c.name, seed, got, c.least)
				for _, x := range list[:min(10, len(list))] {
					t.Logf("%+v", x)
				}
			}
		}
	}
}

func TestPlantedRhythmsComeFirst(t *testing.T) {
	for _, c := range []struct {
		name                     string
		gap, jitter, miss, noise int // days; of ten, those left out; mentions at any time
		topical                  int
		least                    float64
	}{
		{"weekly", 7, 0, 0, 0, 0, .9},
		{"weekly with misses and noise", 7, 0, 2, 6, 0, .9},
		{"every ten days or so", 10, 1, 0, 0, 0, .9},
		{"monthly", 30, 2, 0, 0, 0, .9},
		{"weekly among subjects", 7, 0, 1, 3, 3, .9},
		{"harder: every ten days with noise", 10, 1, 1, 6, 0, 0},
	} {
		for seed := range uint64(3) {
			p := plant(seed, 4000, c.topical)
			sets := p.newSets(12, 1, 0)
			for _, set := range sets {
				start := p.IntN(c.gap)
				for day := start; day < plantedDays; day += c.gap {
					if i := p.onDay(day+p.IntN(2*c.jitter+1)-c.jitter, 0); i >= 0 && p.IntN(10) >= c.miss {
						p.say(i, set...)
					}
				}
				for range c.noise {
					p.say(p.IntN(len(p.memories)), set...)
				}
			}
			list := mustPatterns(t, p.open(t, engine.Options{}), engine.PatternQuery{Kind: engine.PatternRecurring})
			got := precision(list, sets)
			t.Logf("%s, seed %d: P@10 %.1f of %d", c.name, seed, got, len(list))
			if got < c.least {
				t.Errorf("%s, seed %d: P@10 %.1f, want %.1f", c.name, seed, got, c.least)
				for _, x := range list[:min(10, len(list))] {
					t.Logf("%+v", x)
				}
			}
		}
	}
}

func TestPlantedBurstsComeFirst(t *testing.T) {
	for _, c := range []struct {
		name                     string
		length, hits, background int // days, mentions in them, and at any time
		topical                  int
		least                    float64
	}{
		{"short", 4, 15, 8, 0, .9},
		{"long", 14, 25, 20, 0, .9},
		{"of common words", 7, 30, 80, 0, .9},
		{"among subjects", 5, 20, 10, 3, .9},
		{"harder: few mentions", 10, 8, 8, 0, 0},
	} {
		for seed := range uint64(3) {
			p := plant(seed, 4000, c.topical)
			sets := p.newSets(12, 1, c.background)
			starts := map[string]int{}
			for _, set := range sets {
				start := p.IntN(plantedDays - c.length)
				starts[set[0]] = start
				for n := 0; n < c.hits; {
					if i := p.onDay(start+p.IntN(c.length), 0); i >= 0 {
						p.say(i, set...)
						n++
					}
				}
			}
			list := mustPatterns(t, p.open(t, engine.Options{}), engine.PatternQuery{Kind: engine.PatternBurst})
			got := precision(list, sets)
			t.Logf("%s, seed %d: P@10 %.1f of %d", c.name, seed, got, len(list))
			off := 0.0
			for _, x := range list[:min(10, len(list))] {
				if s, ok := starts[x.Terms[0]]; ok {
					off = max(off, math.Abs(x.From.Sub(plantedStart).Hours()/24-float64(s)))
				}
			}
			t.Logf("starts off by up to %.1f days", off)
			if got < c.least {
				t.Errorf("%s, seed %d: P@10 %.1f, want %.1f", c.name, seed, got, c.least)
				for _, x := range list[:min(10, len(list))] {
					t.Logf("%+v", x)
				}
			}
		}
	}
}
