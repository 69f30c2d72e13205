package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/kernels"
)

func newDoctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Report on this machine and on the store",
		Long: `Prints what the CPU offers, which kernel serves each operation, the limits of this process,
the space left for the store, and the store's health if there is one. Exit code 1 when
something stands in the way of Nexus; each such thing is printed as a problem.

NEXUS_CPU forces a CPU tier: ` + strings.Join(kernels.TierNames(), ", ") + `.`,
		Example: `  nexus doctor
  NEXUS_CPU=generic nexus doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.doctor(c.Context()) },
	}
}

// checkup is the JSON form of doctor's report. A figure that this system does
// not tell is 0 or empty.
type checkup struct {
	Version  version     `json:"build"`
	CPU      cpu         `json:"cpu"`
	Machine  machine     `json:"machine"`
	Store    storeHealth `json:"store"`
	Problems []string    `json:"problems"`
}

type cpu struct {
	Features  []string          `json:"features"`
	Kernels   map[string]string `json:"kernels"` // operation to tier
	Forced    string            `json:"forced,omitempty"`
	Cores     int               `json:"cores"`
	GoProcs   int               `json:"gomaxprocs"`
	PageBytes int               `json:"page_bytes"`
}

// machine is what the operating system allows; see machine_*.go.
type machine struct {
	MemoryBytes      uint64 `json:"memory_bytes"`
	AvailableBytes   uint64 `json:"memory_available_bytes"`
	MemoryLimitBytes uint64 `json:"memory_limit_bytes,omitempty"` // of the container
	OpenFilesMax     uint64 `json:"open_files_max"`
	FileBytesMax     uint64 `json:"file_bytes_max,omitempty"`
	DiskFreeBytes    uint64 `json:"disk_free_bytes"` // where the store is or would be
	FileSystem       string `json:"file_system,omitempty"`
}

type storeHealth struct {
	State string       `json:"state"` // healthy, none, in use, or failed
	Stats *statsRecord `json:"stats,omitempty"`
}

// What doctor calls a problem.
const (
	diskFreeMin  = 256 << 20 // compaction needs room for a second copy of even a small store
	openFilesMin = 256       // a store has a few dozen segment files at most, the host its own
)

func (a *app) doctor(ctx context.Context) error {
	dir := a.storeDirectory()
	r := checkup{Version: buildVersion(), CPU: examineCPU(), Machine: examineMachine(nearestDirectory(dir)), Problems: []string{}}
	if err := kernels.CheckForced(); err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	r.Problems = append(r.Problems, r.Machine.problems()...)
	health, err := a.examineStore(ctx, dir)
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	r.Store = health
	if a.json {
		err = a.printJSON(r)
	} else {
		err = a.printCheckup(dir, r)
	}
	if err == nil && len(r.Problems) > 0 {
		return fmt.Errorf("found %s: %w", counted(len(r.Problems), "problem", "problems"), engine.ErrUnsupported)
	}
	return err
}

func examineCPU() cpu {
	c := cpu{
		Features: kernels.Features(), Kernels: map[string]string{}, Forced: os.Getenv("NEXUS_CPU"),
		Cores: runtime.NumCPU(), GoProcs: runtime.GOMAXPROCS(0), PageBytes: os.Getpagesize(),
	}
	for _, op := range kernels.Operations() {
		c.Kernels[op.Name] = op.Tier
	}
	return c
}

func (m machine) problems() (list []string) {
	if m.DiskFreeBytes > 0 && m.DiskFreeBytes < diskFreeMin {
		list = append(list, fmt.Sprintf("only %s of disk space are free for the store", byteCount(m.DiskFreeBytes)))
	}
	if m.OpenFilesMax > 0 && m.OpenFilesMax < openFilesMin {
		list = append(list, fmt.Sprintf("only %d open files are allowed, see ulimit -n", m.OpenFilesMax))
	}
	return list
}

func (a *app) examineStore(ctx context.Context, dir string) (storeHealth, error) {
	db, err := a.open(ctx, reading)
	switch {
	case errors.As(err, new(nothingFound)):
		return storeHealth{State: "none"}, nil
	case errors.Is(err, engine.ErrLocked):
		return storeHealth{State: "in use"}, nil
	case err != nil && kernels.CheckForced() != nil:
		return storeHealth{State: "failed"}, nil // that is a problem already
	case err != nil:
		return storeHealth{State: "failed"}, err
	}
	defer db.Close()
	s, err := db.Stats()
	if err != nil {
		return storeHealth{State: "failed"}, err
	}
	record := newStatsRecord(dir, s)
	if s.Discarded > 0 {
		err = fmt.Errorf("%d segment files of the store were not valid; opening for writing rebuilds them", s.Discarded)
	}
	if s.Ranker.Warning != "" {
		err = errors.Join(err, errors.New(s.Ranker.Warning))
	}
	return storeHealth{"healthy", &record}, err
}

// nearestDirectory returns the directory that is there and that dir is in or
// would be made in.
func nearestDirectory(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dir
		}
		dir = parent
	}
}

func (a *app) printCheckup(dir string, r checkup) error {
	a.printf("nexus      %s, %s, %s/%s\n", r.Version.Version, r.Version.Go, r.Version.OS, r.Version.Arch)
	a.printf("cpu        %d cores, GOMAXPROCS %d, pages of %s\n", r.CPU.Cores, r.CPU.GoProcs, byteCount(uint64(r.CPU.PageBytes)))
	a.printf("features   %s\n", strings.Join(r.CPU.Features, " "))
	label, names := "kernels", sortedKeys(r.CPU.Kernels)
	width := 0
	for _, name := range names {
		width = max(width, len(name))
	}
	for _, name := range names {
		a.printf("%-10s %-*s %s\n", label, width, name, r.CPU.Kernels[name])
		label = ""
	}
	if r.CPU.Forced != "" {
		a.printf("forced     NEXUS_CPU=%s\n", printable(r.CPU.Forced))
	}
	m := r.Machine
	a.printf("memory     %s, %s available, container limit %s\n", figure(m.MemoryBytes), figure(m.AvailableBytes), limit(m.MemoryLimitBytes))
	a.printf("limits     %d open files, file size %s\n", m.OpenFilesMax, limit(m.FileBytesMax))
	a.printf("disk       %s free, file system %s\n", figure(m.DiskFreeBytes), m.FileSystem)
	a.printf("store      %s in %s\n", r.Store.State, dir)
	if s := r.Store.Stats; s != nil {
		a.printf("           %s, %s, %s; nexus verify reads all of it\n", counted(s.Memories, "memory", "memories"), counted(s.Segments, "segment", "segments"), byteCount(s.SegmentBytes+s.TruthBytes))
	}
	for _, p := range r.Problems {
		a.printf("problem    %s\n", printable(p))
	}
	return nil
}

// figure prints a size that the system may not have told.
func figure(n uint64) string {
	if n == 0 {
		return "unknown"
	}
	return byteCount(n)
}

// limit prints a limit; 0 and the largest number mean that there is none.
func limit(n uint64) string {
	if n == 0 || n >= math.MaxInt64 {
		return "none"
	}
	return byteCount(n)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
