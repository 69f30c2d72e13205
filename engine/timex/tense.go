package timex

import "strings"

// speaksOf tells whether the sentence around the expression is of the past (-1), of what is
// to come (+1), or does not say (0): by the nearest word before it that tells, else the first
// behind. The verb decides where "on Friday" is: "we met on Friday", "we'll meet on Friday".
func (f *Finder) speaksOf(next int) int8 {
	if f.tensed {
		return f.tense
	}
	f.tensed, f.tense = true, f.tenseAround(next)
	return f.tense
}

func (f *Finder) tenseAround(next int) int8 {
	for i := f.first; i > 0 && i > f.first-behind && f.peek(i).gap != gapStop; i-- {
		if t := f.told(i - 1); t != 0 {
			return t
		}
	}
	for i := next; f.peek(i).gap != gapStop && i < f.first+ahead-1; i++ {
		if t := f.told(i); t != 0 {
			return t
		}
	}
	if f.back(f.first) == wordBy {
		return 1
	}
	return 0
}

// told is what one word tells of the tense.
func (f *Finder) told(i int) int8 {
	t := f.peek(i)
	switch t.class {
	case wordFuture, wordBe:
		return 1
	case wordM:
		if t.gap == gapApostrophe {
			return 1
		}
	case wordPast:
		return -1
	case wordFor:
		return -int8(t.value) // "took"
	case wordHave:
		return f.have(i + 1)
	case wordGoing:
		if f.is(i+1, wordTo) {
			return 1
		}
	case wordWon:
		if f.peek(i+1).gap == gapApostrophe {
			return 1
		}
		return -1
	case wordNone:
		if pastForm(f.word(t)) && !f.passive(i) {
			return -1
		}
	}
	return 0
}

// passive reports whether the word before makes no past of a participle: "will be closed".
func (f *Finder) passive(i int) bool {
	if i <= f.first-behind || i == 0 {
		return false
	}
	t := f.peek(i - 1)
	switch f.word(t) {
	case "be", "get", "gets", "getting":
		return true
	}
	return t.class == wordBe
}

// pastForm reports whether a word looks like a regular verb of the past. What looks so and is
// none ("red", "indeed", "sacred") is seldom the word next to a bare weekday.
func pastForm(word string) bool {
	return len(word) > 4 && strings.HasSuffix(word, "ed") && !strings.HasSuffix(word, "eed")
}

// have tells what "have" says by the words behind it: it is past before a participle, to come
// before "to", and else a verb like others: "you have until Friday".
func (f *Finder) have(i int) int8 {
	if f.is(i, wordTo) {
		return 1
	}
	for j := i; j < i+3 && f.peek(j).near(); j++ { // "have never really seen"
		t := f.peek(j)
		if t.class == wordPast || t.class == wordNone && (pastForm(f.word(t)) || strings.HasSuffix(f.word(t), "en")) {
			return -1
		}
	}
	return 0
}
