package signals

import (
	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/segment"
)

// What is asked is often asked in the chat too, in nearly the question's words, and the turn
// that asks does not hold the answer; the one behind it does. So the words of the question are
// counted apart that a turn states and that it asks. What stands beyond the limits of an annotation
// (annotate.AskedMax) counts as stated.

// statedWords fills the columns of words in sentences that state something and in those that ask.
func (t *Table) statedWords() {
	if t.contentMass == 0 {
		t.missing(statedColumns...)
		return
	}
	for i := range t.refs {
		stated, asked := t.stated(t.own[i])
		before := 0.0
		if at := t.beside[i][segment.Reach-1]; at >= 0 && t.notes[at].AskedWords() > 0 {
			_, before = t.stated(at)
		}
		t.column(CoverageStated)[i] = float32(stated / t.contentMass)
		t.column(CoverageAsked)[i] = float32(asked / t.contentMass)
		t.column(PreviousAsked)[i] = float32(before / t.contentMass)
	}
}

// stated returns the idf of the words of a row around that are no speaker's name: of those in
// sentences that state something, and of those in sentences that ask.
func (t *Table) stated(at int32) (stated, asked float64) {
	note := t.notes[at]
	for _, o := range t.row(at) {
		if t.isName[o.Term] || t.hashes[o.Term] == 0 { // of a pattern nobody knows which word was meant
			continue
		}
		times := timesAsked(note, t.hashes[o.Term])
		if times > 0 {
			asked += t.idfs[o.Term]
		}
		if int(o.Freq) > times {
			stated += t.idfs[o.Term]
		}
	}
	return stated, asked
}

// timesAsked returns how often a turn has a term in sentences that ask.
func timesAsked(a annotate.Annotation, term uint32) int {
	want := annotate.AskedHash(term)
	for i := range a.AskedWords() {
		if hash, times := a.AskedWord(i); hash == want {
			return times
		}
	}
	return 0
}
