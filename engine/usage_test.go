package engine_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// usageOf waits until a memory's usage is as wanted.
func usageOf(t *testing.T, db *engine.DB, id engine.ID, wanted func(engine.Usage) bool) (u engine.Usage) {
	t.Helper()
	for range 200 {
		m, err := db.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if u = m.Usage; wanted(u) {
			return u
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("usage %+v", u)
	return u
}

func TestUsageIsCountedAndOutlivesClosingAndUpdates(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	ids := add(t, db, engine.Memory{Text: "Ann keeps bees."}, engine.Memory{Text: "Nothing of it."})
	const asked = 30
	for range asked {
		ask(t, db, engine.Query{Text: "bees", K: 1})
	}
	for _, value := range []float64{1, .5, -.25} {
		if err := db.Feedback(ctx, ids[0], value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Update(ctx, ids[0], engine.Patch{Text: new("Ann keeps goats.")}); err != nil {
		t.Fatal(err)
	}
	same := func(u engine.Usage) bool {
		return u.Hits == asked && u.Positive == 1.5 && u.Negative == .25 && time.Since(u.LastHit) < time.Minute
	}
	usageOf(t, db, ids[0], same)
	gets := usageOf(t, db, ids[0], func(u engine.Usage) bool { return u.Gets > 0 }).Gets
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		db = open(t, dir, engine.Options{ReadOnly: readOnly})
		if u := usageOf(t, db, ids[0], same); u.Gets <= gets {
			t.Fatalf("%d gets, more than %d were made", u.Gets, gets)
		}
		if m, err := db.Get(ctx, ids[1]); err != nil || m.Usage.Hits != 0 {
			t.Fatalf("%+v %v", m, err)
		}
		verify(t, db)
		db.Close()
	}
}

func TestFeedbackOnNothingAndBeyondItsRangeIsRefused(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	id := add(t, db, engine.Memory{Text: "x"})[0]
	for _, value := range []float64{1.01, -1.01, math.NaN(), math.Inf(1)} {
		if err := db.Feedback(ctx, id, value); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%v: %v", value, err)
		}
	}
	if err := db.Feedback(ctx, id+1, 1); !errors.Is(err, engine.ErrNotFound) {
		t.Error(err)
	}
	db.Close()
	if err := db.Feedback(ctx, id, 1); !errors.Is(err, engine.ErrClosed) {
		t.Error(err)
	}
}
