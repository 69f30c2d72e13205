package segment

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// hashesOf are n sorted hashes, some of them twice there.
func hashesOf(n int, seed uint64) []uint64 {
	r, list := rand.New(rand.NewPCG(seed, 3)), make([]uint64, n)
	for i := range list {
		list[i] = r.Uint64()
		if i%50 == 1 {
			list[i] = list[i-1]
		}
	}
	slices.Sort(list)
	return list
}

func TestKeyFiltersMissNoKeyAndFewOthers(t *testing.T) {
	for _, n := range []int{0, 1, filteredKeys - 1, filteredKeys, 10_000, 1 << 16} {
		c := &content{keyHashes: hashesOf(n, uint64(n))}
		c.sealKeyFilter()
		f, err := c.openKeyFilter()
		if err != nil || (len(f.shards) > 0) != (n >= filteredKeys) {
			t.Fatalf("%d keys: %d shards, %v", n, len(f.shards), err)
		}
		for _, h := range c.keyHashes {
			if f.lacks(h) {
				t.Fatalf("%d keys: %x is not found", n, h)
			}
		}
		if n < filteredKeys {
			continue
		}
		r, wrong := rand.New(rand.NewPCG(5, 5)), 0
		for range 20_000 {
			if !f.lacks(r.Uint64()) {
				wrong++
			}
		}
		if bytes := float64(len(c.keyPrints)) / float64(n); wrong > 120 || bytes > 1.6 {
			t.Fatalf("%d keys: %d of 20,000 absent ones let through, %.2f bytes a key", n, wrong, bytes)
		}
		if allocs := testing.AllocsPerRun(100, func() { f.lacks(7) }); allocs != 0 {
			t.Fatalf("%v allocations", allocs)
		}
	}
}

// TestDamagedKeyFiltersAreRefused alters what a file says of its filters: an error or
// a filter that is safe to ask, never a read outside of it.
func TestDamagedKeyFiltersAreRefused(t *testing.T) {
	c := &content{keyHashes: hashesOf(5000, 1)}
	c.sealKeyFilter()
	r := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		hurt := &content{keyShards: slices.Clone(c.keyShards), keyPrints: c.keyPrints}
		if r.IntN(4) == 0 {
			hurt.keyShards = hurt.keyShards[:r.IntN(len(hurt.keyShards))]
		}
		for i := r.IntN(4); i > 0 && len(hurt.keyShards) > 0; i-- {
			hurt.keyShards[r.IntN(len(hurt.keyShards))] = uint32(1<<r.IntN(32) - r.IntN(2))
		}
		f, err := hurt.openKeyFilter()
		for i := 0; err == nil && i < 100; i++ {
			f.lacks(r.Uint64())
		}
	}
}

// BenchmarkAbsentKey compares ways to learn that none of 16 segments of 65,536 keys
// each, 1 M in all, has a key.
func BenchmarkAbsentKey(b *testing.B) {
	const segments, keys, page = 16, 1 << 16, 4096 / 8
	r := rand.New(rand.NewPCG(1, 1))
	columns, contents, filters := make([][]uint64, segments), make([]content, segments), make([]keyFilter, segments)
	for i := range columns {
		columns[i] = hashesOf(keys, uint64(i))
		contents[i].keyHashes = columns[i]
		contents[i].sealKeyFilter()
		filters[i], _ = contents[i].openKeyFilter()
	}
	b.Run("sorted column", func(b *testing.B) {
		for b.Loop() {
			h := r.Uint64()
			for i := range columns {
				_, _ = slices.BinarySearch(columns[i], h)
			}
		}
		b.ReportMetric(pagesOf(columns[0], r, page)*segments, "pages/op")
	})
	b.Run("binary fuse", func(b *testing.B) {
		for b.Loop() {
			h := r.Uint64()
			for i := range filters {
				filters[i].lacks(h)
			}
		}
		b.ReportMetric(float64(len(contents[0].keyPrints))/keys, "bytes/key")
	})
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			contents[0].sealKeyFilter()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
	})
}

func pagesOf(column []uint64, r *rand.Rand, page int) (mean float64) {
	const rounds = 1000
	for range rounds {
		h, lo, hi, seen := r.Uint64(), 0, len(column), map[int]bool{}
		for lo < hi {
			mid := (lo + hi) / 2
			seen[mid/page] = true
			if column[mid] < h {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		mean += float64(len(seen)) / rounds
	}
	return mean
}
