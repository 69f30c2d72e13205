package store

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// aroundBytes is what the system maps where one page is read: 64 KiB by default, and 68 have
// been seen.
const aroundBytes = 80 << 10

// residentBytes returns what the kernel counts as this process's of the files in a directory
// that it has mapped, and of truth.db alone.
func residentBytes(t *testing.T, dir string) (all, truth int) {
	t.Helper()
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	path := ""
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if strings.Contains(words[0], "-") {
			path = words[len(words)-1]
		}
		var kilobytes int
		if _, err := fmt.Sscanf(lines.Text(), "Rss: %d kB", &kilobytes); err != nil || !strings.HasPrefix(path, dir) {
			continue
		}
		all += kilobytes << 10
		if strings.HasSuffix(path, truthName) {
			truth += kilobytes << 10
		}
	}
	return all, truth
}

// TestAStoreAtRestHoldsNoPagesOfItsFiles, whatever was read of them before, in a store that is
// open for writing and in one that is open for reading; what is given back reads as before.
func TestAStoreAtRestHoldsNoPagesOfItsFiles(t *testing.T) {
	const rows, dim = 3000, 64
	written, dir := t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, written, Options{Dim: dim})
		memories := notes(rows)
		for i := range memories {
			memories[i].Text = strings.Repeat(memories[i].Text+" ", 20)
			memories[i].Vector = make([]float32, dim)
			memories[i].Vector[i%dim] = 1
		}
		if _, err := s.Add(t.Context(), memories); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
	// Another directory: what a closed store had mapped stays so until it is collected.
	if err := os.CopyFS(dir, os.DirFS(written)); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := openStore(t, dir, Options{ReadOnly: readOnly})
			for range 2 {
				readEverything(t, s, rows)
				all, truth := residentBytes(t, dir)
				if all < 1<<20 || truth == 0 {
					t.Fatalf("read only %v: %d bytes are resident once all is read, %d of truth.db: this does not measure", readOnly, all, truth)
				}
				time.Sleep(2*pageRest + time.Second)
				synctest.Wait()
				if at, _ := residentBytes(t, dir); at > aroundBytes {
					t.Errorf("read only %v: %d of %d bytes are resident at rest", readOnly, at, all)
				}
			}
		})
	}
}

func readEverything(t *testing.T, s *Store, rows int) {
	t.Helper()
	report, err := s.Verify(t.Context())
	if err != nil || len(report.Faults) > 0 || report.Memories != uint64(rows) {
		t.Fatalf("%+v, %v", report, err)
	}
	view, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	for id := model.ID(1); id <= model.ID(rows); id++ {
		if at, ok := view.Find(id); !ok {
			t.Fatalf("memory %d is not there", id)
		} else if m, err := view.Memory(at, true); err != nil || m.ID != id {
			t.Fatalf("memory %d: %v, %v", id, m.ID, err)
		}
	}
}

// TestWhatUsageReadsOfTheTruthIsGivenBack: counting hits looks each of them up in truth.db,
// some seconds after the last question.
func TestWhatUsageReadsOfTheTruthIsGivenBack(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t, dir, Options{})
		ids, err := s.Add(t.Context(), notes(6000)) // of which 116 KiB would stay, though the commit maps the file anew
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, id := range ids {
			s.Used(id) // no question: it is no use to the pager
		}
		time.Sleep(usageRest + gatherRest + restAfter/2)
		synctest.Wait()
		_, busy := residentBytes(t, dir)
		time.Sleep(restAfter)
		synctest.Wait()
		// Every transaction reads the first page.
		if _, calm := residentBytes(t, dir); busy < 256<<10 || calm > aroundBytes {
			t.Errorf("%d bytes of truth.db are resident while usage is written, %d afterwards", busy, calm)
		}
	})
}
