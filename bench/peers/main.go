// Peers measures kernels of Nexus side by side with those of other libraries, in one run
// on one processor: tphakala/simd and viterin/vek, which are Go, and NumKong, faiss, rensa,
// datasketch and LightGBM as their published Python packages. It prints one table, says of
// every bar whether it is met, and keeps the figures in record/<arch>/<date>-kernels.csv.
//
//	make bench-peers KIND=kernels          sets everything up and runs all of it
//	go run . --only 'dot_scan_i8.*768-d'   measurements by name and data
//	go run . --sets L1,L2                  without what is far larger than the caches
//	NEXUS_CPU=avx2 go run .                the AVX2 rows; the peers are held to AVX2 too,
//	                                       but tphakala/simd, which cannot be
//
// What is compared, and how:
//
//   - Every party first answers, and its answer is checked against float64. One whose
//     answer is wrong is named and not timed.
//   - A round gives each party two turns, first to last, then last to first. The ratios
//     are those within a round, of which the median counts.
//   - Times are the thread's processor time. The goroutine is locked to its thread, the
//     thread and the Python process to one processor.
//   - NumKong's single-pair kernels run in a loop that is compiled here (py/native.c), so
//     that no Python stands between two rows. Other packages are called with as much work
//     as they take at once; the cost of calling them is that of the same call with almost
//     no work, measured in each turn and taken off.
//   - Read ceilings are that of a compiled loop of the widest loads that only reads the
//     same bytes, a party like the others; so is the peak of INT8 multiply-add.
//
// Linux only: it needs CLOCK_THREAD_CPUTIME_ID and processor affinity.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nexus-memory/nexus/kernels"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "peers:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	kind   string
	only   *regexp.Regexp
	sets   []string
	python string
	script string
	record string
	plan
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.kind, "kind", "kernels", "what to measure; kernels is the one kind there is")
	only := f.String("only", "", "regular expression of the measurements to run, over \"name: data\"")
	sets := f.String("sets", "L1,L2,RAM", "sets of the scans")
	f.StringVar(&o.python, "python", "../../build/bench-peers/bin/python", "interpreter that has py/requirements.txt")
	f.StringVar(&o.script, "script", "py/serve.py", "the Python side")
	f.StringVar(&o.record, "record", "../record", "folder of the CSV records, \"\" for none")
	f.IntVar(&o.rounds, "rounds", 11, "rounds of two turns for each party")
	f.DurationVar(&o.burst, "burst", 4*time.Millisecond, "least processor time of a turn")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if o.kind != "kernels" {
		return o, fmt.Errorf("unknown kind %q, want kernels", o.kind)
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("%d rounds, want at least one", o.rounds)
	}
	o.sets = strings.Split(*sets, ",")
	o.only, err = regexp.Compile(*only)
	return o, err
}

// bench is one run of the program.
type bench struct {
	options
	machine  machine
	cpu      int
	folder   string // of files between both sides
	python   *python
	greeting greeting

	f32, estimated *pool[float32]
	i8             *pool[int8]
	bits           *pool[byte]
	single, paired corpus
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if err := kernels.CheckForced(); err != nil {
		return err
	}
	b := &bench{options: o, machine: readMachine()}
	if err := b.chooseSets(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "nexus-peers-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	if b.cpu, err = settle(); err != nil {
		return err
	}
	if b.python, err = startPython(ctx, o.python, o.script, b.folder, b.cpu); err != nil {
		return fmt.Errorf("%w (make bench-peers sets it up)", err)
	}
	defer func() {
		stopped := b.python.stop()
		if ctx.Err() != nil { // then both sides were ended, and that is all there is to say
			err = ctx.Err()
			return
		}
		err = errors.Join(err, stopped)
	}()
	if b.greeting, err = b.python.hello(b.machine.limit()); err != nil {
		return err
	}
	b.writeHeading(stdout)
	if err := b.fill(); err != nil {
		return err
	}
	return b.all(ctx, args, stdout)
}

// chooseSets keeps the sets that were asked for.
func (b *bench) chooseSets() error {
	var chosen []set
	for _, name := range b.options.sets {
		i := slices.IndexFunc(b.machine.sets, func(s set) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("unknown set %q, want of L1, L2, RAM", name)
		}
		chosen = append(chosen, b.machine.sets[i])
	}
	b.machine.sets = chosen
	return nil
}

// fill makes the data of all measurements; sets are prefixes of it.
func (b *bench) fill() (err error) {
	most := bytesL2
	for _, s := range b.machine.sets {
		most = max(most, s.bytes)
	}
	if b.f32, err = newPool(b.folder, "f32", most/4, nextF32); err != nil {
		return err
	}
	if b.i8, err = newPool(b.folder, "i8", most, nextI8); err != nil {
		return err
	}
	if b.bits, err = newPool(b.folder, "bits", most, nextBit); err != nil {
		return err
	}
	// 1-bit codes of an L2 set stand for 32 times their size in float32.
	if b.estimated, err = newPool(b.folder, "estimated", 8*bytesL2, nextF32); err != nil {
		return err
	}
	b.single, b.paired, err = newCorpora(b.folder)
	return err
}

// measurements is everything there is to measure, made one at a time.
func (b *bench) measurements() iter.Seq[measurement] {
	return func(yield func(measurement) bool) {
		more := true
		for _, group := range []func(func(measurement) bool){b.scans, b.estimates, b.gathers, b.sketches, b.scores, b.trees, b.products} {
			group(func(m measurement) bool {
				more = more && yield(m)
				return more
			})
			if !more {
				return
			}
		}
	}
}

// all measures, prints and records.
func (b *bench) all(ctx context.Context, args []string, stdout io.Writer) error {
	r := newRecord(&b.machine, strings.Join(append([]string{"bench/peers"}, args...), " "))
	if before, err := strconv.ParseFloat(strings.Fields(load() + " unknown")[0], 64); err == nil {
		r.add("none", "load average before", before, "processes")
	}
	var done []*outcome
	for m := range b.measurements() {
		if !b.only.MatchString(m.name + ": " + m.dataset) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		debug.FreeOSMemory() // now, since it may not run while something is timed
		o, err := m.measure(b.plan)
		if err != nil {
			return err
		}
		if err := writeOutcome(stdout, o, b.machine.wide); err != nil {
			return err
		}
		r.outcome(o, b.versions(), b.machine.wide)
		done = append(done, o)
	}
	if err := writeBars(stdout, done, b.machine.wide); err != nil {
		return err
	}
	if b.record == "" || len(done) == 0 {
		return nil
	}
	path, err := r.save(b.record)
	if err == nil {
		fmt.Fprintf(stdout, "\nrecorded in %s\n", path)
	}
	return err
}

// versions names the peers' versions by group.
func (b *bench) versions() map[string]string {
	v := maps.Clone(b.greeting.Versions)
	v["faiss"], v["numkong packed"], v["numkong cdist"] = v["faiss-cpu"], v["numkong"], v["numkong"]
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/tphakala/simd":
			v["tphakala"] = m.Version
		case "github.com/viterin/vek":
			v["vek32"] = m.Version
		}
	}
	return v
}

// peers lists the versions in one line.
func (b *bench) peers() string {
	v := b.versions()
	return fmt.Sprintf("github.com/tphakala/simd %s, github.com/viterin/vek %s, numkong %s, faiss-cpu %s, rensa %s, datasketch %s, lightgbm %s; %s",
		v["tphakala"], v["vek32"], v["numkong"], v["faiss"], v["rensa"], v["datasketch"], v["lightgbm"], runtime.Version())
}
