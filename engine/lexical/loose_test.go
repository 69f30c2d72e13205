package lexical

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/rows"
)

// commonRows are texts in which every word of "common0 common1 ..." stands in about every
// second, some words in every 20th, and others in few.
func commonRows(count int) (documents []document) {
	draw := rand.New(rand.NewPCG(7, 8))
	for i, words := range syntheticRows(count, 6, 40) {
		for c := range 3 {
			if draw.IntN(2) == 0 {
				words = append(words, fmt.Sprint("common", c))
			}
		}
		documents = append(documents, document{words: words, dead: i%13 == 0})
	}
	return documents
}

// looseQuestion asks for words of rows and for the common ones.
func looseQuestion(documents []document) (question []string) {
	for _, d := range documents[:14] {
		if word := d.words[0]; !slices.Contains(question, word) {
			question = append(question, word)
		}
	}
	return append(question, "common0", "common1", "common2")
}

// find returns the hits of a search, best first, and whether words were left out.
func (s *snapshot) find(question []string, k int, loose bool) (hits []rows.Hit, without bool) {
	searcher := Searcher{Loose: loose}
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	hits = searcher.Top(nil, k, nil)
	return hits, searcher.Approximate()
}

func TestALooseSearchFindsNearlyTheSameRowsByAllWords(t *testing.T) {
	documents := commonRows(30_000)
	s := newSnapshot(t, [][]document{documents}, false)
	question := looseQuestion(documents)
	exact, _ := s.find(question, looseWanted, false)
	got, without := s.find(question, looseWanted, true)
	if !without {
		t.Fatal("no word was left out")
	}
	var searcher Searcher
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	common := 0
	for _, h := range got {
		if slices.ContainsFunc(exact, func(e rows.Hit) bool { return e.Ref == h.Ref }) {
			common++
		}
		if want := searcher.Scores(nil, []rows.Ref{h.Ref})[0]; h.Score < want*(1-1e-12) || h.Score > want*(1+1e-12) {
			t.Fatalf("row %v scores %v, want %v", h.Ref, h.Score, want)
		}
	}
	if len(got) != looseWanted || common < looseWanted*8/10 {
		t.Errorf("%d rows, %d of them among the best", len(got), common)
	}
}

// TestLayoutChangesNoLooseHit: which words are left out, and what a row scores, depend on live rows alone.
func TestLayoutChangesNoLooseHit(t *testing.T) {
	documents := commonRows(30_000)
	alive := slices.DeleteFunc(slices.Clone(documents), func(d document) bool { return d.dead })
	question := looseQuestion(documents)
	place := func(s *snapshot, hits []rows.Hit) (list []string) { // of the row among the live ones, and the score's bits
		for _, h := range hits {
			at := 0
			for part, rows := range s.documents {
				for row, d := range rows {
					if part == int(h.Part) && row == int(h.Row) {
						list = append(list, fmt.Sprintf("%d %x", at, h.Score))
					}
					if !d.dead {
						at++
					}
				}
			}
		}
		return list
	}
	one := newSnapshot(t, [][]document{alive}, false)
	hits, without := one.find(question, looseWanted, true)
	want := place(&one, hits)
	if !without {
		t.Fatal("no word was left out")
	}
	for name, cut := range map[string][][]document{
		"with dead rows": {documents}, "in three": {documents[:9000], documents[9000:9100], documents[9100:]},
	} {
		s := newSnapshot(t, cut, false)
		hits, _ := s.find(question, looseWanted, true)
		if got := place(&s, hits); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestDeadRowsDoNotDecideWhatIsLeftOut asks of more and more rows, and of more and more that may
// be returned, so that somewhere the live ones are too few while the dead ones would make them enough.
func TestDeadRowsDoNotDecideWhatIsLeftOut(t *testing.T) {
	decided := map[string]int{}
	decide := func(name string, cut [][]document, filter func(s *snapshot)) {
		alive := make([][]document, len(cut))
		for i, documents := range cut {
			alive[i] = slices.DeleteFunc(slices.Clone(documents), func(d document) bool { return d.dead })
		}
		with, without := newSnapshot(t, cut, true), newSnapshot(t, alive, true)
		filter(&with)
		filter(&without)
		question := looseQuestion(slices.Concat(cut...))
		leaves := func(s *snapshot) bool {
			searcher := Searcher{Loose: true}
			searcher.Prepare(tokensOf(question), s.parts, s.statistics)
			return searcher.leaveOut(looseWanted)
		}
		got, want := leaves(&with), leaves(&without)
		if decided[fmt.Sprint(name, " ", want)]++; got != want {
			t.Errorf("%s: words are left out %v with dead rows, %v without", name, got, want)
		}
	}
	for count := 4800; count < 7200; count += 240 {
		decide("rows", [][]document{commonRows(count)}, func(s *snapshot) { s.parts[0].Allow = nil })
	}
	for every := 30; every < 70; every += 4 {
		documents := commonRows(30_000)
		for i := range documents {
			documents[i].allow = i%every == 0 || documents[i].dead
		}
		decide("filtered", [][]document{documents}, func(*snapshot) {})
	}
	for few := 100; few < 3000; few += 200 {
		documents := commonRows(30_000)
		for i := range few {
			documents[i].dead = i%3 != 0 // two of three of those that may be returned
		}
		decide("one part", [][]document{documents[:few], documents[few:]}, func(s *snapshot) { s.parts[0].Allow = nil })
	}
	for _, name := range []string{"rows", "filtered", "one part"} {
		if decided[name+" true"] < 2 || decided[name+" false"] < 2 {
			t.Errorf("%s: decided %v", name, decided)
		}
	}
}

// TestALooseSearchThatIsStoppedReturnsWhatItFound, as an exact one does.
func TestALooseSearchThatIsStoppedReturnsWhatItFound(t *testing.T) {
	documents := commonRows(3 * windowRows)
	question := looseQuestion(documents)
	for i := range documents { // the telling words stand in few rows of the first window
		d := &documents[i]
		if d.dead = false; i < windowRows && i%600 != 0 {
			d.words = slices.DeleteFunc(d.words, func(w string) bool { return slices.Contains(question[:len(question)-3], w) })
		}
	}
	s := newSnapshot(t, [][]document{documents}, false)
	searcher, asked := Searcher{Loose: true}, 0
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	hits := searcher.Find(nil, looseWanted, func() bool { asked++; return asked > 1 })
	if !searcher.Approximate() || len(hits) == 0 || len(hits) >= looseWanted {
		t.Errorf("%d rows of the first window, left out %v", len(hits), searcher.Approximate())
	}
	searcher.Prepare(tokensOf([]string{"nowhere"}), s.parts, s.statistics)
	if hits := searcher.Find(nil, looseWanted, nil); len(hits) > 0 || searcher.Approximate() {
		t.Errorf("%d rows of the next question, left out %v", len(hits), searcher.Approximate())
	}
}

// TestALooseSearchThatFindsTooLittleIsMadeAgain: of rows that may be returned, and there are many,
// none has a word that was not left out.
func TestALooseSearchThatFindsTooLittleIsMadeAgain(t *testing.T) {
	documents := commonRows(30_000)
	question := looseQuestion(documents)
	s := newSnapshot(t, [][]document{documents}, false)
	searcher := Searcher{Loose: true}
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	searcher.Find(nil, looseWanted, nil)
	var telling []string
	for term, out := range searcher.leftOut {
		if !out {
			telling = append(telling, question[searcher.Word(term)])
		}
	}
	allowed := 0
	for i := range documents {
		d := &documents[i]
		d.allow = !slices.ContainsFunc(d.words, func(w string) bool { return slices.Contains(telling, w) })
		if d.allow && !d.dead {
			allowed++
		}
	}
	if filtered := newSnapshot(t, [][]document{documents}, true); allowed > 1000 {
		got, without := filtered.find(question, looseWanted, true)
		if want, _ := filtered.find(question, looseWanted, false); without || len(got) != looseWanted || !slices.Equal(got, want) {
			t.Errorf("%d rows, left out %v; want %d", len(got), without, len(want))
		}
	} else {
		t.Fatalf("%d rows without %v", allowed, telling)
	}
}

func TestALooseSearchLeavesNothingOutWhereItShouldNot(t *testing.T) {
	documents := commonRows(30_000)
	s := newSnapshot(t, [][]document{documents}, false)
	few := newSnapshot(t, [][]document{documents[:3000]}, false)
	allowed := slices.Clone(documents)
	for i := range allowed {
		allowed[i].allow = i%200 == 0
	}
	filtered := newSnapshot(t, [][]document{allowed[:20_000], allowed[20_000:]}, true)
	question := looseQuestion(documents)
	for name, c := range map[string]struct {
		s        *snapshot
		question []string
		k        int
	}{
		"more rows are wanted":        {&s, question, looseWanted + 1},
		"there are few postings":      {&few, question, looseWanted},
		"the others find too little":  {&s, []string{"common0", documents[3].words[0] + "x", "common1", "common2"}, looseWanted},
		"few rows may be returned":    {&filtered, question, looseWanted},
		"common words are all it has": {&s, []string{"common0", "common1"}, looseWanted},
	} {
		got, without := c.s.find(c.question, c.k, true)
		if want, _ := c.s.find(c.question, c.k, false); without || !slices.Equal(got, want) {
			t.Errorf("where %s: left out %v, %d hits", name, without, len(got))
		}
	}
}
