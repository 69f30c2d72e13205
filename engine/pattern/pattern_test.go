package pattern

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nexus-memory/nexus/engine/model"
)

func compile(t testing.TB, rules ...string) *Set {
	t.Helper()
	s, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func all(s *Set, text string) (found []Match) {
	c := s.Find(text)
	for m, ok := c.Next(); ok; m, ok = c.Next() {
		found = append(found, m)
	}
	return found
}

func TestFindsWholeWordsInAnyCaseOverAnyBlanks(t *testing.T) {
	s := compile(t, "no longer", "long", "don't|dont", "^what", "what", "e mail")
	for text, want := range map[string][]int{
		"":                         nil,
		"No  \t longer":            {0},
		"a no-longer b":            {0},
		"no, longer":               nil,
		"no. Longer":               nil,
		"nolonger no longerish":    nil,
		"LONG":                     {1},
		"longs along long_ long2":  nil,
		"(long)":                   {1},
		"I don't, don’t, dont":     {2, 2, 2},
		"'don't'":                  {2},
		"What":                     {3, 4},
		"so what":                  {4},
		"so. what":                 {3, 4},
		"so\n- \"what":             {3, 4},
		"so, what":                 {4},
		"élong longé long\u0301":   nil,
		"long\xff":                 {1},
		"“long”–long…What":         {1, 1, 3, 4},
		"今long":                    nil,
		"e-mail":                   {5},
		"¿what":                    {3, 4},
		"no no longer longer long": {0, 1},
	} {
		var rules []int
		for _, m := range all(s, text) {
			rules = append(rules, m.Rule)
		}
		if !slices.Equal(rules, want) {
			t.Errorf("%q: found %v, want %v", text, rules, want)
		}
	}
}

func TestBracketsStandForEachOfTheirChoices(t *testing.T) {
	got := expand("a (b|c (d|) (e|f)|) g")
	want := []string{"a b g", "a c d e g", "a c d f g", "a c  e g", "a c  f g", "a  g"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := oneBlank(" a  b   c "); got != "a b c" {
		t.Errorf("got %q", got)
	}
	if got := alternatives("a (b|c)|d|(e|(f|g))"); !slices.Equal(got, []string{"a (b|c)", "d", "(e|(f|g))"}) {
		t.Errorf("got %q", got)
	}
}

func TestMatchesSayWhichWords(t *testing.T) {
	s := compile(t, "(in|) what order", "order|what")
	want := []Match{{1, 2, 2}, {0, 1, 3}, {0, 2, 3}, {1, 3, 3}}
	if got := all(s, "Well, in what order?"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRulesThatAreNoneAreRefused(t *testing.T) {
	for _, rule := range []string{"", "a||b", "a(b", "a)b", "A", "é", "'a", "a'", "a^b", "^", "1", "!", "a!", "^!a", "(a)(a)(a)(a)(a)(a)(a)(a)(a)"} {
		if _, err := Compile([]string{rule}); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %v", rule, err)
		}
	}
	if _, err := Compile(make([]string, PhrasesMax+1)); err == nil {
		t.Error("too many rules pass")
	}
	many := make([]string, PhrasesMax)
	for i := range many {
		many[i] = fmt.Sprintf("%s word", strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i)))
	}
	if _, err := Compile(many); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("too many states: %v", err)
	}
}

// naive cuts the text into words and compares every phrase at every word.
func naive(phrases []string, text string) (found []Match) {
	words, begins, joined := cut(text)
	for last := range words {
		var here []Match
		for rule, phrase := range phrases {
			want, anchored := strings.CutPrefix(strings.TrimPrefix(phrase, "!"), "^")
			parts := strings.Fields(want)
			first := last - len(parts) + 1
			if first < 0 || anchored && !begins[first] || !slices.Equal(words[first:last+1], parts) {
				continue
			}
			if !slices.Contains(joined[first+1:last+1], false) {
				here = append(here, Match{rule, first, last})
			}
		}
		slices.SortStableFunc(here, func(a, b Match) int { // longer ones first, anchored ones before others
			if a.First != b.First {
				return a.First - b.First
			}
			return strings.Count(phrases[b.Rule], "^") - strings.Count(phrases[a.Rule], "^")
		})
		for i, m := range here {
			found = append(found, m)
			last := i+1 == len(here) || here[i+1].First != m.First || strings.Contains(phrases[here[i+1].Rule], "^") != strings.Contains(phrases[m.Rule], "^")
			if last && strings.HasPrefix(phrases[m.Rule], "!") {
				break
			}
		}
	}
	return found
}

// cut returns the words of a text, which of them begin a sentence, and which are
// parted from the word before by blanks alone.
func cut(text string) (words []string, begins, joined []bool) {
	const blanks, stops, quotes = " \t-", ".?!:;\n\r\v\f…。？！•¿¡", "'’"
	runes, sentence, together := []rune(text), true, false // an invalid byte is one U+FFFD, which is no letter
	ascii := func(i int) bool {
		return i < len(runes) && runes[i] < 0x80 && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]) || runes[i] == '_')
	}
	word := ""
	end := func() {
		if word != "" {
			words, begins, joined = append(words, strings.ToLower(word)), append(begins, sentence), append(joined, together)
			word, sentence, together = "", false, true
		}
	}
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || r == '_':
			if r >= 0x80 || unicode.IsDigit(r) || r == '_' {
				r = '#' // a letter of no phrase
			}
			word += string(r)
		case strings.ContainsRune(quotes, r) && word != "" && ascii(i+1):
			word += "'"
		case strings.ContainsRune(blanks, r) || r >= 0x80 && unicode.IsSpace(r):
			end()
		default:
			end()
			together = false
			sentence = sentence || strings.ContainsRune(stops, r)
		}
	}
	end()
	return words, begins, joined
}

var fuzzPhrases = []string{"a", "ab", "a b", "^a", "b a b", "^b a", "aab", "a'b", "ab a'b a", "abab", "^ab a b", "b", "bb a", "!aa b", "!^bb"}

func TestFindsWhatComparingEveryPhraseFinds(t *testing.T) {
	s := compile(t, fuzzPhrases...)
	random := rand.New(rand.NewPCG(7, 7))
	letters := []rune("aaabbbAB   -'’.,?\n1é_今“")
	for range 5_000 {
		text := make([]rune, random.IntN(24))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		if got, want := all(s, string(text)), naive(fuzzPhrases, string(text)); !slices.Equal(got, want) {
			t.Fatalf("%q: found %v, want %v", string(text), got, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"a b a b", "ab a'b a. A-b", "’a’ “b a”\xff\xc3b a b", "¿a?b…a", strings.Repeat("a b ", 40)} {
		f.Add(seed)
	}
	s := compile(f, fuzzPhrases...)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		if got, want := all(s, text), naive(fuzzPhrases, text); !slices.Equal(got, want) {
			t.Fatalf("%q: found %v, want %v", text, got, want)
		}
		c := s.Find(text)
		for _, ok := c.Next(); ok; _, ok = c.Next() {
		}
		if words, _, _ := cut(text); c.Words() != len(words) {
			t.Fatalf("%q: %d words, want %d", text, c.Words(), len(words))
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"when (did|does)|plan(s|ned|)", "^a b|c'd", "((", "a(b|c)(d|e)f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		s, err := Compile([]string{rule})
		if err != nil && !errors.Is(err, model.ErrInvalid) {
			t.Fatal(err)
		}
		if err == nil && !strings.ContainsAny(rule, "(|)^!") && len(all(s, rule)) == 0 {
			t.Fatalf("%q does not find itself", rule)
		}
	})
}

func TestSizeCountsWhatNodesTake(t *testing.T) {
	if n, o := reflect.TypeFor[node]().Size(), reflect.TypeFor[out]().Size(); n != nodeSize || o != outSize {
		t.Errorf("a node takes %d bytes, a phrase %d", n, o)
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	s := compile(t, "no longer", "what", "a b")
	text := strings.Repeat("What a bother: it’s no longer a b. ", 20)
	if n := testing.AllocsPerRun(100, func() {
		c := s.Find(text)
		for _, ok := c.Next(); ok; _, ok = c.Next() {
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
