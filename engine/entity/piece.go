package entity

import "unicode/utf8"

// simple reads a word of small letters, perhaps a capital before them, and a border or the
// full stop of a sentence behind: most words of most texts. Others are pieces as any.
func (f *Finder) simple() {
	p := f.at
	q := p + 1
	for q < len(f.text) && class[f.text[q]] == classLower {
		q++
	}
	next := class[f.byteAt(q)]
	if next == classDot {
		next = class[f.byteAt(q+1)]
	}
	switch {
	case next&classBorder == 0 || f.byteAt(q) == '(':
		f.piece()
	case isUpper(f.text[p]):
		f.capital(p, q)
	default:
		f.small(p, q)
	}
}

// piece reads what stands between two borders: a word of small letters, something of a
// shape, or words of which some have capitals.
func (f *Finder) piece() {
	start := f.at
	end, mask := f.pieceEnd(start)
	if mask == classLower {
		f.small(start, end)
		return
	}
	if end-start > MentionBytesMax {
		f.skipTo(end)
		return
	}
	first, last := f.trim(start, end)
	if first == last {
		f.punctuation(start, end)
		return
	}
	if last-first < end-start {
		mask = f.maskOf(first, last)
	}
	if mask&^(classLetters|classMark) != 0 && f.shape(first, last, mask) {
		return
	}
	if f.flag(start, first, last, mask) || mask&classHigh == 0 && f.code(first, last, mask) {
		return
	}
	f.words(first, last)
}

// pieceEnd returns where the piece at start ends, and the classes of its bytes.
func (f *Finder) pieceEnd(start int) (end int, mask uint8) {
	for end = start; end < len(f.text); {
		c := class[f.text[end]]
		if c&classBorder != 0 {
			break
		}
		size := 1
		if c == classHigh {
			var r rune
			if r, size = utf8.DecodeRuneInString(f.text[end:]); !isLatin(r) && !isCurrency(r) {
				break
			}
		}
		mask |= c
		end += size
	}
	return end, mask
}

func (f *Finder) maskOf(start, end int) (mask uint8) {
	for i := start; i < end; i++ {
		mask |= class[f.text[i]]
	}
	return mask
}

// trim returns a piece without the marks on both sides, but for dots in front, which
// paths have.
func (f *Finder) trim(start, end int) (first, last int) {
	for start < end && class[f.text[start]] == classMark || start+1 < end && f.text[start] == '.' && isLetter(f.text[start+1]) {
		start++
	}
	for end > start {
		switch c := class[f.text[end-1]]; {
		case c == classMark || c == classDot:
			end--
		case end-start >= len("’") && f.text[end-len("’"):end] == "’":
			end -= len("’")
		default:
			return start, end
		}
	}
	return start, end
}

// punctuation reads a piece of signs alone. A full stop or a colon ends the sentence, but
// not behind what is abbreviated.
func (f *Finder) punctuation(start, end int) {
	f.at = end
	switch f.text[start] {
	case '&':
		if end == start+1 && f.run.count > 0 {
			f.run.connect(f, start, end)
			return
		}
	case '.':
		if end == start+1 && f.run.abbreviated(f, start) {
			return
		}
		f.sentence, f.shouted = true, false
		f.before = [2]span{}
	case ':':
		f.sentence, f.shouted = true, false
		f.before = [2]span{}
	}
}

// small reads a word of small letters.
func (f *Finder) small(start, end int) {
	if f.run.count > 0 {
		if f.run.connects(f, start, end) {
			f.run.connect(f, start, end)
			f.passWord(start, end)
			return
		}
		f.endRun()
	}
	if end-start >= numberBytesMin && f.lex.numbers[startOf(f.text[start:end])] && f.spelled(start, end) {
		return
	}
	if f.call(start, end) {
		return
	}
	f.passWord(start, end)
}

// call finds a word that brackets follow at once: "close()".
func (f *Finder) call(start, end int) bool {
	if end+1 >= len(f.text) || f.text[end] != '(' || f.text[end+1] != ')' {
		return false
	}
	f.emit(start, end+2, Code)
	return true
}

// passWord notes a word and goes on behind it.
func (f *Finder) passWord(start, end int) {
	f.before[1], f.before[0] = f.before[0], span{start, end}
	f.sentence, f.lineFirst, f.opening, f.shouted = false, false, false, false
	f.at = end
}

// skipTo goes on behind something that is no mention.
func (f *Finder) skipTo(end int) {
	f.endRun()
	f.passWord(f.at, end)
}

// words reads the words of a piece that has no shape.
func (f *Finder) words(start, end int) {
	for p := start; p < end; {
		c := class[f.text[p]]
		if c&classWord == 0 {
			p++
			continue
		}
		if p > start && f.customAt(p) {
			return
		}
		q := f.wordEnd(p, end)
		f.at = p
		if c&(classUpper|classHigh) != 0 && f.startsUpper(p) || c == classLower && q-p > 2 && isUpper(f.text[p+1]) {
			f.capital(p, q)
		} else if c&classLower != 0 {
			f.small(p, q)
		} else {
			f.skipTo(q)
		}
		if f.at > q {
			return
		}
		p = q
	}
	f.at = end
}

// wordEnd returns where the word at p ends: letters and digits, with apostrophes inside,
// hyphens and ampersands before a letter of the same case as the first, and the full stops
// of initials ("J.K.").
func (f *Finder) wordEnd(p, end int) int {
	upper := f.startsUpper(p)
	q := p
	for q < end {
		c := f.text[q]
		if class[c]&classWord == 0 {
			next := q + 1
			if next >= end || class[f.text[next]]&classLetters == 0 {
				break
			}
			switch {
			case c == '\'':
			case c == '-' && f.startsUpper(next) == upper && !f.isGiven(next):
			case c == '&' && isUpper(f.text[next]) && isUpper(f.text[q-1]):
			case c == '.' && upper && isUpper(f.text[next]) && (q == p+1 || f.text[q-2] == '.'):
			default:
				return q
			}
		}
		q++
	}
	return q
}

// startsUpper reports whether there is a capital letter at p.
func (f *Finder) startsUpper(p int) bool {
	if c := f.text[p]; c < utf8.RuneSelf {
		return isUpper(c)
	}
	r, _ := utf8.DecodeRuneInString(f.text[p:])
	return isUpperRune(r)
}

func isLetter(c byte) bool { return class[c]&(classLower|classUpper) != 0 }
func isDigit(c byte) bool  { return class[c] == classDigit }

// emit appends a mention of a kind that is no name, and goes on behind it.
func (f *Finder) emit(start, end int, kind Kind) {
	f.endRun()
	f.push(Mention{Start: start, End: end, Kind: kind, Hash: f.hash(start, end, kind)})
	f.at = start
	f.passWord(start, end)
}

// push appends a mention, if it may be one.
func (f *Finder) push(m Mention) {
	if m.End-m.Start <= MentionBytesMax && len(f.out)-f.base < MentionsMax {
		f.out = append(f.out, m)
	}
}

// wordAfter returns the word of ASCII letters behind one blank, or behind no-break space, at
// p; an empty span at p if there is none.
func (f *Finder) wordAfter(p int) span {
	s := p
	switch {
	case s < len(f.text) && f.text[s] == ' ':
		s++
	case s+2 <= len(f.text) && f.text[s:s+2] == "\u00a0":
		s += 2
	default:
		return span{p, p}
	}
	e := s
	for e < len(f.text) && isLetter(f.text[e]) {
		e++
	}
	if e == s || e < len(f.text) && class[f.text[e]]&(classWord&^classLetters) != 0 {
		return span{p, p}
	}
	return span{s, e}
}

// facts returns what the lists say of a part of the text.
func (f *Finder) facts(s span) facts { return f.lex.find(f.text[s.start:s.end]) }

// factsBefore returns what the lists say of the word before p, if only a blank, or a blank
// and a comma, are between.
func (f *Finder) factsBefore(p int) facts {
	if !f.nextTo(f.before[0], p) {
		return 0
	}
	return f.facts(f.before[0])
}

// nextTo reports whether a word stands before p with a blank, or a comma and a blank, between.
func (f *Finder) nextTo(word span, p int) bool {
	if word.end == 0 || word.end >= p {
		return false
	}
	gap := f.text[word.end:p]
	return gap == " " || gap == ", "
}
