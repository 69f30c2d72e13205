package search

import (
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
)

// tied is an engine whose scores of what it did not find itself are not 0.
type tied struct{ fakeEngine }

func (e *tied) Scores(dst []float64, refs []rows.Ref) []float64 {
	for range refs {
		dst = append(dst, .5)
	}
	return dst
}

// fused answers by the fusion that the query names.
func fused(t *testing.T, o *Orchestrator, v *segment.View, q model.Query) *model.Answer {
	t.Helper()
	if err := q.Normalize(); err != nil {
		t.Fatal(err)
	}
	a, err := o.Answer(t.Context(), &Question{View: v, Text: q.Text}, &q)
	if err != nil || len(a.Hits) == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	return a
}

func twoEngines() []Engine {
	return []Engine{&fakeEngine{name: "a", rows: []uint32{0, 1, 2}}, &tied{fakeEngine{name: "b", rows: []uint32{3, 1, 4}}}}
}

// TestAnExplanationHasEveryEnginesOwnRankAndScore holds that they are those before fusion
// normalises: of engine b rows 1 (found second), 0 and 2 (scored after) are all at .5.
func TestAnExplanationHasEveryEnginesOwnRankAndScore(t *testing.T) {
	for _, by := range []model.Fusion{model.FusionLearnt, model.FusionConvex, model.FusionRRF, model.FusionDBSF} {
		o, v := orchestra(t, fiveTexts, twoEngines)
		a := fused(t, o, v, model.Query{Text: "x", Fusion: by, Explain: true})
		if len(a.Hits) != 5 {
			t.Errorf("%v: %d hits", by, len(a.Hits))
		}
		want := map[model.ID][2]model.EngineRank{
			1: {{Name: "a", Rank: 1, Score: 1}, {Name: "b", Rank: 2, Score: .5}},
			2: {{Name: "a", Rank: 2, Score: .5}, {Name: "b", Rank: 3, Score: .5}},
			3: {{Name: "a", Rank: 3, Score: 1. / 3}, {Name: "b", Rank: 4, Score: .5}},
			4: {{Name: "a", Rank: 4, Score: 0}, {Name: "b", Rank: 1, Score: 1}},
			5: {{Name: "a", Rank: 5, Score: 0}, {Name: "b", Rank: 5, Score: 1. / 3}},
		}
		for _, h := range a.Hits {
			x := h.Explanation
			if x == nil || len(x.Engines) != 2 || [2]model.EngineRank(x.Engines) != want[h.ID] {
				t.Errorf("%v: memory %d: %+v, want %+v", by, h.ID, x, want[h.ID])
			}
			if learnt := by == model.FusionLearnt; x != nil && (len(x.Signals) > 0) != learnt || (x.Ranker != 0) != learnt {
				t.Errorf("%v: memory %d: ranker %v, %d signals", by, h.ID, x.Ranker, len(x.Signals))
			}
		}
	}
}

func TestAnExplanationHasTheKnownSignalsOfItsHit(t *testing.T) {
	o, v := orchestra(t, fiveTexts, newEngines)
	var rankers []float32
	a := fused(t, o, v, model.Query{Text: "boats on lakes", Explain: true})
	for _, h := range a.Hits {
		got := map[string]float32{}
		for _, s := range h.Explanation.Signals {
			got[s.Name] = s.Value
		}
		if got["position"] != float32(h.Position) || got["terms_turn"] > 2 || got["length"] == 0 {
			t.Errorf("memory %d at %d: %v", h.ID, h.Position, got)
		}
		if _, known := got["cosine_turn"]; known {
			t.Errorf("memory %d has a similarity, the store has no vectors", h.ID)
		}
		rankers = append(rankers, h.Explanation.Ranker)
	}
	if rankers[0] <= rankers[len(rankers)-1] {
		t.Errorf("rankers' scores %v", rankers)
	}
}

func TestAnAnswerOfOneEngineIsExplainedByItsRanks(t *testing.T) {
	o, v := orchestra(t, fiveTexts, twoEngines)
	a := fused(t, o, v, model.Query{Text: "x", Engines: []string{"b"}, SingleEngine: true, Explain: true})
	if len(a.Hits) != 3 {
		t.Errorf("%d hits", len(a.Hits))
	}
	for i, h := range a.Hits {
		if x := h.Explanation; x == nil || len(x.Engines) != 1 || x.Engines[0] != (model.EngineRank{Name: "b", Rank: i + 1, Score: 1 / float64(i+1)}) {
			t.Errorf("hit %d: %+v", i, x)
		}
	}
}

func TestNothingIsExplainedThatIsNotAsked(t *testing.T) {
	o, v := orchestra(t, fiveTexts, twoEngines)
	for _, h := range fused(t, o, v, model.Query{Text: "x"}).Hits {
		if h.Explanation != nil {
			t.Errorf("memory %d: %+v", h.ID, h.Explanation)
		}
	}
	s, q := newState(twoEngines(), 0), &model.Query{}
	if n := testing.AllocsPerRun(10, func() { s.explains(q).explain(0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestEverySignalStandsInALineOfTheText fails where a signal is new and package model does
// not say how people read it.
func TestEverySignalStandsInALineOfTheText(t *testing.T) {
	e := &model.Explanation{}
	for _, name := range signals.Names() {
		e.Signals = append(e.Signals, model.Signal{Name: name, Value: 1})
	}
	if text := e.Text(); strings.Contains(text, "\nother ") || strings.Count(text, "\n") > 11 || len(text)+len(e.Question()) < 8*len(e.Signals) {
		t.Errorf("%s\n%s", text, e.Question())
	}
}

// signalsOf returns what an explained hit's signals are, by memory, then name.
func signalsOf(a *model.Answer) map[model.ID]map[string]float32 {
	of := map[model.ID]map[string]float32{}
	for _, h := range a.Hits {
		of[h.ID] = map[string]float32{}
		for _, s := range h.Explanation.Signals {
			of[h.ID][s.Name] = s.Value
		}
	}
	return of
}

// TestAnEngineThatHadNoSayGivesNoSignals: what it holds is another question's, or being
// written by one that is late.
func TestAnEngineThatHadNoSayGivesNoSignals(t *testing.T) {
	o, v := orchestra(t, fiveTexts, newEngines)
	q := model.Query{Text: "boats on lakes", Explain: true}
	for id, of := range signalsOf(fused(t, o, v, q)) {
		if _, known := of["bm25_turn"]; !known {
			t.Errorf("memory %d has no words", id)
		}
	}
	q.Engines = []string{"vector"}
	for id, of := range signalsOf(fused(t, o, v, q)) {
		if x, known := of["bm25_turn"]; known {
			t.Errorf("memory %d has words of score %v, the question was not asked for them", id, x)
		}
	}
}

// TestYesterdayCountsFromTheNewestCandidate where the question does not say when it is asked:
// the five are of one day each.
func TestYesterdayCountsFromTheNewestCandidate(t *testing.T) {
	o, v := orchestra(t, fiveTexts, newEngines)
	for id, of := range signalsOf(fused(t, o, v, model.Query{Text: "boats on lakes yesterday", Explain: true})) {
		if (of["said_in_time"] == 1) != (id == 4) {
			t.Errorf("memory %d: said then %v", id, of["said_in_time"])
		}
	}
}
