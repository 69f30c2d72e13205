package engine_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestExplainingChangesNoAnswer asks with and without, the cache on: both times the same
// hits, and an explanation where it is wanted alone.
func TestExplainingChangesNoAnswer(t *testing.T) {
	db, err := engine.Open(t.TempDir(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{"Ben went to the lake on Saturday.", "The lake was cold, said Ben.", "Anna bought a kettle.", "Who went to the lake?"} {
		if _, err := db.Add(t.Context(), engine.Memory{Text: text, Scope: engine.Scope{Session: "s"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, fusion := range []engine.Fusion{engine.FusionLearnt, engine.FusionConvex, engine.FusionRRF, engine.FusionDBSF} {
		q := engine.Query{Text: "Who went to the lake with Ben?", Fusion: fusion}
		plain, err := db.Query(t.Context(), q)
		if err != nil || len(plain.Hits) != 4 || plain.Trace.Cache != engine.CacheNone {
			t.Fatalf("%v: %+v, %v", fusion, plain, err)
		}
		q.Explain = true
		for _, cache := range []engine.CacheUse{engine.CacheNone, engine.CacheExact} {
			explained, err := db.Query(t.Context(), q)
			for cache == engine.CacheExact && err == nil && explained.Trace.Cache == engine.CacheNone { // so long an answer is kept a moment later
				explained, err = db.Query(t.Context(), q)
			}
			if err != nil || explained.Trace.Cache != cache || explained.Confidence != plain.Confidence {
				t.Fatalf("%v: %+v, %v", fusion, explained, err)
			}
			for i, h := range explained.Hits {
				if plain.Hits[i].Explanation != nil || h.Explanation == nil {
					t.Errorf("%v: hit %d: %v with, %v without", fusion, i, h.Explanation, plain.Hits[i].Explanation)
				}
				if h.Explanation = nil; !reflect.DeepEqual(h, plain.Hits[i]) {
					t.Errorf("%v: hit %d: %+v with, %+v without", fusion, i, h, plain.Hits[i])
				}
			}
		}
	}
}

// TestThePageOfExplanationsNamesEverySignal compares docs/explaining.md with the engine.
func TestThePageOfExplanationsNamesEverySignal(t *testing.T) {
	data, err := os.ReadFile("../docs/explaining.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(data), "<!-- signals")
	var named []string
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(table, -1) {
		named = append(named, m[1])
	}
	have := slices.Sorted(slices.Values(engine.SignalNames()))
	if slices.Sort(named); !found || !slices.Equal(named, have) {
		t.Errorf("the page names\n%v\nthe engine\n%v", named, have)
	}
}
