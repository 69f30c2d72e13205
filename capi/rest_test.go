//go:build cgo

package main

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoryGoesBackOnceARest: never while calls come or a job runs, once afterwards, however
// long nobody calls, and again after the next calls.
func TestMemoryGoesBackOnceARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given, end := 0, make(chan struct{})
		defer close(end)
		r := newResting(func() { given++ })
		go r.keep(end)
		want := func(n int, when string) {
			t.Helper()
			if synctest.Wait(); given != n {
				t.Fatalf("%s: given back %d times, want %d", when, given, n)
			}
		}
		for round := range 3 {
			for range 20 {
				r.note()
				time.Sleep(quietAfter / 2)
				want(round, "while called")
			}
			jobsRunning.Add(1)
			time.Sleep(10 * quietAfter)
			want(round, "while a job runs")
			jobsRunning.Add(-1)
			time.Sleep(2 * quietAfter)
			want(round+1, "at rest")
			time.Sleep(time.Hour)
			want(round+1, "after an hour")
		}
	})
}

func TestNotingACallCostsNothing(t *testing.T) {
	r := newResting(func() {})
	if n := testing.AllocsPerRun(100, func() {
		r.note()
		r.called.Store(false)
	}); n > 0 {
		t.Fatalf("%v allocations", n)
	}
}
