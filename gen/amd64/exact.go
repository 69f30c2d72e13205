package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exact emits the float64 sums over float32 rows in the arrangement that package kernels
// defines, the same on every tier: element j goes to sum j mod 8, and
//
//	result = (s0+s4 + s2+s6) + (s1+s5 + s3+s7)
//
// The product of two float32 is exact in float64, so fusing it with the addition changes
// nothing; the square of a difference is not, so L2 multiplies and adds apart.
func exact(e emitter) {
	for _, l2 := range []bool{false, true} {
		name, doc := "DotScanF64", "sets out[i] to the dot product of query and row i in float64, for count rows of dim elements."
		if l2 {
			name, doc = "L2ScanF64", "sets out[i] to the squared distance of query and row i in float64, for count rows of dim elements."
		}
		e.kernel(name, "AVX2", doc)
		(&rowwise{emitter: e, arithmetic: &exactAVX2{exactSums: exactSums{l2}, name: name}, queryBytes: 4, rowBytes: 4, outBytes: 8, step: 8}).emit()
		e.kernel(name, "AVX512", doc)
		(&rowwise{emitter: e, arithmetic: &exactAVX512{exactSums: exactSums{l2}}, queryBytes: 4, rowBytes: 4, outBytes: 8, step: 8}).emit()
	}
	const name, doc = "GatherDotF64", "sets out[i] to the dot product of query and row ids[i] in float64, for count rows of dim elements,\n" +
		"and prefetches the row of ids[i+ahead]."
	e.kernel(name, "AVX2", doc)
	(&rowwise{emitter: e, arithmetic: &exactAVX2{name: name}, queryBytes: 4, rowBytes: 4, outBytes: 8, step: 8, gather: true}).emit()
	e.kernel(name, "AVX512", doc)
	(&rowwise{emitter: e, arithmetic: &exactAVX512{}, queryBytes: 4, rowBytes: 4, outBytes: 8, step: 8, gather: true}).emit()
}

// exactSums is what both widths share.
type exactSums struct{ l2 bool }

func (x exactSums) add(r *rowwise, query, row, sums []vec) {
	for i := range sums {
		if x.l2 {
			r.VSUBPD(row[i], query[i], row[i])
			r.VMULPD(row[i], row[i], row[i])
			r.VADDPD(row[i], sums[i], sums[i])
		} else {
			r.VFMADD231PD(row[i], query[i], sums[i])
		}
	}
}

// store adds up four sums in y: halves first, then the two that are left.
func (x exactSums) storeYMM(r *rowwise, y vec, place Mem) {
	upper := r.XMM()
	r.VEXTRACTF128(U8(1), y.AsY(), upper)
	r.VADDPD(upper, y.AsX(), upper)
	odd := r.XMM()
	r.VPERMILPD(U8(1), upper, odd)
	r.VADDSD(odd, upper, upper)
	r.VMOVSD(upper, place)
}

// exactAVX2 holds eight sums in two registers.
type exactAVX2 struct {
	exactSums
	name string
	mask reg.VecVirtual
}

func (x *exactAVX2) prepare(r *rowwise) { x.mask = r.slidingMask("mask"+x.name, r.tailCount()) }

func (*exactAVX2) accumulators(r *rowwise) []vec {
	return []vec{r.YMM(), r.YMM()}
}

func (x *exactAVX2) loadQuery(r *rowwise, place Mem) []vec { return x.loadRow(r, place) }

func (*exactAVX2) loadRow(r *rowwise, place Mem) []vec {
	low, high := r.YMM(), r.YMM()
	r.VCVTPS2PD(place, low)
	place.Disp += 16
	r.VCVTPS2PD(place, high)
	return []vec{low, high}
}

func (x *exactAVX2) tailQuery(r *rowwise) []vec { return x.tailRow(r, r.query) }

func (x *exactAVX2) tailRow(r *rowwise, row reg.GPVirtual) []vec {
	v, upper, low, high := r.YMM(), r.XMM(), r.YMM(), r.YMM()
	r.VMASKMOVPS(r.elementAt(row, r.element, 0), x.mask, v)
	r.VCVTPS2PD(v.AsX(), low)
	r.VEXTRACTF128(U8(1), v, upper)
	r.VCVTPS2PD(upper, high)
	return []vec{low, high}
}

func (x *exactAVX2) store(r *rowwise, sums []vec, place Mem) {
	r.VADDPD(sums[1], sums[0], sums[0])
	x.storeYMM(r, sums[0], place)
}

// exactAVX512 holds eight sums in one register.
type exactAVX512 struct {
	exactSums
	mask reg.OpmaskVirtual
}

func (x *exactAVX512) prepare(r *rowwise) { x.mask = r.bitMask(r.tailCount()) }

func (*exactAVX512) accumulators(r *rowwise) []vec { return []vec{r.ZMM()} }

func (x *exactAVX512) loadQuery(r *rowwise, place Mem) []vec { return x.loadRow(r, place) }

func (*exactAVX512) loadRow(r *rowwise, place Mem) []vec {
	v := r.ZMM()
	r.VCVTPS2PD(place, v)
	return []vec{v}
}

func (x *exactAVX512) tailQuery(r *rowwise) []vec { return x.tailRow(r, r.query) }

func (x *exactAVX512) tailRow(r *rowwise, row reg.GPVirtual) []vec {
	v := r.ZMM()
	r.VCVTPS2PD_Z(r.elementAt(row, r.element, 0), x.mask, v)
	return []vec{v}
}

func (x *exactAVX512) store(r *rowwise, sums []vec, place Mem) {
	upper := r.YMM()
	r.VEXTRACTF64X4(U8(1), sums[0], upper)
	r.VADDPD(upper, sums[0].AsY(), upper)
	x.storeYMM(r, upper, place)
}
