//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// badCase is a command line that must not work as it stands. In args, env and
// want, DB stands for the store and DIR for a directory of the case's own.
type badCase struct {
	name  string
	setup func(t *testing.T, dir string)
	call  invocation
	code  int
	want  []string // parts of standard error
	kept  int      // memories that are in the store afterwards; -1: there is no store
}

func badCases() []badCase {
	return append(badSources(), badQuestions()...)
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func badSources() []badCase {
	file := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, name), content) }
	}
	good := `{"key":"good","text":"a good record"}`
	return []badCase{
		{"no such file", nil, invocation{args: []string{"add", "DIR/none.jsonl"}}, 1, []string{"DIR/none.jsonl: no such file"}, -1},
		{"no such file among others", file("a.jsonl", good), invocation{args: []string{"add", "DIR/none.txt", "DIR/a.jsonl"}}, 1,
			[]string{"DIR/none.txt: no such file", "skipped 1 file,"}, 1},
		{"nothing given", nil, invocation{args: []string{"add"}}, 2, []string{"nothing to add"}, -1},
		{"empty directory", nil, invocation{args: []string{"add", "DIR"}}, 3, []string{"nothing to add"}, -1},
		{"directory without rights", func(t *testing.T, dir string) {
			writeFile(t, filepath.Join(dir, "a.txt"), "a text")
			writeFile(t, filepath.Join(dir, "closed/b.txt"), "another")
			chmod(t, filepath.Join(dir, "closed"), 0)
		}, invocation{args: []string{"add", "DIR"}, unprivileged: true}, 1, []string{"DIR/closed: permission denied", "1 file"}, 1},
		{"binary file", file("a.bin", "ELF\x00\x01"), invocation{args: []string{"add", "DIR/a.bin"}}, 1,
			[]string{"DIR/a.bin: binary, not text: byte 3 is NUL"}, 0},
		{"binary deep in a file", file("a.txt", strings.Repeat("some text. ", 200_000)+"\x00"), invocation{args: []string{"add", "DIR/a.txt"}}, 1,
			[]string{"byte 2200000 is NUL"}, 0},
		{"text in another encoding", file("a.txt", "caf\xe9 au lait"), invocation{args: []string{"add", "DIR/a.txt"}}, 1,
			[]string{"DIR/a.txt: not UTF-8 text: byte 3 is invalid"}, 0},
		{"UTF-16", file("a.txt", "\xff\xfea\x00"), invocation{args: []string{"add", "DIR/a.txt"}}, 1, []string{"UTF-16"}, 0},
		{"invalid UTF-8 in a record", file("a.jsonl", lines(good, "{\"text\":\"caf\xe9\"}")), invocation{args: []string{"add", "DIR/a.jsonl"}}, 1,
			[]string{"DIR/a.jsonl:2: invalid UTF-8 at byte 12"}, 1},
		{"malformed lines", file("a.jsonl", lines(good, `{"text":`, `[1]`, `{"text":""}`, `{"txet":"typing error"}`, `{"text":"another"}`, `{"text":1e5}`)),
			invocation{args: []string{"add", "DIR/a.jsonl"}}, 1,
			[]string{"DIR/a.jsonl:2: malformed JSON", "DIR/a.jsonl:3: JSON array", "DIR/a.jsonl:4: text is empty", "DIR/a.jsonl:5: no field \"text\" (it has: txet)", "skipped 4 lines,"}, 3},
		{"malformed last line", file("a.jsonl", good+"\n"+`{"text":"cut o`), invocation{args: []string{"add", "DIR/a.jsonl"}}, 1,
			[]string{"DIR/a.jsonl:2: malformed JSON"}, 1},
		{"wrong fields", file("a.jsonl", lines(good, `{"text":"x","time":"yesterday"}`, `{"text":"x","kind":"dream"}`, `{"text":"x","importance":2}`)),
			invocation{args: []string{"add", "DIR/a.jsonl"}}, 1, []string{"a.jsonl:2: time:", "a.jsonl:3: kind:", "a.jsonl:4: importance"}, 1},
		{"key taken", file("a.jsonl", lines(good, `{"key":"good","text":"other content"}`)), invocation{args: []string{"add", "--batch", "1", "DIR/a.jsonl"}}, 1,
			[]string{"DIR/a.jsonl:2:", `key "good" is taken`}, 1},
		{"vectors", file("a.jsonl", lines(`{"text":"x","vector":[1,0,0]}`, `{"text":"y","vector":[1,0]}`, `{"text":"z","vector":[NaN,1,0]}`, `{"text":"z","vector":[1e99,1,0]}`, `{"text":"z","vector":[0,0,0]}`)),
			invocation{args: []string{"add", "DIR/a.jsonl"}}, 1,
			[]string{"a.jsonl:2:", "vector has 2 numbers, this store's have 3", "a.jsonl:3: malformed JSON", "a.jsonl:4: vector: JSON number where a smaller number is wanted", "a.jsonl:5: vector: all numbers are zero"}, 1},
		{"standard input", nil, invocation{args: []string{"add", "-"}, in: strings.NewReader(lines(good, "nonsense"))}, 1, []string{"standard input:2: malformed"}, 1},
		{"text flags", nil, invocation{args: []string{"add", "--text", "x", "--time", "whenever"}}, 2, []string{"time: want RFC 3339"}, -1},
		{"format", nil, invocation{args: []string{"add", "--format", "xml", "-"}}, 2, []string{`--format is "xml"`}, -1},
		{"pieces of nothing", nil, invocation{args: []string{"add", "--chunk-tokens", "0", "-"}}, 2, []string{"--chunk-tokens is 0, want 1 to"}, -1},
		{"overlap", nil, invocation{args: []string{"add", "--chunk-overlap", "300", "-"}}, 2, []string{"--chunk-overlap is 300"}, -1},
		{"batch", nil, invocation{args: []string{"add", "--batch", "100000", "-"}}, 2, []string{"--batch is 100000, want 1 to 8192"}, -1},
		{"read-only directory", func(t *testing.T, dir string) { chmod(t, dir, 0o555) },
			invocation{args: []string{"add", "--db", "DIR/db", "--text", "x"}, unprivileged: true}, 1, []string{"read-only", "DIR/db"}, -1},
		{"a file where the store should be", file("db", "text"), invocation{args: []string{"add", "--db", "DIR/db", "--text", "x"}}, 1, []string{"DIR/db", "not a directory"}, -1},
		{"store that is no store", file("db/truth.db", strings.Repeat("no database ", 5000)), invocation{args: []string{"query", "--db", "DIR/db", "x"}}, 1, []string{"truth.db", "corrupt"}, -1},
	}
}

func badQuestions() []badCase {
	add := func(t *testing.T, dir string) {
		nexus(t, 0, "--db", filepath.Join(dir, "db"), "add", "--text", "Ann moved to Oslo", "--user", "ann")
	}
	query := func(args ...string) invocation {
		return invocation{args: append([]string{"query"}, args...)}
	}
	return []badCase{
		{"no question", add, query(), 2, []string{"the question is empty"}, 1},
		{"empty question", add, query(""), 2, []string{"the question is empty"}, 1},
		{"blank question", add, query(" \t"), 2, []string{"the question is empty"}, 1},
		{"question that is no text", add, query("\xff"), 2, []string{"invalid UTF-8 at byte 0"}, 1},
		{"endless question", add, query(strings.Repeat("x", 100_000)), 2, []string{"100000 bytes, more than 65536"}, 1},
		{"k of 0", add, query("-k", "0", "x"), 2, []string{"-k is 0, want 1 to 128"}, 1},
		{"k of -1", add, query("-k", "-1", "x"), 2, []string{"-k is -1"}, 1},
		{"k of 10000", add, query("-k", "10000", "x"), 2, []string{"-k is 10000, want 1 to 128"}, 1},
		{"k in words", add, query("-k", "ten", "x"), 2, []string{`-k is "ten", want a number`, "nexus query --help"}, 1},
		{"unknown intent", add, query("--intent", "vague", "x"), 2, []string{"want general, fact"}, 1},
		{"unknown engine", add, query("--engines", "psychic", "x"), 2, []string{`engine "psychic", want one of`}, 1},
		{"negative budget", add, query("--budget", "-1s", "x"), 2, []string{"negative"}, 1},
		{"boost in words", add, query("--boost", "text", "x"), 2, []string{`--boost is "text", want FIELD=NUMBER`}, 1},
		{"budget too short", add, query("--budget", "1ns", "Oslo"), 1, []string{"no engine was done within --budget 1ns"}, 1},
		{"restore to two", add, invocation{args: []string{"restore", "DIR/a", "DIR/b"}}, 2, []string{"2 arguments, want one: nexus restore BACKUP"}, 1},
		{"backup to nowhere", add, invocation{args: []string{"backup"}}, 2, []string{"0 arguments, want one: nexus backup "}, 1},
		{"scope without memories", add, query("--user", "bob", "Oslo"), 3, []string{"nothing found"}, 1},
		{"missing store", nil, query("x"), 3, []string{"no store in DB; create one with: nexus add --db DB"}, -1},
		{"missing store, get", nil, invocation{args: []string{"get", "1"}}, 3, []string{"no store in DB"}, -1},
		{"missing store, delete", nil, invocation{args: []string{"delete", "1"}}, 3, []string{"no store in DB"}, -1},
		{"missing store, compact", nil, invocation{args: []string{"compact"}}, 3, []string{"no store in DB"}, -1},
		{"year alone", add, query("--as-of", "2024", "x"), 2, []string{`--as-of is "2024", want RFC 3339`}, 1},
		{"text that is no text", add, invocation{args: []string{"add", "--text", "a\xff"}}, 2, []string{"text: invalid UTF-8 at byte 1"}, 1},
		{"speaker that is no text", add, invocation{args: []string{"add", "--text", "a", "--speaker", "\xff"}}, 2, []string{"speaker: invalid UTF-8"}, 1},
		{"missing memory", add, invocation{args: []string{"get", "7"}}, 3, []string{"no memory with ID 7"}, 1},
		{"ID in words", add, invocation{args: []string{"get", "seven"}}, 2, []string{`"seven" is no ID`}, 1},
		{"delete all unsaid", add, invocation{args: []string{"delete", "--user", "ann"}}, 2, []string{"deletes 1 memory; add --yes"}, 1},
		{"delete nothing named", add, invocation{args: []string{"delete"}}, 2, []string{"give either IDs"}, 1},
		{"export into nowhere", add, invocation{args: []string{"export", "DIR/none/out.jsonl"}}, 1, []string{"DIR/none/out.jsonl: no such file"}, 1},
		{"export over a directory", add, invocation{args: []string{"export", "DIR/full"}}, 1, []string{"DIR/full is a directory"}, 1},
		{"unknown verb", nil, invocation{args: []string{"frobnicate"}}, 2, []string{`no verb "frobnicate"`}, -1},
		{"mistyped verb", nil, invocation{args: []string{"qurey", "x"}}, 2, []string{`no verb "qurey"; did you mean query?`}, -1},
		{"no verb", nil, invocation{}, 2, []string{"no verb given", "Available Commands"}, -1},
		{"unknown flag", nil, invocation{args: []string{"stats", "--colour"}}, 2, []string{"unknown flag: --colour; see nexus stats --help"}, -1},
		{"argument too many", nil, invocation{args: []string{"stats", "x"}}, 2, []string{"nexus stats"}, -1},
		{"unknown CPU tier", add, invocation{args: []string{"query", "x"}, env: []string{"NEXUS_CPU=nonsense"}}, 1, []string{`NEXUS_CPU="nonsense" is not a tier`, "generic"}, 1},
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(path, 0o755) })
}

func TestBadInputIsNamedAndNothingElseIsLost(t *testing.T) {
	for _, c := range badCases() {
		t.Run(c.name, func(t *testing.T) {
			dir := directory(t)
			if c.call.unprivileged {
				giveAway(t, dir)
			}
			if c.name == "export over a directory" {
				writeFile(t, filepath.Join(dir, "full/x"), "")
			}
			if c.setup != nil {
				c.setup(t, dir)
			}
			db := filepath.Join(dir, "db")
			names := strings.NewReplacer("DIR", dir, "DB", db)
			call := c.call
			call.args = []string{"--db", db}
			for _, arg := range c.call.args {
				call.args = append(call.args, names.Replace(arg))
			}
			r := call.run(t)
			if r.code != c.code {
				t.Errorf("exit code %d, want %d", r.code, c.code)
			}
			for _, part := range c.want {
				if !strings.Contains(r.errOut, names.Replace(part)) {
					t.Errorf("standard error lacks %q", names.Replace(part))
				}
			}
			if t.Failed() {
				t.Logf("standard error:\n%s", r.errOut)
			}
			wantKept(t, db, c.kept)
		})
	}
}

// giveAway makes dir that of the user without rights, who can then create a
// store in it but not enter what the test closes.
func giveAway(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
}

// wantKept opens a store and wants it sound, with so many memories.
func wantKept(t *testing.T, dir string, want int) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, truthFile)); want < 0 {
		if err == nil {
			if _, err := engine.Open(dir, engine.Options{ReadOnly: true}); err == nil {
				t.Error("there is a store")
			}
		}
		return
	}
	db := openStore(t, dir)
	defer closeStore(t, db)
	stats, err := db.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if stats.Memories != uint64(want) {
		t.Errorf("%d memories are kept, want %d", stats.Memories, want)
	}
	wantSound(t, db)
}

func openStore(t *testing.T, dir string) *engine.DB {
	t.Helper()
	db, err := engine.Open(dir, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func closeStore(t *testing.T, db *engine.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func wantSound(t *testing.T, db *engine.DB) {
	t.Helper()
	report, err := db.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Faults) > 0 {
		t.Errorf("the store is not sound: %v", report.Faults)
	}
}

func TestErrorsAreObjectsForPrograms(t *testing.T) {
	type failure struct {
		Error struct{ Code, Message string }
	}
	for _, c := range []struct {
		args []string
		exit int
		code string
	}{
		{[]string{"--json", "query", "x"}, 3, "not found"},
		{[]string{"query", "-k", "0", "--json", "x"}, 2, "invalid"},
		{[]string{"stats", "--colour", "--json"}, 2, "invalid"},
		{[]string{"frobnicate", "--json"}, 2, "invalid"},
	} {
		r := nexus(t, c.exit, append(c.args, "--db", directory(t)+"/db")...)
		errs := parseLines[failure](t, r.errOut)
		if len(errs) != 1 || errs[0].Error.Code != c.code || errs[0].Error.Message == "" {
			t.Errorf("%v: standard error is %s", c.args, r.errOut)
		}
	}
}

// Errors of the engine say where it was when the signal came, which is of no use.
func TestASignalIsSaidInWords(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for err, want := range map[error]string{
		fmt.Errorf("segment: merge: %w", engine.ErrCancelled): "nexus: interrupted\n",
		fmt.Errorf("%w; 7 records kept", errInterrupted):      "nexus: interrupted; 7 records kept\n",
	} {
		var out strings.Builder
		if code := (&app{errOut: &out}).report(ctx, nil, err); code != exitInterrupted || out.String() != want {
			t.Errorf("%v: code %d, %q", err, code, out.String())
		}
	}
}

// TestSecondProcessIsLockedOut holds a store open by an add that waits for input.
func TestSecondProcessIsLockedOut(t *testing.T) {
	dir := directory(t)
	first := startAdd(t, dir, "--batch", "1")
	io.WriteString(first.in, `{"key":"first","text":"the first"}`+"\n")
	first.nextAck(t)
	for _, args := range [][]string{{"add", "--text", "x"}, {"query", "x"}, {"compact"}} {
		r := nexus(t, exitFailed, append(args, "--db", dir)...)
		if !strings.Contains(r.errOut, dir) || !strings.Contains(r.errOut, "is in use by another process") {
			t.Errorf("%v: standard error is %s", args, r.errOut)
		}
	}
	if r := nexus(t, exitDone, "doctor", "--json", "--db", dir); !strings.Contains(r.out, `"state":"in use"`) {
		t.Errorf("doctor says %s", r.out)
	}
	first.in.Close()
	if code := first.wait(t); code != exitDone {
		t.Errorf("the first ends with %d\n%s", code, first.errOut)
	}
	wantKept(t, dir, 1)
}

// TestEndlessLineIsSkippedInLittleMemory sends a line of 200 MB, between two
// good ones, through a pipe.
func TestEndlessLineIsSkippedInLittleMemory(t *testing.T) {
	const lineBytes, residentMax = 200 << 20, 150 << 20
	dir := directory(t)
	p := startAdd(t, dir)
	io.WriteString(p.in, `{"key":"before","text":"before it"}`+"\n"+`{"text":"`)
	block := bytes.Repeat([]byte("many words "), 1<<16)
	for sent := 0; sent < lineBytes; sent += len(block) {
		if _, err := p.in.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	io.WriteString(p.in, "\"}\n"+`{"key":"after","text":"after it"}`+"\n")
	resident := peakResident(t, p)
	p.in.Close()
	if code := p.wait(t); code != exitFailed || !strings.Contains(p.errOut.String(), "standard input:2: line has more than") {
		t.Errorf("exit code %d\n%s", code, p.errOut)
	}
	t.Logf("peak resident memory %d MiB", resident>>20)
	if resident > residentMax && !raceEnabled() {
		t.Errorf("peak resident memory is %d bytes, want at most %d", resident, residentMax)
	}
	wantKept(t, dir, 2)
}

// peakResident returns the highest memory use so far of a program that runs.
func peakResident(t *testing.T, p *adding) uint64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Logf("no peak memory use here: %v", err)
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// TestFullDiskKeepsWhatWasAcknowledged lets the disk run full in the middle of
// an add: by a limit on the size of files, and on a small file system where the
// test may mount one.
func TestFullDiskKeepsWhatWasAcknowledged(t *testing.T) {
	const diskBytes = 4 << 20
	t.Run("limited files", func(t *testing.T) {
		dir := directory(t)
		acks := fillDisk(t, invocation{fileBytes: diskBytes}, dir)
		wantAll(t, dir, acks)
	})
	t.Run("small file system", func(t *testing.T) {
		small, large := directory(t), directory(t)
		if err := mountSmall(small, diskBytes); err != nil {
			t.Logf("not tried: no small file system can be mounted here (%v)", err)
			return
		}
		t.Cleanup(func() { unmount(small) })
		acks := fillDisk(t, invocation{}, small+"/db")
		wantAll(t, small+"/db", acks) // a full disk does not keep a store from opening
		if err := os.CopyFS(large+"/db", os.DirFS(small+"/db")); err != nil {
			t.Fatal(err)
		}
		wantAll(t, large+"/db", acks)
		r := invocation{args: []string{"add", "--db", large + "/db", "--acks", "-"}, in: &recordStream{count: fillRecords}}.run(t)
		if r.code != exitDone {
			t.Errorf("adding all again, with space: exit code %d\n%s", r.code, r.errOut)
		}
		wantKept(t, large+"/db", fillRecords)
	})
}

// fillRecords are more than a disk of the test's size holds.
const fillRecords = 60_000

// fillDisk adds until there is no space and returns what was acknowledged.
func fillDisk(t *testing.T, call invocation, dir string) []ack {
	t.Helper()
	call.args = []string{"add", "--db", dir, "--acks", "--batch", "100", "-"}
	call.in = &recordStream{count: fillRecords}
	r := call.run(t)
	if r.code != exitFailed || !strings.Contains(r.errOut, "no space") || !strings.Contains(r.errOut, "before it kept") {
		t.Errorf("exit code %d\n%s", r.code, r.errOut)
	}
	acks := parseLines[ack](t, r.out)
	if len(acks) < 100 || len(acks) == fillRecords {
		t.Fatalf("%d records were acknowledged; the disk is not of the right size for this test\n%s", len(acks), r.errOut)
	}
	return acks
}

func wantAll(t *testing.T, dir string, acks []ack) {
	t.Helper()
	db := openStore(t, dir)
	defer db.Close() // may not find space for a segment file, which loses nothing
	wantAcked(t, db, acks)
	wantSound(t, db)
}
