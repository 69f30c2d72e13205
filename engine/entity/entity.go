// Package entity answers what a text names: people, places, organisations, amounts,
// addresses, identifiers and code, by rules and short lists, without a model.
//
// One walk over the text looks at classes of bytes. Most words are small letters alone and
// end there. Others are tried against the shapes of their first and inner signs (address,
// path, number ...), and words with capitals are gathered to runs ("Bank of America"), which
// the lists, what stands around them, and what the store knows already turn into mentions.
//
// Names are found in Latin script, and only where they have capitals; what a script cannot
// hide, such as e-mail addresses and amounts, in any text. Points and spans of time are not
// entities here. docs/design/entity.md has the rules, and how good they are.
package entity

import "unicode/utf8"

// Kind says what a mention names. The numbers may be stored: append only.
type Kind uint8

// The kinds. Name is a name of which the rules cannot tell what bears it, and one of a
// language, people, product, holiday or work.
const (
	Person       Kind = iota + 1
	Place             // country, town, street, building, lake
	Organisation      // company, authority, university, hospital
	Name              // capitalised, unknown which
	Money             // "$1,200", "20 bucks", "EUR 3.5 million"
	Number            // "three", "1.2 million", "12 km", "45 minutes"
	Percent           // "12.5%", "five percent"
	Email             // name@host
	URL               // with a scheme, with www, or of a known domain
	Identifier        // ticket, hash, UUID, ISBN, booking, order
	Version           // "v1.2", "2.0.0-rc1", "version 5.2"
	Code              // snake_case, camelCase, f(), a.b.c, path, flag, `quoted`
	Handle            // @name, #tag
	Phone             // with a country's code, with a 0, or in North American groups
	Custom            // of the gazetteer, where that says nothing else
	kindCount
)

var kindNames = [kindCount]string{
	"none", "person", "place", "organisation", "name", "money", "number", "percent", "email", "url", "identifier",
	"version", "code", "handle", "phone", "custom",
}

// String returns the name of the kind in small letters; that of no kind for others.
func (k Kind) String() string {
	if k >= kindCount {
		k = 0
	}
	return kindNames[k]
}

const (
	// MentionsMax bounds the mentions of one text; the first ones are found.
	MentionsMax = 4096
	// MentionBytesMax bounds a mention. Longer ones are none.
	MentionBytesMax = 2048
)

// Mention is one place of a text that names something.
type Mention struct {
	Start, End int // bytes of the text, Start < End, both between characters
	Kind       Kind
	// Hash is that of the canonical form. Of names, whatever their kind, it is
	// Hash(text[Start:End]), so that they meet. Amounts are by value and unit ("$1,200" and
	// "1200 dollars"), versions without "v", phone numbers their digits, URLs without scheme
	// and "www", handles and code the name without signs, all without regard to capitals.
	Hash uint64
}

// Finder finds mentions. The zero value is ready; it keeps its working memory between
// texts. One goroutine at a time.
type Finder struct {
	// Known, if set, says whether a name is known by its hash, say of a speaker or of what
	// was found in other texts: it is then a name at the start of a sentence as well. It
	// must not call the Finder.
	Known func(hash uint64) bool
	// Gazetteer, if set, has names given by the user; they go before all rules.
	Gazetteer *Gazetteer

	text string
	lex  *lexicon
	at   int // what is before has been read
	out  []Mention
	base int // where the mentions of this text start in out

	sentence  bool    // the next word starts a sentence
	lineFirst bool    // the next word is the first of its line
	opening   bool    // the next word is the first of its line, cell or bold part
	titleEnd  int     // before it, capitals are those of a title or of code
	codeEnd   int     // before it is a block of code
	shouted   bool    // the word before was in capitals
	before    [2]span // the words before the one at hand, last first

	run     run
	seen    seen
	buf     []byte // canonical forms
	scratch []byte // their parts
	given   lookup // the gazetteer's
}

// span is a part of the text.
type span struct{ start, end int }

// Find appends the mentions of a text to dst: in order, none inside another, at most
// MentionsMax. The same text, Known and Gazetteer have the same mentions.
//
// Any bytes are a text. O(len(text)): some 10 ns a byte of chat; at worst a tenth of a
// microsecond, or one with a gazetteer. It allocates where dst or the working memory have to grow.
func (f *Finder) Find(dst []Mention, text string) []Mention {
	f.text, f.lex, f.out, f.base = text, words(), dst, len(dst)
	f.at, f.sentence, f.lineFirst, f.opening, f.shouted = 0, true, true, true, false
	f.titleEnd, f.codeEnd = 0, 0
	f.before = [2]span{}
	f.run.count = 0
	f.seen.reset()
	f.given.reset(f.Gazetteer)
	f.scan()
	f.endRun()
	f.settle()
	dst = f.out
	f.text, f.out = "", nil
	return dst
}

// scan goes over the text, from one piece to the next.
func (f *Finder) scan() {
	for f.at < len(f.text) && len(f.out)-f.base < MentionsMax {
		c := f.text[f.at]
		switch class[c] {
		case classSpace:
			f.at++
		case classEnd:
			f.border(c)
		case classHigh:
			f.high()
		case classLower, classUpper:
			if !f.customAt(f.at) {
				f.simple()
			}
		default:
			if !f.customAt(f.at) {
				f.piece()
			}
		}
	}
}

// high reads a character beyond ASCII: the start of a piece, or what stands between.
func (f *Finder) high() {
	if f.customAt(f.at) {
		return
	}
	r, size := utf8.DecodeRuneInString(f.text[f.at:])
	if isLatin(r) || isCurrency(r) {
		f.piece()
		return
	}
	// A dash goes on with the sentence; quotes, emoji and other scripts leave it open
	// whether a word with a capital starts one.
	if r != '–' && r != '—' && r != ' ' && r != '’' {
		f.sentence = true
	}
	f.shouted = false
	f.at += size
}

// border reads a sign of ASCII that no piece has.
func (f *Finder) border(c byte) {
	switch c {
	case '\n', '\r':
		f.sentence, f.lineFirst, f.opening, f.shouted = true, true, true, false
		f.before = [2]span{}
	case '!', '?', '"', '|', '>':
		f.sentence, f.shouted = true, false
		f.opening = f.opening || c == '|'
		f.before = [2]span{}
	case '*':
		f.opening = true
	case '`':
		if f.quoted() {
			return
		}
	case '(':
		if f.phone(f.at) {
			return
		}
	}
	f.at++
}
