package entity

import (
	"fmt"
	"strings"
	"testing"
)

func TestNamesMeetWhateverTheirSpelling(t *testing.T) {
	for _, same := range [][]string{
		{"anna", "Anna", "ANNA", "Anna's", "Anna’s", "Dr. Anna's", "Aunt Anna", " anna ", "Mr. Dr. Anna"},
		{"José Núñez", "jose nunez", "Jose\u0301 Nu\u0301n\u0303ez", "JOSE\t NUNEZ", "Professor José Núñez"},
		{"U.S.", "US", "us"},
		{"O’Neill", "o'neill", "Mr. O'Neill's"},
		{"J. K. Varga", "J K Varga"},
		{"The Beatles", "beatles"},
		{"The", "the"},
		{"Dr.", "dr"},
	} {
		for _, name := range same[1:] {
			if Hash(name) != Hash(same[0]) {
				t.Errorf("%q and %q differ", name, same[0])
			}
		}
	}
	for _, pair := range [][2]string{{"Anna", "Ann"}, {"Anna Petrova", "Anna"}, {"", "a"}, {"हिंदी", "हद"}, {"Jean-Luc", "Jean Luc"}} {
		if Hash(pair[0]) == Hash(pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
}

// TestMentionsOfOneThingMeet: different spellings of one thing in a text have one hash.
func TestMentionsOfOneThingMeet(t *testing.T) {
	var f Finder
	for _, same := range [][]string{
		{"$1,200", "1200 dollars", "1.2k dollars", "USD 1200", "twelve hundred dollars", "1,200.00 USD"},
		{"€3.5 million", "3,500,000 euros"},
		{"15%", "15 percent", "fifteen per cent", "15 %", "15.0%"},
		{"12 km", "12km", "twelve kilometers", "12.0 kilometres"},
		{"three", "3", "Three"},
		{"250 thousand", "250,000", "250k"},
		{"v1.2.3", "1.2.3", "version 1.2.3"},
		{"https://www.shop.example/a/", "http://shop.example/a", "www.shop.example/a"},
		{"Lena@Post.example", "lena@post.example"},
		{"@lena", "#lena", "Lena"},
		{"`parse_head`", "parse_head()", "parse_head"},
		{"#48213", "order 48213"},
		{"+44 20 7946 0018", "+44-20-7946-0018"},
	} {
		var first uint64
		for _, s := range same {
			got := f.Find(nil, "so we took "+s+" there")
			if len(got) != 1 {
				t.Errorf("%q: %d mentions", s, len(got))
				continue
			}
			if first == 0 {
				first = got[0].Hash
			}
			if got[0].Hash != first {
				t.Errorf("%q and %q differ", s, same[0])
			}
		}
	}
	if a, b := f.Find(nil, "we saw 7 there"), f.Find(nil, "we saw $7 there"); a[0].Hash == b[0].Hash {
		t.Error("seven and seven dollars are one")
	}
}

func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		// Sentence starts.
		"Tolven is nice.":                         "",
		"Tolven is nice. I like Tolven.":          "name:Tolven name:Tolven",
		"I like Tolven. Tolven is fine.":          "name:Tolven name:Tolven",
		"Mark my words":                           "",
		"Mark said so":                            "person:Mark",
		"Will Adler came":                         "person:Will Adler",
		"Will Anna come?":                         "person:Anna",
		"Turkey tastes good":                      "",
		"We flew to Turkey":                       "place:Turkey",
		"New Zealand and New York":                "place:New Zealand place:New York",
		"New shoes in May, on a Monday":           "",
		"Budget Planning:\nfirst":                 "",
		"## Setting Up Anna's Account":            "person:Anna",
		"Well, Anna, Ben and Priya came.":         "person:Anna person:Ben person:Priya",
		"Don't. I'm. It's. They'll. What's up?":   "",
		"Thanks Dagny!":                           "person:Dagny",
		"we moved to Ashgrove, I work at Halden.": "place:Ashgrove organisation:Halden",

		// Joined names.
		"the Bank of America and Anna":    "organisation:Bank of America person:Anna",
		"at the University of Leeds":      "organisation:University of Leeds",
		"with Harlow & Finch":             "organisation:Harlow & Finch",
		"ask Jean-Luc O’Neill":            "person:Jean-Luc O’Neill",
		"ask Anna van Dijk":               "person:Anna van Dijk",
		"by J. K. Varga and J.R. Holm":    "name:J. K. Varga name:J.R. Holm",
		"see Dr. Holm's notes":            "person:Dr. Holm",
		"at Joe's Diner, with Anna's Ben": "organisation:Joe's Diner person:Anna person:Ben",
		"Anna&Ben work for AT&T":          "person:Anna person:Ben organisation:AT&T",
		"a Paris-based firm":              "place:Paris",
		"off Elm Street by Lake Como":     "place:Elm Street place:Lake Como",

		// Capitals.
		"WE ARE NOT ODD AT ALL":      "",
		"I AM SO HAPPY RIGHT NOW":    "",
		"from the UK to the US":      "place:UK place:US",
		"join us at NASA":            "organisation:NASA",
		"the QXR team, lol, OMG":     "name:QXR",
		"on my iPhone":               "name:iPhone",
		"what did anna say in paris": "",
		"Анна живёт в Москве. 安娜住在巴黎": "",
		"写给anna@post.example谢谢 5€!":   "email:anna@post.example money:5€",

		// Amounts, and what is none.
		"5-6 km, 10–15%":                      "number:5-6 km percent:10–15%",
		"a 5-minute walk":                     "number:5-minute",
		"20 degrees, 20°C":                    "number:20 degrees number:20°C",
		"I paid 20 pounds, I lost 5 pounds":   "money:20 pounds number:5 pounds",
		"US$5, A$7, 30 €":                     "money:US$5 money:A$7 money:30 €",
		"twenty-five, two hundred thousand":   "number:twenty-five number:two hundred thousand",
		"one of them, no one, one dollar":     "money:one dollar",
		"a dozen eggs, a million things":      "number:a dozen number:a million",
		"at 7, at 10:30, 5pm, 5 am, May 5":    "",
		"in 1999, 2024-05-12, 12/05/2024":     "",
		"the 3rd, the 90s, 2 weeks ago, 9/10": "",
		"1. one\n2) two\n":                    "number:two",
		"often, someone, nine":                "number:nine",
		"tenth height":                        "",

		// Addresses, identifiers, code.
		"(see https://a.example/b_(c)).":               "url:https://a.example/b_(c)",
		"<mailto:ben@post.example>":                    "email:ben@post.example",
		"a@b, @ , @1x, a @ b":                          "",
		"on docs.rs.example and in main.go":            "url:docs.rs.example code:main.go",
		"e.g. this, i.e. that, a.m., etc.Then":         "",
		"and/or, he/she, km/h, 24/7":                   "",
		"_very_ nice, snake_case, __init__":            "code:snake_case code:__init__",
		"call f() or app.core.run or os.path":          "code:f() code:app.core.run code:os.path",
		"GPT-4, ABC-123, 10.0.0.1":                     "identifier:GPT-4 identifier:ABC-123",
		"deadbeef, cafe, 9f3c2ab, 1234567":             "identifier:9f3c2ab number:1234567",
		"Python 3.11, go1.26, v2":                      "name:Python version:3.11 version:go1.26 version:v2",
		"run `ls -l` and ``a`b`` then ```\nx\n```":     "code:`ls -l` code:``a`b``",
		"```\nFoo Bar 12\n```\nI like Tolven, 7 times": "name:Tolven number:7",
		"+44 7911 123456 22 times":                     "phone:+44 7911 123456 number:22",
		"a `broken quote\nand ` another":               "",
		"use --dry-run -- not --":                      "code:--dry-run",
	} {
		if got := strings.Join(found(&Finder{}, text), " "); got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

// TestKnownNamesStartSentences: what the store knows is a name where a capital alone says nothing.
func TestKnownNamesStartSentences(t *testing.T) {
	f := Finder{Known: func(hash uint64) bool { return hash == Hash("tolven") || hash == Hash("Rose") }}
	for text, want := range map[string]string{
		"Tolven is nice.": "name:Tolven",
		"Dinner is nice.": "",
		"Rose is here.":   "person:Rose",
		"Hope you slept.": "",
	} {
		if got := strings.Join(found(&f, text), " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestMentionsAreBounded(t *testing.T) {
	var f Finder
	got := f.Find(nil, strings.Repeat("Anna, ", 2*MentionsMax))
	if len(got) != MentionsMax {
		t.Errorf("%d mentions", len(got))
	}
	checkMentions(t, strings.Repeat("Anna, ", 2*MentionsMax), got)
	for _, long := range []string{
		"https://a.example/" + strings.Repeat("x", 1<<20), strings.Repeat("Aa", 1<<19), strings.Repeat("a", 1<<20) + "@b.example", "$" + strings.Repeat("9", 1<<20),
	} {
		checkMentions(t, long, f.Find(nil, long))
	}
	if got := f.Find([]Mention{{Start: 7}}, "hi Anna"); len(got) != 2 || got[0].Start != 7 {
		t.Errorf("dst was not kept: %v", got)
	}
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := range kindCount {
		if name := k.String(); name == "" || seen[name] {
			t.Errorf("kind %d: %q", k, name)
		}
		seen[k.String()] = true
	}
	if got := fmt.Sprint(kindCount, Kind(255)); got != "none none" {
		t.Error(got)
	}
}
