package audit

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Link builds a program for linux on arch that refers to every named kernel of package
// pkg in the module at root, and returns its path inside of dir. The program lies in the
// module by an overlay only; nothing is written to root.
func Link(dir, root, pkg, arch string, names []string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package main\n\nimport asm %q\n\nvar kernels = []any{\n", pkg)
	for _, name := range names {
		fmt.Fprintf(&b, "\tasm.%s,\n", name)
	}
	b.WriteString("}\n\nfunc main() {\n\tfor i := range kernels {\n\t\tprintln(kernels[i])\n\t}\n}\n")
	source, overlay, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "kernels-"+arch)
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "auditprogram", "main.go"): source}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(source, []byte(b.String()), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-overlay", overlay, "-ldflags=-w", "-o", program, "./auditprogram")
	build.Dir = root
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return program, nil
}

// arm64Features are the LLVM features that are tried one by one on arm64, "" for the
// first version of the architecture, and the feature of package kernels that stands for
// each. One that package kernels does not have cannot be guarded, so its instructions
// are refused.
var arm64Features = []struct{ llvm, feature string }{
	{"", ""},
	{"+dotprod", "featureDotProd"},
	{"+fullfp16", "featureFP16"},
	{"+bf16", "featureBF16"},
	{"+i8mm", "featureI8MM"},
	{"+rdm", "featureRDM"},
	{"+fp16fml", "featureFP16FML"},
	{"+complxnum", "featureComplex"},
	{"+crypto", "featureCrypto"},
	{"+sha3", "featureSHA3"},
	{"+lse", "featureLSE"},
	{"+crc", "featureCRC"},
	{"+sve", "featureSVE"},
}

// Read disassembles the named kernels of package pkg in a linked program.
func Read(program, pkg, arch string, names []string) ([]Kernel, error) {
	kernels, err := locate(program, pkg, names)
	if err != nil {
		return nil, err
	}
	start, end := kernels[0].Start, kernels[0].End
	for _, k := range kernels {
		start, end = min(start, k.Start), max(end, k.End)
	}
	extent := []string{fmt.Sprintf("--start-address=%#x", start), fmt.Sprintf("--stop-address=%#x", end)}
	everything := []string{"--x86-asm-syntax=intel"}
	if arch == "arm64" {
		var all []string
		for _, f := range arm64Features {
			if f.llvm != "" {
				all = append(all, f.llvm)
			}
		}
		everything = []string{"--mattr=" + strings.Join(all, ",")}
	}
	code, err := disassemble(program, append(everything, extent...))
	if err != nil {
		return nil, err
	}
	for i := range kernels {
		k := &kernels[i]
		for _, instruction := range code {
			if instruction.Address >= k.Start && instruction.Address < k.End {
				k.Instructions = append(k.Instructions, instruction)
			}
		}
	}
	if arch != "arm64" {
		return kernels, nil
	}
	for _, f := range arm64Features {
		options := extent
		if f.llvm != "" {
			options = append([]string{"--mattr=" + f.llvm}, extent...)
		}
		code, err := disassemble(program, options)
		if err != nil {
			return nil, err
		}
		known := map[uint64]bool{}
		for _, instruction := range code {
			known[instruction.Address] = instruction.Mnemonic != unknown
		}
		for i := range kernels {
			if kernels[i].Decoded == nil {
				kernels[i].Decoded = map[string]map[uint64]bool{}
			}
			kernels[i].Decoded[f.feature] = known
		}
	}
	return kernels, nil
}

// locate finds the kernels in the symbol table. Go gives the assembly of a function the
// suffix ".abi0" when it also made a wrapper for its own calling convention.
func locate(program, pkg string, names []string) ([]Kernel, error) {
	image, err := elf.Open(program)
	if err != nil {
		return nil, err
	}
	defer image.Close()
	symbols, err := image.Symbols()
	if err != nil {
		return nil, err
	}
	byName := map[string]elf.Symbol{}
	for _, s := range symbols {
		byName[s.Name] = s
	}
	var constants []Range
	for _, s := range image.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Flags&(elf.SHF_WRITE|elf.SHF_EXECINSTR) == 0 {
			constants = append(constants, Range{s.Addr, s.Addr + s.Size})
		}
	}
	var kernels []Kernel
	for _, name := range names {
		s, found := byName[pkg+"."+name+".abi0"]
		if !found {
			s, found = byName[pkg+"."+name]
		}
		if !found || s.Size == 0 {
			return nil, fmt.Errorf("%s is not in the program", name)
		}
		kernels = append(kernels, Kernel{Name: name, Start: s.Value, End: s.Value + s.Size, ReadOnly: constants})
	}
	slices.SortFunc(kernels, func(a, b Kernel) int { return strings.Compare(a.Name, b.Name) })
	return kernels, nil
}

// unknown is the mnemonic of bytes that the decoder does not know.
const unknown = "<unknown>"

var (
	// line is "  483353: 62 b2 7d 48 \tvpdpbusd\tzmm1, zmm0": address, code, the rest.
	line = regexp.MustCompile(`^\s*([0-9a-f]+): ((?:[0-9a-f]{2} )*[0-9a-f]{2}|[0-9a-f]{8})\s+(.*)$`)
	// target is the address of a direct branch, "0x48335e <name+0x5e>".
	target = regexp.MustCompile(`^(?:.*, )?(?:#)?(0x[0-9a-f]+) <`)
)

// disassemble returns every instruction of a program's text.
func disassemble(program string, options []string) ([]Instruction, error) {
	command := exec.Command("llvm-objdump", append(options, "-d", "-j", ".text", program)...)
	var failure bytes.Buffer
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("llvm-objdump: %w: %s", err, failure.String())
	}
	var list []Instruction
	scanner := bufio.NewScanner(bytes.NewReader(output))
	for scanner.Scan() {
		match := line.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		instruction, err := parse(match[1], match[2], match[3])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", scanner.Text(), err)
		}
		list = append(list, instruction)
	}
	return list, scanner.Err()
}

// parse reads the three parts of a line. The code of arm64 is one word, that of amd64
// separate bytes.
func parse(address, code, rest string) (i Instruction, err error) {
	if i.Address, err = strconv.ParseUint(address, 16, 64); err != nil {
		return i, err
	}
	word := !strings.Contains(code, " ") && len(code) == 8
	digits := strings.ReplaceAll(code, " ", "")
	for p := 0; p < len(digits); p += 2 {
		b, err := strconv.ParseUint(digits[p:p+2], 16, 8)
		if err != nil {
			return i, err
		}
		i.Code = append(i.Code, byte(b))
	}
	if word {
		slices.Reverse(i.Code) // printed as a number, stored little-endian
	}
	rest = strings.TrimPrefix(rest, "{vex}\t") // says that the mnemonic has an EVEX form too
	rest = strings.TrimPrefix(rest, "{evex}\t")
	i.Mnemonic, i.Operands, _ = strings.Cut(rest, "\t")
	i.Mnemonic, i.Operands = strings.TrimSpace(i.Mnemonic), strings.TrimSpace(i.Operands)
	if match := target.FindStringSubmatch(i.Operands); match != nil {
		i.Target, err = strconv.ParseUint(match[1], 0, 64)
	}
	return i, err
}
