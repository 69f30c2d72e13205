package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nexus-memory/nexus/kernels"
)

// scores lists the fused score and top-8, of as many rows as a flat scan brings.
func (b *bench) scores(yield func(measurement) bool) {
	const n = 64 << 10
	columns := mapped[float32](kernels.FactorCount * n)
	random := rand.New(rand.NewPCG(5, 7))
	for i := range columns {
		columns[i] = random.Float32()
	}
	weights := [kernels.FactorCount]float32{.35, .15, .15, .15, .10, .10}
	var top kernels.Top8
	yield(measurement{"score_top8", fmt.Sprintf("%d rows of 6 factors", n), "row", 4 * kernels.FactorCount, []party{
		checked("nexus", own, n, func() { kernels.ScoreTop8(columns, n, n, &weights, &top) }, func() error {
			return checkTop(&top, columns, n, &weights)
		}),
	}, []bar{costs("<= 0.27 ns a row", .27)}})
}

// checkTop compares the scores with the eight highest in float64; rows whose scores are
// equal to rounding may stand for each other.
func checkTop(top *kernels.Top8, columns []float32, n int, weights *[kernels.FactorCount]float32) error {
	exact := make([]float64, n)
	for i := range exact {
		for f, w := range weights {
			exact[i] += float64(w) * float64(columns[f*n+i])
		}
	}
	best := slices.Clone(exact)
	slices.Sort(best)
	slices.Reverse(best)
	for i, row := range top.Index {
		const slack = 6 * 0x1p-23
		if row < 0 || math.Abs(exact[row]-best[i]) > slack || math.Abs(float64(top.Score[i])-best[i]) > slack {
			return fmt.Errorf("wrong: place %d is row %d with %g, want %g", i, row, top.Score[i], best[i])
		}
	}
	return nil
}
