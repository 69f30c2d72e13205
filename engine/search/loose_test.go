package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestOnlyCandidatesOfFusionAreSoughtLoosely: one engine alone and a match alone are what was asked
// for, and what fusion adds up are scores of all words.
func TestOnlyCandidatesOfFusionAreSoughtLoosely(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	var telling, texts []string
	for i := range 40 {
		telling = append(telling, fmt.Sprintf("zubra%dq", i))
	}
	for range 12_000 {
		words := []string{fmt.Sprintf("filler%d", draw.IntN(3000))}
		for range 1 + draw.IntN(4) {
			words = append(words, telling[draw.IntN(40)])
		}
		for _, common := range []string{"alpha", "beta", "gamma", "delta", "omega"} {
			if draw.IntN(2) == 0 {
				words = append(words, common)
			}
		}
		texts = append(texts, strings.Join(words, " "))
	}
	_, view := orchestra(t, texts, newEngines)
	for name, c := range map[string]struct {
		question Question
		loose    bool
	}{
		"fusion":           {Question{}, true},
		"an engine alone":  {Question{Single: true}, false},
		"a match alone":    {Question{Alone: true}, false},
		"fusion once more": {Question{}, true},
	} {
		s, q := newState([]Engine{&lexicalEngine{}}, 1), c.question
		q.View, q.Limit, q.Text = view, 64, "alpha beta gamma delta omega "+strings.Join(telling, " ") // what is left out comes first, so that the order of the sum shows
		e, r := s.runs[0].engine.(*lexicalEngine), &s.runs[0]
		s.question = q
		found, err := e.Search(context.Background(), &q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.approximate(); got != c.loose || len(found) != q.Limit {
			t.Errorf("%s: sought loosely %v, want %v; %d rows", name, got, c.loose, len(found))
		}
		r.found, r.asked, r.done = found, true, true
		if err := s.check(r); err != nil {
			t.Fatal(err)
		}
		s.gather()
		s.score(0)
		if want := e.Scores(nil, s.refs); !slices.Equal(s.scores[0], want) {
			t.Errorf("%s: scores of what was found are not those of all words, in their order", name)
		}
	}
}
