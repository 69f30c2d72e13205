package route

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/pattern"
)

// labelled is one question with what it asks and its cues, as a person reads it.
type labelled struct {
	asks     Asks
	cues     Cues
	question string
}

var cueLabels = map[string]Cues{
	"time": CueTime, "past": CuePast, "future": CueFuture, "latest": CueLatest, "earliest": CueEarliest, "change": CueChange,
	"compare": CueCompare, "all": CueAll, "count": CueCount, "neg": CueNegation, "other": CueOther, "pref": CuePreference,
	"instr": CueInstruction, "me": CueFirstPerson, "you": CueSecondPerson, "quote": CueQuote, "num": CueNumber, "code": CueCode,
	"name": CueName, "asst": CueAssistant,
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
		parts := strings.Split(line, "\t")
		if len(parts) != 3 {
			t.Fatalf("%s: %q has %d columns", path, line, len(parts))
		}
		l := labelled{asks: parseAsks(t, parts[0]), question: parts[2]}
		for _, label := range strings.Fields(strings.TrimPrefix(parts[1], "-")) {
			cue, ok := cueLabels[label]
			if !ok {
				t.Fatalf("%s: no cue %q", path, label)
			}
			l.cues |= cue
		}
		all = append(all, l)
	}
	return all
}

func parseAsks(t testing.TB, name string) Asks {
	t.Helper()
	for a := range asksCount {
		if a.String() == name {
			return a
		}
	}
	t.Fatalf("no kind %q", name)
	return 0
}

// sets are the halves of the labelled questions: what may be looked at, and what not.
var sets = []string{"dev", "heldout"}

func TestAsksAreRightOnLabelledQuestions(t *testing.T) {
	var a Analyzer
	for _, set := range sets {
		questions := readLabelled(t, "testdata/questions-"+set+".tsv")
		right := 0
		for _, l := range questions {
			if got := a.Analyse(l.question).Asks; got == l.asks {
				right++
			} else if set == "dev" {
				t.Logf("%v, not %v: %s", got, l.asks, l.question)
			}
		}
		share := float64(right) / float64(len(questions))
		t.Logf("%s: %d of %d, %.3f", set, right, len(questions), share)
		if len(questions) < 125 || share < .9 {
			t.Errorf("%s: %.3f of %d questions, want .9 of 125 or more", set, share, len(questions))
		}
	}
}

// casualMin is less than what carefully spelt questions reach: names alone, without a
// question word, do not tell what is asked.
const casualMin = .75

func TestAsksAreMostlyRightOnCasualQuestions(t *testing.T) {
	f, err := os.ReadFile("testdata/questions-casual.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var a Analyzer
	right, count := 0, 0
	for line := range strings.Lines(string(f)) {
		kind, question, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		if count++; a.Analyse(question).Asks == parseAsks(t, kind) {
			right++
		}
	}
	share := float64(right) / float64(max(count, 1))
	t.Logf("casual: %d of %d, %.3f", right, count, share)
	if count < 40 || share < casualMin {
		t.Errorf("casual: %.3f of %d", share, count)
	}
}

// f1 counts what is needed for the harmonic mean of precision and recall.
type f1 struct{ both, only, missed int }

func (f *f1) add(got, want bool) {
	switch {
	case got && want:
		f.both++
	case got:
		f.only++
	case want:
		f.missed++
	}
}

func (f f1) value() float64 { return 2 * float64(f.both) / float64(max(2*f.both+f.only+f.missed, 1)) }

// examplesMin is how many examples a cue needs for its F1 to be held.
const examplesMin = 5

func TestCuesAreRightOnLabelledQuestions(t *testing.T) {
	var a Analyzer
	for _, set := range sets {
		scores := map[string]*f1{}
		for label := range cueLabels {
			scores[label] = &f1{}
		}
		var every f1
		for _, l := range readLabelled(t, "testdata/questions-"+set+".tsv") {
			got := a.Analyse(l.question).Cues
			for label, cue := range cueLabels {
				scores[label].add(got&cue != 0, l.cues&cue != 0)
				every.add(got&cue != 0, l.cues&cue != 0)
			}
			if got != l.cues && set == "dev" {
				t.Logf("too much: %v, missed: %v: %s", got&^l.cues, l.cues&^got, l.question)
			}
		}
		for label, s := range scores {
			t.Logf("%s %s: F1 %.3f of %d", set, label, s.value(), s.both+s.missed)
			if s.both+s.missed >= examplesMin && s.value() < .85 {
				t.Errorf("%s %s: F1 %.3f, want .85 (%+v)", set, label, s.value(), *s)
			}
		}
		t.Logf("%s: all cues F1 %.3f", set, every.value())
	}
}

func TestRulesAreSmallAndCompile(t *testing.T) {
	set := phrases()
	t.Logf("%d rules, %v", len(rules), set)
	if set.Size() > 200<<10 {
		t.Errorf("the automaton takes %d bytes, want 200 KB at most", set.Size())
	}
}

func TestAnyQuestionIsSafe(t *testing.T) {
	var a Analyzer
	for _, q := range []string{"", " ", "?", "🙂", "\x00\x01\x02", "\xff\xfe", "the of and", "何ですか", strings.Repeat("é", 5000), strings.Repeat("x", 1<<20)} {
		got := a.Analyse(q)
		if got.Asks != AsksThing || got.Complexity < 0 || got.Complexity > 1 || !got.Intent.Valid() {
			t.Errorf("%.20q: %+v", q, got)
		}
	}
}

func TestLongQuestionsAreReadAtBothEnds(t *testing.T) {
	var a Analyzer
	filler := strings.Repeat("lorem ipsum ", 1<<16)
	for _, q := range []string{"Who wrote this? " + filler, filler + ". Who wrote this?"} {
		if got := a.Analyse(q); got.Asks != AsksPerson || got.Words > (headMax+tailMax)/2 {
			t.Errorf("%+v", got)
		}
	}
	if got := a.Analyse(filler + " Who wrote this? " + filler); got.Asks != AsksThing {
		t.Errorf("the middle is read: %+v", got)
	}
}

func TestIntentAndDomainFollowTheQuestion(t *testing.T) {
	var a Analyzer
	for question, want := range map[string]struct {
		intent model.Intent
		domain Domain
	}{
		"What is Anna's latest address?":               {model.IntentRecent, DomainUnknown},
		"Summarise the talk about the mortgage.":       {model.IntentExplore, DomainFinance},
		"Who fixed the bug in the python script?":      {model.IntentFact, DomainCode},
		"What did Ben cook for dinner?":                {model.IntentGeneral, DomainFood},
		"Which hotel did Anna book for the trip?":      {model.IntentFact, DomainTravel},
		"What are the differences between both exams?": {model.IntentExplore, DomainLearning},
		"": {model.IntentGeneral, DomainUnknown},
	} {
		if got := a.Analyse(question); got.Intent != want.intent || got.Domain != want.domain {
			t.Errorf("%q: %v, %v, want %+v", question, got.Intent, got.Domain, want)
		}
	}
}

func TestOfEqualPhrasesTheFirstTellsWhatIsAsked(t *testing.T) {
	var a Analyzer
	for question, want := range map[string]Asks{
		"And Anna met whom where?":     AsksPerson,
		"And Anna went where, why?":    AsksPlace,
		"When Ben came, who was late?": AsksPerson, // a verb behind it is stronger
	} {
		if got := a.Analyse(question).Asks; got != want {
			t.Errorf("%q: %v, want %v", question, got, want)
		}
	}
}

func TestCuesOfSpelling(t *testing.T) {
	var a Analyzer
	for question, want := range map[string]struct {
		cue   Cues
		there bool
		names int
	}{
		"What happens on Monday in May?":        {CueName, false, 0},
		"Is that so? Monday. Then I go.":        {CueName, false, 0},
		"Who feeds Anna Maria's cat and Ben's?": {CueName, true, 2},
		"Does Émile swim?":                      {CueName, true, 1},
		"Can they succeed at this speed?":       {CuePast, false, 0},
		"Who painted it?":                       {CuePast, true, 0},
	} {
		got := a.Analyse(question)
		if (got.Cues&want.cue != 0) != want.there || got.Names != want.names {
			t.Errorf("%q: %v, %d names", question, got.Cues, got.Names)
		}
	}
}

func TestLongerQuestionsAreMoreComplex(t *testing.T) {
	var a Analyzer
	short := a.Analyse("Where is the red ladder that leans on a wall?").Complexity
	long := a.Analyse("Where is the red ladder that leans on a wall of the shed behind the tall hedge near the pond?").Complexity
	if long <= short {
		t.Errorf("%v, then %v", short, long)
	}
}

func TestAnalyseDependsOnTheQuestionAlone(t *testing.T) {
	var used Analyzer
	for _, l := range readLabelled(t, "testdata/questions-dev.tsv") {
		var fresh Analyzer
		if got, want := used.Analyse(l.question), fresh.Analyse(l.question); got != want {
			t.Errorf("%q: %+v, then %+v", l.question, want, got)
		}
	}
}

func TestAnalyseDoesNotAllocate(t *testing.T) {
	var a Analyzer
	const question = "How many of the \"three\" books did Anna's brother read before he moved to Oslo in May 2021?"
	if n := testing.AllocsPerRun(100, func() { a.Analyse(question) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAnalyse(f *testing.F) {
	for _, seed := range []string{"Who else came?", "What's \"it\" like?", "\xff Why? 🙂", "In what order did A, B and C", "`x` != y"} {
		f.Add(seed)
	}
	var a Analyzer
	f.Fuzz(func(t *testing.T, question string) {
		got := a.Analyse(question)
		if got.Asks >= asksCount || got.Cues >= cueEnd || got.Complexity < 0 || got.Complexity > 1 || got.Domain >= domainCount {
			t.Errorf("%+v", got)
		}
		if again := a.Analyse(question); again != got {
			t.Errorf("%+v, then %+v", got, again)
		}
	})
}

func ExampleAnalyzer_Analyse() {
	var a Analyzer
	got := a.Analyse("Who else did Anna invite last summer?")
	fmt.Println(got.Asks, "-", got.Cues)
	// Output: person - time past other name
}

func BenchmarkAnalyse(b *testing.B) {
	var a Analyzer
	questions := readLabelled(b, "testdata/questions-dev.tsv")
	bytes := 0
	for _, l := range questions {
		bytes += len(l.question)
	}
	b.ReportMetric(float64(bytes)/float64(len(questions)), "bytes/question")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		a.Analyse(questions[i%len(questions)].question)
	}
}

func BenchmarkAnalyseLongest(b *testing.B) {
	var a Analyzer
	const question = "Before we moved to Oslo in May 2021, how many of the books about gardening had Anna's brother read, and who else did he lend them to?"
	b.SetBytes(int64(len(question)))
	for b.Loop() {
		a.Analyse(question)
	}
}

func BenchmarkCompile(b *testing.B) {
	words := make([]string, len(rules))
	for i := range rules {
		words[i] = rules[i].words
	}
	for b.Loop() {
		if _, err := pattern.Compile(words); err != nil {
			b.Fatal(err)
		}
	}
}
