package route

import (
	"unicode"
	"unicode/utf8"
)

// readWords adds what the spelling of words tells: names, which are capitalised within
// a sentence, and verbs of the past, which end in -ed.
func (a *Analyzer) readWords(piece string) {
	begins, inName := true, false
	for i := 0; i < len(piece); {
		c := piece[i]
		if !isLetter(c) {
			if c == '.' || c == '?' || c == '!' || c == '\n' || c == ':' || c == '"' {
				begins, inName = true, false
			} else if c != ' ' {
				inName = false
			}
			i++
			continue
		}
		end := wordEnd(piece, i)
		word := piece[i:end]
		if isCapital(word) && !begins && !isCalendar(word) {
			a.cues |= CueName
			if !inName {
				a.names++
			}
			inName = true
		} else {
			inName = false
		}
		if isPastVerb(word) {
			a.cues |= CuePast
		}
		begins = false
		i = end
	}
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

// wordEnd returns where the run of letters that begins at i ends.
func wordEnd(piece string, i int) int {
	for i < len(piece) && isLetter(piece[i]) {
		i++
	}
	return i
}

// isCapital reports whether a word is spelt as a name: a capital, and not the pronoun I.
func isCapital(word string) bool {
	if c := word[0]; c < utf8.RuneSelf {
		return 'A' <= c && c <= 'Z' && word != "I"
	}
	r, size := utf8.DecodeRuneInString(word)
	return size < len(word) && unicode.IsUpper(r)
}

// isCalendar reports whether a capitalised word is a day or month, which English
// writes as names. May, March and August are months more often than people.
func isCalendar(word string) bool {
	switch word {
	case "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
		"Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays",
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December":
		return true
	}
	return false
}

// isPastVerb reports whether a word ends as verbs of the past do. Of the words that
// end so and are none, the frequent ones are excepted.
func isPastVerb(word string) bool {
	n := len(word)
	if n < 5 || word[n-2:] != "ed" || word[n-3] == 'e' {
		return false
	}
	switch word {
	case "hundred", "supposed", "allowed", "interested", "married", "tired", "indeed", "related", "based", "naked", "needed", "required", "detailed", "limited", "advanced":
		return false
	}
	return true
}
