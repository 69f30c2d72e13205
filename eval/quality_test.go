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
)

var update = flag.Bool("update", false, "rewrite testdata/quality.golden")

// tolerance is what a metric may fall or rise without a new golden, in points:
// three questions of locomo.
const tolerance = 0.3

// TestQuality holds retrieval quality, lexical and fused, as committed numbers:
// a change of ranking is a diff of the golden file. Where the development data
// is absent, the generated set alone is measured.
func TestQuality(t *testing.T) {
	sets := []*Set{Generate()}
	dir := filepath.Join("..", "..", "shared", "data", "locomo")
	if s, err := Load(dir); err == nil {
		sets = append(sets, s)
	} else {
		t.Logf("NO DEVELOPMENT DATA, only the generated set is measured: %v", err)
	}
	got := map[string]string{}
	for _, s := range sets {
		for name, settings := range map[string]Settings{
			"lexical alone": {Engines: []string{"lexical"}, FusionOff: true},
			"fused":         {},
		} {
			r, err := Run(t.Context(), s, settings)
			if err != nil {
				t.Fatal(err)
			}
			addGolden(got, s.Name+", "+name, r)
		}
	}
	path := filepath.Join("testdata", "quality.golden")
	if *update {
		if len(sets) < 2 {
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
