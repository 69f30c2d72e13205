package main

import (
	"math"
	"testing"

	"github.com/nexus-memory/nexus/eval"
)

func TestAurocCountsPairsByHand(t *testing.T) {
	all := []judged{
		{asked{kind: answerable}, .9}, {asked{kind: answerable}, .5}, {asked{kind: elsewhere}, .5}, {asked{kind: elsewhere}, .1}, {asked{kind: absent}, .95},
	}
	got, ok := auroc(byKind(answerable), byKind(elsewhere))(all) // 1 + 1 + .5 + 1 of 4 pairs
	if !ok || got != .875 {
		t.Fatal(got, ok)
	}
	if _, ok := auroc(byKind(answerable), isFound)(all); ok {
		t.Fatal("a measure of nothing")
	}
}

func TestCalibrationErrorByHand(t *testing.T) {
	all := []judged{{asked{found: true}, .95}, {asked{}, .91}, {asked{}, .15}, {asked{}, .1}}
	got, _ := calibration(func(judged) bool { return true })(all) // |.95+.91-1| + .25, of 4
	if math.Abs(got-(.86+.25)/4) > 1e-12 {
		t.Fatal(got)
	}
}

func TestTheCalibrationRisesAndKeepsTheMean(t *testing.T) {
	var all []asked
	var scores []float32
	var weights []float64
	for i := range 1000 {
		all = append(all, asked{found: i*7919%1000 < i})
		scores, weights = append(scores, float32(i)/100), append(weights, 1)
	}
	knots := calibrate(scores, all, weights)
	for i, k := range knots {
		if i > 0 && (k.Score <= knots[i-1].Score || k.Share <= knots[i-1].Share) {
			t.Fatalf("knot %d: %v after %v", i, k, knots[i-1])
		}
		if math.Abs(float64(k.Share)-float64(k.Score)/10) > .15 {
			t.Errorf("share %v at %v", k.Share, k.Score)
		}
	}
	if len(knots) < 10 {
		t.Fatalf("%d knots", len(knots))
	}
}

func TestStrangersAskOtherConversations(t *testing.T) {
	set := &eval.Set{
		Turns: []eval.Turn{{Conversation: "a"}, {Conversation: "b"}, {Conversation: "c"}},
		Questions: []eval.Question{
			{ID: "1", Conversation: "a", Evidence: []string{"x"}}, {ID: "2", Conversation: "b", Evidence: []string{"x"}}, {ID: "3", Conversation: "c"},
			{ID: "4", Conversation: "c"}, {ID: "5", Conversation: "c", Evidence: []string{"x"}, Row: 9},
		},
	}
	strangers(set)
	if len(set.Questions) != 7 {
		t.Fatalf("%d questions", len(set.Questions))
	}
	for i, own := range map[int]string{5: "a", 6: "c"} {
		q := set.Questions[i]
		if q.Conversation == own || kindOf(&q) != elsewhere || q.Evidence != nil {
			t.Errorf("%+v", q)
		}
	}
	if set.Questions[6].Row != 9 {
		t.Error("not the vector of the question")
	}
}

func TestKindOf(t *testing.T) {
	for want, q := range map[kind]eval.Question{
		answerable: {Evidence: []string{"x"}, Category: "temporal"}, absent: {Category: "abstention"}, elsewhere: {Category: "elsewhere"}, "": {Category: "temporal"},
	} {
		if got := kindOf(&q); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
