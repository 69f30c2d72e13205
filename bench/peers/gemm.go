package main

import (
	"fmt"

	"github.com/nexus-memory/nexus/kernels"
)

// The INT8 matrix product, as a layer of a small encoder has it.
const (
	gemmRows  = 16
	gemmInner = 384
	gemmOuter = 1536
)

// products lists the packed INT8 matrix product. An item is the whole product.
func (b *bench) products(yield func(measurement) bool) {
	queries, rows := b.i8.query[:gemmRows*gemmInner], b.i8.rows[:gemmOuter*gemmInner]
	expect := lazy(func() *reference {
		all := &reference{}
		for i := range gemmRows {
			r := referenceI8(queries[i*gemmInner:][:gemmInner], rows, gemmOuter)
			all.value, all.slack = append(all.value, r.value...), append(all.slack, r.slack...)
		}
		return all
	})
	w := want{"type": "i8", "rows": b.i8.rowsPath, "query": b.i8.queryPath, "dim": gemmInner, "count": gemmOuter, "queries": gemmRows}
	packed := make([]uint8, kernels.PackedGemmI8Size(gemmInner, gemmOuter))
	out := mapped[int32](gemmRows * gemmOuter)
	kernels.PackGemmI8(rows, gemmInner, gemmOuter, packed)
	mine := checked("nexus", own, 1, func() {
		kernels.GemmI8(queries, packed, gemmRows, gemmInner, gemmOuter, out)
	}, func() error { return expect().check(widen(out)) })
	parties := []party{mine, b.python.party("numkong packed", "numkong packed", "numkong.packed", w, func(a []float64) error { return expect().check(a) })}
	for which, name := range []string{"VPMADDWD+VPADDD", "VPMADDUBSW+VPMADDWD+VPADDD", "VPDPBUSD"} {
		w := want{"which": which, "products": gemmRows * gemmInner * gemmOuter}
		parties = append(parties, b.python.party("peak "+name, "peak", "multiply_add", w, nil))
	}
	yield(measurement{"gemm_i8", fmt.Sprintf("%d rows x %d x %d, packed", gemmRows, gemmInner, gemmOuter), "product", gemmInner * gemmOuter, parties, []bar{
		timesFaster(">= 0.60 of the multiply-add peak", "peak", .6),
	}})
}
