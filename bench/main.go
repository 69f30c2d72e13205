// Bench measures Nexus on this machine: kernels, adding, asking, and asking
// while adding. It prints a table and keeps every figure as a row of
// record/<arch>/<date>.csv with CPU, tier, data and command.
//
//	go run .            everything, some minutes
//	go run . --quick    a smoke run of some seconds; its figures mean nothing
//	go run . --only add,query
//	go run . --only durable,open,reads --name durable     what keeping data costs, with bars
//	go run . --only routes --name routes                  questions over 100,000 judged turns, by route
//
// Every measurement checks the answers of what it times and fails where they
// are wrong. No time is ever a reason to fail.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	quick  bool
	only   string
	data   string // the development data, measured where present
	made   string // what make train generates, likewise
	record string // folder of the records; "" for none
	name   string // of the record, behind its date
	dir    string // where stores are made: the disk that is measured
	child  bool   // this process measures the kernels of one forced tier
	opened int    // memories of the store that is opened
	asked  int    // memories that are asked by every route
	syncs  int    // this process adds so many records and does nothing else
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.BoolVar(&o.quick, "quick", false, "smoke run: small sizes, figures without meaning, nothing recorded")
	f.StringVar(&o.only, "only", "", "kinds to run, of "+strings.Join(kindNames(), ",")+" (default all but durable, open and routes)")
	f.StringVar(&o.data, "data", "../../shared/data", "folder with locomo and beam-100k, for real turns")
	f.StringVar(&o.made, "made", "../build/train", "folder with short and long, generated chats, and their vectors (routes)")
	f.StringVar(&o.record, "record", "record", "folder of the CSV records, \"\" for none")
	f.StringVar(&o.name, "name", "", "name of the record, behind its date")
	f.StringVar(&o.dir, "dir", "out", "folder for stores; put it on the disk to measure")
	f.BoolVar(&o.child, "child", false, "print kernel rows as CSV and nothing else (internal)")
	f.IntVar(&o.opened, "size", 0, "memories of the store that is opened, 0 = a million (open)")
	f.IntVar(&o.asked, "memories", routeMemories, "memories that are asked by every route; made of those of the sets where these are fewer (routes)")
	f.IntVar(&o.syncs, "syncs", 0, "add so many records from 64 writers and nothing else (internal)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.asked < 1 {
		return o, fmt.Errorf("-memories %d: at least 1", o.asked)
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	for _, name := range o.kinds() {
		if !slices.Contains(kindNames(), name) {
			return o, fmt.Errorf("unknown kind %q, want of %v", name, kindNames())
		}
	}
	return o, nil
}

// kind is one group of measurements.
type kind struct {
	name  string
	run   func(context.Context, *bench) error
	named bool // runs only where it is asked for by name
}

func kinds() []kind {
	return []kind{
		{"kernels", kernelsKind, false}, {"add", addKind, false}, {"query", queryKind, false}, {"reads", readsKind, false},
		{"durable", durableKind, true}, {"open", openKind, true}, {"routes", routesKind, true},
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

func (o *options) kinds() []string {
	if o.only != "" {
		return strings.Split(o.only, ",")
	}
	var names []string
	for _, k := range kinds() {
		if !k.named {
			names = append(names, k.name)
		}
	}
	return names
}

// bench is one run of the program.
type bench struct {
	options
	book   book
	stderr io.Writer
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b := &bench{options: o, book: newBook(append([]string{"bench"}, args...)), stderr: stderr}
	if o.child {
		if err := b.kernelRows(); err != nil {
			return err
		}
		return b.book.writeCSV(stdout)
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	if o.syncs > 0 {
		return b.addUnderTrace(ctx)
	}
	fmt.Fprintf(stdout, "%s\n%s\n\n", b.book.machine(), "times are wall time of one call; p50, p99, p99.9 over all calls")
	for _, k := range kinds() {
		if !slices.Contains(o.kinds(), k.name) {
			continue
		}
		from := len(b.book.rows)
		if err := k.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		if err := b.book.writeTable(stdout, k.name, from); err != nil {
			return err
		}
	}
	if o.quick || o.record == "" {
		return nil
	}
	path, err := b.book.save(o.record, o.name)
	if err == nil {
		fmt.Fprintf(stdout, "recorded in %s\n", path)
	}
	return err
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.stderr, format+"\n", args...) }

// size returns the full size, or the small one of a smoke run.
func (b *bench) size(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}
