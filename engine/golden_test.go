package engine_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestAnswersAreTheSameOnEveryCPU runs on each forced tier, without assembly
// and under emulated arm64 (make test-tiers, test-arm64), against one file.
func TestAnswersAreTheSameOnEveryCPU(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(3000, 42)...)
	var out bytes.Buffer
	for intent := range 5 {
		for _, q := range generatedQuestions {
			a := ask(t, db, engine.Query{Text: q, Intent: engine.Intent(intent), K: 10})
			fmt.Fprintf(&out, "%d %q", intent, q)
			for _, h := range a.Hits {
				// The score's bits, not its rounding: equal means equal.
				fmt.Fprintf(&out, " %d:%g+%d", h.ID, h.Score, len(h.Duplicates))
			}
			fmt.Fprintln(&out)
		}
	}
	path := filepath.Join("testdata", "answers.golden")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Fatalf("answers differ from %s:\n%s", path, firstDifference(out.Bytes(), want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			return fmt.Sprintf("line %d\ngot  %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
