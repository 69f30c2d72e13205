package audit

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ruleOf is the rule that a kernel of testdata/bad breaks, by the first word of its name.
var ruleOf = map[string]string{
	"Needs": "features", "Unclassified": "unknown", "Unknown": "unknown", "Reserved": "reserved", "Upper": "upper",
	"Mixed": "mixed", "Calls": "call", "Leaves": "leaves", "Global": "global", "Good": "",
}

var firstWord = regexp.MustCompile(`^[A-Z][a-z]+`)

// neededBy are the features that a kernel NeedsX lacks; by default it is featureX.
var neededBy = map[string]string{
	"NeedsBMI2": "featureBMI", "NeedsAVX512Mask": "featureAVX512", "NeedsAVX512Register": "featureAVX512", "NeedsSSE41": "featureAVX2",
}

// guardOf are the features that the imagined dispatch asks for: all that exist, without
// the one that a kernel NeedsX is about.
func guardOf(arch, name string) []string {
	all := []string{"featureNEON", "featureDotProd", "featureFP16", "featureBF16"}
	if arch == "amd64" {
		all = strings.Fields("featureAVX2 featureBMI featureFMA featureF16C featurePOPCNT featureAVXVNNI featureAVX512 featureAVX512VNNI " +
			"featureAVX512VPOPCNTDQ featureAVX512VBMI2 featureAVX512BITALG featureAVX512BF16")
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == neededFeature(name) })
}

func neededFeature(name string) string {
	if feature := neededBy[name]; feature != "" {
		return feature
	}
	return "feature" + strings.TrimPrefix(name, "Needs")
}

// TestBadKernelsAreRefused gives each rule kernels that break it and nothing else.
func TestBadKernelsAreRefused(t *testing.T) {
	if !needLLVM(t) {
		return
	}
	for _, arch := range architectures {
		names, err := Declared("testdata/bad", arch)
		if err != nil {
			t.Fatal(err)
		}
		program, err := Link(t.TempDir(), "testdata/bad", "bad", arch, names)
		if err != nil {
			t.Fatal(err)
		}
		kernels, err := Read(program, "bad", arch, names)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kernels {
			t.Run(arch+"/"+k.Name, func(t *testing.T) {
				want, known := ruleOf[firstWord.FindString(k.Name)]
				if !known {
					t.Fatal("no rule of that name")
				}
				found := Check(arch, k, guardOf(arch, k.Name))
				if want == "" && len(found) > 0 {
					t.Errorf("a good kernel is refused: %v", found)
				}
				if want != "" && !slices.ContainsFunc(found, func(f Finding) bool { return f.Rule == want }) {
					t.Errorf("not refused by the rule %s: %v", want, found)
				}
				for _, f := range found {
					if f.Rule != want {
						t.Errorf("refused by another rule: %v", f)
					}
					if want == "features" && !strings.Contains(f.Detail, "needs "+neededFeature(k.Name)+",") {
						t.Errorf("want %s: %v", neededFeature(k.Name), f)
					}
				}
			})
		}
	}
}

// TestMnemonicsAreInOneGroup tries names that several patterns could claim.
func TestMnemonicsAreInOneGroup(t *testing.T) {
	for mnemonic, want := range map[string]string{
		"vpaddd": "featureAVX512", "vpermb": "featureAVX512 featureAVX512VBMI", "vpermw": "featureAVX512",
		"vpopcntb": "featureAVX512 featureAVX512BITALG", "vpopcntd": "featureAVX512 featureAVX512VPOPCNTDQ",
		"vpcompressw": "featureAVX512 featureAVX512VBMI2", "vpcompressq": "featureAVX512", "vaddph": "featureAVX512 featureAVX512FP16",
		"vcvtph2ps": "featureAVX512", "vcvtps2phx": "featureAVX512 featureAVX512FP16", "vpshldvd": "featureAVX512 featureAVX512VBMI2",
		"vpsllvw": "featureAVX512", "vcmpneq_oqps": "featureAVX512", "vpcmpltub": "featureAVX512", "vpcmpequd": "featureAVX512",
	} {
		got, err := featuresAMD64(evex, mnemonic)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s is of %v (%v), want %s", mnemonic, got, err, want)
		}
	}
	for _, mnemonic := range []string{"vpxor", "vmovdqu", "vzeroupper", "", "vpaddd2"} {
		if got, err := featuresAMD64(evex, mnemonic); err == nil {
			t.Errorf("%q with an EVEX prefix is of %v, want an error", mnemonic, got)
		}
	}
}

// TestTableThatDisagreesIsRefused forges dispatch tables and packages of kernels.
func TestTableThatDisagreesIsRefused(t *testing.T) {
	const head = "package kernels\n\nvar variants = [1][]variant{opA: {{tierAVX2, featureAVX2}}}\n\nfunc asmA(p *int) bool {\n\tswitch active[opA] {\n"
	for body, fails := range map[string]bool{
		"case tierAVX2:\n asm.AAVX2(p)\n":   false,
		"":                                  true,
		"case tierAVX2:\n asm.BAVX2(p)\n":   true,
		"case tierAVX512:\n asm.AAVX2(p)\n": true,
		"case tierAVX512:\n asm.AAVX512(p)\ncase tierAVX2:\n asm.AAVX2(p)\n": true,
	} {
		path := filepath.Join(t.TempDir(), "dispatch.go")
		write(t, path, head+body+"\t}\n\treturn true\n}\n")
		if guards, err := Guards(path); (err != nil) != fails {
			t.Errorf("%q: %v %v, want failure %v", body, guards, err, fails)
		}
	}
	for _, c := range []struct {
		stub, assembly string
		fails          bool
	}{
		{"func A()", "TEXT ·A(SB), NOSPLIT, $0\n", false},
		{"func A()", "TEXT ·A(SB), NOSPLIT, $0\n\nTEXT ·B(SB), NOSPLIT, $0\n", true},
		{"func A()\nfunc B()", "TEXT ·A(SB), NOSPLIT, $0\n", true},
		{"", "", true},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a_amd64.go"), "package asm\n"+c.stub+"\n")
		write(t, filepath.Join(dir, "a_amd64.s"), c.assembly)
		if names, err := Declared(dir, "amd64"); (err != nil) != c.fails {
			t.Errorf("%q, %q: %v %v, want failure %v", c.stub, c.assembly, names, err, c.fails)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
