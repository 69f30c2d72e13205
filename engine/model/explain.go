package model

import (
	"math"
	"strconv"
	"strings"
)

// ConfidenceLow is the Answer.Confidence below which an answer probably holds nothing
// relevant.
const ConfidenceLow = .2

// Text returns what is known of a hit for people to read: the engines' ranks in the first
// line ("nothing" for a score of 0 where there are several, which is mostly that of a hit
// without a word of the question, or without a vector), then a line for each level of the
// memory's structure of which something is known. A flag that is not set is left out; a rank
// is written as #1. No line ends the last one.
//
// What the question asks, which is the same for all hits, is in Question.
func (e *Explanation) Text() string {
	var b strings.Builder
	for i, r := range e.Engines {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(r.Name)
		if r.Score == 0 && len(e.Engines) > 1 { // mostly no word in common, or no vector
			b.WriteString(" nothing")
			continue
		}
		b.WriteString(" #" + strconv.Itoa(r.Rank) + " (" + briefly(r.Score) + ")")
	}
	if len(e.Signals) > 0 {
		b.WriteString(", ranker " + briefly(float64(e.Ranker)))
	}
	for i := range levels {
		e.writeLevel(&b, &levels[i])
	}
	e.writeLevel(&b, &level{title: "other", signals: e.unnamed()})
	return strings.TrimPrefix(b.String(), "\n")
}

// Question returns what the signals say of the question and of the collection that it is
// asked of, in one line; "" where nothing is known.
func (e *Explanation) Question() string {
	var b strings.Builder
	e.writeLevel(&b, &questionLevel)
	return strings.TrimPrefix(b.String(), "\n")
}

// writeLevel writes what is known of a level as a line, after a line end.
func (e *Explanation) writeLevel(b *strings.Builder, l *level) {
	const titleWidth = 9
	separator := "\n" + l.title + strings.Repeat(" ", titleWidth-len(l.title))
	for _, s := range l.signals {
		value, known := e.signal(s.name)
		if !known || s.as == asFlag && value == 0 {
			continue
		}
		b.WriteString(separator + s.label)
		separator = ", "
		switch {
		case s.as == asRank && value > 0: // bounded before it is converted
			b.WriteString(" #" + strconv.Itoa(int(min(math.Round(1/float64(value)), rankMost))))
		case s.as == asRank && value == 0:
			b.WriteString(" further down")
		case s.as == asRole && value >= 0 && value < float32(len(roleNames)):
			b.WriteString(" " + roleNames[int(value)])
		case s.as != asFlag || value != 1:
			b.WriteString(" " + briefly(float64(value)))
		}
	}
}

// rankMost bounds the ranks that are written: no batch of candidates is as large.
const rankMost = 1 << 20

// signal returns the value of a name.
func (e *Explanation) signal(name string) (value float32, known bool) {
	for i := range e.Signals {
		if e.Signals[i].Name == name {
			return e.Signals[i].Value, e.Signals[i].Value == e.Signals[i].Value
		}
	}
	return 0, false
}

// unnamed lists the signals that no level has: those of a ranker of a user's own.
func (e *Explanation) unnamed() (list []shown) {
	for i := range e.Signals {
		if name := e.Signals[i].Name; !isShown(name) {
			list = append(list, shown{name, strings.ReplaceAll(name, "_", " "), asNumber})
		}
	}
	return list
}

func isShown(name string) bool {
	for _, l := range append([]level{questionLevel}, levels...) {
		for _, s := range l.signals {
			if s.name == name {
				return true
			}
		}
	}
	return false
}

// briefly writes a number with at most two decimals.
func briefly(x float64) string {
	s := strconv.FormatFloat(x, 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// shownAs says how a signal is written.
type shownAs uint8

const (
	asNumber shownAs = iota
	asFlag           // by its label alone where it is 1, not at all where it is 0
	asRank           // 1/(1+rank), written as #1 and on; 0 of ranks that are not told apart
	asRole           // an index of roleNames
)

// roleNames are those of package annotate.
var roleNames = [...]string{"none", "person", "user", "assistant", "system"}

type shown struct {
	name, label string
	as          shownAs
}

// level is a line of an explanation.
type level struct {
	title   string
	signals []shown
}

// levels are the lines of a hit; the names are those of package signals.
var levels = []level{
	{"turn", []shown{
		{"bm25_turn_rank", "words", asRank}, {"bm25_turn", "score", asNumber}, {"bm25_turn_mass", "of the question", asNumber},
		{"coverage_turn", "coverage", asNumber}, {"terms_turn", "words found", asNumber}, {"rarest_turn", "rarest", asNumber},
		{"bm25_content_rank", "but for speakers' names", asRank}, {"bm25_content", "score", asNumber},
		{"coverage_content", "coverage", asNumber}, {"rarest_content", "rarest", asNumber},
		{"bm25_previous", "before", asNumber}, {"bm25_next", "after", asNumber}, {"bm25_near", "near", asNumber},
		{"previous_beyond", "more words before", asNumber}, {"next_beyond", "more after", asNumber},
		{"coverage_stated", "stated", asNumber}, {"coverage_asked", "asked", asNumber}, {"previous_asked", "asked before", asNumber},
	}},
	{"window", []shown{
		{"bm25_window", "words", asNumber}, {"bm25_window_mass", "of the question", asNumber},
		{"coverage_window", "coverage", asNumber},
		{"bm25_decay", "fading", asNumber}, {"coverage_decay", "coverage", asNumber}, {"bm25_decay_wide", "fading slowly", asNumber},
		{"coverage_decay_wide", "coverage", asNumber}, {"bm25_decay_before", "before", asNumber}, {"bm25_decay_after", "after", asNumber},
	}},
	{"session", []shown{
		{"bm25_session_rank", "words", asRank}, {"bm25_session", "score", asNumber}, {"bm25_session_mass", "of the question", asNumber},
		{"bm25_session_best", "best turn", asNumber},
	}},
	{"vectors", []shown{
		{"cosine_turn_rank", "turn", asRank}, {"cosine_turn", "similarity", asNumber}, {"cosine_turn_span", "in their span", asNumber},
		{"cosine_previous", "before", asNumber}, {"cosine_next", "after", asNumber}, {"cosine_near", "near", asNumber},
		{"cosine_window", "window", asNumber},
		{"cosine_turn_less", "less than the best", asNumber}, {"cosine_mean_less", "with the turns around", asNumber},
		{"cosine_before_less", "with those before", asNumber}, {"cosine_max_less", "best around", asNumber},
	}},
	{"time", []shown{
		{"tells_time", "tells when", asFlag}, {"tells_duration", "tells how long", asFlag}, {"said_in_time", "said then", asNumber},
		{"said_after_time", "days after", asNumber}, {"tells_asked_time", "tells of then", asNumber}, {"window_asked_time", "turns around", asNumber},
		{"age", "age", asNumber},
	}},
	{"names", []shown{
		{"names_turn", "turn has", asNumber}, {"names_window", "window has", asNumber}, {"linked", "linked by names", asNumber}, {"linked_coverage", "words of what links", asNumber},
		{"speaker_named", "speaker is named", asFlag}, {"other_named", "another speaker is named", asFlag},
	}},
	{"forms", []shown{
		{"holds_asked", "holds what is asked", asFlag}, {"is_question", "question", asFlag}, {"sentences", "sentences", asNumber}, {"asking", "share that asks", asNumber},
		{"asks_last", "ends with a question", asFlag}, {"previous_asks_last", "after one that does", asFlag}, {"first_person", "first person", asFlag},
		{"instruction", "instruction", asFlag}, {"preference", "preference", asFlag}, {"plan", "plan", asFlag}, {"change", "change", asFlag},
		{"decision", "decision", asFlag}, {"backchannel", "backchannel", asFlag}, {"has_list", "list", asFlag}, {"has_code", "code", asFlag},
		{"reason", "reason", asFlag}, {"negation", "negation", asFlag}, {"has_number", "number", asFlag},
		{"after_question", "after a question, words", asFlag}, {"after_question_span", "after a question, vectors", asFlag},
	}},
	{"taste", []shown{
		{"taste", "adds to relevance", asNumber}, {"taste_words", "words", asNumber}, {"taste_meaning", "meaning", asNumber},
	}},
	{"place", []shown{
		{"position", "position", asNumber}, {"is_first", "first", asFlag}, {"is_last", "last", asFlag}, {"role", "role", asRole},
		{"length", "terms", asNumber}, {"length_share", "of the average", asNumber},
		{"previous_length", "terms before", asNumber}, {"previous_other", "by another speaker", asFlag},
		{"next_length", "after", asNumber}, {"next_other", "by another speaker", asFlag},
	}},
	{"level", []shown{
		{"kind_loss", "of another kind than asked for, share of relevance lost", asNumber},
		{"is_superseded", "superseded, behind what is current", asFlag}, {"is_current", "current, before what it superseded", asFlag},
	}},
}

var questionLevel = level{"question", []shown{
	{"asks_time", "asks when", asFlag}, {"asks_place", "where", asFlag}, {"asks_person", "who", asFlag}, {"asks_number", "how many", asFlag},
	{"asks_reason", "why", asFlag}, {"asks_manner", "how", asFlag}, {"asks_yes_no", "whether", asFlag}, {"asks_list", "a list", asFlag},
	{"asks_summary", "a summary", asFlag}, {"asks_order", "an order", asFlag}, {"asks_advice", "advice", asFlag},
	{"cue_latest", "the latest", asFlag}, {"cue_earliest", "the earliest", asFlag}, {"cue_change", "a change", asFlag}, {"cue_all", "all", asFlag},
	{"cue_negation", "a negation", asFlag}, {"cue_first_person", "of the one who asks", asFlag}, {"cue_assistant", "of the assistant", asFlag},
	{"question_names", "names", asNumber}, {"question_times", "times", asNumber}, {"question_terms", "words that occur", asNumber},
	{"average_length", "terms of a memory", asNumber}, {"role_share", "said by user or assistant", asNumber}, {"documents", "bits of memories", asNumber},
}}
