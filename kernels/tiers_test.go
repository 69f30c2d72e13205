package kernels

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// eachTier runs test once for the definition of op and once for every kernel of it on
// this architecture, forced. A tier that the CPU lacks is a failure when
// NEXUS_REQUIRE_TIERS=1, so that a machine that is meant to test everything cannot
// quietly test less; elsewhere it is logged.
func eachTier(t *testing.T, op operation, test func(t *testing.T)) {
	t.Helper()
	for _, v := range append([]variant{{tier: tierGeneric}}, variants[op]...) {
		if missing := v.needs &^ detected; missing != 0 {
			if os.Getenv("NEXUS_REQUIRE_TIERS") == "1" {
				t.Errorf("%s on %s not tested: this CPU lacks %v", operationNames[op], tiers[v.tier].name, missing.names())
			} else {
				t.Logf("%s on %s NOT TESTED: this CPU lacks %v", operationNames[op], tiers[v.tier].name, missing.names())
			}
			continue
		}
		t.Run(tiers[v.tier].name, func(t *testing.T) {
			force(t, tiers[v.tier].allows)
			if active[op] != v.tier {
				t.Fatalf("%s runs on %s, want %s", operationNames[op], tiers[active[op]].name, tiers[v.tier].name)
			}
			test(t)
		})
	}
}

// force limits dispatch to some features until the test ends.
func force(t testing.TB, available feature) {
	before := active
	limit(detected & available)
	t.Cleanup(func() { active = before })
}

// update writes the golden files anew.
var update = flag.Bool("update", false, "write the golden files anew")

// featureSets are what real and odd CPUs offer. VNNI without AVX-512 is not enough, and
// AVX2 without FMA must not cost the integer kernels their tier.
var featureSets = map[string][]feature{
	"amd64": {
		0, featuresAVX2, featuresAVX2 &^ featureFMA, featuresAVX2 | featureAVX512VNNI, featuresAVX2 | featureAVX512,
		featuresAVX2 | featureAVX512 | featureAVX512VNNI,
		featuresAVX2 | featureAVX512 | featureAVX512BITALG,
		featuresAVX2 | featureAVX512 | featureAVX512BF16,
		^feature(0),
	},
	"arm64": {0, featureNEON, featureNEON | featureDotProd, ^feature(0)},
}

// TestChosenTiers spells out in a golden file what each feature set chooses, apart from
// the tables that choose it.
func TestChosenTiers(t *testing.T) {
	if !hasAssembly {
		t.Log("no assembly in this build: generic is all there is")
		return
	}
	before := active
	defer func() { active = before }()
	var b strings.Builder
	for _, available := range featureSets[runtime.GOARCH] {
		fmt.Fprintf(&b, "features: %s\n", strings.Join(available.names(), " "))
		limit(available)
		for _, o := range Operations() {
			fmt.Fprintf(&b, "\t%s %s\n", o.Name, o.Tier)
		}
	}
	name := filepath.Join("testdata", "tiers-"+runtime.GOARCH+".golden")
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the tiers chosen are not those of %s (go test -update writes it anew):\n%s", name, b.String())
	}
}

// tierOrder is which tier is better, said a second time: tables may not disagree.
var tierOrder = []tier{tierGeneric, tierAVX2, tierAVX512, tierAVX512VNNI, tierAVX512BITALG, tierAVX512BF16, tierNEON, tierNEONDot}

// TestChosenTierIsBest tries random feature sets: the tier chosen needs no feature that is
// missing, and every better one does.
func TestChosenTierIsBest(t *testing.T) {
	before := active
	defer func() { active = before }()
	r := random(1)
	for range 2000 {
		available := feature(r.Uint32())
		limit(available)
		for op, list := range variants {
			chosen := slices.Index(tierOrder, active[op])
			for _, v := range list {
				rank := slices.Index(tierOrder, v.tier)
				if fits := v.needs&^available == 0; rank == chosen && !fits || rank > chosen && fits {
					t.Fatalf("features %v: %s runs on %s", available.names(), operationNames[op], tiers[active[op]].name)
				}
			}
		}
	}
}

// TestTierAllowsWhatItsKernelsNeed keeps NEXUS_CPU=name from excluding a kernel of name.
func TestTierAllowsWhatItsKernelsNeed(t *testing.T) {
	for op, list := range variants {
		for _, v := range list {
			if missing := v.needs &^ tiers[v.tier].allows; missing != 0 {
				t.Errorf("%s on %s needs %v, which the tier does not allow", operationNames[op], tiers[v.tier].name, missing.names())
			}
		}
	}
}

// TestStartedTierObeysNexusCPU checks the choice made when this process started.
func TestStartedTierObeysNexusCPU(t *testing.T) {
	before := active
	defer func() { active = before }()
	limit(detected & allowed(os.Getenv("NEXUS_CPU")))
	if active != before {
		t.Errorf("active tiers are %v, want %v", before, active)
	}
	t.Logf("NEXUS_CPU=%q features %v operations %v", os.Getenv("NEXUS_CPU"), Features(), Operations())
}

func TestCheckForced(t *testing.T) {
	everything := ^feature(0)
	for _, c := range []struct {
		name      string
		available feature
		fails     bool
	}{
		{"", 0, false},
		{"generic", 0, false},
		{"avx2", 0, true},
		{"avx2", everything, !hasAssembly},
		{"avx512vnni", featuresAVX2 | featureAVX512, true},
		{"avx512", featuresAVX2 | featureAVX512, !hasAssembly},
		{"neondot", featureNEON, true},
		{"AVX2", everything, true},
		{"sse9", everything, true},
	} {
		if err := checkForced(c.name, c.available); (err != nil) != c.fails {
			t.Errorf("checkForced(%q, %v) = %v, want failure %v", c.name, c.available.names(), err, c.fails)
		}
	}
}

func TestUnobeyedNamesNeverExceedTheirTier(t *testing.T) {
	for name, want := range map[string]feature{"": ^feature(0), "AVX2": 0, "generic": 0, "avx2": featuresAVX2} {
		if got := allowed(name); got != want {
			t.Errorf("NEXUS_CPU=%q allows %v, want %v", name, got.names(), want.names())
		}
	}
}

func TestEveryNameIsGiven(t *testing.T) {
	if len(tiers) != len(TierNames()) || slices.Contains(TierNames(), "") {
		t.Errorf("tiers are %q", TierNames())
	}
	if len((^feature(0)).names()) != len(featureNames) || featureSVE != 1<<(len(featureNames)-1) {
		t.Errorf("features and their names differ: %q", featureNames)
	}
}
