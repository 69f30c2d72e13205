package pattern

import (
	"strings"
	"testing"
)

func TestSignsOfTexts(t *testing.T) {
	for text, want := range map[string]Signs{
		"":                                0,
		"Anna's dog, the cat; and Ben's.": 0,
		"gate 7":                          SignDigit,
		"in 2019, twice":                  SignDigit | SignYear,
		"room 12019 or 20190":             SignDigit,
		"at 7:45":                         SignDigit | SignClock,
		"$45":                             SignDigit | SignMoney,
		"€ 45 or":                         SignDigit | SignMoney,
		"45 €":                            SignDigit | SignMoney,
		"45£":                             SignDigit | SignMoney,
		"US$":                             0,
		`the "long way" home`:             SignQuote,
		`a 12" pipe`:                      SignDigit,
		`"a" + "` + strings.Repeat("b ", 99) + `"`: SignQuote,
		`"` + strings.Repeat("b ", 100) + `"`:      0,
		"'a \"b' c":                                SignQuote,
		"'a \"b\" c":                               SignQuote,
		"'a b\" c":                                 0,
		"a 'long way' home":                        SignQuote,
		"the boys' and the girls' rooms":           0,
		"‘long’ “way”":                             SignQuote,
		"call parse_config":                        SignCode,
		"call getName":                             SignCode,
		"an iPhone from McDonald":                  0,
		"close()":                                  SignCode,
		"run `ls`":                                 SignCode,
		"in app.py":                                SignCode,
		"in app.pylon, or go. now":                 0,
		"a == b":                                   SignCode,
		"x --> y":                                  0,
		"return x;":                                SignCode,
		"std::sort":                                SignCode,
		"Is it? 🙂":                                 SignQuestion,
		"“Is it?”":                                 SignQuote | SignQuestion,
		"Is it? Yes.":                              0,
		"本当？":                                      SignQuestion,
		"- a\n- b":                                 SignList,
		"a\n  1. b\n 2) c":                         SignList | SignDigit,
		"a - b\n- c":                               0,
		"1.\n2)":                                   SignDigit,
		"• a\n• b":                                 SignList,
	} {
		if got := SignsOf(text); got != want {
			t.Errorf("%q: %b, want %b", text, got, want)
		}
	}
}

func FuzzSigns(f *testing.F) {
	for _, seed := range []string{"$", "1:2", "\"", "'a'", "x_", "(", "\n- ", "\xe2", "\xe2\x82", "9\xe2\x82\xac", "a.", "?"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := SignsOf(text)
		if (got&SignDigit != 0) != strings.ContainsAny(text, "0123456789") {
			t.Errorf("%q: %b", text, got)
		}
		if got&(SignYear|SignClock|SignMoney) != 0 && got&SignDigit == 0 {
			t.Errorf("%q: %b without a digit", text, got)
		}
		if SignsOf(text+" ?")&SignQuestion == 0 {
			t.Errorf("%q with a question mark is no question", text)
		}
	})
}
