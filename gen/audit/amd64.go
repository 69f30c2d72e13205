package audit

import (
	"regexp"
	"strconv"
	"strings"
)

// form is how an instruction is encoded. The form says more than the mnemonic: VPADDD
// belongs to AVX2 or to AVX-512, and the prefix tells which.
type form uint8

const (
	legacy form = iota
	vex
	evex
)

// formOf reads the prefixes of an instruction. In 64-bit mode 0xC4, 0xC5 and 0x62 are
// VEX and EVEX wherever the opcode may start (Intel SDM, volume 2, 2.3 and 2.7).
func formOf(code []byte) form {
	for _, b := range code {
		switch {
		case b == 0x66, b == 0xF2, b == 0xF3, b == 0xF0, b == 0x2E, b == 0x36, b == 0x3E, b == 0x26, b == 0x64, b == 0x65, b == 0x67:
			continue // operand size, repeat, lock, segments, address size
		case b == 0xC4, b == 0xC5:
			return vex
		case b == 0x62:
			return evex
		}
		return legacy
	}
	return legacy
}

var (
	reservedAMD64 = regexp.MustCompile(`\br1[45][dwb]?\b`)
	wideRegister  = regexp.MustCompile(`\b[yz]mm\d`)
	anyVector     = regexp.MustCompile(`\b[xyz]mm\d`)
	globalAMD64   = regexp.MustCompile(`\brip\b.*# (0x[0-9a-f]+)`)
	onlyReads     = regexp.MustCompile(`^(cmp|test|v?u?comis[sd])$`)
)

// checkAMD64 holds a kernel to the rules of amd64.
//
//	features: every instruction belongs to features that dispatch asks for
//	reserved: R14 is Go's g, R15 the global offset table of a shared library
//	upper: VZEROUPPER before every RET, and no jump past it, once a wide register is used
//	mixed: no SSE instruction in a kernel that uses wide registers; it would merge with
//	  their dirty upper halves, at a penalty or a false dependency
//	call, leaves, global: kernels call nothing, jump nowhere else and read constants alone
func checkAMD64(f *findings, k Kernel, guarded []string) {
	wide := false
	for _, i := range k.Instructions {
		wide = wide || wideRegister.MatchString(i.Operands)
	}
	for n, i := range k.Instructions {
		encoded := formOf(i.Code)
		needed, err := featuresAMD64(encoded, i.Mnemonic)
		if err != nil {
			f.add("unknown", "%v: %v", i, err)
		}
		f.checkFeatures(needed, guarded, i)
		if reservedAMD64.MatchString(i.Operands) {
			f.add("reserved", "%v", i)
		}
		if wide && encoded == legacy && anyVector.MatchString(i.Operands) {
			f.add("mixed", "%v is SSE beside wide registers", i)
		}
		if strings.HasPrefix(i.Mnemonic, "ret") {
			checkReturn(f, k, n, wide)
		}
		checkFlowAMD64(f, k, i)
		checkGlobalAMD64(f, k, i)
	}
	if last := k.Instructions[len(k.Instructions)-1].Mnemonic; last != "ret" && last != "jmp" {
		f.add("leaves", "the last instruction is %s", last)
	}
}

// epilogue are the instructions with which Go's assembler removes a frame before a RET.
var epilogue = regexp.MustCompile(`^(add rsp, .*|sub rsp, -.*|pop rbp|mov rbp, .*)$`)

// checkReturn wants VZEROUPPER before the RET at position n, on every way to it.
func checkReturn(f *findings, k Kernel, n int, wide bool) {
	if !wide {
		return
	}
	first := n // of the frame's removal and RET
	for first > 0 && epilogue.MatchString(k.Instructions[first-1].Mnemonic+" "+k.Instructions[first-1].Operands) {
		first--
	}
	if first == 0 || k.Instructions[first-1].Mnemonic != "vzeroupper" {
		f.add("upper", "%v without VZEROUPPER", k.Instructions[n])
	}
	for _, i := range k.Instructions {
		if i.Target >= k.Instructions[first].Address && i.Target <= k.Instructions[n].Address {
			f.add("upper", "%v jumps past VZEROUPPER", i)
		}
	}
}

// checkFlowAMD64 refuses calls and jumps that are not to a place inside of the kernel.
func checkFlowAMD64(f *findings, k Kernel, i Instruction) {
	if strings.HasPrefix(i.Mnemonic, "call") {
		f.add("call", "%v", i)
		return
	}
	if i.Mnemonic == "jmp" && i.Target == 0 {
		f.add("leaves", "%v jumps to a computed address", i)
	}
	f.checkBranch(k, i)
}

// checkGlobalAMD64 refuses globals that are written or not constant. A shared library
// reaches other globals through R15.
func checkGlobalAMD64(f *findings, k Kernel, i Instruction) {
	match := globalAMD64.FindStringSubmatch(i.Operands)
	if match == nil {
		if strings.Contains(i.Operands, "rip") {
			f.add("global", "%v names no address", i)
		}
		return
	}
	address, err := strconv.ParseUint(match[1], 0, 64)
	if err != nil {
		f.add("global", "%v: %v", i, err)
		return
	}
	f.checkReads(k, i, address, address+1)
	destination, _, _ := strings.Cut(i.Operands, ", ")
	if strings.Contains(destination, "rip") && !onlyReads.MatchString(i.Mnemonic) {
		f.add("global", "%v writes a global", i)
	}
}
