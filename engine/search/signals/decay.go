package signals

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/segment"
)

// Words fade with the turns between: what is asked for was often said some turns before the
// answer, or is said after it, and a window of five turns has an edge. A decayed window is a
// text of the turns around in which a turn's words count the less the farther it is. Turns
// that lack the question's words change nothing in it, so that those which words found, and
// the four beside, are all that is looked at: no turn has to be read for it, and it is the
// same for a longer list. Positions as weights: Lv and Zhai 2009, "Positional Language Models
// for Information Retrieval", section 3; here of turns in place of words.

// decay is one window: what a turn's words count for each turn of distance, and how far it reaches.
type decay struct {
	rate          float64
	before, after int
	words, cover  Column // cover < 0: none
}

var decays = [...]decay{
	{.7, 8, 8, BM25Decay, CoverageDecay},
	{.85, 16, 16, BM25DecayWide, CoverageDecayWide},
	{.7, 8, 0, BM25DecayBefore, -1},
	{.7, 0, 8, BM25DecayAfter, -1},
}

// wideTermsMax is how many words a question may have for the columns that look at many turns of each
// candidate: a pasted page has more than that, and takes its time in other columns.
const wideTermsMax = 256

// decayReach is the farthest that any of them reaches.
const decayReach = 16

// decayWeights are rate^|distance| by distance + decayReach, 0 where a window does not reach
// so far; multiplied out once, alike on every CPU.
var decayWeights = func() (w [2*decayReach + 1]perWindow) {
	for i, d := range decays {
		x := 1.0
		for away := range decayReach + 1 {
			if away <= d.after {
				w[decayReach+away][i] = x
			}
			if away <= d.before {
				w[decayReach-away][i] = x
			}
			x = float64(x * d.rate)
		}
	}
	return w
}()

type decayScratch struct {
	threads  scratch.Index // of sessions, in heads
	heads    []int32       // by session: the last row of it in talk
	talk     []spoken
	decays   []perWindow // by term: frequencies; all 0 between candidates
	nearest  []perWindow // by term: the weight of the nearest turn that has it; likewise
	heard    wordSet     // those of which they are not
	windows  [len(decays)][]float64
	bestOf   []float64 // by session: BM25 of the best turn that words found
	averages []float64 // of similarities, of candidates
}

// perWindow is a number of each window.
type perWindow [len(decays)]float64

// spoken is a row that words found, and the one before it of the same session.
type spoken struct {
	at       int32 // in around
	position uint32
	before   int32
}

// decayed fills the columns of decayed windows.
func (t *Table) decayed() {
	t.layTalk()
	t.sessionBest()
	if t.contentMass == 0 {
		for _, d := range decays {
			t.missing(d.words)
			if d.cover >= 0 {
				t.missing(d.cover)
			}
		}
		return
	}
	n := len(t.idfs)
	t.decays, t.nearest = slices.Grow(t.decays[:0], n)[:n], slices.Grow(t.nearest[:0], n)[:n]
	clear(t.decays)
	clear(t.nearest)
	t.heard.reset(n)
	for d := range decays {
		t.windows[d] = t.windows[d][:0]
	}
	for i, r := range t.refs {
		t.hear(t.own[i], 0)
		for j, at := range t.beside[i] {
			if at >= 0 {
				t.hear(at, steps[j])
			}
		}
		if thread, position := t.question.View.Parts[r.Part].Thread(int(r.Row)); thread != 0 {
			if id := t.threads.Get(thread); id >= 0 {
				for x := t.heads[id]; x >= 0; x = t.talk[x].before {
					distance := int(int64(t.talk[x].position) - int64(position))
					if distance < -segment.Reach && distance >= -decayReach || distance > segment.Reach && distance <= decayReach {
						t.hear(t.talk[x].at, distance)
					}
				}
			}
		}
		var score, covered [len(decays)]float64
		for term := range t.heard.take() {
			idf := t.idfs[term]
			for d, freq := range t.decays[term] {
				if freq > 0 {
					score[d] += float64(idf * gain(freq, windowSaturation, windowSaturation))
					covered[d] += float64(idf * t.nearest[term][d])
				}
			}
			t.decays[term], t.nearest[term] = perWindow{}, perWindow{}
		}
		for d := range decays {
			t.windows[d] = append(t.windows[d], score[d])
			if c := decays[d].cover; c >= 0 {
				t.column(c)[i] = float32(covered[d] / t.contentMass)
			}
		}
	}
	for d := range decays {
		t.put(decays[d].words, t.windows[d], highest(t.windows[d]))
	}
}

// hear adds a row around to the windows at hand, so many turns behind the candidate, below 0 before it.
func (t *Table) hear(at int32, distance int) {
	row := t.row(at)
	if len(row) == 0 {
		return
	}
	weights := &decayWeights[decayReach+distance]
	for _, o := range row {
		if t.isName[o.Term] {
			continue
		}
		t.heard.add(o.Term)
		freqs, nearest, freq := &t.decays[o.Term], &t.nearest[o.Term], float64(o.Freq)
		for d, weight := range weights {
			freqs[d] += float64(weight * freq)
			if weight > nearest[d] {
				nearest[d] = weight
			}
		}
	}
}

// layTalk lists what words found by its sessions.
func (t *Table) layTalk() {
	t.threads.Reset(len(t.question.Sharing))
	t.heads, t.talk, t.bestOf = t.heads[:0], t.talk[:0], t.bestOf[:0]
	for i, r := range t.question.Sharing {
		thread, position := t.question.View.Parts[r.Part].Thread(int(r.Row))
		if thread == 0 {
			continue
		}
		id, added := t.threads.Add(thread, int32(len(t.heads)))
		if added {
			t.heads, t.bestOf = append(t.heads, -1), append(t.bestOf, 0)
		}
		at := t.sharing[i]
		t.talk = append(t.talk, spoken{at, position, t.heads[id]})
		t.heads[id] = int32(len(t.talk) - 1)
		t.bestOf[id] = max(t.bestOf[id], t.turns[at])
	}
}

// sessionBest fills the column of the best turn of a session.
func (t *Table) sessionBest() {
	high := highest(t.bestOf)
	for i, r := range t.refs {
		best := 0.0
		if thread, _ := t.question.View.Parts[r.Part].Thread(int(r.Row)); thread != 0 {
			if id := t.threads.Get(thread); id >= 0 {
				best = t.bestOf[id]
			}
		}
		t.column(BM25SessionBest)[i] = float32(best / high)
	}
}

// beyondTurn fills the columns of what the turns beside have of the question that the turn lacks.
func (t *Table) beyondTurn() {
	for i := range t.refs {
		own := t.own[i]
		for _, side := range [...]struct {
			column Column
			beside int
		}{{PreviousBeyond, segment.Reach - 1}, {NextBeyond, segment.Reach}} {
			more := 0.0
			if at := t.beside[i][side.beside]; at >= 0 {
				more = t.beyond(at, own)
			}
			t.column(side.column)[i] = float32(more / t.mass)
		}
	}
}

// besideTurn fills the columns of how long the turns beside are, and whether somebody else says them.
func (t *Table) besideTurn() {
	for i := range t.refs {
		own := t.note(i).Speaker()
		for _, side := range [...]struct {
			length, other Column
			beside        int
		}{{PreviousLength, PreviousOther, segment.Reach - 1}, {NextLength, NextOther, segment.Reach}} {
			length, other := float32(-1), float32(0)
			if at := t.beside[i][side.beside]; at >= 0 {
				r := t.around[at]
				length = float32(t.question.View.Parts[r.Part].Words().Length(int(r.Row)))
				if t.notes[at].Speaker() != own {
					other = 1
				}
			}
			t.column(side.length)[i], t.column(side.other)[i] = length, other
		}
	}
}

// decayedVectors fills the columns of similarities less those of the best candidate: of the
// turn, of the mean with those around, of that with those before, and of the best around.
func (t *Table) decayedVectors() {
	if len(t.refs) == 0 {
		return
	}
	for _, c := range [...]struct {
		column      Column
		first, last int // of beside
		mean        bool
	}{{CosineTurnLess, 0, 0, true}, {CosineMeanLess, 0, 2 * segment.Reach, true}, {CosineBeforeLess, 0, segment.Reach, true}, {CosineMaxLess, 0, 2 * segment.Reach, false}} {
		t.averages = t.averages[:0]
		for i := range t.refs {
			own := t.likeness[t.own[i]]
			sum, count, best := own, 1.0, own
			for _, at := range t.beside[i][c.first:c.last] {
				if at >= 0 {
					sum += t.likeness[at]
					count++
					best = max(best, t.likeness[at])
				}
			}
			if c.mean {
				best = sum / count
			}
			t.averages = append(t.averages, best)
		}
		high := slices.Max(t.averages)
		for i, x := range t.averages {
			t.column(c.column)[i] = float32(x - high)
		}
	}
}
