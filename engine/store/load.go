package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// replayRows and replayBytes bound the segments that replay builds, and with
// them the memory that analysis holds.
const (
	replayRows  = 4096
	replayBytes = 16 << 20
)

// piece is a segment on the way into the first view.
type piece struct {
	first, last model.ID
	built       *segment.Segment
}

// load builds the first view: valid segment files, and the truth for the rest.
func (s *Store) load(ctx context.Context, space segment.Space) error {
	err := s.readTruth(func(tx *bolt.Tx) (err error) {
		s.held, err = openHeld(tx, s.openHeldFile)
		return err
	})
	if err != nil {
		return err
	}
	pieces, stale, err := s.openSegments(space)
	if err != nil {
		return err
	}
	var deleted, retired []model.ID
	var retiredAt []int64
	err = s.readTruth(func(tx *bolt.Tx) error {
		all, err := s.replay(ctx, tx, space, pieces)
		pieces = all
		if err != nil {
			return err
		}
		s.clock = readClock(tx)
		if s.counter, err = newCounter(tx); err != nil {
			return err
		}
		s.judges.open(tx, s.tx != nil && !s.readOnly)
		retired, retiredAt, err = readRetired(tx)
		return errors.Join(err, tx.Bucket(bucketDeleted).ForEach(func(k, _ []byte) error {
			deleted = append(deleted, idOf(k))
			return nil
		}))
	})
	if err != nil {
		return fmt.Errorf("store: replay: %w", classify(err))
	}
	view := &segment.View{Space: space, Faulted: s.suspect, Reads: &s.reads}
	for _, p := range pieces {
		view = view.With(p.built)
		s.clock = max(s.clock, p.built.Newest())
	}
	s.view.Store(view.WithRetired(retired, retiredAt).WithDeleted(deleted))
	if s.readOnly {
		return nil
	}
	return s.tidy(view, stale, deleted)
}

// openSegments opens the files of the manifest. What is not valid, not of this
// build's rules, or overlaps an earlier one is listed as stale.
func (s *Store) openSegments(space segment.Space) (pieces []piece, stale []entry, err error) {
	var manifest []entry
	err = s.readTruth(func(tx *bolt.Tx) (err error) {
		manifest, err = readManifest(tx)
		return err
	})
	slices.SortFunc(manifest, func(a, b entry) int { return cmp.Compare(a.first, b.first) })
	for _, file := range s.held {
		s.fileNumber.Store(max(s.fileNumber.Load(), file.number))
	}
	opened := s.openFiles(manifest)
	for i, e := range manifest {
		s.fileNumber.Store(max(s.fileNumber.Load(), e.number))
		built, err := opened[i].built, opened[i].err
		if err == nil {
			err = fits(built, space, e, pieces)
		}
		switch {
		case err == nil:
			pieces = append(pieces, piece{e.first, e.last, built})
			continue
		case errors.Is(err, errOutdated):
			s.outdated++
		case damaged(err):
			s.discarded++
		default:
			return nil, nil, fmt.Errorf("store: %w", classify(err))
		}
		stale = append(stale, e)
	}
	return pieces, stale, err
}

// openedFile is what came of opening a segment file.
type openedFile struct {
	built *segment.Segment
	err   error
}

// openFiles opens the files of a manifest, as many at once as there are processors.
func (s *Store) openFiles(manifest []entry) []openedFile {
	files := make([]openedFile, len(manifest))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				number := manifest[i].number
				files[i].built, files[i].err = segment.OpenFile(s.options.Files, s.segmentPath(number), s.held.numbered(number), s.options.InMemory)
			}
		})
	}
	group.Wait()
	return files
}

// damaged tells a file that cannot serve from one that could not be read this
// time (too many open files, say), which is not to be thrown away.
func damaged(err error) bool {
	return errors.Is(err, model.ErrCorrupt) || errors.Is(err, model.ErrUnsupported) || errors.Is(err, os.ErrNotExist)
}

// errOutdated is of a segment file that is sound, but was derived by other rules than those
// of this build and store.
var errOutdated = errors.New("derived by other rules")

// fits reports why a valid segment file cannot serve this store.
func fits(built *segment.Segment, space segment.Space, e entry, before []piece) error {
	first, last := built.Range()
	if first != e.first || last != e.last || built.Sum() != e.sum {
		return model.ErrCorrupt
	}
	if built.Derived() != space.Derived() || built.HasOwnLists() {
		return errOutdated
	}
	if n := len(before); n > 0 && before[n-1].last >= first {
		return model.ErrCorrupt
	}
	return nil
}

func (s *Store) segmentPath(number uint64) string {
	return filepath.Join(s.dir, segmentFile(number))
}

// segmentFile is a segment file's name within the store's directory.
func segmentFile(number uint64) string {
	return filepath.Join(segmentsName, fmt.Sprintf("%08d%s", number, segmentSuffix))
}

// replay adds segments for every memory that no piece covers and returns all
// pieces in ID order.
func (s *Store) replay(ctx context.Context, tx *bolt.Tx, space segment.Space, pieces []piece) ([]piece, error) {
	var all []piece
	from := model.ID(1)
	for _, p := range append(pieces, piece{first: 1<<64 - 1}) {
		built, err := s.replayGap(ctx, tx, s.held, space, from, p.first-1)
		if err != nil {
			return nil, err
		}
		all = append(all, built...)
		if p.built != nil {
			all = append(all, p)
			from = p.last + 1
		}
	}
	return all, nil
}

func (s *Store) replayGap(ctx context.Context, tx *bolt.Tx, held heldFiles, space segment.Space, from, to model.ID) (built []piece, err error) {
	cursor := tx.Bucket(bucketMemories).Cursor()
	var versions []version
	var records segment.RecordReader
	bytes := 0
	flush := func() error {
		if len(versions) == 0 {
			return nil
		}
		p, err := s.rebuild(ctx, space, versions)
		built, versions, bytes = append(built, p), versions[:0], 0
		return err
	}
	for k, v := cursor.Seek(idBytes(from)); k != nil && idOf(k) <= to; k, v = cursor.Next() {
		next, err := held.version(&records, k, v)
		if err != nil {
			return nil, fmt.Errorf("memory %d: %w", idOf(k), err)
		}
		if n := len(next.memory.Vector); n != 0 && n != space.Dim {
			return nil, fmt.Errorf("memory %d: vector of %d numbers, want %d: %w", idOf(k), n, space.Dim, model.ErrCorrupt)
		}
		versions = append(versions, next)
		if bytes += len(v) + len(next.memory.Text) + 4*len(next.memory.Vector); len(versions) == replayRows || bytes >= replayBytes {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return built, flush()
}

// rebuild derives a segment from versions of the truth.
func (s *Store) rebuild(ctx context.Context, space segment.Space, versions []version) (piece, error) {
	if err := model.FromContext(ctx, "store: replay"); err != nil {
		return piece{}, err
	}
	memories := make([]model.Memory, len(versions))
	for i := range versions {
		memories[i] = versions[i].memory
	}
	rows, err := s.preparer.Prepare(ctx, space, memories)
	if err != nil {
		return piece{}, err
	}
	for i, row := range rows {
		row.ID, row.Sequence = memories[i].ID, versions[i].sequence
		row.Stamp(memories[i].UpdateTime, memories[i].Position)
	}
	s.replayed.Add(int64(len(rows)))
	p := piece{first: placeOf(rows[0]), last: placeOf(rows[len(rows)-1])}
	p.built, err = buildSegment(space, rows, p.first, p.last)
	return p, err
}

// tidy forgets what the truth no longer needs: manifest rows of stale segments,
// deletions of rows that no segment holds, and files that no row names. A full
// disk must not keep a store from opening, so lack of space is passed over.
func (s *Store) tidy(view *segment.View, stale []entry, deleted []model.ID) error {
	var gone []model.ID
	for _, id := range deleted {
		if _, there := view.Place(id); !there {
			gone = append(gone, id)
		}
	}
	if len(stale)+len(gone) > 0 {
		err := s.group(func(e *edit) error { return forget(e, stale, gone) })
		if err != nil && !errors.Is(err, model.ErrNoSpace) {
			return fmt.Errorf("store: tidy: %w", err)
		}
	}
	return s.removeOrphans()
}

func forget(e *edit, stale []entry, gone []model.ID) error {
	for _, old := range stale {
		if err := e.delete(bucketSegments, idBytes(model.ID(old.number))); err != nil {
			return err
		}
	}
	for _, id := range gone {
		if err := e.delete(bucketDeleted, idBytes(id)); err != nil {
			return err
		}
	}
	return nil
}

// removeOrphans deletes the segment and memory files that the truth does not name, and
// the copies of a compaction and an upgrade that a crash ended.
func (s *Store) removeOrphans() error {
	named := map[string]bool{}
	err := s.readTruth(func(tx *bolt.Tx) error {
		manifest, err := readManifest(tx)
		for _, e := range manifest {
			named[s.segmentPath(e.number)] = true
		}
		return err
	})
	for _, file := range s.held {
		named[s.heldPath(file.number)] = true
	}
	// Where the disk is full truth.db may not have been committed: see removeDropped.
	err = errors.Join(err, s.db.View(func(tx *bolt.Tx) error {
		committed, err := readEntries(tx, bucketHeld)
		for _, e := range committed {
			named[s.heldPath(e.number)] = true
		}
		return err
	}))
	for _, folder := range [...]string{segmentsName, memoriesName} {
		files, listErr := s.options.Files.List(filepath.Join(s.dir, folder))
		if err = errors.Join(err, listErr); err != nil {
			return classify(err)
		}
		for _, name := range files {
			path := filepath.Join(s.dir, folder, name)
			if (strings.Contains(name, segmentSuffix) || strings.Contains(name, memorySuffix)) && !named[path] {
				s.options.Files.Remove(path)
			}
		}
	}
	s.options.Files.Remove(s.listsPath() + ".tmp")
	vfs.OS.Remove(filepath.Join(s.dir, compactName))
	vfs.OS.Remove(filepath.Join(s.dir, upgradeName))
	return nil
}
