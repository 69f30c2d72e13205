package signals

import (
	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/entity"
	"github.com/nexus-memory/nexus/engine/forms"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/timex"
)

// asked is what a question says of itself.
type asked struct {
	route.Analysis
	times []timex.Mention // with ranges
	names []uint32        // see annotate.HashName

	finder   timex.Finder
	entities entity.Finder
	mentions []timex.Mention
	found    []entity.Mention
}

// read takes the analysis of a question that is asked on a day, and finds times and names in it.
func (a *asked) read(text string, day int32, is route.Analysis) {
	a.Analysis = is
	a.mentions, a.times, a.names = a.finder.Find(a.mentions[:0], text, day), a.times[:0], a.names[:0]
	for _, m := range a.mentions {
		if m.Range.Grain != 0 {
			a.times = append(a.times, m)
		}
	}
	a.found = a.entities.Find(a.found[:0], text)
	for _, m := range a.found {
		if annotate.IsName(m.Kind) && len(a.names) < annotate.NamesMax {
			a.names = append(a.names, annotate.HashName(m.Hash))
		}
	}
}

// formColumns are the forms that are columns as they are.
var formColumns = [...]struct {
	column Column
	form   forms.Forms
}{
	{IsQuestion, forms.IsQuestion}, {FirstPerson, forms.FirstPerson}, {Instruction, forms.Instruction}, {Preference, forms.Preference},
	{Plan, forms.Plan}, {Change, forms.Change}, {Decision, forms.Decision}, {Backchannel, forms.Backchannel}, {HasList, forms.HasList},
	{HasCode, forms.HasCode}, {Reason, forms.Reason}, {Negation, forms.Negation}, {HasNumber, forms.HasNumber},
}

// askColumns are what a question can ask for.
var askColumns = [...]struct {
	column Column
	asks   route.Asks
}{
	{AsksTime, route.AsksTime}, {AsksPlace, route.AsksPlace}, {AsksPerson, route.AsksPerson}, {AsksNumber, route.AsksNumber},
	{AsksReason, route.AsksReason}, {AsksManner, route.AsksManner}, {AsksYesNo, route.AsksYesNo}, {AsksList, route.AsksList},
	{AsksSummary, route.AsksSummary}, {AsksOrder, route.AsksOrder}, {AsksAdvice, route.AsksAdvice},
}

// cueColumns are the cues of a question that are columns as they are.
var cueColumns = [...]struct {
	column Column
	cue    route.Cues
}{
	{CueLatest, route.CueLatest}, {CueEarliest, route.CueEarliest}, {CueChange, route.CueChange}, {CueAll, route.CueAll},
	{CueNegation, route.CueNegation}, {CueFirstPerson, route.CueFirstPerson}, {CueAssistant, route.CueAssistant},
}

// flag sets a column of a candidate to 1 or 0.
func (t *Table) flag(c Column, i int, set bool) { t.column(c)[i] = oneIf(set) }

// oneIf returns 1 or 0.
func oneIf(set bool) float32 {
	var bit uint32
	if set {
		bit = 1
	}
	return float32(bit)
}

// same sets a column of all candidates.
func (t *Table) same(c Column, value float32) {
	column := t.column(c)
	for i := range column {
		column[i] = value
	}
}

// forms fills the columns of how a turn speaks, and whether it holds what is asked for.
func (t *Table) forms() {
	t.says = t.says[:0]
	for i := range t.refs {
		t.says = append(t.says, t.note(i).Forms())
	}
	for _, f := range formColumns { // column by column: the same place of many columns is one of the cache
		column := t.column(f.column)
		for i, is := range t.says {
			column[i] = oneIf(is&f.form != 0)
		}
	}
	for i := range t.refs {
		a := t.note(i)
		t.flag(HoldsAsked, i, t.holds(a))
		t.column(Sentences)[i] = float32(a.Sentences())
		t.column(Asking)[i] = float32(float64(a.Asking()) / float64(max(1, a.Sentences())))
		t.flag(AsksLast, i, a.AsksLast())
		before := t.beside[i][segment.Reach-1]
		t.flag(PreviousAsksLast, i, before >= 0 && t.notes[before].AsksLast())
		t.column(AfterQuestion)[i], t.column(AfterQuestionSpan)[i] = 0, 0
		if before >= 0 && t.notes[before].Forms()&forms.IsQuestion != 0 {
			t.column(AfterQuestion)[i] = t.column(BM25Previous)[i]
			t.column(AfterQuestionSpan)[i] = t.column(CosinePrevious)[i]
		}
	}
}

// holds reports whether a turn has a value of the kind that the question asks for.
func (t *Table) holds(a annotate.Annotation) bool {
	switch t.asked.Asks {
	case route.AsksTime:
		return a.HasTime(timex.Absolute) || a.HasTime(timex.Relative) || a.HasTime(timex.Duration)
	case route.AsksPlace:
		return a.Has(entity.Place) || a.Has(entity.Organisation) || a.Has(entity.Name)
	case route.AsksPerson:
		return a.Has(entity.Person) || a.Has(entity.Name)
	case route.AsksNumber:
		return a.Has(entity.Number) || a.Has(entity.Money) || a.Has(entity.Percent) || a.HasTime(timex.Duration)
	case route.AsksReason:
		return a.Forms()&forms.Reason != 0
	case route.AsksList, route.AsksOrder:
		return a.Forms()&forms.HasList != 0
	case route.AsksAdvice:
		return a.Forms()&(forms.Instruction|forms.Preference) != 0
	}
	return false
}

// names fills the columns of the names that question and turn have in common.
func (t *Table) names() {
	if len(t.asked.names) == 0 {
		t.missing(NamesTurn, NamesWindow)
		return
	}
	for i := range t.refs {
		own, all := 0, 0
		for _, name := range t.asked.names {
			has := t.note(i).HasName(name)
			if has {
				own++
			}
			for _, at := range t.beside[i] {
				has = has || at >= 0 && t.notes[at].HasName(name)
			}
			if has {
				all++
			}
		}
		t.column(NamesTurn)[i] = float32(float64(own) / float64(len(t.asked.names)))
		t.column(NamesWindow)[i] = float32(float64(all) / float64(len(t.asked.names)))
	}
}

// questionColumns fills the columns of what is asked, the same for all candidates.
func (t *Table) questionColumns() {
	for _, a := range askColumns {
		t.same(a.column, oneIf(t.asked.Asks == a.asks))
	}
	for _, c := range cueColumns {
		t.same(c.column, oneIf(t.asked.Cues&c.cue != 0))
	}
	t.same(QuestionNames, float32(len(t.asked.names)))
	t.same(QuestionTimes, float32(len(t.asked.times)))
}
