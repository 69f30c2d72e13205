//go:build unix

package main

import (
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
