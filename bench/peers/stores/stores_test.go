package stores

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// makeData leaves what py/stores_data.py would: every turn has a word and a direction of its
// own, and every question those of one turn, its evidence.
func makeData(t *testing.T, turns, questions int) string {
	t.Helper()
	home := t.TempDir()
	var lines, asked strings.Builder
	vectors, ask, least := make([]float32, turns*dim), make([]float32, questions*dim), make([]float32, questions)
	for i := range turns {
		fmt.Fprintf(&lines, `{"conv": "c", "session": "s%d", "speaker": "Ann", "time": "2024-01-01T00:00:00Z", "text": "turn about subject%d"}`+"\n", i/20, i)
		vectors[i*dim+i%dim] = 1
		vectors[i*dim+(i+1+i/dim)%dim] += .5
	}
	for q := range questions {
		fmt.Fprintf(&asked, `{"question": "what about subject%d?", "evidence": [%d]}`+"\n", 3*q, 3*q)
		copy(ask[q*dim:], vectors[3*q*dim:(3*q+1)*dim])
		var scores []float64
		for i := range turns - extraTurns {
			sum := 0.
			for j := range dim {
				sum += float64(ask[q*dim+j]) * float64(vectors[i*dim+j])
			}
			scores = append(scores, sum)
		}
		slices.Sort(scores)
		least[q] = float32(scores[len(scores)-width])
	}
	for name, err := range map[string]error{
		"turns":     os.WriteFile(filepath.Join(home, "turns.jsonl"), []byte(lines.String()), 0o644),
		"questions": os.WriteFile(filepath.Join(home, "questions.jsonl"), []byte(asked.String()), 0o644),
		"vectors":   contest.WriteNumbers(filepath.Join(home, "turns.f32"), vectors),
		"asked":     contest.WriteNumbers(filepath.Join(home, "questions.f32"), ask),
		"least":     contest.WriteNumbers(filepath.Join(home, "least.f32"), least),
	} {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return home
}

// TestGoPartyIsRight runs its phases in this process, twice as a contest does.
func TestGoPartyIsRight(t *testing.T) {
	defer func(before time.Duration) { atRest = before }(atRest)
	atRest = time.Millisecond
	home := makeData(t, 1200, 30)
	d, err := readData(home)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var out bytes.Buffer
		c := &contest.Child{Out: &out, Folder: home}
		for _, err := range []error{Write(t.Context(), c), Read(t.Context(), c), Tail(t.Context(), c)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		var lines []contest.Line
		for decoder := json.NewDecoder(&out); decoder.More(); {
			l := contest.Line{}
			if err := decoder.Decode(&l); err != nil {
				t.Fatal(err)
			}
			l.Set, l.Party = set, goParty
			if err := d.check(&l); err != nil {
				t.Fatalf("%s: %v", l.Step, err)
			}
			if strings.Contains(l.Step, "question") && l.Get("evidence") != 1 || l.Step == "vector question" && !(l.Get("recall") >= .98) {
				t.Errorf("%s: evidence %v, recall %v", l.Step, l.Get("evidence"), l.Get("recall"))
			}
			lines = append(lines, l)
		}
		for _, w := range rows {
			if v := contest.Find(lines, set, goParty, w.step, "").Get(w.value); w.step != "install" && !(v > 0) {
				t.Errorf("%s, %s: %v", w.step, w.value, v)
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	d := &data{questions: []question{{Evidence: []int64{4, 9}}, {Evidence: []int64{1}}}}
	if got := d.evidence([]int64{9, -1, 2, 3}, 2); got != .5 {
		t.Errorf("%v of the questions found evidence, want half", got)
	}
}

// TestTheBestPeerCounts: more is better for some rows, and who was not measured is no peer.
func TestTheBestPeerCounts(t *testing.T) {
	figures := map[string]float64{"chroma": 3, "lancedb": 9, "sqlite": 5}
	get := func(party string) float64 {
		if v, ok := figures[party]; ok {
			return v
		}
		return math.NaN()
	}
	if v, who := (&row{least: true}).best(get); v != 9 || who != "lancedb" {
		t.Errorf("highest: %v of %s", v, who)
	}
	if v, who := (&row{}).best(get); v != 3 || who != "chroma" {
		t.Errorf("lowest: %v of %s", v, who)
	}
}

// TestJudge: Python's and Go's figures against the best peer's, and Nexus against itself.
func TestJudge(t *testing.T) {
	line := func(party, step, value string, v float64) contest.Line {
		l := contest.Line{Set: set, Party: party, Step: step}
		l.Put(value, v, "us")
		return l
	}
	got := map[string]string{}
	for _, b := range judge([]contest.Line{
		line(ownParty, "hybrid question", "p50", 100), line(ownParty, "hybrid question after single adds", "p50", 120),
		line(ownParty, "rrf question", "p50", 130),
		line("zvec", "hybrid question", "p50", 400), line("sqlite", "hybrid question", "p50", 900),
		line(ownParty, "add in batches", "rate", 1000), line("zvec", "add in batches", "rate", 900),
	}) {
		got[b.Text] = b.Verdict()
	}
	for text, want := range map[string]string{
		"nexus, hybrid question, p50: <= 0.3x the best":                "met",
		"nexus, rrf question, p50: <= 0.3x the best":                   "MISSED",
		"nexus, hybrid p50 after 200 single adds: <= 1.1x before them": "MISSED",
		"nexus, add in batches, rate: >= 1.5x the best":                "MISSED",
		"nexus go, add in batches, rate: >= 1.5x the best":             "not measured",
	} {
		if got[text] != want {
			t.Errorf("%s: %q, want %q", text, got[text], want)
		}
	}
}
