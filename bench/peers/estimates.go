package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/nexus-memory/nexus/kernels"
)

// barDimRaBitQ is the dimension that the bars of 1-bit estimates are set for.
const barDimRaBitQ = 384

// estimates lists the scans that estimate distances from 1-bit codes (RaBitQ). The set is
// the codes' size, dim/8 bytes and 8 for the factors of a row.
func (b *bench) estimates(yield func(measurement) bool) {
	for _, s := range b.machine.sets {
		for _, dim := range []int{barDimRaBitQ, barDim} {
			rowBytes := dim/8 + 8
			if s.name == "RAM" {
				continue // a peer's index is built of float32 rows: 14 GB of them
			}
			if !yield(b.rabitq(shape{s, dim, rowBytes, s.bytes / rowBytes})) {
				return
			}
		}
	}
}

func (b *bench) rabitq(s shape) measurement {
	rows, query := b.estimated.rows[:s.dim*s.count], b.estimated.query[:s.dim]
	nearRows(rows, query, s.dim)
	err := b.estimated.write()
	expect := lazy(func() []float64 { return squaredDistances(rows, query) })
	check := func(answer []float64) error { return errors.Join(err, checkEstimates(answer, expect(), s.dim)) }
	parties := []party{ownEstimate(rows, query, s, check)}
	for _, bits := range []int{4, 8} {
		w := want{"rows": b.estimated.rowsPath, "query": b.estimated.queryPath, "dim": s.dim, "count": s.count, "query_bits": bits}
		parties = append(parties, b.python.party(fmt.Sprintf("faiss RaBitQFastScan, %d-bit query", bits), "faiss", "faiss.rabitq", w, check))
	}
	m := measurement{"rabitq_scan", s.dataset(), "row", float64(s.rowBytes), parties, nil}
	if s.set.name == "L2" && s.dim == barDimRaBitQ {
		m.bars = []bar{costs("<= 2.0 ns a row", 2), atMost("<= 0.25x faiss RaBitQ fast scan", "faiss", .25)}
	}
	return m
}

// ownEstimate is the own scan of the codes of unit rows: the squared distance to a unit
// query is 2 - 2<o, q>. The tables of the query are made outside of the time, as faiss's
// are subtracted.
func ownEstimate(rows, query []float32, s shape, check func([]float64) error) party {
	columns, code := kernels.BitColumns(s.dim), make([]uint8, kernels.BitColumns(s.dim))
	blocks := newBitBlocks(columns, s.count, func(i int) []uint8 {
		kernels.SignBits(rows[i*s.dim:][:s.dim], code)
		return code
	})
	padded := len(blocks) / columns
	scale, add, out := mapped[float32](padded), mapped[float32](padded), mapped[float32](padded)
	for i := range s.count {
		var squares, sum float64
		for _, x := range rows[i*s.dim:][:s.dim] {
			squares += float64(x) * float64(x)
			sum += math.Abs(float64(x))
		}
		scale[i], add[i] = float32(-2*squares/sum), 2
	}
	tables := make([]uint8, 32*columns)
	delta := kernels.BuildBitTables(query, tables)
	return checked("nexus", own, s.count, func() {
		kernels.RaBitQScan(tables, blocks, delta, scale, add, out)
	}, func() error { return check(widen(out[:s.count])) })
}

// nearRows fills unit rows at cosines of -.5 to 1 from a random unit query: neighbours of
// all degrees, where independent random rows would all be equally far.
func nearRows(rows, query []float32, dim int) {
	random := rand.New(rand.NewPCG(uint64(dim), 11))
	normal := func(v []float64) {
		var sum float64
		for i := range v {
			v[i] = random.NormFloat64()
			sum += v[i] * v[i]
		}
		for i := range v {
			v[i] /= math.Sqrt(sum)
		}
	}
	q, other := make([]float64, dim), make([]float64, dim)
	normal(q)
	for i, x := range q {
		query[i] = float32(x)
	}
	for ; len(rows) >= dim; rows = rows[dim:] {
		normal(other)
		along := 0.0
		for i, x := range other {
			along += x * q[i]
		}
		cosine := -.5 + 1.5*random.Float64()
		across := math.Sqrt((1 - cosine*cosine) / (1 - along*along))
		for i, x := range other {
			rows[i] = float32(cosine*q[i] + across*(x-along*q[i]))
		}
	}
}

func squaredDistances(rows, query []float32) []float64 {
	out := make([]float64, len(rows)/len(query))
	for i := range out {
		for j, x := range rows[i*len(query):][:len(query)] {
			d := float64(x) - float64(query[j])
			out[i] += d * d
		}
	}
	return out
}

// checkEstimates holds squared distances of unit vectors to what RaBitQ promises: an error
// of the inner product (half of the distance's) of O(1/sqrt(dim)), about half of that in
// theory, and no bias.
func checkEstimates(got, want []float64, dim int) error {
	if len(got) != len(want) {
		return fmt.Errorf("wrong: %d estimates, want %d", len(got), len(want))
	}
	rms, bias := deviation(got, want)
	rms, bias = rms/2, bias/2
	n := math.Sqrt(float64(len(got)))
	if limit := 1 / math.Sqrt(float64(dim)); !(rms <= limit) {
		return fmt.Errorf("wrong: error of the inner product %.4f, want at most %.4f", rms, limit)
	}
	// The rows share the query's own error, so the mean is surer than the rows, but not
	// by the square root of their number.
	if limit := 5*rms/n + .005; math.Abs(bias) > limit {
		return fmt.Errorf("wrong: bias %.4f, want at most %.4f", bias, limit)
	}
	return nil
}

// deviation returns the root mean square and the mean of got-want.
func deviation(got, want []float64) (rms, bias float64) {
	for i := range got {
		e := got[i] - want[i]
		rms += e * e
		bias += e
	}
	n := float64(len(got))
	return math.Sqrt(rms / n), bias / n
}
