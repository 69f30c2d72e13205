// Package fuse chooses the hits of an answer from the candidates of all
// engines: six weighted factors, near-duplicates collapsed, diversity kept.
//
// Candidates are a structure of arrays. The choice is greedy, as in maximal
// marginal relevance (Carbonell and Goldstein 1998): score all candidates with
// the fused kernel, take the best, lower the diversity of what resembles it,
// strike out what repeats it, and go on. Each step is a few vector scans, so 256
// candidates cost some tens of microseconds and no allocation. All arithmetic is
// either of integers or of single float32 operations in a fixed order: every CPU
// chooses the same hits.
package fuse

import (
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/minhash"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/kernels"
)

// CandidatesMax bounds a batch: four engines with HitCountMax candidates each.
const CandidatesMax = 4 * model.HitCountMax

const signatureBytes = kernels.SignatureSlots

// Batch holds the candidates of one question, in order of their IDs, so that a
// lower index is the tie-break. It is reused from question to question.
type Batch struct {
	// Columns hold factor f of candidate i at [f*CandidatesMax+i]. Diversity is
	// fuse's own; the others are the caller's, each 0..1.
	Columns    [model.FactorCount * CandidatesMax]float32
	Signatures []uint8   // candidates x 128, MinHash
	Codes      []int8    // candidates x stride, INT8 vectors; stride 0 = no vectors
	Scales     []float32 // dot of codes x both scales is the cosine
	Count      int
	Stride     int
}

// Reset empties the batch for vectors of stride codes.
func (b *Batch) Reset(stride int) {
	b.Count, b.Stride = 0, stride
	b.Signatures, b.Codes, b.Scales = b.Signatures[:0], b.Codes[:0], b.Scales[:0]
}

// Add appends a candidate and returns its index; ok is false when full.
func (b *Batch) Add(signature []uint8, codes []int8, scale float32) (index int, ok bool) {
	if b.Count == CandidatesMax {
		return 0, false
	}
	b.Signatures = append(b.Signatures, signature...)
	b.Codes = append(b.Codes, codes...)
	b.Scales = append(b.Scales, scale)
	b.Count++
	return b.Count - 1, true
}

// Column returns the values of one factor, one a candidate.
func (b *Batch) Column(f model.Factor) []float32 {
	return b.Columns[int(f)*CandidatesMax:][:b.Count]
}

// Pick is one chosen candidate.
type Pick struct {
	Index   int
	Score   float32
	Factors model.Factors
}

// Fuser holds the scratch of one choice. One goroutine at a time.
type Fuser struct {
	top     kernels.Top8
	equal   [CandidatesMax]uint8
	dots    [CandidatesMax]int32
	struck  [CandidatesMax]int32 // 0 = open, else 1 + rank of the pick that took or stands for it
	weights [model.FactorCount]float32
	picks   []Pick
}

var minusInf = float32(math.Inf(-1))

// Choose returns the best k candidates, best first; ties by index. The result
// is valid until the next call. The batch's relevance and diversity columns are
// used up.
func (f *Fuser) Choose(b *Batch, weights *model.Weights, k int) []Pick {
	f.picks = f.picks[:0]
	clear(f.struck[:b.Count])
	f.weights = *weights
	diversity := b.Column(model.Diversity)
	for i := range diversity {
		diversity[i] = 1
	}
	for len(f.picks) < k {
		kernels.ScoreTop8(b.Columns[:], CandidatesMax, b.Count, &f.weights, &f.top)
		if f.top.Count == 0 {
			break
		}
		f.take(b, int(f.top.Index[0]), f.top.Score[0])
	}
	return f.picks
}

// Duplicates appends to dst the indexes of the near-duplicates that the pick of
// that rank stands for, after Choose.
func (f *Fuser) Duplicates(dst []int, b *Batch, rank int) []int {
	for i, s := range f.struck[:b.Count] {
		if s == int32(rank)+1 && i != f.picks[rank].Index {
			dst = append(dst, i)
		}
	}
	return dst
}

// take records a pick, strikes out what repeats it and lowers the diversity of
// what resembles it.
func (f *Fuser) take(b *Batch, chosen int, score float32) {
	p := Pick{Index: chosen, Score: score}
	for factor := range p.Factors {
		p.Factors[factor] = b.Columns[factor*CandidatesMax+chosen]
	}
	f.picks = append(f.picks, p)
	n, rank := b.Count, int32(len(f.picks))
	own := (*[signatureBytes]uint8)(b.Signatures[chosen*signatureBytes:])
	kernels.SignatureScan(own, b.Signatures[:n*signatureBytes], f.equal[:n])
	if b.Stride > 0 {
		kernels.DotScanI8(b.Codes[chosen*b.Stride:(chosen+1)*b.Stride], b.Codes[:n*b.Stride], f.dots[:n])
	}
	f.strike(b, chosen, rank)
	empty := minhash.IsEmpty(own)
	diversity := b.Column(model.Diversity)
	for i := range n {
		if f.struck[i] != 0 {
			continue
		}
		alike := f.alike(b, chosen, i, empty)
		if alike.words >= minhash.DuplicateThreshold {
			f.strike(b, i, rank)
			continue
		}
		diversity[i] = min(diversity[i], 1-max(alike.words, alike.vectors, 0))
	}
}

// strike closes a candidate: a factor of minus infinity is never chosen.
func (f *Fuser) strike(b *Batch, i int, rank int32) {
	f.struck[i] = rank
	b.Column(model.Relevance)[i] = minusInf
}

// likeness is how much two candidates say the same, by two measures up to 1.
type likeness struct{ words, vectors float32 }

func (f *Fuser) alike(b *Batch, chosen, i int, empty bool) (l likeness) {
	if !empty {
		l.words = minhash.Jaccard(f.equal[i])
	}
	if b.Stride > 0 {
		l.vectors = min(1, float32(float32(f.dots[i])*b.Scales[chosen])*b.Scales[i])
	}
	return l
}

// Normalize maps scores to 0..1 by (x-low)/(high-low), in place. Where all are
// equal there is nothing to tell them apart by, and they keep what they are.
func Normalize(scores []float64, low, high float64) {
	for i, x := range scores {
		if high > low {
			x = (x - low) / (high - low)
		}
		scores[i] = min(1, max(0, x))
	}
}

// Range returns the least and the largest score; 0, 0 for none.
func Range(scores []float64) (low, high float64) {
	if len(scores) == 0 {
		return 0, 0
	}
	return slices.Min(scores), slices.Max(scores)
}
