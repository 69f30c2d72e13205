package signals

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/segment"
)

// BM25's constants by level. A window is a text of five turns, in which a word that
// comes again says more than in one turn: its term frequency saturates later, and its
// length counts less.
const (
	turnSaturation, turnLengthPart     = 1.2, .75
	windowSaturation, windowLengthPart = 2.5, .5
	sessionSaturation                  = 2.5
)

type lexicalScratch struct {
	occurrences lexical.Occurrences // of rows around: how often each has each term
	idfs        []float64           // by term
	mass        float64             // of all idfs
	contentMass float64             // of those that are no names
	isName      []bool              // by term: it names a speaker among the rows around
	hashes      []uint32            // by term: see annotate.HashTerm; 0 of a pattern
	nameHashes  []uint32            // of those that are names
	turns       []float64           // of rows around: BM25
	covers      []float64           // of rows around: the idf of their words
	lengths     []float64           // of rows around
	values      []float64           // of candidates
	coverage    []float64           // of candidates
	found       []float64           // of what words found, or of its sessions
	sums        []uint32            // by term, of a window; 0 between windows
	summed      wordSet             // those that are not
	sessions    sessions
}

// lexical fills the columns of words.
func (t *Table) lexical() {
	l := t.question.Lexical
	if l == nil || l.Terms() == 0 {
		t.missing(lexicalColumns...)
		return
	}
	l.Occurrences(&t.occurrences, t.around)
	t.findNames()
	t.turnWords()
	t.contentWords()
	t.windowWords()
	t.sessionWords()
	t.beyondTurn()
	if l.Terms() > wideTermsMax {
		t.missing(decayColumns...)
		t.missing(statedColumns...)
		return
	}
	t.statedWords()
	t.decayed()
}

// findNames marks the terms that name a speaker of the rows around.
func (t *Table) findNames() {
	l := t.question.Lexical
	t.idfs = t.idfs[:0]
	for term := range l.Terms() {
		t.idfs = append(t.idfs, l.IDF(term))
	}
	t.isName = slices.Grow(t.isName[:0], l.Terms())[:l.Terms()]
	clear(t.isName)
	t.hashes = t.hashes[:0]
	for term := range t.isName {
		hash := uint32(0)
		if word := l.Word(term); word >= 0 {
			hash = annotate.HashTerm(t.question.Words.At(word))
		}
		t.hashes = append(t.hashes, hash)
	}
	var latest [4][annotate.SpeakerTerms]uint32 // those who talk take turns
	for at, note := range t.notes {
		speaker := note.Speaker()
		if slices.Contains(latest[:], speaker) {
			continue
		}
		latest[at%len(latest)] = speaker
		for term, hash := range t.hashes {
			if hash != 0 && (speaker[0] == hash || speaker[1] == hash) {
				t.isName[term] = true
			}
		}
	}
	t.nameHashes = t.nameHashes[:0]
	t.mass, t.contentMass = 0, 0
	for term, isName := range t.isName {
		t.mass += t.idfs[term]
		if isName {
			t.nameHashes = append(t.nameHashes, t.hashes[term])
		} else {
			t.contentMass += t.idfs[term]
		}
	}
}

// row returns which words a row around has, and how often.
func (t *Table) row(at int32) []lexical.Occurrence { return t.occurrences.Of(at) }

// norm is the part of BM25's divisor that the length of a text decides: k1*(1 - b + b*length/average).
func norm(length, average, saturation, lengthPart float64) float64 {
	return float64(saturation * (1 - lengthPart + float64(lengthPart*length/average)))
}

// gain is a term's part of BM25 over idf: (k1+1)*tf/(tf + norm).
func gain(freq, norm, saturation float64) float64 {
	return float64((saturation+1)*freq) / (freq + norm)
}

// turnWords fills the columns of the turn's own words.
func (t *Table) turnWords() {
	l := t.question.Lexical
	average, rarest := l.AverageLength(), slices.Max(t.idfs)
	t.turns, t.covers, t.lengths = t.turns[:0], t.covers[:0], t.lengths[:0]
	for at, r := range t.around {
		length, sum, covered := float64(l.Length(r)), 0.0, 0.0
		by := norm(length, average, turnSaturation, turnLengthPart)
		for _, o := range t.row(int32(at)) {
			sum += float64(t.idfs[o.Term] * gain(float64(o.Freq), by, turnSaturation))
			covered += t.idfs[o.Term]
		}
		t.turns = append(t.turns, sum)
		t.covers = append(t.covers, covered)
		t.lengths = append(t.lengths, length)
	}
	t.values, t.coverage = t.values[:0], t.coverage[:0]
	for i := range t.refs {
		rare, own := 0.0, t.row(t.own[i])
		for _, o := range own {
			rare = max(rare, t.idfs[o.Term])
		}
		t.values = append(t.values, t.turns[t.own[i]])
		t.coverage = append(t.coverage, t.covers[t.own[i]]/t.mass)
		t.column(RarestTurn)[i] = float32(rare / rarest)
		t.column(TermsTurn)[i] = float32(len(own))
	}
	high := highest(t.values)
	t.put(BM25Turn, t.values, high)
	t.put(BM25TurnMass, t.values, t.mass)
	t.found = t.found[:0]
	for _, at := range t.sharing {
		t.found = append(t.found, t.turns[at])
	}
	t.putRanks(BM25TurnRank, t.values, t.found)
	t.put(CoverageTurn, t.coverage, 1)
	for i := range t.refs {
		t.besideValues(i, t.turns, high, BM25Previous, BM25Next, BM25Near)
	}
}

// besideValues fills three columns with the values of the turn before, the turn after and
// the best turn around; 0 where there is none.
func (t *Table) besideValues(i int, values []float64, by float64, previous, next, best Column) {
	b, high := t.beside[i], 0.0
	value := func(at int32) float64 {
		if at < 0 {
			return 0
		}
		return values[at] / by
	}
	for _, at := range b {
		high = max(high, value(at))
	}
	t.column(previous)[i] = float32(value(b[segment.Reach-1]))
	t.column(next)[i] = float32(value(b[segment.Reach]))
	t.column(best)[i] = float32(high)
}

// windowWords fills the columns of the words of a turn with those around it. Names of
// speakers are left out: they stand in every second turn.
func (t *Table) windowWords() {
	if t.contentMass == 0 {
		t.missing(BM25Window, BM25WindowMass, CoverageWindow)
		return
	}
	average := float64((2*segment.Reach + 1) * t.question.Lexical.AverageLength())
	t.sums = slices.Grow(t.sums[:0], len(t.idfs))[:len(t.idfs)]
	clear(t.sums)
	t.summed.reset(len(t.idfs))
	t.values, t.coverage = t.values[:0], t.coverage[:0]
	for i := range t.refs {
		score, covered := t.window(i, average)
		t.values = append(t.values, score)
		t.coverage = append(t.coverage, covered)
	}
	t.put(BM25Window, t.values, highest(t.values))
	t.put(BM25WindowMass, t.values, t.contentMass)
	t.put(CoverageWindow, t.coverage, t.contentMass)
}

// contentWords fills the columns of the turn's own words but for speakers' names, which
// every turn of theirs may have.
func (t *Table) contentWords() {
	rarest := 0.0
	for term, idf := range t.idfs {
		if !t.isName[term] {
			rarest = max(rarest, idf)
		}
	}
	if t.contentMass == 0 {
		t.missing(BM25Content, BM25ContentRank, RarestContent, CoverageContent)
		return
	}
	t.found = t.found[:0]
	for _, at := range t.sharing {
		score, _, _ := t.content(at)
		t.found = append(t.found, score)
	}
	t.values = t.values[:0]
	for i := range t.refs {
		score, covered, rare := t.content(t.own[i])
		t.values = append(t.values, score)
		t.column(RarestContent)[i] = float32(rare / rarest)
		t.column(CoverageContent)[i] = float32(covered / t.contentMass)
	}
	t.put(BM25Content, t.values, highest(t.values))
	t.putRanks(BM25ContentRank, t.values, t.found)
}

// content returns BM25 of a row around, the idf of its words and that of the rarest.
func (t *Table) content(at int32) (score, covered, rarest float64) {
	by := norm(t.lengths[at], t.question.Lexical.AverageLength(), turnSaturation, turnLengthPart)
	for _, o := range t.row(at) {
		if !t.isName[o.Term] {
			score += float64(t.idfs[o.Term] * gain(float64(o.Freq), by, turnSaturation))
			covered += t.idfs[o.Term]
			rarest = max(rarest, t.idfs[o.Term])
		}
	}
	return score, covered, rarest
}

// window returns BM25 of a candidate's window, and the idf of the terms in it.
func (t *Table) window(i int, average float64) (score, covered float64) {
	length := t.lengths[t.own[i]]
	t.addToWindow(t.own[i])
	for _, at := range t.beside[i] {
		if at >= 0 {
			length += t.lengths[at]
			t.addToWindow(at)
		}
	}
	by := norm(length, average, windowSaturation, windowLengthPart)
	for term := range t.summed.take() {
		score += float64(t.idfs[term] * gain(float64(t.sums[term]), by, windowSaturation))
		covered += t.idfs[term]
		t.sums[term] = 0
	}
	return score, covered
}

// addToWindow adds the words of a row around but for names of speakers.
func (t *Table) addToWindow(at int32) {
	for _, o := range t.row(at) {
		if !t.isName[o.Term] {
			t.sums[o.Term] += uint32(o.Freq)
			t.summed.add(o.Term)
		}
	}
}

// sessionWords fills the columns of the words of a session, as far as its turns are
// among those that were found by words, which is where the words mostly are.
func (t *Table) sessionWords() {
	terms := len(t.isName)
	t.sessions.reset(len(t.question.Sharing))
	for i, r := range t.question.Sharing {
		thread, _ := t.question.View.Parts[r.Part].Thread(int(r.Row))
		sums := t.sessions.of(thread, terms)
		for _, o := range t.row(t.sharing[i]) {
			sums[o.Term] += float64(o.Freq)
		}
	}
	t.values = t.values[:0]
	t.found = t.found[:0]
	for at := range t.sessions.count {
		t.found = append(t.found, t.session(t.sessions.sums[int(at)*terms:][:terms]))
	}
	for _, r := range t.refs {
		thread, _ := t.question.View.Parts[r.Part].Thread(int(r.Row))
		value := 0.0
		if at := t.sessions.place.Get(thread); at >= 0 {
			value = t.found[at]
		}
		t.values = append(t.values, value)
	}
	t.put(BM25Session, t.values, highest(t.values))
	t.put(BM25SessionMass, t.values, t.mass)
	t.putRanks(BM25SessionRank, t.values, t.found)
}

// session returns BM25 of a session, which has no length, by how often it has each term.
func (t *Table) session(freqs []float64) (score float64) {
	for term, freq := range freqs {
		if freq > 0 && !t.isName[term] {
			score += float64(t.idfs[term]*float64((sessionSaturation+1)*freq)) / (freq + sessionSaturation)
		}
	}
	return score
}

// sessions sums frequencies by session.
type sessions struct {
	place scratch.Index // of a session in sums
	count int32
	sums  []float64 // [session][term]
}

func (s *sessions) reset(most int) {
	s.place.Reset(most)
	s.count, s.sums = 0, s.sums[:0]
}

// of returns the sums of a session, one a term; valid until the next call.
func (s *sessions) of(thread uint64, terms int) []float64 {
	at, added := s.place.Add(thread, s.count)
	if added {
		s.count++
		first := len(s.sums)
		s.sums = slices.Grow(s.sums, terms)[:first+terms]
		clear(s.sums[first:])
	}
	return s.sums[int(at)*terms:][:terms]
}
