package entity

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// kindLetters are the letters of the labelled set.
var kindLetters = map[string]Kind{
	"P": Person, "L": Place, "O": Organisation, "N": Name, "M": Money, "Q": Number, "%": Percent, "E": Email, "U": URL,
	"I": Identifier, "V": Version, "C": Code, "H": Handle, "T": Phone,
}

// labelled is a text with the mentions that a person found in it.
type labelled struct {
	text string
	want []Mention // without hashes
}

// readLabelled reads a half of the set; its legend is at its head.
func readLabelled(t testing.TB, name string) (all []labelled) {
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		var l labelled
		for {
			before, rest, found := strings.Cut(line, "«")
			l.text += before
			if !found {
				break
			}
			marked, after, closed := strings.Cut(rest, "»")
			letter, name, _ := strings.Cut(marked, " ")
			if !closed || kindLetters[letter] == 0 || name == "" {
				t.Fatalf("bad label in %q", line)
			}
			l.want = append(l.want, Mention{Start: len(l.text), End: len(l.text) + len(name), Kind: kindLetters[letter]})
			l.text, line = l.text+name, after
		}
		all = append(all, l)
	}
	return all
}

// tally counts what was found rightly, wrongly and not, by kind.
type tally [kindCount]struct{ right, wrong, missed int }

func (c *tally) f1(k Kind) float64 {
	n := c[k]
	return 2 * float64(n.right) / float64(2*n.right+n.wrong+n.missed)
}

// judge finds mentions in a half of the set; right is the same bytes and the same kind.
func judge(t testing.TB, name string, report func(l labelled, got Mention, verdict string)) (c tally) {
	var f Finder
	for _, l := range readLabelled(t, name) {
		want := map[Mention]bool{}
		for _, m := range l.want {
			want[m] = true
		}
		for _, m := range f.Find(nil, l.text) {
			if m.Hash = 0; want[m] {
				c[m.Kind].right++
				delete(want, m)
				continue
			}
			c[m.Kind].wrong++
			report(l, m, "wrong")
		}
		for m := range want {
			c[m.Kind].missed++
			report(l, m, "missed")
		}
	}
	return c
}

const f1Min = .85

func TestEveryKindIsFound(t *testing.T) {
	for _, name := range []string{"dev.txt", "heldout.txt"} {
		c := judge(t, name, func(l labelled, m Mention, verdict string) {
			if testing.Verbose() && (name == "dev.txt" || os.Getenv("NEXUS_ENTITY_HELDOUT") != "") {
				t.Logf("%s: %s %s %q in %q", name, verdict, m.Kind, l.text[m.Start:m.End], l.text)
			}
		})
		for k := Person; k < Custom; k++ {
			n := c[k]
			line := fmt.Sprintf("%s: %-12s right %2d, wrong %2d, missed %2d, F1 %.3f", name, k, n.right, n.wrong, n.missed, c.f1(k))
			if t.Log(line); !(c.f1(k) >= f1Min) {
				t.Error(line)
			}
		}
	}
}
