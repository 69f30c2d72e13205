package embed

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/text"
)

// HashingName names Hashing and what it makes of a text.
const HashingName = "hashing-v1-256"

const (
	hashingDim = 256
	// pieceRunesMin and pieceRunesMax bound the pieces of a word.
	pieceRunesMin = 2
	pieceRunesMax = 5
	// pieceShare is how much less a piece weighs than a term: a quarter.
	pieceShare = 4
	// A change of a seed or a table is another embedder, and needs another name.
	termSeed  = 1
	pieceSeed = 0x4E65787573000002
)

// lengthWeights are round(256*sqrt(runes)): a long word is a rarer one, and this
// stands in for the frequencies that an embedder without a corpus cannot know.
// Longer words weigh as 12 runes do.
var lengthWeights = [...]int64{0, 256, 362, 443, 512, 572, 627, 677, 724, 768, 810, 849, 887}

// countWeights are round(256*(1+ln(count))); more than 8 count as 8.
var countWeights = [...]int64{0, 256, 433, 537, 611, 668, 715, 754, 788}

// Hashing is the built-in embedder for languages other than English: the hashing trick (Weinberger
// et al. 2009) over a text's terms and the pieces of 2 to 5 neighbouring runes of "<word>",
// into 256 signed sums of unit length. A piece is the set of its letters without
// their order, so that swapped letters ("recieve") keep most pieces. Stop words
// are left out.
//
// It knows spelling, not meaning: texts are near when they share words, forms of
// a word, or most of a word's letters. "car" and "automobile" are as far apart as
// any two words, and "deceive" is nearer to "receive" than "recieve" is. Alone it
// ranks far below BM25; use it for misspelt questions, and give the engine a real
// model where meaning counts.
//
// The choices come from a trial on turns of long chats ranked by cosine alone
// (1,018 questions, any evidence in the first 8, mean of 5 seeds): terms alone
// about 40 %, with pieces of 3 to 5 letters in order 45.8, of 2 to 5 in order
// 46.6, of 2 to 5 without order 47.2 (this embedder, one seed: 47.6); with all
// words weighing alike about 41, pieces of stems instead of words 45. Pairs of
// words gained nothing. Since I, you and we count (text.Version 2): 48.5, and
// BM25 over the same terms 65.9.
//
// The sums are integers and the rest is single IEEE operations, so that every
// CPU gives the same bits. Safe for concurrent use.
type Hashing struct {
	scratch scratch.Pool[hashingScratch]
}

// hashingScratch is what one Embed at a time needs, some 1 MB with its caches.
type hashingScratch struct {
	analyzer *text.Analyzer // of the embedder's language
	tokens   text.Tokens
	order    []int32
	runes    []uint64 // the hashes of the runes of "<word>"
	sums     [hashingDim]int64
}

// NewHashing returns it for texts of a language that text.Known knows, "" being English;
// panics for another. The vectors of two languages are not
// to be compared, though the name is the same: whoever keeps them keeps the language.
func NewHashing(language string) *Hashing {
	h := &Hashing{}
	h.scratch.New = func() *hashingScratch { return &hashingScratch{analyzer: text.NewAnalyzer(language)} }
	return h
}

// Name implements Embedder.
func (h *Hashing) Name() string { return HashingName }

// Dim implements Embedder.
func (h *Hashing) Dim() int { return hashingDim }

// Embed implements Embedder. A text without terms (empty, punctuation, stop
// words alone) gives the zero vector. About 0.3 us a word; ctx is asked before
// each text. Fails with ctx's error or ErrShape.
func (h *Hashing) Embed(ctx context.Context, texts []string, rows []float32) error {
	if len(rows) != len(texts)*hashingDim {
		return fmt.Errorf("%w: %d numbers for %d texts of %d", ErrShape, len(rows), len(texts), hashingDim)
	}
	s := h.scratch.Get()
	defer h.scratch.Put(s)
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.embed(t, rows[i*hashingDim:(i+1)*hashingDim])
	}
	return nil
}

func (s *hashingScratch) embed(t string, row []float32) {
	clear(s.sums[:])
	s.tokens.Reset()
	s.analyzer.Terms(&s.tokens, t)
	s.eachDistinct(s.addTerm)
	s.tokens.Reset()
	s.analyzer.Words(&s.tokens, t)
	s.eachDistinct(s.addPieces)
	normalise(s.sums[:], row)
}

// eachDistinct gives every different token to add, with the weight of its length
// and of how often it occurs. Equal ones are counted by sorting, without a map.
func (s *hashingScratch) eachDistinct(add func(token []byte, weight int64)) {
	s.order = s.order[:0]
	for i := range s.tokens.Len() {
		s.order = append(s.order, int32(i))
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return bytes.Compare(s.tokens.At(int(a)), s.tokens.At(int(b)))
	})
	for first := 0; first < len(s.order); {
		token := s.tokens.At(int(s.order[first]))
		next := first + 1
		for next < len(s.order) && bytes.Equal(token, s.tokens.At(int(s.order[next]))) {
			next++
		}
		runes := min(utf8.RuneCount(token), len(lengthWeights)-1)
		add(token, lengthWeights[runes]*countWeights[min(next-first, len(countWeights)-1)])
		first = next
	}
}

func (s *hashingScratch) addTerm(term []byte, weight int64) {
	s.add(xxh3.HashSeed(term, termSeed), weight)
}

// addPieces adds the pieces of a word that is no stop word. A piece's hash mixes
// the sum of its runes' hashes, which does not depend on their order.
func (s *hashingScratch) addPieces(word []byte, weight int64) {
	if s.analyzer.IsStopWord(word) {
		return
	}
	s.runes = append(s.runes[:0], mix64('<'))
	for at := 0; at < len(word); {
		r, size := utf8.DecodeRune(word[at:])
		s.runes = append(s.runes, mix64(uint64(r)))
		at += size
	}
	s.runes = append(s.runes, mix64('>'))
	for first := range s.runes {
		sum := uint64(pieceSeed)
		for i, hash := range s.runes[first:min(first+pieceRunesMax, len(s.runes))] {
			sum += hash
			if i+1 >= pieceRunesMin {
				s.add(mix64(sum), weight/pieceShare)
			}
		}
	}
}

// mix64 is the finaliser of splitmix64 (Steele, Lea and Flood 2014).
func mix64(h uint64) uint64 {
	h += 0x9E3779B97F4A7C15
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// add puts a feature's weight, signed by its hash, on the sum its hash names.
// Signs make the features that share a sum cancel on average.
func (s *hashingScratch) add(hash uint64, weight int64) {
	if hash>>63 != 0 {
		weight = -weight
	}
	s.sums[hash%hashingDim] += weight
}

// normalise writes sums as a vector of unit length, or zero if they are zero.
func normalise(sums []int64, row []float32) {
	square := 0.0
	for _, v := range sums {
		square += float64(float64(v) * float64(v)) // converted: no fused product
	}
	if square == 0 {
		clear(row)
		return
	}
	length := math.Sqrt(square)
	for i, v := range sums {
		row[i] = float32(float64(v) / length)
	}
}
