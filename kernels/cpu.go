package kernels

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// feature is a set of what the CPU and the operating system offer, one bit each. Bits
// are independent: nothing concludes one from another, since CPUs exist for almost every
// combination and an exclusive ladder leaves the odd ones on a slow kernel.
type feature uint32

const (
	featurePOPCNT feature = 1 << iota
	featureBMI            // BMI1 and BMI2
	featureAVX2
	featureFMA
	featureF16C
	featureAVX512 // F, BW, DQ and VL together, as Skylake servers and all later CPUs have them
	featureAVX512VNNI
	featureAVX512VPOPCNTDQ
	featureAVX512VBMI2
	featureAVX512BITALG
	featureAVX512BF16
	featureAVXVNNI
	featureNEON
	featureDotProd
	featureI8MM
	featureSVE
)

var featureNames = []string{
	"popcnt", "bmi", "avx2", "fma", "f16c", "avx512", "avx512vnni", "avx512vpopcntdq", "avx512vbmi2",
	"avx512bitalg", "avx512bf16", "avxvnni", "neon", "dotprod", "i8mm", "sve",
}

func (f feature) names() []string {
	names := []string{}
	for bit, name := range featureNames {
		if f>>bit&1 != 0 {
			names = append(names, name)
		}
	}
	return names
}

// tier names an implementation. Its order means nothing; variants decide what is better.
type tier uint8

const (
	tierGeneric tier = iota
	tierAVX2
	tierAVX512
	tierAVX512VNNI
	tierAVX512BITALG
	tierAVX512BF16
	tierNEON
	tierNEONDot
)

// tiers gives each tier its public name and the features that NEXUS_CPU=name allows.
var tiers = [...]struct {
	name   string
	allows feature
}{
	tierGeneric:      {"generic", 0},
	tierAVX2:         {"avx2", featuresAVX2},
	tierAVX512:       {"avx512", featuresAVX2 | featureAVX512},
	tierAVX512VNNI:   {"avx512vnni", featuresAVX2 | featureAVX512 | featureAVX512VNNI},
	tierAVX512BITALG: {"avx512bitalg", featuresAVX2 | featureAVX512 | featureAVX512BITALG},
	tierAVX512BF16:   {"avx512bf16", featuresAVX2 | featureAVX512 | featureAVX512BF16},
	tierNEON:         {"neon", featureNEON},
	tierNEONDot:      {"neondot", featureNEON | featureDotProd},
}

const featuresAVX2 = featurePOPCNT | featureBMI | featureAVX2 | featureFMA | featureF16C

// variant is an assembly implementation of an operation and every feature that it
// executes. The tables are generated (dispatch_*.go), the best variant first.
type variant struct {
	tier  tier
	needs feature
}

// active is the tier of each operation. It is written when the package is initialised
// and by tests, never while a kernel runs; any goroutine reads it.
var active [operationCount]tier

// detected is what the machine has, whatever NEXUS_CPU says. Constant after init.
var detected = detectFeatures()

// forced is NEXUS_CPU as it was when the process started.
var forced = os.Getenv("NEXUS_CPU")

func init() {
	limit(detected & allowed(forced))
}

// limit chooses the best variant of every operation that needs no more than available.
func limit(available feature) {
	for op := range operationCount {
		active[op] = tierGeneric
		for _, v := range variants[op] {
			if v.needs&^available == 0 {
				active[op] = v.tier
				break
			}
		}
	}
}

// allowed returns the features that a value of NEXUS_CPU leaves: all without one, and
// none for an unknown name, since what would exceed it cannot be told. CheckForced
// reports that.
func allowed(name string) feature {
	if name == "" {
		return ^feature(0)
	}
	for _, t := range tiers {
		if t.name == name {
			return t.allows
		}
	}
	return 0
}

// Operation is a dispatched operation and the tier in effect, for example
// {"dot_scan_i8", "avx512vnni"}.
type Operation struct{ Name, Tier string }

// Operations returns every dispatched operation with its tier, in a fixed order.
func Operations() []Operation {
	list := make([]Operation, operationCount)
	for op, t := range active {
		list[op] = Operation{operationNames[op], tiers[t].name}
	}
	return list
}

// Features returns what the CPU and the operating system offer, whatever NEXUS_CPU
// says. avx512 stands for the F, BW, DQ and VL parts together.
func Features() []string { return detected.names() }

// TierNames returns the values that the environment variable NEXUS_CPU accepts. It is
// read once, when the process starts, and limits which kernels may be used.
func TierNames() []string {
	names := make([]string, len(tiers))
	for i, t := range tiers {
		names[i] = t.name
	}
	return names
}

// CheckForced returns nil, or why NEXUS_CPU could not be obeyed: the name is unknown, or
// this CPU or this build lacks the tier. Then the best kernels that do not exceed it are
// in use, at worst the generic ones.
func CheckForced() error { return checkForced(forced, detected) }

func checkForced(name string, available feature) error {
	if name == "" {
		return nil
	}
	if !slices.Contains(TierNames(), name) {
		return fmt.Errorf("kernels: NEXUS_CPU=%q is not a tier; the tiers are %s", name, strings.Join(TierNames(), ", "))
	}
	if missing := allowed(name) &^ available; missing != 0 {
		return fmt.Errorf("kernels: NEXUS_CPU=%s needs %s, which this CPU lacks", name, strings.Join(missing.names(), ", "))
	}
	if name != tiers[tierGeneric].name && !hasAssembly {
		return fmt.Errorf("kernels: NEXUS_CPU=%s needs assembly, which this build leaves out", name)
	}
	return nil
}
