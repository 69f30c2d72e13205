package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// columns are those of every record, see bench/book.go.
var columns = []string{"date", "cpu", "tier", "go", "dataset", "command", "metric", "value", "unit"}

// record collects the lines of a run.
type record struct {
	date    string
	machine *machine
	command string
	lines   [][]string
}

func newRecord(m *machine, command string) *record {
	return &record{date: time.Now().UTC().Format(time.DateOnly), machine: m, command: command}
}

func (r *record) add(dataset, metric string, value float64, unit string) {
	r.lines = append(r.lines, []string{
		r.date, r.machine.cpu, r.machine.tier, runtime.Version(), dataset, r.command,
		metric, strconv.FormatFloat(value, 'g', 6, 64), unit,
	})
}

// outcome adds each party's cost, its ratio to the own side and the bars. versions are
// those of the peers by group.
func (r *record) outcome(o *outcome, versions map[string]string, wide bool) {
	mine := o.fastest(own)
	for i := range o.results {
		p := &o.results[i]
		if p.problem != nil {
			continue
		}
		name := p.name
		if v := versions[p.group]; v != "" {
			name += " (" + v + ")"
		}
		r.add(o.dataset, o.name+", "+name, p.cost(), "ns/"+o.unit)
		if mine != nil && mine != p {
			r.add(o.dataset, o.name+", nexus over "+name, mine.ratio(p), "ratio")
		}
	}
	for i := range o.bars {
		if v, verdict := o.bars[i].judge(o, wide); verdict != notMeasured {
			r.add(o.dataset, fmt.Sprintf("%s, bar %s: %s", o.name, o.bars[i].text, verdict), v, "value")
		}
	}
}

// save appends the lines to <folder>/<arch>/<date>-kernels.csv, with the heading when it
// is new.
func (r *record) save(folder string) (path string, err error) {
	folder = filepath.Join(folder, runtime.GOARCH)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	path = filepath.Join(folder, r.date+"-kernels.csv")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	defer file.Close()
	out := csv.NewWriter(file)
	if at, err := file.Seek(0, io.SeekEnd); err != nil {
		return "", err
	} else if at == 0 {
		if err := out.Write(columns); err != nil {
			return "", err
		}
	}
	if err := out.WriteAll(r.lines); err != nil {
		return "", err
	}
	return path, file.Sync()
}
