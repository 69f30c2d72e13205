package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine"
)

// plainMemory is what a plain map knows of a memory.
type plainMemory struct {
	key      string
	versions []string // texts
	times    []time.Time
	by       engine.ID
}

// plainStore is the model that a store is compared with.
type plainStore map[engine.ID]*plainMemory

// plainRun is a store beside its model.
type plainRun struct {
	t     *rapid.T
	dir   string
	db    *engine.DB
	plain plainStore
	gone  []engine.ID
	times []time.Time          // of commits
	then  []map[string]bool    // texts that answers could hold after each
	texts map[string]engine.ID // whose each text is
}

// newText returns a text that no other version has.
func (r *plainRun) newText() string {
	return fmt.Sprintf("note number%d", len(r.texts)+1)
}

func (r *plainRun) pick() (engine.ID, *plainMemory) {
	ids := make([]engine.ID, 0, len(r.plain))
	for id := range r.plain {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		r.t.Skip("nothing there")
	}
	slices.Sort(ids)
	id := rapid.SampledFrom(ids).Draw(r.t, "id")
	return id, r.plain[id]
}

// committed notes the state after a commit at the given time.
func (r *plainRun) committed(at time.Time) {
	now := map[string]bool{}
	for _, p := range r.plain {
		now[p.versions[len(p.versions)-1]] = true
	}
	r.times, r.then = append(r.times, at), append(r.then, now)
}

func (r *plainRun) must(err error) {
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *plainRun) add() {
	text, key := r.newText(), fmt.Sprintf("k%d", len(r.texts))
	ids, err := r.db.Add(ctx, engine.Memory{Key: key, Text: text})
	r.must(err)
	m, err := r.db.Get(ctx, ids[0])
	r.must(err)
	r.texts[text] = ids[0]
	r.plain[ids[0]] = &plainMemory{key: key, versions: []string{text}, times: []time.Time{m.UpdateTime}}
	r.committed(m.UpdateTime)
}

func (r *plainRun) update() {
	id, p := r.pick()
	text := r.newText()
	patch := engine.Patch{Text: &text}
	if rapid.Bool().Draw(r.t, "conditional") {
		patch.IfVersion = uint32(rapid.IntRange(1, len(p.versions)+1).Draw(r.t, "seen"))
	}
	m, err := r.db.Update(ctx, id, patch)
	if patch.IfVersion > 0 && m.Version == 0 && int(patch.IfVersion) != len(p.versions) {
		if !errors.Is(err, engine.ErrConflict) {
			r.t.Fatalf("update if version %d of %d: %v", patch.IfVersion, len(p.versions), err)
		}
		return
	}
	r.must(err)
	p.versions, p.times = append(p.versions, text), append(p.times, m.UpdateTime)
	r.texts[text] = id
	if int(m.Version) != len(p.versions) || m.Text != text || m.Key != p.key || m.ID != id {
		r.t.Fatalf("update returned %+v, want version %d", m, len(p.versions))
	}
	r.committed(m.UpdateTime)
}

func (r *plainRun) supersede() {
	id, p := r.pick()
	text := r.newText()
	by, err := r.db.Supersede(ctx, id, engine.Memory{Text: text})
	if p.by != 0 && r.plain[p.by] != nil {
		if !errors.Is(err, engine.ErrConflict) {
			r.t.Fatalf("superseded twice: %v", err)
		}
		return
	}
	r.must(err)
	m, err := r.db.Get(ctx, by)
	r.must(err)
	p.by, p.versions, p.times = by, append(p.versions, p.versions[len(p.versions)-1]), append(p.times, m.UpdateTime)
	r.texts[text] = by
	r.plain[by] = &plainMemory{versions: []string{text}, times: []time.Time{m.UpdateTime}}
	if m.Supersedes != id {
		r.t.Fatalf("memory %d supersedes %d, want %d", by, m.Supersedes, id)
	}
	r.committed(m.UpdateTime)
}

func (r *plainRun) delete() {
	id, _ := r.pick()
	n, err := r.db.Delete(ctx, id, id)
	if err != nil || n != 1 {
		r.t.Fatalf("deleted %d: %v", n, err)
	}
	delete(r.plain, id)
	r.gone = append(r.gone, id)
	if n := len(r.then); n > 0 {
		r.committed(r.times[n-1]) // nothing can be asked as of between
		r.times, r.then = slices.Delete(r.times, n-1, n), slices.Delete(r.then, n-1, n)
	}
}

func (r *plainRun) reopen() {
	r.must(r.db.Close())
	if rapid.Bool().Draw(r.t, "without segments") {
		files, _ := filepath.Glob(filepath.Join(r.dir, "segments", "*"))
		for _, f := range files {
			r.must(os.Remove(f))
		}
	}
	db, err := engine.Open(r.dir, engine.Options{})
	r.must(err)
	r.db = db
}

// check compares everything that can be read with the model.
func (r *plainRun) check(*rapid.T) {
	var listed []engine.ID
	for m, err := range r.db.List(ctx, engine.Selection{}) {
		r.must(err)
		p := r.plain[m.ID]
		if p == nil || m.Text != p.versions[len(p.versions)-1] || int(m.Version) != len(p.versions) || !m.ReplacedTime.IsZero() {
			r.t.Fatalf("listed %+v, want %+v", m, p)
		}
		if !m.IngestTime.Equal(p.times[0]) || !m.UpdateTime.Equal(p.times[len(p.times)-1]) || m.SupersededBy != p.by {
			r.t.Fatalf("listed %+v, want %+v", m, p)
		}
		listed = append(listed, m.ID)
	}
	if !slices.IsSorted(listed) || len(listed) != len(r.plain) {
		r.t.Fatalf("listed %v of %d", listed, len(r.plain))
	}
	for id, p := range r.plain {
		history, err := r.db.History(ctx, id)
		r.must(err)
		if len(history) != len(p.versions) {
			r.t.Fatalf("memory %d: %d versions, want %d", id, len(history), len(p.versions))
		}
		for i, m := range history {
			replaced := time.Time{}
			if i+1 < len(p.times) {
				replaced = p.times[i+1]
			}
			if m.Text != p.versions[i] || !m.UpdateTime.Equal(p.times[i]) || !m.ReplacedTime.Equal(replaced) || m.ID != id {
				r.t.Fatalf("memory %d: version %d is %+v", id, i+1, m)
			}
		}
		if m, err := r.db.GetByKey(ctx, "", p.key); p.key != "" && (err != nil || m.ID != id) {
			r.t.Fatalf("key %s leads to %d, want %d: %v", p.key, m.ID, id, err)
		}
	}
	for _, id := range r.gone {
		if _, err := r.db.Get(ctx, id); !errors.Is(err, engine.ErrNotFound) {
			r.t.Fatalf("memory %d is deleted, and there: %v", id, err)
		}
	}
	r.askAll(time.Time{}, func(text string) bool {
		p := r.plain[r.texts[text]]
		return p != nil && p.versions[len(p.versions)-1] == text
	})
	for i, at := range r.times {
		r.askAll(at, func(text string) bool { return r.then[i][text] && r.plain[r.texts[text]] != nil })
	}
}

// askAll asks as of a time, by words and by likeness, and wants the right texts.
func (r *plainRun) askAll(at time.Time, wanted func(string) bool) {
	for _, engines := range [][]string{{"lexical"}, {"vector"}} {
		a, err := r.db.Query(ctx, engine.Query{Text: "note", K: 128, AsOf: at, Engines: engines, SingleEngine: true})
		r.must(err)
		found := map[string]bool{}
		for _, h := range a.Hits {
			found[h.Text] = true
			if h.ID != r.texts[h.Text] {
				r.t.Fatalf("hit %+v, want ID %d", h, r.texts[h.Text])
			}
		}
		for text := range r.texts {
			if wanted(text) != found[text] {
				r.t.Fatalf("as of %v, %v: %q found %v, wanted %v", at, engines, text, found[text], wanted(text))
			}
		}
	}
}

// TestVersionsAreThoseOfAPlainMap draws adds, updates, supersedings, deletions,
// compactions and reopenings, and compares all reads with a plain map.
func TestVersionsAreThoseOfAPlainMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := &plainRun{t: rt, dir: t.TempDir(), plain: plainStore{}, texts: map[string]engine.ID{}}
		var err error
		r.db, err = engine.Open(r.dir, engine.Options{})
		r.must(err)
		defer func() { r.db.Close() }()
		steps := []func(){r.add, r.add, r.update, r.update, r.supersede, r.delete, r.reopen, func() { r.must(r.db.Compact(ctx)) }}
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			if step := steps[rapid.IntRange(0, len(steps)-1).Draw(rt, "step")]; len(r.plain) > 0 {
				step()
			} else {
				r.add()
			}
		}
		r.check(rt)
		report, err := r.db.Verify(ctx)
		if err != nil || len(report.Faults) > 0 || int(report.Memories) != len(r.plain) {
			rt.Fatalf("verify: %+v %v", report, err)
		}
	})
}

func TestConcurrentUpdatesOfOneMemoryLoseNone(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	id := add(t, db, engine.Memory{Text: "a counter"})[0]
	const writers, rounds = 8, 10
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range rounds {
				if _, err := db.Update(ctx, id, engine.Patch{Meta: map[string]any{fmt.Sprintf("w%d", w): float64(i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	m, err := db.Get(ctx, id)
	if err != nil || len(m.Meta) != writers || m.Version != writers*rounds+1 {
		t.Fatalf("%+v %v", m, err)
	}
	for name, value := range m.Meta {
		if value != float64(rounds-1) {
			t.Fatalf("%s is %v: an update was lost", name, value)
		}
	}
	verify(t, db)
}

func TestAnUpdateChangesWhatItNamesAndNothingElse(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	m := engine.Memory{Key: "k", Speaker: "Ann", Text: "Ann keeps bees.", Scope: engine.Scope{User: "u", Session: "s"},
		Meta: map[string]any{"a": 1.0, "b": "x"}, Importance: .25, EventTime: time.Unix(1e9, 0).UTC()}
	add(t, db, engine.Memory{Text: "first of the session", Scope: m.Scope})
	id := add(t, db, m)[0]
	before, _ := db.Get(ctx, id)
	got, err := db.Update(ctx, id, engine.Patch{Meta: map[string]any{"a": nil, "c": 2}, EventTime: new(time.Time{}), Kind: new(engine.KindSemantic)})
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Meta, want.EventTime, want.Kind = map[string]any{"b": "x", "c": 2.0}, time.Time{}, engine.KindSemantic
	want.Version, want.UpdateTime = 2, got.UpdateTime
	want.Usage = engine.Usage{}
	if !reflect.DeepEqual(got, want) || !got.UpdateTime.After(before.UpdateTime) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	read, err := db.Get(ctx, id)
	read.Usage = engine.Usage{}
	if err != nil || !reflect.DeepEqual(read, want) {
		t.Fatalf("read %+v %v\nwant %+v", read, err, want)
	}
	if same, err := db.Update(ctx, id, engine.Patch{Text: &m.Text, Importance: new(float32(.25))}); err != nil || same.Version != 2 {
		t.Fatalf("an update that changes nothing made version %d, %v", same.Version, err)
	}
	for name, c := range map[string]struct {
		id    engine.ID
		patch engine.Patch
		want  error
	}{
		"no such memory":                  {99, engine.Patch{}, engine.ErrNotFound},
		"a version's number is no ID":     {3, engine.Patch{}, engine.ErrNotFound},
		"other version":                   {id, engine.Patch{IfVersion: 1}, engine.ErrConflict},
		"empty text":                      {id, engine.Patch{Text: new("")}, engine.ErrInvalid},
		"a vector where the store embeds": {id, engine.Patch{Vector: []float32{1}}, engine.ErrInvalid},
		"ends before it begins":           {id, engine.Patch{ValidFrom: new(time.Unix(2, 0)), ValidTo: new(time.Unix(1, 0))}, engine.ErrInvalid},
	} {
		if _, err := db.Update(ctx, c.id, c.patch); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAVectorOfTheCallersStaysWithItsText(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	id := add(t, db, engine.Memory{Text: "north", Vector: []float32{0, 1}}, engine.Memory{Text: "east", Vector: []float32{1, 0}})[0]
	if _, err := db.Update(ctx, id, engine.Patch{Text: new("south")}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("a new text without its vector: %v", err)
	}
	if m, err := db.Update(ctx, id, engine.Patch{Speaker: new("Ann")}); err != nil || !slices.Equal(m.Vector, []float32{0, 1}) {
		t.Fatalf("%+v %v", m, err)
	}
	if m, err := db.Update(ctx, id, engine.Patch{Text: new("south"), Vector: []float32{0, -1}}); err != nil || m.Version != 3 {
		t.Fatalf("%+v %v", m, err)
	}
	db.Close()
	db = open(t, dir, engine.Options{})
	a := ask(t, db, engine.Query{Vector: []float32{0, -1}})
	if len(a.Hits) != 2 || a.Hits[0].ID != id || a.Hits[0].Text != "south" {
		t.Fatalf("%+v", a.Hits)
	}
}

func TestAddingAgainNeverUndoesAnUpdate(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	first := engine.Memory{Key: "k", Text: "Ann lives in Oslo."}
	second := engine.Memory{Key: "k", Text: "Ann lives in Lima."}
	id := add(t, db, first)[0]
	if _, err := db.Update(ctx, id, engine.Patch{Text: &second.Text}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, m := range []engine.Memory{first, second} {
			if ids := add(t, db, m); ids[0] != id {
				t.Fatalf("%q got ID %d, want %d", m.Text, ids[0], id)
			}
			if got, err := db.GetByKey(ctx, "", "k"); err != nil || got.Text != second.Text || got.Version != 2 {
				t.Fatalf("%+v %v", got, err)
			}
		}
		if _, err := db.Add(ctx, engine.Memory{Key: "k", Text: "Ann lives in Rome."}); !errors.Is(err, engine.ErrExists) {
			t.Fatalf("other content: %v", err)
		}
		db.Close()
		db = open(t, dir, engine.Options{})
	}
}

func TestASupersededMemoryIsTrueUntilTheNewOneBegins(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	day := func(n int) time.Time { return time.Date(2024, 5, n, 0, 0, 0, 0, time.UTC) }
	old := add(t, db, engine.Memory{Text: "The price is ten.", ValidFrom: day(1)})[0]
	now := engine.Memory{Key: "new", Text: "The price is twelve.", EventTime: day(20)}
	by, err := db.Supersede(ctx, old, now)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time][]engine.ID{
		day(1): {old}, day(19): {old}, day(20): {by}, day(25): {by}, day(1).Add(-1): nil, {}: {old, by},
	} {
		var got []engine.ID
		for _, h := range ask(t, db, engine.Query{Text: "price", ValidAt: at}).Hits {
			got = append(got, h.ID)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("at %v: %v, want %v", at, got, want)
		}
	}
	m, err := db.Get(ctx, old)
	if err != nil || m.SupersededBy != by || !m.ValidTo.Equal(day(20)) || m.Version != 2 {
		t.Fatalf("%+v %v", m, err)
	}
	if m, err = db.Get(ctx, by); err != nil || !m.ValidFrom.Equal(day(20)) || m.Supersedes != old {
		t.Fatalf("%+v %v", m, err)
	}
	if again, err := db.Add(ctx, now); err != nil || again[0] != by {
		t.Fatalf("as it was given, again: %v %v", again, err)
	}
	if again, err := db.Supersede(ctx, old, now); err != nil || again != by {
		t.Fatalf("the same again: %d %v", again, err)
	}
	if _, err := db.Supersede(ctx, old, engine.Memory{Text: "The price is nine."}); !errors.Is(err, engine.ErrConflict) {
		t.Fatalf("another: %v", err)
	}
	if _, err := db.Supersede(ctx, by, engine.Memory{Text: "x", Scope: engine.Scope{Tenant: "other"}}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("another tenant's: %v", err)
	}
	if _, err := db.Supersede(ctx, 99, engine.Memory{Text: "x"}); !errors.Is(err, engine.ErrNotFound) {
		t.Fatalf("of nothing: %v", err)
	}
	verify(t, db)
}

// TestAnAnswerAsOfThenIsTheAnswerOfThen: the hits and their scores too, as
// nothing was deleted.
func TestAnAnswerAsOfThenIsTheAnswerOfThen(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	memories := generated(300, 11)
	var at []time.Time
	var want [][][]result
	for i := range 6 {
		ids := add(t, db, memories[i*50:(i+1)*50]...)
		for _, n := range []int{3, 17} {
			if _, err := db.Update(ctx, ids[n]-engine.ID(i*5), engine.Patch{Text: new(memories[n].Text + " Kyoto")}); err != nil && !errors.Is(err, engine.ErrNotFound) {
				t.Fatal(err)
			}
		}
		m, err := db.Update(ctx, ids[0], engine.Patch{Text: new("Where did Ann move?")})
		if err != nil {
			t.Fatal(err)
		}
		at, want = append(at, m.UpdateTime), append(want, allResults(t, db))
	}
	check := func(when string) {
		t.Helper()
		for i := range at {
			for q, text := range generatedQuestions {
				if got := results(ask(t, db, engine.Query{Text: text, AsOf: at[i]})); !reflect.DeepEqual(got, want[i][q]) {
					t.Fatalf("%s, as of state %d, %q:\n%v\nwant\n%v", when, i, text, got, want[i][q])
				}
			}
		}
	}
	check("at once")
	db.Close()
	db = open(t, dir, engine.Options{})
	check("reopened")
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	check("compacted")
	if a := ask(t, db, engine.Query{Text: "Ann", AsOf: at[0].Add(-time.Hour)}); len(a.Hits) != 0 {
		t.Fatalf("before anything was known: %+v", a.Hits)
	}
}

// heldIn returns the files of a store that hold a text.
func heldIn(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	for _, name := range filesBelow(t, dir) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), text) {
			files = append(files, filepath.Base(name))
		}
	}
	return files
}

func TestCompactErasesEveryVersionThatIsNotKept(t *testing.T) {
	const secret = "xyzzyplugh"
	cases := map[string]struct {
		options engine.Options
		forget  func(db *engine.DB, id engine.ID) error
	}{
		"deleted with its history": {engine.Options{}, func(db *engine.DB, id engine.ID) error {
			_, err := db.Delete(ctx, id)
			return err
		}},
		"expired": {engine.Options{}, func(db *engine.DB, id engine.ID) error {
			_, err := db.Update(ctx, id, engine.Patch{ExpiresAt: new(time.Now())})
			return err
		}},
		"no history":       {engine.Options{HistoryFor: -1}, func(*engine.DB, engine.ID) error { return nil }},
		"old history":      {engine.Options{HistoryFor: time.Nanosecond}, func(*engine.DB, engine.ID) error { time.Sleep(time.Millisecond); return nil }},
		"history, deleted": {engine.Options{HistoryFor: time.Hour}, func(db *engine.DB, id engine.ID) error { _, err := db.Delete(ctx, id); return err }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := open(t, dir, c.options)
			add(t, db, generated(300, 4)...)
			id := add(t, db, engine.Memory{Key: "k", Text: "it is " + secret, Speaker: secret, Meta: map[string]any{secret: secret}})[0]
			if err := db.Compact(ctx); err != nil || len(heldIn(t, dir, secret)) != 2 {
				t.Fatalf("held in %v, want truth and segment: %v", heldIn(t, dir, secret), err)
			}
			if _, err := db.Update(ctx, id, engine.Patch{Text: new("it is over"), Speaker: new(""), Meta: map[string]any{secret: nil}}); err != nil {
				t.Fatal(err)
			}
			if err := c.forget(db, id); err != nil {
				t.Fatal(err)
			}
			if err := db.Compact(ctx); err != nil {
				t.Fatal(err)
			}
			verify(t, db)
			if files := heldIn(t, dir, secret); len(files) > 0 {
				t.Fatalf("still in %v", files)
			}
		})
	}
}

func TestAnExpiredMemoryIsInNoAnswerFromItsMomentOn(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	moment := time.Now().Add(300 * time.Millisecond)
	ids := add(t, db, engine.Memory{Key: "a", Text: "the code is seven", ExpiresAt: moment}, engine.Memory{Text: "the code was six"},
		engine.Memory{Text: "the code of old", ExpiresAt: time.Unix(1, 0)})
	if a := ask(t, db, engine.Query{Text: "code"}); time.Now().Before(moment) && len(a.Hits) != 2 {
		t.Fatalf("before: %+v", a.Hits)
	}
	time.Sleep(time.Until(moment) + time.Millisecond)
	for range 2 {
		a := ask(t, db, engine.Query{Text: "code"})
		if len(a.Hits) != 1 || a.Hits[0].ID != ids[1] {
			t.Fatalf("after: %+v", a.Hits)
		}
		for name, err := range map[string]error{
			"get":     func() error { _, err := db.Get(ctx, ids[0]); return err }(),
			"key":     func() error { _, err := db.GetByKey(ctx, "", "a"); return err }(),
			"update":  func() error { _, err := db.Update(ctx, ids[0], engine.Patch{Text: new("x")}); return err }(),
			"history": func() error { _, err := db.History(ctx, ids[0]); return err }(),
		} {
			if !errors.Is(err, engine.ErrNotFound) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if st, _ := db.Stats(); st.Memories != 1 {
			t.Fatalf("%d memories", st.Memories)
		}
		verify(t, db)
		db.Close()
		db = open(t, dir, engine.Options{})
	}
	if again := add(t, db, engine.Memory{Key: "a", Text: "the code is eight"}); again[0] == ids[0] {
		t.Fatal("the key of an expired memory is not free")
	}
	verify(t, db)
}

func TestExportAndImportCarryValidityExpiryAndLinks(t *testing.T) {
	a := open(t, t.TempDir(), engine.Options{})
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	old := add(t, a, engine.Memory{Key: "old", Text: "Ann lives in Oslo.", ValidFrom: year(2020)}, engine.Memory{Key: "other", Text: "Bees.", ExpiresAt: year(2200)})[0]
	mid, err := a.Supersede(ctx, old, engine.Memory{Key: "mid", Text: "Ann lives in Lima.", ValidFrom: year(2022)})
	if err == nil {
		_, err = a.Supersede(ctx, mid, engine.Memory{Key: "new", Text: "Ann lives in Rome.", EventTime: year(2024)})
	}
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if n, err := a.Export(ctx, &out); n != 4 || err != nil {
		t.Fatalf("exported %d: %v", n, err)
	}
	b := open(t, t.TempDir(), engine.Options{})
	add(t, b, generated(3, 1)...) // so that IDs differ
	for range 2 {
		report, err := b.Import(ctx, strings.NewReader(out.String()), engine.ImportOptions{Bad: func(line int, err error) { t.Errorf("line %d: %v", line, err) }})
		if err != nil || report.Added != 4 {
			t.Fatalf("%+v %v", report, err)
		}
	}
	if st, _ := b.Stats(); st.Memories != 7 {
		t.Fatalf("%d memories", st.Memories)
	}
	key := func(id engine.ID, db *engine.DB) string {
		m, err := db.Get(ctx, id)
		if err != nil {
			return ""
		}
		return m.Key
	}
	for _, name := range []string{"old", "mid", "new", "other"} {
		x, _ := a.GetByKey(ctx, "", name)
		y, err := b.GetByKey(ctx, "", name)
		if err != nil || x.Text != y.Text || !x.ValidFrom.Equal(y.ValidFrom) || !x.ValidTo.Equal(y.ValidTo) || !x.ExpiresAt.Equal(y.ExpiresAt) ||
			key(x.Supersedes, a) != key(y.Supersedes, b) || key(x.SupersededBy, a) != key(y.SupersededBy, b) {
			t.Errorf("%s: %+v\n%+v %v", name, x, y, err)
		}
	}
	verify(t, b)
}

// The store forgets the first memory as soon as it is in: the file is older than its end.
func TestAnImportGoesOnWhereASupersededMemoryHasExpired(t *testing.T) {
	const file = `{"id":1,"text":"Ann lives in Oslo.","expires":"2020-01-01T00:00:00Z","superseded_by":2}
{"id":2,"text":"Ann lives in Rome.","supersedes":1,"superseded_by":3}
{"id":3,"text":"Ann lives in Lima.","supersedes":2}
{"id":4,"text":"Bob lives in Bern."}
`
	db := open(t, t.TempDir(), engine.Options{})
	report, err := db.Import(ctx, strings.NewReader(file), engine.ImportOptions{Bad: func(line int, err error) { t.Errorf("line %d: %v", line, err) }})
	if err != nil || report.Added != 4 {
		t.Fatalf("%+v %v", report, err)
	}
	var texts []string
	var links [][2]engine.ID
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		texts, links = append(texts, m.Text), append(links, [2]engine.ID{m.Supersedes, m.SupersededBy})
	}
	if want := []string{"Ann lives in Rome.", "Ann lives in Lima.", "Bob lives in Bern."}; !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
	if want := [][2]engine.ID{{0, 3}, {2, 0}, {}}; !slices.Equal(links, want) {
		t.Errorf("links %v, want %v", links, want)
	}
}

// TestAVectorOfZerosIsNone has an embedder give one. The memory can be changed, with the embedder
// and without, while it is in truth.db and when a memory file has it.
func TestAVectorOfZerosIsNone(t *testing.T) {
	dir := t.TempDir()
	with := engine.Options{Embedder: letters{name: "letters", dim: 4}}
	db := open(t, dir, with)
	memories := generated(100, 3)
	memories[0] = engine.Memory{Text: "12 345"}
	id := add(t, db, memories...)[0]
	for i, o := range []engine.Options{with, {}, with, {}} {
		if i == 2 {
			if err := db.Compact(ctx); err != nil || len(memoryFiles(t, dir)) != 1 {
				t.Fatalf("no memory file: %v", err)
			}
		}
		if m, err := db.Update(ctx, id, engine.Patch{Importance: new(.1 * float32(i+1))}); err != nil || int(m.Version) != i+2 {
			t.Fatalf("step %d: %+v %v", i, m, err)
		}
		verify(t, db)
		db.Close()
		db = open(t, dir, o)
	}
}
