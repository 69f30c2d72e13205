package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

const (
	commitRows  = 4096     // rows of one transaction; what is queued beyond waits for the next
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
	return len(r.rows) + len(r.changes) + len(r.deletes) + len(r.expired) + len(r.usage)
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
	for {
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
		case <-s.stop:
			if batch := s.collect(); len(batch) > 0 {
				s.serve(batch)
				continue
			}
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

// collect takes what is queued, up to one transaction's worth.
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
		if _, more := plan(parts, false); len(parts) <= partsMax || !more || s.mergeFailed.Load() != nil {
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

// serve commits a batch in one transaction, publishes the view and answers.
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
}

// commit writes a batch to truth.db, builds its segment meanwhile, publishes
// and answers.
func (s *Store) commit(batch []*request) {
	if len(batch) == 0 {
		return
	}
	err := s.poisoned
	if err == nil {
		if err = guarded(func() error { return s.commitTruth(batch) }); errors.Is(err, model.ErrCorrupt) {
			s.poisoned = err
		}
	}
	for _, r := range batch {
		if err != nil {
			r.reply <- err
		} else {
			r.reply <- r.err
		}
	}
}

// commitTruth writes the batch to truth.db and publishes it, searchable. A
// request that fails by itself (its key exists, its context ended) changes
// nothing and keeps its error.
func (s *Store) commitTruth(batch []*request) error {
	tx, err := s.db.Begin(true)
	if err != nil {
		return s.commitFailed(err)
	}
	defer tx.Rollback()
	t := &transaction{tx: tx, now: s.tick(), keepsHistory: s.options.HistoryFor >= 0, positions: map[string]uint32{}}
	var rows []*segment.Row
	for _, r := range batch {
		if r.err = t.apply(r); r.err != nil && !errors.Is(r.err, errRefused) {
			return fmt.Errorf("store: %w", classify(r.err)) // rolled back: nothing is in doubt
		}
		rows = append(rows, r.added...)
	}
	if !t.changed {
		return nil
	}
	if err := t.saveClock(); err != nil {
		return fmt.Errorf("store: %w", classify(err))
	}
	building := startBuilding(t.space, rows) // while the disk works
	defer func() { <-building }()            // after a panic too: rows may hold the caller's memory
	err = s.commitFailed(s.commitTx(tx))
	built := <-building
	if err != nil {
		return err
	}
	s.commits.Add(1)
	s.clock = t.now.UnixMicro()
	if built.err != nil {
		s.poisoned = fmt.Errorf("store: committed but not searchable, reopen the store: %w: %w", model.ErrInternal, built.err)
		return s.poisoned
	}
	s.publish(batch, t.space, built.segment)
	return nil
}

// build is the outcome of building a batch's segment.
type build struct {
	segment *segment.Segment
	err     error
}

func startBuilding(space segment.Space, rows []*segment.Row) <-chan build {
	done := make(chan build, 1)
	if len(rows) == 0 {
		close(done)
		return done
	}
	go func() {
		var b build
		defer func() { done <- b; close(done) }()
		defer model.Rescue("store: build", &b.err)
		b.segment, b.err = buildSegment(space, rows, placeOf(rows[0]), placeOf(rows[len(rows)-1]))
	}()
	return done
}

// commitFailed classifies the error of a transaction. Anything but a lack of
// space leaves open whether the disk holds what was written, so the store
// takes no more writes: an fsync that failed once must not be tried again.
func (s *Store) commitFailed(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("store: commit: %w", classify(err))
	if !errors.Is(err, model.ErrNoSpace) {
		s.poisoned = fmt.Errorf("store: no writes after a failed commit, reopen the store: %w", err)
	}
	return err
}

// errRefused marks an error that is a request's own and found before it wrote.
var errRefused = errors.New("refused")

type refusal struct{ error }

func (r refusal) Is(target error) bool { return target == errRefused }
func (r refusal) Unwrap() error        { return r.error }

// transaction applies requests within one bbolt transaction.
type transaction struct {
	tx           *bolt.Tx
	now          time.Time
	keepsHistory bool
	positions    map[string]uint32 // next position by session, as of this transaction
	space        segment.Space     // of the rows added
	changed      bool
}

// tick returns the time of the next commit: a microsecond after the last one
// where the clock has not moved since, or went back. So times of commits rise
// with their sequences, and one of them names one state of the store.
func (s *Store) tick() time.Time {
	return time.UnixMicro(max(time.Now().UnixMicro(), s.clock+1)).UTC()
}

func (t *transaction) saveClock() error {
	return t.tx.Bucket(bucketMeta).Put(metaClock, binary.BigEndian.AppendUint64(nil, uint64(t.now.UnixMicro())))
}

func (t *transaction) apply(r *request) error {
	if err := model.FromContext(r.ctx, "store"); err != nil {
		return refusal{err}
	}
	switch {
	case len(r.rows)+len(r.changes) > 0:
		return t.add(r)
	case r.prune != 0:
		return t.pruneHistory(r)
	case r.usage != nil:
		return t.saveUsage(r)
	}
	return t.delete(r)
}

// errOtherSpace refuses rows that were prepared for another space than the
// store has by now.
var errOtherSpace = errors.New("the store's vector space or language was fixed meanwhile")

// fixSpace writes the space of the first memories, or checks that it is that.
func (t *transaction) fixSpace(space segment.Space) error {
	fixed, err := readSpace(t.tx)
	switch {
	case err != nil:
		return err
	case fixed.Name == "":
		return writeSpace(t.tx, space)
	case fixed.Name != space.Name || fixed.Dim != space.Dim || fixed.Metric != space.Metric || fixed.Language != space.Language:
		return refusal{errOtherSpace}
	}
	return nil
}

// add gives rows their IDs and stores them, and later versions with them. A key
// that is there with the same content, as it was first added or as it is now,
// gives the old ID; with other content it refuses the whole request.
func (t *transaction) add(r *request) error {
	fresh, err := t.resolveKeys(r)
	if err == nil {
		err = t.checkBases(r.changes)
	}
	if err == nil && len(fresh)+len(r.changes) > 0 {
		err = t.fixSpace(r.space)
	}
	if err != nil || len(fresh)+len(r.changes) == 0 {
		return err
	}
	if err := t.eraseAll(r, r.expired); err != nil {
		return err
	}
	for _, row := range fresh {
		if err := t.addFirst(r, row); err != nil {
			return err
		}
	}
	if err := t.savePositions(fresh); err != nil {
		return err
	}
	r.added = fresh
	t.space, t.changed = r.space, true
	for i := range r.changes {
		if r.link {
			r.changes[i].row.Link(r.rows[0].ID)
		}
		if err := t.addLater(r, &r.changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// addFirst stores the first version of a memory.
func (t *transaction) addFirst(r *request, row *segment.Row) error {
	memories := t.tx.Bucket(bucketMemories)
	memories.FillPercent = .95 // sequences ascend: pages are filled from left to right
	id, err := memories.NextSequence()
	if err != nil {
		return err
	}
	row.ID = model.ID(id)
	if row.Key != "" {
		entry := append(idBytes(row.ID), row.Digest[:]...)
		if r.link {
			entry = append(append(idBytes(row.ID), r.given[:]...), row.Digest[:]...)
		}
		if err := t.tx.Bucket(bucketKeys).Put(keyBytes(row.Tenant, row.Key), entry); err != nil {
			return err
		}
	}
	position, err := t.position(row.Thread)
	if err != nil {
		return err
	}
	row.Stamp(t.now, position)
	return memories.Put(idBytes(row.ID), sealRecord(idBytes(row.ID), row.Record))
}

// resolveKeys returns the rows that are new; the others get their IDs. The key
// of a memory that has expired is free: r.expired lists those.
func (t *transaction) resolveKeys(r *request) (fresh []*segment.Row, err error) {
	keys, seen := t.tx.Bucket(bucketKeys), map[string]int{}
	for i, row := range r.rows {
		if row.Key == "" {
			fresh = append(fresh, row)
			continue
		}
		k := keyBytes(row.Tenant, row.Key)
		if j, twice := seen[string(k)]; twice {
			return nil, refusal{fmt.Errorf("memory %d: key %q is that of memory %d of the same call: %w", i, row.Key, j, model.ErrExists)}
		}
		seen[string(k)] = i
		v := keys.Get(k)
		if v != nil && len(v) != 8+digestBytes && len(v) != 8+2*digestBytes {
			return nil, fmt.Errorf("store: key entry of %d bytes: %w", len(v), model.ErrCorrupt)
		}
		switch {
		case v == nil:
			fresh = append(fresh, row)
		case t.hasExpired(idOf(v)):
			fresh, r.expired = append(fresh, row), append(r.expired, idOf(v))
		case !r.link && (string(v[8:8+digestBytes]) == string(row.Digest[:]) || string(v[8+digestBytes:]) == string(row.Digest[:])):
			row.ID = idOf(v)
		default:
			return nil, refusal{fmt.Errorf("memory %d: key %q is taken by memory %d with other content: %w", i, row.Key, idOf(v), model.ErrExists)}
		}
	}
	return fresh, nil
}

// position returns the next place in a session.
func (t *transaction) position(thread string) (uint32, error) {
	if thread == "" {
		return 0, nil
	}
	next, ok := t.positions[thread]
	if v := t.tx.Bucket(bucketThreads).Get(threadKey(thread)); !ok && len(v) == 4 {
		next = binary.BigEndian.Uint32(v)
	}
	t.positions[thread] = next + 1
	return next, nil
}

func (t *transaction) savePositions(rows []*segment.Row) error {
	threads, saved := t.tx.Bucket(bucketThreads), ""
	for i := len(rows) - 1; i >= 0; i-- {
		thread := rows[i].Thread
		if thread == "" || thread == saved {
			continue
		}
		saved = thread
		if err := threads.Put(threadKey(thread), binary.BigEndian.AppendUint32(nil, t.positions[thread])); err != nil {
			return err
		}
	}
	return nil
}

// publish makes what was committed visible with one store of the view.
func (s *Store) publish(batch []*request, space segment.Space, built *segment.Segment) {
	view := s.view.Load()
	next := view
	var all outcome
	for _, r := range batch {
		all.gone = append(all.gone, r.gone...)
		all.retired = append(all.retired, r.retired...)
		all.retiredAt = append(all.retiredAt, r.retiredAt...)
		for _, row := range r.added {
			if row.Sequence == 0 {
				s.added.Add(1)
			}
		}
	}
	if built != nil {
		next = next.In(space).With(built)
	}
	if len(all.retired) > 0 {
		next = next.WithRetired(all.retired, all.retiredAt)
	}
	if len(all.gone) > 0 {
		next = next.WithDeleted(all.gone)
	}
	if next != view {
		s.view.Store(next)
		s.kickMerger()
	}
}

// placeOf returns the sequence of a committed row.
func placeOf(row *segment.Row) model.ID { return cmp.Or(row.Sequence, row.ID) }

func buildSegment(space segment.Space, rows []*segment.Row, first, last model.ID) (*segment.Segment, error) {
	b := segment.NewBuilder(space)
	bytes := 0
	for _, row := range rows {
		bytes += len(row.Record)
	}
	b.Reserve(len(rows), bytes)
	for _, row := range rows {
		b.Add(row)
	}
	return b.Finish(first, last)
}
