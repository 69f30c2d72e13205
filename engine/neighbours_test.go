package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// TestNeighboursBecomeHitsOnlyWhereTheyMayBeSeen: the turns beside what words find are
// candidates, but none that scope, filter, match or time leave out. Questions bring no vector
// to a store of the caller's, so that nothing else finds these turns.
func TestNeighboursBecomeHitsOnlyWhereTheyMayBeSeen(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{CacheBytes: -1})
	turn := func(text, speaker string) engine.Memory {
		m := engine.Memory{Text: text, Speaker: speaker, Vector: []float32{1, 2, 3}}
		m.Session = "s"
		return m
	}
	before, found, after := turn("Where did you sleep?", "Ben"), turn("In a cabin.", "Ann"), turn("Was it cold?", "Ben")
	before.ValidTo, after.ValidFrom = time.Unix(1000, 0), time.Unix(2000, 0)
	later := turn("Not at all.", "Ann")
	elsewhere := turn("Of another tenant.", "Ann")
	elsewhere.Tenant = "t"
	add(t, db, before, found, elsewhere, after)
	then, err := db.Get(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Millisecond)
	add(t, db, later)
	ann, err := engine.ParseFilter(`speaker = "Ann"`)
	if err != nil {
		t.Fatal(err)
	}
	match, err := engine.ParseMatch("-cold")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    engine.Query
		want []engine.ID
	}{
		{"all", engine.Query{}, []engine.ID{1, 2, 4, 5}},
		{"filter", engine.Query{Filter: ann}, []engine.ID{2, 5}},
		{"match", engine.Query{Match: match}, []engine.ID{1, 2, 5}},
		{"valid then", engine.Query{ValidAt: time.Unix(1500, 0)}, []engine.ID{2, 5}},
		{"as of", engine.Query{AsOf: then.IngestTime}, []engine.ID{1, 2, 4}},
	} {
		c.q.Text, c.q.K = "cabin", 128
		answer, seen, err := engine.Observe(t.Context(), db, c.q)
		if err != nil {
			t.Fatal(err)
		}
		var hits []engine.ID
		for _, h := range answer.Hits {
			hits = append(append(hits, h.ID), h.Duplicates...)
		}
		slices.Sort(hits)
		if !slices.Equal(hits, c.want) || !slices.Equal(seen.IDs, c.want) {
			t.Errorf("%s: hits %v of candidates %v, want %v", c.name, hits, seen.IDs, c.want)
		}
	}
	if _, err := db.Delete(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, engine.Query{Text: "cabin"}); slices.ContainsFunc(a.Hits, func(h engine.Hit) bool { return h.ID == 4 }) {
		t.Error("a deleted neighbour is a hit")
	}
}
