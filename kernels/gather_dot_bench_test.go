package kernels

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"unsafe"
)

// benchRAM is 1 GiB of random bytes, far more than any cache holds. Four of them are a
// float32 from 0 to 2.
var benchRAM = sync.OnceValue(func() []int8 {
	words := make([]uint64, 1<<27)
	x := uint64(88172645463325252)
	for i := range words {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		words[i] = x & 0x3FFFFFFF_3FFFFFFF
	}
	return unsafe.Slice((*int8)(unsafe.Pointer(&words[0])), 8*len(words)) // SAFETY: same size, same lifetime
})

// gatherIDs is how many rows one turn of a gather benchmark takes.
const gatherIDs = 2048

// gatherVariants are what a gather is compared with, each over random ids from 1 GiB: a
// loop of scans of one row, the kernel without prefetch, and the kernel over sorted ids.
// one handles id i alone; gather handles all ids with the prefetch ahead.
func gatherVariants(b *testing.B, op operation, count int, one func(ids []uint32, i int), gather func(ids []uint32, ahead int)) {
	eachBenchTier(b, op, func(b *testing.B) {
		bench := func(name string, sorted bool, call func(ids []uint32)) {
			b.Run(name, func(b *testing.B) {
				r, ids := random(1), make([]uint32, gatherIDs)
				for b.Loop() {
					b.StopTimer() // other rows every time, or they would be in the cache
					for i := range ids {
						ids[i] = uint32(r.IntN(count))
					}
					if sorted {
						slices.Sort(ids)
					}
					b.StartTimer()
					call(ids)
				}
				report(b, gatherIDs)
			})
		}
		bench("one_by_one", false, func(ids []uint32) {
			for i := range ids {
				one(ids, i)
			}
		})
		for _, ahead := range []int{0, 2, 4, 8} {
			bench(fmt.Sprintf("ahead=%d", ahead), false, func(ids []uint32) { gather(ids, ahead) })
		}
		bench("sorted", true, func(ids []uint32) { gather(ids, gatherAhead) })
	})
}

func BenchmarkGatherDotI8(b *testing.B) {
	for _, dim := range []int{384, 768} {
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			count := len(benchRAM()) / dim
			query, rows, out := randomI8(dim, 1), benchRAM()[:count*dim], make([]int32, gatherIDs)
			gatherVariants(b, opGatherDotI8, count,
				func(ids []uint32, i int) { DotScanI8(query, rows[int(ids[i])*dim:][:dim], out[i:i+1]) },
				func(ids []uint32, ahead int) {
					if !asmGatherDotI8(&query[0], &tailMask[0], &rows[0], &ids[0], &out[0], dim, len(ids), ahead) {
						gatherDotI8Generic(query, rows, ids, out)
					}
				})
			ids := randomIDs(gatherIDs, count, 2)
			GatherDotI8(query, rows, ids, out)
			want := make([]int32, gatherIDs)
			gatherDotI8Generic(query, rows, ids, want)
			checkBench(b, out, want)
		})
	}
}

func BenchmarkGatherDotF64(b *testing.B) {
	for _, dim := range []int{384, 768} {
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			all := unsafe.Slice((*float32)(unsafe.Pointer(&benchRAM()[0])), len(benchRAM())/4) // SAFETY: same size, same lifetime
			count := len(all) / dim
			query, rows, out := randomF32(dim, 1), all[:count*dim], make([]float64, gatherIDs)
			gatherVariants(b, opGatherDotF64, count,
				func(ids []uint32, i int) { DotScanF64(query, rows[int(ids[i])*dim:][:dim], out[i:i+1]) },
				func(ids []uint32, ahead int) {
					if !asmGatherDotF64(&query[0], &rows[0], &ids[0], &out[0], dim, len(ids), ahead) {
						gatherDotF64Generic(query, rows, ids, out)
					}
				})
			ids, want := randomIDs(gatherIDs, count, 2), make([]float64, gatherIDs)
			GatherDotF64(query, rows, ids, out)
			gatherDotF64Generic(query, rows, ids, want)
			checkBench(b, out, want)
		})
	}
}

func BenchmarkGatherDotF32(b *testing.B) {
	for _, dim := range []int{384, 768} {
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			all := unsafe.Slice((*float32)(unsafe.Pointer(&benchRAM()[0])), len(benchRAM())/4) // SAFETY: same size, same lifetime
			count := len(all) / dim
			query, rows, out := randomF32(dim, 1), all[:count*dim], make([]float32, gatherIDs)
			gatherVariants(b, opGatherDotF32, count,
				func(ids []uint32, i int) { DotScanF32(query, rows[int(ids[i])*dim:][:dim], out[i:i+1]) },
				func(ids []uint32, ahead int) {
					if !asmGatherDotF32(&query[0], &rows[0], &ids[0], &out[0], dim, len(ids), ahead) {
						gatherDotF32Generic(query, rows, ids, out)
					}
				})
			ids, want := randomIDs(gatherIDs, count, 2), make([]float32, gatherIDs)
			GatherDotF32(query, rows, ids, out)
			gatherDotF32Generic(query, rows, ids, want)
			for i := range out {
				if d := out[i] - want[i]; d > 1e-3 || d < -1e-3 {
					b.Fatalf("row %d: %g, want %g", ids[i], out[i], want[i])
				}
			}
		})
	}
}
