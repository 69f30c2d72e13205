// Package store keeps the truth: every memory in one bbolt file, committed
// before it is acknowledged, and the segments that make it searchable.
//
// One writer goroutine takes requests from a lock-free queue, commits what it
// finds there in one transaction, builds a segment of it in memory, publishes a
// new View with one atomic store, and answers. A merger goroutine joins small
// segments and writes large ones to files. Readers load the current View and
// never wait; nothing they touch is bbolt's. Opening replays from the truth what
// no valid segment file covers.
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
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// The names within a store's directory.
const (
	truthName    = "truth.db"
	compactName  = "truth.db.compact" // while Compact copies
	freshSuffix  = ".new"             // of truth.db while it is created
	lockName     = "LOCK"
	segmentsName = "segments"
	memoriesName = "memories"

	segmentSuffix = ".nxs"
	memorySuffix  = ".nxm"
)

// Options say how to open a store. The zero value creates or opens one that
// embeds texts itself, or holds the caller's vectors if its first memory has one.
type Options struct {
	ReadOnly bool           // several processes may read at once, while none writes
	Embedder embed.Embedder // nil: the built-in one, or the caller's vectors
	Dim      int            // fixes the dimension of the caller's vectors; 0: the first vector does
	InMemory bool           // segment and memory files are read into memory, not mapped
	Files    vfs.FS         // of segment and memory files; nil: the operating system's
	Metric   model.Metric   // unset: the store's, Cosine for a new one
	Language string         // of text.Languages; "": the store's, English for a new one
	// HistoryFor is how long versions that were replaced are kept: 0 for ever,
	// negative not at all; else Compact drops those replaced longer ago.
	HistoryFor time.Duration
	// CompressTexts packs the records in segment files of fileRows rows and more that are
	// written from then on; where Compact does, in all of them.
	CompressTexts bool

	listedFrom int // in tests, else 0: see there
}

// Store is an open store. Its methods are safe from any goroutine.
type Store struct {
	dir      string
	readOnly bool
	options  Options
	language string // see Language; set by Open
	lock     *os.File
	preparer *segment.Preparer
	counter  *counter
	judges   *judges

	// view is the snapshot that reads use. Open and then the writer goroutine
	// alone store it (who has locked lists in a store opened for reading), complete; any goroutine loads it; nil once closed.
	view atomic.Pointer[segment.View]

	queue    *queue
	wake     chan struct{} // capacity 1: something was pushed
	internal chan *request // the merger's requests, past the queue
	kick     chan struct{} // capacity 1: the merger has a new view to look at
	rewrites chan rewriteOrder

	adding     atomic.Int64 // callers inside Add, see gather
	closing    atomic.Bool
	stop       chan struct{}
	pagerDone  chan struct{} // see keepPages
	asked      atomic.Bool   // since the pager last looked; see rouse
	roused     chan struct{} // capacity 1: asked became true
	writerDone chan struct{}
	mergerDone chan struct{}
	closeOnce  sync.Once
	closeErr   error
	truthErr   error // the writer's last, read when it is done

	// The truth, the writer's alone once it runs; see pending.go. No search comes near it.
	db        *bolt.DB
	tx        *bolt.Tx // open over many groups; nil: truth.db has everything
	journal   *journal // nil: opened for reading, and there is none
	redo      redo
	roundEnd  int64                // see isDue, fitRound
	held      heldFiles            // that the truth names
	dropped   heldFiles            // and does not name any more, but as it was last committed
	lightened bool                 // records have left truth.db since it was last committed
	commitTx  func(*bolt.Tx) error // (*bolt.Tx).Commit but in tests of its failure
	reading   sync.Mutex           // tx of a store that is opened for reading

	// exchange is held for reading by who reads truth.db beside the writer, see readAside, for
	// writing while another file comes in its place, and while it is closed.
	exchange sync.RWMutex
	released bool // it is closed

	// backups is held for reading while truth.db's pages are copied, for writing
	// where Compact is about to replace that file: so Compact waits, not the writer.
	backups     sync.RWMutex
	poisoned    error                 // the writer's: why no write is taken any more
	suspected   atomic.Bool           // a mapped file could not be read; the merger looks which
	mergeFailed atomic.Pointer[error] // why the merger gave up writing files; memory still serves
	fileNumber  atomic.Uint64         // last segment file number used
	clock       int64                 // the writer's: microseconds of the last commit, see tick
	mended      bool                  // the writer's: see mendJudgements
	looked      bool                  // the writer's: see lookOver
	reads       segment.ReadCost      // of records, by whoever reads one

	listing     sync.WaitGroup        // keepLists
	dividing    chan struct{}         // capacity 1: see lockLists
	hurried     atomic.Bool           // Compact waits to lock lists
	listsOpened bool                  // of who has locked lists: see openLists
	listsRest   time.Time             // likewise: until when they are not tried again
	busyListed  time.Time             // the merger's: when it last saw to lists while memories came
	listsFailed atomic.Pointer[error] // why they were not made the last time

	pacer                  pacer
	added, commits, merges atomic.Uint64
	replayed, repaired     atomic.Int64 // memories taken from the truth; files that failed and were rebuilt while open
	discarded, outdated    int          // segment files that were not valid, or of other rules
}

// Open opens the store in dir, creating it unless ReadOnly. It fails with
// ErrLocked while another process has it, ErrUnsupported for another format,
// ErrCorrupt where the truth itself is damaged; damaged segments are rebuilt.
// Cost: one pass over some 100 bytes a memory of the segment files, plus analysis of what
// they lack; the rest is checked when it is used, and in the background.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	dir, err := filepath.Abs(dir) // the process may change its directory later
	if err != nil {
		return nil, fmt.Errorf("store: %w", classify(err))
	}
	if o.Files == nil {
		o.Files = vfs.OS
	}
	s := &Store{
		dir: dir, commitTx: (*bolt.Tx).Commit, readOnly: o.ReadOnly, options: o, preparer: segment.NewPreparer(), queue: newQueue(), judges: newJudges(),
		wake: make(chan struct{}, 1), internal: make(chan *request), kick: make(chan struct{}, 1), rewrites: make(chan rewriteOrder),
		stop: make(chan struct{}), writerDone: make(chan struct{}), mergerDone: make(chan struct{}), pagerDone: make(chan struct{}),
		roused: make(chan struct{}, 1), dividing: make(chan struct{}, 1), roundEnd: roundMin,
	}
	if err := guarded(func() error { return s.open(ctx) }); err != nil {
		s.release()
		var cause *os.PathError
		if s.readOnly && errors.Is(err, os.ErrPermission) && errors.As(err, &cause) {
			err = fmt.Errorf("store: %w: %w", model.ErrForbidden, cause)
		}
		return nil, err
	}
	restFile(s.db) // opening has read some of it
	go s.keepPages()
	if s.readOnly {
		close(s.writerDone)
		close(s.mergerDone)
		return s, nil
	}
	go s.write()
	go s.merge()
	go s.keepUsage()
	s.kickMerger()
	return s, nil
}

// stillThere fails where the directory was moved or replaced since it was opened:
// what is written by name would then go to another store.
func (s *Store) stillThere() error {
	held, err := s.lock.Stat()
	if err == nil {
		var named os.FileInfo
		if named, err = os.Stat(filepath.Join(s.dir, lockName)); err == nil && os.SameFile(held, named) {
			return nil
		}
	}
	return fmt.Errorf("store: its directory was moved or replaced while it was open (%v): %w", err, model.ErrUnavailable)
}

func (s *Store) open(ctx context.Context) (err error) {
	if s.readOnly {
		if _, err := os.Stat(filepath.Join(s.dir, truthName)); err != nil {
			if damage := s.ownDirectory(); errors.Is(damage, model.ErrCorrupt) {
				return damage
			}
			return fmt.Errorf("store: no store in %s: %w", s.dir, classify(err))
		}
	} else if err := s.ownDirectory(); err != nil {
		return err
	} else if err := s.makeDirectories(); err != nil {
		return fmt.Errorf("store: create: %w", classify(err))
	}
	if s.lock, err = lockDirectory(filepath.Join(s.dir, lockName), s.readOnly); err != nil {
		return err
	}
	s.db, err = openTruth(filepath.Join(s.dir, truthName), s.readOnly)
	if errors.Is(err, errOlder) && !s.readOnly {
		if err = upgradeTruth(ctx, s.dir, FormatVersion, steps); err == nil {
			s.db, err = openTruth(filepath.Join(s.dir, truthName), false)
		}
	}
	if err != nil {
		return err
	}
	if err := s.recoverTruth(); err != nil {
		return err
	}
	if !s.readOnly {
		// The names of a new store's files have to be as durable as its records.
		if err := errors.Join(s.forgetBackup(), vfs.OS.SyncDir(s.dir), vfs.OS.SyncDir(filepath.Dir(s.dir))); err != nil {
			return fmt.Errorf("store: create: %w", classify(err))
		}
	}
	space, err := s.chooseSpace()
	if err != nil {
		return err
	}
	s.language = cmp.Or(space.Language, s.options.Language, text.English)
	return s.load(ctx, space)
}

// forgetBackup removes the list of a backup that is opened for writing: its files
// are not what it says any more.
func (s *Store) forgetBackup() error {
	err := os.Remove(filepath.Join(s.dir, backupList))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// ownDirectory refuses a directory that holds something, and no store: it is another
// program's, and nothing is written there. Segments without a truth are what is left
// of a store, and not to be tidied away. What a crash may leave of a new store is
// no hindrance, and neither are hidden files, which systems make by themselves. What looks
// like another's may be a store that somebody else is making just now.
func (s *Store) ownDirectory() error {
	there := func() bool {
		_, err := os.Lstat(filepath.Join(s.dir, truthName))
		return err == nil
	}
	if there() {
		return nil
	}
	if err := s.strangeFiles(); err != nil && !there() {
		return err
	}
	return nil
}

func (s *Store) strangeFiles() error {
	names, err := vfs.OS.List(s.dir)
	if err != nil {
		return nil // not there, or no directory: creating it says so
	}
	for _, name := range names {
		switch name {
		case segmentsName, memoriesName:
			files, _ := s.options.Files.List(filepath.Join(s.dir, name))
			if slices.ContainsFunc(files, func(name string) bool {
				return filepath.Ext(name) == segmentSuffix || filepath.Ext(name) == memorySuffix
			}) {
				return fmt.Errorf("store: truth.db is missing beside its %s: restore it from a copy: %w", name, model.ErrCorrupt)
			}
		case journalName, rankerName:
			return fmt.Errorf("store: truth.db is missing beside its %s: restore it from a copy: %w", name, model.ErrCorrupt)
		case lockName, truthName + freshSuffix, compactName, rankerName + ".tmp", "lost+found":
		default:
			if name[0] != '.' {
				return fmt.Errorf("store: %s holds files and no store: give a directory of its own: %w", s.dir, model.ErrInvalid)
			}
		}
	}
	return nil
}

func (s *Store) makeDirectories() error {
	if err := vfs.OS.MkdirAll(s.dir); err != nil {
		return err
	}
	return errors.Join(s.options.Files.MkdirAll(filepath.Join(s.dir, segmentsName)), s.options.Files.MkdirAll(filepath.Join(s.dir, memoriesName)))
}

// chooseSpace decides from the truth and the options what vectors there are.
// A store without memories yet has no space unless the options fix one.
//
// A store of an embedder that is not given opens all the same: its vectors are
// stored, so everything but embedding works (see Question, checkSpace).
func (s *Store) chooseSpace() (space segment.Space, err error) {
	wanted, err := s.wantedSpace()
	if err != nil {
		return segment.Space{}, err
	}
	var stored segment.Space
	err = s.readTruth(func(tx *bolt.Tx) (err error) {
		stored, err = readSpace(tx)
		return err
	})
	if err != nil || stored.Name == "" {
		return segment.Space{}, err
	}
	wanted.Metric, wanted.Language = stored.Metric, stored.Language
	switch {
	case s.options.Language != "" && s.options.Language != stored.Language:
		return segment.Space{}, fmt.Errorf("store: its texts are taken for language %q, the options ask for %q: %w", stored.Language, s.options.Language, model.ErrInvalid)
	case s.options.Metric != model.MetricUnset && s.options.Metric != stored.Metric:
		return segment.Space{}, fmt.Errorf("store: its vectors are compared by %s, the options ask for %s: %w", stored.Metric, s.options.Metric, model.ErrDimension)
	case wanted.Name == "":
		if builtIn, ok := segment.BuiltInSpaceOf(stored.Name, stored.Language); ok && builtIn.Dim == stored.Dim {
			builtIn.Metric = stored.Metric
			return builtIn, nil
		}
		return stored, nil
	case wanted.Name == stored.Name && wanted.Dim == stored.Dim:
		return wanted, nil
	}
	return segment.Space{}, fmt.Errorf("store: it holds vectors of %q with %d numbers, the options ask for %q with %d: %w",
		stored.Name, stored.Dim, wanted.Name, wanted.Dim, model.ErrDimension)
}

// wantedSpace is what the options ask for; without name where they leave it open.
func (s *Store) wantedSpace() (space segment.Space, err error) {
	switch {
	case s.options.Embedder != nil:
		space, err = segment.SpaceOf(s.options.Embedder)
	case s.options.Dim > 0:
		space = segment.CallerSpace(s.options.Dim)
	}
	return s.asAsked(space), err
}

// asAsked returns a new space with the metric and the language that the options ask for.
func (s *Store) asAsked(space segment.Space) segment.Space {
	if s.options.Metric != model.MetricUnset {
		space.Metric = s.options.Metric
	}
	space.Language = s.language
	return space
}

// Language returns the one of text.Languages that the store takes its texts for. It
// is the same from opening to closing, as nobody else has the store open for writing.
func (s *Store) Language() string { return s.language }

// spaceFor returns the space that an Add is prepared for: the store's, or the
// one that these memories, being the first, will fix. It checks every vector.
func (s *Store) spaceFor(view *segment.View, memories []model.Memory) (space segment.Space, err error) {
	if space = view.Space; space.Name == "" {
		if space, err = s.wantedSpace(); err == nil && space.Name == "" {
			if v := memories[0].Vector; v != nil {
				space = segment.CallerSpace(len(v))
			} else {
				space = segment.BuiltInSpace(s.language)
			}
			space = s.asAsked(space)
		}
	}
	for i := range memories {
		if err == nil {
			if err = checkSpace(space, memories[i].Vector); err != nil {
				err = fmt.Errorf("memory %d: %w", i, err)
			}
		}
	}
	return space, err
}

// View returns the current snapshot without what has expired, or ErrClosed. Call
// Release when done.
func (s *Store) View() (live *segment.View, err error) {
	v := s.view.Load()
	if v == nil {
		return nil, errClosed
	}
	s.rouse()
	defer v.Guard(debug.SetPanicOnFault(true), &err)
	return v.Live(time.Now().UnixMicro()), nil
}

// Add commits memories, which must be normalized and the caller's to change, all
// or none, and returns
// their IDs in order once they are durable and visible. See transaction.add for
// keys. Errors name the memory by its index.
func (s *Store) Add(ctx context.Context, memories []model.Memory) ([]model.ID, error) {
	if len(memories) == 0 {
		return nil, nil
	}
	if s.readOnly {
		return nil, fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	}
	for i := range memories {
		memories[i].Version, memories[i].Supersedes, memories[i].SupersededBy = 0, 0, 0
	}
	for {
		rows, err := s.tryAdd(ctx, memories)
		if errors.Is(err, errOtherSpace) {
			continue // two first Adds raced: prepare for the space that won
		}
		if err != nil {
			return nil, err
		}
		ids := make([]model.ID, len(rows))
		for i, row := range rows {
			ids[i] = row.ID
		}
		return ids, nil
	}
}

func (s *Store) tryAdd(ctx context.Context, memories []model.Memory) ([]*segment.Row, error) {
	view, err := s.View()
	if err != nil {
		return nil, err
	}
	space, err := s.spaceFor(view, memories)
	if err != nil {
		return nil, err
	}
	// Commits wait a moment for callers inside Add, but not for an application's
	// embedder, which may take its time.
	quick := space.Embedder == nil || !space.KeepsVectors()
	if quick {
		s.adding.Add(1)
		defer s.adding.Add(-1)
	}
	rows, err := s.preparer.Prepare(ctx, space, memories)
	if err != nil {
		return nil, err
	}
	if !quick {
		s.adding.Add(1)
		defer s.adding.Add(-1)
	}
	r := newRequest(ctx)
	r.rows, r.space = rows, space
	return rows, s.submit(r)
}

// checkSpace verifies that a memory's vector, or the lack of one, fits the
// store's space.
func checkSpace(space segment.Space, v []float32) error {
	switch {
	case v == nil && space.Embedder == nil && !space.IsCaller():
		return fmt.Errorf("this store embeds with %q, which is not at hand: open it with that Embedder, or bring the vector: %w", space.Name, model.ErrUnsupported)
	case v == nil:
		return nil
	case !space.KeepsVectors():
		return fmt.Errorf("vector given, but this store embeds its texts itself (%s); keep vectors of your own in a store of their own: %w", space.Name, model.ErrInvalid)
	case len(v) != space.Dim:
		return fmt.Errorf("vector has %d numbers, this store's have %d: %w", len(v), space.Dim, model.ErrDimension)
	}
	return space.Metric.CheckVector(v)
}

// Delete removes memories and returns those that were there. They are gone from
// every later answer when it returns; Compact erases the bytes.
func (s *Store) Delete(ctx context.Context, ids []model.ID) ([]model.ID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r := newRequest(ctx)
	r.deletes = ids
	if err := s.submit(r); err != nil {
		return nil, err
	}
	return r.deleted, nil
}

// CheckQuestion verifies that a question's own vector, if any, fits the view.
func CheckQuestion(v *segment.View, vector []float32) error {
	if vector == nil || v.Space.Name == "" {
		return nil
	}
	return checkSpace(v.Space, vector)
}

// Close commits what is queued, writes the tail to a segment file, and closes.
// Reads in flight end on their snapshots. A second Close does nothing.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.stopUsage()
		s.closing.Store(true)
		if !s.readOnly {
			s.closeErr = s.order(context.Background(), false)
		}
		close(s.stop)
		<-s.mergerDone
		<-s.pagerDone
		<-s.writerDone
		s.dividing <- struct{}{}
		s.closeErr = errors.Join(s.closeErr, s.truthErr)
		s.view.Store(nil)
		s.closeErr = errors.Join(s.closeErr, s.release())
	})
	return s.closeErr
}

// release closes the files that are open.
func (s *Store) release() (err error) {
	s.exchange.Lock()
	defer s.exchange.Unlock()
	s.released = true
	if s.db != nil {
		err = errors.Join(s.rollback(), classify(s.db.Close()))
	}
	if s.journal != nil {
		err = errors.Join(err, classify(s.journal.file.Close()))
	}
	if s.lock != nil {
		// A process forked from this one may hold the file too: closing would not unlock.
		err = errors.Join(err, unlockDirectory(s.lock))
	}
	return err
}
