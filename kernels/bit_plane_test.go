package kernels

import (
	"testing"
)

func init() {
	allocationCalls[opBitPlaneScan] = func() func() {
		planes, blocks, out := make([]uint8, 32*48), randomU8(48*128, 2), make([]uint16, 128)
		return func() { BitPlaneScan(planes, blocks, out) }
	}
}

func TestBitPlaneScanIsExact(t *testing.T) {
	eachTier(t, opBitPlaneScan, func(t *testing.T) {
		for _, columns := range bitColumnCounts {
			for _, count := range []int{1, 3} {
				query, planes := randomU8(8*columns, 1), make([]uint8, 32*columns)
				for j := range query {
					query[j] %= 16
				}
				BitPlanes(query, planes)
				blocks, out := randomU8(columns*count*BitBlockRows, 2), make([]uint16, count*BitBlockRows)
				BitPlaneScan(planes, blocks, out)
				for i, got := range out {
					want := 0
					for j, q := range query {
						want += int(q) * bitOf(blocks[i/BitBlockRows*BitBlockRows*columns:], i%BitBlockRows, j)
					}
					if int(got) != want {
						t.Fatalf("%d columns, row %d: %d, want %d", columns, i, got, want)
					}
				}
			}
		}
	})
}

func BenchmarkBitPlaneScan(b *testing.B) {
	eachBitSet(b, func(b *testing.B, columns, rows int) {
		query, planes := randomU8(8*columns, 1), make([]uint8, 32*columns)
		for j := range query {
			query[j] %= 16
		}
		BitPlanes(query, planes)
		blocks := randomU8(columns*rows, 2)
		out, want := make([]uint16, rows), make([]uint16, rows)
		bitPlaneScanGeneric(planes, blocks, want)
		eachBenchTier(b, opBitPlaneScan, func(b *testing.B) {
			for b.Loop() {
				BitPlaneScan(planes, blocks, out)
			}
			report(b, rows)
			checkBench(b, out, want)
		})
	})
}
