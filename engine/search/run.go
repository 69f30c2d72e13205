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
	found  []rows.Hit
	err    error
	took   time.Duration
	asked  bool
	done   bool // seen by the orchestrator; the run is its own again
}

// runEngines runs the engines that the query wants, in parallel, until all are
// done or time is up. complete is false when one still runs.
//
// Where nothing can end the wait early, the last engine runs on the caller's own
// goroutine, and over few rows or on one processor all of them do: a goroutine more is a wait more for
// a processor, beside busy writers up to the scheduler's 10 ms, and a thread that C
// called from pays twice for it. (1,000 rows: 160 us with a goroutine, 114 without,
// from C 181 and 132; 5,000 rows: 239 and 226; 10,000 rows: 261 and 291.)
func (s *state) runEngines(ctx context.Context, query *model.Query) (complete bool, err error) {
	running, last := 0, -1
	for i := range s.runs {
		r := &s.runs[i]
		r.done, r.err, r.took, r.found = false, nil, 0, r.found[:0]
		r.asked = len(query.Engines) == 0 || slices.Contains(query.Engines, r.engine.Name())
		if r.asked {
			running++
			last = i
		}
	}
	own := s.stays(ctx)
	alone := own && s.question.View.Documents < s.parallel
	for i := range s.runs {
		switch {
		case !s.runs[i].asked || own && i == last:
		case alone:
			s.runOne(ctx, i)
		default:
			go s.runOne(ctx, i)
		}
	}
	if own {
		s.runOne(ctx, last)
	}
	ended := ctx.Done()
	if own {
		ended = nil
	}
	return s.await(ctx, ended, running)
}

// stays reports whether the caller can wait until all engines are done: there is no
// deadline, and engines that work see by themselves that ctx has ended.
func (s *state) stays(ctx context.Context) bool {
	if ctx.Done() == nil {
		return true
	}
	if _, bounded := ctx.Deadline(); bounded {
		return false
	}
	for i := range s.runs {
		if s.runs[i].asked && s.runs[i].engine.Waits(&s.question) {
			return false
		}
	}
	return true
}

// await collects the runs that end, until all have or ended is closed, ctx's end.
func (s *state) await(ctx context.Context, ended <-chan struct{}, running int) (complete bool, err error) {
	used := 0
	for ; running > 0; running-- {
		select {
		case i := <-s.finished:
			s.runs[i].done = true
			if s.runs[i].err == nil {
				used++
			}
			continue
		case <-ended:
		}
		if used == 0 {
			return false, model.FromContext(ctx, "search")
		}
		return false, nil
	}
	if used == 0 && ctx.Err() != nil {
		return true, model.FromContext(ctx, "search")
	}
	return true, s.failure(used)
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

// runOne is the goroutine of one engine. A panic in it is an engine's failure,
// not the process's end.
func (s *state) runOne(ctx context.Context, i int) {
	defer s.question.View.Release()
	r, started := &s.runs[i], time.Now()
	defer func() {
		r.took = time.Since(started)
		s.finished <- i
	}()
	defer model.Rescue("search: "+r.engine.Name(), &r.err)
	defer s.question.View.Guard(debug.SetPanicOnFault(true), &r.err)
	r.found, r.err = r.engine.Search(ctx, &s.question, r.found)
	if r.err == nil {
		r.err = model.FromContext(ctx, "search") // what was found is not all
	}
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
			t.Took = r.took
			switch {
			case r.err == nil:
				t.State, t.Candidates = model.EngineUsed, len(r.found)
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
