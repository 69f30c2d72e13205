package search

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/forms"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/learning"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/kernels"
)

// Learn makes a profile of what somebody said of memories, oldest first. Those that the view
// does not show have no part in it: nothing of a memory outlives it. nil where nothing is
// left. It depends on the judgements and their memories alone, in whichever segments they
// stand. O(judgements), some 10 us each: their records are read.
func Learn(v *segment.View, said []model.Said) (p *learning.Profile, err error) {
	defer v.Guard(debug.SetPanicOnFault(true), &err)
	var learner learning.Learner
	reader := sampler{view: v, analyzer: text.NewAnalyzer(v.Space.Language)}
	for _, one := range said {
		ref, ok := v.Find(one.ID)
		if !ok {
			continue
		}
		sample, err := reader.sample(ref, one)
		if errors.Is(err, model.ErrCorrupt) {
			continue // what cannot be read teaches nothing, and is said by Get and Verify
		}
		if err != nil {
			return nil, fmt.Errorf("search: memory %d: %w", one.ID, err)
		}
		learner.Observe(&sample)
	}
	return learner.Profile(), nil
}

// sampler reads what is to be learnt from of a row.
type sampler struct {
	view     *segment.View
	analyzer *text.Analyzer
	terms    text.Tokens
}

func (s *sampler) sample(ref rows.Ref, said model.Said) (sample learning.Sample, err error) {
	m, err := s.view.Memory(ref, false)
	if err != nil {
		return sample, err
	}
	part, row := &s.view.Parts[ref.Part], int(ref.Row)
	s.terms.Reset()
	s.analyzer.Terms(&s.terms, m.Speaker)
	s.analyzer.Terms(&s.terms, m.Text)
	sample.Words, sample.Value = s.distinct(), said.Value
	if v := part.Vectors(); s.view.Space.SeesMeaning() && v.Has(row) {
		sample.Vector = v.Vector(row)
	}
	traits(&sample.Traits, part, row, said.Micros)
	return sample, nil
}

// distinct returns the different terms in the order of the text, as many as count.
func (s *sampler) distinct() (list []string) {
	seen := map[string]bool{}
	for i := 0; i < s.terms.Len() && len(list) < learning.SampleWordsMax; i++ {
		if term := string(s.terms.At(i)); !seen[term] {
			seen[term] = true
			list = append(list, term)
		}
	}
	return list
}

// freshMicros is the age that halves the feature Fresh: 30 days.
const freshMicros = 30 * 24 * 3600 * 1e6

// longest is the logarithm of the terms of a memory that is as long as counts.
var longest = lexical.Ln(1025)

// traits fills in what a row says of itself, at a time in microseconds; math.MinInt64 where
// that is not known.
func traits(x *learning.Features, p *segment.Part, row int, at int64) {
	x[learning.Fresh] = .5
	if at != math.MinInt64 {
		x[learning.Fresh] = 1 / (1 + max(0, float64(at)-float64(p.Event(row)))/freshMicros)
	}
	x[learning.Weighty] = float64(2*float64(p.Authority(row))) - 1
	x[learning.Long] = min(1, lexical.Ln(float64(1+p.Words().Length(row)))/longest)
	says := p.Annotation(row)
	role, form := says.Role(), says.Forms()
	for _, t := range [...]struct {
		feature learning.Feature
		is      bool
	}{
		{learning.AsFact, p.Kind(row) == model.KindSemantic}, {learning.AsProcedure, p.Kind(row) == model.KindProcedural},
		{learning.FromUser, role == annotate.RoleUser}, {learning.FromAssistant, role == annotate.RoleAssistant},
		{learning.FromPerson, role == annotate.RolePerson}, {learning.AsQuestion, form&forms.IsQuestion != 0},
		{learning.AsList, form&forms.HasList != 0}, {learning.AsCode, form&forms.HasCode != 0},
		{learning.WithNumber, form&forms.HasNumber != 0}, {learning.FirstPerson, form&forms.FirstPerson != 0},
	} {
		x[t.feature] = 0
		if t.is {
			x[t.feature] = 1
		}
	}
}

// taste is the scratch of applying a profile to the candidates of a question.
type taste struct {
	words    text.Tokens
	parts    []lexical.Part
	searcher lexical.Searcher
	found    lexical.Occurrences // of the candidates
	features []learning.Features
	bonus    []float64 // of each candidate; empty where nobody's preference counts
	own      [1]float64
}

// prefer adds what the profile of who asks says to the relevance of the candidates, and
// takes the same from all, so that the best is as relevant as the best was. Without a profile
// nothing is touched.
func (s *state) prefer(query *model.Query) {
	p := s.question.Profile
	if p == nil || len(s.refs) == 0 {
		return
	}
	if s.taste == nil {
		s.taste = &taste{}
	}
	s.taste.fill(s.question.View, p, s.refs, s.momentOf(query))
	relevance := s.batch.Column(model.Relevance)
	before, after := 0.0, 0.0
	for i := range s.taste.bonus {
		s.taste.bonus[i] = float64(s.taste.bonus[i] * float64(relevance[i])) // it chooses among answers, and makes none
	}
	for i, b := range s.taste.bonus {
		before, after = max(before, float64(relevance[i])), max(after, float64(relevance[i])+b)
	}
	for i, b := range s.taste.bonus {
		relevance[i] = float32(max(0, float64(relevance[i])+b+(before-after)))
	}
}

// momentOf returns when a question is asked, in microseconds: at the time of the newest
// candidate where it does not say.
func (s *state) momentOf(query *model.Query) int64 {
	if !query.Now.IsZero() {
		return query.Now.UnixMicro()
	}
	newest := int64(math.MinInt64)
	for _, r := range s.refs {
		newest = max(newest, s.question.View.Parts[r.Part].Event(int(r.Row)))
	}
	return newest
}

// fill computes the bonus of rows, which ascend, as a share of their relevance. One look-up a word and part, and some 100 ns
// a row; no allocation once warm but in the look-ups.
func (t *taste) fill(v *segment.View, p *learning.Profile, refs []rows.Ref, at int64) {
	t.features = slices.Grow(t.features[:0], len(refs))[:len(refs)]
	t.bonus = slices.Grow(t.bonus[:0], len(refs))[:len(refs)]
	clear(t.features)
	t.fillWords(v, p, refs)
	for i, r := range refs {
		x := &t.features[i]
		traits(x, &v.Parts[r.Part], int(r.Row), at)
		x[learning.Bias], x[learning.Meaning] = 1, t.meaning(v, p, r)
		t.bonus[i] = p.Bonus(x)
	}
}

// fillWords fills the feature Words.
func (t *taste) fillWords(v *segment.View, p *learning.Profile, refs []rows.Ref) {
	t.words.Reset()
	for i := range p.Words {
		t.words.AppendString(p.Words[i].Text)
	}
	t.parts = t.parts[:0]
	for i := range v.Parts {
		t.parts = append(t.parts, lexical.Part{Reader: v.Parts[i].Words(), Filter: rows.Filter{Dead: v.Parts[i].Dead}})
	}
	t.searcher.Prepare(&t.words, t.parts, lexical.Statistics{Documents: v.Documents, TotalLength: v.TotalLength})
	t.searcher.Occurrences(&t.found, refs)
	for i := range refs {
		sum := 0.0
		for _, o := range t.found.Of(int32(i)) {
			sum += p.Words[t.searcher.Word(int(o.Term))].Worth
		}
		t.features[i][learning.Words] = learning.Squash(sum)
	}
}

// meaning returns how far a row's vector lies the way that is liked: the cosine.
func (t *taste) meaning(v *segment.View, p *learning.Profile, r rows.Ref) float64 {
	vectors := v.Parts[r.Part].Vectors()
	if p.Direction == nil || len(p.Direction) != v.Space.Dim || !vectors.Has(int(r.Row)) {
		return 0
	}
	row := vectors.Vector(int(r.Row))
	kernels.DotScanF64(p.Direction, row, t.own[:])
	product := t.own[0]
	kernels.DotScanF64(row, row, t.own[:])
	return product / math.Sqrt(t.own[0])
}

// added returns what a candidate's relevance has by the asker's preference.
func (t *taste) added(candidate int) (bonus float64, x *learning.Features, ok bool) {
	if t == nil || candidate >= len(t.bonus) {
		return 0, nil, false
	}
	return t.bonus[candidate], &t.features[candidate], true
}

// forget drops what is held of the question.
func (t *taste) forget() {
	if t != nil {
		clear(t.parts)
		t.searcher.Forget()
		t.bonus = t.bonus[:0]
	}
}
