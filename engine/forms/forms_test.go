package forms

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// labelled is one turn with its forms, as a person reads it.
type labelled struct {
	forms Forms
	turn  string
}

var labels = map[string]Forms{
	"q": IsQuestion, "time": HasTimeWord, "num": HasNumber, "money": HasMoney, "me": FirstPerson, "instr": Instruction,
	"pref": Preference, "plan": Plan, "change": Change, "dec": Decision, "back": Backchannel, "list": HasList, "code": HasCode,
	"reason": Reason, "neg": Negation,
}

func readLabelled(t testing.TB, path string) (all []labelled) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		line := scanner.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		names, turn, ok := strings.Cut(line, "\t")
		if !ok {
			t.Fatalf("%s: %q has one column", path, line)
		}
		l := labelled{turn: strings.ReplaceAll(turn, `\n`, "\n")}
		for _, name := range strings.Fields(strings.TrimPrefix(names, "-")) {
			form, ok := labels[name]
			if !ok {
				t.Fatalf("%s: no form %q", path, name)
			}
			l.forms |= form
		}
		all = append(all, l)
	}
	return all
}

func TestFormsAreRightOnLabelledTurns(t *testing.T) {
	for _, set := range []string{"dev", "heldout"} {
		type counts struct{ both, only, missed int }
		score := map[string]*counts{"all": {}}
		for name := range labels {
			score[name] = &counts{}
		}
		turns := readLabelled(t, "testdata/turns-"+set+".tsv")
		var finder Finder
		for _, l := range turns {
			got := finder.Find(l.turn)
			if got != l.forms && set == "dev" {
				t.Logf("too much: %v, missed: %v: %q", got&^l.forms, l.forms&^got, l.turn)
			}
			for name, form := range labels {
				for _, c := range []*counts{score[name], score["all"]} {
					switch {
					case got&form != 0 && l.forms&form != 0:
						c.both++
					case got&form != 0:
						c.only++
					case l.forms&form != 0:
						c.missed++
					}
				}
			}
		}
		for name, c := range score {
			value := 2 * float64(c.both) / float64(2*c.both+c.only+c.missed)
			t.Logf("%s %s: F1 %.3f of %d", set, name, value, c.both+c.missed)
			if value < .85 || c.both+c.missed < 5 {
				t.Errorf("%s %s: F1 %.3f (%+v), want .85 of 5 or more", set, name, value, *c)
			}
		}
		if len(turns) < 125 {
			t.Errorf("%s: %d turns", set, len(turns))
		}
	}
}

func TestRulesAreSmallAndCompile(t *testing.T) {
	t.Log(phrases())
	if size := phrases().Size(); size > 200<<10 {
		t.Errorf("the automaton takes %d bytes, want 200 KB at most", size)
	}
}

func TestAnyTurnIsSafe(t *testing.T) {
	var f Finder
	for text, want := range map[string]Forms{
		"": 0, " ": 0, "?": IsQuestion, "🙂": 0, "\x00\x01": 0, "\xff\xfe": 0, strings.Repeat("x", 1<<20): 0,
		strings.Repeat("thanks ", 9): 0, strings.Repeat("lorem ipsum ", 1<<16) + "because": Reason,
	} {
		if got := f.Find(text); got != want {
			t.Errorf("%.20q: %v, want %v", text, got, want)
		}
	}
}

func TestFormsNeedTheirPlaceAndCompany(t *testing.T) {
	var f Finder
	for turn, want := range map[string]Forms{
		"The dollar fell.":                   0,
		"The dollar fell, two days":          HasTimeWord | HasNumber | HasMoney,
		"Rain again. Are the boots dry":      0, // a question by its first words alone
		"Are the boots dry":                  IsQuestion,
		"Ben would love a boat":              0,
		"Ben loves boats":                    Preference,
		"Why not?":                           IsQuestion,
		"thanks for the boat":                0,
		"Always answer in rhyme":             Instruction,
		"Ben always forgets to answer":       0,
		"The boots look like boats":          0,
		"Ben is used to rain":                0,
		"It moved, and Anna was moved to go": Change,
	} {
		if got := f.Find(turn); got != want {
			t.Errorf("%q: %v, want %v", turn, got, want)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	var f Finder
	const turn = "From now on, I'll pay $20 because it’s no longer free 🙂:\n- a\n- b_c"
	if n := testing.AllocsPerRun(100, func() { f.Find(turn) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"Ok, thanks!", "I'd like you to always reply\nin Welsh", "\xff I won’t 🙂", "10 € or $5", "is it?"} {
		f.Add(seed)
	}
	var finder Finder
	f.Fuzz(func(t *testing.T, turn string) {
		got := finder.Find(turn)
		if got >= formsEnd || got&HasMoney != 0 && got&HasNumber == 0 {
			t.Errorf("%q: %b", turn, got)
		}
		var fresh Finder
		if again := fresh.Find(turn); again != got {
			t.Errorf("%q: %v, then %v", turn, got, again)
		}
	})
}

func ExampleFinder_Find() {
	var f Finder
	fmt.Println(f.Find("I no longer eat meat because of my doctor."))
	// Output: first-person change reason negation
}

func benchmarkFind(b *testing.B, join string) {
	var turns []string
	for _, l := range readLabelled(b, "testdata/turns-dev.tsv") {
		turns = append(turns, l.turn)
	}
	if join != "" {
		turns = []string{strings.Join(turns, join)}
	}
	bytes := 0
	for _, turn := range turns {
		bytes += len(turn)
	}
	var f Finder
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	for b.Loop() {
		for _, turn := range turns {
			f.Find(turn)
		}
	}
}

// The turns of the development half one by one, some 40 bytes each, and as one text.
func BenchmarkFindShort(b *testing.B) { benchmarkFind(b, "") }
func BenchmarkFindLong(b *testing.B)  { benchmarkFind(b, " ") }
