package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nexus-memory/nexus/engine"
)

// countSyncs lets strace count what the system is asked to make durable while 64 writers
// add, opening and closing included. Tracing slows everything, so nothing is timed here.
func (b *bench) countSyncs(ctx context.Context) error {
	strace, err := exec.LookPath("strace")
	if err != nil {
		b.say("durable: no strace here, fsyncs are told by commits only")
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	records := b.size(20_000, 640)
	b.say("durable: fsyncs of %d records", records)
	dir, err := os.MkdirTemp(b.dir, "syncs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	counts := filepath.Join(dir, "counts")
	c := exec.CommandContext(ctx, strace, "-f", "-qq", "-c", "-e", "trace=fsync,fdatasync,msync,sync_file_range", "-o", counts,
		self, "--syncs", strconv.Itoa(records), "--dir", dir)
	c.Env = append(os.Environ(), testedProgram+"=1")
	if output, err := c.CombinedOutput(); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil { // a system that lets nobody trace is no reason to measure nothing
		b.say("durable: strace: %v: %s; fsyncs are told by commits only", err, output)
		return nil
	}
	table, err := os.ReadFile(counts)
	if err != nil {
		return err
	}
	calls, err := countedCalls(string(table))
	if err != nil {
		return err
	}
	dataset := fmt.Sprintf("generated, %d records of 1.8 KB", records)
	b.book.atMost(dataset, fmt.Sprintf("%d writers, fsyncs/record counted by strace", durableWriters), float64(calls)/float64(records), .2)
	return nil
}

// testedProgram is set for children: the test binary is this program then.
const testedProgram = "NEXUS_BENCH_CHILD"

// countedCalls sums the calls of a table by strace -c: share, seconds, us a call, calls,
// errors where there are some, name.
func countedCalls(table string) (calls int, err error) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 5 || !strings.Contains(fields[len(fields)-1], "sync") {
			continue
		}
		n, err := strconv.Atoi(fields[3])
		if err != nil {
			return 0, fmt.Errorf("strace: calls in %q: %w", line, err)
		}
		calls += n
	}
	if calls == 0 {
		return 0, fmt.Errorf("strace: it counted no call")
	}
	return calls, nil
}

// addUnderTrace is the child of countSyncs.
func (b *bench) addUnderTrace(ctx context.Context) error {
	return b.withStoreOf(ctx, "traced", engine.Options{Dim: durableDim}, func(db *engine.DB) error {
		_, _, err := addOneByOne(ctx, db, withVectors(newGenerator(55).memories(b.syncs), 56))
		return err
	})
}
