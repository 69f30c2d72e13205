//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lamps writes two notes on each of 40 lamps, and questions that want the longer ones.
func lamps(t *testing.T, dir string) (notes, judged string) {
	t.Helper()
	var n, j strings.Builder
	for i := range 40 {
		name := fmt.Sprintf("lamp%c%c", 'a'+i/10, 'a'+i%10)
		fmt.Fprintf(&n, `{"key":"%s-brief","text":"the %s","user":"ann","session":"a%d"}`+"\n", name, name, i)
		fmt.Fprintf(&n, `{"key":"%s-full","text":"it was late when somebody lit the %s that hangs over the stairs of the old house","user":"ann","session":"b%d"}`+"\n", name, name, i)
		fmt.Fprintf(&j, `{"id":%d,"conv":"ann","question":"which %s?","evidence":["%s-full"],"category":"which"}`+"\n", i, name, name)
	}
	notes, judged = filepath.Join(dir, "notes.jsonl"), filepath.Join(dir, "judged.jsonl")
	for path, content := range map[string]string{notes: n.String(), judged: j.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return notes, judged
}

func TestTrainOnTheCommandLine(t *testing.T) {
	dir := directory(t)
	db := dir + "/db"
	notes, judged := lamps(t, dir)
	nexus(t, exitDone, "add", "--db", db, notes)
	for _, want := range []string{"ranker     built-in, ", " fitted 20"} {
		if r := nexus(t, exitDone, "train", "--show", "--db", db); !strings.Contains(r.out, want) || strings.Contains(r.out, "rollback") {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	r := nexus(t, exitDone, "train", judged, "--db", db, "--rounds", "20", "--force")
	for _, want := range []string{"questions  40 judged\n", "a session in one part", "any@8", "their mean", "serves from now on", "nexus train --rollback", "KiB, in "} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if r := nexus(t, exitDone, "train", "--show", "--db", db); !strings.Contains(r.out, "the store's own, ") || !strings.Contains(r.out, "measured   40 questions, held out: any@8") || !strings.Contains(r.out, "before it") {
		t.Error(r.out)
	}
	var report struct {
		Questions, Folds, Trees int
		KeptWith                string `json:"kept_with"`
		Installed               bool
		Before, After           struct{ MRR float64 }
		Serving                 *struct{ MRR float64 }
		Gain                    struct {
			Overall struct{ Mean, Low, High float64 }
		}
	}
	content, err := os.ReadFile(judged)
	if err != nil {
		t.Fatal(err)
	}
	r = invocation{args: []string{"train", "-", "--db", db, "--json", "--rounds", "6", "--seed", "5", "--force", "-q"}, in: strings.NewReader(string(content))}.run(t)
	if err := json.Unmarshal([]byte(r.out), &report); err != nil || report.Questions != 40 || report.Folds != 5 || report.KeptWith != "session" ||
		!report.Installed || report.Serving == nil || report.Before.MRR <= 0 || report.Gain.Overall.Low > report.Gain.Overall.High {
		t.Errorf("%v: %s", err, r.out)
	}
	var stats struct {
		Ranker struct {
			Own   bool
			Trees int
		}
	}
	if err := json.Unmarshal([]byte(nexus(t, exitDone, "stats", "--db", db, "--json").out), &stats); err != nil || !stats.Ranker.Own || stats.Ranker.Trees != report.Trees {
		t.Errorf("%+v %v", stats, err)
	}
	nexus(t, exitDone, "train", "--rollback", "--db", db)
	if r := nexus(t, exitDone, "train", "--rollback", "--db", db); !strings.Contains(r.out, "ranker     built-in") {
		t.Error(r.out)
	}
	nexus(t, exitNothing, "train", "--rollback", "--db", db)
}

func TestTrainSaysWhatIsWrong(t *testing.T) {
	dir := directory(t)
	db := dir + "/db"
	notes, judged := lamps(t, dir)
	nexus(t, exitDone, "add", "--db", db, notes)
	bad := dir + "/bad.jsonl"
	if err := os.WriteFile(bad, []byte(`{"question":"which?","relevant":["x"]}`+"\n"+`{"question":"secret words","relevant":"x"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		args []string
		says string
	}{
		{exitWrongUse, nil, "0 files, want one"},
		{exitWrongUse, []string{judged, judged}, "2 files"},
		{exitWrongUse, []string{judged, "--rounds", "301"}, "--rounds is 301"},
		{exitWrongUse, []string{"--show", "--rollback"}, "two things"},
		{exitWrongUse, []string{"--show", judged}, "take no file"},
		{exitWrongUse, []string{bad}, "line 2: relevant: want a list"},
		{exitWrongUse, []string{"/dev/null"}, "0 judged questions"},
		{exitWrongUse, []string{dir}, "is a directory"},
		{exitFailed, []string{dir + "/nowhere.jsonl"}, "nowhere.jsonl"},
	} {
		r := nexus(t, c.code, append([]string{"train", "--db", db}, c.args...)...)
		if !strings.Contains(r.errOut, c.says) || strings.Contains(r.errOut, "secret") {
			t.Errorf("%v: %s", c.args, r.errOut)
		}
	}
	nexus(t, exitNothing, "train", judged, "--db", dir+"/none")
	nexus(t, exitNothing, "train", "--show", "--db", dir+"/none")
}

func TestADamagedRankerIsAWarningEverywhere(t *testing.T) {
	dir := directory(t)
	db := dir + "/db"
	notes, _ := lamps(t, dir)
	nexus(t, exitDone, "add", "--db", db, notes)
	if err := os.WriteFile(db+"/RANKER", []byte("cut sh"), 0o600); err != nil {
		t.Fatal(err)
	}
	const says = "the built-in ranker serves"
	for _, c := range []struct {
		code int
		args []string
	}{
		{exitDone, []string{"stats"}}, {exitDone, []string{"train", "--show"}}, {exitFailed, []string{"doctor"}},
		{exitDone, []string{"query", "--explain", "which lampaa?"}}, {exitDone, []string{"query", "--json", "which lampaa?"}},
	} {
		if r := nexus(t, c.code, append(c.args, "--db", db)...); !strings.Contains(r.out, says) {
			t.Errorf("%v: %s", c.args, r.out)
		}
	}
	if r := nexus(t, exitFailed, "verify", "--db", db); !strings.Contains(r.out, "the store's own ranker") {
		t.Error(r.out)
	}
	nexus(t, exitDone, "train", "--rollback", "--db", db)
	nexus(t, exitDone, "verify", "--db", db)
}
