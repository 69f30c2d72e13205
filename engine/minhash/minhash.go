// Package minhash sketches texts so that near-duplicates are found without
// reading the texts again: 128 bytes a text, compared by a kernel's scan.
//
// A text is taken as the set of its words and pairs of neighbouring words. The
// share of equal slots of two signatures estimates the Jaccard similarity of the
// two sets (Broder 1997), each slot kept to its low byte (Li and König 2010). It
// sees copied and lightly edited text. It does not see texts that say the same
// in other words, and a short text inside a long one is not similar to it.
package minhash

import (
	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/kernels"
)

// Version names how signatures are made. It is stored with them; only
// signatures of one version, over words of one text.Version, may be compared.
//
//	1  128 independent minima of hashes folded to 32 bits (kernels.MinHashUpdate)
//	2  bucket signatures of 64-bit hashes (kernels.BucketUpdate)
const Version = 2

// DuplicateThreshold is the estimated similarity from which two texts count as
// near-duplicates: 90 of 128 bytes equal. At a true similarity of .55 that
// happens by chance once in some 3,000 comparisons, at .85 it is nearly sure.
const DuplicateThreshold = 0.70

// Signature is a text's sketch, as kernels.SignatureScan compares it.
//
// The zero signature stands for a text without words. It is no text's duplicate,
// not even another empty one's: ask IsEmpty of a signature before scanning with
// it. That check is enough, as an empty row differs from every other signature.
type Signature = [kernels.SignatureSlots]uint8

// IsEmpty reports whether s is the signature of a text without words.
func IsEmpty(s *Signature) bool { return *s == Signature{} }

// Jaccard returns the estimated similarity, 0..1, of two texts that share equal
// of the 128 bytes. Bytes that differ as minima are equal once in 256; that is
// taken off. The standard error is at most .045, most in the middle.
func Jaccard(equal uint8) float32 { return jaccard[equal] }

// jaccard holds them all; beyond 128 they are as of 128.
var jaccard = func() (table [256]float32) {
	const chance = 1.0 / 256
	for equal := range table {
		share := float64(float64(equal) / kernels.SignatureSlots) // exact: 128 is a power of two
		table[equal] = float32(min(1, max(0, (share-chance)/(1-chance))))
	}
	return table
}()

// hashesMax bounds the scratch. Kernel calls take no more at a time.
const hashesMax = 1024

// Sketcher makes signatures. It holds scratch, 8 KiB for long texts, and is
// owned by one goroutine at a time; the zero value is ready.
type Sketcher struct {
	hashes []uint64
	minima [kernels.SignatureSlots]uint32
}

// Sketch returns the signature of a text's words, as Analyzer.Words gives them.
// The order of words counts through their pairs, repetition does not. The same
// words give the same signature on every machine. Expected O(words), O(128 * words)
// at worst, if most are repetitions; does not allocate once warm.
func (s *Sketcher) Sketch(words *text.Tokens) Signature {
	if words.Len() == 0 {
		return Signature{}
	}
	for i := range s.minima {
		s.minima[i] = ^uint32(0)
	}
	before := uint64(0)
	for i := range words.Len() {
		word := xxh3.Hash(words.At(i))
		s.add(word)
		if i > 0 {
			s.add(pair(before, word))
		}
		before = word
	}
	s.flush()
	return s.signature()
}

// pair returns the hash of two neighbouring words. Not symmetric: "dog bites"
// and "bites dog" are different shingles.
func pair(first, second uint64) uint64 {
	return mix64(first*0x9E3779B97F4A7C15 + second)
}

// mix64 is the finaliser of splitmix64 (Steele, Lea and Flood 2014).
func mix64(h uint64) uint64 {
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// add puts a shingle's hash into the batch.
func (s *Sketcher) add(hash uint64) {
	if len(s.hashes) == hashesMax {
		s.flush()
	}
	s.hashes = append(s.hashes, hash)
}

// flush lowers the minima by the batch.
func (s *Sketcher) flush() {
	kernels.BucketUpdate(&s.minima, s.hashes)
	s.hashes = s.hashes[:0]
}

// signature keeps the low byte of each minimum, which is well mixed. Not all are zero:
// even those of a single shingle differ, as it comes to each slot in another round.
func (s *Sketcher) signature() (out Signature) {
	for i, m := range s.minima {
		out[i] = uint8(m)
	}
	return out
}
