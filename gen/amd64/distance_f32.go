package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// distanceF32 emits the squared distance and the squared norm, which share everything
// with the dot product but the term that is added.
func distanceF32(e emitter) {
	const l2 = "sets out[i] to the squared distance of query and row i, for count rows of dim elements."
	e.kernel("L2ScanF32", "AVX2", l2)
	(&scan{emitter: e, arithmetic: &l2AVX2{f32AVX2{name: "L2ScanF32"}}, shift: 2, stepBytes: 32}).emit()
	e.kernel("L2ScanF32", "AVX512", l2)
	(&scan{emitter: e, arithmetic: &l2AVX512{}, shift: 2, stepBytes: 64}).emit()

	const norm = "sets out[i] to the sum of the squares of row i, for count rows of dim elements."
	e.kernel("SquaredNormsF32", "AVX2", norm)
	(&scan{emitter: e, arithmetic: &normAVX2{f32AVX2{name: "SquaredNormsF32"}}, shift: 2, stepBytes: 32, noQuery: true}).emit()
	e.kernel("SquaredNormsF32", "AVX512", norm)
	(&scan{emitter: e, arithmetic: &normAVX512{}, shift: 2, stepBytes: 64, noQuery: true}).emit()
}

// addSquare adds v*v to the sums.
func (e emitter) addSquare(v, sum reg.VecVirtual) { e.VFMADD231PS(v, v, sum) }

// l2AVX2 adds (query-row)^2; lanes without an element are 0-0.
type l2AVX2 struct{ f32AVX2 }

func (*l2AVX2) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	d := s.YMM()
	s.VSUBPS(row, query, d)
	s.addSquare(d, sum)
}

func (l *l2AVX2) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	d := s.YMM()
	s.VMASKMOVPS(indexed(row, s.offset, 0), l.mask, d)
	s.VSUBPS(d, query, d)
	s.addSquare(d, sum)
}

type l2AVX512 struct{ f32AVX512 }

func (*l2AVX512) add(s *scan, query reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	d := s.ZMM()
	s.VSUBPS(row, query, d)
	s.addSquare(d, sum)
}

func (l *l2AVX512) addTail(s *scan, query reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	d := s.ZMM()
	s.VMOVUPS_Z(indexed(row, s.offset, 0), l.mask, d)
	s.VSUBPS(d, query, d)
	s.addSquare(d, sum)
}

// normAVX2 adds row^2.
type normAVX2 struct{ f32AVX2 }

func (*normAVX2) add(s *scan, _ reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.YMM()
	s.VMOVUPS(row, r)
	s.addSquare(r, sum)
}

func (n *normAVX2) addTail(s *scan, _ reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.YMM()
	s.VMASKMOVPS(indexed(row, s.offset, 0), n.mask, r)
	s.addSquare(r, sum)
}

type normAVX512 struct{ f32AVX512 }

func (*normAVX512) add(s *scan, _ reg.VecVirtual, row Mem, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VMOVUPS(row, r)
	s.addSquare(r, sum)
}

func (n *normAVX512) addTail(s *scan, _ reg.VecVirtual, row reg.GPVirtual, sum reg.VecVirtual) {
	r := s.ZMM()
	s.VMOVUPS_Z(indexed(row, s.offset, 0), n.mask, r)
	s.addSquare(r, sum)
}
