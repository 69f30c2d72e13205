package search

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
)

// fakeEngine finds given rows, or fails, panics or sleeps.
type fakeEngine struct {
	name  string
	rows  []uint32
	err   error
	panic bool
	sleep time.Duration
	while func() // called while it searches
}

func (e *fakeEngine) Name() string { return e.name }

func (e *fakeEngine) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	if e.panic {
		panic("broken")
	}
	time.Sleep(e.sleep)
	if e.while != nil {
		e.while()
	}
	for i, row := range e.rows {
		dst = append(dst, rows.Hit{Ref: rows.Ref{Row: row}, Score: 1 / float64(i+1)})
	}
	return dst, e.err
}

func (e *fakeEngine) Scores(dst []float64, refs []rows.Ref) []float64 {
	return append(dst, make([]float64, len(refs))...)
}

func (e *fakeEngine) Waits(*Question) bool { return e.sleep > 0 }

func (e *fakeEngine) Forget() {}

// orchestra returns an orchestrator whose engines are made by the given
// function for every state, and a view of memories.
func orchestra(t *testing.T, texts []string, engines func() []Engine) (*Orchestrator, *segment.View) {
	t.Helper()
	hashing := embed.NewHashing(text.English)
	space := segment.Space{Name: hashing.Name(), Dim: hashing.Dim(), Embedder: hashing, Language: text.English}
	memories := make([]model.Memory, len(texts))
	for i, s := range texts {
		memories[i] = model.Memory{Text: s, Scope: model.Scope{Session: "s"}, EventTime: time.Unix(int64(i)*86400, 0)}
		if err := memories[i].Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	return newOrchestrator(engines, Limits{}), (&segment.View{Space: space}).With(built(t, space, memories))
}

// built makes a segment of memories with the IDs 1, 2 ...
func built(t *testing.T, space segment.Space, memories []model.Memory) *segment.Segment {
	t.Helper()
	prepared, err := segment.NewPreparer().Prepare(context.Background(), space, memories)
	if err != nil {
		t.Fatal(err)
	}
	b := segment.NewBuilder(space)
	for i, row := range prepared {
		row.ID = model.ID(i + 1)
		row.Stamp(time.Unix(1e9, 0), uint32(i))
		b.Add(row)
	}
	s, err := b.Finish(1, model.ID(len(prepared)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func answer(t *testing.T, o *Orchestrator, v *segment.View, q model.Query) (*model.Answer, error) {
	t.Helper()
	q.Fusion = model.FusionConvex // what the engines of these tests score, nothing else
	if err := q.Normalize(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if q.Budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.Budget)
		defer cancel()
	}
	return o.Answer(ctx, &Question{View: v, Text: q.Text}, &q)
}

var fiveTexts = []string{"apples and pears", "boats on the lake", "clouds over hills", "dogs in the park", "eels under stones"}

func TestALateEngineIsLeftOutAndNamed(t *testing.T) {
	o, v := orchestra(t, fiveTexts, func() []Engine {
		return []Engine{&fakeEngine{name: "quick", rows: []uint32{2, 0}}, &fakeEngine{name: "slow", rows: []uint32{1}, sleep: 300 * time.Millisecond}}
	})
	a, err := answer(t, o, v, model.Query{Text: "x", Budget: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Hits) != 2 || a.Hits[0].ID != 3 {
		t.Fatalf("hits %+v", a.Hits)
	}
	if e := a.Trace.Engines; e[0].State != model.EngineUsed || e[1].State != model.EngineLate || e[1].Name != "slow" {
		t.Fatalf("trace %+v", e)
	}
	time.Sleep(350 * time.Millisecond) // the late engine ends on its own state
	if a, err = answer(t, o, v, model.Query{Text: "x"}); err != nil || len(a.Hits) != 3 {
		t.Fatalf("without budget: %+v %v", a, err)
	}
}

func TestAllEnginesLateIsADeadline(t *testing.T) {
	o, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{&fakeEngine{name: "slow", sleep: 100 * time.Millisecond}} })
	if _, err := answer(t, o, v, model.Query{Text: "x", Budget: time.Millisecond}); !errors.Is(err, model.ErrDeadline) {
		t.Fatal(err)
	}
}

// Engines that only work run on the caller's goroutine where there is no deadline, and end
// the question when it is cancelled.
func TestAQuestionCancelledWhileItsEnginesWorkIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o, v := orchestra(t, fiveTexts, func() []Engine {
		return []Engine{&fakeEngine{name: "a", rows: []uint32{1}, while: cancel}, &fakeEngine{name: "b", rows: []uint32{2}}}
	})
	q := model.Query{Text: "x"}
	if err := q.Normalize(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Answer(ctx, &Question{View: v, Text: q.Text}, &q); !errors.Is(err, model.ErrCancelled) {
		t.Fatal(err)
	}
}

// On one processor, work that gives way gets its turn with every question, not when the
// scheduler ends who asks.
func TestQuestionsOnOneProcessorLetOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	o, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{&fakeEngine{name: "a", rows: []uint32{1}}} })
	var turns atomic.Int64
	var over atomic.Bool
	defer over.Store(true)
	go func() {
		for !over.Load() {
			turns.Add(1)
			runtime.Gosched()
		}
	}()
	const questions = 200
	for range questions {
		if _, err := answer(t, o, v, model.Query{Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := turns.Load(); n < questions/2 {
		t.Fatalf("%d turns beside %d questions", n, questions)
	}
}

func TestAFailedEngineIsLeftOutAndNamed(t *testing.T) {
	for _, broken := range []fakeEngine{{err: model.ErrCorrupt}, {panic: true}} {
		o, v := orchestra(t, fiveTexts, func() []Engine {
			b := broken
			b.name = "broken"
			return []Engine{&b, &fakeEngine{name: "sound", rows: []uint32{4}}}
		})
		a, err := answer(t, o, v, model.Query{Text: "x"})
		if err != nil || len(a.Hits) != 1 || a.Hits[0].ID != 5 {
			t.Fatalf("%+v %v", a, err)
		}
		if e := a.Trace.Engines[0]; e.State != model.EngineFailed || e.Note == "" {
			t.Fatalf("trace %+v", e)
		}
		o, v = orchestra(t, fiveTexts, func() []Engine { b := broken; b.name = "broken"; return []Engine{&b} })
		if _, err := answer(t, o, v, model.Query{Text: "x"}); err == nil {
			t.Fatal("no engine answered, and no error")
		}
	}
}

func TestASkippedEngineIsNoFailure(t *testing.T) {
	o, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{&fakeEngine{name: "idle", err: ErrSkip}} })
	a, err := answer(t, o, v, model.Query{Text: "x"})
	if err != nil || len(a.Hits) != 0 || a.Trace.Engines[0].State != model.EngineSkipped {
		t.Fatalf("%+v %v", a, err)
	}
}

func TestOrderOfEnginesDoesNotChangeFusion(t *testing.T) {
	a := func() Engine { return &fakeEngine{name: "a", rows: []uint32{0, 1, 2}} }
	b := func() Engine { return &fakeEngine{name: "b", rows: []uint32{3, 1, 4}} }
	o1, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{a(), b()} })
	o2, _ := orchestra(t, fiveTexts, func() []Engine { return []Engine{b(), a()} })
	one, _ := answer(t, o1, v, model.Query{Text: "x"})
	two, _ := answer(t, o2, v, model.Query{Text: "x"})
	for i := range one.Hits {
		if one.Hits[i].ID != two.Hits[i].ID || one.Hits[i].Score != two.Hits[i].Score {
			t.Fatalf("hit %d: %d %v, %d %v", i, one.Hits[i].ID, one.Hits[i].Score, two.Hits[i].ID, two.Hits[i].Score)
		}
	}
}

func TestFreshnessHalvesInItsTimeAndCoherenceComesFromNeighbours(t *testing.T) {
	o, v := orchestra(t, fiveTexts, func() []Engine { return []Engine{&fakeEngine{name: "a", rows: []uint32{1, 2, 4}}} })
	now := time.Unix(1*86400, 0).Add(model.IntentGeneral.FreshnessHalf())
	a, err := answer(t, o, v, model.Query{Text: "x", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	// Relevance: 1, 1/4 and 0 of rows 1, 2 and 4. Row 2 has row 1 next to it.
	for _, h := range a.Hits {
		want := map[model.ID][2]float64{2: {.5, (4*1 + 2*.25) / 10}, 3: {5840. / (5840 + 5839), (4*.25 + 2*1.) / 10}, 5: {5840. / (5840 + 5837), .25 / 10}}[h.ID]
		if math.Abs(float64(h.Factors[model.Freshness])-want[0]) > 1e-6 || math.Abs(float64(h.Factors[model.Coherence])-want[1]) > 1e-6 {
			t.Errorf("memory %d: freshness %v, coherence %v, want %v", h.ID, h.Factors[model.Freshness], h.Factors[model.Coherence], want)
		}
	}
}

// meeting is an engine that waits for another one to be at work, for a while.
type meeting struct {
	fakeEngine
	atWork *atomic.Int64
	met    *atomic.Bool
}

func (e *meeting) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	e.atWork.Add(1)
	defer e.atWork.Add(-1)
	for wait := 0; wait < 200 && !e.met.Load(); wait++ {
		if e.atWork.Load() == 2 {
			e.met.Store(true)
		}
		time.Sleep(time.Millisecond)
	}
	return e.fakeEngine.Search(ctx, q, dst)
}

func TestEnginesRunInParallelOverManyRowsAndInTurnOverFew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // on one processor they never do
	var atWork atomic.Int64
	var met atomic.Bool
	o, v := orchestra(t, []string{"one", "two"}, func() []Engine {
		return []Engine{&meeting{fakeEngine{name: "a", rows: []uint32{0}}, &atWork, &met}, &meeting{fakeEngine{name: "b", rows: []uint32{1}}, &atWork, &met}}
	})
	if _, err := answer(t, o, v, model.Query{Text: "x"}); err != nil || met.Load() {
		t.Errorf("over few rows: met %v, %v", met.Load(), err)
	}
	many := *v
	many.Documents = parallelRows
	if _, err := answer(t, o, &many, model.Query{Text: "x"}); err != nil || !met.Load() {
		t.Errorf("over many rows: met %v, %v", met.Load(), err)
	}
}
