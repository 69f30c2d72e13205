package model

import (
	"errors"
	"strings"
	"testing"
)

func TestMatchesPrintAsTheyAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		" \t\n":                         "",
		"budget":                        "budget",
		"((budget))":                    "budget",
		`+budget  -draft "a b"`:         `+budget -draft "a b"`,
		"a OR b OR c":                   "a b c",
		`plan* colour~ colour~1 b~2`:    `plan* colour~ colour~1 b~2`,
		"(speaker:ann OR title:x) +y":   "(speaker:ann title:x) +y",
		"speaker:(ann text:bob -carl)":  "speaker:ann text:bob -speaker:carl",
		`title:"a \"b\" \\ c"`:          `title:"a \"b\" \\ c"`,
		"10:30 well-known don't http.X": "10:30 well-known don't http.X",
		"speaker:a:b":                   `speaker:"a:b"`,
		`"OR" "AND" or and`:             `"OR" "AND" or and`,
		"-(a +b)":                       "-(a +b)",
		"東京 -京都":                        "東京 -京都",
		"a) ":                           "byte 1: a bracket that was not opened",
		"(a":                            "byte 0: a bracket that is not closed",
		"a ()":                          "byte 2: want a clause between the brackets",
		"+":                             "byte 1: want a word, a phrase in double quotes or (",
		"- a":                           "byte 1: want a word, a phrase in double quotes or (",
		"a && b":                        "byte 2: want a word: no letter",
		`"..."`:                         "byte 0: want a word: no letter",
		`a "b`:                          "byte 2: a phrase does not end",
		`"a\x"`:                         `byte 2: want \" or \\`,
		"a AND b":                       "byte 2: AND and NOT are written as + and -",
		"NOT a":                         "byte 0: AND and NOT",
		"OR a":                          "byte 0: OR stands between",
		"a OR":                          "byte 2: want a clause behind OR",
		"a OR OR b":                     "byte 5: OR stands between",
		"+a OR b":                       "byte 3: OR stands between",
		"a OR -b":                       "byte 5: OR stands between",
		"speeker:ann":                   "byte 0: no such field",
		"http://x":                      "byte 0: no such field",
		"text:":                         "byte 5: want a word",
		"a^2":                           "byte 1: words have no weights",
		"te*t":                          "byte 3: want a blank",
		"*":                             "byte 0: want a word, a phrase",
		`"a b"~2`:                       "byte 5: * and ~ stand at the end of one word",
		"a~3":                           "byte 2: want ~, ~1 or ~2",
		`a"b"`:                          "byte 1: want a blank",
		"a\xff":                         "UTF-8",
		strings.Repeat("(", 20) + "a":   "byte 17: groups nested more than 16 deep",
		strings.Repeat("a ", 300):       "more than 256 words",
		strings.Repeat("a", 17<<10):     "17408 bytes, more than 16384",
	} {
		m, err := ParseMatch(text)
		switch {
		case err != nil && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) || want == ""):
			t.Errorf("%q: %v, want %q", text, err, want)
		case err == nil && m.String() != want:
			t.Errorf("%q: %q, want %q", text, m.String(), want)
		}
	}
}

func TestMatchesAreBuiltAsTheyAreParsed(t *testing.T) {
	built := MatchGroup(
		[]Match{MatchWord("budget"), MatchGroup(nil, []Match{MatchWord("ann").In("speaker"), MatchPrefix("sum").In("title")}, nil)},
		[]Match{MatchFuzzy("colour", 1), {}, MatchWord("two words")},
		[]Match{MatchPhrase("a draft")})
	const text = `+budget +(speaker:ann title:sum*) colour~1 "two words" -"a draft"`
	parsed, err := ParseMatch(text)
	if err != nil || built.Check() != nil || built.String() != text || parsed.String() != text {
		t.Fatalf("%q and %q, %v, %v", built, parsed, err, built.Check())
	}
	if !MatchGroup(nil, []Match{{}}, nil).IsZero() || MatchWord("a").In("text").In("title").String() != "text:a" {
		t.Fatal("a group of nothing is not zero, or a field gave way")
	}
}

func TestMatchesThatCannotBeMeantAreInvalid(t *testing.T) {
	for want, m := range map[string]Match{
		"no such field":             MatchWord("a").In("user"),
		"no letter and no digit":    MatchWord("?!"),
		"behind one word":           MatchPrefix("two words"),
		"distance 3":                MatchFuzzy("colour", 3),
		"UTF-8":                     MatchPhrase("a\xff"),
		"nested more than 16":       deepMatch(20),
		"more than 256 words":       MatchGroup(nil, make256(300), nil),
		"when printed, more than":   MatchPhrase(strings.Repeat("a", MatchBytesMax)),
		"match: * and ~ stand behi": MatchFuzzy("OR", 1),
	} {
		if err := m.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func deepMatch(depth int) Match {
	m := MatchWord("a")
	for range depth {
		m = MatchGroup([]Match{m}, nil, nil)
	}
	return m
}

func make256(n int) (list []Match) {
	for range n {
		list = append(list, MatchWord("a"))
	}
	return list
}

// FuzzParseMatch: what is read prints as a text that reads back as the same text, and
// errors are of one kind.
func FuzzParseMatch(f *testing.F) {
	for _, s := range []string{`+budget -draft "quarterly report" plan* colour~1 (speaker:ann OR title:x)`, `speaker:(a "b \" c" -d~)`, "a OR", "((((", `+"`, "東京* é~2 text:+x", "a:b text:a:b", "OR AND", "~ * ^"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMatch(text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) || !m.IsZero() {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseMatch(m.String())
		if err != nil || again.String() != m.String() {
			t.Fatalf("%q prints as %q, which reads as %q, %v", text, m, again, err)
		}
	})
}
