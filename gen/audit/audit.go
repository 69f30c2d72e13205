// Package audit reads the kernels as the CPU does: it links every kernel of package asm
// into a program, disassembles the machine code with LLVM and holds it to the rules that
// a wrong kernel breaks quietly.
//
// Nothing here believes the generators: features come from the encoding and the mnemonic
// of each instruction, never from what avo or package neon says about it. What is read
// from the sources is the dispatch table (which kernel runs under which features) and
// the names of the kernels, so a new operation needs no edit here. A new instruction may
// need one line in the table of its architecture.
//
// The only user of this package is its own test.
package audit

import (
	"fmt"
	"slices"
	"strings"
)

// Module is the module whose kernels are checked; package asm lies below it.
const Module = "github.com/nexus-memory/nexus"

// Instruction is one instruction as LLVM prints it.
type Instruction struct {
	Address  uint64
	Code     []byte // in the order of memory
	Mnemonic string
	Operands string
	// Target is where a direct branch leads, 0 for other instructions.
	Target uint64
}

func (i Instruction) String() string {
	return fmt.Sprintf("%x: % x  %s %s", i.Address, i.Code, i.Mnemonic, i.Operands)
}

// Kernel is the machine code of one kernel.
type Kernel struct {
	Name         string
	Start, End   uint64 // addresses of the first byte and of the one behind the last
	Instructions []Instruction
	// ReadOnly are the address ranges of constants that the kernel may read.
	ReadOnly []Range
	// Decoded says, for each LLVM feature that was tried, at which addresses the
	// decoder knows an instruction with that feature alone. Only on arm64.
	Decoded map[string]map[uint64]bool
}

// Range is a range of addresses, the end excluded.
type Range struct{ Start, End uint64 }

// Finding is a broken rule.
type Finding struct {
	Kernel, Rule, Detail string
}

func (f Finding) String() string { return f.Kernel + ": " + f.Rule + ": " + f.Detail }

// findings collects what is wrong with one kernel.
type findings struct {
	kernel string
	list   []Finding
}

func (f *findings) add(rule, form string, values ...any) {
	f.list = append(f.list, Finding{f.kernel, rule, fmt.Sprintf(form, values...)})
}

// checkFeatures wants every needed feature among those that dispatch asks for.
func (f *findings) checkFeatures(needed, guarded []string, i Instruction) {
	for _, feature := range needed {
		if !slices.Contains(guarded, feature) {
			f.add("features", "%v needs %s, dispatch asks for %s", i, feature, strings.Join(guarded, " | "))
		}
	}
}

// checkBranch wants direct branches to stay inside of the kernel.
func (f *findings) checkBranch(k Kernel, i Instruction) {
	if i.Target != 0 && (i.Target < k.Start || i.Target >= k.End) {
		f.add("leaves", "%v leads out of the kernel", i)
	}
}

// checkReads wants an address that the code names to be that of a constant.
func (f *findings) checkReads(k Kernel, i Instruction, start, end uint64) {
	for _, r := range k.ReadOnly {
		if start < r.End && end > r.Start {
			return
		}
	}
	f.add("global", "%v uses a global that is not a constant", i)
}

// Check returns what is wrong with a kernel that dispatch guards with those features.
func Check(arch string, k Kernel, guarded []string) []Finding {
	f := &findings{kernel: k.Name}
	if len(k.Instructions) == 0 {
		f.add("empty", "no instructions")
		return f.list
	}
	switch arch {
	case "amd64":
		checkAMD64(f, k, guarded)
	case "arm64":
		checkARM64(f, k, guarded)
	default:
		f.add("arch", "no rules for %s", arch)
	}
	return f.list
}
