package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// filterTexts are conditions over what described gives, in every operation.
var filterTexts = []string{
	`speaker = "Ann"`, `speaker != "Ann"`, `not speaker starts with "A"`, `exists speaker`, `user in ("u1", "u3", "nobody")`,
	`time >= 2024-01-02`, `time = 2024-01-03`, `time < 2024-01-02T12:00:00Z or time > 2024-01-05`, `id > 20 and id <= 300`,
	`score < 3`, `score = 3 or score = 4.5`, `tags has "x"`, `tags has "x" and not tags has "y"`, `exists tags`, `done = true`,
	`kind = working or kind in (semantic, procedural)`, `importance >= 0.7`, `not exists importance`, `position = 0`,
	`session = "s1" and position < 4`, `due < 2024-02-01`, `not (kind = working or score < 3)`, `nothing = 1`, `nothing != 1`,
	`speaker = "Ann" and time >= 2024-01-01 and tags has "x" and not (kind = working or score < 3)`, `key = "k7"`, `ingested > 2020-01-01`,
}

// described returns memories whose fields repeat, with rng's choices.
func described(n int, rng *rand.Rand) []engine.Memory {
	list := make([]engine.Memory, n)
	for i := range list {
		m := &list[i]
		m.Text = fmt.Sprintf("the garden has %d roses and %d tulips", rng.IntN(1000), i)
		m.Speaker = []string{"", "Ann", "Anna", "Bob"}[rng.IntN(4)]
		m.User, m.Session = fmt.Sprint("u", rng.IntN(5)), []string{"", "s1", "s2"}[rng.IntN(3)]
		m.Kind = engine.Kind(1 + rng.IntN(4))
		m.Importance = []float32{0, .3, .7, 1}[rng.IntN(4)]
		m.Meta = map[string]any{}
		if rng.IntN(2) == 0 {
			m.EventTime = time.Date(2024, 1, 1+rng.IntN(6), rng.IntN(24), 0, 0, 0, time.UTC)
		}
		if rng.IntN(3) > 0 {
			m.Meta["score"] = float64(rng.IntN(12)) / 2
		}
		if rng.IntN(3) > 0 {
			m.Meta["tags"] = [][]string{{}, {"x"}, {"y"}, {"x", "y"}}[rng.IntN(4)]
		}
		if rng.IntN(3) == 0 {
			m.Meta["done"], m.Meta["due"] = rng.IntN(2) == 0, time.Date(2024, time.Month(1+rng.IntN(3)), 1, 0, 0, 0, 0, time.UTC)
		}
	}
	return list
}

// checkFilters holds what List, and Query of engines on all rows, give for every
// filter against what each memory says itself.
func checkFilters(t *testing.T, db *engine.DB) {
	t.Helper()
	var all []engine.Memory
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	for _, text := range filterTexts {
		f, err := engine.ParseFilter(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, scope := range []engine.Scope{{}, {User: "u1"}} {
			var want, got []engine.ID
			for i := range all {
				if scope.Covers(all[i].Scope) && f.Match(&all[i]) {
					want = append(want, all[i].ID)
				}
			}
			for m, err := range db.List(ctx, engine.Selection{Scope: scope, Filter: f}) {
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				got = append(got, m.ID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s of %+v: %d listed, want %d", text, scope, len(got), len(want))
			}
			a := ask(t, db, engine.Query{Text: "roses in the garden", Scope: scope, Filter: f, K: 20, Engines: []string{"vector"}, SingleEngine: true})
			if len(a.Hits) != min(20, len(want)) {
				t.Fatalf("%s: %d hits of %d that match", text, len(a.Hits), len(want))
			}
			for _, h := range a.Hits {
				if _, there := slices.BinarySearch(want, h.ID); !there {
					t.Fatalf("%s: memory %d does not match", text, h.ID)
				}
			}
		}
	}
}

func TestFiltersSelectWhatMatchesThroughEveryChangeOfLayout(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	for i, m := range described(40, rng) {
		m.Key = fmt.Sprint("k", i)
		add(t, db, m) // a segment each
	}
	checkFilters(t, db)
	for range 6 {
		add(t, db, described(100, rng)...)
	}
	for range 60 {
		if _, err := db.Delete(ctx, engine.ID(1+rng.IntN(640))); err != nil {
			t.Fatal(err)
		}
	}
	checkFilters(t, db)
	db.Close()
	db = open(t, dir, engine.Options{})
	checkFilters(t, db)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	checkFilters(t, db)
	verify(t, db)
}

func TestDeleteWhereRemovesTheSelectionAlone(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, described(300, rand.New(rand.NewPCG(1, 1)))...)
	add(t, db, engine.Memory{Text: "of another tenant", Speaker: "Ann", Scope: engine.Scope{Tenant: "t"}})
	f := engine.Field("speaker").Eq("Ann")
	want, kept := 0, 0
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Match(&m) {
			want++
		} else {
			kept++
		}
	}
	if n, err := db.DeleteWhere(ctx, engine.Selection{Filter: f}); err != nil || n != want || n == 0 {
		t.Fatalf("deleted %d, %v; want %d", n, err, want)
	}
	if n, err := db.DeleteWhere(ctx, engine.Selection{Filter: f}); err != nil || n != 0 {
		t.Fatalf("deleted %d more, %v", n, err)
	}
	if st, _ := db.Stats(); st.Memories != uint64(kept)+1 {
		t.Fatalf("%d memories, want %d and the other tenant's", st.Memories, kept)
	}
	if _, err := db.DeleteWhere(ctx, engine.Selection{}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("an empty selection: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if n, err := db.DeleteWhere(ended, engine.Selection{Filter: engine.Field("id").Gt(0)}); n != 0 || !errors.Is(err, engine.ErrCancelled) {
		t.Fatalf("after the context's end: %d, %v", n, err)
	}
}

func TestFiltersThatCannotBeMeantAreInvalid(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "one", Meta: map[string]any{"score": 3, "tags": []string{"x"}, "topic": "a", "mixed": 1}},
		engine.Memory{Text: "two", Meta: map[string]any{"mixed": "one"}},
		engine.Memory{Text: "hers", Scope: engine.Scope{Tenant: "t"}, Meta: map[string]any{"secret": 1, "topics": "a"}})
	for text, want := range map[string]string{
		`score = "3"`:                     "byte 0: field \"score\" is a number, it cannot be compared with a string",
		`speaker = "Ann" and score = "3"`: "byte 20: field \"score\" is a number",
		`tags = "x"`:                      "ask a list with has",
		`topic has "a"`:                   "\"topic\" is a string, and only a list of strings",
		`topic > 2024-01-01`:              "is a string, it cannot be compared with a time",
		`speeker = "Ann"`:                 "no memory has a field \"speeker\", but \"speaker\" is one",
		`Speaker = "Ann"`:                 "but \"speaker\" is one",
		`topci = "a"`:                     "but \"topic\" is one",
		`id = "1"`:                        "field \"id\" is a number",
	} {
		f, err := engine.ParseFilter(text)
		if err == nil {
			_, err = db.Query(ctx, engine.Query{Text: "one", Filter: f})
		}
		if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if f.IsZero() {
			continue
		}
		for _, err := range db.List(ctx, engine.Selection{Filter: f}) {
			if !errors.Is(err, engine.ErrInvalid) {
				t.Errorf("list where %s: %v", text, err)
			}
		}
		if n, err := db.DeleteWhere(ctx, engine.Selection{Filter: f}); n != 0 || !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("delete where %s: %d %v", text, n, err)
		}
	}
	for text, count := range map[string]int{
		`colour = "red"`: 0, `colour != "red"`: 2, `not colour > 3`: 2, `meta.speeker = "Ann"`: 0, `mixed = 1`: 1, `mixed != 1`: 1,
		// What another tenant has is not for this one to learn.
		`secret = "x"`: 0, `secrets = 1`: 0,
	} {
		n, f := 0, parsed(t, text)
		for _, err := range db.List(ctx, engine.Selection{Filter: f}) {
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			n++
		}
		if n != count {
			t.Errorf("%s: %d memories, want %d", text, n, count)
		}
	}
	if _, err := db.Delete(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, engine.Query{Text: "two", Filter: parsed(t, `score = "3"`)}); len(a.Hits) != 0 {
		t.Fatal("a type that only deleted memories have is still an error, or matches")
	}
}

func parsed(t testing.TB, text string) engine.Filter {
	t.Helper()
	f, err := engine.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// BenchmarkFilteredQuery asks 100,000 memories with filters of falling share, the
// first time of each excluded: a segment remembers what a filter selects.
func BenchmarkFilteredQuery(b *testing.B) {
	db, err := engine.Open(b.TempDir(), engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	rng := rand.New(rand.NewPCG(3, 3))
	for range 25 {
		list := described(4000, rng)
		for i := range list {
			list[i].Meta["share"] = rng.Float64()
		}
		if _, err := db.Add(ctx, list...); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Compact(ctx); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"lexical", "vector", "all"} {
		for _, text := range []string{"", "share < 0.5", "share < 0.1", "share < 0.01", "share < 0.001"} {
			b.Run(name+" "+text, func(b *testing.B) {
				q := engine.Query{Text: "how many tulips are in the garden", Filter: parsed(b, text), Engines: []string{name}}
				if name == "all" {
					q.Engines = nil
				}
				for b.Loop() {
					if a, err := db.Query(ctx, q); err != nil || len(a.Hits) != 8 {
						b.Fatal(err, len(a.Hits))
					}
				}
			})
		}
	}
}
