// Package forms tells what kinds of speech are in a turn of a conversation: a question,
// a preference, a plan, a standing instruction, and more.
//
// All of it are phrases of English, found in one pass by one automaton (package
// pattern, rules in rules.go), and signs, found in another. A form says that a turn
// reads so, not that it is so: docs/design/route.md has how often it is right.
package forms

import (
	"strings"

	"github.com/nexus-memory/nexus/engine/pattern"
)

// Forms is a set of forms, a bit each. The bits may be stored: their order does not
// change, and new ones come behind.
type Forms uint32

// The forms.
const (
	IsQuestion  Forms = 1 << iota // ends with a question mark or begins as a question
	HasTimeWord                   // a word that says when, a year, a time of day
	HasNumber                     // digits, or a number spelt out
	HasMoney                      // a number with a currency
	FirstPerson                   // I, my, we
	Instruction                   // a standing instruction to the assistant: always answer, from now on
	Preference                    // likes and dislikes
	Plan                          // going to, will, planning
	Change                        // changed, switched, no longer, instead of
	Decision                      // decided, settled on, let's go with
	Backchannel                   // nothing but a greeting, thanks, or a few words of agreement
	HasList                       // two lines or more with bullets or numbers
	HasCode                       // backticks, names of a program, calls
	Reason                        // because, so that, due to
	Negation                      // not, never, nobody
	formsEnd
)

// currency is of words that are money beside a number. It leaves the package in no set.
const currency Forms = 1 << 31

var formNames = []string{"question", "time", "number", "money", "first-person", "instruction", "preference", "plan", "change",
	"decision", "backchannel", "list", "code", "reason", "negation"}

// String returns the names of the forms in the set, parted by blanks. Allocates.
func (f Forms) String() string {
	var names []string
	for i, name := range formNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// backchannelMax is how many words a backchannel has at most.
const backchannelMax = 8

// Finder finds forms. The zero value is ready. One goroutine at a time.
type Finder struct {
	covered int // words at the start that are all of backchannels
}

// phrases is the automaton of all rules, made when the first turn comes.
var phrases = pattern.CompileOnce(len(rules), func(i int) string { return rules[i].words })

// Find returns the forms of a turn, which may be any bytes. The answer depends on the
// text alone. O(len(text)), all of it is read, no allocation.
func (f *Finder) Find(text string) (found Forms) {
	f.covered = 0
	cursor := phrases().Find(text)
	for m, ok := cursor.Next(); ok; m, ok = cursor.Next() {
		r := &rules[m.Rule]
		if !r.opens || m.First == 0 {
			found |= r.forms &^ Backchannel
		}
		if r.forms&Backchannel != 0 && m.First <= f.covered {
			f.covered = max(f.covered, m.Last+1)
		}
	}
	if words := cursor.Words(); words > 0 && words <= backchannelMax && f.covered == words {
		found |= Backchannel
	}
	return withSigns(found, pattern.SignsOf(text))
}

// withSigns adds what the signs of the text tell.
func withSigns(found Forms, signs pattern.Signs) Forms {
	for _, s := range signForms {
		if signs&s.signs != 0 {
			found |= s.forms
		}
	}
	if found&currency != 0 && found&HasNumber != 0 {
		found |= HasMoney
	}
	return found & (formsEnd - 1)
}

var signForms = [...]struct {
	signs pattern.Signs
	forms Forms
}{
	{pattern.SignQuestion, IsQuestion},
	{pattern.SignDigit, HasNumber},
	{pattern.SignMoney, HasMoney},
	{pattern.SignYear | pattern.SignClock, HasTimeWord},
	{pattern.SignList, HasList},
	{pattern.SignCode, HasCode},
}
