package contest

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/nexus-memory/nexus/kernels"
)

// Columns are those of every record, see bench/book.go.
var Columns = []string{"date", "cpu", "tier", "go", "dataset", "command", "metric", "value", "unit"}

// Record collects the lines of a run.
type Record struct {
	date, cpu, tier, command string
	lines                    [][]string
}

// NewRecord starts the record of a command on this machine. tier is that of the kernels.
func NewRecord(cpu, tier, command string) *Record {
	return &Record{date: time.Now().UTC().Format(time.DateOnly), cpu: cpu, tier: tier, command: command}
}

// Add notes one figure of a dataset.
func (r *Record) Add(dataset, metric string, value float64, unit string) {
	r.lines = append(r.lines, []string{
		r.date, r.cpu, r.tier, runtime.Version(), dataset, r.command,
		metric, strconv.FormatFloat(value, 'g', 6, 64), unit,
	})
}

// Save appends the lines to <folder>/<arch>/<date>-<kind>.csv, with the heading when the
// file is new, and returns its path.
func (r *Record) Save(folder, kind string) (path string, err error) {
	folder = filepath.Join(folder, runtime.GOARCH)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, r.date+"-"+kind+".csv")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	defer file.Close()
	out := csv.NewWriter(file)
	if at, err := file.Seek(0, io.SeekEnd); err != nil {
		return "", err
	} else if at == 0 {
		if err := out.Write(Columns); err != nil {
			return "", err
		}
	}
	if err := out.WriteAll(r.lines); err != nil {
		return "", err
	}
	return path, file.Sync()
}

// CPUName is the CPU's own name with the number of cores that this process may use.
func CPUName() string {
	name := strings.TrimSpace(cpuid.CPU.BrandName)
	if name == "" {
		name = runtime.GOARCH
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

// Tier names the tier of the INT8 scan, the kernel that has most of them.
func Tier() string {
	for _, o := range kernels.Operations() {
		if o.Name == "dot_scan_i8" {
			return o.Tier
		}
	}
	return "generic"
}

// Load is the load average as the system gives it, "" where it does not.
func Load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}
