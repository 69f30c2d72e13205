package chunk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func split(t interface{ Fatal(...any) }, s string, o Options) (out []string) {
	ranges, err := Split(nil, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range ranges {
		out = append(out, s[r.Start:r.End])
	}
	return out
}

func TestCutsFallWhereTheTextPauses(t *testing.T) {
	for name, c := range map[string]struct {
		in      string
		options Options
		want    []string
	}{
		"fits":       {" one two. three\n", Options{5, 0}, []string{"one two. three"}},
		"blank line": {"a b c\n\nd e f", Options{4, 0}, []string{"a b c", "d e f"}},
		"line":       {"a b c\nd e f", Options{4, 0}, []string{"a b c", "d e f"}},
		"sentence":   {"We go. They come now. All", Options{7, 0}, []string{"We go. They come now.", "All"}},
		"word":       {"a b c d e f g", Options{3, 0}, []string{"a b c", "d e f", "g"}},
		"heading":    {"a b c d\n\n# H\n\nc d e f", Options{7, 0}, []string{"a b c d", "# H\n\nc d e f"}},
		"no word is parted from its mark": {
			"aa bb, cc dd", Options{3, 0}, []string{"aa bb,", "cc dd"}},
		"ideographs": {"東京都庁舎", Options{2, 0}, []string{"東京", "都庁", "舎"}},
		"overlap":    {"a b c d e f g h i j", Options{8, 2}, []string{"a b c d e f g h", "g h i j"}},
	} {
		if got := split(t, c.in, c.options); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}

func TestOverlapStartsAtASentenceWhereItCan(t *testing.T) {
	s := "Alpha beta gamma delta epsilon zeta eta theta iota kappa. Short one here. Mu nu xi omicron pi rho sigma"
	got := split(t, s, Options{16, 4})
	want := []string{"Alpha beta gamma delta epsilon zeta eta theta iota kappa. Short one here.", "Short one here. Mu nu xi omicron pi rho sigma"}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
}

func TestFencedCodeStaysWholeWhereItFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text, fences []string
		for range rapid.IntRange(1, 8).Draw(t, "blocks") {
			text = append(text, strings.Repeat("word ", rapid.IntRange(0, 40).Draw(t, "prose")))
			body := strings.Repeat("code line\n", rapid.IntRange(0, 6).Draw(t, "lines"))
			if rapid.Bool().Draw(t, "gap") {
				body += "\nmore\n"
			}
			mark := rapid.SampledFrom([]string{"```", "~~~~"}).Draw(t, "mark")
			fence := mark + "go\n" + body + mark
			text, fences = append(text, fence), append(fences, fence)
		}
		got := split(t, strings.Join(text, "\n"), Options{30, 5})
		for _, fence := range fences {
			if !slices.ContainsFunc(got, func(part string) bool { return strings.Contains(part, fence) }) {
				t.Fatalf("%q is in no range of %q", fence, got)
			}
		}
	})
}

func TestHeadingStaysWithWhatItHeads(t *testing.T) {
	for prose := range 40 {
		s := strings.Repeat("word ", prose) + "\n\n## Head\n\n" + strings.Repeat("text ", 40)
		for _, part := range split(t, s, Options{25, 0}) {
			if strings.HasSuffix(part, "Head") {
				t.Fatalf("%d words in front: a range ends in the heading: %q", prose, part)
			}
		}
	}
}

// countWords counts less than Split does: marks belong to words. The narrow
// no-break space joins, as Unicode has it.
func countWords(s string) int {
	return len(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\u202f' }))
}

// checkRanges is what must hold for the ranges of any text.
func checkRanges(t interface{ Fatalf(string, ...any) }, s string, o Options, ranges []Range) {
	covered := 0
	for i, r := range ranges {
		if r.Start < 0 || r.Start >= r.End || r.End > len(s) {
			t.Fatalf("range %d %v of %d bytes", i, r, len(s))
		}
		if i > 0 && (r.Start <= ranges[i-1].Start || r.End <= ranges[i-1].End) {
			t.Fatalf("range %d %v is not behind %v", i, r, ranges[i-1])
		}
		part := s[r.Start:r.End]
		if part != strings.TrimSpace(part) {
			t.Fatalf("range %d is not trimmed: %q", i, part)
		}
		// Word boundaries of text that is not UTF-8 are what the library makes of it.
		if n := countWords(part); utf8.ValidString(s) && n > o.Tokens || len(part) >= 2*atomBytesMax*o.Tokens {
			t.Fatalf("range %d has %d words in %d bytes, limit %d", i, n, len(part), o.Tokens)
		}
		if utf8.ValidString(s) && !utf8.ValidString(part) {
			t.Fatalf("range %d parts a rune: %q", i, part)
		}
		if skipped := s[min(covered, r.Start):r.Start]; strings.TrimSpace(skipped) != "" {
			t.Fatalf("%q in front of range %d is in none", skipped, i)
		}
		covered = r.End
	}
	if strings.TrimSpace(s[covered:]) != "" {
		t.Fatalf("%q at the end is in no range", s[covered:])
	}
}

func TestRangesCoverTheTextInOrderAndBounds(t *testing.T) {
	piece := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z]{1,9}[.,!?]? `), rapid.String(),
		rapid.SampledFrom([]string{"\n", "\n\n", "\n# head\n", "\n```\n", "\n~~~ x\n", "東京。", "\r\n", "👩‍👩‍👧", "\u00a0", " \u0301"}),
		rapid.Map(rapid.IntRange(1, 300), func(n int) string { return strings.Repeat("é", n) }),
		rapid.Map(rapid.IntRange(1, 900), func(n int) string { return strings.Repeat(" ", n) }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 90), func(b []byte) string { return string(b) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces"), "")
		o := Options{Tokens: rapid.IntRange(1, 40).Draw(t, "tokens")}
		o.Overlap = rapid.IntRange(0, o.Tokens/overlapShare).Draw(t, "overlap")
		ranges, err := Split(nil, s, o)
		if err != nil {
			t.Fatal(err)
		}
		checkRanges(t, s, o, ranges)
	})
}

func TestShortTextIsOneRange(t *testing.T) {
	s := strings.Repeat("A sentence here.\n\n# Head\n", 50) // 350 tokens
	if got := split(t, s, Options{}); len(got) != 1 || got[0] != strings.TrimSpace(s) {
		t.Fatalf("%d ranges", len(got))
	}
	if got := split(t, " \n\t ", Options{}); len(got) != 0 {
		t.Fatalf("white space gives %q", got)
	}
}

func TestNoOverlapMeansEveryWordOnce(t *testing.T) {
	s := strings.Repeat("one two, three. Four\n", 500)
	got := split(t, s, Options{Tokens: 37})
	if words := strings.Fields(strings.Join(got, " ")); len(words) != 2000 {
		t.Fatalf("%d words of 2000", len(words))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{{-1, 0}, {0, 1}, {10, 3}, {10, -1}, {TokensMax + 1, 0}} {
		if _, err := Split(nil, "x", o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for i, s := range []string{
		"", "a b\n\n# H\nc. D e", "```\ncode\n\n# no head\n```\nafter", "~~~\nnever closed\n\n\nx", "a\xffb\xe2\x80 c",
		"東京。大阪 👩‍👩‍👧", strings.Repeat("\x80", 300), strings.Repeat(" ", 500) + "x" + strings.Repeat("\n", 500) + "y", " \u0301 \u200d x",
	} {
		f.Add(s, uint8(i+1), uint8(i))
	}
	f.Fuzz(func(t *testing.T, s string, tokens, overlap uint8) {
		o := Options{Tokens: max(1, int(tokens))}
		o.Overlap = int(overlap) % (o.Tokens/overlapShare + 1)
		ranges, err := Split(nil, s, o)
		if err != nil {
			t.Fatal(err)
		}
		checkRanges(t, s, o, ranges)
	})
}

func BenchmarkSplit(b *testing.B) {
	s := strings.Repeat("The transgender stories were so inspiring! I was so happy and thankful for all the support.\n", 1000)
	b.SetBytes(int64(len(s)))
	var ranges []Range
	for b.Loop() {
		ranges, _ = Split(ranges[:0], s, Options{})
	}
	if len(ranges) < 40 {
		b.Fatal(fmt.Sprint(len(ranges), " ranges"))
	}
}
