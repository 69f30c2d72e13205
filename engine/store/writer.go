package store

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

const (
	commitRows  = 4096     // rows of one group; what is queued beyond waits for the next
	commitBytes = 16 << 20 // and their bytes
	// partsMax stalls the writer until merging has caught up: every part costs
	// each question a look-up per word.
	partsMax = 128
)

// request is one caller's wish. The caller owns it until push, the writer until
// it sends on reply, then the caller again.
type request struct {
	ctx     context.Context
	rows    []*segment.Row // to add, all or none
	changes []change       // later versions to commit with them
	link    bool           // the one row supersedes the memory of the one change
	given   [16]byte       // of a row that supersedes: the digest of what the caller gave
	deletes []model.ID     // to delete
	expired []model.ID     // to delete if they have expired
	prune   int64          // delete versions that were replaced before, in microseconds; 0 = none
	usage   []usageEntry   // to write
	judging *judging       // what to do with the judgements of a user
	space   segment.Space  // that the rows were prepared for
	alone   func() error   // to run between two commits

	reply   chan error
	deleted []model.ID // the deletes that were there
	err     error      // why this request alone failed
	outcome
}

// outcome is what a request changed, to be published.
type outcome struct {
	added     []*segment.Row
	gone      []model.ID // sequences deleted
	retired   []model.ID // sequences replaced
	retiredAt []int64    // and when, in microseconds
}

func newRequest(ctx context.Context) *request {
	return &request{ctx: ctx, reply: make(chan error, 1)}
}

func (r *request) size() (bytes int) {
	for _, row := range r.rows {
		bytes += len(row.Record)
	}
	for _, c := range r.changes {
		bytes += len(c.row.Record)
	}
	return bytes
}

// count is the number of records that a request touches.
func (r *request) count() int {
	count := len(r.rows) + len(r.changes) + len(r.deletes) + len(r.expired) + len(r.usage)
	if r.judging != nil {
		count += len(r.judging.add)
	}
	return count
}

// submit hands a request to the writer and waits for its end. The answer is
// definite: nil means durable and visible, an error means nothing was changed.
func (s *Store) submit(r *request) error {
	switch {
	case s.readOnly:
		return fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	case s.closing.Load():
		return errClosed
	case !s.queue.push(r):
		return fmt.Errorf("store: %d writers are waiting: %w", queueSize, model.ErrBusy)
	}
	if r.usage == nil { // which is what is left to write of questions that have been answered
		s.rouse()
	}
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is pending already
	}
	select {
	case err := <-r.reply:
		return err
	case <-s.writerDone:
	}
	select {
	case err := <-r.reply:
		return err
	default:
		return errClosed
	}
}

var errClosed = fmt.Errorf("store: %w", model.ErrClosed)

// write is the writer goroutine: the only one that changes truth.db and that
// publishes views.
func (s *Store) write() {
	defer close(s.writerDone)
	rest, last := time.NewTimer(restAfter), uint64(0)
	for {
		if group := s.journal.round.number; group != last {
			last = group
			rest.Reset(restAfter)
		}
		batch := s.collect()
		if len(batch) > 0 {
			s.serve(batch)
			s.awaitMerging()
			continue
		}
		select {
		case <-s.wake:
		case r := <-s.internal:
			s.serve([]*request{r})
		case <-rest.C:
			s.restTruth()
		case <-s.stop:
			if batch := s.collect(); len(batch) > 0 {
				s.serve(batch)
				continue
			}
			s.truthErr = s.closeTruth()
			return
		}
	}
}

// gatherMax bounds how long a commit waits for callers who are about to join it.
const gatherMax = 500 * time.Microsecond

// gather waits until every caller in Add has queued its request: those whose
// last commit has just ended mostly come again, and one commit for all of them
// costs little more than one for half. A lone caller never waits.
func (s *Store) gather() {
	for started := time.Now(); s.queue.waiting() < int(s.adding.Load()) && time.Since(started) < gatherMax; {
		runtime.Gosched()
	}
}

// collect takes what is queued, up to one group's worth.
func (s *Store) collect() (batch []*request) {
	if s.queue.waiting() > 0 {
		s.gather()
	}
	rows, bytes := 0, 0
	for rows < commitRows && bytes < commitBytes {
		r := s.queue.pop()
		if r == nil {
			break
		}
		batch = append(batch, r)
		rows += r.count()
		bytes += r.size()
	}
	return batch
}

// awaitMerging serves the merger alone while there are too many parts that it
// could join.
func (s *Store) awaitMerging() {
	for {
		parts := s.view.Load().Parts
		if _, more := plan(parts, steady); len(parts) <= partsMax || !more || s.mergeFailed.Load() != nil {
			return
		}
		s.kickMerger()
		select {
		case r := <-s.internal:
			s.serve([]*request{r})
		case <-time.After(awaitTurn):
		case <-s.stop:
			return
		}
	}
}

// awaitTurn is how often a waiting writer looks whether merging has failed.
const awaitTurn = 100 * time.Millisecond

// serve commits a batch in one group, publishes the view and answers.
func (s *Store) serve(batch []*request) {
	var shared []*request
	for _, r := range batch {
		if r.alone == nil {
			shared = append(shared, r)
			continue
		}
		s.commit(shared)
		shared = nil
		r.reply <- r.alone()
	}
	s.commit(shared)
	if s.isDue() { // after the answers: those who wait have them, and prepare what comes next
		_ = s.checkpoint() // a failure shows in the next write
	}
}
