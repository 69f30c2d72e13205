package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedFilesAreCurrent compares everything that is generated with the
// repository, and wants nothing else in asm: a file that is no longer generated must go.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range all {
		got, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s is not what gen writes; run: make generate", name)
		}
	}
	entries, err := os.ReadDir("../asm")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == "doc.go" || strings.HasSuffix(name, "_test.go") {
			continue // written by hand
		}
		if all["asm/"+name] == nil {
			t.Errorf("asm/%s is not generated any more; remove it", name)
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
