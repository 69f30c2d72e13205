//go:build unix

package main

import (
	"strings"
	"testing"
)

func TestMatchesAndBoostsReachTheQuestion(t *testing.T) {
	dir := t.TempDir()
	db := dir + "/db"
	file := writeFile(t, dir+"/in.jsonl", `{"text":"the quarterly report","speaker":"Ann"}
{"text":"a report, quarterly","speaker":"Bob"}
{"text":"hello","meta":{"title":"The report"}}
`)
	nexus(t, exitDone, "add", "--db", db, file)
	lines := func(args ...string) int {
		return strings.Count(nexus(t, exitDone, append([]string{"query", "--db", db}, args...)...).out, "1. ")
	}
	if r := nexus(t, exitDone, "query", "--db", db, "--match", `"quarterly report"`); !strings.Contains(r.out, "the quarterly report") || strings.Contains(r.out, "a report") {
		t.Fatalf("a phrase found %s", r.out)
	}
	if r := nexus(t, exitDone, "query", "--db", db, "--engines", "lexical", "--single-engine", "--boost", "text=0,title=1", "report"); lines("report") != 1 || !strings.Contains(r.out, "hello") || strings.Contains(r.out, "quarterly") {
		t.Fatalf("by title %s", r.out)
	}
	nexus(t, exitNothing, "query", "--db", db, "--match", "+report +harbour")
	for says, args := range map[string][]string{
		"byte 0: a bracket that is not closed": {"--match", "(a"}, "the question is empty": {}, "byte 1: stop words alone": {"--match", "+the"},
		"want a number for text, speaker, title": {"report", "--boost", "body=1"}, "boost speaker=x": {"report", "--boost", "speaker=x"}, "boosts are all 0": {"report", "--boost", "text=0"},
	} {
		if r := nexus(t, exitWrongUse, append([]string{"query", "--db", db}, args...)...); !strings.Contains(r.errOut, says) {
			t.Errorf("%v: %s", args, r.errOut)
		}
	}
}
