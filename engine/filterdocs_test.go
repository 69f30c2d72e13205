package engine_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestExamplesOfTheFilterPageSelectWhatTheySay runs docs/filters.md.
func TestExamplesOfTheFilterPageSelectWhatTheySay(t *testing.T) {
	data, err := os.ReadFile("../docs/filters.md")
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, t.TempDir(), engine.Options{})
	after := addMemoriesOfPage(t, db, string(data))
	_, table, _ := strings.Cut(after, "<!-- filters")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| (?:`` (.*) ``|`([^`]*)`) \\| ?([0-9, ]*)\\|$").FindAllStringSubmatch(table, -1)
	if len(rows) < 20 {
		t.Fatalf("%d examples: the page or this test is broken", len(rows))
	}
	for _, row := range rows {
		text, got := row[1]+row[2], []string{}
		for m, err := range db.List(ctx, engine.Selection{Filter: parsed(t, text)}) {
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			got = append(got, strconv.FormatUint(uint64(m.ID), 10))
		}
		if want := strings.TrimSpace(row[3]); strings.Join(got, ", ") != want {
			t.Errorf("%s selects %v, the page says %s", text, got, want)
		}
	}
}
