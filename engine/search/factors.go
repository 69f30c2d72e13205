package search

import (
	"time"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
)

// weigh computes the factors of all candidates of a route, but for diversity, and what
// the answer's confidence is.
func (s *state) weigh(query *model.Query, spends effort, answer *model.Answer) {
	started := time.Now()
	s.called = s.called[:0]
	s.gather()
	if s.by == model.FusionLearnt {
		s.shortlist.find(s, min(max(spends.short, 2*query.K), fuse.CandidatesMax))
	}
	s.bringCurrent()
	if s.by == model.FusionLearnt {
		s.describe(query)
	}
	s.scoreAll()
	answer.Trace.Candidates = len(s.refs)
	s.fillBatch()
	s.explainer = s.explains(query)
	s.relevance()
	s.confide(answer)
	if s.by == model.FusionLearnt {
		s.weighKinds(query)
	}
	s.prefer(query)
	s.succeed()
	s.freshness(s.asked(query), query.Intent.FreshnessHalf())
	s.authority()
	s.coherence()
	answer.Trace.Fuse += time.Since(started)
}

// choose makes hits of the best candidates.
func (s *state) choose(query *model.Query, answer *model.Answer) error {
	started := time.Now()
	s.explore(query)
	picks := s.fuser.Choose(&s.batch, query.Weights, query.K)
	chosen := time.Now()
	answer.Trace.Fuse += chosen.Sub(started)
	answer.Hits = make([]model.Hit, 0, len(picks))
	s.others = s.others[:0]
	for _, p := range picks {
		s.others = append(s.others, s.refs[p.Index])
	}
	s.touched ^= s.question.View.Bring(s.others)
	for rank, p := range picks {
		hit := model.Hit{Score: p.Score, Factors: p.Factors, Explanation: s.explainer.explain(p.Index)}
		s.dups = s.fuser.Duplicates(s.dups[:0], &s.batch, rank)
		for _, i := range s.dups {
			hit.Duplicates = append(hit.Duplicates, s.question.View.ID(s.refs[i]))
		}
		answer.Trace.Collapsed += len(s.dups)
		if err := s.fetch(&hit, s.refs[p.Index], query, answer); err != nil {
			return err
		}
	}
	answer.Trace.Fetch += time.Since(chosen)
	return nil
}

// foundKept is how many of an engine's candidates others are measured against. Routes ask
// for as many at least, and what is measured does not depend on the route.
const foundKept = 64

// gather lists the candidates of all engines once, in ID order, and the best of each.
func (s *state) gather() {
	s.refs, s.found = s.refs[:0], s.found[:0]
	for i := range s.runs {
		r := &s.runs[i]
		if !r.used() {
			continue
		}
		r.keepFirst()
		s.others = append(s.others[:0], s.refs...)
		s.refs = union(s.refs[:0], s.others, r.found)
		s.others = append(s.others[:0], s.found...)
		s.found = union(s.found[:0], s.others, r.first)
	}
}

// keepFirst sets the best of what was found.
func (r *run) keepFirst() {
	r.first = append(r.first[:0], r.found...)
	if len(r.first) > foundKept {
		r.first = rows.BestOf(r.first, foundKept)
		r.sorter.Hits(r.first)
	}
	r.refs, r.scores = r.refs[:0], r.scores[:0]
	for _, h := range r.first {
		r.refs = append(r.refs, h.Ref)
		r.scores = append(r.scores, h.Score)
	}
}

// scoreAll has every engine score the candidates that it did not bring itself. Where the
// signals have what is needed for all, it is taken from them.
func (s *state) scoreAll() {
	for i := range s.runs {
		s.scores[i] = s.scores[i][:0]
		if s.runs[i].used() && !s.scoredBySignals(i) {
			s.score(i)
		}
	}
}

// scoredBySignals fills the run's scores from the signals, where these have them.
func (s *state) scoredBySignals(i int) (ok bool) {
	if s.by != model.FusionLearnt {
		return false
	}
	switch s.runs[i].engine.(type) {
	case *lexicalEngine:
		s.scores[i], ok = s.table.WordScores(s.scores[i])
	case *vectorEngine:
		if ok = s.comparesVectors(); ok {
			s.scores[i] = s.table.Likeness(s.scores[i])
		}
	}
	return ok
}

// union appends the rows of refs and hits to dst, each once. All of them ascend.
func union(dst, refs []rows.Ref, hits []rows.Hit) []rows.Ref {
	for len(refs) > 0 && len(hits) > 0 {
		order := refs[0].Compare(hits[0].Ref)
		if order <= 0 {
			dst, refs = append(dst, refs[0]), refs[1:]
		} else {
			dst = append(dst, hits[0].Ref)
		}
		if order >= 0 {
			hits = hits[1:]
		}
	}
	dst = append(dst, refs...)
	for _, h := range hits {
		dst = append(dst, h.Ref)
	}
	return dst
}

func (r *run) used() bool { return r.asked && r.done && r.err == nil }

// score fills the run's scores for all candidates. What it found ascends.
func (s *state) score(i int) {
	r := &s.runs[i]
	s.others = s.others[:0]
	all := r.found
	if e, ok := r.engine.(*lexicalEngine); ok && e.approximate() {
		all = nil
	}
	found := all
	for _, ref := range s.refs {
		if found = from(found, ref); len(found) == 0 || found[0].Ref != ref {
			s.others = append(s.others, ref)
		}
	}
	s.values = r.engine.Scores(s.values[:0], s.others)
	found, others := all, s.values
	for _, ref := range s.refs {
		if found = from(found, ref); len(found) > 0 && found[0].Ref == ref {
			s.scores[i] = append(s.scores[i], found[0].Score)
			continue
		}
		s.scores[i] = append(s.scores[i], others[0])
		others = others[1:]
	}
}

// from returns those of ascending hits that are not before a row.
func from(hits []rows.Hit, ref rows.Ref) []rows.Hit {
	for len(hits) > 0 && hits[0].Ref.Compare(ref) < 0 {
		hits = hits[1:]
	}
	return hits
}

// fillBatch copies what fusion compares all candidates by into adjoining rows.
func (s *state) fillBatch() {
	s.batch.Reset(vector.Stride(s.question.View.Space.Dim))
	for _, ref := range s.refs {
		s.batch.Add(s.question.View.Parts[ref.Part].Signature(int(ref.Row)))
	}
}

// encode appends the INT8 codes of a candidate's vector, for fusion.
func (s *state) encode(dst []int8, candidate int) ([]int8, float32) {
	ref := s.refs[candidate]
	return s.question.View.Parts[ref.Part].Vectors().AppendUnit(dst, int(ref.Row))
}

// freshness fills the freshness column with 1/(1+age/half), age at a time.
func (s *state) freshness(asked time.Time, half time.Duration) {
	for i, ref := range s.refs {
		age := max(0, float64(asked.UnixMicro())-float64(s.question.View.Parts[ref.Part].Event(int(ref.Row))))
		s.batch.Column(model.Freshness)[i] = float32(1 / (1 + age/float64(half/time.Microsecond)))
	}
}

func (s *state) authority() {
	for i, ref := range s.refs {
		s.batch.Column(model.Authority)[i] = s.question.View.Parts[ref.Part].Authority(int(ref.Row))
	}
}

// coherence fills the coherence column: the mean relevance of a turn, which counts four
// times, the two before and the two after it in the same session, those next to it counting
// double, as far as they are candidates.
func (s *state) coherence() {
	s.places.Reset(len(s.refs))
	for i, ref := range s.refs {
		if thread, position := s.question.View.Parts[ref.Part].Thread(int(ref.Row)); thread != 0 {
			s.places.Put(placeKey(thread, uint64(position)), int32(i))
		}
	}
	relevance, coherence := s.batch.Column(model.Relevance), s.batch.Column(model.Coherence)
	for i, ref := range s.refs {
		sum := float64(4 * float64(relevance[i]))
		thread, position := s.question.View.Parts[ref.Part].Thread(int(ref.Row))
		for _, n := range [...]struct {
			step   int64
			weight float64
		}{{-2, 1}, {-1, 2}, {1, 2}, {2, 1}} {
			if at := int64(position) + n.step; thread != 0 && at >= 0 {
				if j := s.places.Get(placeKey(thread, uint64(at))); j >= 0 {
					sum += float64(n.weight * float64(relevance[j]))
				}
			}
		}
		coherence[i] = float32(sum / 10)
	}
}

// placeKey tells places in sessions apart, as far as 64 bits do.
func placeKey(thread, position uint64) uint64 { return thread + position*0xD6E8FEB86659FD93 }
