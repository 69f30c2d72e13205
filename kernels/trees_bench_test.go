package kernels

import (
	"fmt"
	"testing"
)

func BenchmarkScoreTrees(b *testing.B) {
	const features, trees = 24, 200
	for _, depth := range []int{3, 6} {
		for _, n := range []int{20, 256, 1000} {
			e := randomEnsemble(depth, trees, features, 1)
			model, columns, out := e.model(b), randomF32(features*n, 2), make([]float32, n)
			want := make([]float32, n)
			for i := range want {
				want[i] = e.score(columns, n, i)
			}
			b.Run(fmt.Sprintf("depth=%d/candidates=%d", depth, n), func(b *testing.B) {
				eachBenchTier(b, opScoreTrees, func(b *testing.B) {
					for b.Loop() {
						ScoreTrees(model, columns, n, n, out)
					}
					report(b, n)
					checkBench(b, out, want)
				})
			})
		}
	}
}
