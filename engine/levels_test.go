package engine_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

var allFusions = []engine.Fusion{engine.FusionLearnt, engine.FusionConvex, engine.FusionRRF, engine.FusionDBSF}

// rankOf returns the place of a memory among the hits, the number of these where it is none.
func rankOf(a *engine.Answer, id engine.ID) int {
	if at := slices.IndexFunc(a.Hits, func(h engine.Hit) bool { return h.ID == id }); at >= 0 {
		return at
	}
	return len(a.Hits)
}

func signalOf(h *engine.Hit, name string) float32 {
	for _, s := range h.Explanation.Signals {
		if s.Name == name {
			return s.Value
		}
	}
	return 0
}

// chatter is talk in which nothing of the planted memories is said.
func chatter(n int) (list []engine.Memory) {
	subjects := []string{"boots", "the kettle", "a parcel", "the ferry", "lunch", "a bicycle"}
	for i := range n {
		list = append(list, engine.Memory{
			Text: fmt.Sprintf("Ben spoke about %s for %d minutes.", subjects[i%len(subjects)], i+2), Speaker: "Ben",
			Scope: engine.Scope{Session: fmt.Sprintf("s%d", i/10)}, EventTime: time.Date(2025, 3, 1+i/10, 9, i%10, 0, 0, time.UTC),
		})
	}
	return list
}

// What is current stands above what it superseded, whatever the question's words are nearer
// to, also where it shares none with the question and is no candidate of an engine.
func TestWhatIsCurrentStandsAboveWhatItSuperseded(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, chatter(300)...)
	old := add(t, db, engine.Memory{Text: "Priya lives in Oslo, in a flat with a balcony.", Importance: 1})[0]
	supersede := func(old engine.ID, text string) engine.ID {
		id, err := db.Supersede(ctx, old, engine.Memory{Text: text, Importance: .01})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	middle := supersede(old, "She has moved to Bergen.")
	current := supersede(middle, "Her address became Harbour Road 9, Tromso.")
	for _, engines := range [][]string{nil, {"lexical"}} {
		for _, by := range allFusions {
			for _, text := range []string{"Where does Priya live?", "Does Priya live in Oslo in a flat with a balcony?", "Oslo balcony"} {
				a := ask(t, db, engine.Query{Text: text, Fusion: by, Engines: engines})
				if c, m, o := rankOf(a, current), rankOf(a, middle), rankOf(a, old); c != 0 && by == engine.FusionLearnt || m <= c && m < len(a.Hits) || o <= c || o == len(a.Hits) || o < m && m < len(a.Hits) {
					t.Errorf("%v %v, %q: the current one is at %d, those before at %d and %d of %d", engines, by, text, c, m, o, len(a.Hits))
				}
			}
		}
	}
	a := ask(t, db, engine.Query{Text: "Where does Priya live?", Explain: true})
	if h := a.Hits[0]; signalOf(&h, "is_current") != 1 || signalOf(&h, "is_superseded") != 0 {
		t.Errorf("%s", h.Explanation.Text())
	}
	if h := a.Hits[rankOf(a, old)]; signalOf(&h, "is_superseded") != 1 {
		t.Errorf("%s", h.Explanation.Text())
	}
}

// What is replaced every day has a line of thousands: the newest of a thousand steps on
// stands first, and every question comes to an end.
func TestALongLineOfSuccessorsIsFollowed(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, chatter(50)...)
	first := add(t, db, engine.Memory{Text: "The gauge of the north tank reads nought."})[0]
	last := first
	for i := range 300 {
		id, err := db.Supersede(ctx, last, engine.Memory{Text: fmt.Sprintf("It was read again, level %d.", i), EventTime: time.Date(2025, 1, 1, i, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		last = id
	}
	for _, by := range allFusions {
		a := ask(t, db, engine.Query{Text: "gauge of the north tank", Fusion: by, Engines: []string{"lexical"}})
		if rankOf(a, last) >= rankOf(a, first) {
			t.Errorf("%v: the newest at %d, the first at %d of %d", by, rankOf(a, last), rankOf(a, first), len(a.Hits))
		}
	}
	if a := ask(t, db, engine.Query{Text: "Which level was read again?", Route: engine.RouteMaximum}); rankOf(a, last) != 0 {
		t.Errorf("of many candidates the newest is at %d of %d", rankOf(a, last), len(a.Hits))
	}
}

// What superseded a memory and may not be seen has no say: in another session, filtered
// out, not known then, deleted.
func TestWhatIsCurrentHasNoSayWhereItMayNotBeSeen(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, chatter(50)...)
	old := add(t, db, engine.Memory{Text: "Priya lives in Oslo.", Scope: engine.Scope{Session: "a"}})[0]
	before := time.Now()
	time.Sleep(2 * time.Millisecond)
	middle, err := db.Supersede(ctx, old, engine.Memory{Text: "She moved to Bergen.", Scope: engine.Scope{Session: "b"}, ValidFrom: before})
	if err != nil {
		t.Fatal(err)
	}
	filter, err := engine.ParseFilter(fmt.Sprintf("id = %d", old))
	if err != nil {
		t.Fatal(err)
	}
	const text = "Where does Priya live?"
	for name, q := range map[string]engine.Query{
		"session": {Text: text, Scope: engine.Scope{Session: "a"}}, "filter": {Text: text, Filter: filter},
		"as of": {Text: text, AsOf: before}, "valid at": {Text: text, ValidAt: before.Add(-time.Hour)},
	} {
		if a := ask(t, db, q); rankOf(a, old) != 0 || rankOf(a, middle) != len(a.Hits) {
			t.Errorf("%s: %d, %d of %d", name, rankOf(a, old), rankOf(a, middle), len(a.Hits))
		}
	}
	current, err := db.Supersede(ctx, middle, engine.Memory{Text: "Her address became Harbour Road 9.", Scope: engine.Scope{Session: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, engine.Query{Text: text, Scope: engine.Scope{Session: "a"}}); rankOf(a, current) != 0 || rankOf(a, old) != 1 {
		t.Errorf("over one that may not be seen: %d, %d of %d", rankOf(a, current), rankOf(a, old), len(a.Hits))
	}
	if _, err := db.Delete(ctx, current, middle); err != nil {
		t.Fatal(err)
	}
	if a := ask(t, db, engine.Query{Text: text}); rankOf(a, old) != 0 {
		t.Errorf("deleted: %d of %d", rankOf(a, old), len(a.Hits))
	}
}

// The kind of memory that a question calls for is first among equals.
func TestAQuestionFindsTheKindOfMemoryThatItCallsFor(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, chatter(100)...)
	ids := map[engine.Kind]engine.ID{}
	for _, kind := range []engine.Kind{engine.KindEpisodic, engine.KindSemantic, engine.KindProcedural} {
		// Of the same words, and far enough apart not to repeat each other.
		text := map[engine.Kind]string{
			engine.KindEpisodic:   "The brass pump in the cellar and its green valve, Anna at the valve.",
			engine.KindSemantic:   "In the cellar the green valve, Anna, brass: its pump and the valve at.",
			engine.KindProcedural: "Green its brass valve, at the pump: Anna and the valve in the cellar.",
		}[kind]
		ids[kind] = add(t, db, engine.Memory{Text: text, Kind: kind, EventTime: time.Date(2025, 5, 5, 0, 0, 0, 0, time.UTC)})[0]
	}
	for question, want := range map[string]engine.Kind{
		"How do I open the green valve of the brass pump?":        engine.KindProcedural,
		"When did Anna open the green valve of the brass pump?":   engine.KindEpisodic,
		"Where is the green valve of the brass pump?":             engine.KindSemantic,
		"What steps does the green valve of the brass pump take?": engine.KindProcedural,
	} {
		a := ask(t, db, engine.Query{Text: question, Explain: true})
		if a.Hits[0].ID != ids[want] {
			t.Errorf("%q: %v first", question, a.Hits[0].Kind)
		}
		for i := range a.Hits {
			h := &a.Hits[i]
			if lost := signalOf(h, "kind_loss"); (lost > 0) != (h.Kind != want) || lost > .1 {
				t.Errorf("%q: %v loses %v", question, h.Kind, lost)
			}
		}
	}
}

// Working memory counts within the session that is asked in alone, the newest most.
func TestWorkingMemoryCountsInItsOwnSession(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, chatter(100)...)
	scope := engine.Scope{Session: "task"}
	add(t, db, engine.Memory{Text: "A crate with oranges stands by the door of the shed.", Scope: scope})
	for _, text := range []string{"Carry each crate up the ladder first.", "No crate fits through that window.", "Put the last crate beside the stove, then call Ben."} {
		add(t, db, engine.Memory{Text: text, Scope: scope, Kind: engine.KindWorking})
	}
	lost := func(q engine.Query) (list []float32) {
		q.Text, q.Explain = "crate", true
		a := ask(t, db, q)
		slices.SortFunc(a.Hits, func(x, y engine.Hit) int { return int(x.ID) - int(y.ID) })
		for i := range a.Hits {
			if a.Hits[i].Session == "task" {
				list = append(list, signalOf(&a.Hits[i], "kind_loss"))
			}
		}
		return list
	}
	if got := lost(engine.Query{Scope: scope}); len(got) != 4 || !(got[1] > got[2] && got[2] > got[3] && got[3] == 0) {
		t.Errorf("in its session: the older, the less: %v", got)
	}
	if got := lost(engine.Query{}); !slices.Equal(got, []float32{0, 0, 0, 0}) {
		t.Errorf("elsewhere: %v", got)
	}
}

// Where all memories are of one kind, which one changes no answer.
func TestKindsChangeNothingWhereThereIsOne(t *testing.T) {
	var want [][]result
	for _, kind := range []engine.Kind{engine.KindEpisodic, engine.KindWorking, engine.KindSemantic, engine.KindProcedural} {
		db := open(t, t.TempDir(), engine.Options{})
		memories := generated(300, 3)
		for i := range memories {
			memories[i].Kind, memories[i].Session = kind, fmt.Sprintf("s%d", i/30)
		}
		add(t, db, memories...)
		got := allResults(t, db)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: other answers", kind)
		}
		for _, session := range []string{"s0", "s9"} {
			for _, h := range ask(t, db, engine.Query{Text: generatedQuestions[0], Scope: engine.Scope{Session: session}, Explain: true}).Hits {
				if signalOf(&h, "kind_loss") != 0 {
					t.Errorf("%v in %s: loses relevance", kind, session)
				}
			}
		}
	}
}
