// Command demo shows what Nexus does, on text that every Go installation has:
// the documentation of the standard library. It finds out what the CPU offers,
// adds nearly eight thousand passages with the nexus tool, asks ten questions,
// measures how long an answer takes, and kills the tool in the middle of adding
// to see what is left. It ends with an error if anything is not as it should be.
//
//	make demo
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nexus-memory/nexus/examples/internal/godoc"
)

func main() {
	d := demo{}
	flag.StringVar(&d.nexus, "nexus", "./bin/nexus", "the nexus tool, as make build makes it")
	flag.StringVar(&d.dir, "dir", "./demo-data", "folder of the demonstration; REMOVED at the start")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	started := time.Now()
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
	fmt.Printf("\nAll as it should be, in %.1f s.\n", time.Since(started).Seconds())
}

// demo is one run.
type demo struct {
	nexus, dir string
	records    []godoc.Record
}

// The names within the folder of the demonstration.
const (
	corpusFile  = "godoc.jsonl"
	storeFolder = "store"
	killedStore = "killed"
)

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

func (d *demo) run(ctx context.Context) error {
	if _, err := os.Stat(d.nexus); err != nil {
		return fmt.Errorf("no nexus tool; run make build, or name it with --nexus: %w", err)
	}
	if err := d.clear(); err != nil {
		return err
	}
	for i, step := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"This machine", d.machine},
		{"Something to remember: the documentation of Go's standard library", d.corpus},
		{"Adding it, durably", d.add},
		{"Ten questions", d.ask},
		{"Killed while adding", d.kill},
		{"Now you", d.next},
	} {
		fmt.Printf("\n%d. %s\n\n", i+1, step.title)
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// marker is left in the folder so that only a demonstration's is ever removed.
const marker = ".nexus-demo"

// clear makes the folder anew.
func (d *demo) clear() error {
	entries, err := os.ReadDir(d.dir)
	if err == nil && len(entries) > 0 {
		if _, err := os.Stat(d.path(marker)); err != nil {
			return fmt.Errorf("%s is there and not from a demonstration; remove it or name another with --dir", d.dir)
		}
		if err := os.RemoveAll(d.dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(d.path(marker), nil, 0o644)
}

// tool runs the nexus tool in front of the user.
func (d *demo) tool(ctx context.Context, args ...string) error {
	fmt.Printf("$ %s", d.nexus)
	for _, a := range args {
		fmt.Printf(" %s", a)
	}
	fmt.Println()
	c := exec.CommandContext(ctx, d.nexus, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("nexus %s: %w", args[0], err)
	}
	return nil
}

func (d *demo) machine(ctx context.Context) error {
	return d.tool(ctx, "doctor", "--db", d.path(storeFolder))
}

// recordsMin is well below what any Go release documents.
const recordsMin = 5000

func (d *demo) corpus(context.Context) error {
	root, err := godoc.FindRoot()
	if err != nil {
		return err
	}
	for _, records := range []iter.Seq2[godoc.Record, error]{godoc.Records(root), godoc.Pages(".")} {
		for r, err := range records {
			if err != nil {
				return err
			}
			d.records = append(d.records, r)
		}
	}
	if len(d.records) < recordsMin {
		return fmt.Errorf("%d records in %s, want %d", len(d.records), root, recordsMin)
	}
	file, err := os.Create(d.path(corpusFile))
	if err != nil {
		return err
	}
	defer file.Close()
	out, size := bufio.NewWriter(file), 0
	for i := range d.records {
		size += len(d.records[i].Text)
		if err := writeLine(out, &d.records[i]); err != nil {
			return err
		}
	}
	fmt.Printf("%d records, %.1f MB of text, from %s\nwritten to %s (the same as: go run ./examples/godoc --docs .)\n",
		len(d.records), float64(size)/1e6, root, d.path(corpusFile))
	return out.Flush()
}

func writeLine(w *bufio.Writer, r *godoc.Record) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return lines.Encode(r)
}

func (d *demo) add(ctx context.Context) error {
	return d.tool(ctx, "add", "--db", d.path(storeFolder), d.path(corpusFile))
}

func (d *demo) next(context.Context) error {
	fmt.Printf("%s --db %s query --explain how do I copy a file\n", d.nexus, d.path(storeFolder))
	fmt.Printf("%s add notes/            # your own text and Markdown, into ./nexus-data\n", d.nexus)
	fmt.Printf("%s --help\n", d.nexus)
	return nil
}
