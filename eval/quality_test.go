package eval

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/text"
)

var update = flag.Bool("update", false, "rewrite testdata/quality.golden")

// tolerance is what a metric may fall or rise without a new golden, in points:
// three questions of locomo.
const tolerance = 0.3

// TestQuality holds retrieval quality as committed numbers, of BM25 alone, of all ways of
// fusion, with and without vectors, one store a conversation and pooled: a change of
// ranking is a diff of the golden file. Where the development data is absent, the
// generated set alone is measured.
func TestQuality(t *testing.T) {
	data := filepath.Join("..", "..", "shared", "data")
	sets := []*Set{Generate()}
	for _, name := range []string{"locomo", "beam-100k"} {
		s, err := Load(filepath.Join(data, name))
		if err != nil {
			t.Logf("NO DEVELOPMENT DATA, %s is not measured: %v", name, err)
			continue
		}
		sets = append(sets, s)
	}
	got := map[string]string{}
	for _, s := range sets {
		runs := map[string]Settings{
			"lexical alone":   {Engines: []string{"lexical"}, FusionOff: true},
			"learnt":          {},
			"learnt, hashing": {Embedder: embed.NewHashing(text.English)},
		}
		if !s.Generated {
			vectors := filepath.Join(data, "vectors", s.Name)
			runs["learnt, vectors"] = Settings{Vectors: vectors}
			runs["learnt, vectors, pooled"] = Settings{Vectors: vectors, Pooled: true}
			for _, by := range []engine.Fusion{engine.FusionConvex, engine.FusionRRF, engine.FusionDBSF} {
				runs[by.String()+", vectors"] = Settings{Vectors: vectors, Fusion: by}
			}
		}
		for name, settings := range runs {
			r, err := Run(t.Context(), s, settings)
			if err != nil {
				t.Fatal(err)
			}
			addGolden(got, s.Name+", "+name, r)
		}
	}
	path := filepath.Join("testdata", "quality.golden")
	if *update {
		if len(sets) < 3 {
			t.Fatal("no update without the development data: its rows would be lost")
		}
		writeGolden(t, path, got)
		return
	}
	compareGolden(t, path, got)
}

// addGolden adds one line a category: its name, n and metrics.
func addGolden(lines map[string]string, run string, r *Report) {
	for _, row := range append([]Row{r.Overall}, r.Categories...) {
		var values strings.Builder
		fmt.Fprintf(&values, "n %d", row.N)
		for _, name := range brief {
			fmt.Fprintf(&values, "  %s %.2f", name, 100*row.Mean.Get(name))
		}
		lines[run+", "+row.Category] = values.String()
	}
}

func writeGolden(t *testing.T, path string, lines map[string]string) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("# Retrieval quality per conversation, metrics times 100. Rewrite: go test ./eval -run TestQuality -update\n")
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&b, "%s: %s\n", name, lines[name])
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compareGolden wants every line of got in the file, each number within tolerance.
func compareGolden(t *testing.T, path string, got map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, values, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && line[0] != '#' {
			want[name] = values
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !within(got[name], want[name]) {
			t.Errorf("%s\n got %s\nwant %s", name, got[name], want[name])
		}
	}
}

// within compares two lines word by word: numbers within tolerance, else equal.
func within(got, want string) bool {
	a, b := strings.Fields(got), strings.Fields(want)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		var x, y float64
		_, errX := fmt.Sscanf(a[i], "%g", &x)
		_, errY := fmt.Sscanf(b[i], "%g", &y)
		switch {
		case errX != nil || errY != nil:
			if a[i] != b[i] {
				return false
			}
		case math.Abs(x-y) > tolerance+1e-9:
			return false
		}
	}
	return true
}
