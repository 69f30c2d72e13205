package engine_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
)

// letters is an application's embedder: it counts the letters a to d.
type letters struct {
	name string
	dim  int
	fill func(row []float32)
	err  error
}

func (l letters) Name() string { return l.name }
func (l letters) Dim() int     { return l.dim }

func (l letters) Embed(_ context.Context, texts []string, rows []float32) error {
	for i, text := range texts {
		row := rows[i*l.dim : (i+1)*l.dim]
		for j := range min(l.dim, 4) {
			row[j] = float32(strings.Count(text, string(rune('a'+j))))
		}
		if l.fill != nil {
			l.fill(row)
		}
	}
	return l.err
}

func TestAStoreOfAnEmbedderOpensWithItAndWithoutButNotWithAnother(t *testing.T) {
	dir := t.TempDir()
	mine := letters{name: "letters-v1", dim: 4}
	db := open(t, dir, engine.Options{Embedder: mine})
	add(t, db, engine.Memory{Key: "a", Text: "aaaa"}, engine.Memory{Key: "d", Text: "dddd"})
	if a := ask(t, db, engine.Query{Text: "dd"}); a.Hits[0].Key != "d" {
		t.Fatalf("hits %+v", results(a))
	}
	db.Close()
	for _, o := range []engine.Options{{Embedder: letters{name: "letters-v2", dim: 4}}, {Embedder: letters{name: "letters-v1", dim: 5}}, {Dim: 4}} {
		if _, err := engine.Open(dir, o); !errors.Is(err, engine.ErrDimension) {
			t.Fatalf("%+v: %v", o, err)
		}
	}
	db = open(t, dir, engine.Options{})
	m, err := db.GetByKey(ctx, "", "a")
	if err != nil || !slices.Equal(m.Vector, []float32{4, 0, 0, 0}) {
		t.Fatalf("%+v %v", m, err)
	}
	if a := ask(t, db, engine.Query{Vector: []float32{0, 0, 0, 1}}); a.Hits[0].Key != "d" {
		t.Fatalf("hits %+v", results(a))
	}
	if _, err := db.Add(ctx, engine.Memory{Text: "bb"}); !errors.Is(err, engine.ErrUnsupported) {
		t.Fatalf("add without embedder: %v", err)
	}
	add(t, db, engine.Memory{Text: "bb", Vector: []float32{0, 2, 0, 0}})
	verify(t, db)
	db.Close()
	db = open(t, dir, engine.Options{Embedder: mine})
	if a := ask(t, db, engine.Query{Text: "b"}); a.Hits[0].Text != "bb" {
		t.Fatalf("hits %+v", results(a))
	}
}

func TestAnEmbedderThatCannotBeKeptIsRefusedAtOnce(t *testing.T) {
	for _, l := range []letters{{name: "", dim: 4}, {name: "caller", dim: 4}, {name: "a\x00b", dim: 4}, {name: "\xff", dim: 4}, {name: strings.Repeat("x", 1000), dim: 4}} {
		if _, err := engine.Open(t.TempDir(), engine.Options{Embedder: l}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("name of %d bytes: %v", len(l.name), err)
		}
	}
	for _, dim := range []int{-1, 0, 5000} {
		if _, err := engine.Open(t.TempDir(), engine.Options{Embedder: letters{name: "x", dim: dim}}); !errors.Is(err, engine.ErrDimension) {
			t.Errorf("dimension %d: %v", dim, err)
		}
	}
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, engine.Memory{Text: "x", Vector: []float32{1, 2, 3, 4}})
	db.Close()
	if _, err := engine.Open(dir, engine.Options{Embedder: letters{name: "x", dim: 4}}); !errors.Is(err, engine.ErrDimension) {
		t.Errorf("embedder on a store of the caller's vectors: %v", err)
	}
}

func TestAFailingEmbedderFailsTheCallAndNothingElse(t *testing.T) {
	broken := errors.New("no model")
	for name, c := range map[string]struct {
		l    letters
		want error
	}{
		"error": {letters{err: broken}, broken},
		"panic": {letters{fill: func(row []float32) { _ = row[99] }}, engine.ErrInternal},
		"NaN":   {letters{fill: func(row []float32) { row[1] = float32(math.NaN()) }}, engine.ErrInvalid},
		"Inf":   {letters{fill: func(row []float32) { row[1] = float32(math.Inf(1)) }}, engine.ErrInvalid},
	} {
		c.l.name, c.l.dim = "broken", 4
		db := open(t, t.TempDir(), engine.Options{Embedder: c.l})
		if _, err := db.Add(ctx, engine.Memory{Text: "x"}); !errors.Is(err, c.want) {
			t.Errorf("%s: add: %v", name, err)
		}
		add(t, db, engine.Memory{Text: "x", Vector: []float32{1, 0, 0, 0}})
		a := ask(t, db, engine.Query{Text: "x"})
		if e := a.Trace.Engines[1]; len(a.Hits) != 1 || e.State != model.EngineFailed || e.Note == "" {
			t.Errorf("%s: %d hits, trace %+v", name, len(a.Hits), e)
		}
		if _, err := db.Query(ctx, engine.Query{Text: "x", Engines: []string{"vector"}}); !errors.Is(err, c.want) {
			t.Errorf("%s: query of the vector engine alone: %v", name, err)
		}
		if st, _ := db.Stats(); st.Memories != 1 {
			t.Errorf("%s: %d memories", name, st.Memories)
		}
		verify(t, db)
	}
}

func TestALateEmbeddingIsLeftOutAndNamed(t *testing.T) {
	var block chan struct{}
	slow := letters{name: "slow", dim: 4, fill: func([]float32) {
		if block != nil {
			<-block
		}
	}}
	db := open(t, t.TempDir(), engine.Options{Embedder: slow})
	add(t, db, engine.Memory{Text: "abc"})
	block = make(chan struct{})
	defer close(block)
	a := ask(t, db, engine.Query{Text: "abc", Budget: 50 * time.Millisecond, Engines: []string{"vector", "lexical"}})
	if e := a.Trace.Engines[1]; e.Name != "vector" || e.State != model.EngineLate {
		t.Fatalf("trace %+v", a.Trace.Engines)
	}
}

// TestAStoreKeepsTheBuiltInEmbedderThatItWasMadeWith: stores from before there were words have
// vectors of hashing, and go on with it; new ones in English have words, others hashing.
func TestAStoreKeepsTheBuiltInEmbedderThatItWasMadeWith(t *testing.T) {
	for _, c := range []struct {
		made engine.Options
		want string
	}{
		{engine.Options{}, "words-v1-64"},
		{engine.Options{Embedder: embed.NewHashing("en")}, "hashing-v1-256"},
		{engine.Options{Embedder: embed.NewWords()}, "words-v1-64"},
		{engine.Options{Language: "de"}, "hashing-v1-256"},
	} {
		dir := t.TempDir()
		db := open(t, dir, c.made)
		add(t, db, engine.Memory{Text: "We adopted a puppy."})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, engine.Options{})
		add(t, db, engine.Memory{Text: "The train was late."})
		stats, err := db.Stats()
		if err != nil || stats.Vectors != c.want {
			t.Errorf("%s, want %s, %v", stats.Vectors, c.want, err)
		}
		hits := ask(t, db, engine.Query{Text: "a puppy", Engines: []string{"vector"}}).Hits
		if len(hits) == 0 || hits[0].Text != "We adopted a puppy." {
			t.Errorf("%s: %v", c.want, hits)
		}
		if _, err := db.Add(ctx, engine.Memory{Text: "x", Vector: make([]float32, stats.Dimension)}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%s: a vector of the caller's: %v", c.want, err)
		}
		if err := db.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		if report, err := db.Verify(ctx); err != nil || len(report.Faults) > 0 {
			t.Errorf("%s: %v %v", c.want, report.Faults, err)
		}
	}
}
