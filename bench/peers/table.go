package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/tphakala/simd/cpu"
	"github.com/viterin/vek/vek32"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// writeHeading tells what the figures hold for.
func (b *bench) writeHeading(w io.Writer) {
	m := &b.machine
	fmt.Fprintf(w, "%s, tier %s, processor %d, load %s, huge pages %s\n", m.cpu, m.tier, b.cpu, contest.Load(), hugePages())
	for _, s := range m.sets {
		fmt.Fprintf(w, "set %s: %s\n", s.name, s.why)
	}
	fmt.Fprintf(w, "peers: %s; Python %s\n", b.peers(), b.greeting.Python)
	fmt.Fprintf(w, "tphakala uses: %s\nvek32 uses: assembly %t\n", cpu.Info(), vek32.Info().Acceleration)
	for _, name := range []string{"numkong", "faiss", "read probe"} {
		fmt.Fprintf(w, "%s uses: %s\n", name, b.greeting.Uses[name])
	}
	fmt.Fprintf(w, "%d rounds of turns of %v or more, first to last and back; thread CPU time; cost is the median round,\n", b.rounds, b.burst)
	fmt.Fprintf(w, "nexus/it the median of the rounds' ratios; what calling from Python costs is taken off and shown as caller\n")
	if !m.wide {
		fmt.Fprintf(w, "NO AVX-512 IN THIS RUN: bars that were set for it do not apply; these are the rows of tier %s\n", m.tier)
	}
	fmt.Fprintln(w)
}

// writeOutcome prints one measurement: its parties, then its bars.
func writeOutcome(w io.Writer, o *outcome, wide bool) error {
	fmt.Fprintf(w, "%s: %s\n", o.name, o.dataset)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "party\tns/%s\tbest\tGB/s\tcaller ns\tnexus/it\t\n", o.unit)
	mine := o.fastest(own)
	for i := range o.results {
		r := &o.results[i]
		if r.problem != nil {
			continue
		}
		name, rate, share := r.name, "", ""
		if r.threads {
			name += " (all threads)"
		}
		if o.bytes > 0 {
			rate = contest.Digits(o.bytes / r.cost())
		}
		if mine != nil {
			share = contest.Digits(mine.ratio(r))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t\n", name, contest.Digits(r.cost()), contest.Digits(lowest(r.rounds)), rate, contest.Digits(r.caller), share)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range o.results {
		if r := &o.results[i]; r.problem != nil {
			fmt.Fprintf(w, "  not timed: %s: %v\n", r.name, r.problem)
		}
	}
	for i := range o.bars {
		b := &o.bars[i]
		v, verdict := b.judge(o, wide)
		fmt.Fprintf(w, "  bar %s: %s, %s\n", b.text, contest.Digits(v), verdict)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// recordOutcome adds each party's cost, its ratio to the own side and the bars. versions
// are those of the peers by group.
func recordOutcome(r *contest.Record, o *outcome, versions map[string]string, wide bool) {
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
		r.Add(o.dataset, o.name+", "+name, p.cost(), "ns/"+o.unit)
		if mine != nil && mine != p {
			r.Add(o.dataset, o.name+", nexus over "+name, mine.ratio(p), "ratio")
		}
	}
	for i := range o.bars {
		if v, verdict := o.bars[i].judge(o, wide); verdict != notMeasured {
			r.Add(o.dataset, fmt.Sprintf("%s, bar %s: %s", o.name, o.bars[i].text, verdict), v, "value")
		}
	}
}

// writeBars prints all bars once more, together.
func writeBars(w io.Writer, all []*outcome, wide bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "bars")
	for _, o := range all {
		for i := range o.bars {
			v, verdict := o.bars[i].judge(o, wide)
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.name, o.dataset, o.bars[i].text, contest.Digits(v), verdict)
		}
	}
	return t.Flush()
}

func lowest(values []float64) float64 {
	low := math.Inf(1)
	for _, v := range values {
		low = min(low, v)
	}
	return low
}
