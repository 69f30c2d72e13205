package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// TermBytesMax is where a longer word is cut, on a rune boundary: the longest
	// English words have some 30 letters, and what is longer is machine-made (keys,
	// encoded data), which 64 bytes tell apart and which would bloat a dictionary.
	TermBytesMax = 64
	// partBytesMin leaves out single letters of names such as U.S.A or iPhone,
	// which match everything and mean nothing.
	partBytesMin = 2
)

// IsStopWord reports whether a word as Words gives it is a stop word of the language.
func (a *Analyzer) IsStopWord(word []byte) bool { return a.rules.stop()[string(word)] }

// Terms appends the terms of s to t: the stems of its Words without the stop
// words, in order, cut at TermBytesMax. Numbers are kept as they are.
//
// A name made of parts also gives the parts, right behind the whole, so that
// "http.Handler", "read_file" and "WaitGroup" are found by either: parts lie
// between dots, underscores or colons, before a capital that follows a small
// letter, and before the last capital of a run that starts a word of three
// letters or more ("HTTPServer"). Parts of one byte and stop words are left
// out, and a number such as 3.14 has no parts.
//
// Of a run of Chinese, Japanese or Korean characters every two neighbours are a
// term, and a character that stands alone is one, in every language: "東京都" gives
// "東京" and "京都". Terms are valid UTF-8, never empty, at most 2*len(s) of them.
// O(len(s)); does not allocate for words that are in the cache.
func (a *Analyzer) Terms(t *Tokens, s string) {
	a.split.SetText(s)
	for a.split.Next() {
		w := trimWord(a.split.Value())
		found, paired := a.lower(w)
		if paired {
			w, found = a.appendRun(t, w)
		}
		if !found {
			continue
		}
		a.appendTerm(t)
		if mayHaveParts(w) {
			a.appendParts(t, w)
		}
	}
	a.split.SetText("")
}

// appendTerm appends the stem of a.word unless it is a stop word.
func (a *Analyzer) appendTerm(t *Tokens) {
	word := cutTerm(a.word)
	hash := hashOf(word)
	if stem, known := a.stems.find(word, hash); known {
		if len(stem) > 0 {
			t.Append(stem)
		}
		return
	}
	stem := a.rules.term(a.env, string(word))
	a.stems.put(word, hash, stem)
	if stem != "" {
		t.AppendString(stem)
	}
}

// cutTerm returns word, or its longest prefix of whole runes in TermBytesMax bytes.
func cutTerm(word []byte) []byte {
	if len(word) <= TermBytesMax {
		return word
	}
	end := TermBytesMax
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// mayHaveParts is a quick look that spares most words the cutting.
func mayHaveParts(w string) bool {
	for i := 1; i < len(w); i++ {
		if c := w[i]; isJoint(c) || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

func isJoint(c byte) bool { return c == '.' || c == '_' || c == ':' }

// appendParts appends the terms of the parts of w if it has more than one.
func (a *Analyzer) appendParts(t *Tokens, w string) {
	if strings.IndexFunc(w, unicode.IsLetter) < 0 {
		return
	}
	for rest := w; rest != ""; {
		end := partEnd(rest)
		if end == len(w) {
			return // one part: the whole, which is there already
		}
		if part := rest[:end]; len(part) >= partBytesMin {
			if found, _ := a.lower(part); found {
				a.appendTerm(t)
			}
		}
		rest = rest[end:]
		if isJoint(rest0(rest)) {
			rest = rest[1:]
		}
	}
}

// rest0 returns the first byte of s, or 0.
func rest0(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// partEnd returns where the first part of w ends: at a joint or a hump, else
// len(w). At least 1 unless w starts with a joint.
func partEnd(w string) int {
	var before, last rune // the two runes in front of the one at hand
	lastAt := 0
	for i, r := range w {
		switch {
		case r < utf8.RuneSelf && isJoint(byte(r)):
			return i
		case unicode.IsUpper(r) && unicode.IsLower(last):
			return i
		case lastAt > 0 && unicode.IsUpper(before) && unicode.IsUpper(last) && startsTwoLower(w[i:]):
			return lastAt
		}
		before, last, lastAt = last, r, i
	}
	return len(w)
}

// startsTwoLower reports whether s begins with two small letters: HTTPServer
// has parts, PDFs has none.
func startsTwoLower(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[size:])
	return unicode.IsLower(first) && unicode.IsLower(second)
}
