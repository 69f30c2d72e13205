package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestQueueKeepsOrderAndRefusesWhenFull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, next, want := newQueue(), 0, []int{}
		index := map[*request]int{}
		for range rapid.IntRange(1, 3000).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "push") {
				r := &request{}
				index[r] = next
				if ok := q.push(r); ok != (len(want) < queueSize) {
					t.Fatalf("push gave %v with %d queued", ok, len(want))
				} else if ok {
					want = append(want, next)
				}
				next++
				continue
			}
			r := q.pop()
			if (r == nil) != (len(want) == 0) {
				t.Fatalf("pop gave %v with %d queued", r, len(want))
			}
			if r != nil {
				if index[r] != want[0] {
					t.Fatalf("got %d, want %d", index[r], want[0])
				}
				want = want[1:]
			}
		}
	})
}

func TestFullQueueRefuses(t *testing.T) {
	q := newQueue()
	for i := range queueSize {
		if !q.push(&request{}) {
			t.Fatalf("refused request %d", i)
		}
	}
	if q.push(&request{}) {
		t.Fatal("took one more than fits")
	}
	q.pop()
	if !q.push(&request{}) {
		t.Fatal("refused after one was taken")
	}
}

func TestQueueLosesNothingUnderManyProducers(t *testing.T) {
	const producers, each = 8, 5000
	q := newQueue()
	var group sync.WaitGroup
	for range producers {
		group.Go(func() {
			for range each {
				for r := (&request{}); !q.push(r); {
				}
			}
		})
	}
	seen := map[*request]bool{}
	for len(seen) < producers*each {
		if r := q.pop(); r != nil {
			if seen[r] {
				t.Fatal("a request came twice")
			}
			seen[r] = true
		}
	}
	group.Wait()
	if q.pop() != nil {
		t.Fatal("a request too many")
	}
}

func openStore(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func notes(n int) []model.Memory {
	list := make([]model.Memory, n)
	for i := range list {
		list[i] = model.Memory{Text: fmt.Sprintf("note %d about subject%d", i, i%13)}
		if err := list[i].Normalize(); err != nil {
			panic(err)
		}
	}
	return list
}

func TestMergingBoundsThePartsAndKeepsEveryMemory(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	r := rand.New(rand.NewPCG(1, 1))
	want := 0
	for range 400 {
		n := 1 + r.IntN(20)
		if _, err := s.Add(context.Background(), notes(n)); err != nil {
			t.Fatal(err)
		}
		want += n
	}
	for range 1000 { // the merger is behind at most for a moment
		if _, more := plan(s.view.Load().Parts, steady); !more {
			break
		}
		s.submit(&request{ctx: context.Background(), reply: make(chan error, 1), alone: func() error { return nil }})
	}
	st, err := s.Stats()
	if err != nil || st.Memories != uint64(want) || st.MergeError != nil {
		t.Fatalf("%+v %v, want %d memories", st, err, want)
	}
	if limit := mergeFan * class(segmentRows); st.Segments > limit {
		t.Fatalf("%d segments, want at most %d", st.Segments, limit)
	}
	if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Fatalf("%v %v", report, err)
	}
}

// TestAMemoryIsRewrittenOnceASizeClass adds memories one by one; the small parts
// that follow a large one must not have it written again.
func TestAMemoryIsRewrittenOnceASizeClass(t *testing.T) {
	const count = 600
	space := segment.CallerSpace(1)
	prepared, err := segment.NewPreparer().Prepare(context.Background(), space, notes(count))
	if err != nil {
		t.Fatal(err)
	}
	view, written := &segment.View{Space: space}, 0
	for i, row := range prepared {
		row.ID = model.ID(i + 1)
		row.Stamp(time.UnixMicro(1), 0)
		part, err := buildSegment(space, prepared[i:i+1], row.ID, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		view = view.With(part)
		for todo, more := plan(view.Parts, steady); more; todo, more = plan(view.Parts, steady) {
			merged := mergedSpan(t, view, todo)
			view = view.Replace(todo.first, todo.last, merged)
			written += merged.RowCount()
		}
	}
	if written > count*class(count) || view.Documents != count || len(view.Parts) > mergeFan*class(count) {
		t.Fatalf("%d of %d memories in %d parts, %d written anew", view.Documents, count, len(view.Parts), written)
	}
}

// TestACalmStoreMergesWhatABusyOneLeaves: a part of 32 memories and seven of one
// stay apart while more may come, and not longer.
func TestACalmStoreMergesWhatABusyOneLeaves(t *testing.T) {
	view := viewOf(t, []int{32, 1, 1, 1, 1, 1, 1, 1})
	if todo, more := plan(view.Parts, steady); more {
		t.Fatalf("busy: merges %v", todo)
	}
	if todo, more := plan(view.Parts, calm); !more || todo != (span{0, 7}) {
		t.Fatalf("calm: merges %v", todo)
	}
	s := openStore(t, t.TempDir(), Options{})
	for range 100 {
		if _, err := s.Add(context.Background(), notes(1)); err != nil {
			t.Fatal(err)
		}
	}
	for range 500 {
		if _, more := plan(s.view.Load().Parts, calm); !more {
			return
		}
		time.Sleep(calmRest / 10)
	}
	t.Fatalf("%d parts", len(s.view.Load().Parts))
}

// TestAPauseMergesSmallParts: a few parts that are only in memory become one before it is
// calm, but neither while more may come, nor a part that hardly grows, nor to a file.
func TestAPauseMergesSmallParts(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  span
		more  bool
	}{
		{sizes: []int{16, 1, 1, 1, 1}, want: span{1, 4}, more: true},
		{sizes: []int{16, 1, 1, 1}},
		{sizes: []int{4, 4, 5, 4}, want: span{0, 3}, more: true},
		{sizes: []int{30, 4, 1, 1}},
		{sizes: []int{fileRows / 4, fileRows / 4, fileRows / 4, fileRows/4 - 1}, want: span{0, 3}, more: true},
		{sizes: []int{fileRows / 4, fileRows / 4, fileRows / 4, fileRows / 4}},
	} {
		view := viewOf(t, c.sizes)
		if todo, more := plan(view.Parts, steady); more {
			t.Fatalf("%d: busy: merges %v", c.sizes, todo)
		}
		if todo, more := plan(view.Parts, pause); more != c.more || todo != c.want {
			t.Fatalf("%d: a pause merges %v, %v", c.sizes, todo, more)
		}
	}
}

// viewOf returns a view of parts of the given sizes.
func viewOf(t *testing.T, sizes []int) *segment.View {
	t.Helper()
	count := 0
	for _, size := range sizes {
		count += size
	}
	space := segment.CallerSpace(1)
	prepared, err := segment.NewPreparer().Prepare(context.Background(), space, notes(count))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range prepared {
		row.ID = model.ID(i + 1)
	}
	view, first := &segment.View{Space: space}, 0
	for _, size := range sizes {
		part, err := buildSegment(space, prepared[first:first+size], model.ID(first+1), model.ID(first+size))
		if err != nil {
			t.Fatal(err)
		}
		view, first = view.With(part), first+size
	}
	return view
}

// TestARushMergesLongerRuns wants a run merged that a steady store would merge only where
// it is twice as long in a rush, and a rush told by what comes in and over when it ends.
func TestARushMergesLongerRuns(t *testing.T) {
	space := segment.CallerSpace(1)
	prepared, err := segment.NewPreparer().Prepare(context.Background(), space, notes(4*rushFan))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range prepared {
		row.ID = model.ID(i + 1)
	}
	view := &segment.View{Space: space}
	for first := 0; first < len(prepared); first += 4 {
		if todo, more := plan(view.Parts, rush); more {
			t.Fatalf("%d parts: merges %v", len(view.Parts), todo)
		}
		part, err := buildSegment(space, prepared[first:first+4], model.ID(first+1), model.ID(first+4))
		if err != nil {
			t.Fatal(err)
		}
		view = view.With(part)
	}
	if todo, more := plan(view.Parts, rush); !more || todo != (span{0, rushFan - 1}) {
		t.Fatalf("merges %v", todo)
	}
	p := pacer{at: time.Now().Add(-time.Second)}
	if p.look(2 * rushRate); !p.rush {
		t.Fatal("twice the rate is no rush")
	}
	p.at = time.Now().Add(-time.Second)
	if p.look(2*rushRate + 1); p.rush {
		t.Fatal("one a second is a rush")
	}
}

func mergedSpan(t *testing.T, view *segment.View, todo span) *segment.Segment {
	var sources []*segment.Segment
	for _, p := range view.Parts[todo.first : todo.last+1] {
		sources = append(sources, p.Segment)
	}
	draft, err := segment.Merge(view.Space, sources, make([]rows.Set, len(sources)))
	if err != nil {
		t.Fatal(err)
	}
	merged, err := draft.Segment()
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

func TestAFailedCommitPoisonsTheStoreAndReadsGoOn(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	if _, err := s.Add(context.Background(), notes(5)); err != nil {
		t.Fatal(err)
	}
	s.journal.file.Close() // whatever the reason: no group is durable from here on
	for range 2 {
		if _, err := s.Add(context.Background(), notes(1)); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("add: %v", err)
		}
	}
	view, err := s.View()
	if err != nil || view.Documents != 5 {
		t.Fatalf("%+v %v", view, err)
	}
}

// TestTimesOfCommitsRiseThoughTheClockGoesBack has the last commit lie in the
// future, as it does after the clock was set back.
func TestTimesOfCommitsRiseThoughTheClockGoesBack(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ctx := context.Background()
	future := time.Now().Add(time.Hour)
	s.clock = future.UnixMicro()
	var ids []model.ID
	for i := range 6 {
		if i == 3 {
			s.Close()
			s = openStore(t, dir, Options{})
		}
		got, err := s.Add(ctx, notes(1))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got...)
	}
	if _, err := s.Update(ctx, ids[0], &model.Patch{Importance: new(float32(1))}); err != nil {
		t.Fatal(err)
	}
	view, _ := s.View()
	last := future
	for i, id := range append(ids[1:], ids[0]) {
		ref, ok := view.Find(id)
		m, err := view.Memory(ref, false)
		if !ok || err != nil || !m.UpdateTime.After(last) {
			t.Fatalf("commit %d at %v, not after %v: %v", i, m.UpdateTime, last, err)
		}
		last = m.UpdateTime
		if then := view.AsOf(m.UpdateTime.UnixMicro()); then.Documents != uint64(min(len(ids), i+2)) {
			t.Fatalf("as of commit %d: %d memories", i, then.Documents)
		}
	}
}

func TestACancelledAddChangesNothing(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Add(ctx, notes(3)); !errors.Is(err, model.ErrCancelled) {
		t.Fatal(err)
	}
	if st, _ := s.Stats(); st.Memories != 0 {
		t.Fatalf("%d memories", st.Memories)
	}
}

func TestWorkOfOneSessionGetsPositionsInOrder(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	var ids []model.ID
	for i := range 6 {
		if i == 3 {
			s.Close()
			s = openStore(t, dir, Options{})
		}
		list := notes(2)
		list[0].Session, list[1].Session = "a", fmt.Sprint(i%2)
		got, err := s.Add(context.Background(), list)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, got...)
	}
	view, _ := s.View()
	next := map[string]uint32{}
	for _, id := range ids {
		ref, ok := view.Find(id)
		if !ok {
			t.Fatalf("memory %d is gone", id)
		}
		m, err := view.Memory(ref, false)
		if err != nil || m.Position != next[m.Session] {
			t.Fatalf("memory %d of session %q: position %d, want %d (%v)", id, m.Session, m.Position, next[m.Session], err)
		}
		next[m.Session]++
	}
}

func TestWritersGoOnAfterMergingFailedAndWasMended(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ctx := context.Background()
	away := filepath.Join(dir, "away")
	if err := os.Rename(filepath.Join(dir, segmentsName), away); err != nil {
		t.Fatal(err)
	}
	for i := 0; s.mergeFailed.Load() == nil; i++ {
		if _, err := s.Add(ctx, notes(600)); err != nil {
			t.Fatal(err)
		}
		if i > 200 {
			t.Fatal("merging to files did not fail without a directory")
		}
	}
	if st, err := s.Stats(); err != nil || st.MergeError == nil {
		t.Fatalf("%+v %v: the failure is not told", st, err)
	}
	if err := os.Rename(away, filepath.Join(dir, segmentsName)); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for range 3 * partsMax {
			if _, err := s.Add(ctx, notes(1)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the writer hangs")
	}
	if report, err := s.Verify(ctx); err != nil || len(report.Faults) > 0 {
		t.Fatalf("%v %v", report, err)
	}
}

func TestTenantsAndKeysDoNotRunTogether(t *testing.T) {
	seen := map[string]string{}
	for _, names := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", ""}, {"a\x00", "b"}, {"a", "\x00b"}} {
		k := string(keyBytes(names[0], names[1]))
		if other, there := seen[k]; there {
			t.Fatalf("%q and %s have one key", names, other)
		}
		seen[k] = fmt.Sprintf("%q", names)
	}
}

func TestReplayedGapsAreWrittenOut(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	for range 3 {
		s := openStore(t, dir, Options{})
		for range 3 {
			if _, err := s.Add(ctx, notes(700)); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
	files, err := filepath.Glob(filepath.Join(dir, segmentsName, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		s := openStore(t, dir, Options{})
		if st, err := s.Stats(); err != nil || (st.Replayed == 0) != (i > 0) {
			t.Fatalf("opening %d replayed %d memories (%v)", i+1, st.Replayed, err)
		}
		if err := s.order(ctx, false); err != nil { // behind what the merger does first
			t.Fatal(err)
		}
		s.Close()
	}
}

// TestAMemoryDeletedInTheGroupThatAddsItIsGone has the writer find an add and the deletion
// of what it adds in the queue together.
func TestAMemoryDeletedInTheGroupThatAddsItIsGone(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	ended := make(chan error, 2)
	queued := func(call func() error) {
		want := s.queue.waiting() + 1
		go func() { ended <- call() }()
		for s.queue.waiting() < want {
			runtime.Gosched()
		}
	}
	var deleted []model.ID
	err := s.onWriter(func() error {
		queued(func() error { _, err := s.Add(context.Background(), numbered(2)); return err })
		queued(func() (err error) { deleted, err = s.Delete(context.Background(), []model.ID{1}); return err })
		return nil
	})
	if err = errors.Join(err, <-ended, <-ended); err != nil {
		t.Fatal(err)
	}
	st, err := s.Stats()
	if err != nil || len(deleted) != 1 || st.Commits != 1 || st.Memories != 1 {
		t.Fatalf("%d deleted, %d commits, %d memories, %v", len(deleted), st.Commits, st.Memories, err)
	}
	view, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	if _, found := view.Find(1); found {
		t.Fatal("memory 1 is there")
	}
	wantSound(t, s, 1)
}

// TestWhoeverComesAsAStoreIsMadeOpensItOrIsToldThatItIsLocked: its files are nobody else's, whenever
// they are looked at.
func TestWhoeverComesAsAStoreIsMadeOpensItOrIsToldThatItIsLocked(t *testing.T) {
	for range 60 {
		dir := t.TempDir()
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for range 8 {
					s, err := Open(t.Context(), dir, Options{})
					switch {
					case err == nil:
						s.Close()
					case !errors.Is(err, model.ErrLocked):
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
	}
}
