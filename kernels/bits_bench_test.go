package kernels

import (
	"fmt"
	"math"
	"testing"
)

// Sets of codes: one that fits the L1 cache and one that takes half of a small L2 cache.
var bitSets = []struct {
	name  string
	bytes int
}{{"L1", 24 << 10}, {"L2", 256 << 10}}

// eachBitSet runs bench for sets of whole blocks.
func eachBitSet(b *testing.B, bench func(b *testing.B, columns, rows int)) {
	for _, set := range bitSets {
		for _, dim := range []int{384, 768} {
			columns := BitColumns(dim)
			rows := set.bytes / (columns * BitBlockRows) * BitBlockRows
			b.Run(fmt.Sprintf("dim=%d/set=%s", dim, set.name), func(b *testing.B) { bench(b, columns, rows) })
		}
	}
}

func BenchmarkHammingScan(b *testing.B) {
	eachBitSet(b, func(b *testing.B, columns, rows int) {
		query, blocks := randomU8(columns, 1), randomU8(columns*rows, 2)
		out, want := make([]uint16, rows), make([]uint16, rows)
		hammingScanGeneric(query, blocks, want)
		eachBenchTier(b, opHammingScan, func(b *testing.B) {
			b.SetBytes(int64(len(blocks)))
			for b.Loop() {
				HammingScan(query, blocks, out)
			}
			report(b, rows)
			checkBench(b, out, want)
		})
	})
}

func BenchmarkRaBitQScan(b *testing.B) {
	eachBitSet(b, func(b *testing.B, columns, rows int) {
		tables, blocks, scale := make([]uint8, columns*bitTableBytes), randomU8(columns*rows, 2), randomF32(rows, 3)
		delta := BuildBitTables(randomF32(8*columns, 1), tables)
		out, want := make([]float32, rows), make([]float32, rows)
		raBitQScanGeneric(tables, blocks, delta, scale, nil, want)
		eachBenchTier(b, opRaBitQScan, func(b *testing.B) {
			b.SetBytes(int64(len(blocks)))
			for b.Loop() {
				RaBitQScan(tables, blocks, delta, scale, nil, out)
			}
			report(b, rows)
			checkBench(b, out, want)
		})
	})
}

func BenchmarkBuildBitTables(b *testing.B) {
	for _, dim := range []int{384, 768} {
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			query, tables := randomF32(dim, 1), make([]uint8, BitColumns(dim)*bitTableBytes)
			delta := float32(0)
			for b.Loop() {
				delta = BuildBitTables(query, tables)
			}
			if !(delta > 0 && delta < math.MaxFloat32) {
				b.Fatalf("delta is %g", delta)
			}
		})
	}
}

func BenchmarkSignBits(b *testing.B) {
	for _, dim := range []int{384, 768} {
		row := randomF32(dim, 1)
		bits, want := make([]uint8, BitColumns(dim)), make([]uint8, BitColumns(dim))
		signBitsGeneric(row, want)
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			eachBenchTier(b, opSignBits, func(b *testing.B) {
				b.SetBytes(int64(4 * dim))
				for b.Loop() {
					SignBits(row, bits)
				}
				checkBench(b, bits, want)
			})
		})
	}
}
