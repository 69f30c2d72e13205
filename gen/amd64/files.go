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

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// families are the source files: one operation and all of its tiers in each.
var families = []struct {
	name string
	emit func(e emitter)
}{
	{"dot_f32", dotF32},
	{"dot_i8", dotI8},
	{"minhash", minHash},
	{"signature", signature},
	{"score", score},
}

// Files returns the generated assembly and stubs by file name.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, family := range families {
		e := emitter{build.NewContext()}
		e.ConstraintExpr("!noasm")
		family.emit(e)
		f, err := e.Result()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", family.name, err)
		}
		if err := pass.Compile.Execute(f); err != nil {
			return nil, fmt.Errorf("%s: %w", family.name, err)
		}
		if err := checkUpperHalves(f); err != nil {
			return nil, fmt.Errorf("%s: %w", family.name, err)
		}
		config := printer.Config{Name: "nexus/gen/amd64", Pkg: "asm"}
		assembly, errAssembly := printer.NewGoAsm(config).Print(f)
		stubs, errStubs := printer.NewStubs(config).Print(f)
		if err := errors.Join(errAssembly, errStubs, checkReserved(assembly)); err != nil {
			return nil, fmt.Errorf("%s: %w", family.name, err)
		}
		files[family.name+"_amd64.s"] = assembly
		files[family.name+"_amd64.go"] = stubs
	}
	return files, nil
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
type emitter struct{ *build.Context }

// function starts a kernel without a stack check; none of them calls anything.
func (e emitter) function(name, signature string, doc ...string) {
	e.Function(name)
	e.Attributes(attr.NOSPLIT)
	e.Pragma("noescape")
	e.SignatureExpr(signature)
	e.Doc(doc...)
}

// argument loads an integer or a pointer parameter.
func (e emitter) argument(name string) reg.GPVirtual {
	r := e.GP64()
	e.Load(e.Param(name), r)
	return r
}

func (e emitter) finish() {
	e.VZEROUPPER()
	e.RET()
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
