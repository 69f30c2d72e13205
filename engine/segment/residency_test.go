//go:build linux

package segment

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// residentBytes returns what the kernel counts as this process's of a mapped file.
func residentBytes(t testing.TB, path string) (bytes int) {
	t.Helper()
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	inside, found := false, false
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		line := lines.Text()
		if strings.Contains(line, "-") && strings.Contains(strings.Fields(line)[0], "-") {
			inside = strings.HasSuffix(line, path)
			found = found || inside
		}
		var kilobytes int
		if _, err := fmt.Sscanf(line, "Rss: %d kB", &kilobytes); err == nil && inside {
			bytes += kilobytes << 10
		}
	}
	if !found {
		t.Fatalf("%s is not mapped", path)
	}
	return bytes
}

// vectorFile writes a segment of rows that are little but their vectors.
func vectorFile(t testing.TB, rowCount, dim int) (path string, questions [][]float32) {
	t.Helper()
	space := CallerSpace(dim)
	memories := make([]model.Memory, rowCount)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range memories {
		v := make([]float32, dim)
		for j := range v {
			v[j] = r.Float32() - .5
		}
		memories[i] = model.Memory{Text: "x", Vector: v}
		if i%48 == 0 {
			questions = append(questions, v)
		}
	}
	prepared, err := NewPreparer().Prepare(t.Context(), space, memories)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(space)
	for i, row := range prepared {
		row.ID = model.ID(i + 1)
		b.Add(row)
	}
	s, err := b.Finish(1, model.ID(rowCount))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "a.nxs")
	if err := os.WriteFile(path, s.Image(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, questions
}

// TestOnlyCodesStayResident holds the bar of 96 % less memory than float32: after opening,
// which reads every byte, nothing is resident; after questions, codes and factors are, and
// what rescoring has read until it is let go.
func TestOnlyCodesStayResident(t *testing.T) {
	const rowCount, dim = 24_576, 384
	path, questions := vectorFile(t, rowCount, dim)
	s, err := OpenFile(vfs.OS, path, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	perRow := func() float64 { return float64(residentBytes(t, path)) / rowCount }
	opened := perRow()
	if opened > 8 {
		t.Errorf("%.1f bytes a row are resident after opening", opened)
	}
	var searcher vector.Searcher
	var hits []rows.Hit
	for _, q := range questions {
		searcher.Prepare(q, model.Cosine, []vector.Part{{Parts: s.Vectors()}})
		if hits = searcher.Top(hits[:0], 10, func() bool { return false }); len(hits) != 10 || hits[0].Score < .999 {
			t.Fatalf("%d hits, the best %v", len(hits), hits[0])
		}
	}
	busy := perRow()
	s.LetGo()
	calm := perRow()
	t.Logf("bytes a row resident: %.1f after opening, %.1f after %d questions, %.1f when let go", opened, busy, len(questions), calm)
	// The system maps what shares a folio with a page that is read: of the column before the
	// codes, between 0 and this much, depending on where the file's parts happen to lie.
	const aroundBytes = 128 << 10
	if limit := .04*4*dim + aroundBytes/float64(rowCount); calm > limit {
		t.Errorf("%.1f bytes a row are resident, want at most %.1f", calm, limit)
	}
	if calm < float64(s.Vectors().Bits.ResidentBytes())*.9 {
		t.Errorf("%.1f bytes a row are resident: the codes were let go, or this does not measure", calm)
	}
	searcher.Prepare(questions[0], model.Cosine, []vector.Part{{Parts: s.Vectors()}})
	if hits = searcher.Top(hits[:0], 1, func() bool { return false }); hits[0].Score < .999 {
		t.Fatal("a row that was let go reads otherwise")
	}
}
