package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// compose returns a word with composed characters, so that é is the same letter as e
// and a mark behind it.
func compose(word string) string {
	return norm.NFC.String(word)
}

// foldAll returns a word without the marks of its Latin letters, and with two letters
// for those that are two (æ, œ, ß).
func foldAll(word string) string { return fold(word, "") }

// foldBut is foldAll but for the letters of keep.
func foldBut(keep string) func(string) string {
	return func(word string) string { return fold(word, keep) }
}

func fold(word, keep string) string {
	if isASCII(word) {
		return word
	}
	var b strings.Builder
	latin := false // the letter at hand is, so that loose marks behind it go too
	for _, r := range word {
		switch {
		case r < utf8.RuneSelf:
			latin = true
			b.WriteRune(r)
		case strings.ContainsRune(keep, r):
			latin = false
			b.WriteRune(r)
		case unicode.Is(unicode.Latin, r):
			latin = true
			b.WriteString(bare(r))
		case !latin || !unicode.Is(unicode.Mn, r):
			latin = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

// bare returns a small Latin letter without marks.
func bare(r rune) string {
	if letters, ok := bareLetters[r]; ok {
		return letters
	}
	var parts [4 * utf8.UTFMax]byte
	first, size := utf8.DecodeRune(norm.NFD.AppendString(parts[:0], string(r)))
	if size == 0 {
		return string(r)
	}
	return string(first)
}

// bareLetters have strokes, dots or forms that Unicode does not take for marks.
var bareLetters = map[rune]string{
	'æ': "ae", 'œ': "oe", 'ß': "ss", 'þ': "th", 'ĳ': "ij",
	'ð': "d", 'đ': "d", 'ħ': "h", 'ı': "i", 'ł': "l", 'ø': "o", 'ŧ': "t", 'ſ': "s",
}

// The words that lose their vowel before another one, in front of the apostrophe.
var (
	frenchElisions  = setOf("c d j l m n s t qu jusqu lorsqu puisqu quoiqu")
	italianElisions = setOf("c d l m n s t v un all dall dell nell sull coll quell quest bell gl agl dagl degl negl sugl")
)

func setOf(list string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(list) {
		set[w] = true
	}
	return set
}

// elided returns a function that drops what of elisions and its apostrophe a word
// starts with: "l'homme" is "homme", and "aujourd'hui" stays.
func elided(elisions map[string]bool) func(string) string {
	return func(word string) string {
		before, after, found := strings.Cut(word, "'")
		if found && after != "" && elisions[before] {
			return after
		}
		return word
	}
}

// romanianCedillas writes ș and ț as the stemmer and older keyboards do.
var romanianCedillas = strings.NewReplacer("ș", "ş", "ț", "ţ")

// russianYo: the two dots are written in schoolbooks alone.
var russianYo = strings.NewReplacer("ё", "е")

// bareTurkishName drops the ending that an apostrophe sets off from a name:
// "istanbul'da" is "istanbul".
func bareTurkishName(word string) string {
	name, _, found := strings.Cut(word, "'")
	if found && name != "" {
		return name
	}
	return word
}
