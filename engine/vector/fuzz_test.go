package vector

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
)

// FuzzCheckedColumnsAreSafe makes columns of any lengths and values, as a file whose
// checksums were forged may have: what Check lets through can be searched.
func FuzzCheckedColumnsAreSafe(f *testing.F) {
	f.Add(uint16(70), uint8(9), uint8(2), int8(0), int8(0), int8(0), int8(0), int8(0), uint64(1))
	f.Add(uint16(64), uint8(8), uint8(3), int8(0), int8(0), int8(0), int8(0), int8(0), uint64(2))
	f.Add(uint16(64), uint8(8), uint8(1), int8(1), int8(-1), int8(0), int8(64), int8(0), uint64(3))
	f.Fuzz(func(t *testing.T, rowCount uint16, dim, metric uint8, moreBlocks, moreScales, moreErrors, moreSquares, moreCentroid int8, seed uint64) {
		rowCount %= 300
		d, padded := int(dim), quant.PaddedRows(int(rowCount))
		r := rand.New(rand.NewPCG(seed, 1))
		any := func(n int) []float32 {
			values := make([]float32, max(0, n))
			for i := range values {
				values[i] = math.Float32frombits(r.Uint32())
			}
			return values
		}
		p := &Parts{Dim: d, Vectors: any(int(rowCount) * d)}
		p.Bits = quant.Bits{
			Dim: d, Blocks: make([]uint8, max(0, padded*((d+7)/8)+int(moreBlocks))), Scales: any(padded + int(moreScales)),
			Errors: make([]uint8, max(0, padded+int(moreErrors))), Centroid: any(d + int(moreCentroid)), Squares: any(int(moreSquares)),
		}
		for i := int(rowCount); i < len(p.Bits.Scales); i++ {
			p.Bits.Scales[i] = float32(math.NaN())
		}
		if p.Check(int(rowCount)) != nil || d == 0 {
			return
		}
		parts := []Part{{Parts: p, Filter: rows.Filter{Dead: randomSet(r, int(rowCount), .1)}}}
		var s Searcher
		s.Prepare(uniform(r, d), model.Metric(1+metric%3), parts)
		for _, h := range s.Top(nil, 10, never) {
			s.Scores(nil, []rows.Ref{h.Ref})
		}
	})
}
