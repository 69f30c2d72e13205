package kernels

import (
	"fmt"
	"testing"
)

// Sets of rows: one that fits the L1 cache and one that fits the L2 cache.
var benchSets = []struct {
	name  string
	bytes int
}{{"L1", 16 << 10}, {"L2", 512 << 10}}

// eachBenchTier runs bench under every tier that this CPU has.
func eachBenchTier(b *testing.B, op operation, bench func(b *testing.B)) {
	done := map[tier]bool{}
	for _, t := range tiers {
		before := active
		limit(detected & t.allows)
		if chosen := active[op]; !done[chosen] && tiers[chosen].name == t.name {
			done[chosen] = true
			b.Run("tier="+t.name, bench)
		}
		active = before
	}
}

// report adds the time of one row; rows is what one iteration handled.
func report(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

func BenchmarkDotScanF32(b *testing.B) {
	for _, set := range benchSets {
		for _, dim := range []int{256, 384, 768} {
			count := set.bytes / (4 * dim)
			query, rows, out := randomF32(dim, 1), randomF32(dim*count, 2), make([]float32, count)
			want := make([]float32, count)
			dotScanF32Generic(query, rows, want)
			b.Run(fmt.Sprintf("dim=%d/set=%s", dim, set.name), func(b *testing.B) {
				eachBenchTier(b, opDotScanF32, func(b *testing.B) {
					b.SetBytes(int64(4 * len(rows)))
					for b.Loop() {
						DotScanF32(query, rows, out)
					}
					report(b, count)
					for i := range out {
						if d := out[i] - want[i]; d > 1e-3 || d < -1e-3 {
							b.Fatalf("row %d: %g, want %g", i, out[i], want[i])
						}
					}
				})
			})
		}
	}
}

func BenchmarkDotScanI8(b *testing.B) {
	for _, set := range benchSets {
		for _, dim := range []int{256, 384, 768} {
			count := set.bytes / dim
			query, rows, out := randomI8(dim, 1), randomI8(dim*count, 2), make([]int32, count)
			want := make([]int32, count)
			dotScanI8Generic(query, rows, want)
			b.Run(fmt.Sprintf("dim=%d/set=%s", dim, set.name), func(b *testing.B) {
				eachBenchTier(b, opDotScanI8, func(b *testing.B) {
					b.SetBytes(int64(len(rows)))
					for b.Loop() {
						DotScanI8(query, rows, out)
					}
					report(b, count)
					checkBench(b, out, want)
				})
			})
		}
	}
}

func BenchmarkMinHashUpdate(b *testing.B) {
	for _, count := range []int{30, 1000} {
		hashes := randomU32(count, 1)
		want := emptySignature()
		minHashUpdateGeneric(&want, hashes)
		b.Run(fmt.Sprintf("hashes=%d", count), func(b *testing.B) {
			eachBenchTier(b, opMinHashUpdate, func(b *testing.B) {
				var sig [SignatureSlots]uint32
				for b.Loop() {
					sig = emptySignature()
					MinHashUpdate(&sig, hashes)
				}
				checkBench(b, sig[:], want[:])
			})
		})
	}
}

func BenchmarkSignatureScan(b *testing.B) {
	for _, set := range benchSets {
		count := set.bytes / SignatureSlots
		var query [SignatureSlots]uint8
		rows, out, want := make([]uint8, set.bytes), make([]uint8, count), make([]uint8, count)
		r := random(1)
		for i := range rows {
			rows[i] = uint8(r.Uint32() % 3)
		}
		signatureScanGeneric(&query, rows, want)
		b.Run("set="+set.name, func(b *testing.B) {
			eachBenchTier(b, opSignatureScan, func(b *testing.B) {
				b.SetBytes(int64(len(rows)))
				for b.Loop() {
					SignatureScan(&query, rows, out)
				}
				report(b, count)
				checkBench(b, out, want)
			})
		})
	}
}

func BenchmarkScoreTop8(b *testing.B) {
	for _, n := range []int{64, 256, 4096} {
		columns := randomF32(FactorCount*n, 1)
		want := top8Reference(columns, n, n, &testWeights)
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			eachBenchTier(b, opScoreTop8, func(b *testing.B) {
				b.SetBytes(int64(4 * len(columns)))
				var top Top8
				for b.Loop() {
					ScoreTop8(columns, n, n, &testWeights, &top)
				}
				report(b, n)
				if !sameTop(&top, &want) {
					b.Fatalf("got %+v, want %+v", top, want)
				}
			})
		})
	}
}

func checkBench[T comparable](b *testing.B, got, want []T) {
	b.Helper()
	for i := range want {
		if got[i] != want[i] {
			b.Fatalf("result %d is %v, want %v", i, got[i], want[i])
		}
	}
}
