package chats

import (
	"fmt"
	"strings"
)

// style is how someone writes.
type style struct {
	typos       float64 // a word
	lower       bool    // no capitals at the start of sentences
	contracted  bool    // gonna, wanna
	apostrophes bool    // dont, im
	marks       string  // put behind a text now and then
}

func (t *teller) newStyle() style {
	return style{
		typos: pick(t, []float64{0, 0, .004, .01, .02}), lower: t.chance(.08), contracted: t.chance(.4),
		apostrophes: !t.chance(.12), marks: pick(t, []string{"", "", "", " :)", " lol", "!!", " xx", " 😊"}),
	}
}

var contractions = strings.NewReplacer("going to ", "gonna ", "want to ", "wanna ", "have to ", "gotta ", "I am ", "I'm ", "It is ", "It's ", "because ", "'cause ")

// styled writes a text in someone's way.
func (t *teller) styled(text string, s style) string {
	text = strings.TrimSpace(text)
	if s.contracted && t.chance(.5) {
		text = contractions.Replace(text)
	}
	if !s.apostrophes {
		text = strings.ReplaceAll(text, "'", "")
	}
	if s.typos > 0 {
		text = t.mistyped(text, s.typos)
	}
	if s.lower {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	if s.marks != "" && t.chance(.2) {
		text += s.marks
	}
	return text
}

// mistyped swaps two letters inside some of the longer words.
func (t *teller) mistyped(text string, share float64) string {
	words := strings.Split(text, " ")
	for i, word := range words {
		if len(word) < 5 || !t.chance(share) || !isLetters(word) {
			continue
		}
		b := []byte(word)
		at := t.between(1, len(b)-3)
		b[at], b[at+1] = b[at+1], b[at]
		words[i] = string(b)
	}
	return strings.Join(words, " ")
}

func isLetters(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// conversationName tells the conversations of different seeds apart.
func conversationName(regime string, o *Options, index int) string {
	side := ""
	if o.Fresh {
		side = "fresh-"
	}
	return fmt.Sprintf("%s%s-%d-%d", side, regime, o.Seed, index)
}
