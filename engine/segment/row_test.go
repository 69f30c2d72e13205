package segment

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
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
