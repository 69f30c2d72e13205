package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedFilesAreCurrent writes everything to a temporary directory and compares
// it with the repository, in both directions: a file that is no longer generated must go.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	const committed = "../asm"
	fresh := t.TempDir()
	if err := write(fresh); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{fresh, committed} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := entry.Name()
			if name == "doc.go" || strings.HasSuffix(name, "_test.go") {
				continue // written by hand
			}
			want, errWant := os.ReadFile(filepath.Join(fresh, name))
			got, errGot := os.ReadFile(filepath.Join(committed, name))
			if errWant != nil || errGot != nil || !bytes.Equal(want, got) {
				t.Errorf("asm/%s is not what gen writes; run: cd gen && go run . -out ../asm", name)
			}
		}
	}
}

// TestOutputIsDeterministic repeats the register allocation, which walks maps.
func TestOutputIsDeterministic(t *testing.T) {
	first, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := files()
		if err != nil {
			t.Fatal(err)
		}
		for name := range first {
			if !bytes.Equal(first[name], again[name]) {
				t.Fatalf("%s differs from one run to the next", name)
			}
		}
	}
}
