//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// trips is a store of four turns.
func trips(t *testing.T) (db string) {
	dir := directory(t)
	file := writeFile(t, dir+"/in.jsonl", `{"text":"Where did you go last weekend, Priya?","speaker":"Ben","session":"s1","time":"2024-05-01T10:00:00Z"}
{"text":"I went to the lake with Anna on Saturday.","speaker":"Priya","session":"s1","time":"2024-05-01T10:01:00Z"}
{"text":"We bought three new bicycles in March.","speaker":"Ben","session":"s1","time":"2024-05-01T10:02:00Z"}
{"text":"The dentist moved my appointment to June 4th.","speaker":"Priya","session":"s2","time":"2024-05-08T10:02:00Z"}
`)
	nexus(t, exitDone, "add", "--db", dir+"/db", file)
	return dir + "/db"
}

func TestExplainShowsPeopleWhy(t *testing.T) {
	db := trips(t)
	r := nexus(t, exitDone, "query", "--db", db, "--explain", "When did Priya go to the lake?")
	for _, want := range []string{
		"\n    relevance 0.35*1.00", "\n    lexical #", ", vector #", ", ranker ", "\n    turn     words #1, ", "\n    window   ", "\n    session  ",
		"speaker is named", "\n    place    position 1, ", "\nconfidence ", "\n  fusion learnt, route ", ", cache none\n", "\n  question asks when, names 1, ", " candidates, ",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if plain := nexus(t, exitDone, "query", "--db", db, "When did Priya go to the lake?"); strings.Contains(plain.out, "ranker") || !strings.Contains(plain.out, "\nconfidence ") || !strings.Contains(plain.out, " %, route ") {
		t.Errorf("without --explain\n%s", plain.out)
	}
	r = nexus(t, exitDone, "query", "--db", db, "--explain", "--fusion", "rrf", "When did Priya go to the lake?")
	if !strings.Contains(r.out, "lexical #") || strings.Contains(r.out, "turn  ") || strings.Contains(r.out, "\nconfidence ") || !strings.Contains(r.out, "fusion rrf") {
		t.Errorf("by ranks\n%s", r.out)
	}
	if r = nexus(t, exitWrongUse, "query", "--db", db, "--fusion", "odd", "x"); !strings.Contains(r.errOut, "want learnt, convex, rrf, dbsf") {
		t.Errorf("%s", r.errOut)
	}
}

func TestExplainInJSONHasTheKnownSignalsByName(t *testing.T) {
	db := trips(t)
	type hit struct {
		Factors     map[string]float64
		Explanation *struct {
			Engines []struct {
				Name  string
				Rank  int
				Score float64
			}
			Signals map[string]float64
			Ranker  *float64
		}
	}
	ask := func(args ...string) (hits []hit) {
		var answer struct {
			Hits       []hit
			Confidence *float64
			Trace      struct{ Cache string }
		}
		r := nexus(t, exitDone, append([]string{"query", "--json", "--db", db, "When did Priya go to the lake?"}, args...)...)
		if err := json.Unmarshal([]byte(r.out), &answer); err != nil || answer.Confidence == nil || answer.Trace.Cache != "none" || len(answer.Hits) == 0 {
			t.Fatalf("%v: %s", err, r.out)
		}
		return answer.Hits
	}
	x := ask("--explain")[0].Explanation
	if x == nil || len(x.Engines) != 2 || x.Engines[0].Name != "lexical" || x.Engines[1].Rank != 1 || x.Ranker == nil || x.Signals["bm25_turn_rank"] != 1 || x.Signals["asks_time"] != 1 {
		t.Errorf("explanation %+v", x)
	}
	if _, known := x.Signals["tells_asked_time"]; known || x.Signals["cosine_turn"] < .5 {
		t.Errorf("the question names no time, and its words mean what the turn's do: %v", x.Signals)
	}
	if h := ask()[0]; h.Explanation != nil {
		t.Errorf("not asked to explain: %+v", h)
	}
	convex, rrf := ask("--fusion", "convex"), ask("--fusion", "rrf")
	if convex[1].Factors["relevance"] == rrf[1].Factors["relevance"] {
		t.Errorf("fusion changes nothing: %v, %v", convex, rrf)
	}
}

func TestTheRouteIsTakenAndShown(t *testing.T) {
	db := trips(t)
	const question = "When did Priya go to the lake?"
	for _, route := range []string{"smart", "full", "maximum"} {
		var answer struct {
			Route string
			Trace struct {
				Started string
				Hurried *bool
			}
		}
		r := nexus(t, exitDone, "query", "--json", "--db", db, "--route", route, question)
		if err := json.Unmarshal([]byte(r.out), &answer); err != nil || answer.Route != route || answer.Trace.Started != route || answer.Trace.Hurried == nil || *answer.Trace.Hurried {
			t.Errorf("%s: %v, %s", route, err, r.out)
		}
		if r = nexus(t, exitDone, "query", "--db", db, "--explain", "--route", route, question); !strings.Contains(r.out, " %, route "+route+"\n") || !strings.Contains(r.out, "\n  fusion learnt, route "+route+", cache none\n") {
			t.Errorf("%s:\n%s", route, r.out)
		}
	}
	drawn := nexus(t, exitDone, "query", "--json", "--db", db, "-k", "2", "--explore", "1", "--explore-seed", "3", question)
	if again := nexus(t, exitDone, "query", "--json", "--db", db, "-k", "2", "--explore", "1", "--explore-seed", "3", question); !strings.Contains(again.out, strings.Split(drawn.out, `"score"`)[0]) {
		t.Errorf("the same seed draws\n%s, then\n%s", drawn.out, again.out)
	}
	if r := nexus(t, exitWrongUse, "query", "--db", db, "--explore", "2", question); !strings.Contains(r.errOut, "explore is 2, want 0..1") {
		t.Errorf("%s", r.errOut)
	}
	nexus(t, exitDone, "query", "--db", db, "--vector-effort", ".25", question)
	if r := nexus(t, exitWrongUse, "query", "--db", db, "--vector-effort", ".01", question); !strings.Contains(r.errOut, "vector effort is 0.01, want 0.0625..16") {
		t.Errorf("%s", r.errOut)
	}
	if r := nexus(t, exitNothing, "query", "--db", db, "--route", "cache-only", question); !strings.Contains(r.errOut, "not answered before") {
		t.Errorf("%s", r.errOut)
	}
	if r := nexus(t, exitWrongUse, "query", "--db", db, "--route", "scenic", question); !strings.Contains(r.errOut, "want adaptive, cache-only, smart, full, maximum") {
		t.Errorf("%s", r.errOut)
	}
}

func TestARouteSaysWhereItBeganAndWhatTimeKeptFromIt(t *testing.T) {
	for want, answer := range map[string]engine.Answer{
		"route smart":                               {Route: engine.RouteSmart, Trace: model.Trace{Started: engine.RouteSmart}},
		"route maximum after smart":                 {Route: engine.RouteMaximum, Trace: model.Trace{Started: engine.RouteSmart}},
		"route full after smart (no time for more)": {Route: engine.RouteFull, Trace: model.Trace{Started: engine.RouteSmart, Hurried: true}},
	} {
		if got := routeOf(&answer); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestConfidenceIsAPercentageAndLowSaysSo(t *testing.T) {
	for confidence, want := range map[float32]string{
		.834:                "confidence 83 %, route full\n",
		model.ConfidenceLow: "confidence 20 %, route full\n",
		.19:                 "confidence 19 %, route full: probably nothing relevant\n",
		0:                   "", // not known
	} {
		var out bytes.Buffer
		a := &app{out: bufio.NewWriter(&out)}
		a.printConfidence(&engine.Answer{Confidence: confidence, Route: engine.RouteFull, Hits: make([]engine.Hit, 1)})
		a.out.Flush()
		if out.String() != want {
			t.Errorf("%v: %q, want %q", confidence, out.String(), want)
		}
	}
}
