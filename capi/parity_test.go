//go:build cgo

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

type verb struct{ Go, C, CPP, Python, Node, CLI, Note string }

func verbs(t *testing.T) (list []verb) {
	t.Helper()
	data, err := os.ReadFile("../bindings/verbs.json")
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil || len(list) < 10 {
		t.Fatalf("%d verbs, %v", len(list), err)
	}
	return list
}

// TestEveryGoVerbHasItsTwins fails when a method is added to DB and the description in
// gen/abi does not say how the other languages call it, and when one that it names is
// not there.
func TestEveryGoVerbHasItsTwins(t *testing.T) {
	known := map[string]verb{}
	for _, v := range verbs(t) {
		known[v.Go] = v
	}
	db := reflect.TypeFor[*engine.DB]()
	for i := range db.NumMethod() {
		name := "DB." + db.Method(i).Name
		if _, ok := known[name]; !ok {
			t.Errorf("%s has no row among the verbs of gen/abi/nexus.json", name)
		}
	}
	sources := map[string]string{
		"C": read(t, "../bindings/include/nexus.h"), "C++": read(t, "../bindings/include/nexus.hpp"),
		"Python": read(t, "../python/nexus/*.pyi", "../python/nexus/*.py"), "Node": read(t, "../js/*.d.ts"), "CLI": read(t, "../cmd/nexus/*.go"),
	}
	for _, v := range verbs(t) {
		for language, pattern := range map[string]string{
			"C": `\b` + v.C + `\(`, "C++": `\b` + v.CPP + `\(`, "Python": `def ` + v.Python + `\(`,
			"Node": `\b` + v.Node + `(Sync)?\(`, "CLI": `Use: +"` + v.CLI + `[ "]`,
		} {
			if language == "CLI" && v.CLI == "" {
				if v.Note == "" {
					t.Errorf("%s has no verb of the command line and no note why", v.Go)
				}
				continue
			}
			if !regexp.MustCompile(pattern).MatchString(sources[language]) {
				t.Errorf("%s: nothing in %s matches %s", v.Go, language, pattern)
			}
		}
	}
}

// read joins the files of some patterns.
func read(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no files (%v)", p, err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
	}
	return all.String()
}

// TestNumbersAreThoseOfTheEngine compares the values of the header with Go's.
func TestNumbersAreThoseOfTheEngine(t *testing.T) {
	header := read(t, "../bindings/include/nexus.h")
	number := func(name string) string {
		m := regexp.MustCompile(`\b` + name + `(?: =)? (\d+)`).FindStringSubmatch(header)
		if m == nil {
			return "none"
		}
		return m[1]
	}
	constant := strings.NewReplacer(" ", "_", "-", "_")
	for code := model.CodeOK; code.String() != "" && !strings.HasPrefix(code.String(), "code "); code++ {
		name := "NEXUS_" + strings.ToUpper(constant.Replace(code.String()))
		if got, want := number(name), jsonOf(uint8(code)); got != want {
			t.Errorf("%s is %s, the engine's is %s", name, got, want)
		}
	}
	for name, want := range map[string]int{
		"NEXUS_DEFAULT_K": model.DefaultK, "NEXUS_HITS_MAX": model.HitCountMax, "NEXUS_ADD_MAX": model.AddCountMax, "NEXUS_PAGE_MAX": pageMax,
		"NEXUS_TEXT_BYTES_MAX": model.TextBytesMax, "NEXUS_QUERY_BYTES_MAX": model.QueryBytesMax, "NEXUS_NAME_BYTES_MAX": model.NameBytesMax,
		"NEXUS_DIMENSION_MAX": model.DimensionMax, "NEXUS_FACTOR_COUNT": int(model.FactorCount), "NEXUS_BOOST_COUNT": len(model.BoostNames()),
		"NEXUS_KIND_PROCEDURAL": int(model.KindProcedural), "NEXUS_KIND_WORKING": int(model.KindWorking),
		"NEXUS_INTENT_TRUSTED": int(model.IntentTrusted), "NEXUS_INTENT_RECENT": int(model.IntentRecent),
		"NEXUS_FUSION_LEARNT": int(model.FusionLearnt), "NEXUS_FUSION_CONVEX": int(model.FusionConvex), "NEXUS_FUSION_RRF": int(model.FusionRRF), "NEXUS_FUSION_DBSF": int(model.FusionDBSF),
		"NEXUS_ROUTE_ADAPTIVE": int(model.RouteAdaptive), "NEXUS_ROUTE_CACHE_ONLY": int(model.RouteCacheOnly), "NEXUS_ROUTE_SMART": int(model.RouteSmart),
		"NEXUS_ROUTE_FULL": int(model.RouteFull), "NEXUS_ROUTE_MAXIMUM": int(model.RouteMaximum),
		"NEXUS_METRIC_UNSET": int(model.MetricUnset), "NEXUS_METRIC_L2": int(model.L2),
		"NEXUS_FACTOR_CONFIDENCE": int(model.Confidence), "NEXUS_FACTOR_DIVERSITY": int(model.Diversity),
		"NEXUS_ENGINE_STATE_SKIPPED": int(model.EngineSkipped), "NEXUS_ENGINE_STATE_LATE": int(model.EngineLate), "NEXUS_ENGINE_STATE_OPEN": int(model.EngineOpen),
	} {
		if got := number(name); got != jsonOf(want) {
			t.Errorf("%s is %s, the engine's is %d", name, got, want)
		}
	}
}

func jsonOf(v any) string { data, _ := json.Marshal(v); return string(data) }

// TestNoStructEndsInPadding compiles the program that gen emits and looks at what it
// prints. (That no member moves is a gate of bindings/abi.)
func TestNoStructEndsInPadding(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "layout")
	if out, err := exec.Command("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I../bindings/include", "testdata/layout.c", "-o", binary).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	layout, err := exec.Command(binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	noTailPadding(t, string(layout))
}

// noTailPadding fails where a struct ends in bytes of no member: one appended there would
// not change its size, by which versions are told apart.
func noTailPadding(t *testing.T, layout string) {
	t.Helper()
	var name string
	var size, end int
	check := func() {
		if end != size {
			t.Errorf("%s has %d bytes, its last member ends at %d: add a reserved member", name, size, end)
		}
	}
	for line := range strings.Lines(layout) {
		var field string
		var offset, bytes int
		if n, _ := fmt.Sscanf(line, "  %s %d %d", &field, &offset, &bytes); n == 3 {
			end = offset + bytes
			continue
		}
		check()
		if _, err := fmt.Sscanf(line, "%s %d", &name, &size); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
	}
	check()
}
