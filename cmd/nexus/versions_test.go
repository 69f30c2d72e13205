//go:build unix

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAMemoryIsChangedSupersededAndRemembered(t *testing.T) {
	db := directory(t) + "/db"
	nexus(t, exitDone, "add", "--db", db, "--text", "Ann lives in Oslo.", "--user", "ann", "--key", "home", "--time", "2020-01-01")
	var m struct {
		ID                            int
		Text, Kind, Expires           string
		Version, Supersedes           int
		SupersededBy                  int    `json:"superseded_by"`
		ValidFrom                     string `json:"valid_from"`
		ValidTo                       string `json:"valid_to"`
		Updated, Replaced, User, Time string
		Meta                          map[string]any
	}
	read := func(r result) {
		t.Helper()
		m.Meta, m.Expires, m.ValidTo, m.Replaced, m.Time = nil, "", "", "", ""
		if err := json.Unmarshal([]byte(r.out), &m); err != nil {
			t.Fatalf("%v\n%s", err, r.out)
		}
	}
	read(nexus(t, exitDone, "update", "--db", db, "--json", "1", "--text", "Ann lives in Lima.", "--kind", "semantic", "--meta", "n=2", "--meta", "s=x", "--expires", "2999-01-01", "--time", "none"))
	if m.Version != 2 || m.Text != "Ann lives in Lima." || m.Kind != "semantic" || m.Meta["n"] != 2.0 || m.Expires != "2999-01-01T00:00:00Z" || m.Time != "" {
		t.Fatalf("%+v", m)
	}
	read(nexus(t, exitDone, "update", "--db", db, "--json", "1", "--if-version", "2", "--remove-meta", "n", "--expires", "none"))
	if m.Version != 3 || m.Expires != "" || len(m.Meta) != 1 {
		t.Fatalf("%+v", m)
	}
	read(nexus(t, exitDone, "supersede", "--db", db, "--json", "1", "--text", "Ann lives in Rome.", "--valid-from", "2024-06-01"))
	if m.Supersedes != 1 || m.User != "ann" || m.ValidFrom != "2024-06-01T00:00:00Z" {
		t.Fatalf("%+v", m)
	}
	for at, want := range map[string]string{"2024-05-31": "Lima", "2024-06-01": "Rome"} {
		if r := nexus(t, exitDone, "query", "--db", db, "-k", "8", "--valid-at", at, "where does Ann live"); strings.Count(r.out, "Ann lives") != 1 || !strings.Contains(r.out, want) {
			t.Errorf("valid at %s:\n%s", at, r.out)
		}
	}
	nexus(t, exitNothing, "query", "--db", db, "--as-of", "2001-01-01", "where does Ann live")
	r := nexus(t, exitDone, "history", "--db", db, "--json", "1")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	read(result{out: lines[0]})
	if len(lines) != 4 || m.Text != "Ann lives in Oslo." || m.Replaced == "" {
		t.Fatalf("%+v\n%s", m, r.out)
	}
	if r := nexus(t, exitDone, "history", "--db", db, "1"); strings.Count(r.out, "version ") != 4 {
		t.Fatal(r.out)
	}
	nexus(t, exitDone, "feedback", "--db", db, "1", "--", "-0.5")
	if r := nexus(t, exitDone, "get", "--db", db, "1"); !strings.Contains(r.out, "feedback +0 -0.5") || !strings.Contains(r.out, "superseded by: #4") {
		t.Fatal(r.out)
	}
	if r := nexus(t, exitDone, "stats", "--db", db); !strings.Contains(r.out, "3 older versions") {
		t.Fatal(r.out)
	}
	for _, c := range []struct {
		code int
		args string
	}{
		{exitWrongUse, "update"}, {exitWrongUse, "update 1 2"}, {exitWrongUse, "update x"}, {exitNothing, "update 99 --text x"},
		{exitFailed, "update 1 --if-version 1 --text x"}, {exitWrongUse, "update 1 --time yesterday"}, {exitWrongUse, "update 1 --kind dream"},
		{exitWrongUse, "update 1 --meta n"}, {exitWrongUse, "update 1 --importance 2"}, {exitNothing, "supersede 99 --text x"},
		{exitWrongUse, "supersede 4"}, {exitFailed, "supersede 1 --text x"}, {exitNothing, "history 99"}, {exitWrongUse, "history"},
		{exitWrongUse, "feedback 1"}, {exitWrongUse, "feedback 1 2"}, {exitWrongUse, "feedback 1 x"}, {exitNothing, "feedback 99 1"},
		{exitWrongUse, "query --as-of soon x"},
	} {
		nexus(t, c.code, append(strings.Fields(c.args), "--db", db)...)
	}
}

func TestMetaOfTheCommandLineIsANumberABoolOrAWord(t *testing.T) {
	for value, want := range map[string]any{"2": 2., "-1e3": -1e3, "true": true, "nan": "nan", "Infinity": "Infinity", "t": "t", "": ""} {
		if got := metaOf(value); got != want {
			t.Errorf("%q: %v (%T), want %v", value, got, got, want)
		}
	}
}
