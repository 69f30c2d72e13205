package signals

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/timex"
)

// turn is one of a chat.
type turn struct{ session, speaker, text string }

// A chat of two sessions; the second is in two segments.
var chat = []turn{
	{"a", "Priya", "How was the pottery class on Saturday?"},
	{"a", "Ben", "It was great, we made bowls with our teacher Lucia."},
	{"a", "Priya", "Lovely. I stayed at home."},
	{"b", "Ben", "I went to Lisbon two weeks ago."},
	{"b", "Priya", "Wonderful, what did you eat there?"},
	{"b", "Ben", "Grilled sardines, and it cost 12 euros."},
}

var said = map[string]time.Time{"a": time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC), "b": time.Date(2024, 6, 20, 12, 0, 0, 0, time.UTC)}

// table returns the signals of all turns of the chat for a question; vectors says how
// alike every turn is.
func table(t testing.TB, question string, vectors map[rows.Ref]float64) (*Table, *Question, []rows.Ref) {
	t.Helper()
	return tableOf(t, chat, 4, question, vectors)
}

// tableOf is table of another chat, whose second segment begins at a turn.
func tableOf(t testing.TB, chat []turn, second int, question string, vectors map[rows.Ref]float64) (*Table, *Question, []rows.Ref) {
	t.Helper()
	space := segment.BuiltInSpace(text.English)
	view := &segment.View{Space: space}
	positions := map[string]uint32{}
	var refs []rows.Ref
	for _, bounds := range [][2]int{{0, second}, {second, len(chat)}} {
		b := segment.NewBuilder(space)
		for i := bounds[0]; i < bounds[1]; i++ {
			turn := chat[i]
			m := model.Memory{Text: turn.text, Speaker: turn.speaker, EventTime: said[turn.session], Scope: model.Scope{Session: turn.session}}
			if err := m.Normalize(); err != nil {
				t.Fatal(err)
			}
			list, err := segment.NewPreparer().Prepare(context.Background(), space, []model.Memory{m})
			if err != nil {
				t.Fatal(err)
			}
			list[0].ID = model.ID(i + 1)
			list[0].Stamp(time.UnixMicro(1e15), positions[turn.session])
			positions[turn.session]++
			b.Add(list[0])
			refs = append(refs, rows.Ref{Part: int32(len(view.Parts)), Row: uint32(i - bounds[0])})
		}
		s, err := b.Finish(model.ID(bounds[0]+1), model.ID(bounds[1]))
		if err != nil {
			t.Fatal(err)
		}
		view = view.With(s)
	}
	q := &Question{View: view, Text: question, Is: new(route.Analyzer).Analyse(question), Day: timex.DayOf(time.Date(2024, 6, 21, 0, 0, 0, 0, time.UTC)), Lexical: &lexical.Searcher{}, Words: &text.Tokens{}}
	text.NewAnalyzer(text.English).Terms(q.Words, question)
	var parts []lexical.Part
	for i := range view.Parts {
		parts = append(parts, lexical.Part{Reader: view.Parts[i].Words()})
	}
	q.Lexical.Prepare(q.Words, parts, lexical.Statistics{Documents: view.Documents, TotalLength: view.TotalLength})
	if vectors != nil {
		q.Scores = func(dst []float64, refs []rows.Ref) []float64 {
			for _, r := range refs {
				dst = append(dst, vectors[r])
			}
			return dst
		}
	}
	q.Found, q.Sharing = refs, refs
	if vectors != nil {
		q.Alike = q.Scores(nil, refs)
	}
	table := &Table{}
	table.Fill(q, refs, around(view, refs))
	return table, q, refs
}

// around returns the neighbours of rows.
func around(v *segment.View, refs []rows.Ref) (near []segment.Neighbours) {
	for _, r := range refs {
		near = append(near, v.Neighbours(r))
	}
	return near
}

func near(a float32, b float64) bool { return math.Abs(float64(a)-b) < 1e-6 }

func TestAShortTurnIsFoundByWhatIsSaidAroundIt(t *testing.T) {
	s, _, _ := table(t, "Who taught the pottery class?", nil)
	if turn, window := s.column(BM25Turn)[1], s.column(BM25Window)[1]; turn != 0 || window <= .5 {
		t.Errorf("the answer has no word of the question: turn %v; its window does: %v", turn, window)
	}
	if s.column(BM25Previous)[1] != 1 || s.column(AfterQuestion)[1] != 1 {
		t.Errorf("before it: %v, asked %v, want 1 and 1", s.column(BM25Previous)[1], s.column(AfterQuestion)[1])
	}
	if s.column(BM25TurnRank)[0] != 1 || s.column(BM25Session)[2] != 1 || s.column(BM25Session)[3] != 0 {
		t.Errorf("rank %v, sessions %v", s.column(BM25TurnRank), s.column(BM25Session))
	}
	if s.column(HoldsAsked)[1] != 1 || s.column(HoldsAsked)[2] != 0 {
		t.Errorf("a person is asked for: %v", s.column(HoldsAsked))
	}
	if s.column(IsQuestion)[0] != 1 || s.column(IsQuestion)[1] != 0 || s.column(AsksPerson)[3] != 1 {
		t.Errorf("forms %v, asks %v", s.column(IsQuestion), s.column(AsksPerson))
	}
}

func TestSessionsGoOnOverSegments(t *testing.T) {
	s, _, _ := table(t, "sardines", nil)
	if s.near[3][2] != (rows.Ref{Part: 1, Row: 0}) || s.near[4][1] != (rows.Ref{Part: 0, Row: 3}) || s.near[3][1].Part != -1 {
		t.Fatalf("%v", s.near)
	}
	if s.column(BM25Next)[4] != 1 || s.column(BM25Near)[3] != 1 {
		t.Errorf("next %v, near %v", s.column(BM25Next), s.column(BM25Near))
	}
}

func TestTheSpeakerThatIsNamedIsTold(t *testing.T) {
	s, _, _ := table(t, "What did Ben eat?", nil)
	for i, turn := range chat {
		if want := turn.speaker == "Ben"; (s.column(SpeakerNamed)[i] == 1) != want || (s.column(OtherNamed)[i] == 1) == want {
			t.Errorf("turn %d of %s: named %v, other %v", i, turn.speaker, s.column(SpeakerNamed)[i], s.column(OtherNamed)[i])
		}
	}
	if both, _, _ := table(t, "What do Ben and Priya like?", nil); both.column(SpeakerNamed)[0] != 0 || both.column(OtherNamed)[0] != 0 {
		t.Error("who names both names neither")
	}
	if s.column(CoverageWindow)[0] != 0 {
		t.Errorf("the speaker's name counts in a window: %v", s.column(CoverageWindow)[0])
	}
}

func TestTimesOfAQuestionMeetThoseOfTurns(t *testing.T) {
	s, _, _ := table(t, "Where did Ben travel in early June 2024?", nil)
	if s.column(TellsAskedTime)[3] <= 0 || s.column(TellsAskedTime)[0] != 0 {
		t.Errorf("two weeks before June 20 is in early June: %v", s.column(TellsAskedTime))
	}
	if may, _, _ := table(t, "What happened in May 2024?", nil); may.column(SaidInTime)[0] != 1 || may.column(SaidInTime)[3] >= 1 || may.column(SaidAfterTime)[3] != 20 {
		t.Errorf("said in %v, after %v", may.column(SaidInTime), may.column(SaidAfterTime))
	}
	if none, _, _ := table(t, "What did Ben eat?", nil); none.column(SaidInTime)[0] == none.column(SaidInTime)[0] {
		t.Error("a question without a time has no value of it")
	}
}

func TestWhatCannotBeKnownIsMissing(t *testing.T) {
	s, _, _ := table(t, "zebra", nil)
	for _, c := range append(append([]Column{}, lexicalColumns...), vectorColumns...) {
		if x := s.column(c)[0]; x == x {
			t.Errorf("%v is %v without words and vectors", c, x)
		}
	}
	for i, name := range Names() {
		if name == "" {
			t.Errorf("column %d has no name", i)
		}
	}
}

func TestVectorsAreComparedByTurnAndWindow(t *testing.T) {
	alike := map[rows.Ref]float64{{Part: 0, Row: 0}: .2, {Part: 0, Row: 1}: .6, {Part: 0, Row: 2}: .4, {Part: 0, Row: 3}: -.2}
	s, _, _ := table(t, "pottery", alike)
	if !near(s.column(CosineTurn)[1], .6) || s.column(CosineTurnSpan)[1] != 1 || s.column(CosineTurnSpan)[3] != 0 || s.column(CosineTurnRank)[2] != .5 {
		t.Errorf("turn %v, span %v, rank %v", s.column(CosineTurn), s.column(CosineTurnSpan), s.column(CosineTurnRank))
	}
	if !near(s.column(CosinePrevious)[1], .5) || !near(s.column(CosineNext)[0], 1) || !near(s.column(CosineWindow)[0], .7/.8) {
		t.Errorf("previous %v, next %v, window %v", s.column(CosinePrevious), s.column(CosineNext), s.column(CosineWindow))
	}
}

// TestSignalsDoNotDependOnHowManyAreDescribed: a route with a shorter list ranks those in it
// as a longer one does, as long as the best are in both.
func TestSignalsDoNotDependOnHowManyAreDescribed(t *testing.T) {
	alike := map[rows.Ref]float64{{Part: 0, Row: 0}: .2, {Part: 0, Row: 1}: .6, {Part: 0, Row: 2}: .4, {Part: 0, Row: 3}: -.2}
	all, q, refs := table(t, "What did Ben make at the pottery class in June?", alike)
	few := &Table{}
	few.Fill(q, refs[:3], around(q.View, refs[:3]))
	for c := range columnCount {
		for i := range few.Count {
			if a, b := all.column(c)[i], few.column(c)[i]; a != b && a == a && b == b {
				t.Errorf("%v of candidate %d is %v among %d, %v among %d", c, i, a, all.Count, b, few.Count)
			}
		}
	}
}

func TestRanksShareTiesAndEnd(t *testing.T) {
	s := &Table{Count: 40}
	values := make([]float64, s.Count)
	for i := range values {
		values[i] = float64(i / 2)
	}
	s.putRanks(BM25TurnRank, values, values)
	column := s.column(BM25TurnRank)
	if column[39] != 1 || column[38] != 1 || !near(column[37], 1./3) || column[0] != 0 || !near(column[16], 1./23) || column[15] != 0 {
		t.Errorf("%v", column)
	}
}

func TestWarmFillDoesNotAllocate(t *testing.T) {
	s, q, refs := table(t, "Where did Ben go in May, and what did it cost?", map[rows.Ref]float64{})
	if n := testing.AllocsPerRun(100, func() { s.Fill(q, refs, s.near) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNamesOfAQuestionAreLookedForAround(t *testing.T) {
	s, _, _ := table(t, "Who is Lucia?", nil)
	for i := range chat {
		turn, window := s.column(NamesTurn)[i], s.column(NamesWindow)[i]
		if (turn == 1) != (i == 1) || (window == 1) != (i < 3) {
			t.Errorf("turn %d: %v in it, %v in its window", i, turn, window)
		}
	}
}

func TestMergedRowsAreThereOnce(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	for n := range 60 {
		var refs, others []rows.Ref
		for i := range 5 * n {
			refs = append(refs, rows.Ref{Part: int32(i / 100), Row: uint32(draw.IntN(100))})
			if i%7 == 0 {
				others = append(others, rows.Ref{Part: 2, Row: uint32(i)})
			}
		}
		slices.SortFunc(refs, rows.Ref.Compare)
		want := slices.Compact(slices.SortedFunc(slices.Values(slices.Concat(refs, others)), rows.Ref.Compare))
		if got := merge(nil, refs, others); !slices.Equal(got, want) {
			t.Fatalf("%v and %v: %v, want %v", refs, others, got, want)
		}
		for i, at := range appendPlaces(nil, want, others) {
			if want[at] != others[i] {
				t.Fatalf("row %v is not at %d", others[i], at)
			}
		}
	}
}
