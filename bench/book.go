package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/klauspost/cpuid/v2"

	"github.com/nexus-memory/nexus/kernels"
)

// row is one figure with all that it takes to compare it.
type row struct {
	date, cpu, tier, version, dataset, command, metric string
	value                                              float64
	unit                                               string
}

var columns = []string{"date", "cpu", "tier", "go", "dataset", "command", "metric", "value", "unit"}

func (r *row) fields() []string {
	return []string{r.date, r.cpu, r.tier, r.version, r.dataset, r.command, r.metric, strconv.FormatFloat(r.value, 'g', 6, 64), r.unit}
}

// book collects the rows of a run; the first six columns are the same in most.
type book struct {
	head row
	rows []row
}

func newBook(command []string) book {
	return book{head: row{
		date: time.Now().UTC().Format(time.DateOnly), cpu: cpuName(), tier: bestTier(),
		version: runtime.Version(), command: strings.Join(command, " "),
	}}
}

// cpuName is the CPU's own name with the number of cores that this process may use.
func cpuName() string {
	name := strings.TrimSpace(cpuid.CPU.BrandName)
	if name == "" {
		name = runtime.GOARCH
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}

// bestTier names the tier of the INT8 scan, the kernel that has most of them.
func bestTier() string {
	for _, o := range kernels.Operations() {
		if o.Name == "dot_scan_i8" {
			return o.Tier
		}
	}
	return "unknown"
}

func (b *book) machine() string {
	return fmt.Sprintf("%s, tier %s, %s, %s/%s", b.head.cpu, b.head.tier, b.head.version, runtime.GOOS, runtime.GOARCH)
}

// add notes a figure of a dataset.
func (b *book) add(dataset, metric string, value float64, unit string) {
	r := b.head
	r.dataset, r.metric, r.value, r.unit = dataset, metric, value, unit
	b.rows = append(b.rows, r)
}

// times notes the percentiles of a metric, in microseconds. It sorts took.
func (b *book) times(dataset, metric string, took []time.Duration) {
	slices.Sort(took)
	for _, p := range [...]struct {
		name  string
		share float64
	}{{"p50", .5}, {"p99", .99}, {"p99.9", .999}} {
		b.add(dataset, metric+" "+p.name, float64(percentile(took, p.share))/1e3, "us")
	}
}

// percentile returns the value that this share of sorted values does not exceed.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(share*float64(len(sorted)-1))]
}

// atMost notes a value beside the bar that it stays at or below a limit, atLeast that it
// reaches one. A bar that is missed is no failure of the run.
func (b *book) atMost(dataset, metric string, value, limit float64) {
	b.bar(dataset, fmt.Sprintf("%s <= %g", metric, limit), value, value <= limit)
}

func (b *book) atLeast(dataset, metric string, value, limit float64) {
	b.bar(dataset, fmt.Sprintf("%s >= %g", metric, limit), value, value >= limit)
}

func (b *book) bar(dataset, text string, value float64, kept bool) {
	verdict := "MISSED"
	if kept {
		verdict = "met"
	}
	b.add(dataset, "bar "+text+": "+verdict, value, "value")
}

func (b *book) writeTable(w io.Writer, title string, from int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s\n", title)
	for _, r := range b.rows[from:] {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", r.dataset, r.tier, r.metric, strconv.FormatFloat(r.value, 'f', decimals(r.value), 64), r.unit)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// decimals keeps three digits that mean something.
func decimals(v float64) int {
	switch {
	case v >= 100:
		return 0
	case v >= 10:
		return 1
	case v >= 1:
		return 2
	}
	return 4
}

func (b *book) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	for i := range b.rows {
		if err := out.Write(b.rows[i].fields()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// readCSV appends rows that another process wrote.
func (b *book) readCSV(r io.Reader) error {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return err
	}
	for _, f := range lines {
		if len(f) != len(columns) {
			return fmt.Errorf("a row of %d fields, want %d", len(f), len(columns))
		}
		value, err := strconv.ParseFloat(f[7], 64)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row{f[0], f[1], f[2], f[3], f[4], b.head.command, f[6], value, f[8]})
	}
	return nil
}

// save appends the rows to the record of this architecture and day; name, unless empty,
// stands behind the date.
func (b *book) save(dir, name string) (path string, err error) {
	dir = filepath.Join(dir, runtime.GOARCH)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if name != "" {
		name = "-" + name
	}
	path = filepath.Join(dir, b.head.date+name+".csv")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if at, err := file.Seek(0, io.SeekEnd); err != nil {
		return "", err
	} else if at == 0 {
		if _, err := fmt.Fprintln(file, strings.Join(columns, ",")); err != nil {
			return "", err
		}
	}
	if err := b.writeCSV(file); err != nil {
		return "", err
	}
	return path, file.Sync()
}
