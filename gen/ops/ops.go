// Package ops lists the operations that kernels dispatches, once for every generator:
// what each kernel is called with, and which tier is tried before which.
package ops

import (
	"fmt"
	"strings"
)

// Operation is one dispatched operation. Every kernel of it, on every architecture, has
// the same parameters.
type Operation struct {
	// Name is the Go name, "DotScanF32". The kernel of a tier is called Name + tier.
	Name string
	// Public is the name that users see in nexus doctor, "dot_scan_f32".
	Public string
	// Parameters are those of the kernels, as Go writes them. Each takes eight bytes.
	Parameters string
}

// Tiers are the tiers that kernels are written for, the better ones of an architecture
// first. A kernel's name ends in its tier.
var Tiers = []string{"AVX512BF16", "AVX512BITALG", "AVX512VNNI", "AVX512", "AVX2", "NEONDot", "NEON"}

// Kernel is one generated kernel: an operation on a tier.
type Kernel struct {
	Operation string
	Tier      string
	// Features are the CPU features that its instructions belong to, as kernels names
	// the constants: "featureAVX2".
	Features []string
}

// Find returns the operation of that name.
func Find(name string) (Operation, error) {
	for _, o := range List {
		if o.Name == name {
			return o, nil
		}
	}
	return Operation{}, fmt.Errorf("operation %s is not in gen/ops", name)
}

// Parameter is one parameter of a kernel.
type Parameter struct{ Name, Type string }

// Split returns the parameters one by one.
func (o Operation) Split() []Parameter {
	var list []Parameter
	for part := range strings.SplitSeq(o.Parameters, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(part), " ")
		list = append(list, Parameter{name, kind})
	}
	for i := len(list) - 2; i >= 0; i-- { // "a, b int": a has the type of b
		if list[i].Type == "" {
			list[i].Type = list[i+1].Type
		}
	}
	return list
}
