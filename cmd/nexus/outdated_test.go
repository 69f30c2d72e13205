//go:build unix

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestSegmentsOfOtherRulesAreNoFault opens a store of an older version.
func TestSegmentsOfOtherRulesAreNoFault(t *testing.T) {
	db := directory(t) + "/db"
	sample, err := filepath.Abs("../../engine/testdata/store-v4")
	if err != nil {
		t.Fatal(err)
	}
	nexus(t, exitDone, "restore", sample, "--db", db)
	outdated := func() (files int) {
		var stats struct{ Outdated, Discarded *int }
		if r := nexus(t, exitDone, "stats", "--json", "--db", db); json.Unmarshal([]byte(r.out), &stats) != nil || stats.Outdated == nil || *stats.Discarded != 0 {
			t.Fatalf("%s", r.out)
		}
		return *stats.Outdated
	}
	const advice = "1 segment file is of another version or language; opening for writing rebuilds them"
	if r := nexus(t, exitDone, "verify", "--db", db); !strings.Contains(r.out, "sound: 80 memories") || !strings.Contains(r.errOut, advice) {
		t.Errorf("verify: %s%s", r.out, r.errOut)
	}
	if r := nexus(t, exitDone, "stats", "--db", db); outdated() != 1 || !strings.Contains(r.out, "outdated   "+advice) {
		t.Errorf("stats: %s", r.out)
	}
	nexus(t, exitDone, "compact", "--db", db)
	if r := nexus(t, exitDone, "stats", "--db", db); outdated() != 0 || strings.Contains(r.out, "outdated") {
		t.Errorf("after writing: %s", r.out)
	}
}
