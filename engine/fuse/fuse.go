// Package fuse chooses the hits of an answer from the candidates of all
// engines: six weighted factors, near-duplicates collapsed, diversity kept.
//
// Candidates are a structure of arrays. The choice is greedy, as in maximal
// marginal relevance (Carbonell and Goldstein 1998): score all candidates with
// the fused kernel, take the best, lower the diversity of what resembles it,
// strike out what repeats it, and go on.
//
// Diversity only ever falls, so that a score of before is a bound: a candidate's
// vector is compared with the hits only once it has come to the top (the lazy greedy
// choice of Minoux 1978), which is exactly what comparing all of them would choose.
// Of 110 candidates some 30 are, and only their vectors are read. All arithmetic is
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
	Signatures []uint8 // candidates x 128, MinHash
	Count      int

	// Stride is how many INT8 codes a vector has; 0 = no vectors. Encode appends those of
	// candidate i to dst and returns their scale: the dot of two candidates' codes x both
	// scales is their cosine. It is called once at most for each, while hits are chosen.
	Stride int
	Encode func(dst []int8, i int) ([]int8, float32)

	// Behind lists candidates that are not chosen before another one; without circles.
	Behind []Behind

	// Drawn is how many picks are drawn by lot in place of the last of the best, and Lot
	// gives candidate i its 64 random bits; not used where Drawn is 0.
	Drawn int
	Lot   func(i int) uint64
}

// Behind says that a candidate is chosen only once Front is, or is struck out.
type Behind struct{ Candidate, Front int }

// Reset empties the batch for vectors of stride codes.
func (b *Batch) Reset(stride int) {
	b.Count, b.Stride, b.Behind = 0, stride, b.Behind[:0]
	b.Signatures, b.Drawn = b.Signatures[:0], 0
}

// Add appends a candidate and returns its index; ok is false when full.
func (b *Batch) Add(signature []uint8) (index int, ok bool) {
	if b.Count == CandidatesMax {
		return 0, false
	}
	b.Signatures = append(b.Signatures, signature...)
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
	struck  [CandidatesMax]int32 // 0 = open, else 1 + rank of the pick that took or stands for it
	weights [model.FactorCount]float32
	picks   []Pick
	held    []float32 // relevance of the batch's Behind, until it is their turn
	lots    []lot

	compared [CandidatesMax]int32 // how many picks a candidate's vector was compared with
	place    [CandidatesMax]int32 // 1 + its place in codes and scales, 0 = not encoded
	codes    []int8               // encoded candidates x stride
	scales   []float32
	chosen   []int8 // picks x stride
	dots     []int32
}

var minusInf = float32(math.Inf(-1))

// Choose returns the best k candidates, best first; ties by index. Of them, the batch's Drawn
// are the last, in the order in which they were drawn by lot instead. The result
// is valid until the next call. The batch's relevance and diversity columns are
// used up. No weight may be negative.
func (f *Fuser) Choose(b *Batch, weights *model.Weights, k int) []Pick {
	f.picks = f.picks[:0]
	clear(f.struck[:b.Count])
	clear(f.compared[:b.Count])
	clear(f.place[:b.Count])
	f.codes, f.scales, f.chosen = f.codes[:0], f.scales[:0], f.chosen[:0]
	f.weights = *weights
	diversity := b.Column(model.Diversity)
	for i := range diversity {
		diversity[i] = 1
	}
	f.held = f.held[:0]
	for _, h := range b.Behind {
		relevance := &b.Column(model.Relevance)[h.Candidate]
		f.held = append(f.held, *relevance)
		*relevance = minusInf
	}
	f.best(b, k-min(k, b.Drawn))
	f.draw(b, k)
	f.best(b, k) // where too few could be drawn
	return f.picks
}

// best takes the best open candidates until there are k picks.
func (f *Fuser) best(b *Batch, k int) {
	for len(f.picks) < k {
		kernels.ScoreTop8(b.Columns[:], CandidatesMax, b.Count, &f.weights, &f.top)
		if f.top.Count == 0 {
			return
		}
		if best, score, known := f.bestOfTop(b); known {
			f.take(b, best, score)
		}
	}
}

// bestOfTop compares the candidates at the top with the picks that they were not compared
// with yet, best first, until none that follows can be better than what was. Where all of
// them fell it is not known which is best: they are to be ranked anew.
func (f *Fuser) bestOfTop(b *Batch) (best int, score float32, known bool) {
	score = minusInf
	for at, candidate := range f.top.Index[:f.top.Count] {
		i, exact := int(candidate), f.top.Score[at]
		if score > exact {
			return best, score, true
		}
		stale := b.Stride > 0 && int(f.compared[i]) < len(f.picks)
		if stale {
			f.compare(b, i)
			exact = f.score(b, i)
		}
		if exact > score || exact == score && i < best {
			best, score = i, exact
		}
		if !stale {
			return best, score, true // all that follow rank behind this one
		}
	}
	last := len(f.top.Index) - 1
	return best, score, f.top.Count <= int32(last) || score > f.top.Score[last]
}

// score returns the bits that kernels.ScoreTop8 gives a candidate.
func (f *Fuser) score(b *Batch, i int) float32 {
	sum := float32(f.weights[0] * b.Columns[i])
	for factor, weight := range f.weights[1:] {
		sum = float32(sum + float32(weight*b.Columns[(factor+1)*CandidatesMax+i]))
	}
	return sum
}

// compare lowers a candidate's diversity by the likeness of its vector to the picks that
// it was not compared with yet.
func (f *Fuser) compare(b *Batch, i int) {
	codes, scale := f.encoded(b, i)
	from := int(f.compared[i])
	f.compared[i] = int32(len(f.picks))
	f.dots = slices.Grow(f.dots[:0], len(f.picks))[:len(f.picks)-from]
	kernels.DotScanI8(codes, f.chosen[from*b.Stride:], f.dots)
	diversity := &b.Column(model.Diversity)[i]
	for at, dot := range f.dots {
		pick := f.place[f.picks[from+at].Index] - 1
		alike := min(1, float32(float32(dot)*f.scales[pick])*scale)
		*diversity = min(*diversity, 1-beyond(alike, vectorsFrom))
	}
}

// encoded returns the codes of a candidate and their scale.
func (f *Fuser) encoded(b *Batch, i int) (codes []int8, scale float32) {
	if f.place[i] == 0 {
		f.codes, scale = b.Encode(f.codes, i)
		f.scales = append(f.scales, scale)
		f.place[i] = int32(len(f.scales))
	}
	at := int(f.place[i]) - 1
	return f.codes[at*b.Stride:][:b.Stride], f.scales[at]
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
// what shares words with it.
func (f *Fuser) take(b *Batch, chosen int, score float32) {
	p := Pick{Index: chosen, Score: score}
	for factor := range p.Factors {
		p.Factors[factor] = b.Columns[factor*CandidatesMax+chosen]
	}
	f.picks = append(f.picks, p)
	n, rank := b.Count, int32(len(f.picks))
	if b.Stride > 0 {
		codes, _ := f.encoded(b, chosen)
		f.chosen = append(f.chosen, codes...)
	}
	f.strike(b, chosen, rank)
	own := (*[signatureBytes]uint8)(b.Signatures[chosen*signatureBytes:])
	if minhash.IsEmpty(own) {
		return
	}
	kernels.SignatureScan(own, b.Signatures[:n*signatureBytes], f.equal[:n])
	diversity := b.Column(model.Diversity)
	for i, equal := range f.equal[:n] {
		if f.struck[i] != 0 {
			continue
		}
		alike := minhash.Jaccard(equal)
		if alike >= minhash.DuplicateThreshold {
			f.strike(b, i, rank)
			continue
		}
		diversity[i] = min(diversity[i], 1-beyond(alike, wordsFrom))
	}
}

// strike closes a candidate: a factor of minus infinity is never chosen. What stood behind
// it may be.
func (f *Fuser) strike(b *Batch, i int, rank int32) {
	f.struck[i] = rank
	relevance := b.Column(model.Relevance)
	relevance[i] = minusInf
	for at, h := range b.Behind {
		if h.Front == i && f.struck[h.Candidate] == 0 {
			relevance[h.Candidate] = f.held[at]
		}
	}
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

// The likeness that turns about one subject have, by words and by vectors: only what is
// beyond it repeats the hits above. Turns that answer one question together are alike: with
// vectors compared from .5 on, as words are, the second and third of them fell behind turns
// that answered nothing (docs/design/coverage.md).
const (
	wordsFrom   = .5
	vectorsFrom = .85
)

// beyond maps a likeness between from and 1 to 0..1.
func beyond(alike, from float32) float32 { return max(0, (alike-from)*(1/(1-from))) }
