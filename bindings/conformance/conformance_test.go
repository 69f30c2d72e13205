package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the expectations of corpus.json anew")

const corpusFile = "corpus.json"

// TestCorpus prints, as its last line, what every runner prints.
func TestCorpus(t *testing.T) {
	data, err := os.ReadFile(corpusFile)
	if err != nil {
		t.Fatal(err)
	}
	corpus, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for i := range corpus.Cases {
		if !t.Run(corpus.Cases[i].Name, func(t *testing.T) { runCase(t, &corpus.Cases[i]) }) {
			failed++
		}
	}
	fmt.Printf("conformance Go: %d passed, %d failed\n", len(corpus.Cases)-failed, failed)
	formatted(t, corpus, data)
}

func runCase(t *testing.T, c *Case) {
	given, err := c.Run(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range c.Steps {
		if *update {
			s["expect"] = given[i]
			continue
		}
		if s["expect"] == nil {
			t.Errorf("step %d (%s) expects nothing: run with -update", i, s["op"])
			continue
		}
		if wrong, err := Compare(s["expect"], given[i]); err != nil || wrong != "" {
			t.Errorf("step %d (%s): %v %s", i, s["op"], err, wrong)
		}
	}
}

// formatted holds the file against its one form, or writes it.
func formatted(t *testing.T, corpus *Corpus, data []byte) {
	out, err := corpus.Format()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(corpusFile, out, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(out) != string(data) {
		t.Error("corpus.json is not in its one form: run with -update")
	}
}

func TestWhatIsNotKnownFails(t *testing.T) {
	for _, step := range []string{`{"op":"fly"}`, `{"op":"add","k":1}`, `{"op":"query","texts":"x"}`} {
		if _, err := Parse([]byte(`{"version":1,"cases":[{"name":"x","about":"x","steps":[` + step + `]}]}`)); err == nil {
			t.Errorf("%s is accepted", step)
		}
	}
	c := Case{Name: "x", Steps: []Step{{"op": json.RawMessage(`"open"`)}, {"op": json.RawMessage(`"add"`), "memories": json.RawMessage(`[{"texts":"x"}]`)}}}
	if _, err := c.Run(t.TempDir()); err == nil {
		t.Error("a memory with a member that is not known is accepted")
	}
}

func TestCompareFindsWhatDiffers(t *testing.T) {
	for _, c := range []struct {
		expect, given string
		same          bool
	}{
		{`{"ids":[1]}`, `{"ids": [1]}`, true}, {`{"ids":[1]}`, `{"ids":[2]}`, false}, {`{}`, `{"ids":[1]}`, true},
		{`{}`, `{"error":"closed"}`, false}, {`{"error":"closed"}`, `{"error":"closed"}`, true},
		{`{"error":"closed"}`, `{"ids":[]}`, false}, {`{"count":1}`, `{}`, false},
	} {
		wrong, err := Compare(json.RawMessage(c.expect), json.RawMessage(c.given))
		if err != nil || (wrong == "") != c.same {
			t.Errorf("%s against %s: %q %v", c.expect, c.given, wrong, err)
		}
	}
}
