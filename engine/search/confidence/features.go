package confidence

import (
	"math"

	"github.com/nexus-memory/nexus/engine/search/signals"
)

// topCount is how many of the best candidates are looked at: the hits that a question
// gets by default, and those that the probability is about.
const topCount = 8

// ownNames are the features that are not a signal of candidates, in their order.
var ownNames = [...]string{
	"ranker_best",      // the best score
	"ranker_lead",      // how far the second is below it
	"ranker_drop",      // how far the last of the top
	"ranker_rest",      // how far the mean of all candidates
	"ranker_top",       // mean of the top
	"words_known",      // words of the question that occur in the store, of all
	"words_best",       // idf of the words in the best candidate's window, see signals.Table.Found
	"words_best_lacks", // idf of the rarest that it lacks
	"words_best_count", // how many words it lacks
	"words_top",        // the same of the windows of the top
	"words_top_lacks",  //
	"words_top_count",  //
	"named_covered",    // coverage by the turn of the best covered of the top whose speaker is named
	"cosine_lead",      // how far the most similar candidate is above the mean, in standard deviations
	"asked_covered",    // coverage by the window of the best covered of the top that holds what is asked for
	"asked_named",      // the same of the question's names
	"asked_count",      // how many of the top hold what is asked for
}

// bestColumns are signals of the best candidate.
var bestColumns = [...]signals.Column{
	signals.BM25TurnMass, signals.BM25WindowMass, signals.CoverageTurn, signals.RarestTurn, signals.CosineTurn,
	signals.NamesTurn, signals.NamesWindow, signals.SpeakerNamed, signals.TellsAskedTime, signals.AfterQuestion,
}

// topColumns are signals that the most of the top is a feature of.
var topColumns = [...]signals.Column{
	signals.BM25TurnMass, signals.BM25WindowMass, signals.BM25SessionMass, signals.CoverageWindow, signals.CosineTurn, signals.TellsAskedTime,
}

// questionColumns are signals that are the same for all candidates. What kind of
// collection it is, is none of them: probabilities that lean on it are off in others.
var questionColumns = [...]signals.Column{
	signals.AsksPlace, signals.AsksPerson, signals.AsksReason, signals.AsksYesNo, signals.AsksList, signals.AsksSummary,
	signals.CueLatest, signals.CueChange,
}

const featureCount = len(ownNames) + len(bestColumns) + len(topColumns) + len(questionColumns)

// Names lists the features in the order of Gauge.Features.
func Names() []string {
	names := ownNames[:len(ownNames):len(ownNames)]
	for _, of := range []struct {
		prefix  string
		columns []signals.Column
	}{{"best_", bestColumns[:]}, {"top_", topColumns[:]}, {"", questionColumns[:]}} {
		for _, c := range of.columns {
			names = append(names, of.prefix+c.String())
		}
	}
	return names
}

// Gauge computes features. The zero value is ready. One goroutine at a time.
type Gauge struct {
	values []float32
	top    []int32 // the best candidates, best first, ties by row
}

// Features returns the features of a question whose candidates a table describes and a
// ranker scored, one a candidate; at least one. NaN where a feature is not known. Valid
// until the next call. O(candidates), no allocation once warm.
func (g *Gauge) Features(t *signals.Table, scores []float32) []float32 {
	g.values = g.values[:0]
	g.choose(scores)
	g.ranker(scores)
	g.words(t)
	g.likeness(t)
	g.asked(t)
	best := int(g.top[0])
	for _, c := range bestColumns {
		g.add(t.Column(c)[best])
	}
	for _, c := range topColumns {
		g.add(g.most(t.Column(c)))
	}
	for _, c := range questionColumns {
		g.add(t.Column(c)[0])
	}
	return g.values
}

func (g *Gauge) add(values ...float32) { g.values = append(g.values, values...) }

// choose finds the top.
func (g *Gauge) choose(scores []float32) {
	g.top = g.top[:0]
	for i, score := range scores {
		at := len(g.top)
		if at < topCount {
			g.top = append(g.top, 0)
		} else if at--; score <= scores[g.top[at]] {
			continue
		}
		for ; at > 0 && score > scores[g.top[at-1]]; at-- {
			g.top[at] = g.top[at-1]
		}
		g.top[at] = int32(i)
	}
}

// ranker adds what the scores alone say.
func (g *Gauge) ranker(scores []float32) {
	sum, top := 0.0, 0.0
	for _, s := range scores {
		sum += float64(s)
	}
	for _, i := range g.top {
		top += float64(scores[i])
	}
	best, last := float64(scores[g.top[0]]), float64(scores[g.top[len(g.top)-1]])
	lead := nan
	if len(g.top) > 1 {
		lead = float32(best - float64(scores[g.top[1]]))
	}
	g.add(float32(best), lead, float32(best-last), float32(best-sum/float64(len(scores))), float32(top/float64(len(g.top))))
}

// words adds what the question's words say.
func (g *Gauge) words(t *signals.Table) {
	asked, known := t.Words()
	share := nan
	if asked > 0 {
		share = float32(float64(known) / float64(asked))
	}
	g.add(share)
	g.add(t.Found(g.top[:1]))
	g.add(t.Found(g.top))
	named := float32(0)
	for _, i := range g.top {
		if t.Column(signals.SpeakerNamed)[i] > 0 {
			named = max(named, t.Column(signals.CoverageTurn)[i])
		}
	}
	g.add(named)
}

// likeness adds how far the most similar candidate is from the others.
func (g *Gauge) likeness(t *signals.Table) {
	cosines := t.Column(signals.CosineTurn)
	most, sum, squares := float64(cosines[0]), 0.0, 0.0
	if math.IsNaN(most) {
		g.add(nan)
		return
	}
	for _, c := range cosines {
		most = max(most, float64(c))
		sum += float64(c)
	}
	mean := sum / float64(len(cosines))
	for _, c := range cosines {
		squares += float64((float64(c) - mean) * (float64(c) - mean))
	}
	const least = 1e-6 // of one candidate, or of the same vector everywhere
	deviation := math.Sqrt(squares / float64(len(cosines)))
	g.add(float32((most - mean) / max(least, deviation)))
}

// asked adds how well what is asked about goes together with a value of the kind that is
// asked for.
func (g *Gauge) asked(t *signals.Table) {
	covered, named, count := float32(0), float32(0), float32(0)
	for _, i := range g.top {
		if t.Column(signals.HoldsAsked)[i] == 0 {
			continue
		}
		count++
		covered = max(covered, known(t.Column(signals.CoverageWindow)[i]))
		named = max(named, known(t.Column(signals.NamesWindow)[i]))
	}
	g.add(covered, named, count)
}

// most returns the highest value of the top; NaN where it is not known.
func (g *Gauge) most(column []float32) float32 {
	high := column[g.top[0]]
	for _, i := range g.top {
		high = max(high, column[i])
	}
	return high
}

var nan = float32(math.NaN())

// known returns 0 for what is not known.
func known(x float32) float32 {
	if x != x {
		return 0
	}
	return x
}
