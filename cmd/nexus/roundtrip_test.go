//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine/chunk"
)

// recordsOfEveryKind are lines that use every field of the format.
const recordsOfEveryKind = `{"key":"a","text":"Ann moved to Oslo in May.","time":"2024-05-31T18:00:00Z","speaker":"Ann","session":"s1","user":"ann","agent":"bot","kind":"semantic","importance":0.75}
{"id":"b","text":"Zwölf Boxkämpfer 走る \"quoted\" \\ line\nend\ttab <b>&","conv":"bob","tenant":"other","meta":{"n":1.5,"s":"x","b":true,"l":["p","q"]},"colour":"red"}
{"text":"no key, Unix seconds","time":1717178400,"session":"s1","user":"ann"}
{"text":"cut from a document","source":"doc.md","start":10,"end":29}
{"text":"no key, Unix seconds","time":1717178400.25,"session":"s1","user":"ann"}
`

func TestExportImportExportChangesNothing(t *testing.T) {
	vectors := `{"key":"v1","text":"with a vector","vector":[0.1,-2.5e-7,3]}
{"key":"v2","text":"without one"}
{"key":"v3","text":"another","vector":[1,0,1e20]}
`
	for name, records := range map[string]string{"texts": recordsOfEveryKind, "vectors": vectors} {
		t.Run(name, func(t *testing.T) {
			dir := directory(t)
			file := writeFile(t, dir+"/in.jsonl", records)
			nexus(t, exitDone, "add", "--db", dir+"/1", file)
			nexus(t, exitDone, "export", "--db", dir+"/1", dir+"/1.jsonl")
			nexus(t, exitDone, "import", "--db", dir+"/2", dir+"/1.jsonl")
			first, second := readRecords(t, dir+"/1.jsonl"), nexus(t, exitDone, "export", "--db", dir+"/2").out
			if again := withoutIDs(parseLines[map[string]any](t, second)); !reflect.DeepEqual(first, again) {
				t.Errorf("first export:\n%v\nsecond:\n%v", first, again)
			}
			if len(first) != strings.Count(records, "\n") {
				t.Errorf("%d records of %d", len(first), strings.Count(records, "\n"))
			}
		})
	}
}

func readRecords(t *testing.T, path string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return withoutIDs(parseLines[map[string]any](t, string(content)))
}

// withoutIDs takes away what a store gives anew.
func withoutIDs(records []map[string]any) []map[string]any {
	for _, r := range records {
		delete(r, "id")
		delete(r, "ingested")
	}
	return records
}

func TestTextFilesBecomePiecesWithTheirPlace(t *testing.T) {
	dir := directory(t)
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "Sentence number %d tells of word%dz and its friends.\n", i, i)
	}
	path := writeFile(t, dir+"/notes/a.md", text.String())
	writeFile(t, dir+"/notes/.hidden.md", "not this")
	writeFile(t, dir+"/notes/.git/b.md", "nor this")
	writeFile(t, dir+"/notes/c.json", `{"text":"nor this"}`)
	writeFile(t, dir+"/notes/d.go", "nor this")
	r := nexus(t, exitDone, "add", "--db", dir+"/db", "--user", "ann", "--acks", "--json", dir+"/notes")
	acks := parseLines[ack](t, r.out)
	if len(acks) < 5 || acks[0].File != path || acks[0].Line != 1 || acks[0].Key != path+"#0" || acks[1].Line < 5 {
		t.Fatalf("acks %+v", acks)
	}

	type hit struct {
		Hits []struct {
			Text, Source, User, Time string
			Start, End               int
		}
	}
	q := parseLines[hit](t, nexus(t, exitDone, "query", "--db", dir+"/db", "--json", "--user", "ann", "word150z").out)[0].Hits[0]
	if q.Source != path || q.Text != text.String()[q.Start:q.End] || !strings.Contains(q.Text, "word150z") || q.Time == "" {
		t.Errorf("hit %+v", q)
	}

	touched := strings.Replace(text.String(), "number 299", "number CHANGED", 1)
	writeFile(t, path, touched) // its date has changed for all pieces, its text for the last
	r = nexus(t, exitFailed, "add", "--db", dir+"/db", "--user", "ann", dir+"/notes")
	if !strings.Contains(r.errOut, "other content; run: nexus delete --source "+path) || !strings.Contains(r.errOut, "skipped 1 line,") {
		t.Errorf("adding it changed says %s", r.errOut)
	}
	wantKept(t, dir+"/db", len(acks))
}

// TestWindowsCutLikeTheWhole holds the cutter to the pieces of a text in one go.
func TestWindowsCutLikeTheWhole(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < 3*windowBytes; i++ {
		fmt.Fprintf(&text, "Satz %d über die Größe von 世界 und mehr. ", i)
		if i%7 == 0 {
			text.WriteString("\n\n")
		}
	}
	o := chunk.Options{Tokens: 100, Overlap: 10}
	c := cutter{r: strings.NewReader(text.String()), options: o, line: 1}
	whole, err := chunk.Split(nil, text.String(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range whole {
		p, err := c.next()
		wantLine := 1 + strings.Count(text.String()[:want.Start], "\n")
		if err != nil || int(p.start) != want.Start || p.text != text.String()[want.Start:want.End] || p.line != wantLine {
			t.Fatalf("piece %d of %d: starts at %d, line %d, want %d, %d; %v", i, len(whole), p.start, p.line, want.Start, wantLine, err)
		}
	}
	if p, err := c.next(); err != io.EOF {
		t.Errorf("behind the end: %+v, %v", p, err)
	}
}

func TestCheckTextFindsTheByte(t *testing.T) {
	for _, c := range []struct {
		block string
		last  bool
		valid int
		err   string
	}{
		{"", true, 0, ""},
		{"grün", true, 5, ""},
		{"gr\xc3", false, 2, ""},
		{"gr\xc3", true, 0, "byte 102 is invalid"},
		{"a\xffb", false, 0, "byte 101 is invalid"},
		{"\xe4\xb8", false, 0, ""},
		{"ab\x00", true, 0, "byte 102 is NUL"},
	} {
		valid, err := checkText([]byte(c.block), 100, c.last)
		if valid != c.valid || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: %d, %v", c.block, valid, err)
		}
	}
}

func TestEveryVerbAnswersInJSON(t *testing.T) {
	dir := directory(t)
	file := writeFile(t, dir+"/in.jsonl", recordsOfEveryKind)
	db := "--db=" + dir + "/db"
	for _, args := range [][]string{
		{"add", file}, {"add", "--acks", file}, {"add", "--text", "hello"}, {"import", file},
		{"query", "Oslo"}, {"query", "--explain", "--intent", "fact", "--engines", "lexical,vector", "--budget", "5s", "Oslo"},
		{"query", "--engines", "lexical", "--single-engine", "Oslo"},
		{"get", "1"}, {"get", "--key", "a"}, {"get", "--key", "b", "--tenant", "other"}, {"list"}, {"list", "--limit", "1", "--after", "1"},
		{"stats"}, {"verify"}, {"doctor"}, {"version"}, {"export"}, {"export", dir + "/out.jsonl"},
		{"delete", "--key", "a"}, {"delete", "--user", "ann", "--yes"}, {"compact"},
		{"backup", dir + "/backup"}, {"migrate", "--status"}, {"migrate"},
	} {
		r := nexus(t, exitDone, append(args, "--json", db)...)
		if objects := parseLines[map[string]any](t, r.out); len(objects) == 0 {
			t.Errorf("nexus %v --json prints nothing", args)
		}
		if human := nexus(t, exitDone, append(humanAgain(args), db)...); human.out == "" {
			t.Errorf("nexus %v prints nothing", args)
		}
	}
}

func TestABackupRestoresToTheSameRecords(t *testing.T) {
	dir := directory(t)
	file := writeFile(t, dir+"/in.jsonl", recordsOfEveryKind)
	nexus(t, exitDone, "add", "--db", dir+"/db", file)
	nexus(t, exitDone, "backup", "--db", dir+"/db", dir+"/backup")
	r := nexus(t, exitDone, "restore", "--json", "--db", dir+"/new", dir+"/backup")
	if got := parseLines[struct{ Memories int }](t, r.out); len(got) != 1 || got[0].Memories != 5 {
		t.Errorf("restore prints %s", r.out)
	}
	if a, b := nexus(t, exitDone, "export", "--db", dir+"/db").out, nexus(t, exitDone, "export", "--db", dir+"/new").out; a != b {
		t.Errorf("the store has\n%s, its restored backup\n%s", a, b)
	}
	nexus(t, exitFailed, "restore", "--db", dir+"/db", dir+"/backup") // there is a store
	nexus(t, exitFailed, "restore", "--db", dir+"/other", dir+"/db")  // that is no backup
	nexus(t, exitWrongUse, "restore", "--db", dir+"/other")
	nexus(t, exitFailed, "migrate", "--rollback", "--db", dir+"/db") // nothing to go back to
	nexus(t, exitWrongUse, "migrate", "--force", "--db", dir+"/db")
}

// humanAgain replaces a verb that cannot be done twice by one that can.
func humanAgain(args []string) []string {
	if args[0] == "delete" || args[0] == "backup" {
		return []string{"stats"}
	}
	return args
}

func TestAnswerHasItsFields(t *testing.T) {
	dir := directory(t)
	nexus(t, exitDone, "add", "--db", dir, writeFile(t, directory(t)+"/in.jsonl", recordsOfEveryKind))
	r := nexus(t, exitDone, "query", "--db", dir, "--json", "-k", "1", "Oslo")
	var answer struct {
		Hits []map[string]json.RawMessage
		Took *int64 `json:"took_us"`
	}
	if err := json.Unmarshal([]byte(r.out), &answer); err != nil || len(answer.Hits) != 1 || answer.Took == nil {
		t.Fatalf("%v\n%s", err, r.out)
	}
	for name, want := range map[string]string{
		"rank": "1", "id": "1", "key": `"a"`, "speaker": `"Ann"`, "session": `"s1"`, "time": `"2024-05-31T18:00:00Z"`,
		"text": `"Ann moved to Oslo in May."`, "duplicates": "[]",
	} {
		if got := string(answer.Hits[0][name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	r = nexus(t, exitNothing, "query", "--db", dir, "--json", "--user", "nobody", "Oslo")
	if !strings.HasPrefix(r.out, `{"hits":[],`) || !strings.Contains(r.errOut, `"not found"`) {
		t.Errorf("an empty answer is %s%s", r.out, r.errOut)
	}
}

func TestExcerptShowsWhatWasAskedFor(t *testing.T) {
	long := strings.Repeat("filler ", 200) + "the Invoice, of May " + strings.Repeat("filler ", 50)
	for _, c := range []struct{ text, question, want string }{
		{"short text", "invoice", "short text"},
		{long, "nothing of it", long},
		{"invoice " + long, "which invoice?", "invoice " + long},
		{long, "which invoice?", "… " + strings.Repeat("filler ", wordsBefore-1) + "the Invoice, of May"},
	} {
		if got := excerpt(c.text, c.question, 500); !strings.HasPrefix(got, c.want) {
			t.Errorf("%q gives %.80q, want %.80q", c.question, got, c.want)
		}
	}
}

// TestStoredTextCannotCommandTheTerminal wants escape sequences disarmed.
func TestStoredTextCannotCommandTheTerminal(t *testing.T) {
	dir := directory(t)
	nexus(t, exitDone, "add", "--db", dir, "--text", "red \x1b[31malert\x1b]0;title\x07 \u009b2J", "--speaker", "\x1b[1mEve")
	for _, args := range [][]string{{"query", "alert"}, {"list"}, {"get", "1"}} {
		if r := nexus(t, exitDone, append(args, "--db", dir)...); strings.ContainsAny(r.out, "\x1b\x07\u009b") {
			t.Errorf("%v prints %q", args, r.out)
		}
	}
}

func TestEveryVerbHasHelpWithAnExample(t *testing.T) {
	root := newRootCommand(&app{})
	for _, c := range append(root.Commands(), root) {
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		r := nexus(t, exitDone, args...)
		if !strings.Contains(r.out, "Examples:\n  nexus ") {
			t.Errorf("nexus %v has no example:\n%s", args, r.out)
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.Name(), c.Short)
		}
	}
}

func TestEveryShellHasACompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := nexus(t, exitDone, "completion", shell); len(r.out) < 1000 || !strings.Contains(r.out, "nexus") {
			t.Errorf("%s: %d bytes", shell, len(r.out))
		}
		if r := nexus(t, exitDone, "completion", shell, "--help"); !strings.Contains(r.out, "nexus completion "+shell) {
			t.Errorf("%s has no example", shell)
		}
	}
	if r := nexus(t, exitDone, cobra.ShellCompRequestCmd, "que"); !strings.HasPrefix(r.out, "query\t") {
		t.Errorf("que completes to %s", r.out)
	}
}

func TestTheStoreIsFlagThenEnvironmentThenDefault(t *testing.T) {
	dir := directory(t)
	invocation{args: []string{"add", "--text", "x"}, env: []string{"NEXUS_DB=" + dir + "/env"}}.run(t)
	wantKept(t, dir+"/env", 1)
	invocation{args: []string{"add", "--text", "x", "--db", dir + "/flag"}, env: []string{"NEXUS_DB=" + dir + "/env"}}.run(t)
	wantKept(t, dir+"/flag", 1)
	nexus(t, exitDone, "add", "--text", "x")
	wantKept(t, filepath.Join(shared, defaultDirectory), 1)
}

// TestAChangedFileIsReplacedByItsSource follows the advice that adding it gives.
func TestAChangedFileIsReplacedByItsSource(t *testing.T) {
	dir := directory(t)
	db, path := dir+"/db", dir+"/a.md"
	writeFile(t, path, "the old words")
	nexus(t, exitDone, "add", "--db", db, path)
	nexus(t, exitDone, "add", "--db", db, "--text", "of no file")
	writeFile(t, path, "the new words")
	if r := nexus(t, exitFailed, "add", "--db", db, path); !strings.Contains(r.errOut, "run: nexus delete --source "+path) {
		t.Errorf("advice: %s", r.errOut)
	}
	nexus(t, exitWrongUse, "delete", "--db", db, "--source", path) // without --yes
	nexus(t, exitDone, "delete", "--db", db, "--source", path, "--yes")
	nexus(t, exitDone, "add", "--db", db, path)
	if r := nexus(t, exitDone, "list", "--db", db); !strings.Contains(r.out, "new words") || strings.Contains(r.out, "old words") || !strings.Contains(r.out, "of no file") {
		t.Errorf("list: %s", r.out)
	}
}

func TestWrongGuessesAreAnswered(t *testing.T) {
	for args, want := range map[string]string{
		"search x": "query", "rm 1": "delete", "init": "add", "query --limit 3 x": "-k", "query --budget 5 x": "5ms", "completion ksh": "bash",
		"add --chunk-tokens 60 --chunk-overlap 40 x": "want 0 to 15",
	} {
		if r := nexus(t, exitWrongUse, strings.Fields(args)...); !strings.Contains(r.errOut, want) {
			t.Errorf("%s: %s", args, r.errOut)
		}
	}
	if r := nexus(t, exitDone, "--version"); !strings.Contains(r.out, "nexus") {
		t.Errorf("version: %s", r.out)
	}
	dir := directory(t)
	nexus(t, exitDone, "add", "--db", dir, "--chunk-tokens", "60", "--text", "words enough")
	if r := nexus(t, exitNothing, "query", "--db", dir, "xqlophone"); !strings.Contains(r.errOut, "no word of the question occurs") {
		t.Errorf("nonsense: %s", r.errOut)
	}
	if r := nexus(t, exitNothing, "query", "--db", dir, "--user", "nobody", "words"); !strings.Contains(r.errOut, "1 memory outside") {
		t.Errorf("scope: %s", r.errOut)
	}
}
