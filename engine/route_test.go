package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// routed is a store of chats with more turns than the shorter routes describe.
func routed(t *testing.T) *engine.DB {
	db := open(t, t.TempDir(), engine.Options{})
	memories := generated(600, 5)
	for i := range memories {
		memories[i].Session = fmt.Sprintf("s%d", i/30)
	}
	add(t, db, memories...)
	return db
}

func TestEveryRouteAnswersAndLooksAtNoLessThanTheOneBefore(t *testing.T) {
	db := routed(t)
	for _, text := range generatedQuestions {
		before := 0
		for _, route := range []engine.Route{engine.RouteSmart, engine.RouteFull, engine.RouteMaximum} {
			a := ask(t, db, engine.Query{Text: text, Route: route})
			if a.Route != route || a.Trace.Started != route || a.Trace.Hurried || a.Trace.Candidates < before {
				t.Errorf("%q by %v: %v from %v, %d candidates after %d", text, route, a.Route, a.Trace.Started, a.Trace.Candidates, before)
			}
			before = a.Trace.Candidates
		}
		if a := ask(t, db, engine.Query{Text: text}); a.Route < a.Trace.Started || a.Trace.Started < engine.RouteSmart {
			t.Errorf("%q: %v from %v", text, a.Route, a.Trace.Started)
		}
	}
}

// A small store has time for more.
func TestTheLongestListIsShorterWhereMuchIsStored(t *testing.T) {
	db := routed(t)
	q := engine.Query{Text: generatedQuestions[0], Route: engine.RouteMaximum}
	if a := ask(t, db, q); a.Trace.Candidates <= 384 {
		t.Errorf("%d of 600 memories became candidates", a.Trace.Candidates)
	}
	more := generated(8000, 6)
	for i := range more {
		more[i].Key = ""
	}
	add(t, db, more...)
	if a := ask(t, db, q); a.Trace.Candidates > 384 || a.Trace.Candidates < 250 {
		t.Errorf("%d of 8,600 memories became candidates", a.Trace.Candidates)
	}
}

// Copies of one text become one hit, behind which the next candidates come: more than the
// longest list has, of a large store.
func TestWhereRepeatsCutHitsOffMoreAreAskedFor(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(8000, 6)...)
	var same []engine.Memory
	for range 220 {
		same = append(same, engine.Memory{Text: "The lighthouse keeper counts gulls every single morning."})
	}
	for i := range 20 {
		same = append(same, engine.Memory{Text: fmt.Sprintf("Letter %d of somebody far away mentions one lighthouse and %d ships, and asks for %d more.", i, 100+i, 200+i)})
	}
	add(t, db, same...)
	for _, route := range []engine.Route{engine.RouteSmart, engine.RouteFull, engine.RouteMaximum} {
		a := ask(t, db, engine.Query{Text: "the lighthouse keeper counts gulls every single morning", Route: route, K: 16})
		if len(a.Hits) < 16 {
			t.Errorf("%v: %d hits", route, len(a.Hits))
		}
	}
}

func TestCacheOnlyAnswersWhatWasAnsweredAndElseSaysSo(t *testing.T) {
	db := routed(t)
	q := engine.Query{Text: generatedQuestions[0], Route: engine.RouteCacheOnly}
	if _, err := db.Query(ctx, q); !errors.Is(err, engine.ErrNotFound) {
		t.Fatalf("%v", err)
	}
	want := ask(t, db, engine.Query{Text: generatedQuestions[0]})
	for range 100 { // the cache takes it in the background
		if a, err := db.Query(ctx, q); err == nil {
			if a.Trace.Cache != engine.CacheExact || len(a.Hits) != len(want.Hits) {
				t.Fatalf("%+v", a.Trace)
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("never found")
}

func TestAHurriedAnswerSaysSoAndIsNotKept(t *testing.T) {
	db := routed(t)
	for _, text := range generatedQuestions {
		soon, cancel := context.WithTimeout(ctx, 900*time.Microsecond)
		a, err := db.Query(soon, engine.Query{Text: text})
		cancel()
		if err == nil && a.Route == engine.RouteMaximum {
			t.Errorf("%q: maximum in less than its cost", text)
		}
	}
	summary := engine.Query{Text: "Summarise all that changed since May for both Anna and Ben"}
	hurried := 0
	for range 200 { // a busy machine has no time at all now and then
		soon, cancel := context.WithTimeout(ctx, 1900*time.Microsecond)
		if a, err := db.Query(soon, summary); err == nil && a.Trace.Hurried {
			hurried++
		}
		cancel()
	}
	if hurried == 0 {
		t.Error("never hurried with less time than its route costs")
	}
	time.Sleep(20 * time.Millisecond) // the cache takes answers in the background
	var a *engine.Answer
	if a = ask(t, db, summary); a.Trace.Hurried || a.Trace.Started != engine.RouteMaximum {
		t.Errorf("%+v", a.Trace)
	}
}

func TestARouteThatIsNoneIsRefused(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	if _, err := db.Query(ctx, engine.Query{Text: "x", Route: 200}); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// TestAnswersDoNotDependOnEarlierQuestions asks questions of every kind in many orders, on
// working memory that is used again, and compares each answer with that of a store that
// was asked nothing before.
func TestAnswersDoNotDependOnEarlierQuestions(t *testing.T) {
	dir := t.TempDir()
	options := engine.Options{CacheBytes: -1}
	db := open(t, dir, options)
	memories := generated(600, 5)
	for i := range memories {
		memories[i].Session = fmt.Sprintf("s%d", i/30)
		if i%2 == 0 {
			memories[i].Kind = model.KindProcedural
		}
	}
	memories[7].Text = "A zebra stood at the harbour."
	add(t, db, memories...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	questions := []engine.Query{{Text: "zebra", Engines: []string{"lexical"}, SingleEngine: true}}
	for i, text := range []string{"How do I " + generatedQuestions[0], generatedQuestions[1], "roses", "What did Ann do last week?"} {
		questions = append(questions,
			engine.Query{Text: text, Explain: true, Route: engine.RouteSmart},
			engine.Query{Text: text, Explain: true, Fusion: engine.FusionRRF, K: 88},
			engine.Query{Text: text, Engines: []string{"lexical"}, SingleEngine: true, K: 3 + 40*i},
			engine.Query{Text: text, K: 128, Explain: true, Boosts: &engine.Boosts{Text: 1, Speaker: 2}},
			engine.Query{Text: text, Route: engine.RouteMaximum, Scope: engine.Scope{Session: "s3"}})
	}
	type outcome struct {
		hits       []result
		why        []*engine.Explanation
		confidence float32
		route      engine.Route
	}
	outcomeOf := func(db *engine.DB, q engine.Query) (o outcome) {
		a := ask(t, db, q)
		o = outcome{hits: results(a), confidence: a.Confidence, route: a.Route}
		for _, h := range a.Hits {
			o.why = append(o.why, h.Explanation)
		}
		return o
	}
	want := make([]outcome, len(questions))
	for i, q := range questions {
		db := open(t, dir, options)
		want[i] = outcomeOf(db, q)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db = open(t, dir, options)
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		for _, i := range random.Perm(len(questions)) {
			if got := outcomeOf(db, questions[i]); !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("question %d, %+v: %d hits by %v after others, %d by %v alone", i, questions[i], len(got.hits), got.route, len(want[i].hits), want[i].route)
			}
		}
	}
}
