// Package route reads from a question alone what it asks, which cues it carries and how
// much work an answer may need.
//
// All of it are phrases of English, found in one pass by one automaton (package
// pattern, rules in rules.go), and signs. Of phrases that tell what is asked, the
// strongest wins, of equals the first. Nothing is learnt and nothing is kept between
// questions. docs/design/route.md has what it is right about and how often.
package route

import (
	"strings"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/pattern"
)

// Asks is what a question wants.
type Asks uint8

// The kinds of questions. AsksThing is what is left where no other kind shows, and
// what questions in other languages than English mostly are.
const (
	AsksThing   Asks = iota // what, which
	AsksTime                // when, what date, how long ago, what year
	AsksPlace               // where, which city
	AsksPerson              // who, whose, which friend
	AsksNumber              // how many, much, often, old, long
	AsksReason              // why, what made
	AsksManner              // how, what steps
	AsksYesNo               // did, is, has
	AsksList                // list, what are the, which ones, everything
	AsksSummary             // summarise, overview
	AsksOrder               // in what order, timeline
	AsksAdvice              // suggest, what should I, help me: the application is to help, preferences and instructions matter
	asksCount
)

var asksNames = [asksCount]string{"thing", "time", "place", "person", "number", "reason", "manner", "yesno", "list", "summary", "order", "advice"}

// String returns the kind's name, or "unknown".
func (a Asks) String() string {
	if a >= asksCount {
		return "unknown"
	}
	return asksNames[a]
}

// Cues is a set of things that show in a question, a bit each.
type Cues uint32

// The cues.
const (
	CueTime         Cues = 1 << iota // a word that says when, a year, a time of day; or time is asked
	CuePast                          // something past: did, was, ago, verbs of the past
	CueFuture                        // will, going to, tomorrow
	CueLatest                        // now, currently, latest, still, anymore
	CueEarliest                      // first, originally, before
	CueChange                        // changed, switched, updated, used to
	CueCompare                       // both, than, differ, in common, either
	CueAll                           // all, every, each, list, total
	CueCount                         // how many, how often, number of
	CueNegation                      // never, not, no longer
	CueOther                         // who else, another, besides
	CuePreference                    // prefer, favourite, enjoy, hate
	CueInstruction                   // always, format, remember to
	CueFirstPerson                   // I, me, my, we
	CueSecondPerson                  // you, your
	CueQuote                         // a phrase in quotation marks
	CueNumber                        // digits, or a number spelt out
	CueCode                          // names of a program, calls, backticks
	CueName                          // a capitalised word within a sentence that is no day or month
	CueAssistant                     // the assistant's own words are asked: did you recommend
	cueEnd
)

var cueNames = []string{"time", "past", "future", "latest", "earliest", "change", "compare", "all", "count", "negation", "other",
	"preference", "instruction", "first-person", "second-person", "quote", "number", "code", "name", "assistant"}

// String returns the names of the cues in the set, parted by blanks. Allocates.
func (c Cues) String() string {
	var names []string
	for i, name := range cueNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// Domain is the field of life that a question is from.
type Domain uint8

// The domains.
const (
	DomainUnknown Domain = iota
	DomainPeople         // family, friends, what is going on between them
	DomainWork
	DomainCode
	DomainFinance
	DomainHealth
	DomainTravel
	DomainFood
	DomainLeisure
	DomainLearning
	DomainHome
	domainCount
)

var domainNames = [domainCount]string{"unknown", "people", "work", "code", "finance", "health", "travel", "food", "leisure", "learning", "home"}

// String returns the domain's name, or "unknown".
func (d Domain) String() string {
	if d >= domainCount {
		return domainNames[DomainUnknown]
	}
	return domainNames[d]
}

// Analysis is what a question alone tells.
type Analysis struct {
	Asks       Asks
	Cues       Cues
	Words      int          // of the parts that are looked at
	Names      int          // runs of capitalised words within sentences, at most 255
	Complexity float32      // 0..1: how much more than one look-up the answer needs
	Intent     model.Intent // a proposal: the caller's own goes before it
	Domain     Domain       // that of which the most words are there; DomainUnknown for none
}

// headMax and tailMax are how many bytes at the start and at the end of a question are
// looked at: what is asked of a pasted document stands before or behind it.
const (
	headMax = 4 << 10
	tailMax = 4 << 10
)

// Analyzer analyses questions. The zero value is ready. One goroutine at a time.
type Analyzer struct {
	strength uint8 // of the phrase that told asks
	asks     Asks
	cues     Cues
	words    int
	names    int
	domains  [domainCount]uint8 // words of each
}

// phrases is the automaton of all rules, made when the first question comes.
var phrases = pattern.CompileOnce(len(rules), func(i int) string { return rules[i].words })

// Analyse returns what a question tells. Any bytes are safe; of more than 8 KiB, the
// first and the last 4 KiB are looked at, cut between words. The answer depends on the
// text alone. O(min(len(question), 8 KiB)), some microseconds, no allocation.
func (a *Analyzer) Analyse(question string) Analysis {
	*a = Analyzer{}
	if len(question) <= headMax+tailMax {
		a.read(question)
	} else {
		a.read(head(question))
		a.read(tail(question))
	}
	if a.asks == AsksTime {
		a.cues |= CueTime
	}
	return Analysis{
		Asks: a.asks, Cues: a.cues, Words: a.words, Names: min(a.names, 255),
		Complexity: complexity(a.asks, a.cues, a.words, a.names),
		Intent:     intent(a.asks, a.cues), Domain: a.domain(),
	}
}

// head returns the first headMax bytes, but for a word that is cut.
func head(question string) string {
	question = question[:headMax]
	if i := strings.LastIndexByte(question, ' '); i > headMax/2 {
		question = question[:i]
	}
	return question
}

// tail returns the last tailMax bytes, but for a word that is cut.
func tail(question string) string {
	question = question[len(question)-tailMax:]
	if i := strings.IndexByte(question, ' '); i >= 0 && i < tailMax/2 {
		question = question[i:]
	}
	return question
}

// read adds what one piece of the question tells.
func (a *Analyzer) read(piece string) {
	cursor := phrases().Find(piece)
	for m, ok := cursor.Next(); ok; m, ok = cursor.Next() {
		a.take(&rules[m.Rule])
	}
	a.words += cursor.Words()
	a.readSigns(pattern.SignsOf(piece))
	a.readWords(piece)
}

func (a *Analyzer) take(r *rule) {
	a.cues |= r.cues
	if r.strength > a.strength {
		a.asks, a.strength = r.asks, r.strength
	}
	if r.domain != DomainUnknown && a.domains[r.domain] < 255 {
		a.domains[r.domain]++
	}
}

func (a *Analyzer) readSigns(signs pattern.Signs) {
	if signs&pattern.SignDigit != 0 {
		a.cues |= CueNumber
	}
	if signs&(pattern.SignYear|pattern.SignClock) != 0 {
		a.cues |= CueTime
	}
	if signs&pattern.SignQuote != 0 {
		a.cues |= CueQuote
	}
	if signs&pattern.SignCode != 0 {
		a.cues |= CueCode
		a.domains[DomainCode]++
	}
}

// domain returns the domain with the most words, of equals the first.
func (a *Analyzer) domain() (best Domain) {
	for d := range a.domains {
		if a.domains[d] > a.domains[best] {
			best = Domain(d)
		}
	}
	return best
}
