package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/tphakala/simd/f32"
	"github.com/viterin/vek/vek32"

	"github.com/nexus-memory/nexus/kernels"
)

// picked is how many random rows a gather takes: at 768 bytes each, 50 MB in a call.
const picked = 64 << 10

// gathers lists the rescoring of random rows from RAM, by the IDs of their rows.
func (b *bench) gathers(yield func(measurement) bool) {
	for _, s := range b.machine.sets {
		if s.name != "RAM" {
			continue
		}
		for _, dim := range []int{384, barDim} {
			if !yield(b.gatherI8(shape{s, dim, dim, s.bytes / dim})) || !yield(b.gatherF32(shape{s, dim, 4 * dim, s.bytes / (4 * dim)})) {
				return
			}
		}
	}
}

// pick returns random rows and the file that holds them.
func (b *bench) pick(count int) (ids []uint32, path string, err error) {
	random := rand.New(rand.NewPCG(uint64(count), 13))
	ids = mapped[uint32](picked)
	for i := range ids {
		ids[i] = random.Uint32N(uint32(count))
	}
	path = filepath.Join(b.folder, "ids")
	return ids, path, os.WriteFile(path, asBytes(ids), 0o600)
}

// gather makes the measurement that both types share. The loop without prefetch is that
// over the own scan of one row.
func (b *bench) gather(name, kind string, s shape, paths [2]string, expect func() *reference, parties func(ids []uint32) []party) measurement {
	ids, path, err := b.pick(s.count)
	m := measurement{name, fmt.Sprintf("%s, %d at random", s.dataset(), picked), "row", float64(s.rowBytes), nil, []bar{
		timesFaster(">= 1.3x the loop without prefetch", "no prefetch", 1.3).everywhere(),
	}}
	if err != nil {
		m.parties = []party{{"", "", func() (runner, error) { return nil, err }}}
		return m
	}
	m.parties = parties(ids)
	for _, backend := range b.greeting.Backends[kind] {
		w := s.want(kind, paths[0], paths[1], "backend", backend, "ids", path, "picked", picked)
		check := func(answer []float64) error { return expect().pick(ids).check(answer) }
		m.parties = append(m.parties, b.python.party("numkong pairs "+backend, "numkong", "numkong.pairs", w, check))
	}
	return m
}

func (b *bench) gatherI8(s shape) measurement {
	query, rows := b.i8.query[:s.dim], b.i8.rows[:s.dim*s.count]
	out := mapped[int32](picked)
	expect := lazy(func() *reference { return referenceI8(query, rows, s.count) })
	return b.gather("gather_i8", "i8", s, [2]string{b.i8.rowsPath, b.i8.queryPath}, expect, func(ids []uint32) []party {
		check := func() error { return expect().pick(ids).check(widen(out)) }
		return []party{
			checked("nexus", own, picked, func() { kernels.GatherDotI8(query, rows, ids, out) }, check),
			checked("nexus DotScanI8, row by row", "no prefetch", picked, func() {
				for i, id := range ids {
					kernels.DotScanI8(query, rows[int(id)*len(query):][:len(query)], out[i:i+1])
				}
			}, check),
		}
	})
}

func (b *bench) gatherF32(s shape) measurement {
	query, rows := b.f32.query[:s.dim], b.f32.rows[:s.dim*s.count]
	out := mapped[float32](picked)
	expect := lazy(func() *reference { return referenceF32(query, rows, s.count) })
	return b.gather("gather_f32", "f32", s, [2]string{b.f32.rowsPath, b.f32.queryPath}, expect, func(ids []uint32) []party {
		check := func() error { return expect().pick(ids).check(widen(out)) }
		return []party{
			checked("nexus", own, picked, func() { kernels.GatherDotF32(query, rows, ids, out) }, check),
			checked("nexus DotScanF32, row by row", "no prefetch", picked, func() {
				for i, id := range ids {
					kernels.DotScanF32(query, rows[int(id)*len(query):][:len(query)], out[i:i+1])
				}
			}, check),
			checked("tphakala DotProduct", "tphakala", picked, func() {
				for i, id := range ids {
					out[i] = f32.DotProduct(query, rows[int(id)*len(query):][:len(query)])
				}
			}, check),
			checked("vek32 Dot", "vek32", picked, func() {
				for i, id := range ids {
					out[i] = vek32.Dot(query, rows[int(id)*len(query):][:len(query)])
				}
			}, check),
		}
	})
}

// pick is the reference of some rows.
func (r *reference) pick(ids []uint32) *reference {
	p := &reference{make([]float64, len(ids)), make([]float64, len(ids))}
	for i, id := range ids {
		p.value[i], p.slack[i] = r.value[id], r.slack[id]
	}
	return p
}
