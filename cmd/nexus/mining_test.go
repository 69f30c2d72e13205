//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// diary is 200 days of small talk in one session a day, with a club on Tuesdays, two words
// that come together, two weeks of paint, and one night of digits.
func diary() string {
	var b strings.Builder
	plain := []string{"walked", "cooked", "rested", "shopped", "read", "cleaned", "wrote", "called"}
	for d := range 200 {
		text := fmt.Sprintf("Anna %s near house%d and %s later on", plain[d%8], d%13, plain[(d*5+3)%8])
		switch {
		case d%7 == 1: // 2025-01-06 is a Monday
			text += ", then Robotics club"
		case d%19 == 5:
			text += ", ferry to Lisbon"
		case 90 <= d && d < 104:
			text += ", paint in the hall"
		}
		hour := 9 + d%9
		if d == 150 {
			text, hour = "7741 9902 1123 8840 2231 6650 1209 7734 8123 9981 3321 4410", 3
		}
		day := 1735689600 + 5*86400 + d*86400
		for turn := range 3 {
			fmt.Fprintf(&b, `{"text":%q,"time":%d,"speaker":"Anna","user":"anna","session":"d%d"}`+"\n", []string{text, "Slept well enough tonight", "Drank some tea"}[turn], day+hour*3600+turn*60, d)
		}
	}
	return b.String()
}

func TestPatternsAndAnomaliesOnTheCommandLine(t *testing.T) {
	dir := directory(t)
	db, file := dir+"/db", dir+"/diary.jsonl"
	if err := os.WriteFile(file, []byte(diary()), 0o600); err != nil {
		t.Fatal(err)
	}
	nexus(t, exitDone, "add", "--db", db, file)
	r := nexus(t, exitDone, "patterns", "--db", db)
	for _, want := range []string{"associations\n", "\nrecurring\n", "\nbursts\n", "Lisbon", "Robotics", "on Tuesdays", "paint"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	var p struct {
		Kind, From, To, Weekday string
		Terms                   []string
		Support                 int
		G2, Lift                float64
		Period                  int `json:"period_days"`
		Examples                []int
	}
	r = nexus(t, exitDone, "patterns", "--db", db, "--json", "--kind", "recurring", "--limit", "1", "--user", "anna")
	if err := json.Unmarshal([]byte(r.out), &p); err != nil || p.Kind != "recurring" || p.Weekday != "tuesday" || p.Support < 20 || len(p.Examples) != 5 || p.G2 < 20 || p.Lift < 5 {
		t.Errorf("%v, %+v\n%s", err, p, r.out)
	}
	var x struct {
		ID      int
		Score   float64
		Text    string
		Reasons []struct {
			Column               string
			Value, Usual, Weight float64
		}
	}
	r = nexus(t, exitDone, "anomalies", "--db", db, "--json", "--limit", "1", "--min-score", "0.5")
	if err := json.Unmarshal([]byte(r.out), &x); err != nil || !strings.HasPrefix(x.Text, "7741") || x.Score < .5 || len(x.Reasons) == 0 {
		t.Errorf("%v, %+v\n%s", err, x, r.out)
	}
	if r := nexus(t, exitDone, "anomalies", "--db", db, "--limit", "2"); !strings.Contains(r.out, "usual") || !strings.HasPrefix(r.out, " 1. 0.") {
		t.Error(r.out)
	}
	for _, c := range []struct {
		code int
		args string
	}{
		{exitNothing, "patterns --user nobody"}, {exitNothing, "anomalies --user nobody"}, {exitNothing, "patterns --since 2030-01-01"},
		{exitNothing, "anomalies --until 2000-01-01"}, {exitWrongUse, "patterns --kind strange"}, {exitWrongUse, "patterns --limit 0"},
		{exitWrongUse, "anomalies --limit 1001"}, {exitWrongUse, "anomalies --min-score 2"}, {exitWrongUse, "patterns x"},
		{exitWrongUse, "patterns --filter speaker="}, {exitWrongUse, "anomalies --filter length>x"}, {exitWrongUse, "patterns --since soon"},
	} {
		if r := nexus(t, c.code, append(strings.Fields(c.args), "--db", db)...); c.code != exitDone && r.out != "" {
			t.Errorf("%s prints %q", c.args, r.out)
		}
	}
}
