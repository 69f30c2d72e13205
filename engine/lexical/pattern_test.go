package lexical

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// distanceOf is optimal string alignment: the least number of letters inserted,
// dropped, exchanged, or swapped with their neighbour, none of them twice.
func distanceOf(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
		for j := range d[i] {
			if i == 0 {
				d[0][j] = j
				continue
			}
			if j == 0 {
				continue
			}
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

func fuzzy(t interface{ Fatal(...any) }, term string, distance int) *Pattern {
	p, err := NewFuzzy(term, distance)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// plainPattern is a pattern with the plain meaning of it.
type plainPattern struct {
	*Pattern
	name string
	is   func(word string) bool
}

func drawPattern(t *rapid.T) plainPattern {
	word := rapid.StringMatching(`[abé]{1,6}`).Draw(t, "word")
	if rapid.Bool().Draw(t, "prefix") {
		term := rapid.SampledFrom([]string{"", word, "aab"}).Draw(t, "term")
		return plainPattern{NewPrefix(word, term), word + "*", func(w string) bool { return strings.HasPrefix(w, word) || w == term }}
	}
	n := rapid.IntRange(1, 2).Draw(t, "distance")
	return plainPattern{fuzzy(t, word, n), fmt.Sprint(word, "~", n), func(w string) bool { return distanceOf(w, word) <= n }}
}

// TestPatternsAreOneWordOfAllTheirTerms holds rows, matches and scores of patterns
// against texts in which all words of the pattern are written alike.
func TestPatternsAreOneWordOfAllTheirTerms(t *testing.T) {
	word := rapid.StringMatching(`[abé]{1,6}`)
	rapid.Check(t, func(t *rapid.T) {
		documents := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) document {
			return document{words: rapid.SliceOfN(word, 0, 9).Draw(t, "words"), dead: rapid.IntRange(0, 5).Draw(t, "dead") == 0}
		}), 0, 60).Draw(t, "documents")
		s := newSnapshot(t, drawPartition(t, documents), false)
		p := drawPattern(t)
		alike := snapshot{statistics: s.statistics}
		for part, list := range s.documents {
			set, want := rows.NewSet(len(list)), rows.NewSet(len(list))
			if !s.parts[part].Reader.AddRowsOf(set, p.Pattern, func() bool { return false }) {
				t.Fatal("ended early")
			}
			var same []document
			for row, d := range list {
				d.words = slices.Clone(d.words)
				for i, w := range d.words {
					if p.is(w) != p.Matches([]byte(w)) {
						t.Fatalf("%s: Matches(%q) is %v", p.name, w, p.Matches([]byte(w)))
					}
					if p.is(w) {
						d.words[i] = "<it>"
						want.Add(row)
					}
				}
				same = append(same, d)
			}
			if !slices.Equal(set, want) {
				t.Fatalf("%s: rows %b, want %b", p.name, set, want)
			}
			alike.documents = append(alike.documents, same)
		}
		var searcher Searcher
		searcher.PrepareWith(tokensOf(nil), []*Pattern{p.Pattern}, s.parts, s.statistics)
		if got, want := searcher.Top(nil, 30, nil), alike.referenceTop([]string{"<it>"}, 30, false); !equalHits(got, want) {
			t.Fatalf("%s: %v, want %v", p.name, got, want)
		}
	})
}

func TestAPatternOfManyRowsScoresAsOneLongList(t *testing.T) {
	var list []document
	for i := range 20_000 {
		list = append(list, document{words: strings.Fields(strings.Repeat(fmt.Sprintf("w%d ", i%7), 1+i%5) + "x"), dead: i%11 == 0})
	}
	s, alike := newSnapshot(t, [][]document{list}, false), snapshot{documents: [][]document{nil}}
	for _, d := range list {
		alike.documents[0] = append(alike.documents[0], document{words: strings.Fields(strings.ReplaceAll(strings.Join(d.words, " "), "w", "<it> w")), dead: d.dead})
	}
	var searcher Searcher
	searcher.PrepareWith(tokensOf([]string{"w3"}), []*Pattern{NewPrefix("w", "")}, s.parts, s.statistics)
	got := searcher.Top(nil, 50, nil)
	for _, h := range got {
		if alone := searcher.Scores(nil, []rows.Ref{h.Ref}); h.Score != alone[0] {
			t.Fatalf("row %d: %v in Top, %v alone", h.Row, h.Score, alone)
		}
	}
	if len(got) != 50 || len(list[got[0].Row].words) != 6 || list[got[0].Row].words[0] != "w3" {
		t.Fatalf("%d hits, the first of %q", len(got), list[got[0].Row].words)
	}
}

// TestBoostedEqualsTheSumOfItsFields, to the bit, in order and alone.
func TestBoostedEqualsTheSumOfItsFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filtered := rapid.Bool().Draw(t, "filtered")
		body := drawDocuments(t, 60)
		partition := drawPartition(t, body)
		name := make([][]document, len(partition))
		for p, list := range partition {
			for _, d := range list {
				d.words = d.words[:rapid.IntRange(0, len(d.words)).Draw(t, "words of the name")]
				name[p] = append(name[p], d)
			}
		}
		whole := []snapshot{newSnapshot(t, partition, filtered), newSnapshot(t, name, filtered)}
		whole[1].statistics.Documents = 0
		for _, list := range name {
			for _, d := range list {
				if !d.dead && len(d.words) > 0 {
					whole[1].statistics.Documents++
				}
			}
		}
		boosts := []float64{rapid.SampledFrom([]float64{0, .5, 1}).Draw(t, "boost"), rapid.SampledFrom([]float64{0, 1, 3.3}).Draw(t, "boost of names")}
		question, k := drawQuestion(t), rapid.IntRange(1, 70).Draw(t, "k")
		sums := map[rows.Ref]float64{}
		var fields []Field
		for f := range whole {
			fields = append(fields, Field{whole[f].parts, whole[f].statistics, boosts[f]})
			for _, h := range whole[f].referenceTop(question, 1000, filtered) {
				sums[h.Ref] += float64(boosts[f] * h.Score)
			}
		}
		var want []rows.Hit
		for ref, sum := range sums {
			if sum > 0 {
				want = append(want, rows.Hit{Ref: ref, Score: sum})
			}
		}
		slices.SortFunc(want, rows.Hit.Compare)
		want = want[:min(k, len(want))]
		var b Boosted
		b.Prepare(tokensOf(question), nil, fields)
		got := b.Top(nil, k, nil)
		if !equalHits(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for _, h := range got {
			if alone := b.Scores(nil, []rows.Ref{h.Ref}); alone[0] != h.Score {
				t.Fatalf("%v alone, %v in Top", alone, h.Score)
			}
		}
	})
}

func TestWarmBoostedDoesNotAllocate(t *testing.T) {
	list := syntheticRows(5000, 10, 500)
	parts := []Part{{Reader: mustBuild(t, list)}}
	fields := []Field{{parts, Statistics{5000, 50_000}, 1}, {parts, Statistics{5000, 50_000}, 2}}
	var b Boosted
	b.Prepare(tokensOf(list[3]), nil, fields)
	hits := b.Top(nil, 8, nil)
	if n := testing.AllocsPerRun(20, func() { hits = b.Top(hits[:0], 8, nil) }); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func TestPatternsOfDamagedColumnsDoNotPanic(t *testing.T) {
	list := mustBuild(t, [][]string{{"plan", "plane", "plant"}, {"plans"}})
	for _, r := range []*Reader{list, mustSeal(t, list)} {
		searchDamaged(t, r)
	}
}

func searchDamaged(t *testing.T, r *Reader) {
	opened := 0
	for at := range r.Parts().Dictionary {
		p := r.Parts()
		p.Dictionary = slices.Clone(p.Dictionary)
		p.Dictionary[at] ^= 0x5a
		damaged, err := Open(p)
		if err != nil {
			continue // found when opened, which is as well
		}
		opened++
		set := rows.NewSet(2)
		damaged.AddRowsOf(set, NewPrefix("pl", ""), func() bool { return false })
		damaged.AddRowsOf(set, fuzzy(t, "plan", 2), func() bool { return false })
	}
	if opened == 0 {
		t.Fatal("no damage gets past Open: the test tests nothing")
	}
}

// TestAPatternOverDamagedColumnsFindsNoRowsThatAreNotThere asks an index of fewer lengths than
// its lists have rows, with the scratch of a larger one.
func TestAPatternOverDamagedColumnsFindsNoRowsThatAreNotThere(t *testing.T) {
	index := func(rowCount int) Parts {
		words := make([][]string, rowCount)
		for i := range words {
			words[i] = []string{"kettle", "kettles"}
		}
		return mustBuild(t, words).Parts()
	}
	damaged := index(130)
	damaged.Lengths = damaged.Lengths[:100]
	var s Searcher
	for _, p := range []Parts{index(300), damaged} {
		r, err := Open(p)
		if err != nil {
			t.Fatal(err)
		}
		s.PrepareWith(&text.Tokens{}, []*Pattern{NewPrefix("kettle", "kettle")}, []Part{{Reader: r}}, Statistics{300, 600})
		for _, h := range s.Top(nil, 1000, nil) {
			if int(h.Ref.Row) >= r.RowCount() {
				t.Fatalf("row %d of %d", h.Ref.Row, r.RowCount())
			}
		}
	}
}
