package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemo runs the whole demonstration with a tool built for it.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tool")
	}
	nexus := filepath.Join(t.TempDir(), "nexus")
	if out, err := exec.Command("go", "build", "-o", nexus, "../../cmd/nexus").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	d := demo{nexus: nexus, dir: filepath.Join(t.TempDir(), "demo-data")}
	for round := range 2 { // the second removes what the first left
		if err := d.run(t.Context()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		d.records = nil
	}
}

func TestDemoRemovesNothingOfOthers(t *testing.T) {
	d := demo{nexus: os.Args[0], dir: t.TempDir()}
	mine := d.path("precious")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.run(t.Context()); err == nil || !strings.Contains(err.Error(), "not from a demonstration") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}
