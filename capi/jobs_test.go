//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nexus-memory/nexus/engine"
)

// The operations as the header numbers them: a test file cannot import it.
const (
	opOpen  = 1
	opStats = 8
)

// openStore opens a store as a caller would and returns its handle.
func openStore(t *testing.T, dir string) handle {
	t.Helper()
	out, err := (&request{op: opOpen, path: dir}).run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeStore(out.db) }) // closed already by some tests
	return out.db
}

func storeOf(t *testing.T, h handle) *database {
	t.Helper()
	db, err := lookUp[*database](h, kindDB)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func newTestQueue(t *testing.T) *queue {
	t.Helper()
	h, err := newQueue()
	if err != nil {
		t.Fatal(err)
	}
	q, err := take[*queue](h, kindQueue)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.close)
	return q
}

func readable(t *testing.T, fd int) bool {
	t.Helper()
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

func TestAJobIsAnnouncedOnceWithItsTag(t *testing.T) {
	db := storeOf(t, openStore(t, t.TempDir()))
	q := newTestQueue(t)
	const jobs = 50
	for i := range jobs {
		r := &request{op: opStats, db: db}
		switch i % 2 {
		case 0:
			if _, err := submit(r, q, 7); err != nil {
				t.Fatal(err)
			}
		case 1:
			if _, err := submit(r, nil, 7); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := map[handle]bool{}
	for len(seen) < jobs/2 {
		list, err := q.drain(3, -1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if seen[c.job] || c.tag != 7 || c.status != 0 {
				t.Fatalf("completion %+v", c)
			}
			seen[c.job] = true
		}
	}
	if list, err := q.drain(1, 0); len(list) > 0 || err != nil || readable(t, q.fd) {
		t.Errorf("more: %v, %v", list, err)
	}
}

func TestTheEventfdIsReadableWhileSomethingIsThere(t *testing.T) {
	q := newTestQueue(t)
	for range 3 {
		q.push(completion{job: 1})
		q.push(completion{job: 2})
		for range 2 {
			if !readable(t, q.fd) {
				t.Fatal("not readable")
			}
			if list, err := q.drain(1, 0); len(list) != 1 || err != nil {
				t.Fatalf("drained %v, %v", list, err)
			}
		}
		if readable(t, q.fd) {
			t.Fatal("readable when empty")
		}
	}
}

func TestEveryoneWhoWaitsOnAQueueIsServedAndClosingWakesAll(t *testing.T) {
	q := newTestQueue(t)
	var taken atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				list, err := q.drain(1, -1)
				if errors.Is(err, engine.ErrClosed) {
					return
				}
				taken.Add(int64(len(list)))
			}
		})
	}
	for i := range 200 {
		q.push(completion{job: handle(i)})
	}
	for deadline := time.Now().Add(10 * time.Second); taken.Load() < 200 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	q.close()
	group.Wait()
	if taken.Load() != 200 {
		t.Errorf("%d of 200 taken", taken.Load())
	}
}

func TestAWaitEndsInTime(t *testing.T) {
	q := newTestQueue(t)
	if list, err := q.drain(1, 5*time.Millisecond); len(list) > 0 || err != nil {
		t.Errorf("drained %v, %v", list, err)
	}
	j := &job{done: make(chan struct{})}
	if err := j.wait(time.Millisecond); !errors.Is(err, engine.ErrDeadline) {
		t.Errorf("wait: %v", err)
	}
}

func TestMoreJobsThanTheBoundAreRefused(t *testing.T) {
	gate := make(chan struct{})
	testOps = func(uint32OfC) { <-gate }
	t.Cleanup(func() { testOps = nil })
	var list []handle
	for {
		h, err := submit(&request{op: 77}, nil, 0)
		if errors.Is(err, engine.ErrBusy) {
			break
		}
		if err != nil || len(list) > jobsMax {
			t.Fatalf("after %d jobs: %v", len(list), err)
		}
		list = append(list, h)
	}
	if len(list) != jobsMax {
		t.Errorf("%d jobs ran at once, want %d", len(list), jobsMax)
	}
	close(gate)
	for _, h := range list {
		j, err := take[*job](h, kindJob)
		if err != nil {
			t.Fatal(err)
		}
		<-j.done
	}
	if n := jobsRunning.Load(); n != 0 {
		t.Errorf("%d jobs are counted as running", n)
	}
}

func TestAPanicInAJobIsItsError(t *testing.T) {
	testOps = func(uint32OfC) { panic("as the test wants it") }
	t.Cleanup(func() { testOps = nil })
	h, err := submit(&request{op: 77}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	j, err := take[*job](h, kindJob)
	if err != nil {
		t.Fatal(err)
	}
	if <-j.done; !errors.Is(j.err, engine.ErrInternal) {
		t.Errorf("error %v", j.err)
	}
}

func TestAStoreOpenedByAJobThatWasGivenUpIsClosed(t *testing.T) {
	for _, early := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(early))
		h, err := submit(&request{op: opOpen, path: dir}, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		j, err := take[*job](h, kindJob)
		if err != nil {
			t.Fatal(err)
		}
		if !early {
			<-j.done
		}
		j.free()
		<-j.done
		for deadline := time.Now().Add(10 * time.Second); ; {
			db, err := engine.Open(dir, engine.Options{})
			if err == nil {
				_ = db.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("early %v: %v", early, err)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func TestACursorGivesEveryMemoryOnceFromOneSnapshot(t *testing.T) {
	db := storeOf(t, openStore(t, t.TempDir()))
	var memories []engine.Memory
	for i := range 100 {
		memories = append(memories, engine.Memory{Text: fmt.Sprint("text ", i), Scope: engine.Scope{User: fmt.Sprint(i % 2)}})
	}
	if _, err := db.Add(t.Context(), memories...); err != nil {
		t.Fatal(err)
	}
	h, err := newCursor(db, engine.Selection{Scope: engine.Scope{User: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := lookUp[*cursor](h, kindCursor)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Add(t.Context(), engine.Memory{Text: "later", Scope: engine.Scope{User: "1"}}); err != nil {
		t.Fatal(err)
	}
	count := 0
	for page := 1; ; page++ {
		list, err := c.next(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if count++; m.ID != engine.ID(2*count) {
				t.Fatalf("memory %d is the %d-th", m.ID, count)
			}
		}
		if len(list) < page {
			break
		}
	}
	if list, err := c.next(t.Context(), 9); count != 50 || len(list) != 0 || err != nil {
		t.Errorf("%d memories, then %v, %v", count, list, err)
	}
	for _, bad := range []int{-1, 0, pageMax + 1} {
		if _, err := c.next(t.Context(), bad); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("a page of %d: %v", bad, err)
		}
	}
	if err := closeCursor(h); err != nil {
		t.Error(err)
	}
	if _, err := c.next(t.Context(), 1); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
}

func TestAPageOfLongMemoriesEndsEarly(t *testing.T) {
	db := storeOf(t, openStore(t, t.TempDir()))
	const count = 20
	var memories []engine.Memory
	for i := range count {
		memories = append(memories, engine.Memory{Text: fmt.Sprint(i, " ", strings.Repeat("a", 1<<20-8))})
	}
	if _, err := db.Add(t.Context(), memories...); err != nil {
		t.Fatal(err)
	}
	h, err := newCursor(db, engine.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := take[*cursor](h, kindCursor)
	if err != nil {
		t.Fatal(err)
	}
	seen, pages := 0, 0
	for {
		list, err := c.next(t.Context(), pageMax)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		seen += len(list)
		pages++
	}
	if seen != count || pages < count*(1<<20)/pageBytes {
		t.Errorf("%d memories in %d pages", seen, pages)
	}
}

func TestCursorsEndWithTheirStore(t *testing.T) {
	h := openStore(t, t.TempDir())
	db := storeOf(t, h)
	if _, err := db.Add(t.Context(), engine.Memory{Text: "a text"}); err != nil {
		t.Fatal(err)
	}
	listing, err := newCursor(db, engine.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := take[*cursor](listing, kindCursor)
	if err != nil {
		t.Fatal(err)
	}
	if err := closeStore(h); err != nil {
		t.Fatal(err)
	}
	<-c.ctx.Done()
	if _, err := c.next(context.Background(), 1); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("next: %v", err)
	}
	if _, err := newCursor(db, engine.Selection{}); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("a new cursor: %v", err)
	}
}

// TestAFreedJobIsAnnouncedNoMore: its tag may lead nowhere by then.
func TestAFreedJobIsAnnouncedNoMore(t *testing.T) {
	db := storeOf(t, openStore(t, t.TempDir()))
	q := newTestQueue(t)
	for range 200 {
		h, err := submit(&request{op: opStats, db: db}, q, 7)
		if err != nil {
			t.Fatal(err)
		}
		j, err := take[*job](h, kindJob)
		if err != nil {
			t.Fatal(err)
		}
		j.free()
		<-j.done
	}
	if list, err := q.drain(200, 0); len(list) != 0 || err != nil || readable(t, q.fd) {
		t.Errorf("announced: %v (%v)", list, err)
	}
}
