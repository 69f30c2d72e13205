package search

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// moody is an engine whose searches do what the test says at the time.
type moody struct {
	fakeEngine
	waits  bool
	search func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error)
}

func (e *moody) Waits(*Question) bool { return e.waits }

func (e *moody) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	return e.search(ctx, q, dst)
}

type searching = func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error)

// besides returns the engines of a question: a moody one, and a sound one that finds the
// last of the five texts.
func besides(waits bool, search searching) func() []Engine {
	return func() []Engine {
		return []Engine{&moody{fakeEngine{name: "moody"}, waits, search}, &fakeEngine{name: "sound", rows: []uint32{4}}}
	}
}

// limited gives an orchestrator other limits.
func limited(o *Orchestrator, l Limits) *Orchestrator {
	o.crew.limits = l.withDefaults()
	return o
}

// wantSound asks and wants what the sound engine finds, whatever becomes of the moody one,
// whose trace it returns.
func wantSound(t *testing.T, a *model.Answer, err error) model.EngineTrace {
	t.Helper()
	if err != nil || len(a.Hits) == 0 || a.Trace.Engines[1].State != model.EngineUsed {
		t.Fatalf("%+v %v", a, err)
	}
	return a.Trace.Engines[0]
}

func failing(context.Context, *Question, []rows.Hit) ([]rows.Hit, error) {
	return nil, errors.New("no line to the model")
}

func finding(row uint32) searching {
	return func(_ context.Context, _ *Question, dst []rows.Hit) ([]rows.Hit, error) {
		return append(dst, rows.Hit{Ref: rows.Ref{Row: row}, Score: 1}), nil
	}
}

// An engine that fails five times in a row is left out for a second, then one question
// tries it; it is left out for twice as long after each try that fails, for a minute at
// most, and as before once a try succeeds.
func TestAnEngineThatFailsAgainAndAgainRestsAndIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		search, asked := searching(failing), 0
		o, v := orchestra(t, fiveTexts, besides(false, func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
			asked++
			return search(ctx, q, dst)
		}))
		ask := func(want model.EngineState) {
			t.Helper()
			a, err := answer(t, o, v, model.Query{Text: "x"})
			if e := wantSound(t, a, err); e.State != want || (e.Note == "") != (want == model.EngineUsed) {
				t.Fatalf("%v %q, want %v", e.State, e.Note, want)
			}
		}
		for range failuresMax {
			ask(model.EngineFailed)
		}
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			ask(model.EngineOpen)
			time.Sleep(time.Duration(seconds)*time.Second - 1)
			ask(model.EngineOpen)
			time.Sleep(time.Nanosecond)
			ask(model.EngineFailed)
		}
		if asked != failuresMax+8 {
			t.Fatalf("asked %d times", asked)
		}
		time.Sleep(restMost)
		search = finding(2)
		ask(model.EngineUsed)
		search = failing
		ask(model.EngineFailed)
	})
}

func TestOneQuestionAtATimeTriesAnEngineThatRested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var trying atomic.Int64
		search, release := atomic.Pointer[searching]{}, make(chan struct{})
		fails := searching(failing)
		search.Store(&fails)
		o, v := orchestra(t, fiveTexts, besides(true, func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
			return (*search.Load())(ctx, q, dst)
		}))
		for range failuresMax {
			_, _ = answer(t, o, v, model.Query{Text: "x"})
		}
		time.Sleep(restFirst)
		hangs := searching(func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
			trying.Add(1)
			<-release
			return finding(1)(ctx, q, dst)
		})
		search.Store(&hangs)
		var open atomic.Int64
		var asking sync.WaitGroup
		for range 20 {
			asking.Go(func() {
				a, err := answer(t, o, v, model.Query{Text: "x"})
				if err == nil && a.Trace.Engines[0].State == model.EngineOpen {
					open.Add(1)
				}
			})
		}
		synctest.Wait()
		if trying.Load() != 1 || open.Load() != 19 {
			t.Errorf("%d tried it, %d went without", trying.Load(), open.Load())
		}
		close(release)
		asking.Wait()
		a, err := answer(t, o, v, model.Query{Text: "x"})
		if e := wantSound(t, a, err); e.State != model.EngineUsed {
			t.Errorf("after it did well: %v", e.State)
		}
	})
}

// Of many that fail at once the first five open the breaker: the others know no more.
func TestFailuresOfOneMomentDoNotLengthenTheRest(t *testing.T) {
	var b breaker
	for range 100 {
		b.fail(0, false)
	}
	if tries, err := b.admits(restFirst - 1); tries || !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("before the rest is over: %v %v", tries, err)
	}
	if tries, err := b.admits(restFirst); !tries || err != nil {
		t.Errorf("after it: %v %v", tries, err)
	}
}

// What fails for the question's own sake, or by damage that is being mended, says nothing
// of the engine.
func TestFailuresThatAreNotTheEnginesOwnLeaveItIn(t *testing.T) {
	for _, fault := range []error{model.ErrInvalid, model.ErrDimension, model.ErrCorrupt, model.ErrCancelled, ErrNoMatch} {
		o, v := orchestra(t, fiveTexts, besides(false, func(context.Context, *Question, []rows.Hit) ([]rows.Hit, error) { return nil, fault }))
		for range 3 * failuresMax {
			a, err := answer(t, o, v, model.Query{Text: "x"})
			if e := wantSound(t, a, err); e.State == model.EngineOpen {
				t.Fatalf("left out after %v", fault)
			}
		}
	}
}

// A budget is the question's: that an engine is late for a short one says nothing of it,
// whether it ends by itself then or has to be left behind.
func TestAnEngineThatIsLateForShortBudgetsIsNotLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, v := orchestra(t, fiveTexts, besides(true, func(ctx context.Context, _ *Question, _ []rows.Hit) ([]rows.Hit, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		r := &run{err: model.ErrDeadline}
		ended, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		<-ended.Done()
		for range 3 * failuresMax {
			o.crew.settle(ended, 0, r)
			a, err := answer(t, o, v, model.Query{Text: "x", Budget: time.Millisecond})
			if e := wantSound(t, a, err); e.State != model.EngineLate {
				t.Fatalf("%v", e.State)
			}
			synctest.Wait()
		}
		o, v = orchestra(t, fiveTexts, func() []Engine {
			return []Engine{&fakeEngine{name: "slow", rows: []uint32{1}, sleep: time.Second}, &fakeEngine{name: "sound", rows: []uint32{4}}}
		})
		for range 3 * failuresMax {
			a, err := answer(t, o, v, model.Query{Text: "x", Budget: time.Millisecond})
			if e := wantSound(t, a, err); e.State != model.EngineLate {
				t.Fatalf("%v", e.State)
			}
		}
		time.Sleep(time.Second)
		a, err := answer(t, o, v, model.Query{Text: "x"})
		if e := wantSound(t, a, err); e.State != model.EngineUsed || e.Took != time.Second {
			t.Fatalf("%+v", e)
		}
	})
}

// An engine that hangs costs a question its timeout, five questions in a row theirs, and then
// no time; its goroutines end when it does.
func TestAnEngineThatHangsIsLeftOutAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		o, v := orchestra(t, fiveTexts, besides(true, func(context.Context, *Question, []rows.Hit) ([]rows.Hit, error) {
			<-release
			return nil, nil
		}))
		limited(o, Limits{EngineTimeout: time.Second})
		for i := range failuresMax + 3 {
			want, took := model.EngineLate, time.Second+grace
			if i >= failuresMax {
				want, took = model.EngineOpen, 0
			}
			started := time.Now()
			a, err := answer(t, o, v, model.Query{Text: "x"})
			if e := wantSound(t, a, err); e.State != want || time.Since(started) != took {
				t.Fatalf("question %d: %v after %v", i, e.State, time.Since(started))
			}
		}
		if n := o.crew.breakers[0].stranded.Load(); n != failuresMax {
			t.Errorf("%d are given up on", n)
		}
		close(release)
		synctest.Wait()
		if n := o.crew.breakers[0].stranded.Load(); n != 0 {
			t.Errorf("%d are given up on when all have ended", n)
		}
	})
}

func TestAnEngineThatHeedsItsTimeIsLateAndItsMemoryServesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, waits := range []bool{true, false} {
			o, v := orchestra(t, fiveTexts, besides(waits, func(ctx context.Context, _ *Question, _ []rows.Hit) ([]rows.Hit, error) {
				for ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				return nil, ctx.Err()
			}))
			limited(o, Limits{EngineTimeout: time.Second})
			a, err := answer(t, o, v, model.Query{Text: "x"})
			if e := wantSound(t, a, err); e.State != model.EngineLate || e.Took.Round(100*time.Millisecond) != time.Second {
				t.Fatalf("%+v", e)
			}
			if n := o.crew.breakers[0].stranded.Load(); n != 0 {
				t.Errorf("%d are given up on", n)
			}
			if _, err = answer(t, o, v, model.Query{Text: "x", Engines: []string{"moody"}}); !errors.Is(err, model.ErrDeadline) {
				t.Errorf("alone: %v", err)
			}
		}
	})
}

func TestWithNoEngineLeftAQuestionIsUnavailableOrOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		o, v := orchestra(t, fiveTexts, besides(true, func(context.Context, *Question, []rows.Hit) ([]rows.Hit, error) {
			<-release
			return nil, nil
		}))
		limited(o, Limits{EngineTimeout: time.Second})
		for i := range failuresMax + 1 {
			want := model.ErrDeadline
			if i == failuresMax {
				want = model.ErrUnavailable
			}
			if _, err := answer(t, o, v, model.Query{Text: "x", Engines: []string{"moody"}}); !errors.Is(err, want) {
				t.Fatalf("question %d: %v", i, err)
			}
		}
		close(release)
	})
}

// Questions with short budgets leave searches behind that hang; only so many.
func TestSearchesThatAreGivenUpOnAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, asked := make(chan struct{}), atomic.Int64{}
		o, v := orchestra(t, fiveTexts, besides(true, func(context.Context, *Question, []rows.Hit) ([]rows.Hit, error) {
			asked.Add(1)
			<-release
			return nil, nil
		}))
		for i := range 10 * strandedMax {
			want := model.EngineLate
			if i >= strandedMax {
				want = model.EngineOpen
			}
			a, err := answer(t, o, v, model.Query{Text: "x", Budget: time.Millisecond})
			if e := wantSound(t, a, err); e.State != want {
				t.Fatalf("question %d: %v", i, e.State)
			}
		}
		if asked.Load() != strandedMax {
			t.Errorf("%d searches hang", asked.Load())
		}
		close(release)
	})
}

// What an engine brings that it was not asked for is in no answer.
func TestAnEngineThatFloodsIsCutAndNamed(t *testing.T) {
	bring := func(hits ...rows.Hit) searching {
		return func(_ context.Context, _ *Question, dst []rows.Hit) ([]rows.Hit, error) {
			return append(dst, hits...), nil
		}
	}
	for name, search := range map[string]searching{
		"more than wanted": func(_ context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
			return append(dst, make([]rows.Hit, q.Limit+1)...), nil
		},
		"a flood":         bring(make([]rows.Hit, 1<<20)...),
		"no such part":    bring(rows.Hit{Ref: rows.Ref{Part: 1}}),
		"no part at all":  bring(rows.Hit{Ref: rows.Ref{Part: -1}}),
		"no such row":     bring(rows.Hit{Ref: rows.Ref{Row: 5}}),
		"the largest row": bring(rows.Hit{Ref: rows.Ref{Row: math.MaxUint32}}),
		"the same twice":  bring(rows.Hit{Ref: rows.Ref{Row: 1}}, rows.Hit{Ref: rows.Ref{Row: 1}, Score: 2}),
		"no score":        bring(rows.Hit{Ref: rows.Ref{Row: 1}, Score: math.NaN()}),
	} {
		o, v := orchestra(t, fiveTexts, besides(false, search))
		a, err := answer(t, o, v, model.Query{Text: "x"})
		if e := wantSound(t, a, err); e.State != model.EngineFailed || len(a.Hits) != 1 || !strings.Contains(e.Note, "brought") || strings.HasPrefix(name, "more") != strings.Contains(e.Note, "65 candidates where 64") {
			t.Errorf("%s: %+v, %d hits", name, e, len(a.Hits))
		}
	}
}

// The scope is a wall, also against an engine of ours that has a hole.
func TestAnEngineThatBringsWhatTheQuestionMayNotSeeFails(t *testing.T) {
	o, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{&fakeEngine{name: "a", rows: []uint32{1}}} })
	if a, err := answer(t, o, v, model.Query{Text: "x", Scope: model.Scope{User: "Priya"}}); !errors.Is(err, model.ErrInternal) {
		t.Errorf("%+v %v", a, err)
	}
}

func TestAsManyQuestionsAsMayBeAreAdmitted(t *testing.T) {
	c := newCrew(1, Limits{Questions: 2})
	for i, want := range []error{nil, nil, model.ErrBusy} {
		if err := c.enter(); !errors.Is(err, want) {
			t.Fatalf("question %d: %v", i, err)
		}
	}
	if c.leave(); c.enter() != nil {
		t.Error("none where one left")
	}
	c = newCrew(1, Limits{Questions: -1})
	for range 2 * QuestionsDefault {
		if err := c.enter(); err != nil {
			t.Fatal(err)
		}
	}
}

// Ten times as many questions as may be answered at once: the rest is busy at once, what
// is admitted is answered right, and nothing is left behind.
func TestTenTimesAsManyQuestionsAsMayBeAreTurnedAwayAtOnce(t *testing.T) {
	const questions = 16
	release, before := make(chan struct{}), runtime.NumGoroutine()
	var searching, busy, right atomic.Int64
	o, v := orchestra(t, fiveTexts, besides(true, func(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
		searching.Add(1)
		<-release
		return finding(2)(ctx, q, dst)
	}))
	limited(o, Limits{Questions: questions})
	var asking sync.WaitGroup
	for range 10 * questions {
		asking.Go(func() {
			a, err := answer(t, o, v, model.Query{Text: "x"})
			switch {
			case errors.Is(err, model.ErrBusy):
				if busy.Add(1) == 9*questions {
					close(release)
				}
			case err == nil && len(a.Hits) == 2:
				right.Add(1)
			default:
				t.Errorf("%+v %v", a, err)
			}
		})
	}
	asking.Wait()
	if busy.Load() != 9*questions || right.Load() != questions || searching.Load() != questions {
		t.Errorf("%d busy, %d right, %d searches", busy.Load(), right.Load(), searching.Load())
	}
	if o.crew.questions.Load() != 0 || o.crew.helpers.Load() != 0 || o.crew.breakers[0].stranded.Load() != 0 {
		t.Errorf("%d questions, %d helpers, %d given up on are left", o.crew.questions.Load(), o.crew.helpers.Load(), o.crew.breakers[0].stranded.Load())
	}
	for wait := 0; runtime.NumGoroutine() > before; wait++ {
		if wait == 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// No more goroutines help than there are processors: other questions' engines work where
// they are asked, and find the same.
func TestHelpersAreBoundedByProcessors(t *testing.T) {
	o, v := orchestra(t, fiveTexts, besides(false, finding(2)))
	many := *v
	many.Documents = math.MaxUint64 - 1
	o.crew.mates = 2
	for range o.crew.mates {
		if !o.crew.hire() {
			t.Fatal("no helper where all are free")
		}
	}
	if o.crew.hire() {
		t.Fatal("a helper more than there may be")
	}
	for range 2 { // without helpers, then with them
		if a, err := answer(t, o, &many, model.Query{Text: "x"}); err != nil || len(a.Hits) != 2 {
			t.Errorf("%+v %v", a, err)
		}
		o.crew.release()
	}
	if n := o.crew.helpers.Load(); n != 0 {
		t.Errorf("%d helpers are left", n)
	}
}

// The trace says when each engine began and how long it took, so that it shows which
// worked at the same time.
func TestTheTraceShowsThatEnginesOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, v := orchestra(t, fiveTexts, func() []Engine {
			return []Engine{&fakeEngine{name: "a", rows: []uint32{1}, sleep: time.Second}, &fakeEngine{name: "b", rows: []uint32{2}, sleep: 3 * time.Second}}
		})
		a, err := answer(t, o, v, model.Query{Text: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if e := a.Trace.Engines; e[0].Start != 0 || e[1].Start != 0 || e[0].Took != time.Second || e[1].Took != 3*time.Second || a.Trace.Search != 3*time.Second {
			t.Errorf("%+v in %v", e, a.Trace.Search)
		}
	})
}
