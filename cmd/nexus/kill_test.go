//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

var (
	killSeed   = flag.Uint64("kill-seed", 0, "seed of the kill test; 0 takes the time")
	killRounds = flag.Int("kill-rounds", 50, "kills of the kill test")
)

// recordStream yields generated JSON lines, from record number start on.
type recordStream struct {
	start, count int
	pending      []byte
}

func (s *recordStream) Read(p []byte) (int, error) {
	for len(s.pending) < len(p) && s.count > 0 {
		s.pending = append(s.pending, recordLine(s.start)...)
		s.start++
		s.count--
	}
	if len(s.pending) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pending)
	s.pending = s.pending[n:]
	return n, nil
}

func recordKey(n int) string { return fmt.Sprintf("k%d", n) }

// recordWord is in one record alone.
func recordWord(n int) string { return fmt.Sprintf("word%dz", n) }

func recordText(n int) string {
	return fmt.Sprintf("In round %d somebody said %s about subject %d and nobody objected.", n/killRecords, recordWord(n), n%97)
}

func recordLine(n int) string {
	return fmt.Sprintf(`{"key":%q,"text":%q,"session":"s%d","speaker":"p%d"}`+"\n", recordKey(n), recordText(n), n/50, n%3)
}

// adding is a running add --acks that reads from in.
type adding struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errOut *bytes.Buffer
}

func startAdd(t *testing.T, dir string, args ...string) *adding {
	t.Helper()
	p := &adding{errOut: &bytes.Buffer{}}
	p.cmd = invocation{args: append([]string{"add", "--db", dir, "--acks", "-"}, args...)}.command()
	p.cmd.Stderr = p.errOut
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReaderSize(out, 64<<10)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(deadline, func() { p.cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop(); p.cmd.Process.Kill() })
	return p
}

// nextAck returns the next whole ack, and false where there are no more: a line
// that a kill cut off was not given.
func (p *adding) nextAck(t *testing.T) (a ack, ok bool) {
	t.Helper()
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return a, false
	}
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatalf("ack: %v\n%s", err, line)
	}
	return a, true
}

func (p *adding) allAcks(t *testing.T) (list []ack) {
	t.Helper()
	for a, ok := p.nextAck(t); ok; a, ok = p.nextAck(t) {
		list = append(list, a)
	}
	return list
}

func (p *adding) wait(t *testing.T) int {
	t.Helper()
	p.cmd.Wait()
	noTrace(t, p.errOut.String())
	return p.cmd.ProcessState.ExitCode()
}

// wantAcked wants every acknowledged record under its key and ID, and as the
// answer to its own word.
func wantAcked(t *testing.T, db *engine.DB, acks []ack) {
	t.Helper()
	ctx := context.Background()
	for _, a := range acks {
		var n int
		if _, err := fmt.Sscanf(a.Key, "k%d", &n); err != nil {
			t.Fatalf("ack of key %q", a.Key)
		}
		m, err := db.GetByKey(ctx, "", a.Key)
		if err != nil || m.ID != a.ID || m.Text != recordText(n) {
			t.Fatalf("%s was acknowledged as %d: %v, it has ID %d", a.Key, a.ID, err, m.ID)
		}
		answer, err := db.Query(ctx, engine.Query{Text: recordWord(n), K: 1, Engines: []string{"lexical"}})
		if err != nil || len(answer.Hits) == 0 || answer.Hits[0].ID != a.ID {
			t.Fatalf("%s was acknowledged as %d, its word %s finds %+v, %v", a.Key, a.ID, recordWord(n), answer, err)
		}
	}
}

const (
	killRecords = 20_000 // fed to each add
	// killsEach stores are killed again and again, then checked as a whole and
	// left: so the store grows, but no round takes long.
	killsEach = 5
)

// TestKilledAddLosesNothingAcknowledged kills an add at a random moment, again
// and again. Between two kills every acknowledged record has to be there.
func TestKilledAddLosesNothingAcknowledged(t *testing.T) {
	seed, rounds := *killSeed, *killRounds
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	if testing.Short() {
		rounds = min(rounds, killsEach)
	}
	t.Logf("-kill-seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for first := 0; first < rounds; first += killsEach {
		dir, total := directory(t), 0
		var all []ack
		for round := range killsEach {
			acks := killOnce(t, dir, round, random)
			total += len(acks)
			all = append(all, acks...)
			db := openStore(t, dir)
			wantAcked(t, db, acks)
			wantSound(t, db)
			closeStore(t, db)
		}
		wantWhole(t, dir, all)
		t.Logf("rounds %d to %d: %d records acknowledged", first, first+killsEach-1, total)
	}
}

// killOnce feeds one round's records and kills the program after a random
// number of acks and a random moment more; acks that were on their way count.
func killOnce(t *testing.T, dir string, round int, random *rand.Rand) []ack {
	t.Helper()
	batch := []int{1 + random.IntN(50), 512, 2048}[random.IntN(3)]
	p := startAdd(t, dir, "--batch", fmt.Sprint(batch))
	go func() {
		io.Copy(p.in, &recordStream{start: round * killRecords, count: killRecords})
		p.in.Close()
	}()
	var acks []ack
	for range random.IntN(min(killRecords, 40*batch)) {
		a, ok := p.nextAck(t)
		if !ok {
			break
		}
		acks = append(acks, a)
	}
	time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
	p.cmd.Process.Kill()
	acks = append(acks, p.allAcks(t)...)
	if code := p.wait(t); code > 0 {
		t.Fatalf("add failed before it was killed: %s", p.errOut)
	}
	return acks
}

// wantWhole wants a store with all that was acknowledged over its life, and
// nothing that was not sent.
func wantWhole(t *testing.T, dir string, acks []ack) {
	t.Helper()
	db := openStore(t, dir)
	defer closeStore(t, db)
	seen := map[string]engine.ID{}
	for m, err := range db.List(context.Background(), engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if _, err := fmt.Sscanf(m.Key, "k%d", &n); err != nil || m.Text != recordText(n) || seen[m.Key] != 0 {
			t.Fatalf("memory %d with key %q is not what was sent, or twice there", m.ID, m.Key)
		}
		seen[m.Key] = m.ID
	}
	for _, a := range acks {
		if seen[a.Key] != a.ID {
			t.Fatalf("%s was acknowledged as %d and is %d", a.Key, a.ID, seen[a.Key])
		}
	}
}

// TestKilledAddResumes kills an add and runs it again: nothing is there twice.
func TestKilledAddResumes(t *testing.T) {
	dir, file := directory(t), ""
	var content strings.Builder
	for n := range 5000 {
		content.WriteString(strings.Replace(recordLine(n), `"key"`, `"label"`, 1)) // no keys: they come of --line-keys
	}
	file = writeFile(t, directory(t)+"/records.jsonl", content.String())
	p := startAdd(t, dir, "--batch", "64", "--line-keys", file)
	p.in.Close()
	for range 1000 {
		p.nextAck(t)
	}
	p.cmd.Process.Kill()
	p.allAcks(t)
	p.wait(t)
	nexus(t, exitDone, "add", "--db", dir, "--line-keys", file)
	wantKept(t, dir, 5000)
	r := nexus(t, exitDone, "add", "--db", dir, "--line-keys", "--json", file)
	if reports := parseLines[intakeReport](t, r.out); reports[0].Added != 0 || reports[0].Present != 5000 {
		t.Errorf("adding it again says %s", r.out)
	}
}

// TestSignalEndsAnAddInOrder interrupts an add that reads without end, and one
// that waits for input.
func TestSignalEndsAnAddInOrder(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := directory(t)
			p := startAdd(t, dir)
			go io.Copy(p.in, &recordStream{count: 1 << 30})
			first, _ := p.nextAck(t)
			p.cmd.Process.Signal(signal)
			acks := append([]ack{first}, p.allAcks(t)...)
			code := p.wait(t)
			want := fmt.Sprintf("nexus: interrupted; %d records kept\n", len(acks))
			if code != exitInterrupted || !strings.HasSuffix(p.errOut.String(), want) {
				t.Errorf("exit code %d, %d acks\n%s", code, len(acks), p.errOut)
			}
			db := openStore(t, dir)
			wantAcked(t, db, acks)
			closeStore(t, db)
			wantKept(t, dir, len(acks))
		})
	}
	t.Run("waiting", func(t *testing.T) {
		dir := directory(t)
		p := startAdd(t, dir, "--batch", "2")
		io.WriteString(p.in, recordLine(0)+recordLine(1)+recordLine(2)+`{"text":"cut o`)
		acks := make([]ack, 2)
		for i := range acks {
			acks[i], _ = p.nextAck(t)
		}
		p.cmd.Process.Signal(syscall.SIGINT)
		acks = append(acks, p.allAcks(t)...) // the third was read and is committed
		if code := p.wait(t); code != exitInterrupted || len(acks) != 3 {
			t.Errorf("exit code %d, %d acks\n%s", code, len(acks), p.errOut)
		}
		wantKept(t, dir, 3)
	})
	t.Run("waiting for a pipe to open", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe.jsonl")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		p := startAdd(t, directory(t), pipe)
		io.WriteString(p.in, recordLine(0))
		p.in.Close()
		p.nextAck(t) // of standard input, which comes first
		p.cmd.Process.Signal(syscall.SIGINT)
		if code := p.wait(t); code != exitInterrupted || !strings.HasSuffix(p.errOut.String(), "nexus: interrupted; 1 record kept\n") {
			t.Errorf("exit code %d\n%s", code, p.errOut)
		}
	})
}
