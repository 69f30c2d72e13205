package segment

import (
	"fmt"
	"sync"
	"testing"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// named returns memories with names and titles, no title twice.
func named(n int) []model.Memory {
	list := make([]model.Memory, n)
	for i := range list {
		list[i] = model.Memory{Text: fmt.Sprint("text ", i), Speaker: []string{"", "Ann", "Mary Ann", "Bob"}[i%4]}
		if i%3 > 0 {
			list[i].Meta = map[string]any{"title": fmt.Sprintf("The minutes of meeting %d in room %d", i, i%7)}
		}
		if err := list[i].Normalize(); err != nil {
			panic(err)
		}
	}
	return list
}

func matchWords(t testing.TB, match string) *Words {
	t.Helper()
	m, err := model.ParseMatch(match)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWords(text.English, m)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestStatisticsOfFieldsAreThoseOfTheLiveRows(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, named(40))).With(build(t, hashingSpace(), 41, named(30)))
	var gone []model.ID
	for id := model.ID(2); id < 70; id += 5 {
		gone = append(gone, id)
	}
	view = view.WithDeleted(gone)
	for _, field := range []string{model.MatchFieldSpeaker, model.MatchFieldTitle} {
		var want lexical.Statistics
		for i := range view.Parts {
			p := &view.Parts[i]
			words, err := p.FieldWords(field, text.English)
			if err != nil || words.RowCount() != p.RowCount() {
				t.Fatalf("%s: %d rows, %v", field, words.RowCount(), err)
			}
			for row, n := range words.Parts().Lengths {
				if n > 0 && !p.Dead.Has(row) {
					want.Documents++
					want.TotalLength += uint64(n)
				}
			}
		}
		if got, err := view.FieldStatistics(field); err != nil || got != want || want.Documents == 0 {
			t.Fatalf("%s: %+v, %v, want %+v", field, got, err, want)
		}
	}
}

// TestMatchesAreAskedByManyAtOnce: the race detector looks on while indexes of fields
// are made and scratch is shared; every answer is the first one.
func TestMatchesAreAskedByManyAtOnce(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, named(120)))
	matches := []string{`title:"meeting 7"`, "speaker:ann -title:room", "speaker:mar*", "text:text", "title:mintues~", `"text 5"`}
	want := make([]int, len(matches))
	var group sync.WaitGroup
	answers := make(chan [2]int, 8*len(matches))
	for range 8 {
		group.Go(func() {
			for i, match := range matches {
				allow := make([]rows.Set, 1)
				if err := view.KeepMatching(t.Context(), allow, matchWords(t, match)); err != nil {
					t.Error(err)
				}
				answers <- [2]int{i, 1 + allow[0].Count()}
			}
		})
	}
	group.Wait()
	close(answers)
	for a := range answers {
		if want[a[0]] == 0 {
			want[a[0]] = a[1]
		}
		if want[a[0]] != a[1] || a[1] == 1 {
			t.Errorf("%s: %d and %d rows", matches[a[0]], a[1]-1, want[a[0]]-1)
		}
	}
}

func TestDeletedRowsAreNotLookedInto(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, named(70))).WithDeleted([]model.ID{5, 9})
	for _, match := range []string{"-ann", `"text 4" "text 8"`, "bob"} {
		allow := make([]rows.Set, 1)
		if err := view.KeepMatching(t.Context(), allow, matchWords(t, match)); err != nil || allow[0].Has(4) || allow[0].Has(8) {
			t.Fatalf("%s: %v, or a deleted row is kept", match, err)
		}
	}
}

func TestKeepMatchingLeavesTheSetsItIsGivenAlone(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, named(70)))
	given := rows.AllOf(70)
	given.Remove(3)
	for _, match := range []string{"-ann", "+text -bob", "ann bob", `"text 4" ann`, "text:ann text:text"} {
		allow := []rows.Set{given}
		if err := view.KeepMatching(t.Context(), allow, matchWords(t, match)); err != nil || given.Count() != 69 || allow[0].Has(3) {
			t.Fatalf("%s: %v, %d rows of 69 are left in the set that was given", match, err, given.Count())
		}
	}
}

// BenchmarkFieldWords indexes the titles of 30,000 rows, 20,000 of them and all different.
func BenchmarkFieldWords(b *testing.B) {
	s := build(b, hashingSpace(), 1, named(30_000))
	for b.Loop() {
		s.names.title.Store(nil)
		if r, err := s.FieldWords(model.MatchFieldTitle, text.English); err != nil || r.RowCount() != 30_000 {
			b.Fatal(err)
		}
	}
}
