//go:build !noasm

package kernels

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// isaFeatures says which feature bit guards an instruction set that avo reports.
var isaFeatures = map[string]feature{
	"AVX": featureAVX2, "AVX2": featureAVX2, "FMA3": featureFMA, "POPCNT": featurePOPCNT,
	"BMI": featureBMI, "BMI2": featureBMI,
	"AVX512F": featureAVX512, "AVX512BW": featureAVX512, "AVX512DQ": featureAVX512, "AVX512VL": featureAVX512,
	"AVX512VNNI": featureAVX512VNNI,
	"SSE2":       0, // part of every amd64
}

// kernelPrefix is how the functions of an operation start in package asm.
var kernelPrefix = [operationCount]string{"DotScanF32", "DotScanI8", "MinHashUpdate", "SignatureScan", "ScoreTop8"}

// TestGuardsCoverTheInstructionsOfTheirKernels compares the table that dispatches with
// the instruction sets that the generator found in each kernel.
func TestGuardsCoverTheInstructionsOfTheirKernels(t *testing.T) {
	files, err := filepath.Glob("../asm/*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly found: %v", err)
	}
	needs := map[string]string{}
	kernel := regexp.MustCompile(`(?m)^// Requires: (.*)\nTEXT ·(\w+)\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range kernel.FindAllStringSubmatch(string(text), -1) {
			needs[match[2]] = match[1]
		}
	}
	for op, list := range variants {
		for _, v := range list {
			name := kernelPrefix[op] + strings.ToUpper(tiers[v.tier].name)
			isas, found := needs[name]
			if !found {
				t.Errorf("%s: no such kernel", name)
			}
			delete(needs, name)
			for _, isa := range strings.Split(isas, ", ") {
				bit, known := isaFeatures[isa]
				if !known || bit&^v.needs != 0 {
					t.Errorf("%s executes %s, which its guard %v does not cover", name, isa, v.needs.names())
				}
			}
		}
	}
	for name := range needs {
		t.Errorf("%s is never dispatched to", name)
	}
}
