package contest

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// pinned calls start with the calling thread on one processor: the process that it starts
// stays there. cpu < 0 lets it run anywhere.
func pinned(cpu int, start func() error) error {
	if cpu < 0 {
		return start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("processors of this process: %w", err)
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("staying on processor %d: %w", cpu, err)
	}
	failed := start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return fmt.Errorf("leaving processor %d: %w", cpu, err)
	}
	return failed
}

// LastCPU is the highest processor that this process may use.
func LastCPU() (int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, fmt.Errorf("processors of this process: %w", err)
	}
	last := -1
	for i := range 64 * len(set) {
		if set.IsSet(i) {
			last = i
		}
	}
	return last, nil
}

// ProcessTime is the processor time that all threads of this process have used.
func ProcessTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic("contest: CLOCK_PROCESS_CPUTIME_ID: " + err.Error()) // Linux has had it since 2.6.12
	}
	return time.Duration(t.Nano())
}

// Resident is the bytes of this process that are in memory now, files it has mapped
// included, after unused memory went back to the system.
func Resident() (float64, error) {
	debug.FreeOSMemory()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, found := strings.Cut(string(data), "\nVmRSS:")
	fields := strings.Fields(after)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("no VmRSS in /proc/self/status")
	}
	kib, err := strconv.ParseFloat(fields[0], 64)
	return 1024 * kib, err
}
