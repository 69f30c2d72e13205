package search

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/search/signals"
)

// Bind makes a ranker ready for Question.Ranker. ErrInvalid if it knows no signal of this build.
func Bind(m *rank.Model) (*rank.Scorer, error) { return m.Bind(signals.Names()) }

// builtIn returns the ranker that comes with Nexus, for the signals of this build. All
// stores of a process share it: 270 KB, and .1 ms to make.
var builtIn = sync.OnceValue(func() *rank.Scorer {
	scorer, err := Bind(rank.BuiltIn())
	if err != nil {
		panic(err) // a test opens it
	}
	return scorer
})

// relevance fills the relevance and confidence columns.
func (s *state) relevance() {
	s.combine(s.by)
	if s.by == model.FusionLearnt {
		s.rank()
	}
}

// rankSpan is how far below the best candidate, by the ranker's score, the relevance is 0:
// about where the hits of a question end.
const rankSpan = 4

// rank fills the relevance column by the ranker: a straight line from 1 for the best
// candidate, so that what the other factors add weighs alike all the way down the hits. The
// ranker counts among those whose agreement is confidence.
func (s *state) rank() {
	s.ranked = slices.Grow(s.ranked[:0], len(s.refs))[:len(s.refs)]
	s.ranker.Score(s.table.Columns[:], signals.CandidatesMax, len(s.refs), s.ranked)
	best := float32(0)
	if len(s.ranked) > 0 {
		best = slices.Max(s.ranked)
	}
	relevance, confidence := s.batch.Column(model.Relevance), s.batch.Column(model.Confidence)
	for i, x := range s.ranked {
		r := max(0, 1-(float64(best)-float64(x))/rankSpan)
		relevance[i] = float32(r)
		if confidence[i] > 0 {
			confidence[i] = float32((r + float64(confidence[i])) / 2)
		}
	}
}

// combine fills both from the engines' scores alone: the shares of the engines in what
// fusion makes of their scores, and the geometric mean of these.
func (s *state) combine(by model.Fusion) {
	total, used := s.shares()
	s.sums = slices.Grow(s.sums[:0], len(s.refs))[:len(s.refs)]
	s.products = slices.Grow(s.products[:0], len(s.refs))[:len(s.refs)]
	agreed := 1.0
	if s.contradicted() {
		agreed = 0
	}
	for c := range s.sums {
		s.sums[c], s.products[c] = 0, agreed
	}
	for i := range s.runs {
		if !s.runs[i].used() {
			continue
		}
		s.normalize(i)
		for c, x := range s.scores[i] {
			s.products[c] *= x
		}
		switch by {
		case model.FusionRRF:
			s.reciprocalRanks(s.scores[i])
		case model.FusionDBSF:
			spread(s.scores[i])
		}
		for c, x := range s.scores[i] {
			s.sums[c] += float64(x * float64(s.share(i)/total))
		}
	}
	for c := range s.sums {
		s.batch.Column(model.Relevance)[c] = float32(s.sums[c])
		s.batch.Column(model.Confidence)[c] = float32(root(s.products[c], used))
	}
}

// normalize maps an engine's scores to 0..1.
func (s *state) normalize(i int) {
	low, high := fuse.Range(s.scores[i])
	if s.runs[i].engine.Name() == "lexical" {
		low = 0 // no matching word is a zero of its own right
	} else if s.by == model.FusionLearnt {
		low, _ = fuse.Range(s.runs[i].scores)
		low -= high - low // the turns around what was found are less alike, and not nothing
	}
	fuse.Normalize(s.scores[i], low, high)
}

// rankPart is what reciprocal ranks count from, as in the paper.
const rankPart = 60

// reciprocalRanks replaces scores by (60+1)/(60+rank), the best having rank 1; ties go to
// the earlier row.
func (s *state) reciprocalRanks(scores []float64) {
	s.order = s.order[:0]
	for i := range scores {
		s.order = append(s.order, int32(i))
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(scores[a], scores[b]), cmp.Compare(a, b))
	})
	for at, i := range s.order {
		scores[i] = (rankPart + 1) / float64(rankPart+1+at)
	}
}

// spread maps scores to where they lie between three standard deviations below their mean
// and three above it, 0..1.
func spread(scores []float64) {
	var sum, squares float64
	for _, x := range scores {
		sum += x
	}
	mean := sum / float64(max(1, len(scores)))
	for _, x := range scores {
		squares += float64((x - mean) * (x - mean))
	}
	deviation := math.Sqrt(squares / float64(max(1, len(scores))))
	fuse.Normalize(scores, mean-3*deviation, mean+3*deviation)
}

// engineShare is an engine's part in relevance beside another one's. The built-in
// embedders weigh less than a model: a table of words knows a part of what texts mean, and
// hashing sees spelling alone.
const (
	lexicalShare = .5
	vectorShare  = .5
	wordsShare   = .35 // of .15, .25, .35 and .5, LoCoMo and BEAM prefer none
	hashingShare = .2
)

func (s *state) share(i int) float64 {
	space := &s.question.View.Space
	switch {
	case s.runs[i].engine.Name() == "lexical":
		return lexicalShare
	case !space.SeesMeaning():
		return hashingShare
	case space.IsBuiltIn():
		return wordsShare
	}
	return vectorShare
}

// shares returns the shares of the engines that were used, added up, and how many they are.
func (s *state) shares() (total float64, used int) {
	for i := range s.runs {
		if s.runs[i].used() {
			total += s.share(i)
			used++
		}
	}
	return total, used
}

// contradicted reports whether an engine looked and found nothing at all.
func (s *state) contradicted() bool {
	for i := range s.runs { // by index: a copy would read what a late engine writes
		if r := &s.runs[i]; r.asked && r.done && errors.Is(r.err, ErrNoMatch) {
			return true
		}
	}
	return false
}

// root returns the n-th root for the n there are: 1, 2 and 4 engines, by square
// roots, which IEEE 754 defines to the last bit.
func root(x float64, n int) float64 {
	for ; n > 1; n /= 2 {
		x = math.Sqrt(x)
	}
	return x
}
