package entity

import "strconv"

const (
	numberBytesMin = 3
	numberBytesMax = 16
	startSlots     = 1 << 10
)

// startOf returns a number for the first three letters of a word. Most words are no number
// words by these alone.
func startOf(word string) int {
	return (int(word[0]|caseBit) + int(word[1]|caseBit)<<3 + int(word[2]|caseBit)<<6) % startSlots
}

// spelled finds an amount in words: "three", "twenty-five", "two hundred thousand", "a
// million". "one" alone is a pronoun more often than a number.
func (f *Finder) spelled(s, e int) bool {
	a := amount{start: s, end: s}
	var total, group uint64
	count, article := 0, false
	for next := (span{s, f.lettersEnd(s)}); count < spelledWordsMax; {
		entry := f.numberWord(next)
		if entry == nil {
			break
		}
		switch {
		case entry.facts&factNumber != 0:
			group += decimal(entry.value)
		case count == 0 && (!f.nextTo(f.before[0], s) || !f.wordIs(f.before[0], "a")):
			return false
		default:
			article = article || count == 0
			total, group = scale(total, max(group, 1), entry)
		}
		a.end = next.end
		count++
		if next = f.wordAfter(a.end); next.start == next.end && a.end < len(f.text) && f.text[a.end] == '-' {
			next = span{a.end + 1, f.lettersEnd(a.end + 1)}
		}
	}
	if a.value = total + group; count == 0 {
		return false
	}
	return f.spelledAmount(&a, count == 1 && a.value == 1, article)
}

const spelledWordsMax = 8

// spelledAmount emits what number words start; one says that they are "one" alone, article
// that they start with a scale, and take the "a" before.
func (f *Finder) spelledAmount(a *amount, one, article bool) bool {
	if article {
		a.start = f.before[0].start
	}
	f.following(a)
	if one && a.currency == "" && !a.percent {
		return false
	}
	if class[f.byteAt(a.end)]&classWord != 0 {
		return false
	}
	f.countAmount(a)
	return true
}

// byteAt returns the byte at p, a blank behind the end.
func (f *Finder) byteAt(p int) byte {
	if p < len(f.text) {
		return f.text[p]
	}
	return ' '
}

// numberWord returns what a number word or a scale is worth; nil for other words.
func (f *Finder) numberWord(s span) *entry {
	if n := s.end - s.start; n < numberBytesMin || n > numberBytesMax {
		return nil
	}
	if e := f.lex.entry(f.text[s.start:s.end]); e.facts&(factNumber|factScale) != 0 {
		return e
	}
	return nil
}

// scale multiplies by "hundred", "thousand" and so on. More than fits counts as the most
// that does: the value is for comparing alone.
func scale(total, group uint64, by *entry) (newTotal, newGroup uint64) {
	switch by.word {
	case "hundred":
		return total, product(group, 100)
	case "dozen":
		return total, product(group, 12)
	}
	factor := uint64(1)
	for range decimal(by.value) {
		factor *= 10
	}
	return total + product(group, factor), 0
}

// product multiplies numbers of which the second is at most a trillion.
func product(a, b uint64) uint64 {
	const most = 1 << 60
	if a > most/b {
		return most
	}
	return a * b
}

// decimal returns the value of a short decimal number of the lists.
func decimal(s string) (n uint64) {
	n, _ = strconv.ParseUint(s, 10, 32)
	return n
}
