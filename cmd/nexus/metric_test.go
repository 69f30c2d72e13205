package main

import (
	"strings"
	"testing"
)

func TestAddMakesAStoreOfAMetric(t *testing.T) {
	dir := directory(t)
	file := writeFile(t, dir+"/rows.jsonl", `{"text":"one","vector":[1,0]}
{"text":"two","vector":[5,5]}
`)
	nexus(t, 2, "--db", dir+"/s", "add", "--metric", "euclid", file)
	nexus(t, 0, "--db", dir+"/s", "import", "--metric", "l2", file)
	type stats struct{ Metric string }
	if got := parseLines[stats](t, nexus(t, 0, "--db", dir+"/s", "stats", "--json").out); len(got) != 1 || got[0].Metric != "l2" {
		t.Fatalf("stats say %+v", got)
	}
	if r := nexus(t, 1, "--db", dir+"/s", "add", "--metric", "dot", file); !strings.Contains(r.errOut, "compared by l2") {
		t.Fatalf("another metric: %s", r.errOut)
	}
}
