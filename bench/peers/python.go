package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// python is the process that holds the peers which are Python packages. One goroutine
// uses it: a request, then its reply.
type python struct {
	command  *exec.Cmd
	requests io.WriteCloser
	replies  *bufio.Reader
	folder   string
}

// startPython runs py/serve.py under an interpreter that has the packages.
func startPython(ctx context.Context, interpreter, script, folder string, cpu int) (*python, error) {
	c := exec.CommandContext(ctx, interpreter, script, "--folder", folder, "--cpu", strconv.Itoa(cpu))
	c.Stderr = os.Stderr
	requests, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	replies, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return &python{c, requests, bufio.NewReader(replies), folder}, nil
}

func (p *python) stop() error {
	if err := p.requests.Close(); err != nil {
		return err
	}
	return p.command.Wait()
}

// want is what a party or a verb is told.
type want = map[string]any

// ask sends a request and decodes its reply into reply.
func (p *python) ask(request want, reply any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if _, err := p.requests.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("python: %w", err)
	}
	line, err = p.replies.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("python: it ended: %w", err)
	}
	var failed struct{ Error string }
	if err := json.Unmarshal(line, &failed); err != nil {
		return fmt.Errorf("python: %w", err)
	}
	if failed.Error != "" {
		return fmt.Errorf("python: %s", failed.Error)
	}
	return json.Unmarshal(line, reply)
}

// greeting is what the process says of itself.
type greeting struct {
	Python   string
	Versions map[string]string
	Uses     map[string]string   // peer: instruction sets
	Backends map[string][]string // type: the instruction sets that NumKong has a kernel for
}

func (p *python) hello(limit string) (g greeting, err error) {
	return g, p.ask(want{"do": "hello", "limit": limit}, &g)
}

// remote is an opened party of the Python side. A call handles items, and base of them
// in the call that stands for the caller's cost.
type remote struct {
	python      *python
	id          int
	items, base float64
}

// party makes one of the Python side's; check gets its answer.
func (p *python) party(name, group, kind string, with want, check func([]float64) error) party {
	return party{name, group, func() (runner, error) {
		var opened struct {
			ID          int
			Items, Base float64
			Answer      string
		}
		if err := p.ask(want{"do": "open", "party": kind, "with": with}, &opened); err != nil {
			return nil, err
		}
		r := &remote{p, opened.ID, opened.Items, opened.Base}
		answer, err := readFloats(opened.Answer)
		if err == nil && check != nil {
			err = check(answer)
		}
		if err != nil {
			_ = r.close() // the check's error is the one to tell
			return nil, err
		}
		return r, nil
	}}
}

func (r *remote) close() error { return r.python.ask(want{"do": "close", "id": r.id}, &struct{}{}) }

// run times calls by the Python thread's clock. Where a peer hands work to threads of its
// own, though it was told to use one, the process's clock counts instead.
func (r *remote) run(reps int, warm bool) (burst, error) {
	var t turn
	err := r.python.ask(want{"do": "run", "id": r.id, "reps": reps, "warm": warm}, &t)
	return t.burst(reps, r.items, r.base), err
}

// turn is the reply to run, in nanoseconds.
type turn struct {
	Thread      time.Duration `json:"thread"`
	Process     time.Duration `json:"process"`
	BaseThread  time.Duration `json:"base_thread"`
	BaseProcess time.Duration `json:"base_process"`
}

// threadsShare is from which share of other threads the process's clock is taken: below
// it is the difference of the clocks themselves.
const threadsShare = 0.02

// burst takes the caller's cost off: with c the cost of calling and w that of an item,
// reps calls take reps*(c + items*w) and their bases reps*(c + base*w). A loop in compiled
// code is called once for all reps and so is its base, of no items.
func (t turn) burst(reps int, items, base float64) burst {
	b := burst{gross: t.Thread, caller: t.BaseThread}
	if t.Process > t.Thread+time.Duration(threadsShare*float64(t.Thread))+20*time.Microsecond {
		b = burst{gross: t.Process, caller: t.BaseProcess, threads: true}
	}
	b.item = float64(b.gross-b.caller) / float64(reps) / (items - base)
	return b
}
