package engine_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// exploring asks with a share of the hits drawn, and returns their IDs.
func exploring(t *testing.T, db *engine.DB, share float32, seed uint32) (ids []engine.ID) {
	t.Helper()
	for _, h := range ask(t, db, engine.Query{Text: generatedQuestions[0], K: 8, Explore: share, ExploreSeed: seed}).Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

// TestADrawIsOfItsSeedAndMemoriesAlone asks one batch, many batches and a compacted store.
func TestADrawIsOfItsSeedAndMemoriesAlone(t *testing.T) {
	memories := generated(600, 7)
	one, many := open(t, t.TempDir(), engine.Options{}), open(t, t.TempDir(), engine.Options{})
	add(t, one, memories...)
	for part := range slices.Chunk(memories, 50) {
		add(t, many, part...)
	}
	best := exploring(t, one, 0, 0)
	others := map[engine.ID]bool{}
	for seed := range uint32(20) {
		got := exploring(t, one, .25, seed)
		if len(got) != 8 || !slices.Equal(got[:6], best[:6]) {
			t.Fatalf("seed %d: hits %v, want the first six of %v", seed, got, best)
		}
		if again := exploring(t, many, .25, seed); !slices.Equal(again, got) {
			t.Fatalf("seed %d: hits %v of one batch, %v of many", seed, got, again)
		}
		for _, id := range got[6:] {
			others[id] = true
		}
	}
	if len(others) < 6 { // the last two alone would be two
		t.Errorf("twenty draws of two find %d memories", len(others))
	}
	if whole := exploring(t, one, 1, 3); len(whole) != 8 {
		t.Errorf("%d hits where all are drawn, want 8", len(whole))
	}
}

func TestWhoExploresNothingHasTheBest(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(300, 8)...)
	if a, b := exploring(t, db, 0, 1), exploring(t, db, .05, 2); !slices.Equal(a, b) {
		t.Errorf("%v and %v: a twentieth of eight hits is none", a, b)
	}
}

func TestAShareThatIsNoneIsInvalid(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for _, q := range []engine.Query{
		{Text: "a", Explore: -.1}, {Text: "a", Explore: 1.5}, {Text: "a", Explore: float32(math.NaN())},
		{Text: "a", Explore: .5, SingleEngine: true, Engines: []string{"lexical"}},
	} {
		if _, err := db.Query(t.Context(), q); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("share %v: %v, want invalid", q.Explore, err)
		}
	}
}
