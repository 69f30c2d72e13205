package store

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// refusing is a file system that has room for so many memory files.
type refusing struct {
	vfs.FS
	room atomic.Int64
}

func (f *refusing) Create(name string) (vfs.File, error) {
	if strings.Contains(name, memorySuffix) && f.room.Add(-1) < 0 {
		return nil, syscall.ENOSPC
	}
	return f.FS.Create(name)
}

// await waits until the writer finds that something is so.
func await(t *testing.T, s *Store, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		found := false
		if err := s.onWriter(func() error { found = is(); return nil }); err != nil {
			t.Fatal(err)
		}
		if found {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it never came to be that " + what)
		}
	}
}

// TestAMemoryFileStaysUntilLaterOnesHaveWhatLives loses the segment file of a large memory
// file. Its rows are made anew in pieces, which go to files of their own one after another;
// the disk is full after the first, and the process dies: nothing is lost. With room the rest goes too,
// and then the large one, though some of its rows were deleted between two pieces.
func TestAMemoryFileStaysUntilLaterOnesHaveWhatLives(t *testing.T) {
	const count = 2*replayRows + 500
	ctx := context.Background()
	hashing := embed.NewHashing(text.English) // whose vectors fill a piece
	s, err := Open(ctx, t.TempDir(), Options{Embedder: hashing})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(ctx, numbered(count)); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	var large uint64
	await(t, s, "there is one memory file", func() bool {
		if len(s.held) == 1 {
			large = s.held[0].number
		}
		return large > 0
	})
	gap := []model.ID{replayRows, replayRows + 1, replayRows + 2} // the first piece ends before, the second begins behind
	if gone, err := s.Delete(ctx, append(gap, 7)); err != nil || len(gone) != 4 {
		t.Fatal(gone, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, segmentsName)); err != nil {
		t.Fatal(err)
	}
	files := &refusing{FS: vfs.OS}
	files.room.Store(1)
	s, err = Open(ctx, s.dir, Options{Files: files, Embedder: hashing})
	if err != nil {
		t.Fatal(err)
	}
	await(t, s, "one piece has a file and the next has no room", func() bool { return len(s.held) == 2 && s.mergeFailed.Load() != nil })
	wantSound(t, s, count-4)
	dir := crashed(t, s)
	s.Close()
	s, err = Open(ctx, dir, Options{Embedder: hashing})
	if err != nil {
		t.Fatal(err)
	}
	wantSound(t, s, count-4)
	await(t, s, "the large file is outdated", func() bool { return s.held.numbered(large) == nil })
	if err := s.between(ctx, s.checkpoint); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.heldPath(large)); !os.IsNotExist(err) {
		t.Fatalf("its file stands there: %v", err)
	}
	wantSound(t, s, count-4)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNeededIsWhatNoOtherRangeHas compares needed with looking at every version.
func TestNeededIsWhatNoOtherRangeHas(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	r := rand.New(rand.NewPCG(3, 4))
	span := func() entry {
		first := model.ID(1 + r.IntN(40))
		return entry{first: first, last: first + model.ID(r.IntN(15))}
	}
	answers := map[bool]int{}
	for range 3000 {
		live := map[model.ID]bool{}
		file := span()
		others := make([]entry, r.IntN(5))
		for i := range others {
			others[i] = span()
		}
		want := false
		tx, err := s.db.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		for id := model.ID(1); id < 60; id++ {
			if live[id] = r.IntN(6) == 0; !live[id] {
				continue
			}
			if err := tx.Bucket(bucketMemories).Put(idBytes(id), apart); err != nil {
				t.Fatal(err)
			}
			if id >= file.first && id <= file.last && !slices.ContainsFunc(others, func(o entry) bool { return id >= o.first && id <= o.last }) {
				want = true
			}
		}
		got := needed(tx, file.first, file.last, slices.Clone(others))
		if err := tx.Rollback(); err != nil || got != want {
			t.Fatalf("%v beside %v, live %v: %v %v", file, others, live, got, err)
		}
		answers[want]++
	}
	if answers[true] < 500 || answers[false] < 500 {
		t.Fatalf("the test sees little: %v", answers)
	}
}

// TestARecordThatNoMemoryFileHasIsCorrupt takes a file's name from the truth.
func TestARecordThatNoMemoryFileHasIsCorrupt(t *testing.T) {
	s, _ := backedUp(t)
	err := s.readTruth(func(tx *bolt.Tx) error {
		_, err := heldFiles(nil).current(tx, 5)
		return err
	})
	if model.CodeOf(err) != model.CodeCorrupt {
		t.Fatal(err)
	}
}

// TestWhatIsLeftOfAStoreWithoutItsTruthIsCorrupt takes truth.db away: whoever opens the rest, also
// for reading alone, hears what is missing, and not that there is no store.
func TestWhatIsLeftOfAStoreWithoutItsTruthIsCorrupt(t *testing.T) {
	s := openFilled(t, t.TempDir(), nil, 100)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.dir, truthName)); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{journalName, memoriesName, segmentsName} {
		for _, readOnly := range []bool{true, false} {
			_, err := Open(context.Background(), s.dir, Options{ReadOnly: readOnly})
			if model.CodeOf(err) != model.CodeCorrupt || !strings.Contains(err.Error(), "truth.db is missing") {
				t.Fatalf("%s is left, read-only %v: %v", left, readOnly, err)
			}
		}
		if err := os.RemoveAll(filepath.Join(s.dir, left)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(context.Background(), s.dir, Options{ReadOnly: true}); model.CodeOf(err) != model.CodeNotFound {
		t.Fatalf("nothing is left: %v", err)
	}
}

// TestTruthFindsItsMemoryFilesWhereTheJournalIsLost merges, and loses the journal before truth.db is
// committed: it says what was so before, and all that it names is there. Once it is committed
// the old file is gone.
func TestTruthFindsItsMemoryFilesWhereTheJournalIsLost(t *testing.T) {
	const count = 3000
	ctx := context.Background()
	s := openFilled(t, t.TempDir(), nil, count)
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	// Now and then truth.db is committed before the test can look: a second has passed.
	var old uint64
	left, pending := count, false
	for ; left > count-10 && !pending; left-- {
		if err := s.between(ctx, func() error { old = s.held[0].number; return s.checkpoint() }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Delete(ctx, []model.ID{model.ID(left)}); err != nil {
			t.Fatal(err)
		}
		if err := s.order(ctx, true); err != nil {
			t.Fatal(err)
		}
		if err := s.onWriter(func() error { pending = s.tx != nil && s.held.numbered(old) == nil; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !pending {
		t.Fatal("the test sees nothing")
	}
	dir := crashed(t, s)
	if err := os.Truncate(filepath.Join(dir, journalName), 0); err != nil {
		t.Fatal(err)
	}
	before, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantSound(t, before, left+1)
	before.Close()
	if err := s.between(ctx, s.checkpoint); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.heldPath(old)); !os.IsNotExist(err) {
		t.Fatalf("the old file stands there: %v", err)
	}
	wantSound(t, s, left)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWhatAMemoryFileTakesOverLeavesNoEmptyPages merges records of kilobytes into a file:
// what stands in their place in truth.db stands close together.
func TestWhatAMemoryFileTakesOverLeavesNoEmptyPages(t *testing.T) {
	const count = 2 * fileRows
	ctx := context.Background()
	s, err := Open(ctx, t.TempDir(), Options{Embedder: embed.NewHashing(text.English)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	memories := numbered(count)
	for i := range memories {
		memories[i].Text += strings.Repeat(" kettle", 250)
	}
	for batch := range slices.Chunk(memories, fileRows) {
		if _, err := s.Add(ctx, batch); err != nil {
			t.Fatal(err)
		}
	}
	await(t, s, "files have all records", func() bool {
		return !slices.ContainsFunc(s.view.Load().Parts, func(p segment.Part) bool { return !p.InFile() })
	})
	var stats bolt.BucketStats
	if err := s.onWriter(func() error {
		if err := s.checkpoint(); err != nil {
			return err
		}
		return s.db.View(func(tx *bolt.Tx) error { stats = tx.Bucket(bucketMemories).Stats(); return nil })
	}); err != nil {
		t.Fatal(err)
	}
	if stats.KeyN != count || stats.LeafAlloc > 4*stats.LeafInuse {
		t.Errorf("%d keys in %d bytes of %d bytes of pages", stats.KeyN, stats.LeafInuse, stats.LeafAlloc)
	}
}
