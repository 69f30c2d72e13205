package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// parallelRows is the size of a view from which engines in parallel are quicker.
const parallelRows = 8192

// parallelFrom is parallelRows where there are processors to run on in parallel. Asked
// once a store: what tells it takes a lock of the whole process.
func parallelFrom() uint64 {
	if runtime.GOMAXPROCS(0) == 1 {
		return math.MaxUint64
	}
	return parallelRows
}

// run is one engine's part in a question.
type run struct {
	engine Engine
	found  []rows.Hit // ascending by row
	first  []rows.Hit // the best foundKept of found, ascending by row
	refs   []rows.Ref // of first
	scores []float64  // of first
	sorter rows.Sorter
	err    error
	start  time.Duration // from when the engines were asked
	took   time.Duration
	asked  bool        // by the query
	called bool        // and not left out by its breaker
	tries  bool        // whether it is well again, see breaker
	done   bool        // seen by the orchestrator; the run is its own again
	timed  timed       // the context of an engine that only works
	over   atomic.Bool // set once: by the run that ends, or by the question that waits no longer
}

// runEngines runs the engines that the query wants, in parallel, until all are
// done or time is up. complete is false when one still runs.
//
// Where the engines only work, the last one runs on the caller's own
// goroutine, and over few rows or on one processor all of them do: a goroutine more is a wait more for
// a processor, beside busy writers up to the scheduler's 10 ms, and a thread that C
// called from pays twice for it. (1,000 rows: 160 us with a goroutine, 114 without,
// from C 181 and 132; 5,000 rows: 239 and 226; 10,000 rows: 261 and 291.)
// docs/design/orchestrator.md has why there is no line in front of the goroutines.
func (s *state) runEngines(ctx context.Context, query *model.Query, trace *model.Trace) (complete bool, err error) {
	s.began = time.Now()
	defer func() {
		trace.Engines, trace.Segments = s.trace(), len(s.question.View.Parts)
		trace.Search += time.Since(s.began)
	}()
	running, last := s.call(query)
	own := s.stays(ctx)
	alone := own && s.question.View.Documents < s.parallel
	for i := range s.runs {
		switch {
		case !s.runs[i].called || own && i == last:
		case !own:
			go s.runOne(ctx, i)
		case !alone && s.crew.hire():
			go func() {
				defer s.crew.release()
				s.runOne(ctx, i)
			}()
		default:
			s.runOne(ctx, i)
		}
	}
	if own && running > 0 {
		s.runOne(ctx, last)
	}
	ended := ctx.Done()
	if own {
		ended = nil
	}
	return s.await(ctx, ended, running)
}

// call readies the runs of the engines that the query wants and that are well. It returns
// how many these are, and the last of them.
func (s *state) call(query *model.Query) (running, last int) {
	for i := range s.runs {
		r := &s.runs[i]
		r.done, r.err, r.start, r.took, r.found = false, nil, 0, 0, r.found[:0]
		r.called, r.tries = false, false
		r.over.Store(false)
		if r.asked = len(query.Engines) == 0 || slices.Contains(query.Engines, r.engine.Name()); !r.asked {
			continue
		}
		if r.tries, r.err = s.crew.breakers[i].admits(s.crew.now()); r.err != nil {
			r.done = true
			continue
		}
		r.called = true
		running++
		last = i
	}
	return running, last
}

// stays reports whether the caller can wait until all engines are done: there is no
// deadline, and engines that work see by themselves that ctx has ended.
func (s *state) stays(ctx context.Context) bool {
	if ctx.Done() == nil && s.crew.limits.EngineTimeout < 0 {
		return true
	}
	if _, bounded := ctx.Deadline(); bounded {
		return false
	}
	for i := range s.runs {
		if s.runs[i].called && s.runs[i].engine.Waits(&s.question) {
			return false
		}
	}
	return true
}

// await collects the runs that end, until all have, ended is closed, ctx's end, or the
// engines' time is up.
func (s *state) await(ctx context.Context, ended <-chan struct{}, running int) (complete bool, err error) {
	var expired <-chan time.Time
	if limit := s.crew.limits.EngineTimeout; limit > 0 && len(s.finished) < running {
		timer := time.NewTimer(limit + grace - time.Since(s.began))
		defer timer.Stop()
		expired = timer.C
	}
	used := 0
	for ; running > 0; running-- {
		timeout := false
		select {
		case i := <-s.finished:
			s.runs[i].done = true
			if s.runs[i].err == nil {
				used++
			}
			continue
		case <-ended:
		case <-expired:
			timeout = true
		}
		s.abandon(timeout)
		switch {
		case used > 0:
			return false, nil
		case timeout:
			return false, fmt.Errorf("search: no engine was done within %v: %w", s.crew.limits.EngineTimeout, model.ErrDeadline)
		}
		return false, model.FromContext(ctx, "search")
	}
	if used == 0 && ctx.Err() != nil {
		return true, model.FromContext(ctx, "search")
	}
	return true, s.failure(used)
}

// abandon leaves the runs that have not ended, and this state with them, to their
// goroutines. An engine whose own time is up has failed.
func (s *state) abandon(timeout bool) {
	for i := range s.runs {
		r, b := &s.runs[i], &s.crew.breakers[i]
		if !r.called || !r.over.CompareAndSwap(false, true) {
			continue
		}
		b.stranded.Add(1)
		if timeout {
			b.fail(s.crew.now(), r.tries)
		}
	}
}

// failure returns an error where no engine could answer; skipping is no failure.
func (s *state) failure(used int) error {
	if used > 0 {
		return nil
	}
	for i := range s.runs {
		if r := &s.runs[i]; r.asked && !errors.Is(r.err, ErrSkip) {
			return fmt.Errorf("search: engine %s: %w", r.engine.Name(), r.err)
		}
	}
	return nil
}

// runOne is the search of one engine. A panic in it is an engine's failure,
// not the process's end.
func (s *state) runOne(ctx context.Context, i int) {
	defer s.question.View.Release()
	r, started := &s.runs[i], time.Now()
	r.start = started.Sub(s.began)
	defer func() {
		r.took = time.Since(started)
		if r.over.CompareAndSwap(false, true) {
			s.crew.settle(ctx, i, r)
		} else {
			s.crew.breakers[i].stranded.Add(-1)
		}
		s.finished <- i
	}()
	defer model.Rescue("search: "+r.engine.Name(), &r.err)
	defer s.question.View.Guard(debug.SetPanicOnFault(true), &r.err)
	limited, cancel := s.crew.limited(ctx, r, r.engine.Waits(&s.question))
	defer cancel()
	r.found, r.err = r.engine.Search(limited, &s.question, r.found)
	if r.err == nil {
		r.err = s.check(r)
	}
	if ended := limited.Err(); ended != nil && (r.err == nil || errors.Is(r.err, ended)) {
		r.err = model.FromContext(limited, "search") // what was found is not all
	}
}

// check puts what an engine brought in order, and verifies that it is no more than was
// wanted, and rows that the question may see, each once: what fusion makes of them is an answer.
func (s *state) check(r *run) error {
	if len(r.found) > s.question.Limit {
		n := len(r.found)
		r.found = nil // it may be any number
		return fmt.Errorf("brought %d candidates where %d were wanted: %w", n, s.question.Limit, model.ErrInternal)
	}
	r.sorter.Hits(r.found)
	parts := s.question.View.Parts
	for i, h := range r.found {
		if h.Ref.Part < 0 || int(h.Ref.Part) >= len(parts) || int(h.Ref.Row) >= parts[h.Ref.Part].RowCount() {
			return fmt.Errorf("brought a row that is not of the snapshot: %w", model.ErrInternal)
		}
		filter := s.question.filter(int(h.Ref.Part))
		if !filter.Visible(int(h.Ref.Row)) || i > 0 && h.Ref == r.found[i-1].Ref || h.Score != h.Score {
			return fmt.Errorf("brought a row that the question may not see, that is there twice or has no score: %w", model.ErrInternal)
		}
	}
	return nil
}

// trace tells how each engine took part. A run that is not done is only named.
func (s *state) trace() []model.EngineTrace {
	trace := make([]model.EngineTrace, 0, len(s.runs))
	for i := range s.runs {
		r := &s.runs[i]
		if !r.asked {
			continue
		}
		t := model.EngineTrace{Name: r.engine.Name(), State: model.EngineLate}
		if r.done {
			t.Start, t.Took = r.start, r.took
			switch {
			case r.err == nil:
				t.State, t.Candidates = model.EngineUsed, len(r.found)
			case !r.called:
				t.State, t.Note = model.EngineOpen, r.err.Error()
			case errors.Is(r.err, ErrSkip):
				t.State, t.Note = model.EngineSkipped, r.err.Error()
			case errors.Is(r.err, model.ErrDeadline), errors.Is(r.err, model.ErrCancelled):
			default:
				t.State, t.Note = model.EngineFailed, r.err.Error()
			}
		}
		trace = append(trace, t)
	}
	return trace
}
