package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// Stats describe a store at one moment.
type Stats struct {
	Memories     uint64 // live
	Retired      uint64 // versions that later ones replaced, kept as history
	Deleted      uint64 // deleted, still standing in segments until they are merged
	Segments     int
	SegmentFiles int
	SegmentBytes uint64 // of files and memory, memory files and lists of vectors included
	TruthBytes   uint64 // of truth.db and its journal
	Terms        uint64 // words in live memories, stop words not counted
	Vectors      string // name of the vector space, "" before the first memory
	Dimension    int
	Metric       model.Metric // how vectors are compared; unset before the first memory
	Language     string       // of its texts, "" before the first memory
	Epoch        uint64       // views published since opening
	Added        uint64       // memories added since opening
	Commits      uint64       // groups since opening; Added/Commits shared one fsync
	Merges       uint64       // since opening
	Replayed     int          // memories taken from the truth for want of a valid file
	Discarded    int          // segment files found invalid, by opening or since, and rebuilt
	Outdated     int          // segment files that opening found to be of another version or language, and rebuilt: in memory alone where it was for reading
	MergeError   error        // why merging to files or making lists of vectors failed the last time, nil while it goes on

	DamagedJudgements int // that were met since opening, and are left out; Verify says whose

	RecordBytes  uint64 // of all records in segments, as they are read
	RecordStored uint64 // that they take there, with what is needed to unpack them
	RecordNanos  uint64 // mean time to read one, the latest counting most; 0 before the first
}

// Stats returns the store's figures; nothing is scanned.
func (s *Store) Stats() (Stats, error) {
	view, err := s.View()
	if err != nil {
		return Stats{}, err
	}
	st := Stats{
		Memories: view.Documents, Segments: len(view.Parts), Terms: view.TotalLength,
		Vectors: view.Space.Name, Dimension: view.Space.Dim, Metric: view.Space.Metric, Language: view.Space.Language, Epoch: view.Epoch,
		Added: s.added.Load(), Commits: s.commits.Load(), Merges: s.merges.Load(),
		Replayed: int(s.replayed.Load()), Discarded: s.discarded + int(s.repaired.Load()), Outdated: s.outdated,
		RecordNanos: s.reads.Nanos(), DamagedJudgements: s.judges.damagedCount(),
	}
	for _, failed := range []*error{s.mergeFailed.Load(), s.listsFailed.Load()} {
		if failed != nil && st.MergeError == nil {
			st.MergeError = *failed
		}
	}
	for i := range view.Parts {
		p := &view.Parts[i]
		st.Deleted += uint64(p.GoneCount())
		st.Retired += uint64(len(p.Retired))
		st.SegmentBytes += uint64(p.Size())
		plain, stored := p.RecordBytes()
		st.RecordBytes, st.RecordStored = st.RecordBytes+uint64(plain), st.RecordStored+uint64(stored)
		if p.InFile() {
			st.SegmentFiles++
		}
	}
	if lists, _ := view.Lists(); lists != nil {
		st.SegmentBytes += uint64(lists.Size())
	}
	for _, name := range []string{truthName, journalName} {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			st.TruthBytes += uint64(info.Size())
		}
	}
	return st, nil
}

// order has the merger rewrite segments and waits for it.
func (s *Store) order(ctx context.Context, compact bool) error {
	o := rewriteOrder{ctx, compact, make(chan error, 1)}
	select {
	case s.rewrites <- o:
		return <-o.reply
	case <-s.mergerDone:
		return errClosed
	}
}

// Compact deletes what has expired and history that is too old, merges all
// segments into as few files as there can be, without the deleted rows, and rewrites
// truth.db without the pages it no longer uses, so that nothing deleted before the
// call stands in the directory; the truth that an upgrade left for Rollback goes too. Reads go on;
// writes wait while truth.db is copied. It needs as much free space as the
// store has live data.
func (s *Store) Compact(ctx context.Context) error {
	if s.readOnly {
		return fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	}
	if s.closing.Load() {
		return errClosed
	}
	if err := model.FromContext(ctx, "store: compact"); err != nil {
		return err
	}
	if err := s.sweep(ctx, s.submit); err != nil {
		return err
	}
	if err := s.prune(ctx); err != nil {
		return err
	}
	if err := s.order(ctx, true); err != nil {
		return err
	}
	lists := s.compactLists(ctx)
	if err := model.FromContext(ctx, "store: compact"); err != nil {
		return err
	}
	s.backups.Lock()
	defer s.backups.Unlock()
	return errors.Join(lists, s.between(ctx, s.compactTruth)) // without lists, questions take longer
}

const (
	compactTxBytes = 4 << 20  // of one transaction while truth.db is copied
	compactGrow    = 64 << 10 // by so much it grows then; bbolt's 16 MiB were 43 % of 12,000 memories
)

// compactTruth, run by the writer, copies the truth's live pages to a new file
// and puts it in the old one's place.
func (s *Store) compactTruth() error {
	if err := errors.Join(s.mendBeforeCompact(), s.checkpoint()); err != nil {
		return err
	}
	path := filepath.Join(s.dir, truthName)
	if err := s.stillThere(); err != nil {
		return err
	}
	fresh := filepath.Join(s.dir, compactName)
	if err := guarded(func() error { return copyTruth(s.db, fresh) }); err != nil {
		vfs.OS.Remove(fresh)
		return fmt.Errorf("store: compact: %w", classify(err))
	}
	if err := vfs.OS.Rename(fresh, path); err != nil {
		vfs.OS.Remove(fresh)
		return fmt.Errorf("store: compact: %w", classify(err))
	}
	// The truth that an upgrade left holds what was deleted since.
	err := errors.Join(removeKept(s.dir), vfs.OS.SyncDir(s.dir))
	db, openErr := openTruth(path, false)
	if openErr == nil {
		old := s.db
		s.exchange.Lock()
		s.db = db
		s.exchange.Unlock()
		err = errors.Join(err, old.Close())
	} else {
		openErr = unsureError{openErr} // the old file has no name any more: nothing may be written to it
	}
	return s.commitFailed(errors.Join(err, openErr, s.journal.clear())) // it held what was deleted, too
}

// shrinkBytes is how much of truth.db has to be free before it is worth copying.
const shrinkBytes = 1 << 20

// shrinkTruth, called in calm moments, rewrites truth.db where more than half of it is
// free pages. bbolt uses free pages again and never gives them back, so that a store
// would keep the size of its largest hour.
func (s *Store) shrinkTruth() error {
	return s.onWriter(func() error {
		if s.lightened {
			if err := s.checkpoint(); err != nil {
				return err
			}
		}
		pages := s.db.Stats()
		free := (pages.FreePageN + pages.PendingPageN) * os.Getpagesize() // bbolt's, but for files of another machine
		used := 0                                                         // by bbolt; behind that the file may be longer, and has no blocks
		err := s.db.View(func(tx *bolt.Tx) error { used = int(tx.Size()); return nil })
		if err != nil || free < shrinkBytes || free < used/2 {
			return classify(err)
		}
		return s.compactTruth()
	})
}

func copyTruth(from *bolt.DB, path string) error {
	to, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: openTimeout, NoSync: true, NoGrowSync: true})
	if err != nil {
		return err
	}
	to.AllocSize = compactGrow
	err = bolt.Compact(to, from, compactTxBytes)
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

// Report is what Verify found.
type Report struct {
	Memories uint64   // in the truth
	Faults   []string // empty: the store is sound; at most faultsMax

	damaged []string // keys of judgements that cannot be read
}

const faultsMax = 100

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < faultsMax {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Verify reads everything: bbolt's own structure, every record of the truth
// and its counterpart in the segments, every key, and every segment's
// checksums. O(store). Reads go on; writes wait for the first part, may wait for
// all of it where truth.db has to grow, and for all of it where the disk has no room to
// commit truth.db; they are not faults.
func (s *Store) Verify(ctx context.Context) (Report, error) {
	report, err := s.verify(ctx)
	s.judges.lock.Lock()
	s.judges.noteDamaged(report.damaged)
	s.judges.lock.Unlock()
	report.damaged = nil
	return report, err
}

func (s *Store) verify(ctx context.Context) (Report, error) {
	if s.readOnly {
		return s.verifyReadOnly(ctx)
	}
	report, err := s.verifyPages(ctx)
	if errors.Is(err, model.ErrNoSpace) {
		report = Report{}
		err = s.between(ctx, func() error { return s.verifyHere(ctx, &report) })
		return report, err
	}
	if err != nil {
		return Report{}, err
	}
	at, err := s.takeSnapshot(func(f func() error) error { return s.between(ctx, f) })
	if err != nil {
		return report, err
	}
	defer at.release()
	err = guarded(func() error { return verify(ctx, at.tx, at.held, at.view, &report) })
	return report, classify(err)
}

func (s *Store) verifyReadOnly(ctx context.Context) (report Report, err error) {
	err = s.verifyHere(ctx, &report)
	return report, err
}

// verifyHere is the writer's, or anybody's where there is none.
func (s *Store) verifyHere(ctx context.Context, report *Report) error {
	view := s.view.Load()
	if view == nil || s.closing.Load() {
		return errClosed
	}
	defer view.Release()
	return classify(s.readTruth(func(tx *bolt.Tx) error {
		if err := s.checkPages(report); err != nil {
			return err
		}
		return verify(ctx, tx, s.held, view, report)
	}))
}

// verifyPages has bbolt check its pages, which it can only while nobody writes:
// on the writer's goroutine, between two groups.
func (s *Store) verifyPages(ctx context.Context) (report Report, err error) {
	err = s.between(ctx, func() error {
		if err := s.checkpoint(); err != nil {
			return err
		}
		return guarded(func() error { return s.checkPages(&report) })
	})
	return report, err
}

// checkPages has bbolt check truth.db as it was last committed.
func (s *Store) checkPages(report *Report) error {
	return s.db.View(func(tx *bolt.Tx) error {
		if err := walk(tx); err != nil {
			return err // Check would end the process, on a goroutine of its own
		}
		for fault := range tx.Check() {
			report.fault("truth.db: %v", fault)
		}
		return nil
	})
}

// between has the writer run f between two groups, in turn with other callers.
func (s *Store) between(ctx context.Context, f func() error) error {
	r := newRequest(ctx)
	r.alone = f
	return s.submit(r)
}

// walk reads every page in use once.
func walk(tx *bolt.Tx) error {
	return tx.ForEach(func(_ []byte, b *bolt.Bucket) error {
		return b.ForEach(func(_, _ []byte) error { return nil })
	})
}

func verify(ctx context.Context, tx *bolt.Tx, held heldFiles, view *segment.View, report *Report) error {
	var last model.ID
	if n := len(view.Parts); n > 0 {
		_, last = view.Parts[n-1].Range()
	}
	if sound, err := soundFiles(ctx, view, report); !sound {
		return err // there is nothing to compare the truth with until they are rebuilt
	}
	if err := verifyMemories(ctx, tx, held, view, last, report); err != nil {
		return err
	}
	verifySegments(tx, view, report)
	verifyJudgements(tx, report)
	return nil
}

// verifyMemories checks each version of the truth against its row.
func verifyMemories(ctx context.Context, tx *bolt.Tx, held heldFiles, view *segment.View, last model.ID, report *Report) error {
	keys := tx.Bucket(bucketKeys)
	var records, kept segment.RecordReader
	return tx.Bucket(bucketMemories).ForEach(func(k, v []byte) error {
		if err := model.FromContext(ctx, "store: verify"); err != nil {
			return err
		}
		sequence := idOf(k)
		is, err := held.version(&kept, k, v)
		if err != nil {
			report.Memories++
			report.fault("memory %d: %v", sequence, err)
			return nil
		}
		m := &is.memory
		retired := get(tx, bucketRetired, append(idBytes(m.ID), k...)) != nil
		if !retired {
			report.Memories++
			verifyCurrent(tx, view, last, &is, report)
		}
		if entry := keys.Get(keyBytes(m.Tenant, m.Key)); m.Key != "" && (len(entry) < 8 || idOf(entry) != m.ID) {
			report.fault("memory %d: its key does not lead to it", m.ID)
		}
		ref, ok := view.Place(sequence)
		switch {
		case sequence > last:
			return nil // committed, about to be published
		case !ok:
			report.fault("memory %d: in no segment", m.ID)
			return nil
		}
		if isApart(v) {
			return nil // its segment reads the same file
		}
		if row := records.Record(view.Parts[ref.Part].Segment, int(ref.Row)); string(row) != string(segment.Body(v[:len(v)-recordSumBytes])) {
			report.fault("memory %d: its segment has another record", m.ID)
		}
		return nil
	})
}

// verifyCurrent checks that a version that was not replaced is the one that its
// ID leads to, in the truth and in the segments.
func verifyCurrent(tx *bolt.Tx, view *segment.View, last model.ID, is *version, report *Report) {
	current := is.memory.ID
	if v := get(tx, bucketCurrent, idBytes(current)); len(v) == 8 {
		current = idOf(v)
	}
	if current != is.sequence {
		report.fault("memory %d: its ID leads to another version", is.memory.ID)
	}
	if is.sequence > last {
		return // about to be published
	}
	if ref, ok := view.Find(is.memory.ID); ok && view.Parts[ref.Part].Sequence(int(ref.Row)) != is.sequence || !ok {
		report.fault("memory %d: its current version is in no answer", is.memory.ID)
	}
}

// verifySegments checks that segments hold nothing beyond the truth.
func verifySegments(tx *bolt.Tx, view *segment.View, report *Report) {
	memories, deleted := tx.Bucket(bucketMemories), tx.Bucket(bucketDeleted)
	for i := range view.Parts {
		p := &view.Parts[i]
		gone := p.Gone()
		for row := range p.RowCount() {
			sequence := idBytes(p.Sequence(row))
			if !gone.Has(row) && memories.Get(sequence) == nil && deleted.Get(sequence) == nil {
				report.fault("memory %d: in a segment, not in the truth", p.ID(row))
			}
		}
	}
}
