package eval

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

func loadSmall(t *testing.T) *Set {
	t.Helper()
	s, err := Load(writeSet(t, smallCorpus, `{"id":"q1","conv":"c","question":"When does the ferry leave?","evidence":["c/1"],"category":"when"}
{"id":"q2","conv":"c","question":"What about the ferry?","evidence":[],"category":"when"}
{"id":"q3","conv":"d","question":"Whose bicycle is flat?","evidence":["d/1"],"category":"who"}
`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunFindsPlantedTurns(t *testing.T) {
	var answered []Answered
	tmp := t.TempDir()
	r, err := Run(t.Context(), loadSmall(t), Settings{TempDir: tmp, Answered: func(a Answered) error {
		answered = append(answered, a)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Asked != 2 || r.Skipped != 1 || r.Overall.N != 2 || r.Overall.Mean.Get("any@1") != 1 || len(r.Categories) != 2 {
		t.Errorf("report %+v", r)
	}
	if len(answered) != 3 || answered[0].ID != "q1" || answered[0].Hits[0] != "c/1" || slices.Contains(answered[0].Hits, "d/1") {
		t.Errorf("answered %+v", answered)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunPooledSearchesEverything(t *testing.T) {
	r, err := Run(t.Context(), loadSmall(t), Settings{Pooled: true, Answered: func(a Answered) error {
		if len(a.Hits) == 0 {
			t.Errorf("%s: no hits", a.ID)
		}
		return nil
	}, Engines: []string{"vector"}, FusionOff: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Mode != "pooled" || r.Conversations != 2 || r.Fused {
		t.Errorf("report %+v", r)
	}
}

// Sessions of many sets are numbered in each conversation; what is found in another one's
// first session is not what was said in this one's.
func TestSessionsOfTwoConversationsAreTwo(t *testing.T) {
	set, err := Load(writeSet(t, `{"id":"c/1","conv":"c","session":"1","text":"My bicycle has a flat tyre again."}
{"id":"d/1","conv":"d","session":"1","text":"The ferry leaves at noon."}
`, `{"id":"q","conv":"c","question":"When does the ferry leave?","evidence":["c/1"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), set, Settings{Pooled: true, Engines: []string{"lexical"}, FusionOff: true})
	if err != nil || r.Overall.N != 1 || r.Overall.Mean.Get("s.any@8") != 0 {
		t.Errorf("s.any@8 %v, %v", r.Overall.Mean.Get("s.any@8"), err)
	}
}

// TestRunTakesVectors: with vectors that point from each question to a turn of
// other words, the vector engine returns that turn.
func TestRunTakesVectors(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "v")
	const one = 0x3c00
	for name, rows := range map[string][][2]uint16{
		"-corpus.f16":    {{one, 0}, {0, one}, {one, one}},
		"-questions.f16": {{0, one}, {one, 0}, {one, one}},
	} {
		var b []byte
		for _, row := range rows {
			b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, row[0]), row[1])
		}
		if err := os.WriteFile(prefix+name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var first []string
	s := Settings{Vectors: prefix, Dim: 2, Engines: []string{"vector"}, FusionOff: true, Answered: func(a Answered) error {
		first = append(first, a.Hits[0])
		return nil
	}}
	if _, err := Run(t.Context(), loadSmall(t), s); err != nil {
		t.Fatal(err)
	}
	if want := []string{"c/2", "c/1", "d/1"}; !slices.Equal(first, want) {
		t.Errorf("first hits %q, want %q", first, want)
	}
	s.Dim = 3
	if _, err := Run(t.Context(), loadSmall(t), s); !errors.Is(err, model.ErrDimension) {
		t.Errorf("a wrong dimension gives %v", err)
	}
}

// TestRunSplitsLongTexts: a turn beyond the limit is found as itself, once.
func TestRunSplitsLongTexts(t *testing.T) {
	long := strings.Repeat("lorem ", model.TextBytesMax/6) + " the ferry sank"
	corpus, _ := json.Marshal(Turn{ID: "c/9", Conversation: "c", Text: long})
	s, err := Load(writeSet(t, smallCorpus+string(corpus)+"\n", `{"id":"q","conv":"c","question":"lorem sank","evidence":["c/9"]}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), s, Settings{Answered: func(a Answered) error {
		if len(a.Hits) == 0 || a.Hits[0] != "c/9" || slices.Contains(a.Hits[1:], "c/9") {
			t.Errorf("hits %q", a.Hits)
		}
		return nil
	}})
	if err != nil || len(r.Problems) != 1 {
		t.Errorf("%v, problems %q", err, r.Problems)
	}
}

func TestSplitTextKeepsRunes(t *testing.T) {
	pieces := splitText("aéé", 2)
	if strings.Join(pieces, "") != "aéé" || !slices.Equal(pieces, []string{"a", "é", "é"}) {
		t.Errorf("pieces %q", pieces)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tmp := t.TempDir()
	_, err := Run(ctx, loadSmall(t), Settings{TempDir: tmp, Progress: func(_, _, asked, _ int) {
		if asked == 1 {
			cancel()
		}
	}})
	if !errors.Is(err, model.ErrCancelled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunRefusesFusionOffForTwo(t *testing.T) {
	if _, err := Run(t.Context(), loadSmall(t), Settings{FusionOff: true}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestRunAsksByTheRouteAndCountsWhichAnswered(t *testing.T) {
	for _, route := range []engine.Route{engine.RouteAdaptive, engine.RouteSmart, engine.RouteFull, engine.RouteMaximum} {
		var answered [model.RouteCount]int
		r, err := Run(t.Context(), loadSmall(t), Settings{Route: route, Answered: func(a Answered) error {
			answered[a.Route]++
			return nil
		}})
		if err != nil || r.Route != route.String() || r.Routes != answered || route != engine.RouteAdaptive && r.Routes[route] != r.Asked+r.Skipped {
			t.Errorf("%v: %v, %+v, answered by %v", route, err, r, answered)
		}
	}
	if _, err := Run(t.Context(), loadSmall(t), Settings{Route: engine.RouteCacheOnly}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("cache only: %v", err)
	}
}

func TestReportForPeopleAndPrograms(t *testing.T) {
	r, err := Run(t.Context(), loadSmall(t), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"per conversation", r.CorpusHash, "when", "k = 20", "100.0 (34.2-100.0)"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	var object struct {
		Mode string
		All  struct {
			N       int
			Metrics map[string]float64
		}
	}
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &object)
	}
	if err != nil || object.All.N != 2 || object.All.Metrics["frac@8"] != 100 || len(object.All.Metrics) != MetricCount {
		t.Errorf("%v: %s", err, data)
	}
}

func TestReportOfGeneratedSetSaysSo(t *testing.T) {
	for _, generated := range []bool{false, true} {
		r := Report{Set: "x", Generated: generated}
		var text bytes.Buffer
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(&r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(text.String(), "WARNING ") != generated || strings.Contains(string(data), `"generated":true`) != generated {
			t.Errorf("generated %v gives\n%s\n%s", generated, &text, data)
		}
	}
}
