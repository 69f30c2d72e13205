package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// diskBytes is what the files of a directory take on disk.
func diskBytes(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // removed by a merge meanwhile
		}
		if info, err := d.Info(); err == nil {
			bytes += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return nil
	})
	return bytes
}

// callMost is how many memories a call adds or deletes here; engine.AddCountMax is the most.
const callMost = 4000

// churn is a store in which memories come and go, and as many are live all the time.
type churn struct {
	db   *engine.DB
	r    *rand.Rand
	ids  []engine.ID
	next int
}

func (c *churn) add(t *testing.T, count int) {
	batch := make([]engine.Memory, count)
	for i := range batch {
		c.next++
		var text strings.Builder
		for range 60 + c.r.IntN(80) {
			fmt.Fprintf(&text, "word%d ", c.r.IntN(5000))
		}
		batch[i] = engine.Memory{Key: fmt.Sprint("churn-", c.next), Text: text.String()}
	}
	for some := range slices.Chunk(batch, callMost) {
		c.ids = append(c.ids, add(t, c.db, some...)...)
	}
}

// remove deletes memories of any age.
func (c *churn) remove(t *testing.T, count int) {
	c.r.Shuffle(len(c.ids), func(i, j int) { c.ids[i], c.ids[j] = c.ids[j], c.ids[i] })
	for some := range slices.Chunk(c.ids[:count], callMost) {
		if _, err := c.db.Delete(ctx, some...); err != nil {
			t.Fatal(err)
		}
	}
	c.ids = c.ids[count:]
}

// TestChurnTakesAtMostTwiceItsLiveData adds and deletes until every memory was replaced
// several times over, and wants the directory never larger than twice what the live
// memories take when the store is compacted: while it churns, and after it shrank.
func TestChurnTakesAtMostTwiceItsLiveData(t *testing.T) {
	live, rounds := 4000, 10
	if *soak {
		live, rounds = 40_000, 100
	}
	dir := t.TempDir()
	c := &churn{db: open(t, dir, engine.Options{}), r: rand.New(rand.NewPCG(1, 2))}
	c.add(t, live)
	if err := c.db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	base, worst := diskBytes(t, dir), int64(0)
	for range rounds {
		c.add(t, live/5)
		c.remove(t, live/5)
		settle(t, c.db, dir)
		worst = max(worst, diskBytes(t, dir))
	}
	c.remove(t, live*3/4)
	settle(t, c.db, dir)
	shrunk, same := int64(0), 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && same < 5; time.Sleep(100 * time.Millisecond) {
		same++
		if now := diskBytes(t, dir); now != shrunk || now > base*3/4 {
			shrunk, same = now, 0
		}
	}
	verify(t, c.db)
	if err := c.db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	final := diskBytes(t, dir)
	t.Logf("%d memories: %d KiB compact; at most %d KiB (%.2fx) while each was replaced %d times; a quarter of them: %d KiB, compact %d KiB (%.2fx)",
		live, base>>10, worst>>10, float64(worst)/float64(base), rounds/5, shrunk>>10, final>>10, float64(shrunk)/float64(final))
	if worst > 2*base || shrunk > 2*final {
		t.Fatal("more than twice the live data")
	}
}

// settle waits until merging has nothing to do: nothing has been merged for a while, and no
// file stands in the directories that is not of the store yet, or not any more.
func settle(t *testing.T, db *engine.DB, dir string) {
	t.Helper()
	for merges, same := uint64(0), 0; same < 6; time.Sleep(60 * time.Millisecond) {
		st, err := db.Stats()
		if err != nil || st.MergeError != nil {
			t.Fatal(err, st.MergeError)
		}
		if same++; st.Merges != merges {
			merges, same = st.Merges, 0
		}
		for _, kind := range []string{"memories", "segments"} {
			files, err := os.ReadDir(filepath.Join(dir, kind))
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != st.SegmentFiles { // a merge writes one of each
				same = 0
			}
		}
	}
}
