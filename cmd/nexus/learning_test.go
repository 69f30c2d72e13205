//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestAPreferenceOnTheCommandLine(t *testing.T) {
	dir := directory(t)
	db, file := dir+"/db", dir+"/notes.jsonl"
	var b strings.Builder
	places := strings.Fields("attic barn cellar dock estate farm garage hall island jetty kiosk lodge")
	for i := range 24 {
		fmt.Fprintf(&b, `{"key":"n%d","text":"Plan %d for the weekend: %s, %s and %s."}`+"\n", i, i, []string{"a candle and silence", "a sprint and a racket"}[i%2], places[i/2], places[(i/2+5)%12])
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	nexus(t, exitDone, "add", "--db", db, file)
	nexus(t, exitNothing, "preference", "show", "anna", "--db", db)
	for i := range 20 {
		nexus(t, exitDone, "feedback", fmt.Sprint(i+1), "--db", db, "--user", "anna", "--question", "weekend?", "--", fmt.Sprint(1-2*(i%2)))
	}
	if r := nexus(t, exitDone, "query", "plans for the weekend", "--asker", "anna", "-k", "6", "--db", db); strings.Count(r.out, "candle") != 6 {
		t.Errorf("anna asks:\n%s", r.out)
	}
	if r := nexus(t, exitDone, "query", "plans for the weekend", "--asker", "anna", "--impersonal", "-k", "6", "--db", db); strings.Count(r.out, "candle") == 6 {
		t.Errorf("impersonal:\n%s", r.out)
	}
	if r := nexus(t, exitDone, "preference", "show", "anna", "--db", db); !strings.Contains(r.out, "20 judgements") || !strings.Contains(r.out, "likes") || !strings.Contains(r.out, "candl") {
		t.Errorf("show:\n%s", r.out)
	}
	exported := nexus(t, exitDone, "preference", "export", "anna", "--db", db).out
	if err := os.WriteFile(dir+"/anna.json", []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := nexus(t, exitDone, "preference", "forget", "anna", "--db", db); !strings.Contains(r.errOut, "20 judgements") {
		t.Errorf("forget: %s", r.errOut)
	}
	nexus(t, exitNothing, "preference", "forget", "anna", "--db", db)
	nexus(t, exitNothing, "preference", "export", "anna", "--db", db)
	if r := nexus(t, exitDone, "preference", "import", dir+"/anna.json", "--db", db); !strings.Contains(r.errOut, "20 of 20") {
		t.Errorf("import: %s", r.errOut)
	}
	if again := nexus(t, exitDone, "preference", "export", "anna", "--db", db).out; again != exported {
		t.Errorf("exported again:\n%s\nwant\n%s", again, exported)
	}
	for _, wrong := range [][]string{
		{"feedback", "1", "1", "--question", "of nobody"}, {"feedback", "1", "2", "--user", "anna"}, {"feedback", "1", "1", "--user", "anna", "--shown", "x"},
		{"preference"}, {"preference", "show"}, {"preference", "import", file}, {"preference", "import", dir + "/missing"},
	} {
		nexus(t, exitWrongUse, append(wrong, "--db", db)...)
	}
	nexus(t, exitNothing, "feedback", "99", "1", "--user", "anna", "--db", db)
}

func TestADamagedJudgementIsNamedOnTheCommandLine(t *testing.T) {
	dir := directory(t)
	db, file := dir+"/db", dir+"/notes.jsonl"
	if err := os.WriteFile(file, []byte(`{"key":"a","text":"A candle."}`+"\n"+`{"key":"b","text":"A racket."}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nexus(t, exitDone, "add", "--db", db, file)
	for i, user := range []string{"anna", "anna", "ben"} {
		nexus(t, exitDone, "feedback", fmt.Sprint(i%2+1), "1", "--db", db, "--user", user, "--question", fmt.Sprintf("question %d?", i))
	}
	data, err := os.ReadFile(db + "/truth.db")
	if err != nil || !bytes.Contains(data, []byte("question 1?")) {
		t.Fatal(err)
	}
	if err := os.WriteFile(db+"/truth.db", bytes.ReplaceAll(data, []byte("question 1?"), []byte("question 9?")), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := nexus(t, exitFailed, "verify", "--db", db); !strings.Contains(r.out, `of user "anna": damaged`) || strings.Contains(r.out, "ben") {
		t.Error(r.out)
	}
	for _, user := range []string{"anna", "ben"} {
		r := nexus(t, exitDone, "query", "a candle", "--asker", user, "--explain", "--db", db)
		if strings.Contains(r.out, "1 cannot be read") != (user == "anna") {
			t.Errorf("%s asks:\n%s", user, r.out)
		}
		if r := nexus(t, exitDone, "preference", "export", user, "--db", db); strings.Count(r.out, `"question":"question`) != 1 {
			t.Errorf("export of %s:\n%s", user, r.out)
		}
	}
	nexus(t, exitDone, "feedback", "2", "1", "--db", db, "--user", "anna")
	nexus(t, exitDone, "preference", "forget", "anna", "--db", db)
	nexus(t, exitDone, "verify", "--db", db)
	nexus(t, exitDone, "preference", "show", "ben", "--db", db)
}

func TestTrainFromJudgementsOnTheCommandLine(t *testing.T) {
	dir := directory(t)
	db := dir + "/db"
	notes, judged := lamps(t, dir)
	nexus(t, exitDone, "add", "--db", db, notes)
	if r := nexus(t, exitWrongUse, "train", "--from-judgements", "--db", db); !strings.Contains(r.errOut, "0 judged questions") {
		t.Error(r.errOut)
	}
	var b strings.Builder
	for i := range 40 {
		name := fmt.Sprintf("lamp%c%c", 'a'+i/10, 'a'+i%10)
		fmt.Fprintf(&b, `{"key":"%s-full","value":1,"question":"which %s?"},{"key":"%s-brief","value":-1,"question":"which %s?"},`, name, name, name, name)
	}
	if err := os.WriteFile(dir+"/ann.json", []byte(`{"user":"ann","judgements":[`+strings.TrimSuffix(b.String(), ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	nexus(t, exitDone, "preference", "import", dir+"/ann.json", "--db", db)
	if r := nexus(t, exitDone, "train", "--from-judgements", "--rounds", "4", "--db", db); !strings.Contains(r.out, "questions  40 judged\n") {
		t.Error(r.out)
	}
	if r := nexus(t, exitDone, "train", "--from-judgements", judged, "--rounds", "4", "--db", db); !strings.Contains(r.out, "questions  80 judged\n") {
		t.Error(r.out)
	}
	nexus(t, exitWrongUse, "train", "--from-judgements", judged, judged, "--db", db)
	nexus(t, exitWrongUse, "train", "--show", "--from-judgements", judged, "--db", db)
}
