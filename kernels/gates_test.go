package kernels

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// gateCalls are calls for the operations whose allocation call is too small to tell a
// good kernel from a bad one, or takes long to count: some thousand instructions are
// right. The gates take the allocation call of any other operation, so a new one is
// covered as soon as it has that.
var gateCalls = map[operation]func() func(){
	opMinHashUpdate: func() func() {
		sig, hashes := emptySignature(), randomU32(10, 1)
		return func() { MinHashUpdate(&sig, hashes) }
	},
	opSignatureScan: func() func() {
		var query [SignatureSlots]uint8
		rows, out := make([]uint8, 17*SignatureSlots), make([]uint8, 17)
		for i, v := range randomU32(len(rows), 1) {
			rows[i] = uint8(v % 3)
		}
		return func() { SignatureScan(&query, rows, out) }
	},
}

// gateCall makes the arguments of an operation and returns a call with them, nil if
// there is none. The arguments are the same in every process.
func gateCall(op operation) func() {
	prepare := gateCalls[op]
	if prepare == nil {
		prepare = allocationCalls[op]
	}
	if prepare == nil {
		return nil
	}
	return prepare()
}

// gatesAsked reports whether the gates run in this process. They take part of a minute
// and their golden file is that of an ordinary build, so they have a target of their own.
func gatesAsked(t *testing.T) bool {
	t.Helper()
	if os.Getenv("NEXUS_GATES") != "1" {
		t.Log("not asked for: make test-gates")
		return false
	}
	return true
}

const (
	gateAttemptsMax = 5
	gateRounds      = 12
	gateBatch       = 200 * time.Microsecond
)

// TestNoTierIsSlowerThanGeneric compares kernels with the definition in the same run:
// the minima of interleaved batches, tried again when something else took the CPU.
func TestNoTierIsSlowerThanGeneric(t *testing.T) {
	if !gatesAsked(t) {
		return
	}
	for op := range operationCount {
		call := gateCall(op)
		if call == nil {
			t.Errorf("%s has no call to measure", operationNames[op])
			continue
		}
		for _, v := range variants[op] {
			if v.needs&^detected != 0 {
				t.Logf("%s on %s NOT MEASURED: this CPU lacks %v", operationNames[op], tiers[v.tier].name, (v.needs &^ detected).names())
				continue
			}
			kernel, generic := minima(t, call, v.tier)
			line := fmt.Sprintf("%s on %s takes %.3f of generic (%v, %v)", operationNames[op], tiers[v.tier].name,
				float64(kernel)/float64(generic), kernel, generic)
			if kernel > generic {
				t.Error(line)
			} else {
				t.Log(line)
			}
		}
	}
}

// minima returns the shortest times of a call on a tier and on the definition. It stops
// early once the tier is faster.
func minima(t *testing.T, call func(), on tier) (kernel, generic time.Duration) {
	before := active
	defer func() { active = before }()
	kernel, generic = math.MaxInt64, math.MaxInt64
	limit(0)
	count := 1
	for batch(call, count) < gateBatch {
		count *= 2
	}
	for attempt := 0; attempt == 0 || kernel > generic && attempt < gateAttemptsMax; attempt++ {
		for range gateRounds {
			limit(detected & tiers[on].allows)
			kernel = min(kernel, batch(call, count)/time.Duration(count))
			limit(0)
			generic = min(generic, batch(call, count)/time.Duration(count))
		}
	}
	return kernel, generic
}

func batch(call func(), count int) time.Duration {
	began := time.Now()
	for range count {
		call()
	}
	return time.Since(began)
}

// compareCounts returns what differs between two sets of instruction counts, each line
// "operation tier". A count may differ by 2 %, and by a few instructions in short calls.
func compareCounts(got, want map[string]int) []string {
	var complaints []string
	for _, name := range slices.Sorted(maps.Keys(got)) {
		g, w := got[name], want[name]
		switch change := float64(g-w) / float64(max(1, w)); {
		case w == 0:
			complaints = append(complaints, fmt.Sprintf("%s executes %d instructions and is not in the golden file", name, g))
		case max(g-w, w-g) <= max(4, w/50):
		case g > w:
			complaints = append(complaints, fmt.Sprintf("%s REGRESSED: %d instructions, %d before (%+.1f %%)", name, g, w, 100*change))
		default:
			complaints = append(complaints, fmt.Sprintf("%s improved: %d instructions, %d before (%+.1f %%); keep it in the golden file", name, g, w, 100*change))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, measured := got[name]; !measured {
			complaints = append(complaints, name+" is in the golden file and was not measured")
		}
	}
	return complaints
}

func TestInstructionCountsThatDifferAreNamed(t *testing.T) {
	want := map[string]int{"a": 1000, "b": 50}
	for _, c := range []struct {
		got  map[string]int
		says string
	}{
		{map[string]int{"a": 1000, "b": 50}, ""},
		{map[string]int{"a": 1020, "b": 46}, ""},
		{map[string]int{"a": 1021, "b": 50}, "a REGRESSED"},
		{map[string]int{"a": 979, "b": 50}, "a improved"},
		{map[string]int{"a": 1000, "b": 55}, "b REGRESSED"},
		{map[string]int{"a": 1000}, "was not measured"},
		{map[string]int{"a": 1000, "b": 50, "c": 9}, "not in the golden file"},
	} {
		got := strings.Join(compareCounts(c.got, want), "\n")
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%v: %q, want %q", c.got, got, c.says)
		}
	}
}
