package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the program where it is its own child.
func TestMain(m *testing.M) {
	if os.Getenv(testedProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestCountedCalls reads what strace -c writes, with and without errors.
func TestCountedCalls(t *testing.T) {
	const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.00    0.090000         450       200           fdatasync
 10.00    0.010000         100       100         3 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.100000         333       300         3 total
`
	if n, err := countedCalls(table); n != 300 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	for _, bad := range []string{"", "90.00 0.09 450 many fsync"} {
		if _, err := countedCalls(bad); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

// TestQuickRun runs every kind at a small size: each checks its own answers.
func TestQuickRun(t *testing.T) {
	var out, progress bytes.Buffer
	record := t.TempDir()
	for _, only := range []string{"", "durable,open"} {
		if err := run(t.Context(), []string{"--quick", "--only", only, "--dir", t.TempDir(), "--record", record}, &out, &progress); err != nil {
			t.Fatalf("%v\n%s", err, &progress)
		}
	}
	for _, want := range []string{"dot_scan_i8 p50", "64 writers x 1 rate", "fused, GOMAXPROCS 1 p99.9", "allocations/query", "p99 under full ingest over idle", "64 writers, records/s >= 50000", "single add over a bbolt commit", "open until the first answer"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q", want)
		}
	}
	if left, _ := os.ReadDir(record); len(left) > 0 {
		t.Error("a smoke run was recorded")
	}
}

// TestBars: a bar tells its value and whether it is met, at the limit as well.
func TestBars(t *testing.T) {
	b := newBook([]string{"bench"})
	b.atMost("d", "x", 2, 2)
	b.atMost("d", "x", 2.1, 2)
	b.atLeast("d", "y", 2, 2)
	b.atLeast("d", "y", 1.9, 2)
	for i, want := range []string{"bar x <= 2: met", "bar x <= 2: MISSED", "bar y >= 2: met", "bar y >= 2: MISSED"} {
		if b.rows[i].metric != want {
			t.Errorf("%q, want %q", b.rows[i].metric, want)
		}
	}
}

func TestUnknownKindIsRefused(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--only", "nothing"}, &out, &out); err == nil {
		t.Error("no error")
	}
}

// TestBookRoundTrip: what a child process writes is what its parent reads, and
// a second run of a day is appended below one heading.
func TestBookRoundTrip(t *testing.T) {
	a, b := newBook([]string{"bench"}), newBook([]string{"bench"})
	a.times("a, \"b\"", "x", []time.Duration{3000, 1000, 2000})
	var lines bytes.Buffer
	if err := a.writeCSV(&lines); err != nil {
		t.Fatal(err)
	}
	if err := b.readCSV(&lines); err != nil || len(b.rows) != 3 || b.rows[0] != a.rows[0] || b.rows[0].value != 2 {
		t.Fatalf("%v: read %+v, wrote %+v", err, b.rows, a.rows)
	}
	dir := t.TempDir()
	var path string
	for range 2 {
		var err error
		if path, err = a.save(dir, ""); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || bytes.Count(data, []byte("\n")) != 7 || bytes.Count(data, []byte("date,cpu,tier")) != 1 {
		t.Errorf("%v: %s", err, data)
	}
}

func TestGeneratedTextsAreTheSame(t *testing.T) {
	a, b := newGenerator(1).memories(50), newGenerator(1).memories(50)
	for i := range a {
		if a[i].Text != b[i].Text {
			t.Fatalf("memory %d differs", i)
		}
		if n := len(strings.Fields(a[i].Text)); n < wordsMin || n > wordsMax {
			t.Errorf("memory %d has %d words", i, n)
		}
	}
}

func TestMadeTurnsWeighWhatTheirSourcesWeigh(t *testing.T) {
	of := withVectors(newGenerator(1).memories(20), 2)
	var texts [2]string
	for i := range texts {
		random := newRandom(31)
		for n := 20; n < 60; n++ {
			m, source := grown(random, of, n), of[n%20]
			if len(strings.Fields(m.Text)) != len(strings.Fields(source.Text)) || m.Session == source.Session || !m.EventTime.After(source.EventTime) || m.Vector[0] == source.Vector[0] {
				t.Fatalf("%+v is made of %+v", m, source)
			}
			texts[i] += m.Text
		}
	}
	if texts[0] != texts[1] {
		t.Error("another run makes other turns")
	}
}
