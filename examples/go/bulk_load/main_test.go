package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadingTwiceAddsOnce(t *testing.T) {
	dir := t.TempDir()
	documents := filepath.Join(dir, "documents")
	village := "The ferry leaves at nine.\n\nBread is baked\non Mondays.\n\n\n\nThe mill stands by the river.\n"
	if err := errors.Join(os.Mkdir(documents, 0o755), os.WriteFile(filepath.Join(documents, "village.txt"), []byte(village), 0o644),
		os.WriteFile(filepath.Join(documents, "rules.md"), []byte("# Rules\n\nNo swimming."), 0o644),
		os.WriteFile(filepath.Join(documents, "image.png"), []byte("no text"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var out strings.Builder
		if err := load(t.Context(), documents, filepath.Join(dir, "store"), "When is bread baked?", &out); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if lines[0] != "5 paragraphs, 5 memories in the store" || !strings.HasSuffix(lines[1], ` village.txt:27-53 "Bread is baked\non Mondays."`) {
			t.Errorf("printed\n%s", out.String())
		}
	}
}
