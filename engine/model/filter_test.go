package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// same reports whether two filters are the same tree, wherever they stood.
func same(f, g Filter) bool {
	if f.IsZero() || g.IsZero() {
		return f.IsZero() == g.IsZero()
	}
	return f.node.op == g.node.op && f.node.field == g.node.field && slices.Equal(f.node.values, g.node.values) &&
		slices.EqualFunc(f.node.args, g.node.args, same)
}

func drawFilter(t *rapid.T, depth int) Filter {
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "join") {
		case 0:
			return And(drawFilter(t, depth-1), drawFilter(t, depth-1))
		case 1:
			return Or(drawFilter(t, depth-1), drawFilter(t, depth-1), drawFilter(t, depth-1))
		case 2:
			return Not(drawFilter(t, depth-1))
		}
	}
	field := Field(rapid.OneOf(rapid.SampledFrom([]string{"kind", "and", "In", "true", "meta.id", "tags", "ä-b.c"}), rapid.StringN(1, 8, 40)).Draw(t, "field"))
	value := func() any {
		switch rapid.IntRange(0, 5).Draw(t, "type") {
		case 0:
			return rapid.String().Draw(t, "string")
		case 1:
			return rapid.Float64().Draw(t, "number")
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return time.UnixMicro(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "micros"))
		case 4:
			return Day{rapid.IntRange(1, 9999).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day")}
		}
		return Kind(rapid.IntRange(1, 4).Draw(t, "kind"))
	}
	compares := []func(FieldRef, any) Filter{FieldRef.Eq, FieldRef.Ne, FieldRef.Lt, FieldRef.Le, FieldRef.Gt, FieldRef.Ge}
	switch op := rapid.IntRange(0, 9).Draw(t, "op"); op {
	case 6:
		return field.In(value(), value(), value())
	case 7:
		return field.Has(rapid.String().Draw(t, "element"))
	case 8:
		return field.Prefix(rapid.String().Draw(t, "prefix"))
	case 9:
		return field.Exists()
	default:
		return compares[op](field, value())
	}
}

func TestAPrintedFilterReadsBackTheSame(t *testing.T) {
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, 3)
		if f.Check() != nil {
			return
		}
		valid++
		g, err := ParseFilter(f.String())
		if err != nil || !same(f, g) || g.String() != f.String() {
			t.Fatalf("%s\nread as\n%s\n%v", f, g, err)
		}
	})
	if valid == 0 {
		t.Fatal("no filter that was drawn is valid")
	}
}

// The long s is an s to a comparison that folds case; no such name is a word of the language.
func TestNamesLikeWordsOfTheLanguageReadBack(t *testing.T) {
	for _, name := range []string{"exi\u017ft\u017f", "ha\u017f", "EXISTS", "Not", "\u0130n", "\u0130N"} {
		text := Field(name).Eq(1).String()
		if f, err := ParseFilter(text); err != nil || f.FieldName() != name || f.String() != text {
			t.Errorf("%s: %v %v", text, f, err)
		}
	}
}

func TestEveryGoNumberIsAValue(t *testing.T) {
	for _, x := range []any{int8(3), int16(3), int32(3), int64(3), 3, uint8(3), uint16(3), uint32(3), uint64(3), uint(3), float32(3), 3.} {
		m := Memory{Text: "x", Meta: map[string]any{"n": x}}
		if err := m.Normalize(); err != nil || m.Meta["n"] != 3. || !Field("n").Eq(x).Match(&m) {
			t.Errorf("%T: %v, %v", x, m.Meta["n"], err)
		}
	}
}

func TestFiltersAreReadAsTheirGrammarSays(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		" \t\n":                              "",
		`speaker="Ann"`:                      `speaker = "Ann"`,
		`a = 1 AND b = 2 Or c = 3`:           `a = 1 and b = 2 or c = 3`,
		`a = 1 and (b = 2 or c = 3)`:         `a = 1 and (b = 2 or c = 3)`,
		`(a = 1 and b = 2) and c = 3`:        `a = 1 and b = 2 and c = 3`,
		`a = 1 or (b = 2 and c = 3)`:         `a = 1 or b = 2 and c = 3`,
		`not a = 1 and b = 2`:                `not a = 1 and b = 2`,
		`not (a = 1 and b = 2)`:              `not (a = 1 and b = 2)`,
		`not not ((a = 1))`:                  `not not a = 1`,
		`x in(1,2.50,-3e2)`:                  `x in (1, 2.5, -300)`,
		`kind in (working, "fact")`:          "",
		`kind = "working"`:                   `kind = working`,
		`tags has "a\u00e4\n\ud83d\ude00\/"`: "tags has \"aä\\n😀/\"",
		"`odd ``name` != true":               "`odd ``name` != true",
		"exists meta.kind":                   "exists meta.kind",
		"`and` starts  with \"x\"":           "`and` starts with \"x\"",
		"time >= 2024-01-31":                 "time >= 2024-01-31",
		"time < 2024-01-31t10:00:00.5+02:00": "time < 2024-01-31T08:00:00.5Z",
		"größe = -0":                         "größe = 0",
	} {
		f, err := ParseFilter(text)
		if want == "" && text != "" && strings.TrimSpace(text) != "" {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || f.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, f, err, want)
		}
	}
}

func TestErrorsOfFiltersSayWhereAndWhatWasWanted(t *testing.T) {
	for text, want := range map[string]string{
		`speaker`:               "byte 7: want =, !=, <, <=, >, >=, in, has or starts with, got the end",
		`speaker = `:            "byte 10: want a value, got the end",
		`speaker = Ann`:         "byte 10: want a value (a string stands in double quotes), got a name",
		`= 3`:                   "byte 0: want a field, not, exists or (, got =",
		`a = 1 b = 2`:           "byte 6: want and, or or the end, got a name",
		`(a = 1`:                "byte 6: want and, or or ), got the end",
		`a = 1)`:                "byte 5: want and, or or the end, got )",
		`a == 1`:                "byte 3: want a value, got =",
		`a = "x`:                "byte 4: a string does not end",
		"`a = 1":                "byte 0: a name in backticks does not end",
		`a = "\x"`:              "byte 5: want an escape of JSON",
		`a = "\ud800"`:          "byte 5: want an escape of JSON",
		"a = \"\n\"":            "byte 5: a control character",
		`a = 1e999`:             "byte 4: want a number, a date like",
		`a = 0x10`:              "byte 4: want a number, a date like",
		`time > 2024-02-30`:     "byte 7: want a number, a date like",
		`a in ()`:               "byte 6: want a value, got )",
		`a in (1, "x")`:         "byte 0: a number and a string after in",
		`a in (1 2)`:            "byte 8: want , or ), got a number or time",
		`a has 3`:               "byte 0: has and starts with take a string, not a number",
		`a starts "x"`:          "byte 9: want with, got a string",
		`and = 3`:               "byte 0: want a field, not, exists or (, got and",
		`a = 1 and`:             "byte 9: want a field",
		`a = true and b < true`: "byte 13: bools have no order",
		`a = 1; b = 2`:          "byte 5: a character that no name",
		`kind = semantical`:     "no such kind, want working, episodic",
		`kind < working`:        "names without order",
		`speaker < 3`:           "field \"speaker\" is a string, it cannot be compared with a number",
		`time > "2024-01-01"`:   "write a time without quotes",
		`id has "x"`:            "only a list of strings",
		`text = "x"`:            "no field of a filter: ask for words",
		`tenant = "x"`:          "set by the scope",
		"`` = 1":                "a field's name has 0 bytes",
		`meta. = 1`:             "without the name of an entry",
		"a = \"\xff\"":          "invalid UTF-8",
	} {
		_, err := ParseFilter(text)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

func TestErrorsOfFiltersDoNotRepeatTheirText(t *testing.T) {
	for _, text := range []string{`a = "swordfish`, `a = swordfish`, `a = 1 swordfish`, `a in ("swordfish" swordfish)`, `kind = swordfish`} {
		if _, err := ParseFilter(text); err == nil || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFiltersHaveLimits(t *testing.T) {
	list := func(n int) string { return "a in (" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + ")" }
	deep := func(n int) string { return strings.Repeat("not ", n-1) + "a = 1" }
	wide := func(n int) string { return strings.TrimSuffix(strings.Repeat("a=1 or ", n), " or ") }
	for name, text := range map[string]string{
		"values": list(FilterValuesMax), "depth": deep(FilterDepthMax), "brackets": strings.Repeat("(", FilterDepthMax-1) + "a=1" + strings.Repeat(")", FilterDepthMax-1),
		"nodes": wide(FilterNodesMax - 1),
	} {
		if _, err := ParseFilter(text); err != nil {
			t.Errorf("%s at the limit: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"values": list(FilterValuesMax + 1), "depth": deep(FilterDepthMax + 1), "brackets": strings.Repeat("(", FilterDepthMax) + "a=1" + strings.Repeat(")", FilterDepthMax), "open brackets": strings.Repeat("(", 60000),
		"nodes": wide(FilterNodesMax), "bytes": strings.Repeat(" ", FilterBytesMax+1), "printed": `a = "` + strings.Repeat(`\u0001`, 10000) + `" or b = "` + strings.Repeat("x", 5600) + `"`,
	} {
		if _, err := ParseFilter(text); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s beyond the limit: %v", name, err)
		}
	}
	large := strings.Repeat("(", 10<<20)
	started := time.Now()
	if _, err := ParseFilter(large); !errors.Is(err, ErrInvalid) || time.Since(started) > 100*time.Millisecond {
		t.Errorf("10 MB: %v after %v", err, time.Since(started))
	}
}

func TestBuiltFiltersAreChecked(t *testing.T) {
	nested := Field("a").Eq(1)
	for range FilterDepthMax {
		nested = Not(nested)
	}
	for name, f := range map[string]Filter{
		"type": Field("a").Eq(struct{}{}), "nan": Field("a").Lt(math.NaN()), "no values": Field("a").In(), "no or": Or(),
		"not of nothing": Not(Filter{}), "no such day": Field("a").Eq(Day{2024, 2, 30}), "year": Field("a").Eq(time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)),
		"utf-8": Field("a").Eq("\xff"), "name": Field("").Exists(), "depth": nested, "list": Field("tags").Eq([]string{"x"}),
		"inside": And(Field("b").Eq(1), Or(Field("c").Eq(2), Field("a").Eq(nil))),
	} {
		if err := f.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		_ = f.String() // of anything: it must not panic
	}
	if f := And(Filter{}, And()); !f.IsZero() || f.Check() != nil || f.String() != "" {
		t.Errorf("and of nothing: %v", f)
	}
	if f := Or(Field("a").Eq(1), Filter{}); !f.IsZero() {
		t.Errorf("or with everything: %v", f)
	}
}

func TestMatchMeansWhatTheDocumentationSays(t *testing.T) {
	m := Memory{ID: 7, Kind: KindWorking, Speaker: "Ann", Importance: .7, EventTime: time.Date(2024, 1, 1, 23, 59, 59, 999999000, time.UTC),
		IngestTime: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), Source: "f", End: 4,
		Meta: map[string]any{"score": 3.0, "tags": []string{"x", ""}, "ok": true, "name": "", "due": time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), "kind": "own"}}
	for text, want := range map[string]bool{
		`speaker = "Ann"`: true, `speaker = "ann"`: false, `speaker != "Bob"`: true, `speaker < "Anna"`: true, `speaker starts with ""`: true,
		`user = ""`: false, `exists user`: false, `user != "x"`: true, `not user = "x"`: true, `name = ""`: true, `exists name`: true,
		`time = 2024-01-01`: true, `time <= 2024-01-01`: true, `time < 2024-01-01`: false, `time > 2024-01-01`: false, `time >= 2024-01-01`: true,
		`time != 2024-01-01`: false, `time < 2024-01-02`: true, `due in (2024-01-01, 2024-01-02)`: true, `ingested = 2024-03-01`: true,
		`importance = 0.7`: true, `importance > 0.7`: false, `score in (1, 3)`: true, `score > 2.5 and score <= 3`: true, `score = "3"`: false,
		`score != "3"`: true, `tags has "x"`: true, `tags has ""`: true, `tags has "y"`: false, `exists tags`: true, `ok = true`: true, `ok != true`: false,
		`kind = working`: true, `kind in (episodic, working)`: true, `meta.kind = "own"`: true, `start = 0 and end = 4`: true, `id = 7`: true, `position < 1`: true,
		`nothing = 1`: false, `nothing != 1`: true, `nothing > 1 or nothing <= 1`: false, `not (kind = working or score < 3)`: false,
	} {
		f, err := ParseFilter(text)
		if err != nil || f.Match(&m) != want {
			t.Errorf("%s: %v, want %v (%v)", text, f.Match(&m), want, err)
		}
	}
	if !(Filter{}).Match(&m) {
		t.Error("the zero filter lets not everything through")
	}
}

// FuzzParseFilter holds that any text is read or refused as invalid, at a byte of
// it, and that what was read prints and reads back the same.
func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{
		`speaker = "Ann" and time >= 2024-01-01 and tags has "x" and not (kind = working or score < 3)`,
		"`odd ``name` in (1, -2.5e3, 0) or exists meta.kind", `a starts with "\ud83d\ude00" or b != 2024-01-31T10:00:00.25+01:00`, `((((`, `a = "`, "not not not",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := ParseFilter(text)
		if err != nil {
			var at int
			if _, scan := fmt.Sscanf(err.Error(), "filter: byte %d", &at); !errors.Is(err, ErrInvalid) || scan == nil && (at < 0 || at > len(text)) {
				t.Fatalf("%v", err)
			}
			return
		}
		if !utf8.ValidString(text) {
			t.Fatal("invalid UTF-8 was read")
		}
		parsed.Match(&Memory{Meta: map[string]any{"a": 1.0}})
		again, err := ParseFilter(parsed.String())
		if err != nil || !same(parsed, again) {
			t.Fatalf("%s\nread as\n%s\n%v", parsed, again, err)
		}
	})
}

func BenchmarkParseFilter(b *testing.B) {
	const text = `speaker = "Ann" and time >= 2024-01-01 and tags has "x" and not (kind = working or score < 3)`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := ParseFilter(text); err != nil {
			b.Fatal(err)
		}
	}
}
