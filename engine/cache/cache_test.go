package cache

import (
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func answer(text string) *model.Answer {
	return &model.Answer{Hits: []model.Hit{{Memory: model.Memory{ID: 1, Text: text}, Score: 1}}, Took: time.Second}
}

// in is an epoch in which nobody asks who is known.
func in(content uint64) Epoch { return Epoch{Content: content} }

// keep is Put that waits until all tiers have the answer.
func keep(c *Cache, q *model.Query, content uint64, a *model.Answer) {
	c.Put(q, in(content), a)
	for c.awake.Load() || c.waiting() {
		runtime.Gosched()
	}
}

// outside lists the fields of a question that no whole answer depends on.
var outside = []string{"Budget", "Near"}

// TestEveryFieldOfAQuestionIsInItsKey fails when a field is added to Query that
// keyOf and same do not look at: two questions would get one answer.
func TestEveryFieldOfAQuestionIsInItsKey(t *testing.T) {
	base := model.Query{
		Text: "where does Ann live", Vector: []float32{1, 2}, K: 8, Scope: model.Scope{Tenant: "t", User: "u", Agent: "a", Session: "s"},
		Intent: model.IntentFact, Weights: &model.Weights{.5}, Now: time.Unix(5, 0), Engines: []string{"lexical"}, Route: model.RouteSmart,
	}
	c := New(0, "")
	keep(c, &base, 1, answer("Oslo"))
	if got := c.Get(&base, in(1)); got == nil || got.Hits[0].Text != "Oslo" {
		t.Fatal("the question itself is not found")
	}
	fields := reflect.VisibleFields(reflect.TypeFor[model.Query]())
	for _, f := range fields {
		if f.Type == reflect.TypeFor[model.Scope]() || slices.Contains(outside, f.Name) {
			continue
		}
		other := own(&base)
		change(t, reflect.ValueOf(&other).Elem().FieldByIndex(f.Index))
		if same(&base, &other) || same(&other, &base) {
			t.Errorf("two questions of another %s are the same", f.Name)
		}
		a, _ := keyOf(&base)
		if b, _ := keyOf(&other); a == b {
			t.Errorf("two questions of another %s have one key", f.Name)
		}
		if c.Get(&other, in(1)) != nil {
			t.Errorf("a question of another %s is answered", f.Name)
		}
	}
}

func TestWhoWantsKnownAnswersAloneHasThoseOfAnyRoute(t *testing.T) {
	c := New(0, "")
	keep(c, &model.Query{Text: "where does Ann live"}, 1, answer("Oslo"))
	if got := c.Get(&model.Query{Text: "where does Ann live", Route: model.RouteCacheOnly}, in(1)); got == nil || got.Hits[0].Text != "Oslo" {
		t.Error("not found")
	}
	if c.Get(&model.Query{Text: "where does Ann live", Route: model.RouteMaximum}, in(1)) != nil {
		t.Error("an answer of another route")
	}
}

// change gives a field another value.
func change(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(5, 1)))
		return
	case *model.Weights:
		v.Set(reflect.ValueOf(&model.Weights{.5, .1}))
		return
	case model.Filter:
		f, err := model.ParseFilter(`speaker = "Ann"`)
		if err != nil {
			t.Fatal(err)
		}
		v.Set(reflect.ValueOf(f))
		return
	case model.Match:
		v.Set(reflect.ValueOf(model.MatchWord("Ann")))
		return
	case *model.Boosts:
		v.Set(reflect.ValueOf(&model.Boosts{Text: 1, Speaker: .5}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Float32:
		v.SetFloat(v.Float() + .5)
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(v.Uint() + 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Float32 {
			v.Set(reflect.ValueOf([]float32{1, 2.5}))
		} else {
			v.Set(reflect.ValueOf([]string{"vector"}))
		}
	default:
		t.Fatalf("a field of type %s: say here how it is changed, and in keyOf and same what it means", v.Type())
	}
}

func TestAQuestionBeforeAndAfterNormalizeIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := model.Query{Text: rapid.StringMatching(`[a-z]{1,9}`).Draw(t, "text"), K: rapid.IntRange(0, 9).Draw(t, "k"), Intent: model.Intent(rapid.IntRange(0, 4).Draw(t, "intent"))}
		n := q
		if err := n.Normalize(); err != nil {
			t.Fatal(err)
		}
		a, _ := keyOf(&q)
		b, _ := keyOf(&n)
		if a != b || !same(&q, &n) {
			t.Fatalf("%+v", q)
		}
	})
}

// TestAnInvalidQuestionHasNoAnswer holds that what Normalize refuses is never found: the
// texts of these filters are those of valid ones.
func TestAnInvalidQuestionHasNoAnswer(t *testing.T) {
	c, name := New(0, ""), model.Field("colour")
	for _, f := range []model.Filter{{}, name.Eq("")} {
		keep(c, &model.Query{Text: "x", Near: true, Filter: f}, 1, answer("x"))
		if q := (&model.Query{Text: "x", Filter: f}); c.Get(q, in(1)) == nil || c.Near(q, in(1)) == nil {
			t.Fatalf("%v: the question itself is not found", f)
		}
	}
	deep := name.Eq("")
	for range model.FilterDepthMax {
		deep = model.Not(deep)
	}
	for what, q := range map[string]model.Query{
		"or of nothing": {Filter: model.Or()}, "no number": {Filter: name.Eq(math.NaN())}, "no day": {Filter: name.Eq(model.Day{})},
		"another type": {Filter: name.Eq(struct{}{})}, "too deep": {Filter: deep}, "budget": {Budget: -1},
	} {
		q.Text, q.Near = "x", true
		if n := q; n.Normalize() == nil {
			t.Errorf("%s: valid", what)
		}
		keep(c, &q, 1, answer("wrong"))
		if c.Get(&q, in(1)) != nil || c.Near(&q, in(1)) != nil {
			t.Errorf("%s: answered", what)
		}
	}
}

func TestAnInvalidMatchHasNotTheAnswerOfAValidOneOfItsText(t *testing.T) {
	c := New(0, "")
	for text, invalid := range map[string]model.Match{"red apple*": model.MatchPrefix("red apple"), "aple~1": model.MatchFuzzy("aple", 257)} {
		valid, err := model.ParseMatch(text)
		if err != nil || invalid.Check() == nil || invalid.String() != text {
			t.Fatalf("%q and %q: %v", text, invalid, err)
		}
		q := model.Query{Text: "x", Match: valid, Near: true}
		if keep(c, &q, 1, answer("x")); c.Get(&q, in(1)) == nil || c.Near(&q, in(1)) == nil {
			t.Errorf("%q: the question itself is not found", text)
		}
		if q.Match = invalid; c.Get(&q, in(1)) != nil || c.Near(&q, in(1)) != nil {
			t.Errorf("%q: answered", text)
		}
		if n := testing.AllocsPerRun(10, func() { c.Get(&q, in(1)) }); n != 0 {
			t.Errorf("%q: a look-up allocates %v times", text, n)
		}
	}
}

func TestAnEntryOfAnotherEpochIsNotUsed(t *testing.T) {
	c, q := New(0, ""), &model.Query{Text: "x", Near: true}
	keep(c, q, 7, answer("old"))
	for _, epoch := range []uint64{6, 8} {
		if c.Get(q, in(epoch)) != nil || c.Near(q, in(epoch)) != nil {
			t.Errorf("answered at epoch %d", epoch)
		}
	}
	keep(c, q, 8, answer("new"))
	if got := c.Get(q, in(8)); got == nil || got.Hits[0].Text != "new" {
		t.Errorf("got %+v", got)
	}
}

func TestOneKeyOfTwoQuestionsIsToldApart(t *testing.T) {
	c, a, b := New(0, ""), &model.Query{Text: "a"}, &model.Query{Text: "b"}
	keep(c, a, 1, answer("of a"))
	stolen, _ := keyOf(b)
	e := *c.hot.slots[slices.IndexFunc(slots(&c.hot), func(e *entry) bool { return e != nil })].Load()
	e.key = stolen
	c.hot.put(&e, stolen)
	c.warm.Set(stolen, &e)
	if c.Get(b, in(1)) != nil {
		t.Error("a question got another's answer")
	}
}

func slots(t *table) (list []*entry) {
	for i := range t.slots {
		list = append(list, t.slots[i].Load())
	}
	return list
}

func TestNearQuestionsDifferInWritingAlone(t *testing.T) {
	c := New(0, "")
	at := func(degrees float64) []float32 {
		return []float32{float32(math.Cos(degrees * math.Pi / 180)), float32(math.Sin(degrees * math.Pi / 180))}
	}
	first := model.Query{Text: "Where did Ann move?", Vector: at(0), Near: true, K: 3}
	keep(c, &first, 1, answer("Oslo"))
	keep(c, &model.Query{Text: "where is Bob", K: 3}, 1, answer("Rome")) // does not ask to be found
	keep(c, &model.Query{Vector: at(90), K: 3, Near: true}, 1, answer("by vector"))
	for name, x := range map[string]struct {
		q    model.Query
		want string
	}{
		"case and punctuation": {model.Query{Text: "where did ANN move", Vector: at(0), K: 3}, "Oslo"},
		"stop words":           {model.Query{Text: "and where did the Ann move to?", Vector: at(0), K: 3}, "Oslo"},
		"vector near":          {model.Query{Text: first.Text, Vector: at(11), K: 3}, "Oslo"},
		"vector far":           {model.Query{Text: first.Text, Vector: at(12), K: 3}, ""},
		"vector against":       {model.Query{Text: first.Text, Vector: at(180), K: 3}, ""},
		"no vector":            {model.Query{Text: first.Text, K: 3}, ""},
		"another word":         {model.Query{Text: "where did Bob move", Vector: at(0), K: 3}, ""},
		"another order":        {model.Query{Text: "move Ann", Vector: at(0), K: 3}, ""},
		"another k":            {model.Query{Text: first.Text, Vector: at(0), K: 4}, ""},
		"another user":         {model.Query{Text: first.Text, Vector: at(0), K: 3, Scope: model.Scope{User: "u"}}, ""},
		"not near":             {model.Query{Text: "Where is BOB", K: 3}, ""},
		"vectors alone":        {model.Query{Vector: at(95), K: 3}, "by vector"},
		"vectors alone, far":   {model.Query{Vector: at(60), K: 3}, ""},
		"stop words alone":     {model.Query{Text: "the", Vector: at(90), K: 3}, ""},
	} {
		got := c.Near(&x.q, in(1))
		if (got == nil) != (x.want == "") || got != nil && (got.Hits[0].Text != x.want || got.Trace.Cache != model.CacheNear || got.Took != 0) {
			t.Errorf("%s: %+v, want %q", name, got, x.want)
		}
	}
}

func TestACacheHoldsNoMoreThanItMay(t *testing.T) {
	const bytes = 1 << 20
	c := New(bytes, "")
	for i := range 5000 {
		q := &model.Query{Text: fmt.Sprint("question ", i), Near: i%2 == 0}
		keep(c, q, 1, answer(strings.Repeat("x", i%3000)))
	}
	keep(c, &model.Query{Text: "huge"}, 1, answer(strings.Repeat("x", bytes)))
	if c.Get(&model.Query{Text: "huge"}, in(1)) != nil {
		t.Error("an answer as large as the cache was kept")
	}
	c.warm.CleanUp()
	s := c.Stats()
	if sum := s.Hot.Bytes + s.Warm.Bytes + s.Near.Bytes; sum > bytes || s.Warm.Bytes == 0 || s.Hot.Bytes == 0 {
		t.Errorf("%d bytes of %d: %+v", sum, bytes, s)
	}
	if (*Cache)(nil).Get(&model.Query{Text: "x"}, in(1)) != nil || New(-1, "") != nil {
		t.Error("a cache that is off answers")
	}
	(*Cache)(nil).Put(&model.Query{Text: "x"}, in(1), answer("x"))
}

func TestTheFilterOfAQuestionCountsAmongTheBytesHeld(t *testing.T) {
	const bytes, questions = 1 << 20, 100
	c, text := New(bytes, ""), strings.Repeat("x", 32<<10)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range questions {
		keep(c, &model.Query{Text: fmt.Sprint("question ", i), Filter: model.Field("a").Eq(fmt.Sprint(i, text))}, 1, answer("x"))
	}
	c.warm.CleanUp()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int(after.HeapAlloc) - int(before.HeapAlloc); grown > 3*bytes/2 {
		t.Errorf("%d KiB in a cache of %d", grown>>10, bytes>>10)
	}
	runtime.KeepAlive(c)
}

func TestTheWarmTierKeepsWhatTheHotOneLoses(t *testing.T) {
	c := New(64<<20, "")
	const questions = 2000 // more than the hot tier's slots
	for i := range questions {
		keep(c, &model.Query{Text: fmt.Sprint("question ", i)}, 1, answer(fmt.Sprint(i)))
	}
	for i := range questions {
		if got := c.Get(&model.Query{Text: fmt.Sprint("question ", i)}, in(1)); got == nil || got.Hits[0].Text != fmt.Sprint(i) {
			t.Fatalf("question %d: %+v", i, got)
		}
	}
	if s := c.Stats(); s.Warm.Hits < questions-uint64(len(c.hot.slots)) || s.Hot.Hits+s.Warm.Hits != questions || s.Hot.Misses != s.Warm.Hits || s.Warm.LookUp == 0 {
		t.Errorf("%+v", s)
	}
}

func TestManyWritersAndReadersGetTheirOwnAnswers(t *testing.T) {
	c := New(1<<20, "")
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := range 4000 {
				name := fmt.Sprint("question ", (i*7+w)%600)
				q := &model.Query{Text: name, Near: i%3 == 0}
				epoch := uint64(i / 1000)
				for _, got := range []*model.Answer{c.Get(q, in(epoch)), c.Near(q, in(epoch))} {
					if got != nil && got.Hits[0].Text != fmt.Sprint(name, epoch) {
						t.Errorf("%s at %d got %s", name, epoch, got.Hits[0].Text)
					}
				}
				c.Put(q, in(epoch), answer(fmt.Sprint(name, epoch)))
			}
		})
	}
	group.Wait()
}

func TestAHitAllocatesNothing(t *testing.T) {
	c, q := New(0, ""), model.Query{Text: "where does Ann live these days?", Scope: model.Scope{User: "ann"}, Vector: make([]float32, 384), Engines: []string{"vector"}}
	keep(c, &q, 1, answer("x"))
	if n := testing.AllocsPerRun(100, func() {
		if c.Get(&q, in(1)) == nil {
			t.Fatal("missed")
		}
	}); n != 0 {
		t.Errorf("a hot hit allocates %v times", n)
	}
	for i := range c.hot.slots {
		c.hot.slots[i].Store(nil)
	}
	key, _ := keyOf(&q)
	if n := testing.AllocsPerRun(100, func() { c.getWarm(key, &q, in(1)) }); n != 0 {
		t.Errorf("a warm hit allocates %v times", n)
	}
}

func BenchmarkLookUp(b *testing.B) {
	c, q := New(0, ""), model.Query{Text: "where does Ann live these days?", Scope: model.Scope{User: "ann"}}
	keep(c, &q, 1, answer("x"))
	missing := model.Query{Text: "where does Bob live these days?", Scope: model.Scope{User: "ann"}}
	vector := model.Query{Text: q.Text, Vector: make([]float32, 384), Near: true}
	vector.Vector[7] = 1
	keep(c, &vector, 1, answer("x"))
	for name, f := range map[string]func() bool{
		"hot":       func() bool { return c.Get(&q, in(1)) != nil },
		"hotvector": func() bool { return c.Get(&vector, in(1)) != nil },
		"missed":    func() bool { return c.Get(&missing, in(1)) == nil },
		"near":      func() bool { return c.Near(&vector, in(1)) != nil },
		"warm":      func() bool { key, _ := keyOf(&q); return c.getWarm(key, &q, in(1)) != nil },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if !f() {
					b.Fatal("wrong")
				}
			}
		})
	}
}
