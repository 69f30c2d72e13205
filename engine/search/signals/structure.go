package signals

import (
	"math/bits"
	"slices"

	"github.com/nexus-memory/nexus/engine/annotate"
)

// structure fills the columns of who speaks, where and how much.
func (t *Table) structure() {
	v := t.question.View
	average := 1.0
	if v.Documents > 0 && v.TotalLength > 0 {
		average = float64(v.TotalLength) / float64(v.Documents)
	}
	newest, oldest := t.eventSpan()
	for i, r := range t.refs {
		p := &v.Parts[r.Part]
		length := float64(p.Words().Length(int(r.Row)))
		_, position := p.Thread(int(r.Row))
		t.column(Length)[i] = float32(length)
		t.column(LengthShare)[i] = float32(length / average)
		t.column(Position)[i] = float32(position)
		t.column(Role)[i] = float32(t.note(i).Role())
		t.column(Age)[i] = float32(min(max(0, float64(newest-p.Event(int(r.Row)))/float64(max(1, newest-oldest))), 1))
		t.column(IsFirst)[i], t.column(IsLast)[i] = 0, 0
		if t.beside[i][1] < 0 {
			t.column(IsFirst)[i] = 1
		}
		if t.beside[i][2] < 0 {
			t.column(IsLast)[i] = 1
		}
	}
	t.besideTurn()
	t.speakers()
}

// eventSpan returns the latest and the earliest time of what was found.
func (t *Table) eventSpan() (newest, oldest int64) {
	for i, r := range t.question.Found {
		e := t.question.View.Parts[r.Part].Event(int(r.Row))
		if i == 0 {
			newest, oldest = e, e
		}
		newest, oldest = max(newest, e), min(oldest, e)
	}
	return newest, oldest
}

// speakers fills the columns of whether the question names who speaks: this one, another.
func (t *Table) speakers() {
	t.missing(SpeakerNamed, OtherNamed)
	l := t.question.Lexical
	if l == nil || l.Terms() == 0 {
		return
	}
	named := func(a annotate.Annotation) bool {
		speaker := a.Speaker()
		return slices.ContainsFunc(t.nameHashes, func(hash uint32) bool { return speaker[0] == hash || speaker[1] == hash })
	}
	var first [annotate.SpeakerTerms]uint32
	several := false // speakers are named
	if len(t.nameHashes) > 0 {
		for _, a := range t.notes {
			if named(a) {
				several = several || first[0] != 0 && a.Speaker() != first
				first = a.Speaker()
			}
		}
	}
	for i := range t.refs {
		t.column(SpeakerNamed)[i], t.column(OtherNamed)[i] = 0, 0
		switch {
		case first[0] == 0 || several:
		case named(t.note(i)):
			t.column(SpeakerNamed)[i] = 1
		default:
			t.column(OtherNamed)[i] = 1
		}
	}
}

// whole fills the columns that are the same for all candidates: what kind of collection
// and question they belong to.
func (t *Table) whole() {
	v := t.question.View
	average, terms := 0.0, 0
	if v.Documents > 0 {
		average = float64(v.TotalLength) / float64(v.Documents)
	}
	if l := t.question.Lexical; l != nil {
		terms = l.Terms()
	}
	assistants, users := 0, 0
	for _, r := range t.question.Found {
		switch t.annotation(r).Role() {
		case annotate.RoleAssistant:
			assistants++
		case annotate.RoleUser:
			users++
		}
	}
	share := float64(assistants+users) / float64(max(1, len(t.question.Found)))
	for _, c := range [...]struct {
		column Column
		value  float64
	}{
		{AverageLength, average}, {QuestionTerms, float64(terms)}, {RoleShare, share}, {Documents, float64(bits.Len64(v.Documents))},
	} {
		t.same(c.column, float32(c.value))
	}
}
