package search

import "github.com/nexus-memory/nexus/engine/model"

// confide says how probable it is that the answer is among the first hits, and shows the
// candidates to who wants to see them.
func (s *state) confide(by model.Fusion, answer *model.Answer) {
	seen := Candidates{Refs: s.refs, Signals: &s.table}
	if by == model.FusionLearnt && len(s.refs) > 0 {
		seen.Ranked, seen.Sure = s.ranked, s.gauge.Features(&s.table, s.ranked)
		answer.Confidence = s.sure.Probability(seen.Sure)
	}
	if observe := s.question.Observe; observe != nil {
		observe(&seen)
	}
}
