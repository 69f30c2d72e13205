package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
)

// spoken returns memories of few words, so that phrases and prefixes hit.
func spoken(n int, rng *rand.Rand) []engine.Memory {
	words := strings.Fields("budget budgets plan plans planning planet the of and not colour color quarterly report reported café cafe 東京 京都 Ann Mary http.Handler x")
	pick := func(most int) string {
		var b []string
		for range 1 + rng.IntN(most) {
			b = append(b, words[rng.IntN(len(words))])
		}
		return strings.Join(b, []string{" ", " ", ", ", ""}[rng.IntN(4)])
	}
	list := make([]engine.Memory, n)
	for i := range list {
		m := &list[i]
		m.Text = pick(9) + fmt.Sprint(" r", i)
		m.Speaker = []string{"", "Ann", "Mary Ann", "Bob the planner", "東京太郎", "budget"}[rng.IntN(6)]
		m.User = fmt.Sprint("u", rng.IntN(3))
		switch rng.IntN(4) {
		case 0:
			m.Meta = map[string]any{"title": pick(3)}
		case 1:
			m.Meta = map[string]any{"title": 3}
		}
	}
	return list
}

var matchTexts = []string{
	"budget", "+budget", "+budget -plan", "-budget", "+budget plan", "budget plan", "(budget plan) -colour", "+(budget plan) +(colour color)",
	`"quarterly report"`, `"the budget"`, `"budget of the"`, `-"quarterly report"`, `+plan -"plan of"`, `"東京"`, "東京", `"京都 budget"`, "京",
	"plan*", "+plan* -planet", "bud*", "th*", "colour~", "colour~1", "colur~2", "+report~1", "b*", "cafe", "café", "http.handler", "handler", "httpx",
	"speaker:ann", "+speaker:ann -speaker:mary", `speaker:"mary ann"`, `speaker:"ann mary"`, "title:plan", "title:plan*", `title:"quarterly report"`, "title:(budget colour~1)",
	"text:ann", "text:budget", "+text:budget +speaker:budget", "text:plan*", "text:ann -speaker:ann", `text:"ann mary"`, "speaker:plan*", "text:budgt~1", "speaker:東京",
	"the budget", "-(budget plan)", "-(+budget +plan)", "+(-budget) +(plan -planet)", "nowhere", "-nowhere", "+budget +nowhere", "((((x))))", "+report -title:report -speaker:budget",
}

// matchMeaning is the meaning of a match, over words cut from one memory at a time.
type matchMeaning struct {
	analyzer *text.Analyzer
}

func (p matchMeaning) terms(s string) (list []string) {
	var t text.Tokens
	p.analyzer.Terms(&t, s)
	for i := range t.Len() {
		list = append(list, string(t.At(i)))
	}
	return list
}

// fields returns the texts that a field stands for, each of which a phrase lies within.
func (p matchMeaning) fields(m *engine.Memory, field string) []string {
	title, _ := m.Meta["title"].(string)
	return map[string][]string{"": {m.Text, m.Speaker}, "text": {m.Text}, "speaker": {m.Speaker}, "title": {title}}[field]
}

func (p matchMeaning) holds(m *engine.Memory, q model.Match) bool {
	switch q.Kind() {
	case model.MatchKindGroup:
		return p.holdsGroup(m, q)
	case model.MatchKindPrefix, model.MatchKindFuzzy:
		return slices.ContainsFunc(p.fields(m, q.FieldName()), func(s string) bool {
			return slices.ContainsFunc(p.terms(s), func(term string) bool { return p.looksLike(term, q) })
		})
	}
	var want text.Sequence
	p.analyzer.Sequence(&want, q.Text())
	return slices.ContainsFunc(p.fields(m, q.FieldName()), func(s string) bool {
		var have text.Sequence
		if p.analyzer.Sequence(&have, s); want.Len() == 1 {
			return slices.Contains(p.terms(s), string(want.At(0)))
		}
		return have.Contains(&want)
	})
}

func (p matchMeaning) looksLike(term string, q model.Match) bool {
	stem := p.terms(q.Text())
	if len(stem) > 0 && term == stem[0] {
		return true
	}
	if q.Kind() == model.MatchKindPrefix {
		return strings.HasPrefix(term, p.analyzer.Bare(q.Text()))
	}
	distance := q.Distance()
	if distance == 0 {
		distance = 1 + min(1, utf8.RuneCountInString(stem[0])/6)
	}
	return editsBetween([]rune(term), []rune(stem[0])) <= distance
}

// editsBetween counts letters inserted, dropped, exchanged or swapped.
func editsBetween(a, b []rune) int {
	switch {
	case len(a) == 0 || len(b) == 0:
		return len(a) + len(b)
	case max(len(a), len(b))-min(len(a), len(b)) > 2:
		return 3 // and more does not matter
	case a[0] == b[0]:
		return editsBetween(a[1:], b[1:])
	}
	least := 1 + min(editsBetween(a[1:], b), editsBetween(a, b[1:]), editsBetween(a[1:], b[1:]))
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		least = min(least, 1+editsBetween(a[2:], b[2:]))
	}
	return least
}

func (p matchMeaning) isStop(q model.Match) bool {
	return q.Kind() != model.MatchKindGroup && q.Kind() != model.MatchKindPrefix && len(p.terms(q.Text())) == 0
}

func (p matchMeaning) holdsGroup(m *engine.Memory, q model.Match) bool {
	required, optional, found := false, false, false
	for _, c := range q.Clauses() {
		switch {
		case p.isStop(c.Match):
		case c.Occur == model.OccurOptional:
			optional, found = true, found || p.holds(m, c.Match)
		case p.holds(m, c.Match) != (c.Occur == model.OccurRequired):
			return false
		default:
			required = required || c.Occur == model.OccurRequired
		}
	}
	return required || !optional || found
}

// checkMatches holds the memories that a match finds, with and without a scope and by
// every engine, against what each memory says itself.
func checkMatches(t *testing.T, db *engine.DB) {
	t.Helper()
	var all []engine.Memory
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	p, empty := matchMeaning{text.NewAnalyzer(text.English)}, 0
	for i, text := range matchTexts {
		m, scope := parsedMatch(t, text), engine.Scope{User: []string{"", "u1"}[i%2]}
		for _, q := range []engine.Query{
			{Match: m, Scope: scope, K: 128, SingleEngine: true, Engines: []string{"lexical"}},
			{Match: m, Scope: scope, K: 128, SingleEngine: true, Engines: []string{"vector"}, Text: "quarterly budget"},
		} {
			var want, got []engine.ID
			for i := range all {
				if scope.Covers(all[i].Scope) && p.holds(&all[i], m) {
					want = append(want, all[i].ID)
				}
			}
			for _, h := range ask(t, db, q).Hits {
				got = append(got, h.ID)
			}
			slices.Sort(got)
			for _, id := range got {
				if _, ok := slices.BinarySearch(want, id); !ok {
					t.Errorf("%s: %v: memory %d is found and does not match: %q", text, q.Engines, id, all[slices.IndexFunc(all, func(m engine.Memory) bool { return m.ID == id })].Text)
				}
			}
			if len(want) == 0 {
				empty++
			}
			if len(got) != min(128, len(want)) {
				t.Errorf("%s: %v: %d found, want %d of %d", text, q.Engines, len(got), len(want), len(all))
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	if empty > len(matchTexts) {
		t.Fatalf("%d questions find nothing: the texts test little", empty)
	}
}

func TestMatchesFindWhatMatchesThroughEveryChangeOfLayout(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	dir := t.TempDir()
	db := open(t, dir, engine.Options{Embedder: embed.NewHashing("en")}) // every text has a vector
	for _, m := range spoken(20, rng) {
		add(t, db, m) // a segment each
	}
	checkMatches(t, db)
	for range 3 {
		add(t, db, spoken(40, rng)...)
	}
	for range 25 {
		if _, err := db.Delete(ctx, engine.ID(1+rng.IntN(140))); err != nil {
			t.Fatal(err)
		}
	}
	checkMatches(t, db)
	db.Close()
	db = open(t, dir, engine.Options{})
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	checkMatches(t, db)
	db.Close()
	db = open(t, dir, engine.Options{CompressTexts: true})
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	checkMatches(t, db) // of packed texts
}

func TestWordsOfAMatchScoreAsWordsOfTheQuestion(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, spoken(300, rand.New(rand.NewPCG(4, 4)))...)
	for _, c := range []struct{ text, match, all string }{
		{"colour", "+budget", "colour budget"}, {"colour", `+"quarterly report" plan`, "colour quarterly report plan"},
		{"", "budget plan", "budget plan"}, {"x", "-budget", "x"}, {"x", "-(+budget +plan)", "x"}, {"x", "+title:budget", "x budget"}, {"budget", "+budget budget", "budget"},
	} {
		alone := engine.Query{K: 128, SingleEngine: true, Engines: []string{"lexical"}}
		asked := alone
		asked.Text, asked.Match, alone.Text = c.text, parsedMatch(t, c.match), c.all
		scores, last := map[engine.ID]float32{}, float32(0)
		for _, h := range ask(t, db, alone).Hits {
			scores[h.ID], last = h.Score, h.Score
		}
		found := ask(t, db, asked).Hits
		for _, h := range found {
			if score, ok := scores[h.ID]; ok && score != h.Score || !ok && h.Score > last {
				t.Errorf("%q with %s: memory %d scores %v, without a condition %v", c.text, c.match, h.ID, h.Score, score)
			}
		}
		if len(found) == 0 {
			t.Errorf("%q with %s finds nothing: the case tests nothing", c.text, c.match)
		}
	}
}

func TestMatchesThatCannotBeMeantAreInvalid(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "one"})
	for text, want := range map[string]string{
		"the":               "match: no words but stop words",
		`"of the"`:          "match: no words but stop words",
		"budget +the":       "match: byte 8: stop words alone",
		`budget -"of the"`:  "match: byte 8: stop words alone",
		"+budget +(the of)": "stop words alone",
		"the~":              "match: byte 0: a stop word",
		"well-known*":       "match: byte 0: * and ~ need one word",
		"a 東京*":             "match: byte 2: * and ~ need one word",
		"ab~2":              "match: byte 0: every word of so few letters is 2",
		"x~":                "match: byte 0: every word of so few letters is 1",
		`"東 京"`:             "match: no words",
	} {
		_, err := db.Query(ctx, engine.Query{Text: "one", Match: parsedMatch(t, text)})
		if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for want, q := range map[string]engine.Query{
		"neither text nor vector nor match": {},
		"no such field":                     {Match: engine.MatchWord("a").In("user")},
		"boost of title is -1":              {Text: "one", Boosts: &engine.Boosts{Text: 1, Title: -1}},
		"boosts are all 0":                  {Text: "one", Boosts: &engine.Boosts{}},
	} {
		if _, err := db.Query(ctx, q); !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAMatchAloneIsAQuestion(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "the first draft"}, engine.Memory{Text: "the budget of May"}, engine.Memory{Text: "a draft of the budget", Meta: map[string]any{"title": "Summary"}})
	for match, want := range map[string][]engine.ID{
		"-draft": {2}, "title:summary": {3}, "draft": {1, 3}, "-nowhere": {1, 2, 3}, "+draft -draft": nil,
	} {
		answer := ask(t, db, engine.Query{Match: parsedMatch(t, match)})
		var got []engine.ID
		for _, h := range answer.Hits {
			got = append(got, h.ID)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", match, got, want)
		}
		if e := answer.Trace.Engines[1]; e.State != model.EngineSkipped {
			t.Errorf("%s: the vector engine was not skipped: %+v", match, e)
		}
	}
}

func TestBoostsAddTheScoresOfFields(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "Ann plans Ann Ann", Speaker: "Bob"},
		engine.Memory{Text: "hello", Speaker: "Ann"},
		engine.Memory{Text: "something else", Meta: map[string]any{"title": "About Ann"}})
	first := func(b *engine.Boosts) engine.ID {
		a := ask(t, db, engine.Query{Text: "ann", Boosts: b, SingleEngine: true, Engines: []string{"lexical"}})
		if len(a.Hits) == 0 {
			return 0
		}
		return a.Hits[0].ID
	}
	for want, b := range map[engine.ID]*engine.Boosts{1: {Text: 1, Title: .01}, 2: {Text: 1, Speaker: 3}, 3: {Title: 1}} {
		if got := first(b); got != want {
			t.Errorf("%+v: memory %d is first, want %d", *b, got, want)
		}
	}
	plain := ask(t, db, engine.Query{Text: "ann plans"})
	twice := ask(t, db, engine.Query{Text: "ann plans", Boosts: &engine.Boosts{Text: 2}})
	for i, h := range plain.Hits {
		if twice.Hits[i].ID != h.ID || twice.Hits[i].Score != h.Score {
			t.Errorf("hit %d: one boost alone changes the answer", i)
		}
	}
}

// TestALongMatchEndsWithItsContext: looking for a phrase in many texts is not for ever.
func TestALongMatchEndsWithItsContext(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	long := strings.Repeat("the plan and the budget of it ", 30_000)
	for range 4 {
		add(t, db, engine.Memory{Text: long + "end"})
	}
	q := engine.Query{Match: parsedMatch(t, `"budget plan"`)}
	if a := ask(t, db, q); len(a.Hits) != 0 {
		t.Fatal("found what is not there")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := db.Query(ended, engine.Query{Match: parsedMatch(t, `"plan budget it"`)}); !errors.Is(err, engine.ErrCancelled) {
		t.Fatalf("%v", err)
	}
	late, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := db.Query(late, engine.Query{Match: parsedMatch(t, `"plan budget of"`)}); !errors.Is(err, engine.ErrDeadline) {
		t.Fatalf("%v", err)
	}
}

func parsedMatch(t testing.TB, text string) engine.Match {
	t.Helper()
	m, err := engine.ParseMatch(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// TestBoostsOrderFusedAnswers: without naming a fusion, too, a word in a boosted field leads.
func TestBoostsOrderFusedAnswers(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for i := range 40 {
		m := engine.Memory{Text: fmt.Sprintf("Turn %d is about the garden, tomatoes and rain.", i), Meta: map[string]any{"title": "garden"}}
		if m.Session = "s"; i == 17 {
			m.Text, m.Meta["title"] = "Nothing of the kind here.", "boat"
		}
		add(t, db, m)
	}
	for boost, leads := range map[float32]bool{.01: false, 50: true} {
		a := ask(t, db, engine.Query{Text: "tomatoes boat", Boosts: &engine.Boosts{Text: 1, Title: boost}, Intent: engine.IntentFact, Explain: true})
		if (a.Hits[0].ID == 18) != leads || a.Confidence != 0 || len(a.Hits[0].Explanation.Signals) > 0 {
			t.Errorf("title %v: memory %d is first, confidence %v, %d signals", boost, a.Hits[0].ID, a.Confidence, len(a.Hits[0].Explanation.Signals))
		}
		if second := a.Hits[1]; second.Factors[engine.Relevance] >= a.Hits[0].Factors[engine.Relevance] && leads {
			t.Errorf("title %v: relevance %v and %v", boost, a.Hits[0].Factors, second.Factors)
		}
	}
}
