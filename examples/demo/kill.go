package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/nexus-memory/nexus/engine"
)

// acksBeforeKill is how many records have to be acknowledged before the kill.
const acksBeforeKill = 5000

// kill feeds the tool records without end, kills it with SIGKILL once enough
// are acknowledged, and looks for every acknowledged one.
func (d *demo) kill(ctx context.Context) error {
	fmt.Printf("$ %s add --db %s --acks --format jsonl -      (fed without end)\n", d.nexus, d.path(killedStore))
	acked, sent, err := d.addAndKill(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("SIGKILL after %d records were sent and %d acknowledged. Opening what is left ...\n", sent, len(acked))
	db, err := engine.OpenContext(ctx, d.path(killedStore), engine.Options{})
	if err != nil {
		return fmt.Errorf("open after the kill: %w", err)
	}
	defer db.Close()
	for key, want := range acked {
		m, err := db.GetByKey(ctx, "", key)
		if err != nil {
			return fmt.Errorf("an acknowledged record is lost: %w", err)
		}
		if m.ID != want.id || m.Text != want.text {
			return fmt.Errorf("an acknowledged record came back as another: id %d, want %d", m.ID, want.id)
		}
	}
	report, err := db.Verify(ctx)
	if err != nil {
		return err
	}
	stats, err := db.Stats()
	if err != nil {
		return err
	}
	if len(report.Faults) > 0 {
		return fmt.Errorf("the store is not sound: %q", report.Faults)
	}
	fmt.Printf("%d acknowledged, %d of them found with their text, 0 lost; %d in the store\n", len(acked), len(acked), stats.Memories)
	fmt.Printf("(those on their way when it died are whole or absent). Verified: %d records, 0 faults.\n", report.Memories)
	return nil
}

// kept is what an acknowledged record has to be.
type kept struct {
	id   engine.ID
	text string
}

func (d *demo) addAndKill(ctx context.Context) (acked map[string]kept, sent int, err error) {
	c := exec.CommandContext(ctx, d.nexus, "add", "--db", d.path(killedStore), "--acks", "--quiet", "--format", "jsonl", "-")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := c.Start(); err != nil {
		return nil, 0, err
	}
	fed := make(chan feedResult, 1)
	go func() { fed <- d.feed(in) }()
	acked, err = d.readAcks(out, func() error { return c.Process.Kill() })
	err = errors.Join(err, killed(c.Wait()))
	result := <-fed
	if result.err != nil && !errors.Is(result.err, syscall.EPIPE) && !errors.Is(result.err, os.ErrClosed) {
		err = errors.Join(err, result.err)
	}
	return acked, result.sent, err
}

// killed turns the end that is wanted into nil.
func killed(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
			return nil
		}
	}
	return fmt.Errorf("nexus add ended by itself: %w", err)
}

type feedResult struct {
	sent int
	err  error
}

// feed writes the records over and over, each time with keys of their own,
// until nobody reads any more.
func (d *demo) feed(in io.WriteCloser) feedResult {
	defer in.Close()
	out := bufio.NewWriter(in)
	for i := 0; ; i++ {
		r := d.records[i%len(d.records)]
		r.Key = d.keyOf(i)
		if err := writeLine(out, &r); err != nil {
			return feedResult{i, err}
		}
	}
}

func (d *demo) keyOf(line int) string {
	return fmt.Sprintf("%d/%s", line/len(d.records), d.records[line%len(d.records)].Key)
}

// readAcks collects acknowledgements to the end, and kills the process once
// there are enough: what is in the pipe by then was acknowledged too.
func (d *demo) readAcks(out io.Reader, kill func() error) (map[string]kept, error) {
	acked := map[string]kept{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var ack struct {
			Line int       `json:"line"`
			Key  string    `json:"key"`
			ID   engine.ID `json:"id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &ack); err != nil {
			// A process may die within a line, but only after the kill and only in the last one.
			if len(acked) >= acksBeforeKill && !lines.Scan() {
				break
			}
			return acked, errors.Join(fmt.Errorf("an acknowledgement is no JSON: %w", err), kill())
		}
		at := ack.Line - 1
		if at < 0 || ack.Key != d.keyOf(at) {
			return acked, errors.Join(fmt.Errorf("line %d was acknowledged with a key that is not its own", ack.Line), kill())
		}
		acked[ack.Key] = kept{ack.ID, d.records[at%len(d.records)].Text}
		if len(acked) == acksBeforeKill {
			if err := kill(); err != nil {
				return acked, err
			}
		}
	}
	if len(acked) < acksBeforeKill {
		return acked, fmt.Errorf("%d records were acknowledged before the end, want %d", len(acked), acksBeforeKill)
	}
	return acked, lines.Err()
}
