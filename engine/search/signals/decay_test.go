package signals

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/segment"
)

// talk is a long session in which words of a question come up here and there.
func talk() (chat []turn) {
	for i := range 40 {
		text := fmt.Sprintf("Nothing of note, number %d.", i)
		switch {
		case i%7 == 3:
			text = "The pottery class was full."
		case i%11 == 5:
			text = "Our teacher likes pottery, pottery and pottery."
		}
		chat = append(chat, turn{"a", []string{"Ann", "Ben"}[i%2], text})
	}
	return chat
}

func TestWordsFadeWithTheTurnsBetween(t *testing.T) {
	s, q, refs := tableOf(t, talk(), 20, "Who is the teacher of the pottery class?", nil)
	terms := len(s.idfs)
	for _, decay := range decays {
		scores, covered := make([]float64, len(refs)), make([]float64, len(refs))
		for i := range refs {
			freqs, nearest := make([]float64, terms), make([]float64, terms)
			for j := range refs { // every turn of the session is one that words found, or lacks all of them
				if j-i < -decay.before || j-i > decay.after {
					continue
				}
				weight := math.Pow(decay.rate, math.Abs(float64(j-i)))
				for _, o := range s.row(s.own[j]) {
					freqs[o.Term] += weight * float64(o.Freq)
					nearest[o.Term] = max(nearest[o.Term], weight)
				}
			}
			for term, freq := range freqs {
				scores[i] += q.Lexical.IDF(term) * 3.5 * freq / (freq + 2.5)
				covered[i] += q.Lexical.IDF(term) * nearest[term]
			}
		}
		best, mass := highest(scores), 0.0
		for term := range terms {
			mass += q.Lexical.IDF(term)
		}
		for i := range refs {
			if got := s.column(decay.words)[i]; math.Abs(float64(got)-scores[i]/best) > 1e-6 {
				t.Errorf("%v of turn %d: %v, want %v", decay.words, i, got, scores[i]/best)
			}
			if decay.cover < 0 {
				continue
			}
			if got := s.column(decay.cover)[i]; math.Abs(float64(got)-covered[i]/mass) > 1e-6 {
				t.Errorf("%v of turn %d: %v, want %v", decay.cover, i, got, covered[i]/mass)
			}
		}
	}
}

func TestWhatStandsBesideATurnIsTold(t *testing.T) {
	s, _, _ := table(t, "Who taught the pottery class?", nil)
	for _, c := range []struct {
		column Column
		turn   int
		want   float32
	}{
		{PreviousLength, 0, -1}, {PreviousOther, 0, 0}, {PreviousOther, 1, 1}, {NextOther, 1, 1}, {NextLength, 2, -1}, {NextLength, 5, -1},
		{PreviousBeyond, 0, 0}, {NextBeyond, 2, 0}, {AsksLast, 0, 1}, {PreviousAsksLast, 1, 1}, {PreviousAsksLast, 2, 0}, {Asking, 0, 1}, {Sentences, 2, 2},
	} {
		if got := s.column(c.column)[c.turn]; got != c.want {
			t.Errorf("%v of turn %d: %v, want %v", c.column, c.turn, got, c.want)
		}
	}
	if got := s.column(PreviousBeyond)[1]; got <= .5 {
		t.Errorf("the turn before has the question's words: %v", got)
	}
}

func TestANameLeadsFromOneTurnToAnother(t *testing.T) {
	chat := []turn{
		{"a", "Elise", "My sister Marta came over for dinner."}, {"a", "Ben", "Say hi from me."}, {"a", "Elise", "We had rain."},
		{"b", "Elise", "Yesterday Marta bought a telescope."}, {"b", "Ben", "Nice."}, {"b", "Ben", "A colleague bought a boat."},
		{"c", "Ben", "How is Marta these days?"}, {"c", "Elise", "She bought a canoe."},
		{"c", "Ben", "I saw Olga there, a sister of Pia."},
	}
	s, _, _ := tableOf(t, chat, 3, "What did Elise's sister buy?", nil)
	linked, coverage := s.column(Linked), s.column(LinkedCoverage)
	for i, want := range []bool{true, true, false, true, true, false, true, true, false} { // what follows a turn with the name is meant too; none leads to itself
		if (linked[i] > 0) != want {
			t.Errorf("turn %d: linked %v, want %v", i, linked[i], want)
		}
	}
	if coverage[3] <= 0 || coverage[5] != 0 {
		t.Errorf("what leads to a turn has words that it lacks: %v, want above 0, and 0 where nothing leads: %v", coverage[3], coverage[5])
	}
	s, _, _ = tableOf(t, chat, 3, "What did Marta buy?", nil)
	if linked := s.column(Linked); linked[3] != 0 {
		t.Errorf("a name of the question is no association: %v", linked[3])
	}
}

// TestAssociationsAreThoseOfEveryPairOfTurns: what is remembered by name, and the turns that
// are not compared, change nothing.
func TestAssociationsAreThoseOfEveryPairOfTurns(t *testing.T) {
	names := []string{"Marta", "Olga", "Pia", "Tom", "Lisbon"}
	things := []string{"bought a boat", "sold the old boat", "saw a sister", "lost a canoe in rain", "said nothing"}
	draw := rand.New(rand.NewPCG(5, 6))
	led := 0
	for range 30 {
		var chat []turn
		for i := range 24 {
			who := names[draw.IntN(len(names))]
			if draw.IntN(3) == 0 {
				who += " and " + names[draw.IntN(len(names))]
			}
			chat = append(chat, turn{[]string{"a", "b"}[i/12], "Ann", "Yesterday " + who + " " + things[draw.IntN(len(things))] + "."})
		}
		s, q, refs := tableOf(t, chat, 9, "Whose sister bought a canoe or a boat, Tom?", nil)
		for i := range refs {
			var strength, covered float64
			for _, turn := range []int32{s.own[i], s.beside[i][segment.Reach-1]} {
				if turn < 0 {
					continue
				}
				for n := range s.notes[turn].Names() {
					name := s.notes[turn].Name(n)
					var from []int32
					for at := range q.Sharing {
						if s.notes[s.sharing[at]].HasName(name) && !slices.Contains(s.asked.names, name) {
							from = append(from, s.sharing[at])
						}
					}
					for _, f := range from {
						if f != s.own[i] && len(from) <= linkTurnsMax {
							strength = max(strength, s.turns[f]/s.strongest*(1/(1+float64(len(from))/4)))
							covered = max(covered, s.beyond(f, s.own[i]))
						}
					}
				}
			}
			if covered > 0 {
				led++
			}
			if linked, coverage := s.column(Linked)[i], s.column(LinkedCoverage)[i]; linked != float32(strength) || coverage != float32(covered/s.mass) {
				t.Fatalf("turn %d %q: linked %v, coverage %v, want %v and %v", i, chat[i].text, linked, coverage, strength, covered/s.mass)
			}
		}
	}
	if led < 100 {
		t.Fatalf("only %d turns are led to", led)
	}
}

func TestANameThatStandsEverywhereLeadsNowhere(t *testing.T) {
	var chat []turn
	for i := range linkTurnsMax + 1 {
		chat = append(chat, turn{"a", "Ann", fmt.Sprintf("With Marta I bought thing %d.", i)})
	}
	s, _, _ := tableOf(t, chat, 5, "Who bought thing 3?", nil)
	for i, x := range s.column(Linked) {
		if x != 0 {
			t.Errorf("turn %d: %v", i, x)
		}
	}
}

func TestAPageThatIsAskedHasNoColumnsOfManyTurns(t *testing.T) {
	var chat []turn
	var page strings.Builder
	for i := range wideTermsMax + 1 {
		chat = append(chat, turn{"a", "Ann", fmt.Sprintf("word%dx of Marta", i)})
		fmt.Fprintf(&page, "word%dx ", i)
	}
	s, _, _ := tableOf(t, chat, 5, page.String(), nil)
	for _, c := range []Column{BM25Decay, CoverageDecay, BM25SessionBest, Linked, CoverageStated, PreviousAsked} {
		if x := s.column(c)[0]; x == x {
			t.Errorf("%v: %v", c, x)
		}
	}
	if x := s.column(BM25Turn)[0]; x != x {
		t.Error("the turn's words are not known")
	}
}
