package store

import (
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
)

// suspect has the merger, or keepPages where there is none, look for files that cannot be
// read any more or are damaged. Readers call it when a read has failed; it does not block.
func (s *Store) suspect() {
	s.suspected.Store(true)
	s.kickMerger()
}

// checkAfter is how long after opening the check of the files begins: what is asked first
// comes first.
const checkAfter = 100 * time.Millisecond

// checkFiles checks what opening has left unchecked of the segment files, so that damage
// is found and mended before somebody needs what it hit. It rests as long as it works, as
// questions want the same disk and memory.
func (s *Store) checkFiles() {
	select {
	case <-s.stop:
		return
	case <-time.After(checkAfter):
	}
	if !s.lockLists(nil) {
		return
	}
	_ = s.openLists() // without them questions take longer, and who makes them tries again
	s.unlockLists()
	s.kickMerger() // which may have wanted to see to them meanwhile
	view := s.view.Load()
	defer view.Release()
	began := time.Now()
	rest := func() bool {
		time.Sleep(time.Since(began))
		began = time.Now()
		return s.closing.Load()
	}
	for i := range view.Parts {
		if err := view.Parts[i].CheckRest(rest); damaged(err) {
			s.suspect()
		}
	}
}

// repair rebuilds from the truth the segments whose files cannot be read, or are
// not what they were, if one is suspected of that. O(bytes of all files).
func (s *Store) repair() error { return s.mend(s.rebuildPart) }

// repairInMemory is repair in a store opened for reading, which leaves the files as they are.
func (s *Store) repairInMemory() {
	if !s.lockLists(nil) { // who opens lists stores a view too
		return
	}
	defer s.unlockLists()
	if err := s.mend(s.rebuildInMemory); err != nil {
		s.mergeFailed.Store(&err)
	}
}

// mend calls rebuild for the segments of damaged files, if one is suspected of being that.
func (s *Store) mend(rebuild func(segment.Space, *segment.Segment) error) error {
	if !s.suspected.Swap(false) {
		return nil
	}
	view := s.view.Load()
	if view == nil {
		return nil
	}
	defer view.Release()
	for i := range view.Parts {
		if !view.Parts[i].InFile() || view.Parts[i].Verify() == nil {
			continue
		}
		if err := rebuild(view.Space, view.Parts[i].Segment); err != nil {
			s.suspected.Store(true)
			return err
		}
		s.repaired.Add(1)
	}
	return s.mendLists()
}

// rebuildInMemory puts a segment made from the truth in a damaged one's place, in the view
// alone. The caller has locked lists.
func (s *Store) rebuildInMemory(space segment.Space, damaged *segment.Segment) (err error) {
	defer model.Rescue("store: repair", &err)
	first, last := damaged.Range()
	draft, err := s.draftOf(space, first, last)
	if err != nil {
		return fmt.Errorf("store: repair of memories %d to %d: %w", first, last, classify(err))
	}
	now := s.view.Load()
	part := now.PartOf(damaged)
	if draft == nil {
		s.view.Store(now.Replace(part, part, nil))
		return nil
	}
	fresh, err := draft.Segment()
	if err != nil {
		return err
	}
	life, err := s.livesOf(fresh, first, last)
	if err == nil {
		s.view.Store(now.Exchange(part, fresh, life.retired, life.retiredAt, life.deleted))
	}
	return err
}

// rebuildPart puts a file made from the truth in a damaged one's place. Nothing of
// the damaged segment is read but the range of IDs that it answers for.
func (s *Store) rebuildPart(space segment.Space, damaged *segment.Segment) (err error) {
	defer model.Rescue("store: repair", &err)
	first, last := damaged.Range()
	draft, err := s.draftOf(space, first, last)
	if err != nil {
		return fmt.Errorf("store: repair of memories %d to %d: %w", first, last, classify(err))
	}
	var merged *segment.Segment
	var number uint64
	if draft != nil {
		number = s.fileNumber.Add(1)
		if merged, err = s.writeSegment(number, draft, []*segment.Segment{damaged}); err != nil {
			return err
		}
	}
	return s.onWriter(func() error {
		life, err := s.livesOf(merged, first, last)
		if err != nil {
			return err
		}
		return s.install([]*segment.Segment{damaged}, merged, number, func(now *segment.View, part int) *segment.View {
			if merged == nil {
				return now.Replace(part, part, nil)
			}
			return now.Exchange(part, merged, life.retired, life.retiredAt, life.deleted)
		})
	})
}

// draftOf derives one segment of a range of the truth, nil where nothing is there.
func (s *Store) draftOf(space segment.Space, first, last model.ID) (draft *segment.Draft, err error) {
	var pieces []piece
	err = s.readSettled(func(tx *bolt.Tx, held heldFiles) (err error) {
		pieces, err = s.replayGap(context.Background(), tx, held, space, first, last)
		return err
	})
	if err != nil || len(pieces) == 0 {
		return nil, err
	}
	sources := make([]*segment.Segment, len(pieces))
	for i, p := range pieces {
		sources[i] = p.built
	}
	draft, err = segment.Merge(space, sources, make([]rows.Set, len(sources)))
	if err == nil {
		draft.Cover(first, last)
	}
	return draft, err
}

// readSettled runs f in a transaction of what was acknowledged, apart from the writer.
func (s *Store) readSettled(f func(tx *bolt.Tx, held heldFiles) error) error {
	if s.readOnly { // there is no writer
		return s.readTruth(func(tx *bolt.Tx) error { return f(tx, s.held) })
	}
	at, err := s.takeSnapshot(s.onWriter)
	if err != nil {
		return err
	}
	defer at.release()
	return guarded(func() error { return f(at.tx, at.held) })
}

// lives are what became of a segment's versions.
type lives struct {
	retired, deleted []model.ID
	retiredAt        []int64
}

// livesOf looks in the truth which versions of a range were replaced, and which of a
// segment are gone; the writer's call, so that nothing changes meanwhile.
func (s *Store) livesOf(merged *segment.Segment, first, last model.ID) (l lives, err error) {
	err = s.readTruth(func(tx *bolt.Tx) error {
		sequences, at, err := readRetired(tx)
		for i, sequence := range sequences {
			if sequence >= first && sequence <= last {
				l.retired, l.retiredAt = append(l.retired, sequence), append(l.retiredAt, at[i])
			}
		}
		memories := tx.Bucket(bucketMemories)
		for row := 0; merged != nil && row < merged.RowCount(); row++ {
			if sequence := merged.Sequence(row); memories.Get(idBytes(sequence)) == nil {
				l.deleted = append(l.deleted, sequence)
			}
		}
		return err
	})
	return l, err
}

// onWriter has the writer goroutine run f between two commits, and waits.
func (s *Store) onWriter(f func() error) error {
	r := newRequest(context.Background())
	r.alone = f
	select {
	case s.internal <- r:
		return <-r.reply
	case <-s.writerDone:
		return errClosed
	}
}

// soundFiles reports the segments and lists of a view that cannot be read or are damaged.
func soundFiles(ctx context.Context, view *segment.View, report *Report) (sound bool, err error) {
	sound = true
	for i := range view.Parts {
		if err := model.FromContext(ctx, "store: verify"); err != nil {
			return false, err
		}
		if err := view.Parts[i].Verify(); err != nil {
			first, last := view.Parts[i].Range()
			report.fault("segment of memories %d to %d: %v", first, last, err)
			sound = false
		}
	}
	if lists, _ := view.Lists(); lists != nil {
		if err := lists.Verify(); err != nil {
			report.fault("lists of vectors: %v", err)
			sound = false
		}
	}
	if !sound && view.Faulted != nil {
		view.Faulted()
	}
	return sound, nil
}
