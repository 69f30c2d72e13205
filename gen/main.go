// Command gen writes the assembly of package asm, the dispatch to it in package kernels,
// and the C header with what every language shares of the C ABI.
//
//	go run . -out ..
//
// The output depends on nothing but this module. current_test.go fails when the files in
// the repository are not what this program writes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nexus-memory/nexus/gen/abi"
	"github.com/nexus-memory/nexus/gen/amd64"
	"github.com/nexus-memory/nexus/gen/dispatch"
	"github.com/nexus-memory/nexus/gen/neon"
)

func main() {
	flags := flag.NewFlagSet("gen", flag.ExitOnError) // avo puts its own -out in the default set
	out := flags.String("out", "..", "root of the repository to write to")
	_ = flags.Parse(os.Args[1:]) // exits on error
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// files returns everything that is generated, by its path from the repository's root.
func files() (map[string][]byte, error) {
	intel, intelKernels, err := amd64.Files()
	if err != nil {
		return nil, fmt.Errorf("amd64: %w", err)
	}
	arm, armKernels, err := neon.Files()
	if err != nil {
		return nil, fmt.Errorf("neon: %w", err)
	}
	dispatched, err := dispatch.Files(intelKernels, armKernels)
	if err != nil {
		return nil, fmt.Errorf("dispatch: %w", err)
	}
	shared, err := abi.Files()
	if err != nil {
		return nil, fmt.Errorf("abi: %w", err)
	}
	for folder, content := range map[string]map[string][]byte{"asm/": intel, "kernels/": dispatched} {
		for name := range content {
			shared[folder+name] = content[name]
		}
	}
	for name := range arm {
		shared["asm/"+name] = arm[name]
	}
	return shared, nil
}

func write(dir string) error {
	all, err := files()
	if err != nil {
		return err
	}
	for name, content := range all {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
