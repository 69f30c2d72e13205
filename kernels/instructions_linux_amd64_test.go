//go:build !noasm

package kernels

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// The instruction gate counts what one call of each operation executes, on the tiers that
// every amd64 machine of the last ten years has, and compares it with a golden file.
// Counts do not depend on the load or the model of the machine, so a change of two
// percent is a change of the code.
//
// The counter is the CPU's own single step: a child process, this test binary again,
// prepares the calls and stops around each; the parent steps through the call and counts
// the stops. Every other thread of the child is held, so that neither the scheduler nor
// the collector runs in between. Hardware counters are closed to most virtual machines,
// and an emulator takes longer to start than this takes in all.

// countedTiers are the tiers of the golden file.
var countedTiers = []tier{tierGeneric, tierAVX2}

// instructionsMax bounds one call: at some 10 us a step in a virtual machine, four
// seconds.
const instructionsMax = 400_000

// counted is one call to count, on a tier.
type counted struct {
	name string
	on   tier
	call func()
}

// countedCalls returns the calls in the same order in parent and child. The first three
// are a check of the counter: a call that does nothing, and loops of one and two lengths.
func countedCalls(t *testing.T) []counted {
	spin := func(n int) func() {
		a, b := randomI8(4*n, 1), randomI8(4*n, 2)
		return func() { spinSink = dotI8Generic(a, b) }
	}
	calls := []counted{
		{"nothing", tierGeneric, func() {}}, {"again nothing", tierGeneric, func() {}},
		{"spin 100", tierGeneric, spin(100)}, {"spin 200", tierGeneric, spin(200)}, {"spin 300", tierGeneric, spin(300)},
	}
	before := active
	defer func() { active = before }()
	for op := range operationCount {
		call := gateCall(op)
		if call == nil {
			t.Errorf("%s has no call to measure", operationNames[op])
			continue
		}
		for _, on := range countedTiers {
			if limit(detected & tiers[on].allows); active[op] == on {
				calls = append(calls, counted{operationNames[op] + " " + tiers[on].name, on, call})
			}
		}
	}
	return calls
}

var spinSink int32

// TestInstructionsPerCall is the gate.
func TestInstructionsPerCall(t *testing.T) {
	if os.Getenv("NEXUS_COUNTED_CHILD") == "1" {
		makeCountedCalls(countedCalls(t))
		return
	}
	if !gatesAsked(t) {
		return
	}
	if missing := featuresAVX2 &^ detected; missing != 0 {
		t.Fatalf("this CPU lacks %v, so the AVX2 kernels cannot be counted", missing.names())
	}
	calls := countedCalls(t)
	counts, err := countInstructions(t, len(calls))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for i, c := range calls {
		got[c.name] = counts[i] - counts[0]
	}
	if got["again nothing"] != 0 || got["spin 100"] < 1000 ||
		got["spin 300"]-got["spin 200"] != got["spin 200"]-got["spin 100"] {
		t.Fatalf("the counter does not count: %v", got)
	}
	for _, c := range calls[:5] {
		delete(got, c.name)
	}
	compareWithGolden(t, got)
}

// compareWithGolden reads or writes the golden file. What the compiler makes of the
// definitions changes with its version, so under another one than that of the file only
// kernels are compared; they too have a Go wrapper, which is small.
func compareWithGolden(t *testing.T, got map[string]int) {
	path := filepath.Join("testdata", "instructions-amd64.golden")
	release := runtime.Version()
	if parts := strings.Split(release, "."); len(parts) > 2 {
		release = parts[0] + "." + parts[1]
	}
	if *update {
		var lines []string
		for name, count := range got {
			lines = append(lines, fmt.Sprintf("%s %d\n", name, count))
		}
		slices.Sort(lines)
		head := "# Instructions of one call (gates_test.go), operation and tier. Written by: make update-gates\n# " + release + "\n"
		if err := os.WriteFile(path, []byte(head+strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, written := readGolden(t, path)
	if written != release {
		t.Logf("GENERIC TIERS NOT COMPARED: %s was written with %s, this is %s; make update-gates", path, written, release)
		for _, counts := range []map[string]int{got, want} {
			for name := range counts {
				if strings.HasSuffix(name, " "+tiers[tierGeneric].name) {
					delete(counts, name)
				}
			}
		}
	}
	for _, complaint := range compareCounts(got, want) {
		t.Error(complaint)
	}
	if t.Failed() {
		t.Log("if the change is meant: make update-gates, and say in the commit why the counts changed")
	}
}

// readGolden returns the counts in a golden file and the release of Go that it names.
func readGolden(t *testing.T, path string) (counts map[string]int, release string) {
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	counts = map[string]int{}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == "#" {
			release = fields[1]
		}
		if len(fields) != 3 || fields[0] == "#" {
			continue
		}
		if counts[fields[0]+" "+fields[1]], err = strconv.Atoi(fields[2]); err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
	}
	return counts, release
}

// makeCountedCalls is the child: it tells its thread on descriptor 3, waits for descriptor
// 4 and makes each call between two signals, after one call that grows the stack and
// fills what is made on first use. It uses raw system calls, which the scheduler does not
// see: the threads that would help it are held.
func makeCountedCalls(calls []counted) {
	runtime.LockOSThread()
	thread := uintptr(syscall.Gettid())
	message := fmt.Appendf(nil, "%d\n", thread)
	// SAFETY: both buffers are alive and not empty; the kernel keeps no pointer.
	syscall.RawSyscall(syscall.SYS_WRITE, 3, uintptr(unsafe.Pointer(&message[0])), uintptr(len(message)))
	syscall.RawSyscall(syscall.SYS_READ, 4, uintptr(unsafe.Pointer(&message[0])), 1)
	for _, c := range calls {
		limit(detected & tiers[c.on].allows)
		c.call()
		syscall.RawSyscall(syscall.SYS_TKILL, thread, uintptr(syscall.SIGUSR1), 0)
		c.call()
		syscall.RawSyscall(syscall.SYS_TKILL, thread, uintptr(syscall.SIGUSR1), 0)
	}
	syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
}

// countInstructions runs the child and returns the count of each of its calls. Each count
// includes the same few instructions of the signals.
func countInstructions(t *testing.T, calls int) ([]int, error) {
	told, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	released, release, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	child := exec.Command(os.Args[0], "-test.run=^TestInstructionsPerCall$")
	child.ExtraFiles = []*os.File{tell, released}
	// What the child executes may depend on its environment alone: no collection, no
	// preemption, and Go's own copying without the instructions of newer CPUs.
	child.Env = append(os.Environ(), "NEXUS_COUNTED_CHILD=1", "NEXUS_CPU=", "GOGC=off", "GOMAXPROCS=1",
		"GODEBUG=asyncpreemptoff=1,cpu.erms=off,cpu.fsrm=off")
	if err := child.Start(); err != nil {
		return nil, err
	}
	tell.Close()
	released.Close()
	var held []int
	defer func() {
		_ = child.Process.Kill() // it has ended, unless something failed
		for _, thread := range held {
			if thread != child.Process.Pid { // which cannot be waited for before its threads
				_, _ = syscall.Wait4(thread, nil, syscall.WALL, nil)
			}
		}
		_ = child.Wait()
		told.Close()
		release.Close()
	}()
	var thread int
	if _, err := fmt.Fscan(told, &thread); err != nil {
		return nil, fmt.Errorf("the child did not start: %w", err)
	}
	runtime.LockOSThread() // the kernel wants one tracing thread
	defer runtime.UnlockOSThread()
	if held, err = holdThreads(child.Process.Pid); err != nil {
		return nil, err
	}
	if _, err := release.Write([]byte{0}); err != nil {
		return nil, err
	}
	counts := make([]int, calls)
	for i := range counts {
		if _, err := resume(thread, syscall.PTRACE_CONT); err != nil {
			return nil, fmt.Errorf("call %d does not begin: %w", i, err)
		}
		if counts[i], err = resume(thread, syscall.PTRACE_SINGLESTEP); err != nil {
			return nil, fmt.Errorf("call %d: %w", i, err)
		}
	}
	return counts, nil
}

// holdThreads stops every thread of a process, those that start meanwhile too, and
// returns them. The process dies with this one.
func holdThreads(process int) (held []int, err error) {
	for grown := true; grown; {
		grown = false
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", process))
		if err != nil {
			return held, err
		}
		for _, task := range tasks {
			thread, err := strconv.Atoi(task.Name())
			if err != nil {
				return held, err
			}
			if slices.Contains(held, thread) {
				continue
			}
			if err := holdThread(thread); err != nil {
				return held, err
			}
			held, grown = append(held, thread), true
		}
	}
	return held, nil
}

func holdThread(thread int) error {
	const exitKill = 1 << 20 // PTRACE_O_EXITKILL
	if err := syscall.PtraceAttach(thread); err != nil {
		return fmt.Errorf("ptrace is not allowed here: %w", err)
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(thread, &status, syscall.WALL, nil); err != nil || !status.Stopped() {
		return fmt.Errorf("thread %d did not stop: %v, %#x", thread, err, status)
	}
	return syscall.PtraceSetOptions(thread, exitKill)
}

// resume lets a stopped thread run, or step, until it gets SIGUSR1, which is swallowed.
// It returns how often the thread stopped before. Two raw system calls a step.
func resume(thread int, request uintptr) (stops int, err error) {
	for {
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, request, uintptr(thread), 0, 0, 0, 0); errno != 0 {
			return stops, errno
		}
		var status syscall.WaitStatus
		// SAFETY: status lives on this stack, and the kernel keeps no pointer.
		_, _, errno := syscall.RawSyscall6(syscall.SYS_WAIT4, uintptr(thread), uintptr(unsafe.Pointer(&status)), syscall.WALL, 0, 0, 0)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno != 0:
			return stops, errno
		case !status.Stopped():
			return stops, fmt.Errorf("the thread ended: %#x", status)
		case status.StopSignal() == syscall.SIGUSR1:
			return stops, nil
		case status.StopSignal() != syscall.SIGTRAP:
			return stops, fmt.Errorf("the thread got %v", status.StopSignal())
		case stops == instructionsMax:
			return stops, fmt.Errorf("more than %d instructions: give the operation a smaller call in gateCalls", stops)
		}
		stops++
	}
}
