package neon

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// registers exercises every bit of the three register fields.
var registers = [][3]int{{0, 0, 0}, {31, 31, 31}, {1, 2, 4}, {8, 16, 1}, {21, 10, 27}}

func TestEncodingsDecodeToThemselves(t *testing.T) {
	for _, e := range encodings {
		for _, r := range registers {
			if err := checkWord(e, e.encode(r[0], r[1], r[2]), e.mnemonic(r[0], r[1], r[2])); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWrongEncodingIsRefused(t *testing.T) {
	wrong := fadd
	wrong.u = 1 // FADDP
	if checkWord(wrong, wrong.encode(1, 2, 3), wrong.mnemonic(1, 2, 3)) == nil {
		t.Error("no error")
	}
}

// TestLLVMAgrees disassembles every encoding with a second decoder, one that also knows
// SDOT.
func TestLLVMAgrees(t *testing.T) {
	llvm, err := exec.LookPath("llvm-mc")
	if err != nil {
		if os.Getenv("NEXUS_REQUIRE_TIERS") == "1" {
			t.Fatal("llvm-mc is not installed")
		}
		t.Skip("llvm-mc is not installed: NOT TESTED")
	}
	var input strings.Builder
	var want []string
	for _, e := range encodings {
		for _, r := range registers {
			w := e.encode(r[0], r[1], r[2])
			fmt.Fprintf(&input, "%#02x %#02x %#02x %#02x\n", w&255, w>>8&255, w>>16&255, w>>24)
			want = append(want, e.mnemonic(r[0], r[1], r[2]))
		}
	}
	command := exec.Command(llvm, "-disassemble", "-triple=aarch64", "-mattr=+v8.2a,+dotprod")
	command.Stdin = strings.NewReader(input.String())
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var got []string
	for line := range strings.Lines(string(output)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, ".") {
			got = append(got, line)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d instructions from %d words: %s", len(got), len(want), output)
	}
	for i := range want {
		if name, operands, _ := strings.Cut(want[i], " "); strings.HasPrefix(name, "SXTL") {
			want[i] = strings.Replace(name, "SXTL", "SSHLL", 1) + " " + operands + ", #0" // what it is short for
		}
		if !strings.EqualFold(got[i], want[i]) {
			t.Errorf("encoded %s, llvm-mc reads %s", want[i], got[i])
		}
	}
}
