package model

import (
	"math"
	"strings"
	"testing"
)

func TestAnExplanationTellsPeopleWhatIsKnown(t *testing.T) {
	e := &Explanation{
		Engines: []EngineRank{{"lexical", 2, 1.634}, {"vector", 1, .5}}, Ranker: -.25,
		Signals: []Signal{
			{"bm25_turn_rank", 1. / 3}, {"bm25_turn", .756}, {"coverage_turn", 0}, {"bm25_session_rank", 0}, {"cosine_turn", float32(math.NaN())},
			{"is_question", 0}, {"plan", 1}, {"after_question", .5}, {"role", 3}, {"asks_time", 1}, {"asks_place", 0}, {"documents", 10}, {"own_signal", 7},
		},
	}
	want := `lexical #2 (1.63), vector #1 (0.5), ranker -0.25
turn     words #3, score 0.76, coverage 0
session  words further down
forms    plan, after a question, words 0.5
place    role assistant
other    own signal 7`
	if got := e.Text(); got != want {
		t.Errorf("text\n%s\nwant\n%s", got, want)
	}
	if got, want := e.Question(), "question asks when, bits of memories 10"; got != want {
		t.Errorf("question %q, want %q", got, want)
	}
}

func TestAnExplanationTellsAnEngineThatKnowsNothing(t *testing.T) {
	e := &Explanation{Engines: []EngineRank{{"lexical", 1, 2}, {"vector", 1, 0}}}
	if got, want := e.Text(), "lexical #1 (2), vector nothing"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	alone := &Explanation{Engines: []EngineRank{{"vector", 2, 0}}} // at a right angle
	if got, want := alone.Text(), "vector #2 (0)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnExplanationOfNothingIsEmpty(t *testing.T) {
	if e := new(Explanation); e.Text() != "" || e.Question() != "" {
		t.Errorf("%q, %q", e.Text(), e.Question())
	}
}

// A ranker of a user's own may have columns of any values.
func TestAnExplanationOfOddNumbersIsWritten(t *testing.T) {
	for _, x := range []float32{float32(math.Inf(1)), float32(math.Inf(-1)), -1, 1e-30, 3e38, -.001} {
		e := &Explanation{Signals: []Signal{{"bm25_turn_rank", x}, {"role", x}, {"plan", x}, {"age", x}}}
		if text := e.Text(); strings.Count(text, "\n") > 4 || strings.Contains(text, "-0,") || strings.HasSuffix(text, " -0") {
			t.Errorf("%v: %q", x, text)
		}
	}
}
