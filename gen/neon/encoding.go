package neon

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/arch/arm64/arm64asm"
)

// class is a group of the Advanced SIMD encodings in the Arm Architecture Reference
// Manual (C4.1, "Data processing, scalar floating-point and Advanced SIMD"): the fixed
// bits, and where the opcode starts; that of shiftImmediate includes immh and immb. All
// share Q at bit 30, U at 29, size at 22, and the registers Rm at 16, Rn at 5, Rd at 0.
type class struct {
	fixed       uint32
	opcodeShift int
}

var (
	threeSame      = class{0x0E200400, 11} // 0 Q U 01110 size 1 Rm opcode:5 1 Rn Rd
	threeDifferent = class{0x0E200000, 12} // 0 Q U 01110 size 1 Rm opcode:4 00 Rn Rd
	threeExtra     = class{0x0E008400, 11} // 0 Q U 01110 size 0 Rm 1 opcode:4 1 Rn Rd
	twoMisc        = class{0x0E200800, 12} // 0 Q U 01110 size 10000 opcode:5 10 Rn Rd
	shiftImmediate = class{0x0F000400, 11} // 0 Q U 011110 immh:4 immb:3 opcode:5 1 Rn Rd
)

// encoding is one instruction: its fields and how it is written.
type encoding struct {
	name             string
	class            class
	q, u, size, code uint32
	d, n, m          string // arrangements; m is "" for two operands
	feature          string // of package kernels, "" where NEON itself has it
}

var (
	fadd    = encoding{"FADD", threeSame, 1, 0, 0b00, 0b11010, "4S", "4S", "4S", ""}
	fmul    = encoding{"FMUL", threeSame, 1, 1, 0b00, 0b11011, "4S", "4S", "4S", ""}
	faddp   = encoding{"FADDP", threeSame, 1, 1, 0b00, 0b11010, "4S", "4S", "4S", ""}
	fcmgt   = encoding{"FCMGT", threeSame, 1, 1, 0b10, 0b11100, "4S", "4S", "4S", ""}
	mul     = encoding{"MUL", threeSame, 1, 0, 0b10, 0b10011, "4S", "4S", "4S", ""}
	smull   = encoding{"SMULL", threeDifferent, 0, 0, 0b00, 0b1100, "8H", "8B", "8B", ""}
	smull2  = encoding{"SMULL2", threeDifferent, 1, 0, 0b00, 0b1100, "8H", "16B", "16B", ""}
	sadalp  = encoding{"SADALP", twoMisc, 1, 0, 0b01, 0b00110, "4S", "8H", "", ""}
	sdot    = encoding{"SDOT", threeExtra, 1, 0, 0b10, 0b0010, "4S", "16B", "16B", "featureDotProd"}
	ushl    = encoding{"USHL", threeSame, 1, 1, 0b10, 0b01000, "4S", "4S", "4S", ""}
	mulH    = encoding{"MUL", threeSame, 1, 0, 0b01, 0b10011, "8H", "8H", "8H", ""}
	scvtf   = encoding{"SCVTF", twoMisc, 1, 0, 0b00, 0b11101, "4S", "4S", "", ""}
	fsub    = encoding{"FSUB", threeSame, 1, 0, 0b10, 0b11010, "4S", "4S", "4S", ""}
	smax    = encoding{"SMAX", threeSame, 1, 0, 0b00, 0b01100, "16B", "16B", "16B", ""}
	saddlp  = encoding{"SADDLP", twoMisc, 1, 0, 0b01, 0b00010, "4S", "8H", "", ""}
	fcvtns  = encoding{"FCVTNS", twoMisc, 1, 0, 0b00, 0b11010, "4S", "4S", "", ""}
	sqxtnS  = encoding{"SQXTN", twoMisc, 0, 0, 0b01, 0b10100, "4H", "4S", "", ""}
	sqxtn2S = encoding{"SQXTN2", twoMisc, 1, 0, 0b01, 0b10100, "8H", "4S", "", ""}
	sqxtnH  = encoding{"SQXTN", twoMisc, 0, 0, 0b00, 0b10100, "8B", "8H", "", ""}
	sqxtn2H = encoding{"SQXTN2", twoMisc, 1, 0, 0b00, 0b10100, "16B", "8H", "", ""}

	umax  = encoding{"UMAX", threeSame, 1, 1, 0b10, 0b01100, "4S", "4S", "4S", ""}
	umaxp = encoding{"UMAXP", threeSame, 1, 1, 0b10, 0b10100, "4S", "4S", "4S", ""}

	faddD  = encoding{"FADD", threeSame, 1, 0, 0b01, 0b11010, "2D", "2D", "2D", ""}
	fsubD  = encoding{"FSUB", threeSame, 1, 0, 0b11, 0b11010, "2D", "2D", "2D", ""}
	fmulD  = encoding{"FMUL", threeSame, 1, 1, 0b01, 0b11011, "2D", "2D", "2D", ""}
	fcmgeD = encoding{"FCMGE", threeSame, 1, 1, 0b01, 0b11100, "2D", "2D", "2D", ""}
	faddpD = encoding{"FADDP", threeSame, 1, 1, 0b01, 0b11010, "2D", "2D", "2D", ""}

	// Conversions to the next wider type, from the lower and the upper half of a vector.
	fcvtlH  = encoding{"FCVTL", twoMisc, 0, 0, 0b00, 0b10111, "4S", "4H", "", ""}
	fcvtl2H = encoding{"FCVTL2", twoMisc, 1, 0, 0b00, 0b10111, "4S", "8H", "", ""}
	fcvtlS  = encoding{"FCVTL", twoMisc, 0, 0, 0b01, 0b10111, "2D", "2S", "", ""}
	fcvtl2S = encoding{"FCVTL2", twoMisc, 1, 0, 0b01, 0b10111, "2D", "4S", "", ""}
	sxtlB   = encoding{"SXTL", shiftImmediate, 0, 0, 0, 0b0001_000_10100, "8H", "8B", "", ""}
	sxtlH   = encoding{"SXTL", shiftImmediate, 0, 0, 0, 0b0010_000_10100, "4S", "4H", "", ""}
	sxtl2H  = encoding{"SXTL2", shiftImmediate, 1, 0, 0, 0b0010_000_10100, "4S", "8H", "", ""}
)

var encodings = []encoding{
	fadd, fmul, faddp, fcmgt, mul, smull, smull2, sadalp, sdot, scvtf, fsub,
	faddD, fsubD, fmulD, faddpD, fcvtlH, fcvtl2H, fcvtlS, fcvtl2S, sxtlB, sxtlH, sxtl2H,
	mulH, ushl, fcmgeD, umax, umaxp,
	smax, saddlp, fcvtns, sqxtnS, sqxtn2S, sqxtnH, sqxtn2H,
}

// undecodable are the encodings that arm64asm does not know; the test compares these
// with llvm-mc as well.
var undecodable = map[string]bool{"SDOT": true}

// encode returns the instruction for registers Vd, Vn and Vm.
func (e encoding) encode(d, n, m int) uint32 {
	w := e.class.fixed | e.q<<30 | e.u<<29 | e.size<<22 | e.code<<e.class.opcodeShift
	if e.m != "" {
		w |= uint32(m) << 16
	}
	return w | uint32(n)<<5 | uint32(d)
}

// mnemonic returns the instruction as Arm writes it.
func (e encoding) mnemonic(d, n, m int) string {
	s := fmt.Sprintf("%s V%d.%s, V%d.%s", e.name, d, e.d, n, e.n)
	if e.m != "" {
		s += fmt.Sprintf(", V%d.%s", m, e.m)
	}
	return s
}

// checkWord decodes w and compares it with what it is meant to be.
func checkWord(e encoding, w uint32, mnemonic string) error {
	var code [4]byte
	binary.LittleEndian.PutUint32(code[:], w)
	instruction, err := arm64asm.Decode(code[:])
	if undecodable[e.name] {
		if err == nil {
			return fmt.Errorf("%s can be decoded now; take it off the list", e.name)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s encodes to %#08x: %w", mnemonic, w, err)
	}
	if got := arm64asm.GNUSyntax(instruction); !strings.EqualFold(got, mnemonic) {
		return fmt.Errorf("%s encodes to %#08x, which is %s", mnemonic, w, got)
	}
	return nil
}
