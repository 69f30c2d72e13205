package main

// #include <nexus.h>
import "C"

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nexus-memory/nexus/engine"
)

// jobsMax bounds the jobs that run at once: each holds its inputs and a goroutine.
const jobsMax = 1024

var jobsRunning atomic.Int64

// job is an operation in the background. result and err are written before done is
// closed, and read after.
type job struct {
	request *request
	handle  handle // written before run, as queue is
	queue   *queue // nil: nobody is told
	cancel  context.CancelFunc
	done    chan struct{}
	result  *result
	err     error

	mu        sync.Mutex
	abandoned bool // freed before it was done: nobody will take the result; under mu
}

// submit starts a request. queue may be nil.
func submit(r *request, q *queue, tag C.uint64_t) (handle, error) {
	if jobsRunning.Add(1) > jobsMax {
		jobsRunning.Add(-1)
		return 0, fmt.Errorf("%d jobs are running: %w", jobsMax, engine.ErrBusy)
	}
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{request: r, queue: q, cancel: cancel, done: make(chan struct{})}
	h, err := handles.add(kindJob, j) // nobody knows it before submit returns
	if err != nil {
		jobsRunning.Add(-1)
		cancel()
		return 0, err
	}
	j.handle = h
	go j.run(ctx, tag)
	return h, nil
}

// run announces the job before it is done for those who wait, and never once it is freed:
// its tag may lead nowhere by then.
func (j *job) run(ctx context.Context, tag C.uint64_t) {
	defer j.cancel()
	out, err := j.request.run(ctx)
	jobsRunning.Add(-1)
	j.mu.Lock()
	j.result, j.err = out, err
	j.request.memories, j.request.ids, j.request.query = nil, nil, engine.Query{} // perhaps the caller's memory
	abandoned := j.abandoned
	if !abandoned && j.queue != nil {
		j.queue.push(completion{j.handle, tag, report(err, nil)})
	}
	close(j.done)
	j.mu.Unlock()
	if abandoned {
		out.undo()
	}
}

// wait waits until a job is done, at most timeout (negative: for ever).
func (j *job) wait(timeout time.Duration) error {
	if await(j.done, timeout) {
		return nil
	}
	return fmt.Errorf("the job is not done: %w", engine.ErrDeadline)
}

// await reports whether c was ready within the timeout (negative: for ever).
func await(c <-chan struct{}, timeout time.Duration) bool {
	select {
	case <-c:
		return true
	default:
	}
	if timeout == 0 {
		return false
	}
	if timeout < 0 {
		<-c
		return true
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return false
	}
}

// free gives a job up. What it opened, or will, is closed.
func (j *job) free() {
	j.cancel()
	j.mu.Lock()
	j.abandoned = true
	out := j.result
	j.mu.Unlock()
	if j.queue != nil {
		j.queue.forget(j.handle)
	}
	out.undo()
}

// completion is a job that is done.
type completion struct {
	job    handle
	tag    C.uint64_t
	status C.nexus_status
}

// queue announces jobs that are done. Its eventfd is readable while items are there. It
// is unbounded, as jobs are bounded, and those announced wait for the caller to end them.
type queue struct {
	mu     sync.Mutex
	items  []completion
	fd     int           // -1 once closed
	signal chan struct{} // capacity 1: something may be there
}

func newQueue() (handle, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return 0, fmt.Errorf("eventfd: %w: %w", err, engine.ErrUnavailable)
	}
	q := &queue{fd: fd, signal: make(chan struct{}, 1)}
	h, err := handles.add(kindQueue, q)
	if err != nil {
		q.close()
	}
	return h, err
}

func (q *queue) push(c completion) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fd < 0 {
		return
	}
	if q.items = append(q.items, c); len(q.items) == 1 {
		_, _ = unix.Write(q.fd, []byte{1, 0, 0, 0, 0, 0, 0, 0}) // cannot overflow: it is read before the next
	}
	q.wake()
}

// forget takes back what was announced of a job that is freed.
func (q *queue) forget(h handle) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fd < 0 || len(q.items) == 0 {
		return
	}
	q.items = slices.DeleteFunc(slices.Clone(q.items), func(c completion) bool { return c.job == h })
	q.settle()
}

// settle clears the eventfd where nothing is left; under mu.
func (q *queue) settle() {
	if len(q.items) == 0 {
		q.items = nil
		_, _ = unix.Read(q.fd, make([]byte, 8)) // nothing to read is fine
	}
}

func (q *queue) wake() {
	select {
	case q.signal <- struct{}{}:
	default: // a wake-up is pending already
	}
}

// drain takes at most n items after waiting for the first one.
func (q *queue) drain(n int, timeout time.Duration) ([]completion, error) {
	deadline := time.Now().Add(timeout)
	for {
		q.mu.Lock()
		if q.fd < 0 {
			q.mu.Unlock()
			q.wake() // for the next that waits: close woke one
			return nil, fmt.Errorf("queue: closed: %w", engine.ErrClosed)
		}
		taken := q.items[:min(n, len(q.items))]
		q.items = q.items[len(taken):]
		q.settle()
		if len(q.items) > 0 && len(taken) > 0 {
			q.wake() // for another that waits
		}
		q.mu.Unlock()
		if len(taken) > 0 || timeout == 0 || n == 0 {
			return taken, nil
		}
		left := timeout
		if timeout > 0 {
			if left = time.Until(deadline); left <= 0 {
				return nil, nil
			}
		}
		await(q.signal, left)
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fd >= 0 {
		_ = unix.Close(q.fd) // an eventfd has nothing to lose
		q.fd, q.items = -1, nil
	}
	q.wake()
}
