package engine_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestAMetricIsTheStoresForGood: it is fixed with the first memory, kept by the truth, taken
// again where the options leave it open, and refused where they name another.
func TestAMetricIsTheStoresForGood(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{Metric: engine.L2})
	if st, err := db.Stats(); err != nil || st.Metric != engine.MetricUnset {
		t.Fatalf("an empty store has metric %q, %v", st.Metric, err)
	}
	add(t, db,
		engine.Memory{Text: "near", Vector: []float32{1, 1}},
		engine.Memory{Text: "far", Vector: []float32{9, 0}},
		engine.Memory{Text: "here", Vector: []float32{1, 0}})
	check := func(db *engine.DB) {
		t.Helper()
		a := ask(t, db, engine.Query{Vector: []float32{1, 0}, Engines: []string{"vector"}, SingleEngine: true})
		if len(a.Hits) != 3 || a.Hits[0].Text != "here" || a.Hits[0].Score != 1 || a.Hits[1].Text != "near" || a.Hits[1].Score != .5 || a.Hits[2].Score != float32(1./65) {
			t.Fatalf("hits %+v", a.Hits)
		}
		if st, err := db.Stats(); err != nil || st.Metric != engine.L2 {
			t.Fatalf("metric %q, %v", st.Metric, err)
		}
	}
	check(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, other := range []engine.Metric{engine.Cosine, engine.Dot} {
		if _, err := engine.Open(dir, engine.Options{Metric: other}); !errors.Is(err, engine.ErrDimension) {
			t.Fatalf("opened with %s: %v", other, err)
		}
	}
	if _, err := engine.Open(dir, engine.Options{Metric: 9}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("opened with a metric that is none: %v", err)
	}
	for _, o := range []engine.Options{{}, {Metric: engine.L2, Dim: 2}} {
		db = open(t, dir, o)
		check(db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMagnitudesAreBoundedWhereLengthsMatter(t *testing.T) {
	for metric, want := range map[engine.Metric]error{engine.Cosine: nil, engine.Dot: engine.ErrInvalid, engine.L2: engine.ErrInvalid} {
		db := open(t, t.TempDir(), engine.Options{Metric: metric, Dim: 2})
		if _, err := db.Add(t.Context(), engine.Memory{Text: "x", Vector: []float32{1e16, 1}}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", metric, err, want)
		}
		add(t, db, engine.Memory{Text: "x", Vector: []float32{1e15, 1}})
		if _, err := db.Query(t.Context(), engine.Query{Vector: []float32{1e16, 1}}); !errors.Is(err, want) {
			t.Errorf("%s, a question: %v, want %v", metric, err, want)
		}
	}
}

// TestAnswersSurviveCodesOfEitherKind: a store of enough rows for 1-bit codes, of each
// metric, answers the same before and after its segments went to files and were compacted.
func TestAnswersSurviveCodesOfEitherKind(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	memories := make([]engine.Memory, 2500)
	for i := range memories {
		v := make([]float32, 130)
		for j := range v {
			v[j] = r.Float32() - .5
		}
		memories[i] = engine.Memory{Text: "a row", Vector: v}
	}
	for _, metric := range []engine.Metric{engine.Cosine, engine.Dot, engine.L2} {
		dir := t.TempDir()
		db := open(t, dir, engine.Options{Metric: metric})
		add(t, db, memories...)
		answer := func(db *engine.DB) (list []engine.Hit) {
			for i := 0; i < 2500; i += 500 {
				a := ask(t, db, engine.Query{Vector: memories[i].Vector, Engines: []string{"vector"}, SingleEngine: true, K: 1})
				list = append(list, a.Hits...)
			}
			return list
		}
		want := answer(db)
		if err := db.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		compacted := answer(db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		reopened := answer(open(t, dir, engine.Options{}))
		for i := range want {
			if metric != engine.Dot && want[i].ID != engine.ID(i*500+1) {
				t.Errorf("%s: the row nearest to row %d is %d", metric, i*500+1, want[i].ID)
			}
			for _, got := range []engine.Hit{compacted[i], reopened[i]} {
				if got.ID != want[i].ID || got.Score != want[i].Score {
					t.Errorf("%s: %d with %v, was %d with %v", metric, got.ID, got.Score, want[i].ID, want[i].Score)
				}
			}
		}
	}
}
