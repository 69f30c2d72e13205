package segment

import (
	"math/bits"
	"runtime"
	"slices"

	"github.com/FastFilter/xorfilter"
)

// Which keys a segment may have is told by binary fuse filters of 8 bits (Graf and
// Lemire 2022, "Binary Fuse Filters", section 3): a key that is not there is told so
// without reading the file but for one in 256. Without them such a question searches
// the sorted column of every segment: 112 pages over 16 segments of 65,536 keys against
// no page, and about nine times as long (BenchmarkAbsentKey).
const (
	filteredKeys = 2048 // fewer are not worth it: they are in memory, or a few pages
	// shardKeys is how many keys share a filter: building one takes some 100 us, after
	// which others may run.
	shardKeys  = 512
	shardWords = 4 // of keyShards: seed, low and high; segment length; segment count
)

// shardOf returns the shard of a hash, of 1<<shardBits by their first bits.
func shardOf(hash uint64, shardBits int) int { return int(hash >> (64 - shardBits)) }

// sealKeyFilter makes the filters of the sorted keyHashes; none where there are few
// keys, or where a filter cannot be made.
func (c *content) sealKeyFilter() {
	c.keyShards, c.keyPrints = c.keyShards[:0], c.keyPrints[:0]
	if len(c.keyHashes) < filteredKeys {
		return
	}
	shardBits := bits.Len(uint(len(c.keyHashes)/shardKeys)) - 1
	var builder xorfilter.BinaryFuseBuilder
	own := make([]uint64, 0, 2*shardKeys) // building sorts and drops what is twice there
	rest := c.keyHashes
	for shard := range 1 << shardBits {
		end := 0
		for end < len(rest) && shardOf(rest[end], shardBits) == shard {
			end++
		}
		own = slices.Compact(append(own[:0], rest[:end]...))
		rest = rest[end:]
		if len(own) == 0 {
			c.keyShards = append(c.keyShards, 0, 0, 0, 0)
			continue
		}
		f, err := xorfilter.BuildBinaryFuse[uint8](&builder, own)
		if err != nil {
			c.keyShards, c.keyPrints = c.keyShards[:0], c.keyPrints[:0]
			return
		}
		c.keyShards = append(c.keyShards, uint32(f.Seed), uint32(f.Seed>>32), f.SegmentLength, f.SegmentCount)
		c.keyPrints = append(c.keyPrints, f.Fingerprints...)
		runtime.Gosched()
	}
}

// keyFilter tells which keys a segment surely lacks. The zero value knows nothing.
type keyFilter struct {
	shards    []xorfilter.BinaryFuse[uint8]
	shardBits int
}

// openKeyFilter reads a content's filters into memory: they are to be asked without
// reading the file. 1.5 bytes a key.
func (c *content) openKeyFilter() (f keyFilter, err error) {
	count := len(c.keyShards) / shardWords
	if count == 0 && len(c.keyPrints) == 0 {
		return f, nil
	}
	if count < 2 || count&(count-1) != 0 || len(c.keyShards)%shardWords != 0 {
		return f, corrupt("a filter of keys in %d words", len(c.keyShards))
	}
	f.shardBits, f.shards = bits.Len(uint(count))-1, make([]xorfilter.BinaryFuse[uint8], count)
	prints := slices.Clone(c.keyPrints)
	for i := range f.shards {
		words := c.keyShards[i*shardWords:]
		length, segments := words[2], words[3]
		size := uint64(length) * (uint64(segments) + 2)
		if length&(length-1) != 0 || size > uint64(len(prints)) || length != 0 && segments == 0 {
			return f, corrupt("filter %d of keys: %d segments of %d", i, segments, length)
		}
		f.shards[i] = xorfilter.BinaryFuse[uint8]{
			Seed: uint64(words[0]) | uint64(words[1])<<32, SegmentLength: length, SegmentLengthMask: max(length, 1) - 1,
			SegmentCount: segments, SegmentCountLength: segments * length, Fingerprints: prints[:size:size],
		}
		prints = prints[size:]
	}
	if len(prints) > 0 {
		return f, corrupt("filters of keys: %d bytes too many", len(prints))
	}
	return f, nil
}

// lacks reports that no key has this hash; false where one may. It does not allocate.
func (f *keyFilter) lacks(hash uint64) bool {
	if len(f.shards) == 0 {
		return false
	}
	shard := &f.shards[shardOf(hash, f.shardBits)]
	return len(shard.Fingerprints) == 0 || !shard.Contains(hash)
}
