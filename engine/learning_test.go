package engine_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// learner is a store of notes in which anna likes what is quiet and dislikes what is sporty.
func learner(t *testing.T, o engine.Options) (db *engine.DB, dir string) {
	t.Helper()
	dir = t.TempDir()
	db = open(t, dir, o)
	var memories []engine.Memory
	for i := range 80 {
		words := []string{"a candle and silence", "a sprint and a racket"}[i%2]
		places := strings.Fields("attic barn cellar dock estate farm garage hall island jetty kiosk lodge museum nave orchard pier quarry ranch shed tower")
		text := fmt.Sprintf("Plan %d for the weekend: %s, %s and %s.", i, words, places[i/4], places[(i+7)%20])
		memories = append(memories, engine.Memory{Key: fmt.Sprint("note ", i), Text: text, Speaker: "Ben"})
	}
	ids := add(t, db, memories...)
	for i := range 40 {
		say(t, db, "anna", ids[i], float64(1-2*(i%2)))
	}
	return db, dir
}

func say(t *testing.T, db *engine.DB, user string, id engine.ID, value float64) {
	t.Helper()
	if err := db.Learn(ctx, engine.Feedback{User: user, Question: "zanzibar weekend?", ID: id, Value: value}); err != nil {
		t.Fatal(err)
	}
}

// quiet counts the hits that are to anna's taste.
func quiet(a *engine.Answer) (count int) {
	for _, h := range a.Hits {
		if strings.Contains(h.Text, "candle") {
			count++
		}
	}
	return count
}

func weekend(asker string) engine.Query {
	return engine.Query{Text: "plans for the weekend", Asker: asker}
}

func TestWhatWasLearntRanksForWhoSaidItAndForNobodyElse(t *testing.T) {
	db, dir := learner(t, engine.Options{})
	static := results(ask(t, db, weekend("")))
	if n := quiet(ask(t, db, weekend("anna"))); n != 8 {
		t.Errorf("%d of anna's hits are to her taste", n)
	}
	impersonal := weekend("anna")
	impersonal.Impersonal = true
	for name, q := range map[string]engine.Query{"ben": weekend("ben"), "nobody": weekend(""), "impersonal": impersonal} {
		if got := results(ask(t, db, q)); !reflect.DeepEqual(got, static) {
			t.Errorf("%s: %v, want %v", name, got, static)
		}
	}
	own := engine.Query{Text: "plans for the weekend", Scope: engine.Scope{User: "anna"}}
	add(t, db, engine.Memory{Text: "Plan of a sprint for the weekend.", Scope: own.Scope}, engine.Memory{Text: "Plan of a candle for the weekend.", Scope: own.Scope})
	if a := ask(t, db, own); len(a.Hits) != 2 || quiet(&engine.Answer{Hits: a.Hits[:1]}) != 1 {
		t.Errorf("of her own memories: %+v", results(a))
	}
	want := results(ask(t, db, weekend("anna")))
	for range 2 { // reopened, of one segment
		if err := db.Compact(ctx); err != nil {
			t.Fatal(err)
		}
		db.Close()
		db = open(t, dir, engine.Options{})
		if got := results(ask(t, db, weekend("anna"))); !reflect.DeepEqual(got, want) {
			t.Fatalf("reopened: %v, want %v", got, want)
		}
	}
	db.Close()
	if got := results(ask(t, open(t, dir, engine.Options{ReadOnly: true}), weekend("anna"))); !reflect.DeepEqual(got, want) {
		t.Errorf("opened for reading: %v, want %v", got, want)
	}
}

func TestACachedAnswerKnowsWhoAsksAndWhatWasSaidSince(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	near := weekend("anna")
	near.Text, near.Near = "Plans, for the weekend?", true
	for _, q := range []engine.Query{weekend("anna"), near} {
		ask(t, db, q)
		if a := ask(t, db, q); a.Trace.Cache != engine.CacheExact {
			t.Error("anna's answer is not kept")
		}
	}
	nearer := near
	if nearer.Text = "plans for the weekend!"; ask(t, db, nearer).Trace.Cache != engine.CacheNear {
		t.Error("anna's answer is not kept for near questions")
	}
	if a := ask(t, db, weekend("ben")); quiet(a) == 8 || a.Trace.Cache != engine.CacheNone {
		t.Error("ben has anna's answer")
	}
	q := weekend("anna")
	if n := testing.AllocsPerRun(100, func() { _, _ = db.Query(ctx, q) }); n != 0 {
		t.Errorf("an answer that is kept takes %v allocations", n)
	}
	say(t, db, "anna", 1, 1)
	for _, q := range []engine.Query{weekend("anna"), nearer} {
		if a := ask(t, db, q); a.Trace.Cache != engine.CacheNone {
			t.Errorf("an answer from before the last judgement, by %v", a.Trace.Cache)
		}
	}
	if a := ask(t, db, weekend("ben")); a.Trace.Cache != engine.CacheExact {
		t.Error("ben's answer is gone by what anna said")
	}
	if _, err := db.Forget(ctx, "", "anna"); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, q); quiet(a) == 8 || a.Trace.Cache != engine.CacheNone {
		t.Error("an answer outlives what it was made of")
	}
}

// TestWhatIsForgottenIsGone is about memories that are deleted, expire or change, and about
// users who are to be forgotten: in answers, in exports, and byte for byte on the disk.
func TestWhatIsForgottenIsGone(t *testing.T) {
	db, dir := learner(t, engine.Options{})
	static, hers := results(ask(t, db, weekend(""))), results(ask(t, db, weekend("anna")))
	say(t, db, "priya", 1, -1)
	before, err := db.Preference(ctx, "", "anna")
	if err != nil || len(before.Judgements) != 40 {
		t.Fatal(before, err)
	}
	if _, err := db.Delete(ctx, 1, 3); err != nil {
		t.Fatal(err)
	}
	after, err := db.Preference(ctx, "", "anna")
	if err != nil || len(after.Judgements) != 38 || slices.ContainsFunc(after.Judgements, func(j engine.Judgement) bool { return j.ID == 1 || j.ID == 3 }) {
		t.Errorf("%d judgements after two memories were deleted, %v", len(after.Judgements), err)
	}
	if _, err := db.Preference(ctx, "", "priya"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("priya judged what is gone, and nothing else: %v", err)
	}
	verify(t, db)
	// The same as if they had never been judged.
	again := after
	if kept, err := db.SetPreference(ctx, again); err != nil || kept != 38 {
		t.Fatal(kept, err)
	}
	if again, err = db.Preference(ctx, "", "anna"); err != nil || !reflect.DeepEqual(again, after) {
		t.Errorf("%+v\nwant %+v\n%v", again, after, err)
	}
	if count, err := db.Forget(ctx, "", "anna"); err != nil || count != 38 {
		t.Fatal(count, err)
	}
	if count, err := db.Forget(ctx, "", "anna"); err != nil || count != 0 {
		t.Error(count, err)
	}
	if _, err := db.Preference(ctx, "", "anna"); !errors.Is(err, engine.ErrNotFound) {
		t.Error(err)
	}
	anna, nobody := results(ask(t, db, weekend("anna"))), results(ask(t, db, weekend("")))
	if !reflect.DeepEqual(anna, nobody) || reflect.DeepEqual(static, hers) {
		t.Errorf("%v, want %v", anna, nobody)
	}
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"zanzibar", "anna", "priya"} {
		for _, file := range filesWith(t, dir, word) {
			t.Errorf("%s still has %q", file, word)
		}
	}
}

// filesWith lists the files of a directory that hold a word.
func filesWith(t *testing.T, dir, word string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(data), word) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestFilesWithFinds holds that the test of forgetting can fail.
func TestFilesWithFinds(t *testing.T) {
	db, dir := learner(t, engine.Options{})
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	if len(filesWith(t, dir, "zanzibar")) == 0 {
		t.Error("a question that is kept is not found on the disk")
	}
}

func TestAChangedMemoryIsLearntOfAnew(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	has := func(word string) bool {
		p, err := db.Preference(ctx, "", "anna")
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(p.Words, func(w engine.Worth) bool { return w.Name == word })
	}
	if has("kazoo") || !has("candl") {
		t.Fatal("before the update")
	}
	ask(t, db, weekend("anna"))
	for _, id := range []engine.ID{31, 35, 39} {
		if _, err := db.Update(ctx, id, engine.Patch{Text: new("Plan for the weekend: a kazoo.")}); err != nil {
			t.Fatal(err)
		}
	}
	if !has("kazoo") {
		t.Error("the word of the new version is not known")
	}
	verify(t, db)
}

func TestHitsThatWerePassedOverCountALittle(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	f := engine.Feedback{User: "tomas", ID: 5, Value: .5, Shown: []engine.ID{7, 999, 5, 9}}
	if err := db.Learn(ctx, f); err != nil {
		t.Fatal(err)
	}
	want := map[engine.ID]float64{5: .5, 7: model.ImplicitValue}
	p, err := db.Preference(ctx, "", "tomas")
	if err != nil || len(p.Judgements) != 2 {
		t.Fatal(p, err)
	}
	for _, j := range p.Judgements {
		if j.Value != want[j.ID] || j.Implicit != (j.ID == 7) || j.Time.IsZero() || j.Key == "" {
			t.Errorf("%+v", j)
		}
	}
	f.Value = -1 // nothing was used: those above it are not the worse for it
	if err := db.Learn(ctx, f); err != nil {
		t.Fatal(err)
	}
	if p, err = db.Preference(ctx, "", "tomas"); err != nil || len(p.Judgements) != 3 {
		t.Error(p, err)
	}
	m, err := db.Get(ctx, 5)
	if err != nil || m.Usage.Positive != 1.5 || m.Usage.Negative != 1 { // 1 and .5 said anna and tomas
		t.Errorf("%+v %v", m.Usage, err)
	}
}

func TestAPreferenceMovesToAnotherStore(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	p, err := db.Preference(ctx, "", "anna")
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, t.TempDir(), engine.Options{})
	var memories []engine.Memory
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		memories = append(memories, m)
	}
	slices.Reverse(memories) // other IDs
	add(t, other, memories[:70]...)
	kept, err := other.SetPreference(ctx, p)
	if err != nil || kept != 30 {
		t.Fatal(kept, err)
	}
	if n := quiet(ask(t, other, weekend("anna"))); n != 8 {
		t.Errorf("%d of 8 hits are to her taste", n)
	}
	count := 0
	for j, err := range engine.Judgements(ctx, other) {
		if err != nil || j.User != "anna" || j.Question != "zanzibar weekend?" {
			t.Fatal(j, err)
		}
		count++
	}
	if count != 30 {
		t.Errorf("%d judgements", count)
	}
	verify(t, other)
}

func TestTheLatestJudgementsOfAUserAreKept(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	p := engine.Preference{User: "leila"}
	for i := range model.JudgementsMax {
		p.Judgements = append(p.Judgements, engine.Judgement{ID: engine.ID(i%80 + 1), Value: float64(i) / 1000})
	}
	if kept, err := db.SetPreference(ctx, p); err != nil || kept != model.JudgementsMax {
		t.Fatal(kept, err)
	}
	if err := db.Learn(ctx, engine.Feedback{User: "leila", ID: 5, Value: 1, Shown: []engine.ID{6, 5}}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Preference(ctx, "", "leila")
	if err != nil || len(got.Judgements) != model.JudgementsMax || got.Judgements[0].Value != .002 || got.Judgements[model.JudgementsMax-2].Value != 1 {
		t.Errorf("%d judgements from %v on, %v", len(got.Judgements), got.Judgements[0], err)
	}
	if p.Judgements = append(p.Judgements, p.Judgements[0]); true {
		if _, err := db.SetPreference(ctx, p); !errors.Is(err, engine.ErrInvalid) {
			t.Error(err)
		}
	}
	verify(t, db)
}

func TestFeedbackThatMakesNoSenseIsRefused(t *testing.T) {
	db, dir := learner(t, engine.Options{})
	id := add(t, db, engine.Memory{Text: "of another tenant", Scope: engine.Scope{Tenant: "t"}})[0]
	long := strings.Repeat("é", 40000)
	for name, c := range map[string]struct {
		f    engine.Feedback
		want error
	}{
		"nobody":         {engine.Feedback{ID: 1}, engine.ErrInvalid},
		"too much":       {engine.Feedback{User: "u", ID: 1, Value: 1.1}, engine.ErrInvalid},
		"not a number":   {engine.Feedback{User: "u", ID: 1, Value: math.NaN()}, engine.ErrInvalid},
		"long name":      {engine.Feedback{User: long, ID: 1}, engine.ErrInvalid},
		"bad name":       {engine.Feedback{User: "a\xffb", ID: 1}, engine.ErrInvalid},
		"long question":  {engine.Feedback{User: "u", ID: 1, Question: long}, engine.ErrInvalid},
		"bad question":   {engine.Feedback{User: "u", ID: 1, Question: "\xff"}, engine.ErrInvalid},
		"many shown":     {engine.Feedback{User: "u", ID: 1, Shown: make([]engine.ID, 129)}, engine.ErrInvalid},
		"no such memory": {engine.Feedback{User: "u", ID: 9999}, engine.ErrNotFound},
		"zero":           {engine.Feedback{User: "u"}, engine.ErrNotFound},
		"other tenant":   {engine.Feedback{User: "u", ID: id}, engine.ErrNotFound},
		"of its tenant":  {engine.Feedback{User: "u", ID: 1, Tenant: "t"}, engine.ErrNotFound},
		"good":           {engine.Feedback{User: "u\x00\u202e", ID: id, Tenant: "t", Question: long[:1026], Shown: []engine.ID{1, id}}, nil},
	} {
		if err := db.Learn(ctx, c.f); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, err := db.Preference(ctx, "t", "u\x00\u202e")
	if err != nil || len(p.Judgements) != 1 || len(p.Judgements[0].Question) != model.JudgedQuestionMax {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := db.Query(ctx, engine.Query{Text: "x", Asker: long}); !errors.Is(err, engine.ErrInvalid) {
		t.Error(err)
	}
	if kept, err := db.SetPreference(ctx, engine.Preference{User: "u", Judgements: []engine.Judgement{{ID: id}, {ID: 1, Key: "none"}, {Key: "note 4"}}}); err != nil || kept != 1 {
		t.Error(kept, err)
	}
	db.Close()
	for _, c := range []struct {
		db   *engine.DB
		want error
	}{{db, engine.ErrClosed}, {open(t, dir, engine.Options{ReadOnly: true}), engine.ErrReadOnly}} {
		_, forgetErr := c.db.Forget(ctx, "", "anna")
		_, setErr := c.db.SetPreference(ctx, engine.Preference{User: "anna"})
		for _, err := range []error{c.db.Learn(ctx, engine.Feedback{User: "u", ID: 1}), forgetErr, setErr} {
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		}
	}
}

func TestAnExplanationSaysWhatPreferenceAdds(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	q := weekend("anna")
	q.Explain = true
	for _, fusion := range []engine.Fusion{engine.FusionLearnt, engine.FusionConvex} {
		q.Fusion = fusion
		x := ask(t, db, q).Hits[0].Explanation
		if text := x.Text(); !strings.Contains(text, "taste") || !strings.Contains(text, "adds to relevance") {
			t.Errorf("%v: %s", fusion, text)
		}
	}
	q.Asker = "ben"
	if text := ask(t, db, q).Hits[0].Explanation.Text(); strings.Contains(text, "taste") {
		t.Errorf("of somebody who said nothing: %s", text)
	}
}

// TestAPreferenceIsNeverOlderThanTheLastChange has questions fill the caches beside a writer
// who judges, changes, adds and deletes at random. After each of its calls anna's answer is that
// of somebody of whom the same was told just now, who has no cached answer and no profile.
func TestAPreferenceIsNeverOlderThanTheLastChange(t *testing.T) {
	db, _ := learner(t, engine.Options{})
	var stop atomic.Bool
	var askers sync.WaitGroup
	for _, q := range []engine.Query{weekend("anna"), weekend("shadow"), weekend("")} {
		askers.Go(func() {
			for !stop.Load() {
				if _, err := db.Query(ctx, q); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	r := rand.New(rand.NewPCG(4, 4))
	for step := range 60 {
		id := engine.ID(1 + r.IntN(80))
		var err error
		switch r.IntN(4) {
		case 0:
			_, err = db.Delete(ctx, id)
		case 1:
			err = db.Learn(ctx, engine.Feedback{User: "anna", ID: id, Value: 2*r.Float64() - 1})
		default:
			words := []string{"a candle and silence", "a sprint and a racket"}[r.IntN(2)]
			_, err = db.Update(ctx, id, engine.Patch{Text: new(fmt.Sprintf("Plan %d for the weekend: %s.", step, words))})
		}
		if err != nil && !errors.Is(err, engine.ErrNotFound) {
			t.Fatal(err)
		}
		p, err := db.Preference(ctx, "", "anna")
		if err != nil {
			t.Fatal(err)
		}
		p.User = "shadow"
		if _, err := db.SetPreference(ctx, p); err != nil {
			t.Fatal(err)
		}
		if got, want := results(ask(t, db, weekend("anna"))), results(ask(t, db, weekend("shadow"))); !reflect.DeepEqual(got, want) {
			t.Fatalf("step %d: %v, want %v", step, got, want)
		}
	}
	stop.Store(true)
	askers.Wait()
	verify(t, db)
}
