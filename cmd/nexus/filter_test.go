//go:build unix

package main

import (
	"strings"
	"testing"
)

func TestFiltersNarrowQueryListAndDelete(t *testing.T) {
	dir := t.TempDir()
	db := dir + "/db"
	file := writeFile(t, dir+"/in.jsonl", `{"text":"the harbour opens","speaker":"Ann","time":"2024-05-01T12:00:00Z","meta":{"tags":["x"]}}
{"text":"the harbour closes","speaker":"Bob","time":"2024-05-02T12:00:00Z"}
{"text":"the harbour sleeps","speaker":"Ann","kind":"working","time":"2024-05-03T12:00:00Z"}
`)
	nexus(t, exitDone, "add", "--db", db, file)
	if r := nexus(t, exitDone, "list", "--db", db, "--json", "--filter", `speaker = "Ann" and not kind = working`); strings.Count(r.out, "\n") != 1 || !strings.Contains(r.out, "opens") {
		t.Fatalf("listed %s", r.out)
	}
	if r := nexus(t, exitDone, "query", "--db", db, "--filter", "time = 2024-05-02", "harbour"); !strings.Contains(r.out, "closes") || strings.Contains(r.out, "opens") {
		t.Fatalf("found %s", r.out)
	}
	nexus(t, exitNothing, "query", "--db", db, "--filter", `tags has "y"`, "harbour")
	for filter, says := range map[string]string{
		"speaker =": "byte 9: want a value, got the end", `speeker = "Ann"`: `but "speaker" is one`, `tags = "x"`: "ask a list with has",
	} {
		for _, verb := range [][]string{{"list"}, {"delete", "--yes"}, {"query", "harbour"}} {
			r := nexus(t, exitWrongUse, append(verb, "--db", db, "--filter", filter)...)
			if !strings.Contains(r.errOut, says) {
				t.Errorf("%v --filter %s: %s", verb, filter, r.errOut)
			}
		}
	}
	if r := nexus(t, exitWrongUse, "delete", "--db", db, "--filter", `speaker = "Ann"`); !strings.Contains(r.errOut, "deletes 2 memories; add --yes") {
		t.Fatalf("without --yes: %s", r.errOut)
	}
	nexus(t, exitWrongUse, "delete", "--db", db, "--filter", " ", "--yes")
	if r := nexus(t, exitDone, "delete", "--db", db, "--filter", `speaker = "Ann"`, "--yes"); !strings.Contains(r.out, "deleted 2") {
		t.Fatalf("deleted: %s", r.out)
	}
	nexus(t, exitNothing, "delete", "--db", db, "--filter", `speaker = "Ann"`, "--yes")
	if r := nexus(t, exitDone, "list", "--db", db, "--json"); strings.Count(r.out, "\n") != 1 {
		t.Fatalf("left: %s", r.out)
	}
}
