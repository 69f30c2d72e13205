package eval

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// writeSet makes a data directory of two files.
func writeSet(t *testing.T, corpus, questions string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{corpusName: corpus, questionsName: questions} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const smallCorpus = `{"id":"c/1","conv":"c","session":"c/S1","speaker":"Ida","time":"2024-05-01T10:00:00Z","text":"The ferry to the island leaves at noon."}
{"id":"c/2","conv":"c","session":"c/S1","speaker":"Jon","time":"2024-05-01T10:00:00Z","text":"Then we should buy tickets tonight."}

{"id":"d/1","conv":"d","session":"d/S1","speaker":"Kim","time":"","text":"My bicycle has a flat tyre again."}
`

// TestLoadTakesAnyAnswer: an answer is a string, a number or null, and unknown
// fields are none of our business.
func TestLoadTakesAnyAnswer(t *testing.T) {
	s, err := Load(writeSet(t, smallCorpus, `{"id":"q1","conv":"c","question":"When does the ferry leave?","evidence":["c/1"],"category":"a","answer":"noon"}
{"id":"q2","conv":"c","question":"How many?","evidence":[],"category":"b","answer":3,"roles":{"x":[1]}}
{"id":"q3","conv":"d","question":"What is flat?","evidence":["d/1"],"category":"a","answer":null}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Turns) != 3 || len(s.Questions) != 3 || len(s.Problems) != 0 || s.CorpusRows != 3 || s.QuestionRows != 3 {
		t.Errorf("%d turns of %d, %d questions of %d, problems %q", len(s.Turns), s.CorpusRows, len(s.Questions), s.QuestionRows, s.Problems)
	}
	if s.Turns[2].Row != 2 || !s.Turns[2].When.IsZero() || s.Turns[0].When.Day() != 1 || s.SessionOf("c/2") != "c/S1" {
		t.Errorf("turns %+v", s.Turns)
	}
	if len(s.CorpusHash) != 64 || s.CorpusHash == s.AskedHash {
		t.Errorf("hashes %s, %s", s.CorpusHash, s.AskedHash)
	}
}

func TestLoadReportsWhatIsOdd(t *testing.T) {
	s, err := Load(writeSet(t, smallCorpus+`{"id":"c/1","conv":"c","text":"again"}
{"id":"c/3","conv":"c","text":" "}
{"id":"c/4","conv":"c","text":"x","time":"May"}
`, `{"id":"q1","conv":"c","question":"?","evidence":["c/1","c/9"]}
{"id":"q1","conv":"c","question":"?","evidence":[]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Turns) != 4 || s.CorpusRows != 6 || len(s.Questions) != 1 || len(s.Problems) != 5 {
		t.Errorf("%d turns, %d questions, problems %q", len(s.Turns), len(s.Questions), s.Problems)
	}
	if s.Questions[0].Category != noCategory {
		t.Errorf("a question without category has %q", s.Questions[0].Category)
	}
	for _, want := range []string{
		"turn 4 (c/1): its id came before", "turn 5 (c/3): no text", "turn 6 (c/4): time",
		"question 1 (q1): evidence c/9 is not in the corpus", "question 2 (q1): its id came before",
	} {
		if !strings.Contains(strings.Join(s.Problems, "\n"), want) {
			t.Errorf("problems lack %q: %q", want, s.Problems)
		}
	}
}

func TestLoadFailsWithTheLine(t *testing.T) {
	_, err := Load(writeSet(t, smallCorpus+"{\"id\":\n", "{}"))
	if !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), "corpus.jsonl: line 5") {
		t.Errorf("malformed line gives %v", err)
	}
	_, err = Load(writeSet(t, smallCorpus, `{"id":"q","evidence":"c/1"}`))
	if !errors.Is(err, model.ErrInvalid) || strings.Contains(err.Error(), "c/1") {
		t.Errorf("wrong type gives %v", err)
	}
	if _, err = Load(writeSet(t, smallCorpus, "")); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("no questions give %v", err)
	}
	if _, err = Load(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no files give %v", err)
	}
}

func TestGeneratedSet(t *testing.T) {
	s, again := Generate(), Generate()
	if s.CorpusHash != again.CorpusHash || s.AskedHash != again.AskedHash {
		t.Error("two generated sets differ")
	}
	const want = "corpus 1000, questions 100, problems 0"
	if len(s.Turns) != 1000 || len(s.Questions) != 100 || len(s.Problems) != 0 {
		t.Fatalf("corpus %d, questions %d, problems %d, want %s", len(s.Turns), len(s.Questions), len(s.Problems), want)
	}
	count := map[string]int{}
	for _, q := range s.Questions {
		count[q.Category]++
		if len(q.Evidence) == 0 || len(q.Evidence) != len(setOf(q.Evidence)) {
			t.Errorf("%s: evidence %q", q.ID, q.Evidence)
		}
	}
	for category, n := range map[string]int{"fact": 35, "speaker": 20, "update": 15, "temporal": 15, "multi": 15} {
		if count[category] != n {
			t.Errorf("%d questions of %s, want %d", count[category], category, n)
		}
	}
	for _, turn := range s.Turns {
		if strings.Contains(turn.Text, "%!") {
			t.Errorf("%s: %s", turn.ID, turn.Text)
		}
	}
}

func TestAbsentFilesAreNamed(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s gives %v", dir, err)
		}
	}
}
