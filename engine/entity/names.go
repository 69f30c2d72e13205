package entity

// tentative marks the kind of a mention that is a name only if the text has it elsewhere.
const tentative = 0x80

// endRun turns the words of the run into mentions.
func (f *Finder) endRun() {
	n := f.run.count
	if n == 0 {
		return
	}
	f.run.count = 0
	for n > 0 && f.run.words[n-1].connector {
		n--
	}
	words := f.run.words[:n]
	for i := 0; i < n; {
		i = f.segment(words, i)
	}
}

// segment emits what starts at word i, if anything, and returns the word to go on with.
func (f *Finder) segment(w []runWord, i int) int {
	if w[i].connector || w[i].facts&factKin != 0 && w[i].facts&factListed == 0 {
		return i + 1
	}
	if w[i].facts&factTitle != 0 {
		if end := personEnd(w, i+1); end > i+1 {
			return f.name(w, i, end, Person)
		}
	}
	if end := f.organisationEnd(w, i); end > i {
		return f.name(w, i, end, Organisation)
	}
	if end, kind := f.listedEnd(w, i); end > i {
		return f.name(w, i, end, kind)
	}
	if end := f.placeEnd(w, i); end > i {
		return f.name(w, i, end, Place)
	}
	if w[i].facts&factGiven != 0 {
		return f.person(w, i)
	}
	if kind := kindOf(w[i].facts); kind != 0 {
		return f.single(w, i, kind)
	}
	return f.unknown(w, i)
}

// kindOf returns the kind that the lists give a word.
func kindOf(known facts) Kind {
	switch {
	case known&factPlace != 0:
		return Place
	case known&factOrganisation != 0:
		return Organisation
	case known&factOther != 0:
		return Name
	}
	return 0
}

// person emits a given name with what follows.
func (f *Finder) person(w []runWord, i int) int {
	end := personEnd(w, i)
	if end == i+1 {
		return f.single(w, i, Person)
	}
	return f.name(w, i, end, Person)
}

// personEnd returns where a person's name that starts at i ends: initials, given names,
// particles and words of no list, four at most.
func personEnd(w []runWord, i int) int {
	end := i
	for end < len(w) && end-i < 4 {
		switch {
		case w[end].connector:
			if w[end].facts != 0 || end+1 >= len(w) || end == i || !isParticle(w, end) {
				return end
			}
		case w[end].initial || w[end].facts&factGiven != 0 || w[end].facts&(factListed|factStarter|factCalendar|factTitle) == 0:
		case end == i && w[end].facts&factListed == 0 || end > i && w[end].facts&factCommon != 0:
		default:
			return end
		}
		end++
		if w[end-1].possessive {
			return end
		}
	}
	for end > i && w[end-1].connector {
		end--
	}
	return end
}

// organisationEnd returns where an organisation that starts at i ends: "Kessler Logistics
// Ltd", "University of Leeds", "Harlow & Finch"; i if there is none.
func (f *Finder) organisationEnd(w []runWord, i int) int {
	if w[i].facts&factOrganisationHead != 0 && i+2 < len(w) && f.isWord(w, i+1, "of") {
		return f.ofEnd(w, i+2)
	}
	end := i
	for k := i + 1; k < len(w) && k-i < 6; k++ {
		switch {
		case f.isWord(w, k, "&") && k+1 < len(w):
			end = k + 2
			k++
		case f.isWord(w, k, "of") && end == k && k+1 < len(w):
			end = f.ofEnd(w, k+1)
			k = end - 1
		case w[k].connector:
			return end
		case w[k].facts&factOrganisationTail != 0 && w[i].facts&factStarter == 0:
			end = k + 1
		case w[k].facts&factTitle != 0:
			return end
		}
	}
	return end
}

// ofEnd returns where what "of" leads to ends: "America", "the Arts", "Health and Safety".
func (f *Finder) ofEnd(w []runWord, k int) int {
	end := k
	for ; k < len(w); k++ {
		switch {
		case f.isWord(w, k, "the"):
		case f.isWord(w, k, "and"):
			if k+1 == len(w) || w[k+1].facts&factListed != 0 {
				return end
			}
		case w[k].connector:
			return end
		default:
			end = k + 1
			if w[k].possessive {
				return end
			}
		}
	}
	return end
}

func (f *Finder) isWord(w []runWord, i int, word string) bool {
	return w[i].connector && f.text[w[i].start:w[i].end] == word
}

// listedEnd returns where the longest name of several words that the lists have ends.
func (f *Finder) listedEnd(w []runWord, i int) (end int, kind Kind) {
	for end = min(len(w), i+4); end > i+1; end-- {
		s := span{w[i].start, w[end-1].end}
		if s.end-s.start > 2*keyBytesMax || w[end-1].connector {
			continue
		}
		known := f.listed(s)
		if kind = kindOf(known); kind != 0 {
			return end, kind
		}
	}
	return i, 0
}

// placeEnd returns where a place that starts at i ends by its words: "Lake Como", "Elm
// Street"; i if there is none.
func (f *Finder) placeEnd(w []runWord, i int) int {
	end := i
	for k := i + 1; k < len(w) && k-i < 4 && !w[k].connector; k++ {
		if w[k].facts&factPlaceTail != 0 && w[k].facts&factGiven == 0 || w[k].facts&factPlaceTail != 0 && w[i].facts&factGiven == 0 {
			end = k + 1
		}
	}
	if end > i || w[i].facts&factPlaceHead == 0 || i+1 >= len(w) || w[i].possessive {
		return end
	}
	next := w[i+1]
	if f.isWord(w, i+1, "of") && i+2 < len(w) {
		return f.ofEnd(w, i+2)
	}
	if next.connector || next.facts&(factGiven|factOther|factOrganisation) != 0 && next.facts&factPlace == 0 || w[i].facts&factStarter != 0 && w[i].sentence {
		return i
	}
	return i + 2
}

// single emits a listed name of one word. One that is a word too needs a second sign where a
// sentence starts.
func (f *Finder) single(w []runWord, i int, kind Kind) int {
	if w[i].facts&factCommon == 0 || !w[i].sentence {
		if w[i].facts&factGiven != 0 && kind == Place && f.cue(w, i) == Person {
			kind = Person
		}
		return f.name(w, i, i+1, kind)
	}
	return f.unsure(w, i, i+1, kind)
}

// unsure emits a name in a title or at the start of a sentence: for good if the store knows
// it or, but in titles, a person's verb or "and" with another name follows.
func (f *Finder) unsure(w []runWord, i, end int, kind Kind) int {
	s, e := w[i].start, w[end-1].end
	after, titled := f.wordAfter(e), s < f.titleEnd
	switch {
	case !titled && f.actsAsPerson(after) && !w[end-1].possessive:
		return f.name(w, i, end, Person)
	case !titled && f.wordIs(after, "and") && f.namedAfter(after.end):
		return f.name(w, i, end, kind)
	case f.Known != nil && f.Known(f.nameHash(s, e)):
		return f.name(w, i, end, kind)
	}
	f.push(Mention{Start: s, End: e, Kind: kind | tentative, Hash: f.nameHash(s, e)})
	return end
}

// namedAfter reports whether a word with a capital follows that is no common one.
func (f *Finder) namedAfter(p int) bool {
	next := f.wordAfter(p)
	return next.end > next.start+1 && isUpper(f.text[next.start]) && f.facts(next)&(factStarter|factCalendar) == 0
}

// unknown emits words of no list that stand together.
func (f *Finder) unknown(w []runWord, i int) int {
	end := i
	for end < len(w) && (w[end].facts&factListed == 0 || end > i+1 && w[end].facts&factCommon != 0) && !f.isBreak(w, i, end) {
		end++
		if w[end-1].possessive {
			break
		}
	}
	for end > i && w[end-1].connector {
		end--
	}
	if end == i {
		return i + 1
	}
	onlyTails := true
	for k := i; k < end; k++ {
		if w[k].facts&(factOrganisationTail|factPlaceTail|factPlaceHead|factTitle|factOrganisationHead|factStarter|factShout) == 0 && !w[k].connector {
			onlyTails = false
		}
	}
	if onlyTails {
		return end
	}
	return f.unlisted(w, i, end)
}

// isBreak reports whether a connector ends the words of a name: those of persons go on, and
// "of" where it does not start a sentence.
func (f *Finder) isBreak(w []runWord, i, k int) bool {
	return w[k].connector && (k == i || w[i].sentence || !f.isWord(w, k, "of") && !f.isWord(w, k, "the") && !isParticle(w, k))
}

func isParticle(w []runWord, k int) bool {
	n := w[k].end - w[k].start
	return n >= 2 && n <= 5
}

// unlisted emits the name of words i to end by what stands around it.
func (f *Finder) unlisted(w []runWord, i, end int) int {
	if w[i].start < f.titleEnd || w[i].caps && w[i].sentence {
		return f.unsure(w, i, end, Name)
	}
	if !w[i].sentence {
		if end < len(w) && w[end].facts&(factPlace|factGiven) != 0 && end-i == 1 && !w[i].possessive {
			return end // "Downtown Chicago"
		}
		kind := f.cue(w, i)
		if kind == 0 {
			kind = f.cueAfter(w, end)
		}
		return f.name(w, i, end, kind)
	}
	if end-i == 1 {
		if end < len(w) {
			return end // "Visited Paris"
		}
		return f.unsure(w, i, end, Name)
	}
	if f.isVerbForm(w[i]) {
		w[i+1].sentence = false
		return f.unlisted(w, i+1, end)
	}
	return f.name(w, i, end, f.cueAfter(w, end))
}

// isVerbForm reports whether a word ends as verbs and adverbs do: "Tried", "Luckily".
func (f *Finder) isVerbForm(w runWord) bool {
	s := f.text[w.start:w.end]
	n := len(s)
	return n > 4 && (s[n-2:] == "ed" || s[n-3:] == "ing" || s[n-2:] == "ly")
}

// cue returns the kind that the words before a run say; 0 if they say none.
func (f *Finder) cue(w []runWord, i int) Kind {
	before, second := f.run.before[0], f.run.before[1]
	if i > 0 {
		before, second = w[i-1].span, f.run.before[0]
	}
	if !f.nextTo(before, w[i].start) {
		return 0
	}
	known := f.facts(before)
	comma := f.text[before.end] == ','
	switch {
	case known&factPersonBefore != 0, f.isIntroduced(before, second) && !comma:
		return Person
	case comma || w[i].caps:
		return 0
	case known&factOrganisationBefore != 0:
		return Organisation
	case known&factPlaceBefore != 0:
		return Place
	}
	if !f.nextTo(second, before.start) {
		return 0
	}
	switch lead := f.facts(second); {
	case lead&factMotion != 0 && (f.wordIs(before, "to") || f.wordIs(before, "from")):
		return Place
	case lead&factWorkBefore != 0 && (f.wordIs(before, "at") || f.wordIs(before, "for") || f.wordIs(before, "with") || f.wordIs(before, "from")):
		return Organisation
	}
	return 0
}

// isIntroduced reports whether "I'm", "name is" or "this is" stands before.
func (f *Finder) isIntroduced(before, second span) bool {
	switch {
	case f.wordIs(before, "i'm"), f.wordIs(before, "i’m"):
		return true
	case f.wordIs(before, "is"):
		return f.wordIs(second, "name")
	case f.wordIs(before, "me"):
		return f.wordIs(second, "call")
	}
	return false
}

// cueAfter returns the kind that the word behind a run says: Name if none.
func (f *Finder) cueAfter(w []runWord, end int) Kind {
	e := w[end-1].end
	if w[end-1].possessive {
		for e < len(f.text) && f.text[e] != ' ' && e-w[end-1].end < len("’s")+1 {
			e++
		}
		if f.facts(f.wordAfter(e))&factPersonBefore != 0 {
			return Person
		}
		return Name
	}
	if f.actsAsPerson(f.wordAfter(e)) {
		return Person
	}
	return Name
}

// actsAsPerson reports whether the word behind a name is a person's verb, or starts "and her".
func (f *Finder) actsAsPerson(word span) bool {
	return f.facts(word)&factPersonAfter != 0 || f.wordIs(word, "and") && f.facts(f.wordAfter(word.end))&factPossessor != 0
}

// name emits words i to end as a name.
func (f *Finder) name(w []runWord, i, end int, kind Kind) int {
	s, e := w[i].start, w[end-1].end
	hash := f.nameHash(s, e)
	f.push(Mention{Start: s, End: e, Kind: kind, Hash: hash})
	f.seen.add(hash, kind)
	if kind == Person && end-i > 1 {
		for _, word := range w[i:end] {
			if !word.connector && !word.initial {
				f.seen.add(f.nameHash(word.start, word.end), Person)
			}
		}
	}
	return end
}

// settle drops the tentative mentions of which the text has no second sign.
func (f *Finder) settle() {
	kept := f.out[:f.base]
	for _, m := range f.out[f.base:] {
		if m.Kind&tentative != 0 {
			kind := f.seen.find(m.Hash)
			if kind == 0 {
				continue
			}
			m.Kind = kind
		}
		kept = append(kept, m)
	}
	f.out = kept
}
