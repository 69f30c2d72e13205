// Package learning learns what somebody prefers from what he said of the hits that he was
// shown, and gives other candidates a bonus for it.
//
// Two learners stand one on the other. Rocchio's (Rocchio 1971, "Relevance feedback in
// information retrieval") keeps the centroid of what was liked and of what was disliked, of
// words and of vectors: how far a candidate lies towards the one and away from the other are
// two of its features. A ridge regression of the judgements on all features, LinUCB's (Li,
// Chu, Langford and Schapire 2010, arXiv 1003.0146, algorithm 1), says what each is worth:
// whether the subjects decide, or who speaks, how long, how old, in which form.
//
// A bonus counts as far as the profile has foretold what its owner said: every judgement is
// predicted before it is learnt, and the correlation of both (Dawid 1984, "Present position
// and potential developments: the prequential approach") scales the bonus. So the judgements
// of somebody who presses at random move next to nothing, and whoever has said nothing has no
// profile at all.
//
// Nothing here knows stores or texts: values in, values out. Sums are float64 in a fixed
// order with explicit conversions, so that every CPU gives the same bits. docs/design/learning.md
// has the measurements behind the constants.
package learning

import (
	"math"
	"slices"
	"strings"
)

// Feature is one of the numbers that a judgement is explained by.
type Feature int

// The features. Traits, those behind Meaning, are filled in by who knows the candidate.
const (
	Bias    Feature = iota // 1: how kindly its owner judges; adds nothing to a bonus
	Words                  // -1..1, towards the words of what was liked
	Meaning                // -1..1, towards its vectors; 0 without vectors
	Fresh                  // 0..1, halved by every 30 days of age
	Weighty                // -1..1, importance, 0 where it is not given
	Long                   // 0..1, by the logarithm of its terms
	AsFact                 // 1 where it is of that kind
	AsProcedure
	FromUser // 1 where one of that role speaks
	FromAssistant
	FromPerson
	AsQuestion // 1 where it has that form
	AsList
	AsCode
	WithNumber
	FirstPerson
	FeatureCount
)

var featureNames = [FeatureCount]string{"bias", "words", "meaning", "fresh", "weighty", "long", "fact", "procedure", "user", "assistant", "person",
	"question", "list", "code", "number", "first person"}

// String returns the feature's name, as exports write it.
func (f Feature) String() string { return featureNames[f] }

// Features are the values of one candidate.
type Features [FeatureCount]float64

// Limits of what is learnt from.
const (
	// WordsMax bounds the words of a profile: each costs a question a look-up in every part.
	WordsMax = 48
	// SampleWordsMax bounds the words of one sample; the first ones count.
	SampleWordsMax = 256
	// BonusMax is the largest share of its relevance that a preference adds to a candidate
	// or takes from it.
	BonusMax = .35
)

// Sample is a memory that somebody judged.
type Sample struct {
	Words  []string  // its different terms
	Vector []float32 // nil = none; of one length in all samples of a profile
	Traits Features  // but Bias, Words and Meaning, which are the learner's
	Value  float64   // -1..1, what its owner said
}

// Word is a word of a profile and what it is worth, -1..1.
type Word struct {
	Text  string
	Worth float64
}

// Profile is what was learnt. It never changes; any goroutine may use it.
type Profile struct {
	// Words are those that tell most about the taste, the most telling first, ties in the
	// order of their bytes; WordsMax at most.
	Words []Word
	// Direction is of length 1 and leads from what was disliked to what was liked; nil
	// where no sample had a vector.
	Direction []float32
	// Worth is what one of each feature is worth; of Bias, what nothing is known of.
	Worth Features
	// Trust, 0..1, is how far the profile has foretold what was said.
	Trust float64
	// Samples is how many judgements it was learnt from.
	Samples int

	// inverse is (I + sum x x')^-1, of LinUCB: how little is known of a direction.
	inverse matrix
}

// Bonus returns which share of its relevance is added to that of a candidate of such
// features, -BonusMax..BonusMax. O(FeatureCount²), no allocation.
func (p *Profile) Bonus(x *Features) float64 {
	known := 0.0
	for f := Bias + 1; f < FeatureCount; f++ {
		known += float64(p.Worth[f] * x[f])
	}
	known += float64(curiosity * math.Sqrt(p.inverse.square(x)))
	return float64(BonusMax * float64(p.Trust*clamp(known)))
}

// clamp bounds a number by -1 and 1.
func clamp(x float64) float64 { return max(-1, min(1, x)) }

// Squash turns the sum of the worths of the words that a text has into the feature Words.
func Squash(sum float64) float64 { return sum / (squashHalf + math.Abs(sum)) }

const (
	// squashHalf is the sum of worths that is half of the most.
	squashHalf = .5
	// fading is how much more each judgement counts than the one before it: one counts half
	// of one that came 140 later.
	fading = 1.005
	// ridge is how many judgements the assumption that nothing is worth anything counts.
	ridge = 1
	// usual is how much of the mean of all judgements is taken for granted: not all of it, as
	// somebody who likes everything tells something too.
	usual = .8
	// shrink is how many judgements the assumption that nothing is liked counts.
	shrink = 2
	// burn is how many judgements come before a prediction counts half of what it may: the
	// first ones are of next to nothing.
	burn = 8
	// doubt, divided by the fourth root of the number of judgements, is held against the
	// correlation: 1.5 of its standard errors where there are 20, 2.3 where there are 120. What
	// is so shows in few and the more in many, and who is judged anew all the time, and at
	// random, must not be believed once by chance.
	doubt = .7
	// certain is the deviation of what was said from which on it can be foretold: where
	// everything was liked alike there is nothing to foretell, and the profile is trusted.
	certain = .05
	// curiosity is LinUCB's alpha, what a standard deviation of what is not known is worth.
	curiosity = .1
)

// Learner makes a profile of samples. One goroutine at a time; the zero value is ready.
type Learner struct {
	liked, disliked centroid
	all             centroid // of samples alike, whatever was said of them
	said            float64  // sum of weight times value
	weight          float64  // of the next sample
	gram            matrix   // sum of weight x x'
	told            Features
	worth           Features
	foretold        correlation
	samples         int
}

// Observe learns from the next sample, which later ones come to outweigh. O(words + length of
// the vector + FeatureCount³).
func (l *Learner) Observe(s *Sample) {
	if l.samples == 0 {
		l.weight = 1
		l.gram.addDiagonal(ridge)
	}
	x := s.Traits
	x[Bias], x[Words], x[Meaning] = 1, l.words(s.Words), l.meaning(s.Vector)
	predicted := 0.0
	for f := Bias + 1; f < FeatureCount; f++ {
		predicted += float64(l.worth[f] * x[f])
	}
	l.foretold.add(float64(l.weight*(float64(l.samples)/float64(l.samples+burn))), predicted, s.Value)
	l.gram.addOuter(l.weight, &x)
	for f := range x {
		l.told[f] += float64(float64(l.weight*s.Value) * x[f])
	}
	l.worth = l.gram.solve(&l.told)
	l.take(s)
	l.samples++
	l.weight *= fading
}

// take adds a sample to the centroid of its side: that of what was liked more than usual, or
// of what was liked less.
func (l *Learner) take(s *Sample) {
	l.all.add(l.weight, s)
	l.said += float64(l.weight * s.Value)
	value := s.Value - float64(usual*(l.said/l.all.weight))
	side := &l.liked
	if value < 0 {
		side = &l.disliked
	}
	side.add(float64(l.weight*math.Abs(value)), s)
}

// words returns the feature Words of a text by what was learnt so far.
func (l *Learner) words(list []string) float64 {
	sum := 0.0
	for _, w := range list[:min(len(list), SampleWordsMax)] {
		sum += l.worthOf(w)
	}
	return Squash(sum)
}

// worthOf returns what a word is worth: the share of what was liked that has it, less that of
// what was disliked; the less, the more of all that was judged has it, as a word that all
// have tells nothing.
func (l *Learner) worthOf(word string) float64 {
	common := l.all.words[word] / max(1, l.all.weight)
	return float64((l.liked.share(word, l.weight) - l.disliked.share(word, l.weight)) * (1 - common))
}

// meaning returns the feature Meaning of a vector by what was learnt so far.
func (l *Learner) meaning(v []float32) float64 {
	if v == nil || l.liked.sum == nil && l.disliked.sum == nil {
		return 0
	}
	product, square, own := 0.0, 0.0, 0.0
	for i, a := range v {
		d := l.towards(i)
		product += float64(d * float64(a))
		square += float64(d * d)
		own += float64(float64(a) * float64(a))
	}
	if square == 0 || own == 0 {
		return 0
	}
	return product / math.Sqrt(float64(square*own))
}

// towards returns a number of the vector from what was disliked to what was liked.
func (l *Learner) towards(i int) float64 {
	return l.liked.mean(i, l.weight) - l.disliked.mean(i, l.weight)
}

// Profile returns what was learnt; nil where nothing was.
func (l *Learner) Profile() *Profile {
	if l.samples == 0 {
		return nil
	}
	p := &Profile{Words: l.tellingWords(), Direction: l.direction(), Worth: l.worth, Samples: l.samples}
	p.Trust = l.foretold.trust()
	p.inverse = l.gram.inverse()
	return p
}

// tellingWords returns the words that are worth most, whichever way.
func (l *Learner) tellingWords() []Word {
	list := make([]Word, 0, len(l.liked.words)+len(l.disliked.words))
	for w := range l.liked.words {
		list = append(list, Word{w, l.worthOf(w)})
	}
	for w := range l.disliked.words {
		if _, both := l.liked.words[w]; !both {
			list = append(list, Word{w, l.worthOf(w)})
		}
	}
	slices.SortFunc(list, func(a, b Word) int {
		switch x, y := math.Abs(a.Worth), math.Abs(b.Worth); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return strings.Compare(a.Text, b.Text)
	})
	return slices.Clone(list[:min(len(list), WordsMax)])
}

// direction returns the unit vector from what was disliked to what was liked.
func (l *Learner) direction() []float32 {
	n := max(len(l.liked.sum), len(l.disliked.sum))
	square := 0.0
	for i := range n {
		d := l.towards(i)
		square += float64(d * d)
	}
	if square == 0 {
		return nil
	}
	length, v := math.Sqrt(square), make([]float32, n)
	for i := range v {
		v[i] = float32(l.towards(i) / length)
	}
	return v
}

// centroid is the weighted mean of samples, of their words and of their vectors.
type centroid struct {
	weight, vectors float64 // of all samples, of those with a vector
	words           map[string]float64
	sum             []float64
}

func (c *centroid) add(weight float64, s *Sample) {
	if c.words == nil {
		c.words = map[string]float64{}
	}
	c.weight += weight
	for _, w := range s.Words[:min(len(s.Words), SampleWordsMax)] {
		c.words[w] += weight
	}
	square := 0.0
	for _, a := range s.Vector {
		square += float64(float64(a) * float64(a))
	}
	if square == 0 {
		return
	}
	if c.sum == nil {
		c.sum = make([]float64, len(s.Vector))
	}
	c.vectors += weight
	scale := weight / math.Sqrt(square)
	for i, a := range s.Vector {
		c.sum[i] += float64(float64(a) * scale)
	}
}

// share returns the share of the samples that have a word, shrunk by samples of a weight
// that have none.
func (c *centroid) share(word string, weight float64) float64 {
	return c.words[word] / (c.weight + float64(shrink*max(1, weight)))
}

func (c *centroid) mean(i int, weight float64) float64 {
	if c.sum == nil {
		return 0
	}
	return c.sum[i] / (c.vectors + float64(shrink*max(1, weight)))
}

// correlation is of what was predicted and what was said.
type correlation struct{ weight, squares, x, y, xx, yy, xy float64 }

func (c *correlation) add(weight, x, y float64) {
	c.weight += weight
	c.squares += float64(weight * weight)
	c.x += float64(weight * x)
	c.y += float64(weight * y)
	c.xx += float64(float64(weight*x) * x)
	c.yy += float64(float64(weight*y) * y)
	c.xy += float64(float64(weight*x) * y)
}

// trust returns how far what was predicted can be relied on, 0..1: the correlation, less what
// chance may have made of it.
func (c *correlation) trust() float64 {
	if c.weight == 0 {
		return 0
	}
	mx, my := c.x/c.weight, c.y/c.weight
	dx, dy := math.Sqrt(max(0, c.xx/c.weight-float64(mx*mx))), math.Sqrt(max(0, c.yy/c.weight-float64(my*my)))
	if dx == 0 {
		return 0 // nothing was predicted yet
	}
	covariance := c.xy/c.weight - float64(mx*my)
	r := (covariance/dx + certain) / (dy + certain)
	chance := doubt / math.Sqrt(math.Sqrt(float64(c.weight*c.weight)/c.squares))
	return max(0, min(1, (r-chance)/max(certain, 1-chance)))
}
