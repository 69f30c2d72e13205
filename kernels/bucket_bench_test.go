package kernels

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"
)

func BenchmarkBucketSketch(b *testing.B) {
	for _, count := range []int{5, 30, 60, 200, 1000, 4000} {
		hashes := randomU64(count, 1)
		want := offersReference(hashes)
		b.Run(fmt.Sprintf("hashes=%d", count), func(b *testing.B) {
			eachBenchTier(b, opBucketSettle, func(b *testing.B) {
				var sig [SignatureSlots]uint32
				for b.Loop() {
					BucketSketch(&sig, hashes)
				}
				checkBench(b, sig[:], want[:])
			})
		})
	}
}

// BenchmarkBucketSketchOfWords includes the hashing of 1000 words of 8 bytes.
func BenchmarkBucketSketchOfWords(b *testing.B) {
	text := strings.Repeat("abcdefg hijklmn opqrstu vwxyz01 ", 250)
	hashes := make([]uint64, len(text)/8)
	var sig [SignatureSlots]uint32
	for b.Loop() {
		for i := range hashes {
			hashes[i] = xxh3.HashString(text[8*i:][:8]) + uint64(i) // all different
		}
		BucketSketch(&sig, hashes)
	}
	if want := offersReference(hashes); sig != want {
		b.Fatalf("got %x, want %x", sig, want)
	}
}
