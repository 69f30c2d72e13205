package main

import (
	"strings"
	"testing"
)

func TestAddMakesAStoreOfALanguage(t *testing.T) {
	dir := directory(t)
	file := writeFile(t, dir+"/rows.jsonl", `{"text":"Die Häuser standen leer."}
`)
	if r := nexus(t, 2, "--db", dir+"/s", "add", "--language", "german", file); !strings.Contains(r.errOut, "de, en") {
		t.Fatalf("no such language: %s", r.errOut)
	}
	nexus(t, 0, "--db", dir+"/s", "add", "--language", "de", file)
	if r := nexus(t, 0, "--db", dir+"/s", "query", "ein Haus"); !strings.Contains(r.out, "Häuser") {
		t.Fatalf("found %s", r.out)
	}
	type stats struct{ Language string }
	if got := parseLines[stats](t, nexus(t, 0, "--db", dir+"/s", "stats", "--json").out); len(got) != 1 || got[0].Language != "de" {
		t.Fatalf("stats say %+v", got)
	}
	if r := nexus(t, 1, "--db", dir+"/s", "import", "--language", "fr", file); !strings.Contains(r.errOut, `language "de"`) {
		t.Fatalf("another language: %s", r.errOut)
	}
}
