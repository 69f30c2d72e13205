package text

import (
	"embed"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
)

// English is the language of a store that names none; Plain is none at all: words
// as they are, in lower case.
const (
	English = "en"
	Plain   = "none"
)

// Languages returns the languages that Known knows, sorted: codes of ISO 639-1, and Plain.
func Languages() []string { return slices.Sorted(maps.Keys(languages)) }

// Known reports whether there are rules for a language.
func Known(language string) bool { return languages[language] != nil }

// rules turn the words of one language into terms. They never change.
type rules struct {
	stem func(*snowballstem.Env) bool // nil: words stand for themselves
	stop func() map[string]bool       // by words as Words gives them
	// respell gives a word that may be written in two ways the one that stop words
	// and stemmer know; nil where no word is.
	respell func(word string) string
	// fold drops the marks of a stem that is not ASCII, but for those of letters that
	// are others than the bare ones; nil keeps all.
	fold func(stem string) string
	// foldsFirst folds the word in front of the stemmer, which knows no marks.
	foldsFirst bool
	// dotless is the ASCII capital whose small letter is not ASCII, 0 if none is.
	dotless byte
}

// term returns the term of a word as Words gives it, of at most TermBytesMax; "" for
// a stop word.
func (l *rules) term(env *snowballstem.Env, word string) string {
	plain := isASCII(word)
	if !plain {
		word = compose(word)
	}
	if l.respell != nil {
		word = l.respell(word)
	}
	if l.stop()[word] {
		return ""
	}
	if l.foldsFirst && !plain {
		word = l.fold(word)
	}
	stem := word
	if l.stem != nil {
		env.SetCurrent(word)
		l.stem(env)
		if stem = env.Current(); stem == "" {
			stem = word // a stem that vanished would look like a stop word
		}
	}
	if l.fold != nil && !l.foldsFirst { // the Turkish stemmer gives ASCII words letters that are not
		stem = l.fold(stem)
	}
	if len(stem) > TermBytesMax {
		stem = string(cutTerm([]byte(stem)))
	}
	return stem
}

// rulesOf panics for a language that is not known.
func rulesOf(language string) *rules {
	if language == "" {
		language = English
	}
	if l := languages[language]; l != nil {
		return l
	}
	panic("text: no rules for the language " + language)
}

// languages are the stemmers at hand. Where a mark is kept, the letter with it has a
// place of its own in the alphabet and bare letters are other words (Swedish "får",
// sheep, and "far", father); elsewhere people leave marks out, in chats above all.
// Marks fold after stemming, as the endings that stemmers know are spelt with them,
// but in English, whose stemmer knows none. docs/languages.md has what others do.
var languages = map[string]*rules{
	Plain:   {stop: noStopWords},
	English: {stem: english.Stem, stop: stopWords(English), fold: foldAll, foldsFirst: true},
	"ar":    {stem: arabic.Stem, stop: stopWords("ar"), fold: foldAll},
	"da":    {stem: danish.Stem, stop: stopWords("da"), fold: foldBut("æøå")},
	"de":    {stem: german.Stem, stop: stopWords("de"), fold: foldAll},
	"es":    {stem: spanish.Stem, stop: stopWords("es"), fold: foldBut("ñ")},
	"fi":    {stem: finnish.Stem, stop: stopWords("fi"), fold: foldBut("åäö")},
	"fr":    {stem: french.Stem, stop: stopWords("fr"), respell: elided(frenchElisions), fold: foldAll},
	"ga":    {stem: irish.Stem, stop: noStopWords, fold: foldBut("áéíóú")},
	"hu":    {stem: hungarian.Stem, stop: stopWords("hu"), fold: foldBut("áéíóöőúüű")},
	"it":    {stem: italian.Stem, stop: stopWords("it"), respell: elided(italianElisions), fold: foldAll},
	"nl":    {stem: dutch.Stem, stop: stopWords("nl"), fold: foldAll},
	"no":    {stem: norwegian.Stem, stop: stopWords("no"), fold: foldBut("æøå")},
	"pt":    {stem: portuguese.Stem, stop: stopWords("pt"), fold: foldAll},
	"ro":    {stem: romanian.Stem, stop: stopWords("ro"), respell: romanianCedillas.Replace, fold: foldAll},
	"ru":    {stem: russian.Stem, stop: stopWords("ru"), respell: russianYo.Replace, fold: foldAll},
	"sv":    {stem: swedish.Stem, stop: stopWords("sv"), fold: foldBut("åäö")},
	"ta":    {stem: tamil.Stem, stop: noStopWords, fold: foldAll},
	"tr":    {stem: turkish.Stem, stop: stopWords("tr"), respell: bareTurkishName, fold: foldBut("çğöşü"), dotless: 'I'},
}

// stopWordLists are function words that occur in nearly every text and tell nothing
// about it. The first and second person tell who speaks to whom, which a memory of
// conversations is asked for; docs/design/analysis.md has what that is worth in English.
//
//go:embed stopwords/*.txt
var stopWordLists embed.FS

// stopWords reads a list when it is first asked for.
func stopWords(language string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		list, err := stopWordLists.ReadFile("stopwords/" + language + ".txt")
		if err != nil {
			panic(err) // a language in the table without its file
		}
		set := make(map[string]bool)
		for w := range strings.FieldsSeq(string(list)) {
			set[w] = true
		}
		return set
	})
}

func noStopWords() map[string]bool { return nil }
