package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// A large store has lists of all its large segments' vectors: one file beside them, which
// nothing names. They are made in the background, and replaced whole when enough has come
// since or segments were written anew; until then new segments are scanned flat. Where the file is
// missing, damaged or of other segments, questions take longer, and it is made again.

// listsName is the file's within segmentsName.
const listsName = "vectors.nxl"

const (
	// listedFrom is the number of rows from which there are lists: with fewer, a flat scan
	// takes no longer at the same recall (docs/design/partition.md). Once there, they stay until
	// half are left. Tests have less.
	listedFrom = 1 << 16
	// stillShare is the share of all rows that may be new before the lists are made again where
	// none have come for stillRest, one in so many; busyShare the same while memories come, once in
	// busyRest and not in a rush: else a load that soon is over has them made again and again beside it.
	stillShare = 8
	stillRest  = 500 * time.Millisecond
	busyShare  = 2
	busyRest   = time.Minute
	// atOnce has them made as soon as they do not hold exactly what they should: after Compact
	// nothing that was deleted may stand in a file.
	atOnce = 0
)

func (s *Store) listsPath() string { return filepath.Join(s.dir, segmentsName, listsName) }

// wantsLists reports whether lists of a view are to be made, or those that it has to be
// dropped, where one row in share may be new, or it is atOnce.
func (s *Store) wantsLists(view *segment.View, share int) (divide, drop bool) {
	from := cmp.Or(s.options.listedFrom, listedFrom)
	all, in := view.Listable()
	lists, parts := view.Lists()
	switch {
	case lists == nil:
		return all >= from, false
	case all < from/2:
		return false, true
	case share == atOnce:
		return in < all || slices.Contains(parts, -1) || lists.Outlived(), false
	}
	return (all-in)*share >= all, false
}

// lockLists waits for the right to make or open lists, and in a store opened for reading to store a
// view; false when done was closed first, which a nil one never is, or the store is being.
// Close takes it for good, so that there is a view as long as somebody has it.
func (s *Store) lockLists(done <-chan struct{}) bool {
	select {
	case s.dividing <- struct{}{}:
		return true
	case <-done:
	case <-s.stop:
	}
	return false
}

func (s *Store) tryLockLists() bool {
	select {
	case s.dividing <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s *Store) unlockLists() { <-s.dividing }

// keepLists begins to see to the lists beside the merger, where something is to be done and
// nothing is being done yet. The merger's alone.
func (s *Store) keepLists(share int) {
	if divide, drop := s.wantsLists(s.view.Load(), share); !divide && !drop || !s.tryLockLists() {
		return
	}
	if time.Now().Before(s.listsRest) {
		s.unlockLists()
		return
	}
	s.listing.Go(func() {
		defer s.kickMerger()
		defer s.unlockLists()
		err := s.settleLists(share, func() bool { return s.closing.Load() || s.hurried.Load() })
		if err != nil && !errors.Is(err, model.ErrCancelled) {
			s.listsFailed.Store(&err)
			s.listsRest = time.Now().Add(mergeRest)
			time.AfterFunc(mergeRest, s.kickMerger)
		}
	})
}

// compactLists sees to it that the lists hold what they should, and nothing else. Where that
// fails there are none, on the disk either, but where it is cancelled.
func (s *Store) compactLists(ctx context.Context) error {
	s.hurried.Store(true)
	locked := s.lockLists(ctx.Done())
	s.hurried.Store(false)
	if !locked {
		return cmp.Or(model.FromContext(ctx, "store: compact"), errClosed)
	}
	defer s.unlockLists()
	err := s.settleLists(atOnce, func() bool { return ctx.Err() != nil || s.closing.Load() })
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return model.FromContext(ctx, "store: compact")
	case s.closing.Load():
		return errClosed
	default:
		err = errors.Join(err, s.dropLists())
	}
	return err
}

// settleLists makes or drops lists, whichever is wanted. The caller has locked them.
func (s *Store) settleLists(share int, stop func() bool) error {
	err := s.openLists()
	switch divide, drop := s.wantsLists(s.view.Load(), share); {
	case err != nil:
	case drop:
		err = s.dropLists()
	case divide:
		err = s.divide(share == atOnce, stop)
	}
	if err == nil {
		s.listsFailed.Store(nil)
	}
	return err
}

// divide makes lists of what the store has now. Seconds; all but writing the file others can
// interrupt. With clean nothing of what was deleted is in them, neither as a centroid.
func (s *Store) divide(clean bool, stop func() bool) (err error) {
	view := s.view.Load()
	defer view.Release()
	defer model.Rescue("store: lists of vectors", &err)
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	sources := make([]*segment.Segment, len(view.Parts))
	for i := range view.Parts {
		sources[i] = view.Parts[i].Segment
	}
	if err := s.checkSources(sources, stop); err != nil {
		return err
	}
	draft := view.Divide(clean, stop)
	s.letGo() // of vectors, all of which were read
	if draft == nil {
		return fmt.Errorf("store: lists of vectors: %w", model.ErrCancelled)
	}
	if err := s.stillThere(); err != nil {
		return err
	}
	if err := writeDurably(s.options.Files, s.listsPath(), draft.Write); err != nil {
		return fmt.Errorf("store: lists of vectors: %w", classify(err))
	}
	lists, err := segment.OpenLists(s.options.Files, s.listsPath(), s.options.InMemory)
	if err != nil {
		return fmt.Errorf("store: lists of vectors: %w", classify(err))
	}
	return s.showLists(lists)
}

// showLists has the view's searches use lists, nil for none.
func (s *Store) showLists(lists *segment.Lists) error {
	show := func() error {
		if view := s.view.Load(); view != nil {
			s.view.Store(view.WithLists(lists))
		}
		return nil
	}
	if s.readOnly { // views are stored by who has locked lists
		return show()
	}
	return s.onWriter(show)
}

// dropLists gives up the lists, which no search needs any more or can use, and their file.
func (s *Store) dropLists() error {
	var err error
	if !s.readOnly {
		if err = s.stillThere(); err == nil {
			err = s.options.Files.Remove(s.listsPath())
		}
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if lists, _ := s.view.Load().Lists(); lists != nil {
		err = errors.Join(err, s.showLists(nil))
	}
	return err
}

// openLists has the view use the lists that were made when the store was last open, once, as far
// as its segments are those. It reads all of the file, and so not while the store is being opened.
// The caller has locked them. It fails where the file cannot be read this time.
func (s *Store) openLists() error {
	if s.listsOpened {
		return nil
	}
	view := s.view.Load()
	if all, _ := view.Listable(); all == 0 {
		s.listsOpened = true
		return s.dropLists()
	}
	lists, err := segment.OpenLists(s.options.Files, s.listsPath(), s.options.InMemory)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = nil
	case err == nil && lists.Fits(view):
		err = s.showLists(lists)
	case err == nil, damaged(err):
		err = s.dropLists()
	}
	if s.listsOpened = err == nil; !s.listsOpened {
		return fmt.Errorf("store: lists of vectors: %w", classify(err))
	}
	return nil
}

// mendLists drops lists that cannot be read or are damaged; where they are wanted the merger has
// them made again. Where lists are being made it leaves them, as others take their place.
func (s *Store) mendLists() error {
	if !s.readOnly { // else the caller has locked them
		if !s.tryLockLists() {
			return nil
		}
		defer s.unlockLists()
	}
	view := s.view.Load()
	defer view.Release()
	if lists, _ := view.Lists(); lists == nil || lists.Verify() == nil {
		return nil
	}
	s.repaired.Add(1)
	return s.dropLists()
}
