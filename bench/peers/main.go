// Peers measures Nexus side by side with other software, in one run on one processor. It
// prints tables, says of every bar whether it is met, and keeps the figures in
// record/<arch>/<date>-<kind>.csv.
//
//	make bench-peers KIND=kernels     tphakala/simd, viterin/vek, NumKong, faiss, rensa, datasketch, LightGBM
//	make bench-peers KIND=vectors     hnswlib, usearch, faiss, zvec
//	make bench-peers KIND=lexical     tantivy, bm25s, SQLite FTS5, bleve
//	make bench-peers KIND=stores      Chroma, LanceDB, zvec, SQLite FTS5 + sqlite-vec
//
// make sets everything up. SETS= and SIZE= choose the data, PEERS_FLAGS= adds any flag. The
// last three kinds let every party run in processes of its own, see package contest. What
// follows is about KIND=kernels.
//
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

	"github.com/nexus-memory/nexus/bench/peers/contest"
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
	child  string // this process is a party of a kind
	only   *regexp.Regexp
	sets   []string
	size   int
	python string
	script string
	data   string
	record string
	dir    string
	limit  time.Duration
	plan
}

func parse(args []string, stderr io.Writer) (o options, rest []string, err error) {
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.kind, "kind", kernelsKind, "what to measure: "+strings.Join(kinds(), ", "))
	only := f.String("only", "", "regular expression of what to run: of kernels over \"name: data\", else over the names of parties")
	sets := f.String("sets", "", "data to measure on; \"\" = the kind's usual")
	f.IntVar(&o.size, "size", 0, "rows or documents at most, 0 = all (not of kernels)")
	f.StringVar(&o.python, "python", "../../build/bench-peers/bin/python", "interpreter that has the kind's py/requirements")
	f.StringVar(&o.script, "script", "py/serve.py", "the Python side; its folder holds that of other kinds")
	f.StringVar(&o.data, "data", "../../../shared/data", "folder of the development data (not of kernels)")
	f.StringVar(&o.record, "record", "../record", "folder of the CSV records, \"\" for none")
	f.StringVar(&o.dir, "dir", "../out", "folder for working files and stores; put it on the disk to measure")
	f.DurationVar(&o.limit, "limit", 30*time.Minute, "for one process of a party, which is ended then (not of kernels)")
	f.IntVar(&o.rounds, "rounds", 11, "rounds of two turns for each party (kernels)")
	f.DurationVar(&o.burst, "burst", 4*time.Millisecond, "least processor time of a turn (kernels)")
	f.StringVar(&o.child, "child", "", "be a party of a kind (internal)")
	if err := f.Parse(args); err != nil {
		return o, nil, err
	}
	if f.NArg() > 0 && o.child == "" {
		return o, nil, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	if !slices.Contains(kinds(), o.kind) {
		return o, nil, fmt.Errorf("unknown kind %q, want of %s", o.kind, strings.Join(kinds(), ", "))
	}
	if o.rounds < 1 || o.size < 0 {
		return o, nil, fmt.Errorf("%d rounds, size %d: want at least one and none", o.rounds, o.size)
	}
	if *sets != "" {
		o.sets = strings.Split(*sets, ",")
	}
	o.only, err = regexp.Compile(*only)
	return o, f.Args(), err
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

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, rest, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if err := kernels.CheckForced(); err != nil {
		return err
	}
	switch {
	case o.child != "":
		return runChild(ctx, o.child, rest, stdout)
	case o.kind != kernelsKind:
		return runContest(ctx, &o, args, stdout, stderr)
	}
	return runKernels(ctx, o, args, stdout)
}

func runKernels(ctx context.Context, o options, args []string, stdout io.Writer) (err error) {
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
	if len(b.options.sets) == 0 {
		return nil
	}
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
	r := contest.NewRecord(b.machine.cpu, b.machine.tier, strings.Join(append([]string{"bench/peers"}, args...), " "))
	if before, err := strconv.ParseFloat(strings.Fields(contest.Load() + " unknown")[0], 64); err == nil {
		r.Add("none", "load average before", before, "processes")
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
		recordOutcome(r, o, b.versions(), b.machine.wide)
		done = append(done, o)
	}
	if err := writeBars(stdout, done, b.machine.wide); err != nil {
		return err
	}
	if b.record == "" || len(done) == 0 {
		return nil
	}
	path, err := r.Save(b.record, "kernels")
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
