package timex

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// labelled is a sentence of a labelled set.
type labelled struct {
	line      int
	text      string
	reference int32
	mentions  []Mention
}

var (
	kindNames  = []string{"", "abs", "rel", "rec", "dur", "clk"}
	grainNames = []string{"", "d", "w", "m", "s", "y"}
)

// load reads a labelled set; the notation is told at the head of heldout.txt.
func load(t testing.TB, name string) (all []labelled) {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reference := int32(Unknown)
	in := bufio.NewScanner(file)
	for line := 1; in.Scan(); line++ {
		s := in.Text()
		switch {
		case s == "" || s[0] == '#':
		case s[0] == '=':
			reference = Unknown
			if date := s[2:]; date != "unknown" {
				reference = parseDay(t, date)
			}
		default:
			l, err := parseLabelled(t, s)
			if err != nil {
				t.Fatalf("%s:%d: %v", name, line, err)
			}
			l.line, l.reference = line, reference
			all = append(all, l)
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func parseDay(t testing.TB, s string) int32 {
	t.Helper()
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return DayOf(day)
}

// parseLabelled takes the brackets out of a sentence.
func parseLabelled(t testing.TB, s string) (l labelled, err error) {
	for s != "" {
		before, rest, found := strings.Cut(s, "[")
		l.text += before
		if !found {
			break
		}
		inside, after, found := strings.Cut(rest, "]")
		span, label, labelledToo := strings.Cut(inside, "|")
		if !found || !labelledToo {
			return l, fmt.Errorf("a bracket without a label")
		}
		m, err := parseMention(t, label)
		if err != nil {
			return l, err
		}
		m.Start, m.End = len(l.text), len(l.text)+len(span)
		l.text += span
		l.mentions = append(l.mentions, m)
		s = after
	}
	return l, nil
}

func parseMention(t testing.TB, label string) (m Mention, err error) {
	fields := strings.Fields(label)
	m.Kind = Kind(index(kindNames, fields[0]))
	if m.Kind == 0 {
		return m, fmt.Errorf("unknown kind")
	}
	var days []int32
	for _, field := range fields[1:] {
		switch {
		case field == "<":
			m.Open = -1
		case field == ">":
			m.Open = 1
		case len(field) == 1:
			if m.Range.Grain = Grain(index(grainNames, field)); m.Range.Grain == 0 {
				return m, fmt.Errorf("unknown grain %q", field)
			}
		default:
			days = append(days, parseDay(t, field))
		}
	}
	if len(days) > 0 {
		m.Range.From, m.Range.To = days[0], days[len(days)-1]
	}
	return m, nil
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return 0
}

func dateOf(day int32) string { return time.Unix(int64(day)*86_400, 0).UTC().Format(time.DateOnly) }

func show(text string, m Mention) string {
	s := fmt.Sprintf("[%s|%s", text[m.Start:m.End], kindNames[m.Kind])
	if m.Range != (Range{}) {
		s += fmt.Sprintf(" %s %s %s", grainNames[m.Range.Grain], dateOf(m.Range.From), dateOf(m.Range.To))
	}
	return s + []string{" <", "", " >"}[m.Open+1] + "]"
}

// score counts what was found of one kind.
type score struct{ right, found, labelled int }

func (s score) f1() float64 { return 2 * float64(s.right) / float64(max(1, s.found+s.labelled)) }

// judge compares a set with what the parser says; exact counts the right days of what has some.
func judge(t *testing.T, name string) (kinds [Clock + 1]score, exact, dated int) {
	var f Finder
	for _, l := range load(t, name) {
		got := f.Find(nil, l.text, l.reference)
		for _, m := range got {
			kinds[m.Kind].found++
		}
		for _, want := range l.mentions {
			kinds[want.Kind].labelled++
			if want.Range != (Range{}) {
				dated++
			}
			m, found := at(got, want)
			if !found {
				t.Logf("%s:%d: missed %s", name, l.line, show(l.text, want))
				continue
			}
			kinds[want.Kind].right++
			if m != want {
				t.Logf("%s:%d: got %s, want %s", name, l.line, show(l.text, m), show(l.text, want))
			}
			if want.Range != (Range{}) && m == want {
				exact++
			}
		}
		for _, m := range got {
			if _, found := at(l.mentions, m); !found {
				t.Logf("%s:%d: too much: %s in %q", name, l.line, show(l.text, m), l.text)
			}
		}
	}
	return kinds, exact, dated
}

func at(all []Mention, m Mention) (Mention, bool) {
	for _, other := range all {
		if other.Start == m.Start && other.End == m.End && other.Kind == m.Kind {
			return other, true
		}
	}
	return Mention{}, false
}

func TestLabelledSetsAreFoundAndResolved(t *testing.T) {
	for _, name := range []string{"dev.txt", "heldout.txt"} {
		kinds, exact, dated := judge(t, name)
		for k := Absolute; k <= Clock; k++ {
			s := kinds[k]
			t.Logf("%s %s: F1 %.3f (%d right, %d found, %d labelled)", name, kindNames[k], s.f1(), s.right, s.found, s.labelled)
			if s.f1() < .85 {
				t.Errorf("%s %s: F1 is %.3f, below .85", name, kindNames[k], s.f1())
			}
		}
		share := float64(exact) / float64(dated)
		t.Logf("%s: %d of %d dates exact: %.3f", name, exact, dated, share)
		if share < .95 {
			t.Errorf("%s: %.3f of the dates are exact, below .95", name, share)
		}
	}
}
