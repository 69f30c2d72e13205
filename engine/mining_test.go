package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// mined is all that mining says of a selection.
type mined struct {
	Patterns  []engine.Pattern
	Anomalies []engine.Anomaly
}

func mine(t testing.TB, db *engine.DB, s engine.Selection) (m mined) {
	t.Helper()
	m.Patterns = mustPatterns(t, db, engine.PatternQuery{Selection: s, Limit: 100})
	var err error
	if m.Anomalies, err = db.Anomalies(ctx, engine.AnomalyQuery{Selection: s, Limit: 100}); err != nil {
		t.Fatal(err)
	}
	return m
}

// named returns what was mined with numbers in the places of IDs, by key.
func (m mined) named(t testing.TB, db *engine.DB) mined {
	t.Helper()
	number := func(id engine.ID) engine.ID {
		found, err := db.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var n engine.ID
		if _, err := fmt.Sscanf(found.Key, "m%d", &n); err != nil {
			t.Fatalf("%d has the key %q", id, found.Key)
		}
		return n
	}
	for i := range m.Patterns {
		for j, id := range m.Patterns[i].Examples {
			m.Patterns[i].Examples[j] = number(id)
		}
	}
	for i := range m.Anomalies {
		m.Anomalies[i].ID = number(m.Anomalies[i].ID)
	}
	return m
}

// mixed is a store's worth of memories with something of every kind planted, with keys.
func mixed(seed uint64, count int) *planted {
	p := plant(seed, count, 3)
	for i, set := range p.newSets(9, 2, 2) {
		switch i % 3 {
		case 0:
			for range 15 {
				p.say(p.IntN(count), set...)
			}
		case 1:
			for day := i; day < plantedDays; day += 7 {
				if at := p.onDay(day); at >= 0 {
					p.say(at, set...)
				}
			}
		case 2:
			for range 20 {
				if at := p.onDay(30*i + p.IntN(4)); at >= 0 {
					p.say(at, set...)
				}
			}
		}
	}
	for i := range 10 {
		oddities[i%len(oddities)].make(p, i*count/10)
	}
	for i := range p.memories {
		p.memories[i].Key = fmt.Sprint("m", i)
	}
	return p
}

func (m mined) check(t testing.TB) {
	t.Helper()
	kinds := map[engine.PatternKind]int{}
	for _, p := range m.Patterns {
		kinds[p.Kind]++
		if len(p.Terms) == 0 || p.G2 <= 0 || p.Support < 3 || len(p.Examples) == 0 || p.To.Before(p.From) || (p.Weekday != engine.NoWeekday || p.Period != 0) != (p.Kind == engine.PatternRecurring) {
			t.Errorf("%+v", p)
		}
	}
	if len(kinds) != 3 || len(m.Anomalies) < 10 {
		t.Fatalf("mined %v patterns, %d anomalies: too little to compare", kinds, len(m.Anomalies))
	}
}

func TestMiningSeesNothingBeyondItsSelection(t *testing.T) {
	p := mixed(1, 1500)
	alone := p.open(t, engine.Options{})
	want := mine(t, alone, engine.Selection{})
	want.check(t)
	want = want.named(t, alone)

	// The same memories, each behind others of two tenants, of another user, and some that
	// are deleted, replaced or expired.
	db := open(t, t.TempDir(), engine.Options{})
	other := mixed(2, 1500)
	var doomed []engine.ID
	for from := 0; from < len(p.memories); from += 250 {
		var others [2][]engine.Memory // those that stay, and those that go
		for i := from; i < from+250; i++ {
			o := other.memories[i]
			o.Key = fmt.Sprint("o", i)
			o.Tenant = []string{"wall", "", ""}[i%3]
			o.User = []string{"u", "x", "u"}[i%3]
			others[i%3/2] = append(others[i%3/2], o)
		}
		add(t, db, others[0]...)
		doomed = append(doomed, add(t, db, others[1]...)...)
		add(t, db, p.memories[from:from+250]...)
	}
	if _, err := db.Delete(ctx, doomed...); err != nil {
		t.Fatal(err)
	}
	s := engine.Selection{Scope: engine.Scope{User: "u"}}
	if got := mine(t, db, s).named(t, db); !reflect.DeepEqual(got, want) {
		t.Errorf("others' memories changed what was mined:\n%+v\nwant\n%+v", got.Patterns[:5], want.Patterns[:5])
	}
	narrow := engine.Selection{Scope: engine.Scope{User: "u"}, Filter: must(engine.ParseFilter(`speaker != "Nobody"`))}
	if got := mine(t, db, narrow).named(t, db); !reflect.DeepEqual(got, want) {
		t.Error("a filter that lets all through changed what was mined")
	}
}

func TestMiningSeesNothingBeyondItsFilter(t *testing.T) {
	p := mixed(7, 1800)
	db := p.open(t, engine.Options{})
	p.memories = slices.DeleteFunc(p.memories, func(m engine.Memory) bool { return m.Speaker != "Anna" })
	alone := p.open(t, engine.Options{})
	want := mine(t, alone, engine.Selection{}).named(t, alone)
	s := engine.Selection{Filter: must(engine.ParseFilter(`speaker = "Anna"`))}
	if got := mine(t, db, s).named(t, db); len(want.Anomalies) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("what a filter leaves out changed what was mined:\n%+v\nwant\n%+v", got.Patterns, want.Patterns)
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

func TestMiningIsTheSameOverEveryLayout(t *testing.T) {
	for _, dim := range []int{0, 128} {
		p := mixed(3, 2400)
		if dim > 0 {
			p.vectors(dim, .5, func(i int) bool { return i%300 == 7 })
		}
		o := engine.Options{Dim: dim}
		dir := t.TempDir()
		db := open(t, dir, o)
		for at, n := 0, 1; at < len(p.memories); at, n = at+n, n*3+1 {
			n = min(n, len(p.memories)-at)
			add(t, db, p.memories[at:at+n]...)
		}
		want := mine(t, db, engine.Selection{})
		want.check(t)
		if err := db.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		if got := mine(t, db, engine.Selection{}); !reflect.DeepEqual(got, want) {
			t.Errorf("dimension %d: compacting changed what is mined", dim)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := mine(t, open(t, dir, engine.Options{}), engine.Selection{}); !reflect.DeepEqual(got, want) {
			t.Errorf("dimension %d: reopening changed what is mined", dim)
		}
		if got := mine(t, p.open(t, o), engine.Selection{}); !reflect.DeepEqual(got, want) {
			t.Errorf("dimension %d: other batches changed what is mined", dim)
		}
	}
}

func TestMiningOfLittle(t *testing.T) {
	nothing := func(name string, db *engine.DB) {
		t.Helper()
		m := mined{Patterns: mustPatterns(t, db, engine.PatternQuery{})}
		var err error
		m.Anomalies, err = db.Anomalies(ctx, engine.AnomalyQuery{})
		if len(m.Patterns)+len(m.Anomalies) > 0 || err != nil {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	db := open(t, t.TempDir(), engine.Options{})
	nothing("empty store", db)
	add(t, db, engine.Memory{Text: "Anna waters the ferns."})
	nothing("one memory", db)
	for range 30 {
		add(t, db, engine.Memory{Text: "Anna waters the ferns."})
	}
	nothing("all the same", db)

	// A store of the caller's vectors of which no memory has one; and odd texts.
	bare := open(t, t.TempDir(), engine.Options{Dim: 8})
	for _, text := range []string{"🙂", "\u0001\u0002", "東京都に住んでいます", strings.Repeat("word ", 200_000), strings.Repeat("é", 1<<19), "...", "a", "b"} {
		add(t, bare, engine.Memory{Text: text})
	}
	if _, err := bare.Anomalies(ctx, engine.AnomalyQuery{}); err != nil {
		t.Error(err)
	}
	mustPatterns(t, bare, engine.PatternQuery{})
}

func TestPatternsAreWrittenAsTheyMostlyAre(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for i := range 60 {
		text := fmt.Sprintf("nothing of note %d", i)
		if i%5 == 0 {
			text = "Ferries to Lisbon"
			if i%15 == 0 {
				text = "the ferry of LISBON"
			}
		}
		add(t, db, engine.Memory{Text: text})
	}
	list := mustPatterns(t, db, engine.PatternQuery{Kind: engine.PatternAssociation, Limit: 10})
	if !slices.ContainsFunc(list, func(p engine.Pattern) bool {
		return p.Support == 12 && slices.Contains(p.Terms, "Lisbon") && slices.Contains(p.Terms, "Ferries")
	}) {
		t.Errorf("%+v", list)
	}
}

func TestMiningKeepsToTimes(t *testing.T) {
	p := mixed(4, 2000)
	db := p.open(t, engine.Options{})
	since, until := plantedStart.AddDate(0, 2, 0), plantedStart.AddDate(0, 8, 0)
	for _, x := range mustPatterns(t, db, engine.PatternQuery{Since: since, Until: until}) {
		if x.From.Before(since) || !x.To.Before(until) {
			t.Errorf("%+v is not within %v..%v", x, since, until)
		}
	}
	list, err := db.Anomalies(ctx, engine.AnomalyQuery{Since: since, Until: until, MinScore: .3})
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	for _, a := range list {
		m, err := db.Get(ctx, a.ID)
		if err != nil || m.EventTime.Before(since) || !m.EventTime.Before(until) || a.Score < .3 {
			t.Errorf("%+v of %v, %v", a, m.EventTime, err)
		}
	}
}

func TestAnomaliesSayWhy(t *testing.T) {
	p := plant(5, 1500, 3)
	columns := []engine.AnomalyColumn{engine.ColumnMeaning, engine.ColumnLength, engine.ColumnHour, engine.ColumnSpeaker, engine.ColumnWords}
	for kind, o := range oddities {
		o.make(p, 200*(kind+1))
	}
	db := p.open(t, engine.Options{})
	list, err := db.Anomalies(ctx, engine.AnomalyQuery{Limit: 30})
	if err != nil {
		t.Fatal(err)
	}
	for kind, o := range oddities {
		at := slices.IndexFunc(list, func(a engine.Anomaly) bool { return a.ID == engine.ID(200*(kind+1)+1) })
		if at < 0 {
			t.Errorf("%s is not among the first thirty", o.name)
			continue
		}
		if !slices.ContainsFunc(list[at].Reasons, func(r engine.AnomalyReason) bool { return r.Column == columns[kind] && r.Weight > .1 }) {
			t.Errorf("%s: %+v", o.name, list[at])
		}
	}
}

func TestMiningRefusesWhatIsWrong(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for _, q := range []engine.PatternQuery{{Limit: -1}, {Limit: model.MinedMax + 1}, {Kind: 4}, {Since: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, {Selection: engine.Selection{Scope: engine.Scope{User: strings.Repeat("u", 600)}}}} {
		if _, err := db.Patterns(ctx, q); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	for _, q := range []engine.AnomalyQuery{{Limit: -1}, {MinScore: 1.5}, {MinScore: -1}} {
		if _, err := db.Anomalies(ctx, q); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := db.Patterns(ended, engine.PatternQuery{}); !errors.Is(err, engine.ErrCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := db.Anomalies(ended, engine.AnomalyQuery{}); !errors.Is(err, engine.ErrCancelled) {
		t.Errorf("cancelled: %v", err)
	}
	db.Close()
	if _, err := db.Patterns(ctx, engine.PatternQuery{}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestMiningEndsWithItsContext(t *testing.T) {
	db := mixed(6, 4000).open(t, engine.Options{})
	for wait := time.Millisecond; wait < 200*time.Millisecond; wait += 17 * time.Millisecond {
		if late := cancelled(t, db, wait); late > 500*time.Millisecond { // BenchmarkMining has the figure
			t.Errorf("ended %v after its deadline", late)
		}
	}
}
