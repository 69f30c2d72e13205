package engine_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestExamplesOfTheMatchPageFindWhatTheySay runs docs/match.md.
func TestExamplesOfTheMatchPageFindWhatTheySay(t *testing.T) {
	data, err := os.ReadFile("../docs/match.md")
	if err != nil {
		t.Fatal(err)
	}
	db := open(t, t.TempDir(), engine.Options{})
	after := addMemoriesOfPage(t, db, string(data))
	_, table, _ := strings.Cut(after, "<!-- matches")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([^`]*)` \\| ?([0-9, ]*)\\|$").FindAllStringSubmatch(table, -1)
	if len(rows) < 25 {
		t.Fatalf("%d examples: the page or this test is broken", len(rows))
	}
	for _, row := range rows {
		var ids []int
		for _, h := range ask(t, db, engine.Query{Match: parsedMatch(t, row[1])}).Hits {
			ids = append(ids, int(h.ID))
		}
		slices.Sort(ids)
		got := []string{}
		for _, id := range ids {
			got = append(got, strconv.Itoa(id))
		}
		if want := strings.TrimSpace(row[2]); strings.Join(got, ", ") != want {
			t.Errorf("%s finds %v, the page says %s", row[1], got, want)
		}
	}
}

// addMemoriesOfPage adds the five memories of a page and returns what stands behind them.
func addMemoriesOfPage(t *testing.T, db *engine.DB, page string) (after string) {
	t.Helper()
	_, after, _ = strings.Cut(page, "<!-- memories")
	_, after, _ = strings.Cut(after, "```json\n")
	memories, after, ok := strings.Cut(after, "```\n")
	if report, err := db.Import(ctx, strings.NewReader(memories), engine.ImportOptions{}); !ok || err != nil || report.Added != 5 || report.Bad != 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	return after
}
