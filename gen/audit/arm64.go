package audit

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
)

var (
	reservedARM64 = regexp.MustCompile(`\b[xw](?:18|27|28)\b`)
	pageARM64     = regexp.MustCompile(`(?:#)?(0x[0-9a-f]+) <`)
)

// unknownToGo are instructions of the first version of the architecture that arm64asm
// cannot decode; those of later versions it may not know either way.
var unknownToGo = []string{}

// checkARM64 holds a kernel to the rules of arm64.
//
//	features: every instruction belongs to features that dispatch asks for
//	reserved: R18 is the platform's, R27 the assembler's, R28 is Go's g
//	unknown: LLVM decodes every word, arm64asm every word of the first version
//	call, leaves, global: as on amd64
func checkARM64(f *findings, k Kernel, guarded []string) {
	for n := len(k.Instructions); n > 1 && isPadding(k.Instructions[n-1]); n-- {
		k.Instructions = k.Instructions[:n-1]
	}
	for _, i := range k.Instructions {
		checkDecodedARM64(f, k, i, guarded)
		if reservedARM64.MatchString(i.Operands) {
			f.add("reserved", "%v", i)
		}
		switch {
		case i.Mnemonic == "bl" || strings.HasPrefix(i.Mnemonic, "blr"):
			f.add("call", "%v", i)
		case i.Mnemonic == "br" || strings.HasPrefix(i.Mnemonic, "bra"):
			f.add("leaves", "%v jumps to a computed address", i)
		case i.Mnemonic == "adrp" || i.Mnemonic == "adr":
			checkGlobalARM64(f, k, i)
		default:
			f.checkBranch(k, i)
		}
	}
	if last := k.Instructions[len(k.Instructions)-1].Mnemonic; last != "ret" && last != "b" {
		f.add("leaves", "the last instruction is %s", last)
	}
}

// isPadding reports whether an instruction is one of the zeros that fill a function up.
func isPadding(i Instruction) bool { return bytes.Equal(i.Code, []byte{0, 0, 0, 0}) }

// checkDecodedARM64 finds the feature with which LLVM decodes an instruction: none for
// the first version of the architecture, otherwise any of those that suffice alone.
func checkDecodedARM64(f *findings, k Kernel, i Instruction, guarded []string) {
	if k.Decoded[""][i.Address] {
		f.checkFeatures([]string{"featureNEON"}, guarded, i)
		if _, err := arm64asm.Decode(i.Code); err != nil && !slices.Contains(unknownToGo, i.Mnemonic) {
			f.add("unknown", "%v: arm64asm: %v; if LLVM reads what was meant, add it to unknownToGo", i, err)
		}
		return
	}
	var enough []string
	for feature, known := range k.Decoded {
		if known[i.Address] {
			enough = append(enough, feature)
		}
	}
	slices.Sort(enough)
	switch {
	case len(enough) == 0:
		f.add("unknown", "%v: LLVM decodes it with no feature of gen/audit/image.go", i)
	case !slices.ContainsFunc(enough, func(s string) bool { return slices.Contains(guarded, s) }):
		f.checkFeatures(enough[:1], guarded, i)
	}
}

// checkGlobalARM64 wants the page that a kernel addresses to hold constants.
func checkGlobalARM64(f *findings, k Kernel, i Instruction) {
	match := pageARM64.FindStringSubmatch(i.Operands)
	if match == nil {
		f.add("global", "%v names no address", i)
		return
	}
	page, err := strconv.ParseUint(match[1], 0, 64)
	if err != nil {
		f.add("global", "%v: %v", i, err)
		return
	}
	f.checkReads(k, i, page, page+4096)
}
