package lexical

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/rows"
)

// checkOccurrences compares what is found in rows with counting their words.
func checkOccurrences(t interface{ Fatalf(string, ...any) }, o *Occurrences, s *snapshot, question []string, refs []rows.Ref) {
	var searcher Searcher
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	searcher.Occurrences(o, refs)
	places := make([]int32, len(refs))
	for i := range places {
		places[i] = int32(i)
	}
	if got, want := searcher.ScoresOf(nil, o, places, refs), searcher.Scores(nil, refs); !slices.Equal(got, want) {
		t.Fatalf("scores of %v by occurrences: %v, want %v", question, got, want)
	}
	for i, r := range refs {
		var want []Occurrence
		for term := range searcher.Terms() {
			count := 0
			for _, w := range s.documents[r.Part][r.Row].words {
				if w == question[searcher.Word(term)] {
					count++
				}
			}
			if count > 0 {
				want = append(want, Occurrence{int32(term), uint16(count)})
			}
		}
		if got := o.Of(int32(i)); !slices.Equal(got, want) {
			t.Fatalf("%v of %v: got %v, want %v", r, question, got, want)
		}
	}
}

func TestOccurrencesAreWhatCountingFinds(t *testing.T) {
	var o Occurrences // of one question after another
	rapid.Check(t, func(t *rapid.T) {
		s := newSnapshot(t, drawPartition(t, drawDocuments(t, 60)), false)
		var refs []rows.Ref
		for part, list := range s.documents {
			for row := range list {
				if rapid.Bool().Draw(t, "asked") {
					refs = append(refs, rows.Ref{Part: int32(part), Row: uint32(row)})
				}
			}
		}
		checkOccurrences(t, &o, &s, drawQuestion(t), refs)
	})
}

func TestOccurrencesInLongListsAreWhatCountingFinds(t *testing.T) {
	var documents []document
	for i, words := range syntheticRows(9000, 5, 300) {
		if i%97 == 0 {
			words = append(words, "rare")
		}
		if i%2 == 0 || i < 1000 {
			words = append(words, "common", "common")
		}
		documents = append(documents, document{words: words})
	}
	s := newSnapshot(t, [][]document{documents[:7000], documents[7000:]}, false)
	var o Occurrences
	r := rand.New(rand.NewPCG(1, 2))
	for _, share := range []float64{.001, .02, .3, 1} {
		var refs []rows.Ref
		for part, list := range s.documents {
			for row := range list {
				if r.Float64() < share {
					refs = append(refs, rows.Ref{Part: int32(part), Row: uint32(row)})
				}
			}
		}
		checkOccurrences(t, &o, &s, []string{"rare", "common", "nowhere", documents[3].words[0]}, refs)
	}
}

func BenchmarkOccurrences(b *testing.B) {
	var documents []document
	for _, words := range syntheticRows(100_000, 12, 5000) {
		documents = append(documents, document{words: words})
	}
	s := newSnapshot(b, [][]document{documents}, false)
	r := rand.New(rand.NewPCG(1, 2))
	for _, terms := range []int{4, 24} {
		var question []string
		for _, d := range documents[:terms] {
			question = append(question, d.words[0])
		}
		var searcher Searcher
		searcher.Prepare(tokensOf(question), s.parts, s.statistics)
		var refs []rows.Ref
		for range 150 { // and the turns around each
			first := r.IntN(len(documents) - 5)
			for i := range 5 {
				refs = append(refs, rows.Ref{Row: uint32(first + i)})
			}
		}
		slices.SortFunc(refs, rows.Ref.Compare)
		refs = slices.Compact(refs)
		b.Run(fmt.Sprint(terms, " words"), func(b *testing.B) {
			var o Occurrences
			b.ReportAllocs()
			for b.Loop() {
				searcher.Occurrences(&o, refs)
			}
		})
	}
}
