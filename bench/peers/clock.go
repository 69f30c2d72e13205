package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// threadTime returns the processor time that the calling thread has used. The caller
// stays on its thread, see settle.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("peers: CLOCK_THREAD_CPUTIME_ID: " + err.Error()) // Linux has had it since 2.6.12
	}
	return time.Duration(t.Nano())
}

// settle ties the calling goroutine to its thread and the thread to one processor, and
// turns the garbage collector off: its assists would be counted as a party's time. It
// returns the processor, the highest that this process may use; the Python side stays on
// the same one, so that both meet the same frequency, caches and neighbours.
func settle() (cpu int, err error) {
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, fmt.Errorf("processors of this process: %w", err)
	}
	cpu = -1
	for i := range 64 * len(set) {
		if set.IsSet(i) {
			cpu = i
		}
	}
	set.Zero()
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return 0, fmt.Errorf("staying on processor %d: %w", cpu, err)
	}
	return cpu, nil
}

// memoryLimit is where the collector wakes up all the same. What the sets need is mapped
// outside of Go's heap; this is for references and answers.
const memoryLimit = 6 << 30
