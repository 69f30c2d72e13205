// Package search asks the engines and fuses what they find.
//
// An Engine proposes candidates from one View and can score any row of it. The
// Orchestrator runs the chosen engines in parallel on the same View, leaves out
// and names those that are late or fail, and computes the six factors:
//
//	relevance   by the learnt ranker over the signals of the candidates (package
//	            signals), or by convex combination of the engines' scores, each
//	            normalised over the candidates, or another way of model.Fusion
//	freshness   1/(1+age/half) against Query.Now, or the newest candidate
//	diversity   1 - likeness to the hits above (package fuse)
//	authority   the memory's importance
//	coherence   relevance of it and its neighbours in the session, among the candidates
//	confidence  geometric mean of the engines' normalised scores, and the ranker's relevance
//
// Every number of the path from text to order is computed the same way on every
// CPU, so that the same store and question give the same hits everywhere.
package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/search/confidence"
	"github.com/nexus-memory/nexus/engine/search/learning"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
)

// Question is what engines work from. It does not change while they run.
type Question struct {
	View   *segment.View
	Text   string
	Vector []float32      // nil: the text's, by the view's embedder if it has one
	Allow  []rows.Set     // rows in scope that pass the filter and the match, by part; nil = all rows
	Words  *segment.Words // of the match; nil = none
	Alone  bool           // the match is all there is: every row of Allow is an answer
	Boosts *model.Boosts  // nil = those of text alone
	Limit  int            // candidates wanted of each engine
	Single bool           // one engine's candidates are the answer
	Effort float32        // of the vector engine, see model.Query.VectorEffort; 0 = 1

	// Uncounted questions are none of those that Limits bound.
	Uncounted bool

	Ranker *rank.Scorer // of signals.Names; nil = the one that comes with Nexus
	// Profile is what was learnt of who asks; nil = nothing, or it is not to count.
	Profile *learning.Profile

	// Observe, if any, is shown the candidates, before hits are chosen. They are the
	// orchestrator's again when it returns.
	Observe func(*Candidates)
}

// Engine finds candidates. An Engine belongs to one question at a time: Search
// keeps what Score then needs. An engine that waits and is late is abandoned with its
// goroutine, as many as strandedMax; one that only works has to look at ctx to be ended.
type Engine interface {
	Name() string
	// Search appends its best q.Limit candidates at most to dst, in any order, ties by Ref.
	// It looks at ctx.Err at least every 256 KiB of data: where it Waits not, ctx.Done knows
	// nothing of its time. ErrSkip says that the
	// question has nothing for this engine.
	Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error)
	// Scores appends the engine's exact scores of rows, which ascend; only after Search.
	Scores(dst []float64, refs []rows.Ref) []float64
	// Waits reports whether Search may wait for something beside the processor, which
	// then is not to keep the caller once ctx has ended.
	Waits(q *Question) bool
	// Forget drops all that is held of the question's view: an idle engine must
	// not keep replaced segments in memory.
	Forget()
}

// ErrSkip is wrapped by an engine that has nothing to go on.
var ErrSkip = errors.New("skipped")

// ErrNoMatch is an engine's that looked and found nothing: it has no say in
// relevance, and what others found has its confidence against it.
var ErrNoMatch = fmt.Errorf("%w: no word of the question occurs", ErrSkip)

// EngineNames lists the engines in the order of their traces.
func EngineNames() []string { return []string{"lexical", "vector"} }

func newEngines() []Engine { return []Engine{&lexicalEngine{}, &vectorEngine{}} }

// Orchestrator answers questions. Any goroutine may call Answer.
type Orchestrator struct {
	states scratch.Pool[state]
	ranker *rank.Scorer // of signals.Names
	sure   *confidence.Model
	routes route.Cascade
	crew   *crew

	// turns: every question lets others run, as there is one processor for all. What gives
	// way every 100 us, as merging does, else runs as often as the scheduler takes the
	// processor from who asks: every 10 ms.
	turns bool
}

// NewOrchestrator returns an orchestrator over all engines, within limits. What questions are analysed by
// is compiled meanwhile, some 4 ms once a process.
func NewOrchestrator(limits Limits) *Orchestrator {
	go new(route.Analyzer).Analyse("")
	return newOrchestrator(newEngines, limits)
}

func newOrchestrator(engines func() []Engine, limits Limits) *Orchestrator {
	from := parallelFrom()
	o := &Orchestrator{turns: from == math.MaxUint64, ranker: builtIn(), sure: confidence.BuiltIn(), routes: route.DefaultCascade()}
	o.crew = newCrew(len(engines()), limits)
	o.states.New = func() *state { return newState(engines(), from) }
	return o
}

// Answer searches q.View for a question that is normalized. It returns the
// context's error only where that ended before any engine was done, model.ErrBusy where
// more questions are being answered than Limits say, and model.ErrUnavailable where all
// engines that might answer are left out.
//
// Where so many candidates repeat each other that fewer than K hits are left, it takes
// once more as many as a batch can hold, unless it has.
func (o *Orchestrator) Answer(ctx context.Context, question *Question, query *model.Query) (answer *model.Answer, err error) {
	defer question.View.Release()
	defer question.View.Guard(debug.SetPanicOnFault(true), &err)
	if !question.Uncounted {
		if err := o.crew.enter(); err != nil {
			return nil, err
		}
		defer o.crew.leave()
	}
	words, err := matchWords(question.View, query)
	if err != nil {
		return nil, err
	}
	allow, err := allowed(ctx, question.View, query, words)
	if err != nil {
		return nil, err
	}
	s := o.states.Get()
	s.question = *question
	s.ranker, s.sure, s.crew = o.ranker, o.sure, o.crew
	if question.Ranker != nil {
		s.ranker = question.Ranker
	}
	s.question.Allow, s.question.Words = allow, words
	s.question.Single, s.question.Effort = query.SingleEngine, query.VectorEffort
	s.question.Alone, s.question.Boosts = query.IsMatchAlone(), query.Boosts
	s.by = query.FusedBy()
	answer, complete, err := s.answer(ctx, query, &o.routes)
	if complete { // else the state is left to the engine that still runs on it
		s.forget()
		o.states.Put(s)
	}
	if o.turns {
		runtime.Gosched()
	}
	return answer, err
}

// answer asks the engines and makes an answer of what they found. complete is false when
// an engine still runs.
func (s *state) answer(ctx context.Context, query *model.Query, routes *route.Cascade) (answer *model.Answer, complete bool, err error) {
	answer, complete, err = s.follow(ctx, query, routes)
	if err != nil || !complete || query.SingleEngine || answer.Trace.Hurried || len(answer.Hits) >= query.K || s.spent == widest || !s.cutOff() {
		return answer, complete, err
	}
	wider := &model.Answer{Route: answer.Route}
	wider.Trace.Started = answer.Trace.Started
	complete, widerErr := s.attempt(ctx, query, widest, wider)
	if widerErr == nil {
		widerErr = s.choose(query, wider)
	}
	switch {
	case errors.Is(widerErr, model.ErrCorrupt): // what the first time did not read
		return nil, complete, widerErr
	case widerErr == nil && (len(wider.Hits) > len(answer.Hits) || failed(&wider.Trace)):
		return wider, complete, nil
	}
	return answer, complete, nil
}

// follow goes the route of a question: from the one that it calls for on to where the
// answer is trusted, or time is up.
func (s *state) follow(ctx context.Context, query *model.Query, routes *route.Cascade) (answer *model.Answer, complete bool, err error) {
	answer = &model.Answer{}
	if query.SingleEngine {
		s.question.Limit = query.K
		if complete, err = s.runEngines(ctx, query, &answer.Trace); err == nil {
			err = s.answerAlone(query, answer)
		}
		return answer, complete, err
	}
	s.analysis = s.analyzer.Analyse(s.question.Text)
	adaptive := query.Route == model.RouteAdaptive && s.by == model.FusionLearnt
	answer.Route = max(query.Route, model.RouteSmart)
	if adaptive {
		wanted := max(answer.Route, routes.Start(&s.analysis, route.NoLimit))
		answer.Route = max(answer.Route, routes.Start(&s.analysis, left(ctx)))
		answer.Trace.Hurried = answer.Route < wanted
	}
	answer.Trace.Started = answer.Route
	for {
		complete, err = s.attempt(ctx, query, s.effort(answer.Route), answer)
		if err != nil || !adaptive || !complete {
			break
		}
		next, trusted := routes.Next(answer.Route, answer.Confidence)
		if trusted {
			break
		}
		if answer.Trace.Hurried = routes.Costs[next] > left(ctx); answer.Trace.Hurried {
			break
		}
		answer.Route = next
	}
	if err != nil {
		return nil, complete, err
	}
	return answer, complete, s.choose(query, answer)
}

// effort returns what a route spends. Ways of fusion but the learnt ranker are the same by
// every route.
func (s *state) effort(r model.Route) effort {
	if s.by != model.FusionLearnt {
		r = model.RouteSmart
	}
	if r == model.RouteMaximum && s.question.View.Documents < widestRows {
		return widest
	}
	return efforts[r]
}

// attempt weighs the candidates that an effort finds; the engines are asked where they did
// not bring as many yet.
func (s *state) attempt(ctx context.Context, query *model.Query, spends effort, answer *model.Answer) (complete bool, err error) {
	complete, s.spent = true, spends
	if each := max(spends.each, query.K); each > s.question.Limit {
		s.question.Limit = each
		if complete, err = s.runEngines(ctx, query, &answer.Trace); err != nil {
			return complete, err
		}
	}
	s.weigh(query, spends, answer)
	return complete, nil
}

// left returns how much time a question has.
func left(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline)
	}
	return route.NoLimit
}

// failed reports whether an engine failed, which the answer is then to say.
func failed(t *model.Trace) bool {
	return slices.ContainsFunc(t.Engines, func(e model.EngineTrace) bool { return e.State == model.EngineFailed })
}

func (s *state) forget() {
	s.question = Question{}
	s.table.Forget()
	s.taste.forget()
	s.explainer = nil
	for i := range s.runs {
		s.runs[i].engine.Forget()
		s.runs[i].timed = timed{}
	}
}

// cutOff reports whether there may be more candidates than there are.
func (s *state) cutOff() bool {
	if s.by == model.FusionLearnt && len(s.shortlist.list) > len(s.refs) {
		return true
	}
	for i := range s.runs {
		if s.runs[i].used() && len(s.runs[i].found) == s.question.Limit {
			return true
		}
	}
	return false
}

// matchWords analyses the match of a question; nil where it has none.
func matchWords(v *segment.View, query *model.Query) (*segment.Words, error) {
	if query.Match.IsZero() {
		return nil, nil
	}
	return segment.NewWords(v.Space.Language, query.Match)
}

// allowed returns the rows that the scope, the time of validity, the filter and the
// match of a question let it see: nil where these are all.
func allowed(ctx context.Context, v *segment.View, query *model.Query, words *segment.Words) ([]rows.Set, error) {
	allow := v.Allow(query.Scope)
	if !query.ValidAt.IsZero() {
		v.KeepValid(allow, query.ValidAt.UnixMicro())
	}
	if err := v.Narrow(ctx, allow, query.Tenant, query.Filter); err != nil {
		return nil, err
	}
	if words != nil {
		if err := v.KeepMatching(ctx, allow, words); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(allow, func(set rows.Set) bool { return set != nil }) {
		return nil, nil
	}
	return allow, nil
}

// state is the scratch of one question.
type state struct {
	question Question
	runs     []run
	finished chan int // index of a run that ended; capacity: one each
	parallel uint64   // live rows from which on engines run in parallel
	crew     *crew
	began    time.Time // when the engines were asked
	spent    effort    // on the last attempt

	refs           []rows.Ref
	others         []rows.Ref  // of refs, those that an engine did not bring
	values         []float64   // and its scores of them
	scores         [][]float64 // by run, then by candidate; as normalised
	found          []rows.Ref  // the best of what the engines found, ascending
	analyzer       route.Analyzer
	analysis       route.Analysis // of the question
	shortlist      shortlist
	explainer      *explainer
	places         scratch.Index // of candidates, by their places in sessions
	table          signals.Table
	by             model.Fusion
	ranker         *rank.Scorer
	ranked         []float32 // its scores of the candidates
	sure           *confidence.Model
	gauge          confidence.Gauge
	taste          *taste    // nil before the first question of somebody who has a profile
	order          []int32   // scratch of reciprocalRanks
	sums, products []float64 // scratch of combine
	batch          fuse.Batch
	fuser          fuse.Fuser
	dups           []int
	touched        byte         // see segment.View.Bring
	seed           uint64       // of the draw of model.Query.Explore
	replaced       []succession // of candidates
	called         []float32    // the share of relevance that candidates lose as they are of another kind than is called for; empty = nothing
}

func newState(engines []Engine, parallel uint64) *state {
	s := &state{runs: make([]run, len(engines)), finished: make(chan int, len(engines)), parallel: parallel, scores: make([][]float64, len(engines))}
	for i, e := range engines {
		s.runs[i].engine = e
	}
	s.batch.Encode, s.batch.Lot = s.encode, s.lot
	return s
}

// answerAlone returns one engine's candidates as they are.
func (s *state) answerAlone(query *model.Query, answer *model.Answer) error {
	for i := range s.runs {
		r := &s.runs[i]
		if !r.done || r.err != nil {
			continue
		}
		answer.Trace.Candidates = len(r.found)
		slices.SortFunc(r.found, rows.Hit.Compare)
		s.others = s.others[:0]
		for _, c := range r.found[:min(query.K, len(r.found))] {
			s.others = append(s.others, c.Ref)
		}
		s.touched ^= s.question.View.Bring(s.others)
		for at, c := range r.found {
			if len(answer.Hits) == query.K {
				break
			}
			hit := model.Hit{Score: float32(c.Score), Explanation: r.explainAlone(query, at+1, c.Score)}
			if err := s.fetch(&hit, c.Ref, query, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch reads a hit's record into the answer. Rows were admitted by hashes of
// their scope; a row of another scope, by a collision, is passed over.
func (s *state) fetch(hit *model.Hit, ref rows.Ref, query *model.Query, answer *model.Answer) (err error) {
	if hit.Memory, err = s.question.View.Memory(ref, false); err != nil {
		return fmt.Errorf("search: memory %d: %w", s.question.View.ID(ref), err)
	}
	if query.Scope.Covers(hit.Memory.Scope) {
		answer.Hits = append(answer.Hits, *hit)
	}
	return nil
}
