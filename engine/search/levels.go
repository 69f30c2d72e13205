package search

import (
	"cmp"
	"slices"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/accuracy"
)

// succession is a candidate that another memory replaced in the world, and that one.
type succession struct {
	id           model.ID // of the old one
	old, current rows.Ref
}

// successorsMax bounds how many successors a question looks at, a record each: what is
// replaced every day has thousands.
const successorsMax = 1024

// bringCurrent finds what replaced candidates in the world and makes it a candidate, too:
// in its other words it may not have been found. Where the batch is full it takes the place
// of what it replaced.
func (s *state) bringCurrent() {
	s.replaced = s.replaced[:0]
	steps := successorsMax
	for _, old := range s.refs {
		if current, ok := s.current(old, &steps); ok {
			s.replaced = append(s.replaced, succession{s.question.View.ID(old), old, current})
		}
	}
	slices.SortFunc(s.replaced, func(a, b succession) int { return cmp.Compare(a.id, b.id) })
	for _, r := range s.replaced {
		if s.candidate(r.current) >= 0 {
			continue
		}
		if len(s.refs) == fuse.CandidatesMax {
			s.dropCandidate(s.candidate(r.old))
		}
		s.addCandidate(r.current)
	}
}

// current returns what stands for a superseded memory: the first of its successors that is
// a candidate, which may have successors itself, or else the last that may be seen.
func (s *state) current(old rows.Ref, steps *int) (current rows.Ref, ok bool) {
	for r := old; *steps > 0; *steps-- {
		next, more := s.question.View.Successor(r)
		if !more {
			break
		}
		if r = next; s.visible(r) {
			current, ok = r, true
		}
		if s.candidate(r) >= 0 {
			break
		}
	}
	return current, ok
}

func (s *state) dropCandidate(at int) {
	s.refs = slices.Delete(s.refs, at, at+1)
	if s.by == model.FusionLearnt {
		s.shortlist.nearest = slices.Delete(s.shortlist.nearest, at, at+1)
	}
}

func (s *state) addCandidate(r rows.Ref) {
	at, _ := slices.BinarySearchFunc(s.refs, r, rows.Ref.Compare)
	s.refs = slices.Insert(s.refs, at, r)
	if s.by == model.FusionLearnt {
		s.shortlist.nearest = slices.Insert(s.shortlist.nearest, at, s.question.View.Neighbours(r))
	}
}

// visible reports whether a row may be returned.
func (s *state) visible(r rows.Ref) bool {
	filter := s.question.filter(int(r.Part))
	return filter.Visible(int(r.Row))
}

// candidate returns the index of a row among the candidates, -1 where it is none.
func (s *state) candidate(r rows.Ref) int {
	if at, ok := slices.BinarySearchFunc(s.refs, r, rows.Ref.Compare); ok {
		return at
	}
	return -1
}

// succeed has what is current answer in place of what it replaced: it is as relevant as that
// at least, and chosen before it.
func (s *state) succeed() {
	relevance := s.batch.Column(model.Relevance)
	for _, r := range s.replaced { // the oldest first, so that a line of them hands on
		old, current := s.candidate(r.old), s.candidate(r.current)
		if old < 0 {
			continue // it gave its place away
		}
		for current < 0 { // so did what replaced it, to what replaced that
			next := slices.IndexFunc(s.replaced, func(n succession) bool { return n.old == r.current })
			if next < 0 {
				break
			}
			r = s.replaced[next]
			current = s.candidate(r.current)
		}
		if current < 0 {
			continue
		}
		relevance[current] = max(relevance[current], relevance[old])
		s.batch.Behind = append(s.batch.Behind, fuse.Behind{Candidate: old, Front: current})
	}
}

// weighKinds lowers the relevance of candidates of other kinds than the question calls
// for, beside those that it does. Where all are of one kind nothing changes.
func (s *state) weighKinds(query *model.Query) {
	levels := accuracy.Of(s.analysis.Asks, s.analysis.Cues)
	if levels == (accuracy.Levels{}) && query.Session == "" {
		return
	}
	differ, first := false, model.KindUnset
	for _, r := range s.refs {
		kind := s.question.View.Parts[r.Part].Kind(int(r.Row))
		if first == model.KindUnset {
			first = kind
		}
		differ = differ || kind != first
		s.called = append(s.called, levels[kind])
	}
	if !differ {
		s.called = s.called[:0]
		return
	}
	if query.Session != "" {
		s.callWorking()
	}
	most := slices.Max(s.called)
	relevance := s.batch.Column(model.Relevance)
	for i, called := range s.called {
		s.called[i] = accuracy.Loss(called, most)
		relevance[i] -= float32(s.called[i] * relevance[i])
	}
}

// callWorking calls for the session's working memories, the newest most.
func (s *state) callWorking() {
	s.order = s.order[:0]
	for i, r := range s.refs {
		if s.question.View.Parts[r.Part].Kind(int(r.Row)) == model.KindWorking {
			s.order = append(s.order, int32(i))
		}
	}
	position := func(i int32) uint32 {
		_, at := s.question.View.Parts[s.refs[i].Part].Thread(int(s.refs[i].Row))
		return at
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(position(a), position(b)), cmp.Compare(a, b))
	})
	for newer, i := range s.order {
		s.called[i] = accuracy.Recent(newer)
	}
}

// explainLevels appends what a candidate's level and successions did to it.
func (s *state) explainLevels(x *model.Explanation, candidate int) {
	tell := func(name string, value float32) {
		x.Signals = append(x.Signals, model.Signal{Name: name, Value: value})
	}
	if len(s.called) > 0 && s.called[candidate] > 0 {
		tell("kind_loss", s.called[candidate])
	}
	if slices.ContainsFunc(s.batch.Behind, func(b fuse.Behind) bool { return b.Candidate == candidate }) {
		tell("is_superseded", 1)
	}
	if slices.ContainsFunc(s.batch.Behind, func(b fuse.Behind) bool { return b.Front == candidate }) {
		tell("is_current", 1)
	}
}
