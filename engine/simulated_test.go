package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// A club's notebook: every note is about a subject, which questions ask for, and has a
// flavour, which nobody asks for and everybody has a taste in.
var (
	simulatedSubjects = strings.Fields("dinner weekend gift trip concert lecture garden lunch")
	simulatedFlavours = map[string]string{
		"spicy": "chili pepper curry salsa", "quiet": "silence candles library meditation", "outdoor": "forest tent river trail",
		"cheap": "coupon bargain discount flea", "fancy": "velvet champagne tuxedo opera", "sporty": "sprint goal racket muscle",
		"crafty": "knitting clay paint scissors", "nerdy": "chess robot telescope compiler",
	}
	simulatedSpeakers = strings.Fields("Anna Ben Priya Tomas Leila")
)

// note is what the simulator knows of a memory.
type note struct{ subject, flavour, speaker string }

// simulation is a store of notes.
type simulation struct {
	db    *engine.DB
	notes map[engine.ID]note
}

// simulate fills a store with notes, with vectors of their subjects and flavours if wanted.
func simulate(t testing.TB, vectors bool) *simulation {
	s := &simulation{db: open(t, t.TempDir(), engine.Options{CacheBytes: -1}), notes: map[engine.ID]note{}}
	r := rand.New(rand.NewPCG(11, 5))
	names := sortedKeys(simulatedFlavours)
	axes := map[string][]float32{}
	for _, name := range append(slices.Clone(simulatedSubjects), names...) {
		for range 48 {
			axes[name] = append(axes[name], float32(r.NormFloat64()))
		}
	}
	var memories []engine.Memory
	var notes []note
	for i := range 1600 {
		n := note{simulatedSubjects[r.IntN(len(simulatedSubjects))], names[r.IntN(len(names))], simulatedSpeakers[r.IntN(len(simulatedSpeakers))]}
		words := strings.Fields(simulatedFlavours[n.flavour])
		text := fmt.Sprintf("For the %s number %d we thought of %s and %s, said %s.", n.subject, i, words[r.IntN(4)], words[r.IntN(4)],
			strings.Fields("everyone nobody somebody")[r.IntN(3)])
		m := engine.Memory{Text: text, Speaker: n.speaker, EventTime: time.Date(2025, 1, 1, i, 0, 0, 0, time.UTC)}
		if vectors {
			for j := range axes[n.subject] {
				m.Vector = append(m.Vector, axes[n.subject][j]+axes[n.flavour][j]+.7*float32(r.NormFloat64()))
			}
		}
		memories, notes = append(memories, m), append(notes, n)
	}
	for i, id := range add(t, s.db, memories...) {
		s.notes[id] = notes[i]
	}
	return s
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tastes are a simulated user's: what a note of the right subject is worth, 0..1.
type tastes map[string]float64

// newTastes likes two flavours and a speaker and dislikes three flavours.
func newTastes(r *rand.Rand) tastes {
	names := sortedKeys(simulatedFlavours)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	speaker := simulatedSpeakers[r.IntN(len(simulatedSpeakers))]
	return tastes{names[0]: .5, names[1]: .5, names[2]: -.4, names[3]: -.4, names[4]: -.4, speaker: .3}
}

func (u tastes) gain(n note, subject string) float64 {
	if n.subject != subject {
		return 0
	}
	return max(0, min(1, .4+u[n.flavour]+u[n.speaker]))
}

// question asks for a subject in one of two wordings: to be learnt from, and to be measured.
func (s *simulation) question(subject string, measured bool) engine.Query {
	if measured {
		return engine.Query{Text: "any plans for the " + subject}
	}
	return engine.Query{Text: "what was said of " + subject}
}

// ndcg is the mean NDCG@8 of a user's questions, of gains as the user has them.
func (s *simulation) ndcg(t testing.TB, user string, subjects []string, gain func(n note, subject string) float64) float64 {
	total := 0.0
	for _, subject := range subjects {
		var all []float64
		for _, n := range s.notes {
			all = append(all, gain(n, subject))
		}
		slices.SortFunc(all, func(a, b float64) int { return -int(math.Copysign(1, a-b)) })
		q := s.question(subject, true)
		q.Asker = user
		dcg, ideal := 0.0, 0.0
		for i, h := range ask(t, s.db, q).Hits {
			dcg += gain(s.notes[h.ID], subject) / math.Log2(float64(i+2))
			ideal += all[i] / math.Log2(float64(i+2))
		}
		total += dcg / ideal
	}
	return total / float64(len(subjects))
}

// logged are the judgements of a user who asks so often and judges one of the hits each time.
func (s *simulation) logged(t testing.TB, r *rand.Rand, count int, judge opinion) (list []engine.Judgement) {
	for range count {
		subject := simulatedSubjects[r.IntN(taughtSubjects)]
		q := s.question(subject, false)
		q.K, q.Text = 24, fmt.Sprintf("%s %d", q.Text, r.IntN(1600))
		hits := ask(t, s.db, q).Hits
		hit := hits[r.IntN(len(hits))]
		list = append(list, engine.Judgement{ID: hit.ID, Value: judge(s.notes[hit.ID], subject), Question: q.Text})
	}
	return list
}

// taughtSubjects is how many subjects are judged; the others are measured.
const taughtSubjects = 4

// opinion is what a user says of a note.
type opinion func(n note, subject string) float64

// The ways of judging: of the gain that a note has, each.
var opinions = []struct {
	name  string
	least float64 // what is to be won, relatively
	of    func(r *rand.Rand, gain float64) float64
}{
	{"as it is", .10, func(_ *rand.Rand, gain float64) float64 { return 2*gain - 1 }},
	{"a fifth of it wrongly", .10, func(r *rand.Rand, gain float64) float64 {
		if r.IntN(5) == 0 {
			return 2*r.Float64() - 1
		}
		return 2*gain - 1
	}},
	{"by likes alone", .10, func(_ *rand.Rand, gain float64) float64 { return math.Round(gain) }},
	{"at random", -.02, func(r *rand.Rand, _ float64) float64 { return 2*r.Float64() - 1 }},
	{"at random, all or nothing", -.02, func(r *rand.Rand, _ float64) float64 { return float64(2*r.IntN(2) - 1) }},
}

// outcome is what users had before and after, each their NDCG@8.
type outcome struct{ before, after []float64 }

// gain is what all won together, relatively.
func (o outcome) gain() float64 { return sum(o.after)/sum(o.before) - 1 }

// moved is how many users are ranked for otherwise than before, as far as NDCG@8 sees it, and
// worst what the one lost who lost most, relatively.
func (o outcome) moved() (count int, worst float64) {
	for i, after := range o.after {
		if after != o.before[i] {
			count++
		}
		worst = min(worst, after/o.before[i]-1)
	}
	return count, worst
}

func sum(list []float64) (s float64) {
	for _, x := range list {
		s += x
	}
	return s
}

// learnt has users judge, and measures on the subjects that were not judged.
func (s *simulation) learnt(t testing.TB, users, judgements int, of func(r *rand.Rand, gain float64) float64) (o outcome) {
	asked := simulatedSubjects[taughtSubjects:]
	for i := range users {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		u, user := newTastes(r), fmt.Sprint("user ", i)
		o.before = append(o.before, s.ndcg(t, user, asked, u.gain))
		list := s.logged(t, r, judgements, func(n note, subject string) float64 { return of(r, u.gain(n, subject)) })
		if kept, err := s.db.SetPreference(ctx, engine.Preference{User: user, Judgements: list}); err != nil || kept != judgements {
			t.Fatal(kept, err)
		}
		o.after = append(o.after, s.ndcg(t, user, asked, u.gain))
		if count, err := s.db.Forget(ctx, "", user); err != nil || count != judgements {
			t.Fatal(count, err)
		}
	}
	return o
}

// randomlyMovedShare: one in so many of those who judge at random may be believed to have a
// taste, and is then ranked for by one that he has not.
const randomlyMovedShare = 20

// TestTwoHundredJudgementsRankBetterOnOtherSubjects is the bar of the learning engine, and
// that judging at random costs next to nothing. 30 judgements are to do no harm either.
func TestTwoHundredJudgementsRankBetterOnOtherSubjects(t *testing.T) {
	for _, vectors := range []bool{false, true} {
		s := simulate(t, vectors)
		for _, judged := range opinions {
			for _, judgements := range []int{30, 200} {
				users := 8
				if judged.least < 0 {
					users = 64
				}
				o, least := s.learnt(t, users, judgements, judged.of), judged.least
				if judgements < 200 {
					least = min(least, -.02)
				}
				count, worst := o.moved()
				n := float64(users)
				t.Logf("vectors %v, %d judged %s: NDCG@8 %.4f to %.4f, %+.1f %%; %d of %d moved, the worst %+.1f %%", vectors, judgements, judged.name,
					sum(o.before)/n, sum(o.after)/n, 100*o.gain(), count, users, 100*worst)
				if o.gain() < least {
					t.Errorf("less than %+.1f %%", 100*least)
				}
				if judged.least < 0 && count > users/randomlyMovedShare {
					t.Errorf("more than one in %d", randomlyMovedShare)
				}
			}
		}
	}
}
