package kernels

import (
	"os"
	"runtime"
	"slices"
	"testing"
)

// tiersOf lists the tiers of an architecture; the reference machine has them all.
var tiersOf = map[string][]tier{
	"amd64": {tierGeneric, tierAVX2, tierAVX512, tierAVX512VNNI},
	"arm64": {tierGeneric, tierNEON, tierNEONDot},
}

// eachTier runs test once for every tier of this architecture, forced. A tier that the
// CPU lacks is a failure when NEXUS_REQUIRE_TIERS=1, so that a machine that is meant to
// test everything cannot quietly test less; elsewhere it is logged.
func eachTier(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	list := tiersOf[runtime.GOARCH]
	if !hasAssembly {
		list = []tier{tierGeneric}
	}
	for _, v := range list {
		if missing := tiers[v].allows &^ detected; missing != 0 {
			if os.Getenv("NEXUS_REQUIRE_TIERS") == "1" {
				t.Errorf("tier %s not tested: this CPU lacks %v", tiers[v].name, missing.names())
			} else {
				t.Logf("tier %s NOT TESTED: this CPU lacks %v", tiers[v].name, missing.names())
			}
			continue
		}
		t.Run(tiers[v].name, func(t *testing.T) {
			force(t, tiers[v].allows)
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

// TestChosenTierIsBest spells out what each feature set must choose, apart from the
// tables that choose it. VNNI without AVX-512 is not enough, and AVX2 without FMA must
// not cost the integer kernels their tier.
func TestChosenTierIsBest(t *testing.T) {
	if !hasAssembly {
		t.Skip("no assembly in this build: generic is all there is")
	}
	const avx512 = featuresAVX2 | featureAVX512
	amd64 := []struct {
		available feature
		want      [operationCount]string
	}{
		{0, [...]string{"generic", "generic", "generic", "generic", "generic"}},
		{featuresAVX2, [...]string{"avx2", "avx2", "avx2", "avx2", "avx2"}},
		{featuresAVX2 &^ featureFMA, [...]string{"generic", "avx2", "avx2", "avx2", "avx2"}},
		{featuresAVX2 | featureAVX512VNNI, [...]string{"avx2", "avx2", "avx2", "avx2", "avx2"}},
		{avx512, [...]string{"avx512", "avx512", "avx512", "avx512", "avx512"}},
		{avx512 | featureAVX512VNNI, [...]string{"avx512", "avx512vnni", "avx512", "avx512", "avx512"}},
		{^feature(0), [...]string{"avx512", "avx512vnni", "avx512", "avx512", "avx512"}},
	}
	arm64 := amd64[:0:0]
	arm64 = append(arm64, amd64[0])
	arm64 = append(arm64, amd64[0])
	arm64[1].available, arm64[1].want = featureNEON, [...]string{"neon", "neon", "neon", "neon", "neon"}
	arm64 = append(arm64, arm64[1], arm64[1])
	arm64[2].available, arm64[2].want[opDotScanI8] = featureNEON|featureDotProd, "neondot"
	arm64[3].available, arm64[3].want[opDotScanI8] = ^feature(0), "neondot"

	cases := amd64
	if runtime.GOARCH == "arm64" {
		cases = arm64
	}
	before := active
	defer func() { active = before }()
	for _, c := range cases {
		limit(c.available)
		for op, got := range Operations() {
			if got.Tier != c.want[op] {
				t.Errorf("features %v: %s runs on %s, want %s", c.available.names(), got.Name, got.Tier, c.want[op])
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
