package fit

import (
	"context"
	"testing"
)

// BenchmarkFit grows 20 trees from 4,000 questions of 20 candidates and 8 columns.
func BenchmarkFit(b *testing.B) {
	train := planted(b, 4000, 5, []string{"a", "b", "c", "d", "e", "f", "g", "h"}, func(r []float32) float64 { return float64(r[0] - r[1]*r[2]) })
	for b.Loop() {
		if _, _, err := Fit(context.Background(), train, nil, Options{Trees: 20}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/20/1e6, "ms/tree")
}
