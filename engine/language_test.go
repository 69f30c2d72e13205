package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// byWords asks the lexical engine alone and returns the texts it found.
func byWords(t *testing.T, db *engine.DB, question string) (texts []string) {
	t.Helper()
	for _, h := range ask(t, db, engine.Query{Text: question, Engines: []string{"lexical"}, SingleEngine: true}).Hits {
		texts = append(texts, h.Text)
	}
	return texts
}

// TestALanguageIsTheStoresForGood: it is fixed with the first memory, kept by the truth
// through compaction and the loss of all segments, taken again where the options leave
// it open, and refused where they name another.
func TestALanguageIsTheStoresForGood(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{Language: "de"})
	if st, err := db.Stats(); err != nil || st.Language != "" {
		t.Fatalf("an empty store has language %q, %v", st.Language, err)
	}
	const houses, other = "Die Häuser standen an den schönsten Straßen.", "Der Hund schläft."
	add(t, db, engine.Memory{Text: houses}, engine.Memory{Text: other})
	check := func(db *engine.DB) {
		t.Helper()
		if got := byWords(t, db, "in welchen Häusern?"); !slices.Equal(got, []string{houses}) {
			t.Fatalf("found %q", got)
		}
		if st, err := db.Stats(); err != nil || st.Language != "de" {
			t.Fatalf("language %q, %v", st.Language, err)
		}
	}
	check(db)
	if err := db.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"en", "none", "fr"} {
		if _, err := engine.Open(dir, engine.Options{Language: other}); !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), `"de"`) {
			t.Fatalf("opened with %s: %v", other, err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "segments")); err != nil {
		t.Fatal(err)
	}
	for _, o := range []engine.Options{{}, {Language: "de"}, {ReadOnly: true}} {
		db = open(t, dir, o)
		check(db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLanguagesThatAreNoneAreRefused(t *testing.T) {
	for _, language := range []string{"xx", "EN", "english", "en-GB", " "} {
		dir := filepath.Join(t.TempDir(), "s")
		if _, err := engine.Open(dir, engine.Options{Language: language}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%q: %v", language, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: a directory was made", language)
		}
	}
	for _, language := range engine.Languages() {
		db := open(t, t.TempDir(), engine.Options{Language: language})
		add(t, db, engine.Memory{Text: "東京タワー 123"})
		if got := byWords(t, db, "タワー"); len(got) != 1 {
			t.Errorf("%s: %q", language, got)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAStoreWithoutALanguageIsEnglish holds for stores of before there were others.
func TestAStoreWithoutALanguageIsEnglish(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, engine.Memory{Text: "She was painting mountains.", Vector: []float32{1, 0}})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{Language: "en", Dim: 2})
	if st, err := db.Stats(); err != nil || st.Language != "en" || len(byWords(t, db, "painted")) != 1 {
		t.Fatalf("language %q, %v", st.Language, err)
	}
}

// TestHashingAndNearQuestionsSpeakTheLanguage: what the built-in embedder takes for the
// same word and what the cache takes for the same question follow the store.
func TestHashingAndNearQuestionsSpeakTheLanguage(t *testing.T) {
	for language, want := range map[string]bool{"de": true, "none": false} {
		db := open(t, t.TempDir(), engine.Options{Language: language})
		add(t, db, engine.Memory{Text: "das Haus"}, engine.Memory{Text: "der Baum"})
		a := ask(t, db, engine.Query{Text: "Haus", Engines: []string{"vector"}, SingleEngine: true})
		b := ask(t, db, engine.Query{Text: "in dem Haus", Engines: []string{"vector"}, SingleEngine: true})
		if same := a.Hits[0].Score == b.Hits[0].Score; same != want {
			t.Errorf("%s: stop words leave the vector alone: %v", language, same)
		}
		ask(t, db, engine.Query{Text: "wo ist das Haus?", Near: true})
		again := ask(t, db, engine.Query{Text: "Wo sind die Häuser", Near: true})
		if near := again.Trace.Cache == engine.CacheNear; near != want {
			t.Errorf("%s: the question is near: %v", language, near)
		}
	}
}

// TestAnEmptiedStoreKeepsItsLanguage: with its last memory goes nothing that was fixed.
func TestAnEmptiedStoreKeepsItsLanguage(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{Language: "fr"})
	ids := add(t, db, engine.Memory{Text: "l'homme"})
	if _, err := db.Delete(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{})
	add(t, db, engine.Memory{Text: "l'homme"})
	if got := byWords(t, db, "hommes"); len(got) != 1 {
		t.Fatalf("found %q", got)
	}
}
