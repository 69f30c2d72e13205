package search

import "github.com/nexus-memory/nexus/engine/model"

// confide says how probable it is that the answer is among the first hits, and shows the
// candidates to who wants to see them. A match alone asks nothing that could be answered.
func (s *state) confide(answer *model.Answer) {
	seen := Candidates{Refs: s.refs, Signals: &s.table}
	if s.by == model.FusionLearnt && len(s.refs) > 0 {
		seen.Ranked = s.ranked
		if !s.question.Alone {
			seen.Sure = s.gauge.Features(&s.table, s.ranked)
			answer.Confidence = s.sure.Probability(seen.Sure)
		}
	}
	if observe := s.question.Observe; observe != nil {
		observe(&seen)
	}
}
