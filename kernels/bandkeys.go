package kernels

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// BandKeys sets keys[b] to a hash of band b of a signature: of the slots b*rowsPerBand up
// to (b+1)*rowsPerBand. Texts that share a key are candidates for near-duplicates, which
// SignatureScan32 or an exact comparison then verifies (locality-sensitive hashing: Indyk
// and Motwani, STOC 1998; in bands: Leskovec, Rajaraman and Ullman, section 3.4).
//
// The number of the band goes into its key, so the keys of all bands may lie in one table.
// At a similarity of J the chance to share a key is 1-(1-J^rows)^bands; with 128 slots, at
// J = .60 / .70 / .80, 21 bands of 6 rows find .63 / .93 / .998 and 25 of 5 find
// .87 / .99 / 1.0. Bands that differ share a key by chance, once in 2^64.
// Shape: 1 <= rowsPerBand and rowsPerBand*len(keys) <= 128; slots behind the last band are
// not used. Exact: no CPU tiers; keys may be stored. O(rowsPerBand*len(keys)), no
// allocation. sig is not written. Panics if the bands do not fit (caller bug).
//
// It is plain Go: 25 bands of 5 rows take 140 ns and 21 of 6 take 130 ns on Zen 3, and
// BandKeys8 a fifth less, once for each text. Vectors would not help much: AVX2 and NEON
// have no product of 64 bits.
func BandKeys(sig *[SignatureSlots]uint32, rowsPerBand int, keys []uint64) {
	checkBands("BandKeys", rowsPerBand, len(keys))
	for b := range keys {
		rows := sig[b*rowsPerBand:][:rowsPerBand]
		key := bandSeed(b)
		for len(rows) >= 2 {
			key = absorb(key, uint64(rows[0])|uint64(rows[1])<<32)
			rows = rows[2:]
		}
		if len(rows) == 1 {
			key = absorb(key, uint64(rows[0]))
		}
		keys[b] = mixBand(key)
	}
}

// BandKeys8 is BandKeys for the low bytes of a signature, the form that SignatureScan
// compares and segments store. Rows of different minima are equal once in 256 more often,
// which adds less than .01 to the chance to share a key. The keys are not those of
// BandKeys. Up to eight rows are one number, whose hash is a permutation: bands of up to
// eight rows that differ never share a key, apart from those of different numbers.
func BandKeys8(sig *[SignatureSlots]uint8, rowsPerBand int, keys []uint64) {
	checkBands("BandKeys8", rowsPerBand, len(keys))
	for b := range keys {
		rows := sig[b*rowsPerBand:][:rowsPerBand]
		key := bandSeed(b)
		for len(rows) > 8 {
			key = absorb(key, binary.LittleEndian.Uint64(rows))
			rows = rows[8:]
		}
		last := 8 * len(rows) // bits of what is left, which ends a signature or not
		end := binary.LittleEndian.Uint64(sig[max(0, (b+1)*rowsPerBand-8):])
		if (b+1)*rowsPerBand < 8 {
			end <<= 64 - 8*((b+1)*rowsPerBand)
		}
		keys[b] = mixBand(absorb(key, end>>(64-last)))
	}
}

// checkBands panics unless the bands fit into a signature.
func checkBands(operation string, rowsPerBand, bands int) {
	if rowsPerBand < 1 || rowsPerBand > SignatureSlots || bands*rowsPerBand > SignatureSlots {
		panic(fmt.Sprintf("kernels: %s: %d bands of %d rows in %d slots", operation, bands, rowsPerBand, SignatureSlots))
	}
}

// bandSeed starts the key of band b; splitmix64 steps by the same constant.
func bandSeed(b int) uint64 { return uint64(b+1) * 0x9E3779B97F4A7C15 }

// absorb adds 64 bits of rows to a key: a permutation of either for any value of the
// other. The turn brings the upper bits down, which a product never does.
func absorb(key, rows uint64) uint64 {
	return bits.RotateLeft64((key^rows)*0xBF58476D1CE4E5B9, 32)
}

// mixBand is a permutation of 64 bits with every bit depending on every other: the
// finaliser of splitmix64 (Steele, Lea and Flood 2014), as in splitmix64.
func mixBand(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}
