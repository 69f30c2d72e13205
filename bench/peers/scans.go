package main

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/tphakala/simd/f32"
	"github.com/viterin/vek/vek32"

	"github.com/nexus-memory/nexus/kernels"
)

// shape is one scan: a query of dim elements against rows of rowBytes.
type shape struct {
	set      set
	dim      int
	rowBytes int
	count    int
}

func (s shape) dataset() string {
	return fmt.Sprintf("%d-d, %s, %d rows", s.dim, s.set.name, s.count)
}

// barDim is the dimension that the bars of scans are set for.
const barDim = 768

// Dimensions of the scans. Those of RAM sets are few, as each takes seconds; odd ones
// show what tails cost. Bits come in bytes.
var (
	dims     = []int{96, 128, 384, 768, 1024, 1536, 1, 7, 33, 100}
	dimsRAM  = []int{384, 768, 1536}
	dimsBits = []int{96, 128, 384, 768, 1024, 1536, 8, 56, 104, 264}

	// A signature has one length.
	dimsSignature = []int{kernels.SignatureSlots}
)

// shapes lists the scans of one type; bits is how many one element has. Where there is a
// choice of dimensions, sets in RAM have those of dimsRAM.
func shapes(sets []set, dims []int, bits int) (all []shape) {
	for _, s := range sets {
		for _, dim := range dims {
			if s.name == "RAM" && len(dims) > 1 && !slices.Contains(dimsRAM, dim) {
				continue
			}
			rowBytes := dim * bits / 8
			all = append(all, shape{s, dim, rowBytes, max(1, s.bytes/rowBytes)})
		}
	}
	return all
}

// scans lists the measurements of one query against contiguous rows.
func (b *bench) scans(yield func(measurement) bool) {
	for _, kind := range []struct {
		dims []int
		bits int
		make func(shape) measurement
	}{{dims, 32, b.dotF32}, {dims, 8, b.dotI8}, {dimsBits, 1, b.hamming}, {dimsSignature, 8, b.signatures}} {
		for _, s := range shapes(b.machine.sets, kind.dims, kind.bits) {
			if !yield(kind.make(s)) {
				return
			}
		}
	}
}

// want is what the Python side is told of a scan.
func (s shape) want(kind string, rowsPath, queryPath string, more ...any) want {
	w := want{"type": kind, "rows": rowsPath, "query": queryPath, "dim": s.dim, "count": s.count}
	for i := 0; i+1 < len(more); i += 2 {
		w[more[i].(string)] = more[i+1]
	}
	return w
}

// numkong lists NumKong's parties for a scan: the single-pair kernel of each instruction
// set, which bars compare with, and for the reader cdist and the packed form; that would
// hold RAM sets twice.
func (b *bench) numkong(s shape, kind, rowsPath, queryPath string, check func([]float64) error) (list []party) {
	for _, backend := range b.greeting.Backends[kind] {
		list = append(list, b.python.party("numkong pairs "+backend, "numkong", "numkong.pairs", s.want(kind, rowsPath, queryPath, "backend", backend), check))
	}
	list = append(list, b.python.party("numkong cdist", "numkong cdist", "numkong.cdist", s.want(kind, rowsPath, queryPath), check))
	if s.set.name != "RAM" {
		list = append(list, b.python.party("numkong packed", "numkong packed", "numkong.packed", s.want(kind, rowsPath, queryPath), check))
	}
	return list
}

// probes lists the read ceilings of a scan: nothing but reading its rows.
func (b *bench) probes(s shape, rowsPath string) (list []party) {
	if s.count*s.rowBytes < 4096 {
		return nil
	}
	for _, streams := range []int{1, 4} {
		w := want{"rows": rowsPath, "bytes": s.count * s.rowBytes, "count": s.count, "streams": streams}
		list = append(list, b.python.party(fmt.Sprintf("read, streams: %d", streams), "ceiling", "read", w, nil))
	}
	return list
}

// ramBar holds a scan from RAM to its share of the bandwidth that was read in its rounds.
func ramBar(s shape) []bar {
	if s.set.name != "RAM" {
		return nil
	}
	return []bar{timesFaster(">= 0.85 of the read bandwidth", "ceiling", 0.85).everywhere()}
}

func (b *bench) dotF32(s shape) measurement {
	query, rows := b.f32.query[:s.dim], b.f32.rows[:s.dim*s.count]
	out := mapped[float32](s.count)
	expect := lazy(func() *reference { return referenceF32(query, rows, s.count) })
	check := func(answer []float64) error { return expect().check(answer) }
	mine := func() error { return check(widen(out)) }
	list := make([][]float32, s.count)
	for i := range list {
		list[i] = rows[i*s.dim:][:s.dim:s.dim]
	}
	parties := []party{
		checked("nexus", own, s.count, func() { kernels.DotScanF32(query, rows, out) }, mine),
		checked("tphakala DotProduct", "tphakala", s.count, func() {
			for i := range out {
				out[i] = f32.DotProduct(query, rows[i*len(query):][:len(query)])
			}
		}, mine),
		checked("tphakala DotProductUnsafe", "tphakala", s.count, func() {
			for i := range out {
				out[i] = f32.DotProductUnsafe(query, rows[i*len(query):][:len(query)])
			}
		}, mine),
		checked("tphakala DotProductBatch", "tphakala", s.count, func() { f32.DotProductBatch(out, list, query) }, mine),
		checked("vek32 Dot", "vek32", s.count, func() {
			for i := range out {
				out[i] = vek32.Dot(query, rows[i*len(query):][:len(query)])
			}
		}, mine),
	}
	parties = append(parties, b.numkong(s, "f32", b.f32.rowsPath, b.f32.queryPath, check)...)
	m := measurement{"dot_scan_f32", s.dataset(), "row", float64(s.rowBytes), append(parties, b.probes(s, b.f32.rowsPath)...), ramBar(s)}
	if s.set.name == "L2" && s.dim == barDim {
		m.bars = append(m.bars, atMost("<= 1.00x tphakala", "tphakala", 1), atMost("<= 0.40x vek32", "vek32", .4))
	}
	return m
}

func (b *bench) dotI8(s shape) measurement {
	query, rows := b.i8.query[:s.dim], b.i8.rows[:s.dim*s.count]
	out := mapped[int32](s.count)
	expect := lazy(func() *reference { return referenceI8(query, rows, s.count) })
	check := func(answer []float64) error { return expect().check(answer) }
	parties := []party{checked("nexus", own, s.count, func() { kernels.DotScanI8(query, rows, out) }, func() error { return check(widen(out)) })}
	parties = append(parties, b.numkong(s, "i8", b.i8.rowsPath, b.i8.queryPath, check)...)
	m := measurement{"dot_scan_i8", s.dataset(), "row", float64(s.rowBytes), append(parties, b.probes(s, b.i8.rowsPath)...), ramBar(s)}
	if s.set.name == "L2" && s.dim == barDim {
		m.bars = append(m.bars, atMost("<= 0.60x numkong", "numkong", .6))
	}
	return m
}

func (b *bench) hamming(s shape) measurement {
	query, rows := b.bits.query[:s.rowBytes], b.bits.rows[:s.rowBytes*s.count]
	expect := lazy(func() *reference { return referenceBits(query, rows, s.count) })
	check := func(answer []float64) error { return expect().check(answer) }
	blocks := newBitBlocks(s.rowBytes, s.count, func(row int) []uint8 { return rows[row*s.rowBytes:][:s.rowBytes] })
	out := mapped[uint16](len(blocks) / s.rowBytes)
	parties := append([]party{checked("nexus", own, s.count, func() { kernels.HammingScan(query, blocks, out) }, func() error {
		return expect().check(widen(out[:s.count]))
	})}, b.numkong(s, "bits", b.bits.rowsPath, b.bits.queryPath, check)...)
	m := measurement{"hamming_scan", s.dataset(), "row", float64(s.rowBytes), append(parties, b.probes(s, b.bits.rowsPath)...), ramBar(s)}
	if s.dim == barDim {
		switch s.set.name {
		case "L1":
			m.bars = append(m.bars, atMost("<= 0.35x numkong", "numkong", .35))
		case "L2":
			m.bars = append(m.bars, atMost("<= 0.55x numkong", "numkong", .55))
		}
	}
	return m
}

// newBitBlocks lays the codes of rows out as the bit scans read them.
func newBitBlocks(columns, count int, row func(i int) []uint8) []uint8 {
	blockBytes := kernels.BitBlockRows * columns
	blocks := mapped[uint8]((count + kernels.BitBlockRows - 1) / kernels.BitBlockRows * blockBytes)
	for i := range count {
		kernels.PutBitRow(blocks[i/kernels.BitBlockRows*blockBytes:][:blockBytes], columns, i%kernels.BitBlockRows, row(i))
	}
	return blocks
}

// signatures is the comparison of sketches, which no peer has for bytes.
func (b *bench) signatures(s shape) measurement {
	rows, out := b.bits.rows[:s.rowBytes*s.count], mapped[uint8](s.count)
	query := (*[kernels.SignatureSlots]uint8)(b.bits.query)
	mine := checked("nexus", own, s.count, func() { kernels.SignatureScan(query, rows, out) }, func() error {
		return referenceEqual(query[:], rows, s.count).check(widen(out))
	})
	return measurement{"signature_scan", s.dataset(), "row", float64(s.rowBytes), append([]party{mine}, b.probes(s, b.bits.rowsPath)...), ramBar(s)}
}

// reference is the answer in float64 with the error that each result may have.
type reference struct{ value, slack []float64 }

func (r *reference) check(answer []float64) error {
	if len(answer) != len(r.value) {
		return fmt.Errorf("wrong: %d results, want %d", len(answer), len(r.value))
	}
	for i, got := range answer {
		if !(math.Abs(got-r.value[i]) <= r.slack[i]) {
			return fmt.Errorf("wrong: result %d is %g, want %g within %g", i, got, r.value[i], r.slack[i])
		}
	}
	return nil
}

// referenceF32 allows n*eps*sum|a*b|, the bound of any order of additions in float32.
func referenceF32(query, rows []float32, count int) *reference {
	r := &reference{make([]float64, count), make([]float64, count)}
	for i := range count {
		var sum, size float64
		for j, x := range rows[i*len(query):][:len(query)] {
			p := float64(x) * float64(query[j])
			sum += p
			size += math.Abs(p)
		}
		r.value[i], r.slack[i] = sum, size*float64(len(query))*0x1p-23
	}
	return r
}

func referenceI8(query, rows []int8, count int) *reference {
	r := &reference{make([]float64, count), make([]float64, count)}
	for i := range count {
		var sum float64
		for j, x := range rows[i*len(query):][:len(query)] {
			sum += float64(x) * float64(query[j])
		}
		r.value[i] = sum
	}
	return r
}

func referenceBits(query, rows []byte, count int) *reference {
	r := &reference{make([]float64, count), make([]float64, count)}
	for i := range count {
		for j, x := range rows[i*len(query):][:len(query)] {
			r.value[i] += float64(bits.OnesCount8(x ^ query[j]))
		}
	}
	return r
}

// referenceEqual counts the bytes that a row shares with the query.
func referenceEqual(query, rows []byte, count int) *reference {
	r := &reference{make([]float64, count), make([]float64, count)}
	for i := range count {
		for j, x := range rows[i*len(query):][:len(query)] {
			if x == query[j] {
				r.value[i]++
			}
		}
	}
	return r
}

func widen[T ~float32 | ~int32 | ~uint32 | ~uint16 | ~uint8](values []T) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// lazy returns a function that computes its value when it is first asked: references of
// RAM sets take a second each, and not every measurement runs.
func lazy[T any](make func() T) func() T {
	var value T
	done := false
	return func() T {
		if !done {
			value, done = make(), true
		}
		return value
	}
}
