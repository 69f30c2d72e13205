package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// A transaction of truth.db stays open over many groups (Store.tx): a group is
// acknowledged when the journal has it, and truth.db is committed, which takes two
// syncs and writes here and there, once for all of them. Whoever wants to read what
// was acknowledged reads in that transaction, or has it committed before.

const (
	// A round ends with so much in the journal, but for a truth.db of less than eight times
	// that: see fitRound. The bounds are for the disk it takes, the memory of the open
	// transaction, what is to be replayed after a crash, how long a commit holds writers up,
	// and how many keys come between the same two: bbolt divides a leaf when it commits, and
	// until then every key that comes into one moves those behind it.
	roundMin = 1 << 20
	roundMax = 16 << 20
	// directBytes is the size from which a group is committed at once: its records are
	// written once then, and two syncs more are little beside them.
	directBytes = 1 << 20
	// restAfter is how long after the last group truth.db is committed, so that a store
	// at rest has nothing to replay.
	restAfter = time.Second
)

// edit is the open transaction as those see it who change something: what is put or
// deleted is noted for the journal.
type edit struct {
	tx   *bolt.Tx
	redo *redo // nil: the transaction is committed with this group
	made int   // changes
}

func (e *edit) put(bucket, key, value []byte) error {
	e.note(bucket, key, value, false)
	return e.tx.Bucket(bucket).Put(key, value)
}

func (e *edit) delete(bucket, key []byte) error {
	e.note(bucket, key, nil, true)
	return e.tx.Bucket(bucket).Delete(key)
}

func (e *edit) note(bucket, key, value []byte, deleted bool) {
	e.made++
	if e.redo != nil {
		e.redo.note(bucket, key, value, deleted)
	}
}

// redoIn applies changes of a journal to a transaction. The sequence of a bucket that
// counts is not among the changes, as the largest key tells it.
func redoIn(tx *bolt.Tx) func(bucket, key, value []byte, deleted bool) error {
	memories := tx.Bucket(bucketMemories)
	return func(bucket, key, value []byte, deleted bool) error {
		b := tx.Bucket(bucket)
		if b == nil {
			return fmt.Errorf("store: truth.db without bucket %s: %w", bucket, model.ErrCorrupt)
		}
		if deleted {
			return b.Delete(key)
		}
		if b == memories && len(key) == 8 && uint64(idOf(key)) > b.Sequence() {
			if err := b.SetSequence(uint64(idOf(key))); err != nil {
				return err
			}
		}
		return b.Put(key, value)
	}
}

// begin opens the transaction if it is not open.
func (s *Store) begin() (err error) {
	if s.tx == nil {
		s.tx, err = s.db.Begin(true)
	}
	return err
}

// change has f make changes in the open transaction. Where f fails they are undone, and
// no others. direct says that persist is to commit truth.db itself.
func (s *Store) change(e *edit, direct bool, f func() error) error {
	if s.poisoned != nil {
		return s.poisoned
	}
	if s.isDue() {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	if err := s.begin(); err != nil {
		return s.commitFailed(err)
	}
	e.tx = s.tx
	if !direct {
		e.redo = &s.redo
		e.redo.start()
	}
	if err := f(); err != nil {
		return errors.Join(fmt.Errorf("store: %w", classify(err)), s.rewind())
	}
	return nil
}

// persist makes durable what change has made. Where it fails for lack of space the
// changes are undone.
func (s *Store) persist(e *edit) error {
	if e.redo == nil {
		return s.checkpoint()
	}
	if err := s.journal.append(e.redo); err != nil {
		return s.undo(err)
	}
	return nil
}

// group makes the changes of f durable, all or none.
func (s *Store) group(f func(e *edit) error) error {
	e := &edit{}
	err := s.change(e, false, func() error { return f(e) })
	if err != nil || e.made == 0 {
		return err
	}
	return s.persist(e)
}

// undo takes back a group that could not be made durable, where it is sure that it is not.
func (s *Store) undo(err error) error {
	if err = s.commitFailed(err); s.poisoned == nil {
		return errors.Join(err, s.rewind())
	}
	return errors.Join(err, s.rollback())
}

// commitFailed classifies the error of a group. Anything but a lack of space
// leaves open whether the disk holds what was written, so the store
// takes no more writes: an fsync that failed once must not be tried again.
func (s *Store) commitFailed(err error) error {
	if err == nil {
		return nil
	}
	unsure := errors.As(err, new(unsureError))
	err = fmt.Errorf("store: commit: %w", classify(err))
	if unsure || !errors.Is(err, model.ErrNoSpace) {
		s.poisoned = fmt.Errorf("store: no writes after a failed commit, reopen the store: %w", err)
	}
	return err
}

// rewind makes the open transaction anew of what was acknowledged: of the journal.
func (s *Store) rewind() error {
	number := s.journal.round.number
	err := s.rollback()
	if err == nil {
		err = guarded(s.takeUp)
	}
	if err == nil && number != s.journal.round.number {
		err = fmt.Errorf("store: JOURNAL ends with group %d, group %d was acknowledged: %w", s.journal.round.number, number, model.ErrCorrupt)
	}
	return s.commitFailed(err)
}

// rollback ends the open transaction without a trace.
func (s *Store) rollback() error {
	tx := s.tx
	if s.tx = nil; tx == nil {
		return nil
	}
	err := guarded(tx.Rollback)
	if errors.Is(err, bolterrors.ErrTxClosed) {
		return nil // a commit that fails ends its transaction
	}
	return err
}

// checkpoint commits truth.db and begins a round of the journal. Where the disk lacks
// room for that the transaction stays open, with what was acknowledged.
func (s *Store) checkpoint() error {
	if s.poisoned != nil || s.tx == nil {
		return s.poisoned
	}
	next := newRound(s.journal.round.number)
	tx, due := s.tx, s.dueAt()
	err := tx.Bucket(bucketMeta).Put(metaJournal, next.bytes())
	if err == nil {
		err = s.commitTx(tx)
	}
	if err != nil {
		return s.undo(err)
	}
	stats := tx.Stats()
	s.fitRound(due, stats.GetPageAlloc())
	s.tx, s.lightened = nil, false
	s.judges.settle()
	s.journal.restart(next)
	s.removeDropped()
	return nil
}

// isDue reports whether the round has become long.
func (s *Store) isDue() bool {
	return s.tx != nil && (s.journal.end >= s.dueAt() || s.judges.isFull())
}

// dueAt is how much the journal holds at the end of a round.
func (s *Store) dueAt() int64 { return min(max(s.tx.Size()/8, roundMin), s.roundEnd) }

// fitRound makes rounds longer where the commit of one that was due has written far more, in
// pages, than the journal held: where small records come with keys in any order, most are a
// page each, and a longer round finds more of them on the same. Where it has written hardly
// more a shorter one costs nothing, and writers wait less for it.
func (s *Store) fitRound(due, pageBytes int64) {
	if s.journal.end < due {
		return // ended early, which says little
	}
	switch {
	case pageBytes >= 4*s.journal.end:
		s.roundEnd = min(max(2*due, s.roundEnd), roundMax)
	case pageBytes < 2*s.journal.end:
		s.roundEnd = max(due/2, roundMin)
	}
}

// restTruth is the writer's when nothing has come for a while. A failure shows where it
// matters, in the next write.
func (s *Store) restTruth() {
	if s.poisoned == nil && s.checkpoint() == nil {
		_ = s.commitFailed(s.journal.rest())
		restFile(s.db)
		s.kickMerger() // truth.db may have pages to give back
	}
}

// closeTruth is the last that the writer does: the journal is left empty.
func (s *Store) closeTruth() error {
	if s.poisoned != nil {
		return nil // it has been said; opening finds what was acknowledged
	}
	switch err := s.checkpoint(); {
	case errors.Is(err, model.ErrNoSpace) && s.poisoned == nil:
		return nil // the journal keeps it
	case err != nil:
		return err
	}
	return s.commitFailed(s.journal.clear())
}

// recoverTruth, while the store is opened, takes up what the journal holds. A store that
// is opened for reading alone keeps it in a transaction that is never committed, and
// writes nothing.
func (s *Store) recoverTruth() (err error) {
	if s.journal, err = openJournal(s.dir, s.readOnly); err != nil || s.journal == nil {
		return err
	}
	err = guarded(func() error { return s.takeUp() })
	if err == nil && s.tx != nil && !s.readOnly {
		// Committed at once: after a sync that failed, the system may show what the disk has not.
		err = s.checkpoint()
		if errors.Is(err, model.ErrNoSpace) && s.poisoned == nil {
			err = nil // a full disk must not keep a store from opening
		}
	}
	if err != nil {
		return fmt.Errorf("store: open: %w", classify(err))
	}
	return nil
}

// takeUp replays the journal into the open transaction; there is none where it is empty.
func (s *Store) takeUp() (err error) {
	db, tx, err := takeUp(s.db, s.journal, s.readOnly)
	if db != s.db { // while it is opened: later others read it
		s.db = db
	}
	s.tx = tx
	return err
}

// takeUp replays a journal into a transaction of db, nil where it is empty. A db that is
// opened for reading is opened anew for that. The db that is returned is the one to close.
func takeUp(db *bolt.DB, j *journal, readOnly bool) (*bolt.DB, *bolt.Tx, error) {
	var from round
	err := db.View(func(tx *bolt.Tx) (err error) {
		from, err = readRound(tx)
		return err
	})
	if err == nil {
		err = j.replay(from, func(_, _, _ []byte, _ bool) error { return nil })
	}
	if err != nil || j.end == 0 {
		return db, nil, err
	}
	if path := db.Path(); readOnly {
		if err := db.Close(); err != nil {
			return nil, nil, err
		}
		if db, err = openUnwritten(path); err != nil {
			return nil, nil, err
		}
	}
	tx, err := db.Begin(true)
	if err == nil {
		err = j.replay(from, redoIn(tx))
	}
	return db, tx, err
}

// viewTruth runs f on the truth of a closed store with what its journal holds, and
// writes nothing.
func viewTruth(dir string, f func(tx *bolt.Tx) error) (err error) {
	db, err := openFile(filepath.Join(dir, truthName), true)
	if err != nil {
		return err
	}
	defer func() {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	j, err := openJournal(dir, true)
	if err != nil {
		return err
	}
	if j == nil {
		return db.View(f)
	}
	defer j.file.Close()
	var tx *bolt.Tx
	db, tx, err = takeUp(db, j, true)
	if tx != nil {
		defer tx.Rollback()
	}
	switch {
	case err != nil:
		return err
	case tx == nil:
		return db.View(f)
	}
	return f(tx)
}

// openUnwritten opens a truth file for transactions that are never committed, with no
// right to write to it. Others may read it meanwhile: the directory's lock keeps writers
// away, so bbolt's own, which keeps readers away too, is given up.
func openUnwritten(path string) (*bolt.DB, error) {
	db, file, err := openFileAs(path, false, func(name string, _ int, _ os.FileMode) (*os.File, error) { return os.Open(name) })
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_UN); err != nil {
		return nil, errors.Join(classify(err), db.Close())
	}
	return db, nil
}

// readTruth runs f in a transaction that has all that was acknowledged, against damage
// too: the writer's call, or anybody's while there is no writer.
func (s *Store) readTruth(f func(tx *bolt.Tx) error) error {
	return guarded(func() error {
		if s.tx == nil {
			return s.db.View(f)
		}
		if s.readOnly { // bbolt's transactions that could write are for one goroutine
			s.reading.Lock()
			defer s.reading.Unlock()
		}
		return f(s.tx)
	})
}

// snapshot is the truth and the view of it at one moment between two groups.
type snapshot struct {
	tx   *bolt.Tx
	view *segment.View
	held heldFiles
}

// release ends the transaction; truth.db cannot be exchanged before.
func (p *snapshot) release() {
	_ = p.tx.Rollback() // of a reading transaction: there is nothing to fail
	p.view.Release()
}

// takeSnapshot has the writer commit truth.db and look at it.
func (s *Store) takeSnapshot(onWriter func(func() error) error) (*snapshot, error) {
	p := &snapshot{}
	err := onWriter(func() (err error) {
		if err = s.checkpoint(); err != nil {
			return err
		}
		p.view, p.held = s.view.Load(), s.held
		p.tx, err = s.db.Begin(false)
		return classify(err)
	})
	return p, err
}

// settle brings what the journal in dir holds into a truth file that nobody has open:
// the store's own or a copy of it.
func settle(dir, path string) (err error) {
	j, err := openJournal(dir, true)
	if err != nil || j == nil {
		return err
	}
	defer func() { err = errors.Join(err, j.file.Close()) }()
	db, err := openFile(path, false)
	if err != nil {
		return err
	}
	err = guarded(func() error {
		tx, err := db.Begin(true)
		if err != nil {
			return err
		}
		defer tx.Rollback() // nothing is written where there is nothing to bring
		from, err := readRound(tx)
		if err == nil {
			err = j.replay(from, redoIn(tx))
		}
		if err != nil || j.end == 0 {
			return err
		}
		if err := tx.Bucket(bucketMeta).Put(metaJournal, newRound(j.round.number).bytes()); err != nil {
			return err
		}
		return tx.Commit()
	})
	return errors.Join(classify(err), db.Close())
}

// dropJournal removes the journal of a closed store, durably. truth.db has what it holds.
func dropJournal(dir string) error {
	err := os.Remove(filepath.Join(dir, journalName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, vfs.OS.SyncDir(dir))
}
