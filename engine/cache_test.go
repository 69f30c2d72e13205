package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

func TestACachedAnswerIsTheOneThatWasComputed(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(1200, 9)...)
	for _, text := range generatedQuestions {
		for _, q := range []engine.Query{
			{Text: text}, {Text: text, K: 3}, {Text: text, Intent: engine.IntentRecent}, {Text: text, Now: time.Unix(1e9, 0)}, {Text: text, Engines: []string{"lexical"}},
			{Text: text, Weights: &engine.Weights{0, 1}}, {Text: text, Scope: engine.Scope{Tenant: "nobody"}}, {Text: text, Engines: []string{"vector"}, SingleEngine: true},
		} {
			first, again := ask(t, db, q), ask(t, db, q)
			if first.Trace.Cache != engine.CacheNone || again.Trace.Cache != engine.CacheExact || again.Took != 0 {
				t.Fatalf("%+v: from cache %v, then %v", q, first.Trace.Cache, again.Trace.Cache)
			}
			if !reflect.DeepEqual(results(first), results(again)) {
				t.Fatalf("%+v: another answer from the cache", q)
			}
		}
	}
	if err := db.Compact(ctx); err != nil { // merges change no answer
		t.Fatal(err)
	}
	if a := ask(t, db, engine.Query{Text: generatedQuestions[0]}); a.Trace.Cache != engine.CacheExact {
		t.Error("a merge emptied the cache")
	}
	if s, err := db.Stats(); err != nil || s.Cache.Hot.Hits+s.Cache.Warm.Hits == 0 || s.Cache.Hot.Bytes == 0 {
		t.Errorf("%+v %v", s.Cache, err)
	}
}

// TestAnyHistoryGivesTheAnswersOfAStoreWithoutCache compares two stores that are
// told the same, one of which remembers.
func TestAnyHistoryGivesTheAnswersOfAStoreWithoutCache(t *testing.T) {
	for seed := range uint64(10) {
		pick := rand.New(rand.NewPCG(seed, 6))
		with, without := open(t, t.TempDir(), engine.Options{}), open(t, t.TempDir(), engine.Options{CacheBytes: -1})
		word := func() string { return [...]string{"oslo", "rome", "bern", "kyiv"}[pick.IntN(4)] }
		next := 0
		for range 60 {
			switch pick.IntN(10) {
			case 0:
				m := engine.Memory{Text: fmt.Sprint("about ", word(), " and ", word(), " ", next), EventTime: time.Unix(int64(1e9+next), 0)}
				next++
				add(t, with, m)
				add(t, without, m)
			case 1:
				id := engine.ID(1 + pick.IntN(next+1))
				a, errA := with.Delete(ctx, id)
				b, errB := without.Delete(ctx, id)
				if a != b || errA != nil || errB != nil {
					t.Fatal(a, b, errA, errB)
				}
			default:
				q := engine.Query{Text: word(), K: 1 + pick.IntN(3)}
				a, b := ask(t, with, q), ask(t, without, q)
				if !reflect.DeepEqual(results(a), results(b)) || b.Trace.Cache != engine.CacheNone {
					t.Fatalf("%+v: cached\n%+v\nnot\n%+v", q, results(a), results(b))
				}
			}
		}
		if s, err := with.Stats(); err != nil || s.Cache.Hot.Hits == 0 {
			t.Errorf("seed %d: nothing came from the cache: %+v %v", seed, s.Cache, err)
		}
		with.Close()
		without.Close()
	}
}

// TestNoAnswerIsStaleOnceAWriteHasReturned has askers beside writers: what an Add
// or Delete that returned before the question has done is in every answer.
func TestNoAnswerIsStaleOnceAWriteHasReturned(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	ids := add(t, db, engine.Memory{Text: "beacon zero"})
	var newest, deleted atomic.Uint64 // IDs: the last acknowledged; all up to this one are gone
	newest.Store(uint64(ids[0]))
	var stop atomic.Bool
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for !stop.Load() {
				time.Sleep(20 * time.Microsecond) // writers are to get their turn
				low, high := deleted.Load(), newest.Load()
				a, err := db.Query(ctx, engine.Query{Text: "beacon", K: 50, Weights: &engine.Weights{.1, .9}})
				if err != nil {
					t.Error(err)
					return
				}
				seen := uint64(0)
				for _, h := range a.Hits {
					if uint64(h.ID) <= low {
						t.Errorf("memory %d is in an answer, up to %d are deleted", h.ID, low)
						return
					}
					seen = max(seen, uint64(h.ID))
					for _, id := range h.Duplicates {
						seen = max(seen, uint64(id))
					}
				}
				if seen < high && high > deleted.Load() {
					t.Errorf("newest in the answer is %d, %d was acknowledged", seen, high)
					return
				}
			}
		})
	}
	for i := range 150 {
		id := add(t, db, engine.Memory{Text: fmt.Sprint("beacon ", i), EventTime: time.Unix(int64(1e9+i*86400), 0)})[0]
		newest.Store(uint64(id))
		if i%3 == 2 {
			for gone := deleted.Load() + 1; gone < uint64(id); gone++ {
				if _, err := db.Delete(ctx, engine.ID(gone)); err != nil {
					t.Fatal(err)
				}
				deleted.Store(gone)
			}
		}
		time.Sleep(time.Millisecond) // so that questions hit the cache in between
	}
	stop.Store(true)
	group.Wait()
	if s, _ := db.Stats(); s.Cache.Hot.Hits == 0 {
		t.Error("no question was answered from the cache")
	}
}

func TestIncompleteAnswersAreNotKept(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(300, 2)...)
	q := engine.Query{Text: generatedQuestions[0], Budget: time.Hour}
	for range 2 {
		if a := ask(t, db, q); a.Trace.Cache != engine.CacheNone {
			t.Error("an answer within a budget was kept")
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	q.Budget = 0
	if _, err := db.Query(ended, q); !errors.Is(err, engine.ErrCancelled) {
		t.Error(err)
	}
	ask(t, db, q)
	if _, err := db.Query(ended, q); !errors.Is(err, engine.ErrCancelled) {
		t.Errorf("an ended context and a cached answer: %v", err)
	}
	if a, err := db.Query(ctx, engine.Query{Text: q.Text, K: -1}); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("a bad question is answered: %v %v", a, err)
	}
	db.Close()
	if _, err := db.Query(ctx, q); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("a closed store answers from the cache: %v", err)
	}
}

func TestNearQuestionsShareAnAnswerWhereAsked(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "Ann moved to Oslo in May."}, engine.Memory{Text: "Bob stayed in Rome."})
	ask(t, db, engine.Query{Text: "Where did Ann move?", Near: true})
	for text, want := range map[string]engine.CacheUse{"where did ANN move": engine.CacheNear, "Where did Ann move?": engine.CacheExact, "Where did Bob move?": engine.CacheNone} {
		if a := ask(t, db, engine.Query{Text: text, Near: true}); a.Trace.Cache != want {
			t.Errorf("%s: from cache %v, want %v", text, a.Trace.Cache, want)
		}
	}
	if a := ask(t, db, engine.Query{Text: "where did ANN move"}); a.Trace.Cache != engine.CacheNone {
		t.Error("a question that does not ask for it got a near one's answer")
	}
}

func TestACachedQueryAllocatesNothing(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(300, 2)...)
	q := engine.Query{Text: generatedQuestions[0], Scope: engine.Scope{}, K: 5}
	ask(t, db, q)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := db.Query(ctx, q); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a cached query allocates %v times", n)
	}
}

func BenchmarkCachedQuery(b *testing.B) {
	db := open(b, b.TempDir(), engine.Options{})
	if _, err := db.Add(ctx, generated(1000, 2)...); err != nil {
		b.Fatal(err)
	}
	q := engine.Query{Text: generatedQuestions[0]}
	for b.Loop() {
		if _, err := db.Query(ctx, q); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAnExpiryEndsWhatTheCacheHolds(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "the tide turns at six"}, engine.Memory{Text: "the tide is out", ExpiresAt: time.Now().Add(400 * time.Millisecond)})
	q := engine.Query{Text: "tide"}
	if ask(t, db, q); len(ask(t, db, q).Hits) != 2 {
		t.Fatal("both memories were to be found")
	}
	time.Sleep(450 * time.Millisecond)
	if a := ask(t, db, q); len(a.Hits) != 1 || a.Trace.Cache != engine.CacheNone {
		t.Errorf("%d hits, from cache %v, after one has expired", len(a.Hits), a.Trace.Cache)
	}
	if a := ask(t, db, q); len(a.Hits) != 1 || a.Trace.Cache != engine.CacheExact {
		t.Errorf("%d hits, from cache %v, asked again", len(a.Hits), a.Trace.Cache)
	}
}

func TestAnUpdateEndsWhatTheCacheHolds(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	id := add(t, db, engine.Memory{Text: "Ann lives in Oslo"})[0]
	q := engine.Query{Text: "where does Ann live"}
	ask(t, db, q)
	text := "Ann lives in Bern"
	if _, err := db.Update(ctx, id, engine.Patch{Text: &text}); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, q); a.Hits[0].Text != text {
		t.Errorf("answered %q", a.Hits[0].Text)
	}
}

// What has expired is in no answer, from a cache either, however segments were merged meanwhile.
func TestAnExpiryEndsWhatTheCacheHoldsAfterAMerge(t *testing.T) {
	ctx := context.Background()
	db := open(t, t.TempDir(), engine.Options{})
	now := time.Now()
	list := []engine.Memory{{Text: "apples in the cellar", ExpiresAt: now.Add(300 * time.Millisecond)}, {Text: "apples on the table", ExpiresAt: now.Add(900 * time.Millisecond)}}
	for i := range 40 {
		list = append(list, engine.Memory{Text: fmt.Sprint("pears ", i)})
	}
	ids := add(t, db, list...)
	if _, err := db.Delete(ctx, ids[0]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(now.Add(350 * time.Millisecond)))
	q := engine.Query{Text: "apples on the table", Engines: []string{"lexical"}}
	if a := ask(t, db, q); len(a.Hits) != 1 {
		t.Fatalf("%d hits", len(a.Hits))
	}
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(now.Add(950 * time.Millisecond)))
	if a := ask(t, db, q); len(a.Hits) != 0 {
		t.Errorf("%d hits: %q expired, from the cache: %v", len(a.Hits), a.Hits[0].Text, a.Trace.Cache)
	}
}
