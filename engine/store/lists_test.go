package store

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/engine/vfs"
)

const (
	listsDim  = 128
	listsFrom = 4096
)

// someVectors are memories with vectors that any call with the same seed makes.
func someVectors(n int, seed uint64) []model.Memory {
	r := rand.New(rand.NewPCG(seed, 1))
	list := notes(n)
	for i := range list {
		list[i].Vector = make([]float32, listsDim)
		for j := range list[i].Vector {
			list[i].Vector[j] = r.Float32() - .5
		}
	}
	return list
}

func openListed(t *testing.T, dir string, o Options) *Store {
	o.Dim, o.listedFrom = listsDim, listsFrom
	return openStore(t, dir, o)
}

func addAll(t *testing.T, s *Store, memories []model.Memory) []model.ID {
	t.Helper()
	ids, err := s.Add(context.Background(), memories)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// awaitLists waits for lists that hold all that may be in some, and a view that is not merged
// any more; or, where none is true, for no lists.
func awaitLists(t *testing.T, s *Store, none bool) *segment.Lists {
	t.Helper()
	for range 2000 {
		view := s.view.Load()
		all, in := view.Listable()
		lists, _ := view.Lists()
		_, merges := plan(view.Parts, calm)
		if none && lists == nil || lists != nil && in == all && !merges {
			return lists
		}
		time.Sleep(5 * time.Millisecond)
	}
	all, in := s.view.Load().Listable()
	t.Fatalf("%d of %d rows are in lists; want none: %v", in, all, none)
	return nil
}

// finds fails where a search by lists does not find memories by their own vectors.
func finds(t *testing.T, s *Store, memories []model.Memory) {
	t.Helper()
	view, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	var parts []vector.Part
	for i := range view.Parts {
		parts = append(parts, vector.Part{Parts: view.Parts[i].Vectors(), Filter: rows.Filter{Dead: view.Parts[i].Dead}})
	}
	lists, at := view.Listing()
	if lists == nil {
		t.Fatal("there are no lists")
	}
	searcher := vector.Searcher{AlwaysLists: true}
	for i := 0; i < len(memories); i += 97 {
		searcher.Prepare(memories[i].Vector, model.Cosine, parts)
		searcher.UseLists(lists, at)
		hits := searcher.Top(nil, 1, func() bool { return false })
		if len(hits) != 1 || hits[0].Score < .9999 {
			t.Fatalf("memory %d: %v", i, hits)
		}
	}
}

func TestALargeStoreHasListsAndKeepsThem(t *testing.T) {
	dir := t.TempDir()
	first, more := someVectors(6000, 1), someVectors(5000, 2)
	s := openListed(t, dir, Options{})
	addAll(t, s, first[:1000])
	if lists, _ := s.view.Load().Lists(); lists != nil {
		t.Fatal("a small store has lists")
	}
	addAll(t, s, first[1000:])
	awaitLists(t, s, false)
	finds(t, s, first)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	size := awaitLists(t, s, false).Size()
	segments := 0
	for _, p := range s.view.Load().Parts {
		segments += p.Size()
	}
	if st, err := s.Stats(); err != nil || st.SegmentBytes != uint64(segments+size) || st.MergeError != nil {
		t.Fatalf("%+v, %v; the segments have %d bytes and the lists %d", st, err, segments, size)
	}
	before := contents(t, s.listsPath())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{ReadOnly: true}, {InMemory: true}, {}} {
		s = openListed(t, dir, o)
		awaitLists(t, s, false)
		finds(t, s, first)
		if got := contents(t, s.listsPath()); got != before {
			t.Fatalf("%+v: the lists were made again", o)
		}
		if !o.ReadOnly && !o.InMemory {
			break
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	addAll(t, s, more)
	awaitLists(t, s, false)
	finds(t, s, append(first, more...))
	if report, err := s.Verify(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Fatalf("%+v %v", report, err)
	}
}

// awaitStats waits until something is true of the store.
func awaitStats(t *testing.T, s *Store, what string, is func(Stats) bool) {
	t.Helper()
	for range 2000 {
		st, err := s.Stats()
		if err != nil {
			t.Fatal(err)
		}
		if is(st) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("waited for %s", what)
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCompactLeavesNothingDeletedInLists: neither in those it makes anew, nor where too little is
// left for lists.
func TestCompactLeavesNothingDeletedInLists(t *testing.T) {
	memories := someVectors(7000, 3)
	s := openListed(t, t.TempDir(), Options{})
	ids := addAll(t, s, memories)
	awaitLists(t, s, false)
	if _, err := s.Delete(t.Context(), ids[:100]); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	view := s.view.Load()
	_, parts := view.Lists()
	for i, part := range parts {
		if part < 0 {
			t.Fatalf("segment %d of %d in the lists is gone", i, len(parts))
		}
	}
	if all, in := view.Listable(); in != 6900 || all != in {
		t.Fatalf("%d of %d rows are in lists", in, all)
	}
	finds(t, s, memories[100:])
	if _, err := s.Delete(t.Context(), ids[:5500]); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lists, _ := s.view.Load().Lists(); lists != nil {
		t.Fatal("a store of 1,500 has lists")
	}
	if _, err := os.Stat(s.listsPath()); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the file is there: %v", err)
	}
}

func TestDamagedListsAreMadeAgain(t *testing.T) {
	dir := t.TempDir()
	memories := someVectors(5000, 4)
	s := openListed(t, dir, Options{})
	addAll(t, s, memories)
	awaitLists(t, s, false)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := s.listsPath()
	whole := contents(t, path)
	flip := func() {
		data := []byte(whole)
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flip() // under the mapping
	if report, err := s.Verify(t.Context()); err != nil || len(report.Faults) != 1 || !strings.Contains(report.Faults[0], "lists") {
		t.Fatalf("%+v %v", report, err)
	}
	awaitStats(t, s, "damaged lists to be dropped", func(st Stats) bool { return st.Discarded == 1 })
	awaitLists(t, s, false)
	finds(t, s, memories)
	if contents(t, path) != whole {
		t.Fatal("the same vectors give other lists")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(){
		"a bit":    flip,
		"cut off":  func() { os.Truncate(path, int64(len(whole)/2)) },
		"no lists": func() { os.WriteFile(path, []byte("shopping: eggs, milk"), 0o600) },
		"none":     func() { os.Remove(path) },
	} {
		damage()
		s := openListed(t, dir, Options{ReadOnly: true})
		if !s.lockLists(nil) || s.openLists() != nil {
			t.Fatal("it is not opened")
		}
		s.unlockLists()
		if lists, _ := s.view.Load().Lists(); lists != nil {
			t.Errorf("%s: taken", name)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openListed(t, dir, Options{})
		awaitLists(t, s, false)
		finds(t, s, memories)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if contents(t, path) != whole {
			t.Errorf("%s: other lists", name)
		}
	}
}

// TestListsOfAnotherStoreAreNotTaken: of the same ranges of sequences, other vectors.
func TestListsOfAnotherStoreAreNotTaken(t *testing.T) {
	var dirs [2]string
	var lists [2]string
	for i := range dirs {
		dirs[i] = t.TempDir()
		s := openListed(t, dirs[i], Options{})
		addAll(t, s, someVectors(5000, uint64(10+i)))
		awaitLists(t, s, false)
		if err := errors.Join(s.Compact(t.Context()), s.Close()); err != nil {
			t.Fatal(err)
		}
		lists[i] = contents(t, s.listsPath())
	}
	path := filepath.Join(dirs[1], segmentsName, listsName)
	if err := os.WriteFile(path, []byte(lists[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openListed(t, dirs[1], Options{})
	awaitLists(t, s, false)
	finds(t, s, someVectors(5000, 11))
	if got := contents(t, path); got != lists[1] {
		t.Fatal("lists of another store were left")
	}
}

// fullFor is a file system on which there is no space for one file.
type fullFor struct {
	vfs.FS
	name string
}

func (f fullFor) Create(name string) (vfs.File, error) {
	if strings.Contains(name, f.name) {
		return nil, syscall.ENOSPC
	}
	return f.FS.Create(name)
}

func TestAStoreWithoutSpaceForListsServes(t *testing.T) {
	memories := someVectors(5000, 5)
	s := openListed(t, t.TempDir(), Options{Files: fullFor{vfs.OS, listsName}})
	ids := addAll(t, s, memories)
	awaitStats(t, s, "the failure to be told", func(st Stats) bool { return errors.Is(st.MergeError, model.ErrNoSpace) })
	merges := s.merges.Load()
	for range 2 * mergeFan {
		addAll(t, s, notes(1))
	}
	awaitStats(t, s, "merging to go on", func(st Stats) bool { return st.Merges > merges && st.MergeError != nil })
	if err := s.Compact(t.Context()); !errors.Is(err, model.ErrNoSpace) {
		t.Fatalf("compact: %v", err)
	}
	if _, err := s.Delete(t.Context(), ids[:10]); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(); err != nil || st.Memories != 4990+2*mergeFan {
		t.Fatalf("%+v %v", st, err)
	}
}

func TestCompactEndsTheMakingOfListsWhenItsContextEnds(t *testing.T) {
	s := openListed(t, t.TempDir(), Options{})
	addAll(t, s, someVectors(5000, 6))
	awaitLists(t, s, false)
	ctx, cancel := context.WithCancel(t.Context())
	s.lockLists(nil) // as if they were being made
	ended := make(chan error)
	go func() { ended <- s.Compact(ctx) }()
	time.Sleep(20 * time.Millisecond)
	addAll(t, s, notes(1)) // adding goes on meanwhile
	cancel()
	if err := <-ended; !errors.Is(err, model.ErrCancelled) {
		t.Fatal(err)
	}
	s.unlockLists()
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAFailureToMakeListsIsNotRepeatedAtOnce: not each time that adds have ended.
func TestAFailureToMakeListsIsNotRepeatedAtOnce(t *testing.T) {
	var tried atomic.Int32
	s := openListed(t, t.TempDir(), Options{Files: counted{fullFor{vfs.OS, listsName}, listsName, &tried}})
	addAll(t, s, someVectors(5000, 9))
	awaitStats(t, s, "the failure to be told", func(st Stats) bool { return errors.Is(st.MergeError, model.ErrNoSpace) })
	addAll(t, s, notes(1))
	time.Sleep(3*stillRest + 300*time.Millisecond) // it is looked twice: none come any more when it is found still
	if n := tried.Load(); n != 1 {
		t.Errorf("it was tried %d times", n)
	}
}

// counted counts the files created whose names begin with a name.
type counted struct {
	vfs.FS
	name  string
	times *atomic.Int32
}

func (c counted) Create(name string) (vfs.File, error) {
	if strings.HasPrefix(filepath.Base(name), c.name) {
		c.times.Add(1)
	}
	return c.FS.Create(name)
}

// TestListsStayUntilHalfOfTheRowsThatTheyAreMadeFromAreLeft: a store that has them keeps them
// below that number, so that one about as large does not have them made again and again.
func TestListsStayUntilHalfOfTheRowsThatTheyAreMadeFromAreLeft(t *testing.T) {
	s := openListed(t, t.TempDir(), Options{})
	addAll(t, s, someVectors(5000, 10))
	awaitLists(t, s, false)
	view, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	all, _ := view.Listable()
	for from, want := range map[int]bool{all + 1: false, 2 * all: false, 2*all + 2: true} {
		other := &Store{options: Options{listedFrom: from}}
		if divide, drop := other.wantsLists(view, stillShare); divide || drop != want {
			t.Errorf("with lists from %d rows on: made %v, dropped %v of %d", from, divide, drop, all)
		}
	}
}

// TestCompactMakesListsWithoutWhatIsGone: of several segments one is deleted whole, of another a
// few rows; the centroids are then learnt from what is left.
func TestCompactMakesListsWithoutWhatIsGone(t *testing.T) {
	memories := someVectors(18_000, 7)
	s := openListed(t, t.TempDir(), Options{})
	var ids []model.ID
	for i := 0; i < len(memories); i += 6000 {
		ids = append(ids, addAll(t, s, memories[i:i+6000])...)
	}
	awaitLists(t, s, false)
	files := func() (n int) {
		for _, p := range s.view.Load().Parts {
			if p.InFile() {
				n++
			}
		}
		return n
	}
	if files() < 2 {
		t.Fatal("they were merged")
	}
	if _, err := s.Delete(t.Context(), ids[:6050]); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	view := s.view.Load()
	lists, parts := view.Lists()
	if all, in := view.Listable(); all != 11_950 || in != all || slices.Contains(parts, -1) {
		t.Fatalf("%d of %d rows are in lists, of %v", in, all, parts)
	}
	if columns, _ := view.Listing(); columns.LearntFrom != 11_950 || lists.Outlived() {
		t.Fatalf("learnt from %d rows", columns.LearntFrom)
	}
	finds(t, s, memories[6050:])
}

// TestRowsStayInListsThatAreExtended: what comes is divided among the centroids that are there.
func TestRowsStayInListsThatAreExtended(t *testing.T) {
	s := openListed(t, t.TempDir(), Options{})
	addAll(t, s, someVectors(9000, 8))
	awaitLists(t, s, false)
	addAll(t, s, someVectors(5000, 9))
	awaitLists(t, s, false)
	columns, _ := s.view.Load().Listing()
	if columns.LearntFrom != 9000 {
		t.Fatalf("learnt from %d rows", columns.LearntFrom)
	}
	finds(t, s, someVectors(9000, 8))
	finds(t, s, someVectors(5000, 9))
}

// TestAnAddOutlivesSegmentFilesThatCannotBeRead: a view knows which segments its lists are of
// without reading them.
func TestAnAddOutlivesSegmentFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	s := openListed(t, dir, Options{})
	addAll(t, s, someVectors(6000, 12))
	awaitLists(t, s, false)
	files, err := filepath.Glob(filepath.Join(dir, segmentsName, "*"+segmentSuffix))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
	}
	addAll(t, s, notes(1))
	addAll(t, s, notes(1))
}

// TestListsAreMadeWhereOpeningThemTakesLong: longer than a store waits for memories before it sees
// to its lists. These are gone.
func TestListsAreMadeWhereOpeningThemTakesLong(t *testing.T) {
	dir := t.TempDir()
	s := openListed(t, dir, Options{})
	addAll(t, s, someVectors(5000, 14))
	awaitLists(t, s, false)
	if err := errors.Join(s.Close(), os.Remove(s.listsPath())); err != nil {
		t.Fatal(err)
	}
	s = openListed(t, dir, Options{})
	s.lockLists(nil)
	time.Sleep(2*restAfter + stillRest) // after all else that has the merger look again
	s.unlockLists()
	awaitLists(t, s, false)
}

// TestAStoreIsClosedWhileItsListsAreSeenTo: the pager begins with them 100 ms after opening.
func TestAStoreIsClosedWhileItsListsAreSeenTo(t *testing.T) {
	for i := range 12 {
		s := openListed(t, t.TempDir(), Options{})
		addAll(t, s, someVectors(4200, 13))
		time.Sleep(checkAfter + time.Duration(i-8)*8*time.Millisecond)
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it is not closed after 20 s")
		}
	}
}
