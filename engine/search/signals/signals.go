// Package signals describes the candidates of a question by numbers: one column a
// signal, one row a candidate, for a learnt ranker to weigh.
//
// What a turn says often lies around it: who asked before, what "it" is, when that was.
// So every lexical and vector signal is there for the turn, for its window (the turns
// around it in its session) and for what of its session came near the question:
// turn, window and session are the levels of the memory's structure. A signal that cannot
// be computed, for want of words, vectors or times, is NaN, which the ranker knows as missing.
//
// Every number is a sum or quotient of float64 in a fixed order, so that every CPU gives
// the same columns.
package signals

import (
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/forms"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
)

// Question is what candidates are described against.
type Question struct {
	View *segment.View
	// Lexical has the words of the question prepared, and Words is the list that it was
	// prepared with; nil where words say nothing.
	Lexical *lexical.Searcher
	Words   *text.Tokens
	// Scores appends the similarities of rows, which ascend; nil where vectors say nothing.
	Scores func(dst []float64, refs []rows.Ref) []float64
	// Found are the best of what the engines found, and Sharing those of them that the words
	// found; both ascend. Alike are the similarities of those that the vectors found. What is
	// measured against them is the same however many candidates are described.
	Found, Sharing []rows.Ref
	Alike          []float64
	Text           string
	Is             route.Analysis // of Text
	Day            int32          // when it is asked, see timex.DayOf
}

// CandidatesMax bounds a table: the rows of its columns. As many as fusion takes, which
// package search holds.
const CandidatesMax = 4 * model.HitCountMax

// Table holds the signals of a question's candidates: signal c of candidate i is
// Columns[c*CandidatesMax+i]. It is reused from question to question; one goroutine at a
// time.
type Table struct {
	Columns [columnCount * CandidatesMax]float32
	Count   int

	question *Question
	refs     []rows.Ref
	near     []segment.Neighbours // of each candidate; the caller's
	around   []rows.Ref           // candidates, their neighbours and what shares words, ascending, each once
	spare    []rows.Ref           // scratch of lookAround
	sorter   rows.Sorter
	notes    []annotate.Annotation // of around: what each says of itself
	own      []int32               // of each candidate, its place in around
	beside   []beside              // of each candidate, those of its neighbours
	sharing  []int32               // of each row of Question.Sharing, its place in around
	says     []forms.Forms         // of each candidate

	asked asked
	lexicalScratch
	linkScratch
	decayScratch
	vectorScratch
}

// beside are the places in around of a candidate's neighbours; -1 where there is none.
type beside [2 * segment.Reach]int32

// column returns the values of one signal.
func (t *Table) column(c Column) []float32 {
	return t.Columns[int(c)*CandidatesMax:][:t.Count]
}

// Fill computes all signals of refs, which ascend and are CandidatesMax at most; near are
// the neighbours of each. They are the table's until Forget.
func (t *Table) Fill(q *Question, refs []rows.Ref, near []segment.Neighbours) {
	t.question, t.refs, t.near, t.Count = q, refs, near, len(refs)
	t.asked.read(q.Text, q.Day, q.Is)
	t.lookAround()
	t.lexical()
	t.vectors()
	t.structure()
	t.times()
	t.forms()
	t.names()
	t.associations()
	t.questionColumns()
	t.whole()
}

// Forget drops what is held of the question.
func (t *Table) Forget() {
	t.question, t.refs, t.near = nil, nil, nil
	clear(t.notes[:cap(t.notes)])
}

// lookAround lists the candidates with their neighbours.
func (t *Table) lookAround() {
	t.spare = t.spare[:0]
	for i, r := range t.refs {
		near := &t.near[i]
		t.spare = appendThere(t.spare, near[:segment.Reach])
		t.spare = append(t.spare, r)
		t.spare = appendThere(t.spare, near[segment.Reach:])
	}
	t.sorter.Refs(t.spare)
	t.around = merge(t.around[:0], t.spare, t.question.Sharing)
	t.notes = t.notes[:0]
	for _, r := range t.around {
		t.notes = append(t.notes, t.annotation(r))
	}
	t.own = appendPlaces(t.own[:0], t.around, t.refs)
	t.sharing = appendPlaces(t.sharing[:0], t.around, t.question.Sharing)
	t.beside = t.beside[:0]
	for i, own := range t.own {
		var b beside
		for j, other := range t.near[i] {
			b[j] = t.placeNear(other, int(own)+steps[j])
		}
		t.beside = append(t.beside, b)
	}
}

// appendThere appends the rows that there are.
func appendThere(dst, refs []rows.Ref) []rows.Ref {
	for _, r := range refs {
		if r.Part >= 0 {
			dst = append(dst, r)
		}
	}
	return dst
}

// merge appends the rows of two ascending lists to dst, each once.
func merge(dst, a, b []rows.Ref) []rows.Ref {
	first := len(dst)
	for len(a)+len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].Key() < a[0].Key() {
			from = &b
		}
		if r := (*from)[0]; len(dst) == first || dst[len(dst)-1] != r {
			dst = append(dst, r)
		}
		*from = (*from)[1:]
	}
	return dst
}

// appendPlaces appends the places of rows in a list that has them all; both ascend.
func appendPlaces(dst []int32, list, refs []rows.Ref) []int32 {
	at := 0
	for _, r := range refs {
		for list[at] != r {
			at++
		}
		dst = append(dst, int32(at))
	}
	return dst
}

// steps are how far neighbours lie behind a row mostly.
var steps = func() (s [2 * segment.Reach]int) {
	for j := range segment.Reach {
		s[j], s[segment.Reach+j] = j-segment.Reach, j+1
	}
	return s
}()

// placeNear returns the place of a row in around, where it is likely; -1 of none.
func (t *Table) placeNear(r rows.Ref, likely int) int32 {
	switch {
	case r.Part < 0:
		return -1
	case likely >= 0 && likely < len(t.around) && t.around[likely] == r:
		return int32(likely)
	}
	at, _ := slices.BinarySearchFunc(t.around, r, rows.Ref.Compare)
	return int32(at)
}

// missing marks columns as unknown.
func (t *Table) missing(columns ...Column) {
	for _, c := range columns {
		t.same(c, float32(math.NaN()))
	}
}

// put sets a column to values, each divided by a number above 0.
func (t *Table) put(c Column, values []float64, by float64) {
	for i, v := range values[:t.Count] {
		t.column(c)[i] = float32(v / by)
	}
}

// ranksKept is how many ranks are told apart: a rank far down says no more than the value
// does, and to sort all candidates by each signal took a third of the time of all signals.
const ranksKept = 24

// putRanks sets a column to 1/(1+rank) of values among others, highest first, and to 0 from
// rank ranksKept on; ties share the better rank.
func (t *Table) putRanks(c Column, values, others []float64) {
	var best [ranksKept]float64 // descending
	count := 0
	for _, v := range others {
		if count == ranksKept && v <= best[count-1] {
			continue
		}
		at := min(count, ranksKept-1)
		for ; at > 0 && best[at-1] < v; at-- {
			best[at] = best[at-1]
		}
		best[at], count = v, min(count+1, ranksKept)
	}
	column := t.column(c)
	for i, v := range values[:t.Count] {
		column[i] = 0
		if count == ranksKept && v < best[count-1] {
			continue
		}
		rank := 0
		for rank < count && best[rank] > v {
			rank++
		}
		column[i] = float32(1 / float64(1+rank))
	}
}

// highest returns the largest of values, at least a number that may be divided by.
func highest(values []float64) float64 {
	const least = 1e-9
	high := least
	for _, v := range values {
		high = max(high, v)
	}
	return high
}

// note returns what a candidate says of itself.
func (t *Table) note(candidate int) annotate.Annotation { return t.notes[t.own[candidate]] }

// annotation returns what a row says of itself.
func (t *Table) annotation(r rows.Ref) annotate.Annotation {
	return t.question.View.Parts[r.Part].Annotation(int(r.Row))
}
