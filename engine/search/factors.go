package search

import (
	"math"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
)

// answerFused computes the factors of all candidates and chooses the hits.
func (s *state) answerFused(query *model.Query, answer *model.Answer) error {
	started := time.Now()
	s.gather()
	if s.by == model.FusionLearnt {
		s.expand()
		s.describe(query)
	}
	s.scoreAll()
	answer.Trace.Candidates = len(s.refs)
	s.fillBatch()
	explainer := s.explainer(query)
	s.relevance()
	s.confide(answer)
	s.prefer(query)
	s.freshness(query.Now, query.Intent.FreshnessHalf())
	s.authority()
	s.coherence()
	picks := s.fuser.Choose(&s.batch, query.Weights, query.K)
	chosen := time.Now()
	answer.Trace.Fuse = chosen.Sub(started)
	answer.Hits = make([]model.Hit, 0, len(picks))
	for rank, p := range picks {
		hit := model.Hit{Score: p.Score, Factors: p.Factors, Explanation: explainer.explain(p.Index)}
		s.dups = s.fuser.Duplicates(s.dups[:0], &s.batch, rank)
		for _, i := range s.dups {
			hit.Duplicates = append(hit.Duplicates, s.question.View.ID(s.refs[i]))
		}
		answer.Trace.Collapsed += len(s.dups)
		if err := s.fetch(&hit, s.refs[p.Index], query, answer); err != nil {
			return err
		}
	}
	answer.Trace.Fetch = time.Since(chosen)
	return nil
}

// gather lists the candidates of all engines once, in ID order.
func (s *state) gather() {
	s.refs = s.refs[:0]
	for i := range s.runs {
		if r := &s.runs[i]; r.used() {
			slices.SortFunc(r.found, func(a, b rows.Hit) int { return a.Ref.Compare(b.Ref) })
			s.others = append(s.others[:0], s.refs...)
			s.refs = union(s.refs[:0], s.others, r.found)
		}
	}
}

// scoreAll has every engine score the candidates that it did not bring itself. Where the
// signals have the similarities of all, these are taken.
func (s *state) scoreAll() {
	for i := range s.runs {
		s.scores[i] = s.scores[i][:0]
		switch {
		case !s.runs[i].used():
		case s.by == model.FusionLearnt && s.runs[i].engine.Name() == "vector" && s.comparesVectors():
			s.scores[i] = s.table.Likeness(s.scores[i])
		default:
			s.score(i)
		}
	}
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
	found := r.found
	for _, ref := range s.refs {
		if len(found) > 0 && found[0].Ref == ref {
			found = found[1:]
			continue
		}
		s.others = append(s.others, ref)
	}
	s.values = r.engine.Scores(s.values[:0], s.others)
	found, others := r.found, s.values
	for _, ref := range s.refs {
		if len(found) > 0 && found[0].Ref == ref {
			s.scores[i] = append(s.scores[i], found[0].Score)
			found = found[1:]
			continue
		}
		s.scores[i] = append(s.scores[i], others[0])
		others = others[1:]
	}
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

// freshness fills the freshness column with 1/(1+age/half).
func (s *state) freshness(now time.Time, half time.Duration) {
	s.events = s.events[:0]
	newest := int64(math.MinInt64)
	for _, ref := range s.refs {
		e := s.question.View.Parts[ref.Part].Event(int(ref.Row))
		s.events = append(s.events, e)
		newest = max(newest, e)
	}
	if !now.IsZero() {
		newest = now.UnixMicro()
	}
	for i, e := range s.events {
		age := max(0, float64(newest)-float64(e))
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
	s.near.reset()
	for i, ref := range s.refs {
		if thread, position := s.question.View.Parts[ref.Part].Thread(int(ref.Row)); thread != 0 {
			s.near.put(thread, position, i)
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
				if j, ok := s.near.get(thread, uint32(at)); ok {
					sum += float64(n.weight * float64(relevance[j]))
				}
			}
		}
		coherence[i] = float32(sum / 10)
	}
}

// neighbours finds a candidate by its place in a session: an open-addressing
// table of twice the largest batch, cleared by a new generation.
type neighbours struct {
	slots      [neighbourSlots]neighbour
	generation uint32
}

const neighbourSlots = 2 * fuse.CandidatesMax

type neighbour struct {
	thread     uint64
	position   uint32
	generation uint32
	index      int32
}

func (n *neighbours) reset() {
	if n.generation++; n.generation == 0 {
		n.slots = [neighbourSlots]neighbour{}
		n.generation = 1
	}
}

// find returns the slot of a place: its own or the free one where it belongs.
func (n *neighbours) find(thread uint64, position uint32) *neighbour {
	h := (thread ^ uint64(position)) * 0x9E3779B97F4A7C15
	for i := h >> 32; ; i++ {
		s := &n.slots[i%neighbourSlots]
		if s.generation != n.generation || (s.thread == thread && s.position == position) {
			return s
		}
	}
}

func (n *neighbours) put(thread uint64, position uint32, index int) {
	*n.find(thread, position) = neighbour{thread, position, n.generation, int32(index)}
}

func (n *neighbours) get(thread uint64, position uint32) (index int, ok bool) {
	s := n.find(thread, position)
	return int(s.index), s.generation == n.generation
}
