package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestWordsAreSignalsWhereMemoriesAreShort, of 64 terms or fewer on average; what the table finds is
// a candidate in either case.
func TestWordsAreSignalsWhereMemoriesAreShort(t *testing.T) {
	for _, terms := range []int{63, 64, 65} {
		db := open(t, t.TempDir(), engine.Options{})
		for i := range 8 {
			text := "Adopted puppy"
			if i > 0 {
				text = fmt.Sprintf("Train %d", i)
			}
			add(t, db, engine.Memory{Text: text + strings.Repeat(" xqzv", terms-2)})
		}
		a := ask(t, db, engine.Query{Text: "Which pet lives there, xqzv?", Explain: true})
		at := a.Hits[0]
		for _, h := range a.Hits {
			if strings.HasPrefix(h.Text, "Adopted") {
				at = h
			}
		}
		found := false
		for _, e := range at.Explanation.Engines {
			found = found || e.Name == "vector" && e.Rank == 1
		}
		if !found {
			t.Errorf("%d terms: not found first by vector: %+v", terms, at.Explanation)
		}
		compared := false
		for _, s := range at.Explanation.Signals {
			compared = compared || s.Name == "cosine_turn"
		}
		if want := terms <= 64; compared != want {
			t.Errorf("%d terms: similarity is a signal: %v, want %v", terms, compared, want)
		}
	}
}

// TestAMemoryOfUnknownWordsIsFarFromAll where the words of nearly all others are known.
func TestAMemoryOfUnknownWordsIsFarFromAll(t *testing.T) {
	for _, unknown := range []int{1, 5} {
		db := open(t, t.TempDir(), engine.Options{})
		var strange engine.ID
		for i := range 200 {
			text := fmt.Sprintf("We walked along the river and talked about plan %d", i%7)
			if i%40 == 3 && i/40 < unknown {
				text = "Xqzv vqxt zzkw qpfj wvxz kkqj zzvq pfqx xvkw"
			}
			id := add(t, db, engine.Memory{Text: text})[0]
			if i == 3 {
				strange = id
			}
		}
		list, err := db.Anomalies(ctx, engine.AnomalyQuery{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		far := false
		for _, a := range list {
			for _, r := range a.Reasons {
				far = far || a.ID == strange && r.Column == engine.ColumnMeaning && r.Value == 1
			}
		}
		if want := unknown == 1; far != want {
			t.Errorf("%d of 200 unknown: far from all %v, want %v", unknown, far, want)
		}
	}
}
