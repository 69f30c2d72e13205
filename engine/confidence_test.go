package engine_test

import (
	"context"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

func confidenceStore(t *testing.T, texts ...string) *engine.DB {
	t.Helper()
	db, err := engine.Open(t.TempDir(), engine.Options{CacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, s := range texts {
		m := engine.Memory{Text: s, Speaker: "Ben"}
		m.Session = "one"
		if _, err := db.Add(context.Background(), m); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func sure(t *testing.T, db *engine.DB, q engine.Query) float32 {
	t.Helper()
	answer, err := db.Query(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if !(answer.Confidence >= 0 && answer.Confidence <= 1) {
		t.Fatalf("confidence %v", answer.Confidence)
	}
	if len(answer.Hits) == 0 && answer.Confidence != 0 {
		t.Fatalf("confidence %v without a hit", answer.Confidence)
	}
	return answer.Confidence
}

var canoe = []string{
	"Good morning! How was your weekend?", "I bought a green canoe in Lyon.", "Oh, what did it cost?", "It was 250 euros, second-hand.",
	"And where will you keep it?", "In the shed of my aunt.", "The weather was awful here.", "We watched a film about penguins.",
	"My sister starts her new job on Monday.", "She will be a nurse at the children's hospital.", "The soup was too salty, I think.", "Next time less of it, then.",
}

func TestConfidenceIsHigherWhereTheAnswerIs(t *testing.T) {
	db := confidenceStore(t, canoe...)
	there := sure(t, db, engine.Query{Text: "What did the green canoe cost?"})
	other := sure(t, db, engine.Query{Text: "Which orchestra does Viktor conduct in Helsinki?"})
	if there < other+.3 {
		t.Errorf("%.3f sure of what was told, %.3f of what was not", there, other)
	}
}

func TestConfidenceDoesNotDependOnHowManyHitsAreWanted(t *testing.T) {
	db := confidenceStore(t, canoe...)
	few, many := sure(t, db, engine.Query{Text: "green canoe", K: 1}), sure(t, db, engine.Query{Text: "green canoe", K: 20})
	if few != many || few == 0 {
		t.Errorf("%v with one hit, %v with twenty", few, many)
	}
}

func TestConfidenceOfNothing(t *testing.T) {
	if p := sure(t, confidenceStore(t), engine.Query{Text: "What did the canoe cost?"}); p != 0 {
		t.Errorf("an empty store is %v sure", p)
	}
	db := confidenceStore(t, canoe...)
	for _, q := range []engine.Query{{Text: "Where was it?"}, {Text: "🚣"}, {Text: "緑のカヌー"}, {Text: "the of and"}} {
		sure(t, db, q) // within 0..1
	}
	if p := sure(t, db, engine.Query{Text: "green canoe", Fusion: model.FusionRRF}); p != 0 {
		t.Errorf("without the ranker it is %v sure", p)
	}
	if p := sure(t, db, engine.Query{Text: "green canoe", SingleEngine: true, Engines: []string{"lexical"}}); p != 0 {
		t.Errorf("one engine alone is %v sure", p)
	}
	match, err := engine.ParseMatch("+canoe")
	if err != nil {
		t.Fatal(err)
	}
	if p := sure(t, db, engine.Query{Match: match}); p != 0 {
		t.Errorf("a match alone is %v sure", p)
	}
}

func TestObserveShowsWhatConfidenceIsReadFrom(t *testing.T) {
	db := confidenceStore(t, canoe...)
	answer, seen, err := engine.Observe(context.Background(), db, engine.Query{Text: "What did the green canoe cost?"})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen.Sure) != len(engine.ConfidenceNames()) || len(seen.Ranked) != len(seen.IDs) || answer.Confidence == 0 {
		t.Errorf("%d features of %d, %d scores of %d candidates, confidence %v", len(seen.Sure), len(engine.ConfidenceNames()), len(seen.Ranked), len(seen.IDs), answer.Confidence)
	}
}
