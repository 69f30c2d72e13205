package audit

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

var architectures = []string{"amd64", "arm64"}

// needLLVM returns whether llvm-objdump is there. Where everything has to be tested its
// absence is a failure.
func needLLVM(t *testing.T) bool {
	t.Helper()
	if _, err := exec.LookPath("llvm-objdump"); err == nil {
		return true
	}
	if os.Getenv("NEXUS_REQUIRE_TIERS") == "1" || os.Getenv("CI") == "true" {
		t.Fatal("llvm-objdump is not installed: make setup")
	}
	t.Log("MACHINE CODE NOT AUDITED: llvm-objdump is not installed; make setup")
	return false
}

// TestEveryKernelIsDispatched compares the kernels of package asm with the table of
// dispatch, both ways.
func TestEveryKernelIsDispatched(t *testing.T) {
	for _, arch := range architectures {
		guards, err := Guards("../../kernels/dispatch_" + arch + ".go")
		if err != nil {
			t.Fatal(err)
		}
		names, err := Declared("../../asm", arch)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if guards[name] == nil {
				t.Errorf("%s: asm.%s is never dispatched to", arch, name)
			}
		}
		for name := range maps.Keys(guards) {
			if !slices.Contains(names, name) {
				t.Errorf("%s: the table names %s, which asm lacks", arch, name)
			}
		}
	}
}

// TestMachineCode holds every kernel to the rules.
func TestMachineCode(t *testing.T) {
	if !needLLVM(t) {
		return
	}
	for _, arch := range architectures {
		t.Run(arch, func(t *testing.T) {
			guards, err := Guards("../../kernels/dispatch_" + arch + ".go")
			if err != nil {
				t.Fatal(err)
			}
			names, err := Declared("../../asm", arch)
			if err != nil {
				t.Fatal(err)
			}
			program, err := Link(t.TempDir(), filepath.Join("..", ".."), Module+"/asm", arch, names)
			if err != nil {
				t.Fatal(err)
			}
			kernels, err := Read(program, Module+"/asm", arch, names)
			if err != nil {
				t.Fatal(err)
			}
			instructions := 0
			for _, k := range kernels {
				instructions += len(k.Instructions)
				for _, finding := range Check(arch, k, guards[k.Name]) {
					t.Error(finding)
				}
			}
			t.Logf("%d kernels, %d instructions", len(kernels), instructions)
		})
	}
}
