package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/kernels"
)

// The shapes of the kernel loops. The scans run over few rows, which stay in a
// near cache so that the kernel is measured and not the memory, and over many.
const (
	kernelDim      = 384
	rowsFew        = 1024
	rowsMany       = 256 << 10
	hashesEach     = 400 // words of a chunk
	fusionBatch    = 256
	kernelCallsMin = 50
)

// kernelsKind measures the kernels of every tier that this CPU has, each in a
// process of its own: the tier is fixed when a process starts.
func kernelsKind(ctx context.Context, b *bench) error {
	if b.quick {
		return b.kernelRows()
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, tier := range kernels.TierNames() {
		child := exec.CommandContext(ctx, self, "--child")
		child.Env = append(os.Environ(), "NEXUS_CPU="+tier)
		var out, problem bytes.Buffer
		child.Stdout, child.Stderr = &out, &problem
		if err := child.Run(); err != nil {
			if bytes.Contains(problem.Bytes(), []byte(unavailable)) {
				continue
			}
			return fmt.Errorf("tier %s: %w: %s", tier, err, &problem)
		}
		if err := b.book.readCSV(&out); err != nil {
			return fmt.Errorf("tier %s: %w", tier, err)
		}
	}
	return nil
}

// unavailable is what a child process says of a tier that this CPU lacks.
const unavailable = "this CPU lacks the tier"

// kernelRows measures the kernels of this process.
func (b *bench) kernelRows() error {
	if err := kernels.CheckForced(); err != nil {
		return fmt.Errorf("%s: %w", unavailable, err)
	}
	tiers := map[string]string{}
	for _, o := range kernels.Operations() {
		tiers[o.Name] = o.Tier
	}
	many := b.size(rowsMany, rowsFew)
	for _, l := range []loop{
		dotI8Loop(rowsFew), dotI8Loop(many), dotF32Loop(rowsFew), dotF32Loop(many),
		signatureLoop(rowsFew), signatureLoop(many),
		minHashLoop(), scoreLoop(),
	} {
		if err := l.check(); err != nil {
			return fmt.Errorf("%s, %s: %w", l.operation, l.dataset, err)
		}
		from := len(b.book.rows)
		b.measure(&l)
		for i := range b.book.rows[from:] {
			b.book.rows[from+i].tier = tiers[l.operation]
		}
	}
	return nil
}

// loop is a kernel with its data.
type loop struct {
	operation, dataset string
	items              int    // rows, hashes or candidates of a call
	item               string // what one is called
	bytes              int    // read by a call
	call               func()
	check              func() error // compares a call's answer with a plain loop
}

// measure repeats the call for a while and notes p50, p99 and bytes a second.
func (b *bench) measure(l *loop) {
	budget := time.Duration(b.size(300, 5)) * time.Millisecond
	l.call()
	var took []time.Duration
	for started := time.Now(); len(took) < kernelCallsMin || time.Since(started) < budget; {
		// A call of less than the clock's grain is timed in groups.
		const group = 4
		at := time.Now()
		for range group {
			l.call()
		}
		took = append(took, time.Since(at)/group)
	}
	slices.Sort(took)
	p50, p99 := percentile(took, .5), percentile(took, .99)
	b.book.add(l.dataset, l.operation+" p50", float64(p50)/float64(l.items), "ns/"+l.item)
	b.book.add(l.dataset, l.operation+" p99", float64(p99)/float64(l.items), "ns/"+l.item)
	b.book.add(l.dataset, l.operation+" rate", float64(l.bytes)/float64(p50), "GB/s")
}

// newRandom returns a source that is the same in every run.
func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// rowsName says how much a scan reads: whether that fits a cache depends on the CPU.
func rowsName(rows, size int) string {
	return fmt.Sprintf("%d rows of %d bytes, %.1f MB", rows, size, float64(rows*size)/1e6)
}

func dotI8Loop(rows int) loop {
	random := newRandom(1)
	data := make([]int8, (rows+1)*kernelDim)
	for i := range data {
		data[i] = int8(random.IntN(256) - 128)
	}
	query, data, out := data[:kernelDim], data[kernelDim:], make([]int32, rows)
	return loop{"dot_scan_i8", rowsName(rows, kernelDim), rows, "row", len(data), func() { kernels.DotScanI8(query, data, out) }, func() error {
		kernels.DotScanI8(query, data, out)
		for i, got := range out {
			var want int32
			for j, x := range data[i*kernelDim:][:kernelDim] {
				want += int32(x) * int32(query[j])
			}
			if got != want {
				return fmt.Errorf("row %d is %d, want %d", i, got, want)
			}
		}
		return nil
	}}
}

func dotF32Loop(rows int) loop {
	random := newRandom(2)
	data := make([]float32, (rows+1)*kernelDim)
	for i := range data {
		data[i] = random.Float32()*2 - 1
	}
	query, data, out := data[:kernelDim], data[kernelDim:], make([]float32, rows)
	return loop{"dot_scan_f32", rowsName(rows, 4*kernelDim), rows, "row", 4 * len(data), func() { kernels.DotScanF32(query, data, out) }, func() error {
		kernels.DotScanF32(query, data, out)
		for i, got := range out {
			var want, size float64
			for j, x := range data[i*kernelDim:][:kernelDim] {
				want += float64(x) * float64(query[j])
				size += math.Abs(float64(x) * float64(query[j]))
			}
			if !(math.Abs(float64(got)-want) <= size*kernelDim*0x1p-24) {
				return fmt.Errorf("row %d is %g, want %g", i, got, want)
			}
		}
		return nil
	}}
}

func signatureLoop(rows int) loop {
	random := newRandom(3)
	var query [kernels.SignatureSlots]uint8
	data, out := make([]uint8, rows*kernels.SignatureSlots), make([]uint8, rows)
	for i := range data {
		data[i] = uint8(random.IntN(4)) // many equal, as in real duplicates
	}
	for i := range query {
		query[i] = uint8(random.IntN(4))
	}
	return loop{"signature_scan", rowsName(rows, kernels.SignatureSlots), rows, "row", len(data), func() { kernels.SignatureScan(&query, data, out) }, func() error {
		kernels.SignatureScan(&query, data, out)
		for i, got := range out {
			want := uint8(0)
			for j, x := range data[i*kernels.SignatureSlots:][:kernels.SignatureSlots] {
				if x == query[j] {
					want++
				}
			}
			if got != want {
				return fmt.Errorf("row %d is %d, want %d", i, got, want)
			}
		}
		return nil
	}}
}

// minHashLoop checks a law: hashes in two halves give what they give at once.
func minHashLoop() loop {
	random := newRandom(4)
	hashes := make([]uint32, hashesEach)
	for i := range hashes {
		hashes[i] = random.Uint32()
	}
	var signature [kernels.SignatureSlots]uint32
	sketch := func(parts ...[]uint32) [kernels.SignatureSlots]uint32 {
		for j := range signature {
			signature[j] = math.MaxUint32
		}
		for _, p := range parts {
			kernels.MinHashUpdate(&signature, p)
		}
		return signature
	}
	return loop{"minhash_update", "400 hashes", hashesEach, "hash", 4 * hashesEach, func() { sketch(hashes) }, func() error {
		if sketch(hashes) != sketch(hashes[100:], hashes[:100]) {
			return fmt.Errorf("the order of the hashes changes the signature")
		}
		return nil
	}}
}

func scoreLoop() loop {
	random := newRandom(5)
	columns := make([]float32, kernels.FactorCount*fusionBatch)
	for i := range columns {
		columns[i] = random.Float32()
	}
	weights := [kernels.FactorCount]float32{.35, .15, .15, .15, .10, .10}
	var top kernels.Top8
	call := func() { kernels.ScoreTop8(columns, fusionBatch, fusionBatch, &weights, &top) }
	return loop{"score_top8", "256 candidates", fusionBatch, "candidate", 4 * len(columns), call, func() error {
		call()
		best, score := -1, float32(math.Inf(-1))
		for i := range fusionBatch {
			s := float32(weights[0] * columns[i])
			for f := 1; f < kernels.FactorCount; f++ {
				s += float32(weights[f] * columns[f*fusionBatch+i])
			}
			if s > score {
				best, score = i, s
			}
		}
		if int(top.Index[0]) != best || top.Score[0] != score || top.Count != 8 {
			return fmt.Errorf("best is %d with %g, want %d with %g", top.Index[0], top.Score[0], best, score)
		}
		return nil
	}}
}
