// Package amd64 writes the AVX2 and AVX-512 kernels with avo.
//
// Every function here emits one loop or one block of a kernel and says its formula. The
// definitions that the results must agree with are the generic functions of package
// kernels, which also checks lengths: assembly has no bounds.
package amd64

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nexus-memory/nexus/gen/ops"
)

// families are the source files: one operation and all of its tiers in each.
var families = []struct {
	name string
	emit func(e emitter)
}{
	{"dot_f32", dotF32},
	{"distance_f32", distanceF32},
	{"exact", exact},
	{"half", half},
	{"dot_i8", dotI8},
	{"minhash", minHash},
	{"signature", signature},
	{"score", score},
	{"select", selectAbove},
	{"trees", scoreTrees},
	{"gather", gatherSum},
	{"bucket", bucket},
	{"signature32", signature32},
	{"hadamard", func(e emitter) { hadamard(e); flipSigns(e) }},
	{"hamming", hamming},
	{"rabitq", raBitQ},
	{"sign_bits", signBits},
	{"gather_dot", gatherDot},
	{"dot_batch", dotBatch},
	{"gemm_i8", gemmI8},
	{"quantize", quantize},
	{"unpack", unpack},
	{"take", takeAbove},
	{"peak", peak},
}

// Files returns the generated assembly and stubs by file name, and the kernels in them.
func Files() (map[string][]byte, []ops.Kernel, error) {
	files := map[string][]byte{}
	var kernels []ops.Kernel
	for _, family := range families {
		e := emitter{Context: build.NewContext(), kernels: &kernels}
		e.ConstraintExpr("!noasm")
		family.emit(e)
		f, err := e.Result()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", family.name, err)
		}
		if err := pass.Compile.Execute(f); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", family.name, err)
		}
		if err := checkUpperHalves(f); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", family.name, err)
		}
		config := printer.Config{Name: "nexus/gen/amd64", Pkg: "asm"}
		assembly, errAssembly := printer.NewGoAsm(config).Print(f)
		stubs, errStubs := printer.NewStubs(config).Print(f)
		if err := errors.Join(errAssembly, errStubs, checkReserved(assembly)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", family.name, err)
		}
		files[family.name+"_amd64.s"] = assembly
		files[family.name+"_amd64.go"] = stubs
		if err := addFeatures(kernels, f); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", family.name, err)
		}
	}
	return files, kernels, nil
}

// isaFeatures says which feature of package kernels an instruction set of avo belongs to.
var isaFeatures = map[string]string{
	"AVX": "featureAVX2", "AVX2": "featureAVX2", "FMA3": "featureFMA", "F16C": "featureF16C",
	"POPCNT": "featurePOPCNT", "BMI": "featureBMI", "BMI2": "featureBMI",
	"AVX512F": "featureAVX512", "AVX512BW": "featureAVX512", "AVX512DQ": "featureAVX512", "AVX512VL": "featureAVX512",
	"AVX512VNNI": "featureAVX512VNNI", "AVX512BITALG": "featureAVX512BITALG",
	"AVX512BF16": "featureAVX512BF16",                    // of emitter.vdpbf16ps; avo has none
	"SSE":        "", "SSE2": "", "CMOV": "", "MMX+": "", // part of every amd64
}

// addFeatures gives each kernel of a compiled file the features that its instructions
// belong to. Instructions written as bytes name theirs themselves (emitter.vdpbf16ps).
func addFeatures(kernels []ops.Kernel, f *ir.File) error {
	for _, fn := range f.Functions() {
		i := slices.IndexFunc(kernels, func(k ops.Kernel) bool { return k.Operation+k.Tier == fn.Name })
		if i < 0 {
			return fmt.Errorf("%s is not declared by emitter.kernel", fn.Name)
		}
		for _, isa := range fn.ISA {
			feature, known := isaFeatures[isa]
			if !known {
				return fmt.Errorf("%s needs %s, which no feature stands for", fn.Name, isa)
			}
			if feature != "" && !slices.Contains(kernels[i].Features, feature) {
				kernels[i].Features = append(kernels[i].Features, feature)
			}
		}
		slices.Sort(kernels[i].Features)
	}
	return nil
}

// reserved are Go's g and the register that position-independent code keeps the global
// offset table in. avo may allocate both; a shared library would crash.
var reserved = regexp.MustCompile(`\bR1[45]\b`)

func checkReserved(assembly []byte) error {
	if found := reserved.Find(assembly); found != nil {
		return fmt.Errorf("%s is allocated; use fewer general registers", found)
	}
	return nil
}

// checkUpperHalves wants VZEROUPPER before every RET: dirty upper halves slow down the
// SSE code that Go runs next.
func checkUpperHalves(f *ir.File) error {
	for _, fn := range f.Functions() {
		previous := ""
		for _, i := range fn.Instructions() {
			if i.Opcode == "RET" && previous != "VZEROUPPER" {
				return fmt.Errorf("%s: RET after %s, want VZEROUPPER", fn.Name, previous)
			}
			previous = i.Opcode
		}
	}
	return nil
}

// emitter is avo's context with the few idioms that all kernels share.
type emitter struct {
	*build.Context
	kernels *[]ops.Kernel // all that were declared
}

// kernel starts the kernel of an operation of package ops on a tier, without a stack
// check; none of them calls anything. doc continues the kernel's name.
func (e emitter) kernel(operation, tier, doc string) {
	o, err := ops.Find(operation)
	if err != nil {
		panic(err) // a mistake in this module
	}
	*e.kernels = append(*e.kernels, ops.Kernel{Operation: operation, Tier: tier})
	e.Function(operation + tier)
	e.Attributes(attr.NOSPLIT)
	e.Pragma("noescape")
	e.SignatureExpr("func(" + o.Parameters + ")")
	e.Doc(strings.Split(operation+tier+" "+doc, "\n")...)
}

// argument loads an integer or a pointer parameter.
func (e emitter) argument(name string) reg.GPVirtual {
	r := e.GP64()
	e.Load(e.Param(name), r)
	return r
}

// parameter is where a parameter lies on the stack.
func (e emitter) parameter(name string) operand.Mem {
	basic, err := e.Param(name).Resolve()
	if err != nil {
		panic(err) // a mistake in this module
	}
	return basic.Addr
}

func (e emitter) finish() {
	e.VZEROUPPER()
	e.RET()
}

// zero clears a vector. VPXOR reaches 16 registers alone; of VPXORD avo thinks that it reads
// what it clears, so it gets a register that nothing else needs.
func (e emitter) zero(v reg.VecVirtual) {
	if v.Size() == 64 {
		e.VPXORD(reg.Z31, reg.Z31, v)
	} else {
		e.VPXOR(v, v, v)
	}
}

// at is the memory disp bytes behind base.
func at(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}

// indexed is the memory disp bytes behind base+index.
func indexed(base, index reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1, Disp: disp}
}

// bitMask sets k to ones in its lowest count bits, count < 64.
func (e emitter) bitMask(count reg.GPVirtual) reg.OpmaskVirtual {
	ones, k := e.GP64(), e.K()
	e.MOVQ(operand.I32(-1), ones)
	e.BZHIQ(count, ones, ones)
	e.KMOVQ(ones, k)
	return k
}
