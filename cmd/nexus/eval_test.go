package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// evalRun executes a command line and returns its exit code and streams.
func evalRun(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(append([]string{"eval"}, args...), strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// evalData makes a directory with three turns and two questions.
func evalData(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"corpus.jsonl": `{"id":"c/1","conv":"c","session":"c/S1","speaker":"Ida","time":"2024-05-01T10:00:00Z","text":"The ferry leaves at noon."}
{"id":"c/2","conv":"c","session":"c/S1","speaker":"Jon","time":"2024-05-01T10:00:00Z","text":"Then we should buy tickets tonight."}
{"id":"c/1","conv":"c","session":"c/S1","speaker":"Jon","time":"2024-05-01T10:00:00Z","text":"Said twice."}
`,
		"questions.jsonl": `{"id":"q1","conv":"c","question":"When does the ferry leave?","evidence":["c/1"],"category":"when","answer":"noon"}
{"id":"q2","conv":"c","question":"Who is the captain?","evidence":[],"category":"who","answer":null}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEvalWritesHitsAndTable(t *testing.T) {
	hits := filepath.Join(t.TempDir(), "hits.jsonl")
	code, out, errOut := evalRun("--data", evalData(t), "--out", hits, "--engines", "lexical", "--fusion", "off")
	if code != exitDone || !strings.Contains(out, "frac@8") || !strings.Contains(errOut, "its id came before") {
		t.Fatalf("exit %d\n%s\n%s", code, out, errOut)
	}
	data, err := os.ReadFile(hits)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var first struct {
		ID   string
		Hits []string
		Took *int64 `json:"took_us"`

		Confidence *float64
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != 2 || first.ID != "q1" || first.Took == nil || first.Confidence == nil || first.Hits[0] != "c/1" {
		t.Errorf("%v: %s", err, data)
	}
}

func TestEvalPrintsOneObject(t *testing.T) {
	code, out, _ := evalRun("--data", evalData(t), "--pooled", "--json")
	var report struct {
		Mode           string
		Asked, Skipped int
		All            struct{ Metrics map[string]float64 }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitDone || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit %d, %v: %s", code, err, out)
	}
	if report.Mode != "pooled" || report.Asked != 1 || report.Skipped != 1 || report.All.Metrics["any@1"] != 100 {
		t.Errorf("report %+v", report)
	}
}

func TestEvalTakesEveryWayOfFusion(t *testing.T) {
	data := evalData(t)
	for _, name := range append(model.FusionNames(), "on") {
		code, out, errOut := evalRun("--data", data, "--json", "--fusion", name)
		want := name
		if name == "on" {
			want = "learnt"
		}
		if code != exitDone || !strings.Contains(out, `"fusion":true,"fused_by":"`+want+`"`) {
			t.Errorf("%s: exit %d, %s%s", name, code, out, errOut)
		}
	}
	if _, out, _ := evalRun("--data", data, "--fusion", "rrf"); !strings.Contains(out, "fused (rrf)") {
		t.Errorf("%s", out)
	}
}

func TestEvalTakesEveryRouteThatAnswers(t *testing.T) {
	data := evalData(t)
	for _, name := range evalRoutes() {
		hits := filepath.Join(t.TempDir(), "hits.jsonl")
		code, out, errOut := evalRun("--data", data, "--json", "--route", name, "--out", hits)
		var report struct {
			Route  string
			Routes map[string]int
		}
		if err := json.Unmarshal([]byte(out), &report); code != exitDone || err != nil || report.Route != name || name != "adaptive" && report.Routes[name] != 2 {
			t.Errorf("%s: exit %d, %v, %s%s", name, code, err, out, errOut)
		}
		if lines, err := os.ReadFile(hits); err != nil || name != "adaptive" && strings.Count(string(lines), `"route":"`+name+`"`) != 2 {
			t.Errorf("%s: %v: %s", name, err, lines)
		}
	}
	if _, out, _ := evalRun("--data", data, "--route", "full"); !strings.Contains(out, "\nroute      full: full 100.0 %\n") {
		t.Errorf("%s", out)
	}
	if _, out, _ := evalRun("--data", data, "--engines", "lexical", "--fusion", "off"); strings.Contains(out, "\nroute ") {
		t.Errorf("a single engine goes no route: %s", out)
	}
}

func TestEvalGeneratesWhenAskedTo(t *testing.T) {
	code, out, errOut := evalRun("--generated")
	if code != exitDone || !strings.HasPrefix(out, "WARNING ") || !strings.Contains(out, "generated, per conversation") {
		t.Errorf("exit %d\n%s\n%s", code, out, errOut)
	}
}

func TestEvalOfAbsentDirectoryFails(t *testing.T) {
	code, out, errOut := evalRun("--data", filepath.Join(t.TempDir(), "typo"))
	if code != exitFailed || out != "" || !strings.Contains(errOut, "typo") {
		t.Errorf("exit %d\n%s\n%s", code, out, errOut)
	}
}

func TestEvalWrongUse(t *testing.T) {
	data := evalData(t)
	for _, args := range [][]string{
		{"--data", data, "--fusion", ""}, {"--data", data, "--route", "cache-only"}, {"--data", data, "--route", "scenic"}, {}, {"--generated", "--data", data}, {"--generated", "--vectors", "x"}, {"--data", data, "--fusion", "off"}, {"--data", data, "--fusion", "maybe"}, {"--data", data, "--engines", "graph"},
		{"--data", data, "-k", "0"}, {"--data", data, "-k", "129"}, {"--data", data, "--intent", "odd"}, {"--data", data, "--dim", "0"}, {"extra"},
	} {
		if code, _, errOut := evalRun(args...); code != exitWrongUse {
			t.Errorf("%q: exit %d, want %d: %s", args, code, exitWrongUse, errOut)
		}
	}
}

func TestEvalFailuresLeaveNoFile(t *testing.T) {
	dir := t.TempDir()
	hits := filepath.Join(dir, "hits.jsonl")
	if code, _, errOut := evalRun("--data", evalData(t), "--out", hits, "--vectors", filepath.Join(dir, "none")); code != exitFailed {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
