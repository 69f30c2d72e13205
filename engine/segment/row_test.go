package segment

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/timex"
)

// TestAMemoryIsAnalysedAsItsTextAlone holds the one look at speaker and text to what is
// promised of both: whatever the text begins with.
func TestAMemoryIsAnalysedAsItsTextAlone(t *testing.T) {
	w := &worker{}
	w.speak(text.English)
	a := text.NewAnalyzer(text.English)
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.OneOf(rapid.StringMatching(`[ :.'_A-Za-z0-9]{0,20}`), rapid.String(), rapid.SampledFrom([]string{"\uff9e\uff9eab", "\u0301a b", " a", " \uff9e", "\u200da", "\"x", "東京", "\xff"}))
		m := model.Memory{Text: one.Draw(t, "text") + one.Draw(t, "more"), Speaker: one.Draw(t, "speaker")}
		w.analyze(&m)
		var terms, words text.Tokens
		a.Terms(&terms, searchText(&m))
		a.Words(&words, m.Text)
		if got, want := wordList(&w.terms), wordList(&terms); !slices.Equal(got, want) {
			t.Fatalf("%q, %q: terms %q, want %q", m.Speaker, m.Text, got, want)
		}
		if got, want := wordList(&w.words), wordList(&words); !slices.Equal(got, want) {
			t.Fatalf("%q, %q: words %q, want %q", m.Speaker, m.Text, got, want)
		}
	})
}

func wordList(t *text.Tokens) (list []string) {
	for i := range t.Len() {
		list = append(list, string(t.At(i)))
	}
	return list
}

// TestRelativeTimesCountFromTheDayOfCommit, not from that of preparing, where a memory has no
// time of its own.
func TestRelativeTimesCountFromTheDayOfCommit(t *testing.T) {
	list, err := NewPreparer().Prepare(context.Background(), hashingSpace(), []model.Memory{{Text: "See you tomorrow."}})
	if err != nil {
		t.Fatal(err)
	}
	list[0].Stamp(time.Date(2024, 5, 7, 12, 0, 0, 0, time.UTC), 0)
	if want, a := timex.DayOf(time.Date(2024, 5, 8, 0, 0, 0, 0, time.UTC)), list[0].Annotation; a.Ranges() != 1 || a.Range(0).From != want || !a.IsWhole() {
		t.Errorf("%d ranges, the first %+v, want day %d", a.Ranges(), a.Range(0), want)
	}
}
