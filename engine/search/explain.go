package search

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/search/learning"
	"github.com/nexus-memory/nexus/engine/search/signals"
)

// explainer holds what explanations of hits need and fusion overwrites: the engines' own
// scores, by run, then by candidate.
type explainer struct {
	state  *state
	scores [][]float64
	learnt bool
}

// explains returns what explains hits once they are chosen; nil, which explains nothing
// and costs nothing, where the query does not want it. To be called before relevance,
// which normalises the scores in place.
func (s *state) explains(query *model.Query) *explainer {
	if !query.Explain {
		return nil
	}
	e := &explainer{state: s, scores: make([][]float64, len(s.runs)), learnt: s.by == model.FusionLearnt}
	for i := range s.runs {
		if s.runs[i].used() {
			e.scores[i] = slices.Clone(s.scores[i])
		}
	}
	return e
}

// explain says why a candidate became a hit.
func (e *explainer) explain(candidate int) *model.Explanation {
	if e == nil {
		return nil
	}
	x := &model.Explanation{}
	for i, scores := range e.scores {
		if scores != nil {
			x.Engines = append(x.Engines, model.EngineRank{Name: e.state.runs[i].engine.Name(), Rank: rankOf(scores, candidate), Score: scores[candidate]})
		}
	}
	if e.learnt { // else the signals were neither asked for nor filled
		x.Ranker = e.state.ranked[candidate]
		for c, name := range signals.Names() {
			if value := e.state.table.Columns[c*signals.CandidatesMax+candidate]; value == value { // NaN: not known
				x.Signals = append(x.Signals, model.Signal{Name: name, Value: value})
			}
		}
	}
	e.state.explainLevels(x, candidate)
	if bonus, features, ok := e.state.taste.added(candidate); ok {
		x.Signals = append(x.Signals, model.Signal{Name: "taste", Value: float32(bonus)},
			model.Signal{Name: "taste_words", Value: float32(features[learning.Words])},
			model.Signal{Name: "taste_meaning", Value: float32(features[learning.Meaning])})
	}
	return x
}

// rankOf returns a candidate's rank by score, from 1; ties go to the earlier row.
func rankOf(scores []float64, candidate int) int {
	rank := 1
	for i, x := range scores {
		if x > scores[candidate] || x == scores[candidate] && i < candidate {
			rank++
		}
	}
	return rank
}

// explainAlone says where the one engine of an answer without fusion has a hit.
func (r *run) explainAlone(query *model.Query, rank int, score float64) *model.Explanation {
	if !query.Explain {
		return nil
	}
	return &model.Explanation{Engines: []model.EngineRank{{Name: r.engine.Name(), Rank: rank, Score: score}}}
}
