// Package contest lets parties do the same work on the same data, each in processes of
// its own, and judges what they bring: answers, times and sizes.
//
// A party's process writes Lines to its standard output, one JSON object each. It times
// single calls and leaves the answers as they are; what they are worth, which setting is
// best and whether a bar is met is worked out here, the same way for everybody. Own
// parties run first and once more last, so that a drift of the machine meets both sides;
// a figure is the mean of a party's runs.
//
// Linux only: processor affinity, CLOCK_PROCESS_CPUTIME_ID, /proc.
package contest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Value is one figure and its unit.
type Value struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Line is what a party says of one step.
type Line struct {
	Party   string           `json:"party"`   // "" = the name it was started by
	Version string           `json:"version"` // of the peer's package
	Step    string           `json:"step"`    // "build", "search"
	Param   string           `json:"param"`   // the setting, "" = the only one
	Note    string           `json:"note"`
	Values  map[string]Value `json:"values"`
	// Answers is a file of int64: Width of them for each question, -1 where there are
	// fewer. Scores, where a party tells them, is a file of float64 beside it.
	Answers string `json:"answers"`
	Scores  string `json:"scores"`
	Width   int    `json:"width"`
	// Times is a file of float64 microseconds: question by question in each of Passes.
	Times  string `json:"times"`
	Passes int    `json:"passes"`

	Set    string `json:"-"` // the data, set by the driver
	Failed string `json:"-"` // why the party stopped, "" = it did not
}

// Party is somebody who takes part: commands that run one after the other.
type Party struct {
	Name     string
	Own      bool
	Commands [][]string
}

// Runner starts parties.
type Runner struct {
	CPU    int       // processor that they stay on, -1 = any
	Folder string    // where they leave files
	Stderr io.Writer // progress
	// Limit is how long one process may take, 0 = for ever. A party that hangs is ended;
	// what it said until then counts.
	Limit time.Duration
}

// Order is the parties as they run: own ones, peers, own ones again.
func Order(parties []Party) []Party {
	var order []Party
	for _, own := range []bool{true, false, true} {
		for _, p := range parties {
			if p.Own == own {
				order = append(order, p)
			}
		}
	}
	return order
}

// Run runs the parties on a set and returns their lines. A party that fails gives a line
// that says so and the others go on; the error is the context's.
func (r *Runner) Run(ctx context.Context, set string, parties []Party) ([]Line, error) {
	var lines []Line
	for _, p := range Order(parties) {
		r.Say("%s: %s", set, p.Name)
		for _, command := range p.Commands {
			said, err := r.command(ctx, command)
			if ctx.Err() != nil {
				return lines, ctx.Err()
			}
			if err != nil {
				said = append(said, Line{Failed: err.Error()})
				r.Say("%s: %s: %v", set, p.Name, err)
			}
			for i := range said {
				said[i].Set = set
				if said[i].Party == "" {
					said[i].Party = p.Name
				}
			}
			lines = append(lines, said...)
			if err != nil {
				break
			}
		}
	}
	return lines, nil
}

// Say writes a line of progress.
func (r *Runner) Say(format string, args ...any) { fmt.Fprintf(r.Stderr, format+"\n", args...) }

// command runs one process to its end and reads its lines. The process leads a group, so
// that whatever it starts ends with it.
func (r *Runner) command(ctx context.Context, command []string) ([]Line, error) {
	if r.Limit > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, r.Limit, fmt.Errorf("it was ended after %v", r.Limit))
		defer done()
	}
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "RAYON_NUM_THREADS=1", "NEXUS_PEERS_FOLDER="+r.Folder)
	noise, err := os.CreateTemp(r.Folder, "stderr-*")
	if err != nil {
		return nil, err
	}
	defer noise.Close()
	c.Stderr = noise
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := pinned(r.CPU, c.Start); err != nil {
		return nil, err
	}
	lines, err := readLines(out)
	if err != nil { // nobody reads on: the process would wait for ever
		err = errors.Join(err, c.Cancel())
	}
	switch ended := c.Wait(); {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case ended != nil && err == nil:
		err = fmt.Errorf("%s: %w: %s", filepath.Base(command[0]), ended, lastLine(noise.Name()))
	}
	return lines, err
}

func readLines(r io.Reader) ([]Line, error) {
	var lines []Line
	for decoder := json.NewDecoder(r); ; {
		var l Line
		switch err := decoder.Decode(&l); {
		case errors.Is(err, io.EOF):
			return lines, nil
		case err != nil:
			return lines, fmt.Errorf("its output is no JSON line: %w", err)
		}
		lines = append(lines, l)
	}
}

// lastLine is the last that a process said on its standard error, or why it panicked.
func lastLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text := strings.TrimSpace(string(data))
	if at := strings.Index(text, "panic: "); at >= 0 {
		text, _, _ = strings.Cut(text[at:], "\n")
	}
	text = text[strings.LastIndexByte(text, '\n')+1:]
	return text[:min(len(text), 300)]
}
