package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// pair is two memories that were added together: an answer that holds one
// without the other is torn.
func pair(i int) []engine.Memory {
	words := fmt.Sprintf("pair%d zebra%d", i, i%50)
	return []engine.Memory{
		{Key: fmt.Sprintf("left-%d", i), Text: "left half of " + words},
		{Key: fmt.Sprintf("right-%d", i), Text: "other half, namely of " + words},
	}
}

// readWhileWriting runs readers against one writer for the given time and
// returns the questions answered.
func readWhileWriting(t *testing.T, readers int, duration time.Duration) (asked int64) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, pair(0)...)
	var written, count atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	for r := range readers {
		group.Go(func() {
			for i := r; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				newest := written.Load() // visible by now, whole
				n := int64(i) % (newest + 1)
				a, err := db.Query(ctx, engine.Query{Text: fmt.Sprintf("pair%d", n), K: 4, Engines: []string{"lexical"}})
				if err != nil {
					t.Error(err)
					return
				}
				halves := 0
				for _, h := range a.Hits {
					if strings.HasSuffix(h.Key, fmt.Sprintf("-%d", n)) {
						halves += 1 + len(h.Duplicates)
					}
				}
				if halves != 2 {
					t.Errorf("pair %d of %d: %d halves", n, newest, halves)
					return
				}
				count.Add(1)
			}
		})
	}
	deadline := time.Now().Add(duration)
	for i := 1; time.Now().Before(deadline) && !t.Failed(); i++ {
		add(t, db, pair(i)...)
		written.Store(int64(i))
	}
	close(stop)
	group.Wait()
	verify(t, db)
	return count.Load()
}

func TestReadersNeverSeeATornWrite(t *testing.T) {
	n := readWhileWriting(t, 64, 2*time.Second)
	t.Logf("%d questions answered by 64 readers beside a writer", n)
	if n < 64 {
		t.Fatalf("only %d questions", n)
	}
}

// TestReadPathTakesNoEngineLock looks at which mutexes anyone waited for while
// 64 readers and a writer run: none may be taken below Query.
func TestReadPathTakesNoEngineLock(t *testing.T) {
	old := runtime.SetMutexProfileFraction(1)
	defer runtime.SetMutexProfileFraction(old)
	readWhileWriting(t, 64, time.Second)
	var profile bytes.Buffer
	if err := pprof.Lookup("mutex").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	stacks := strings.Split(profile.String(), "\n\n")
	for _, stack := range stacks {
		reads := strings.Contains(stack, "engine.(*DB).Query") || strings.Contains(stack, "engine/search.")
		if reads && (strings.Contains(stack, "sync.(*Mutex)") || strings.Contains(stack, "sync.(*RWMutex)")) {
			t.Errorf("a lock in the read path:\n%s", stack)
		}
	}
	if len(stacks) < 2 {
		t.Fatal("the profile is empty: the test sees nothing")
	}
}

func TestManyWritersShareCommits(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	const writers, each = 64, 40
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if _, err := db.Add(ctx, engine.Memory{Key: fmt.Sprintf("%d-%d", w, i), Text: fmt.Sprintf("note %d of writer %d", i, w)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	st, err := db.Stats()
	if err != nil || st.Added != writers*each || st.Memories != writers*each {
		t.Fatalf("%+v %v", st, err)
	}
	if st.Commits*5 > st.Added {
		t.Fatalf("%d commits for %d memories: less than 80 %% fewer than one each", st.Commits, st.Added)
	}
	t.Logf("%d memories in %d commits", st.Added, st.Commits)
	verify(t, db)
}

func TestCloseAmidWorkLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	var acked sync.Map
	var group sync.WaitGroup
	for w := range 16 {
		group.Go(func() {
			for i := range 1000 {
				key := fmt.Sprintf("%d-%d", w, i)
				_, err := db.Add(ctx, engine.Memory{Key: key, Text: "note " + key})
				switch {
				case err == nil:
					acked.Store(key, true)
				case errors.Is(err, engine.ErrClosed):
					return
				default:
					t.Errorf("%s: %v", key, err)
					return
				}
				if _, err := db.Query(ctx, engine.Query{Text: key}); err != nil && !errors.Is(err, engine.ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	db = open(t, dir, engine.Options{})
	n := 0
	acked.Range(func(key, _ any) bool {
		n++
		if _, err := db.GetByKey(ctx, "", key.(string)); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		return true
	})
	if n == 0 {
		t.Fatal("nothing was acknowledged before Close")
	}
	verify(t, db)
}

// TestAStoreForReadingIsVerifiedByMany verifies a read-only store from four goroutines: the race
// detector sees whether bbolt reads its list of free pages beside transactions.
func TestAStoreForReadingIsVerifiedByMany(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(1200, 4)...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{ReadOnly: true})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			report, err := db.Verify(ctx)
			if err != nil || len(report.Faults) != 0 {
				t.Errorf("%v, %v", report.Faults, err)
			}
		})
	}
	all.Wait()
}
