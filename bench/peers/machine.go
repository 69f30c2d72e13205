package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/kernels"
)

// machine is what a record names: figures of different ones do not compare.
type machine struct {
	cpu   string // the CPU's own name and the cores of this process
	tier  string // of the INT8 scan, the kernel that has most tiers
	wide  bool   // the own side may use AVX-512
	level map[int]int
	sets  []set
}

// set is how many bytes of rows a scan goes over.
type set struct {
	name  string
	bytes int
	why   string
}

// The sizes of sets. Rows in RAM are far more than any shared cache holds.
const (
	bytesL1  = 24 << 10
	bytesL2  = 1 << 20
	bytesRAM = 512 << 20
)

func readMachine() machine {
	m := machine{cpu: contest.CPUName(), tier: contest.Tier(), level: cacheSizes("/sys/devices/system/cpu/cpu0/cache")}
	for _, o := range kernels.Operations() {
		m.wide = m.wide || strings.HasPrefix(o.Tier, "avx512")
	}
	l2 := setL2(m.level[2])
	m.sets = []set{
		{"L1", bytesL1, fmt.Sprintf("24 KiB of %s", kib(m.level[1]))},
		{"L2", l2, fmt.Sprintf("%s of %s", kib(l2), kib(m.level[2]))},
		{"RAM", bytesRAM, fmt.Sprintf("512 MiB beside %s of shared cache", kib(m.level[3]))},
	}
	return m
}

// setL2 is 1 MiB where the L2 cache has at least twice that, otherwise half of it: query,
// results and page tables need room too. An unknown size counts as 1 MiB.
func setL2(cache int) int {
	if cache == 0 {
		cache = 1 << 20
	}
	return min(bytesL2, cache/2)
}

// cacheSizes reads the data caches of a processor: bytes by level. Missing ones are 0.
func cacheSizes(folder string) map[int]int {
	sizes := map[int]int{}
	indexes, _ := filepath.Glob(filepath.Join(folder, "index*")) // the pattern is well formed
	for _, index := range indexes {
		field := func(name string) string {
			data, err := os.ReadFile(filepath.Join(index, name))
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(data))
		}
		level, err := strconv.Atoi(field("level"))
		if err != nil || field("type") == "Instruction" {
			continue
		}
		if size, err := strconv.Atoi(strings.TrimSuffix(field("size"), "K")); err == nil {
			sizes[level] = size << 10
		}
	}
	return sizes
}

func kib(bytes int) string {
	if bytes == 0 {
		return "unknown size"
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}

// limit is what the peers are held to: the own side's tier, where NEXUS_CPU lowers it.
func (m *machine) limit() string {
	if !m.wide && slices.Contains(kernels.Features(), "avx512") {
		return "avx2"
	}
	return ""
}

// hugePages is the system's policy, such as "always [madvise] never".
func hugePages() string {
	data, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}
