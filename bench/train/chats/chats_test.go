package chats

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// few are enough conversations to meet every kind of question.
const few = 12

// sets are both regimes on both sides of the templates.
var sets = sync.OnceValue(written)

func written() map[string]*Set {
	o := Options{Seed: 3, Conversations: few, Apart: .25}
	fresh := o
	fresh.Fresh = true
	return map[string]*Set{"short": Short(o), "long": Long(o), "linked": Linked(o),
		"fresh short": Short(fresh), "fresh long": Long(fresh), "fresh linked": Linked(fresh)}
}

func TestTheSameSeedWritesTheSameBytes(t *testing.T) {
	first, second := sets(), written()
	for name := range first {
		corpus, questions := first[name].Files()
		corpus2, questions2 := second[name].Files()
		if !bytes.Equal(corpus, corpus2) || !bytes.Equal(questions, questions2) {
			t.Errorf("%s: two runs differ", name)
		}
	}
	other, _ := Short(Options{Seed: 4, Conversations: few, Apart: .25}).Files()
	if corpus, _ := first["short"].Files(); bytes.Equal(corpus, other) {
		t.Error("another seed writes the same bytes")
	}
}

func TestMoreConversationsLeaveTheFirstOnesAsTheyAre(t *testing.T) {
	for name, regime := range map[string]func(Options) *Set{"short": Short, "long": Long} {
		one, _ := regime(Options{Seed: 3, Conversations: 1, Apart: .25}).Files()
		two, _ := regime(Options{Seed: 3, Conversations: 2, Apart: .25}).Files()
		if !bytes.HasPrefix(two, one) || len(two) == len(one) {
			t.Errorf("%s: the second conversation changes the first", name)
		}
	}
}

// Evidence has to be turns of the question's own conversation; exactly the questions that
// nothing answers have none.
func TestEveryEvidenceIDExists(t *testing.T) {
	for name, s := range sets() {
		conversation := map[string]string{}
		for _, turn := range s.Turns {
			if conversation[turn.ID] != "" {
				t.Fatalf("%s: turn id %s comes twice", name, turn.ID)
			}
			conversation[turn.ID] = turn.Conversation
		}
		asked := map[string]bool{}
		for _, q := range s.Questions {
			if asked[q.ID] {
				t.Errorf("%s: question id %s comes twice", name, q.ID)
			}
			asked[q.ID] = true
			for _, id := range q.Evidence {
				if conversation[id] != q.Conversation {
					t.Errorf("%s %s: evidence %q is no turn of its conversation", name, q.ID, id)
				}
			}
			absent := q.Category == "unanswerable" || q.Category == "abstention"
			if absent != (len(q.Evidence) == 0) {
				t.Errorf("%s %s: category %s with %d evidence turns", name, q.ID, q.Category, len(q.Evidence))
			}
			if !absent && q.Answer == "" {
				t.Errorf("%s %s: no answer", name, q.ID)
			}
		}
	}
}

func TestEveryKindOfQuestionIsAsked(t *testing.T) {
	want := map[string][]string{
		"linked": {"chain"},
		"short":  {"detail", "value", "trait", "update", "temporal", "list", "multi-hop", "open", "swapped", "unanswerable"},
		"long": {"extraction", "knowledge-update", "contradiction", "temporal", "multi-session", "instruction", "preference",
			"event-ordering", "summarization", "abstention"},
	}
	for name, s := range sets() {
		count := map[string]int{}
		for _, q := range s.Questions {
			count[q.Category]++
		}
		for _, category := range want[strings.TrimPrefix(name, "fresh ")] {
			if count[category] == 0 {
				t.Errorf("%s: no question of category %s", name, category)
			}
		}
	}
}

// Users tell, the assistant answers: as in real chats of this kind, most evidence is the user's.
func TestRolesAndSizesOfLongChats(t *testing.T) {
	s := sets()["long"]
	speaker := map[string]string{}
	turns := map[string]int{}
	previous := Turn{}
	for _, turn := range s.Turns {
		speaker[turn.ID] = turn.Speaker
		turns[turn.Session]++
		if turn.Session == previous.Session && turn.Speaker == previous.Speaker {
			t.Errorf("%s: %s speaks twice in a row", turn.ID, turn.Speaker)
		}
		if turn.Speaker == "assistant" && (len(turn.Text) < longAnswerMin || len(turn.Text) > longAnswerMax+longAnswerSlack) {
			t.Errorf("%s: an answer of %d characters", turn.ID, len(turn.Text))
		}
		if turn.Speaker == "user" && len(turn.Text) > 2*longQuestionMax {
			t.Errorf("%s: a request of %d characters", turn.ID, len(turn.Text))
		}
		previous = turn
	}
	for session, n := range turns {
		if n < 2 || n > 6 || n%2 != 0 {
			t.Errorf("%s has %d turns", session, n)
		}
	}
	user, all := 0, 0
	for _, q := range s.Questions {
		for _, id := range q.Evidence {
			all++
			if speaker[id] == "user" {
				user++
			}
		}
	}
	if share := float64(user) / float64(all); share < .7 || share > .9 {
		t.Errorf("%.2f of the evidence is the user's, want .7 to .9", share)
	}
}

func TestNoTemplateIsLeftInAText(t *testing.T) {
	for name, s := range sets() {
		for _, q := range s.Questions {
			if strings.ContainsAny(q.Text, "{}[]|") || strings.ContainsAny(q.Answer, "{}[]|") {
				t.Errorf("%s %s: a bracket is left in the question or its answer", name, q.ID)
			}
		}
		for _, turn := range s.Turns {
			code := strings.Contains(turn.Text, "```") || turn.Speaker == "assistant"
			if turn.Text == "" || !code && strings.ContainsAny(turn.Text, "{}[]|") {
				t.Errorf("%s %s: the text is empty or has a bracket left in it", name, turn.ID)
			}
		}
	}
}

// The two sides share no template, so that figures on the fresh side do not come from
// words of templates that were learnt.
func TestFreshTemplatesAreDisjoint(t *testing.T) {
	for _, file := range []string{"talk.txt", "shortask.txt", "longtalk.txt", "longask.txt"} {
		for _, s := range readSections(file) {
			if !s.split {
				continue
			}
			if len(s.lines) < 2 {
				t.Errorf("%s: rule %s has one template for both sides", file, s.name)
			}
			for _, line := range side(s.lines, true) {
				if slices.Contains(side(s.lines, false), line) {
					t.Errorf("%s: rule %s has a template on both sides", file, s.name)
				}
			}
		}
	}
}

func TestApartQuestionsHaveFewerWordsOfTheirEvidence(t *testing.T) {
	for name, regime := range map[string]func(Options) *Set{"short": Short, "long": Long} {
		var found [2]float64
		for i, apart := range []float64{0, 1} {
			dir := t.TempDir()
			if err := regime(Options{Seed: 3, Conversations: few, Apart: apart}).Write(dir); err != nil {
				t.Fatal(err)
			}
			figures, err := Shape(dir)
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(figures, func(f Figure) bool { return f.Name == "share in evidence" })
			found[i] = figures[at].Value
		}
		if found[1] > .8*found[0] {
			t.Errorf("%s: evidence has %.2f of the words of questions worded apart, %.2f of others", name, found[1], found[0])
		}
	}
}

func TestShapeSaysWhichFileIsDamaged(t *testing.T) {
	if _, err := Shape(t.TempDir()); err == nil || !strings.Contains(err.Error(), "corpus.jsonl") {
		t.Errorf("got error %v, want one that names the file", err)
	}
}

// Three turns, of which the second alone has the question's words, and the third is asked for
// in words that nobody says.
func TestShapeOfASetWorkedOutByHand(t *testing.T) {
	dir := t.TempDir()
	s := &Set{Turns: []Turn{
		{ID: "1", Conversation: "c", Session: "s", Speaker: "user", Text: "good morning"},
		{ID: "2", Conversation: "c", Session: "s", Speaker: "assistant", Text: "the heron nests by the canal"},
		{ID: "3", Conversation: "c", Session: "s", Speaker: "user", Text: "thanks"},
	}, Questions: []Question{
		{ID: "q1", Conversation: "c", Text: "heron canal", Evidence: []string{"2"}},
		{ID: "q2", Conversation: "c", Text: "heron gratitude", Evidence: []string{"3"}},
		{ID: "q3", Conversation: "c", Text: "stork", Evidence: []string{}},
	}}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	figures, err := Shape(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"turns of a session": 3, "any@8": 50, "MRR": 50, "any@8 without assistant": 0, "share in evidence": .5, "share in window": .75,
		"questions with evidence": 2. / 3, "evidence by user": .5, "share in best other turn": .25,
	}
	for _, f := range figures {
		if w, ok := want[f.Name]; ok && f.Value != w {
			t.Errorf("%s is %v, want %v", f.Name, f.Value, w)
		}
	}
}

func date(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}
