package signals

import "testing"

func TestWordsThatAreAskedAreToldFromThoseThatAreStated(t *testing.T) {
	chat := []turn{
		{"a", "Ann", "Where did you buy the canoe?"}, {"a", "Ben", "The canoe? In Oslo."}, {"a", "Ann", "A canoe is fun. Is it red?"},
		{"a", "Ben", "I did buy the canoe in May."},
	}
	s, _, _ := tableOf(t, chat, 2, "Where did Ben buy the canoe, Ann?", nil)
	for _, c := range []struct {
		column Column
		turn   int
		want   float32
	}{
		{CoverageStated, 0, 0}, {CoverageAsked, 0, 1}, {PreviousAsked, 0, 0}, {CoverageStated, 1, 0}, {PreviousAsked, 1, 1},
		{CoverageAsked, 2, 0}, {CoverageStated, 3, 1}, {CoverageAsked, 3, 0}, {PreviousAsked, 3, 0},
	} {
		if got := s.column(c.column)[c.turn]; got != c.want {
			t.Errorf("%v of turn %d: %v, want %v", c.column, c.turn, got, c.want)
		}
	}
	if asked, before, stated := s.column(CoverageAsked)[1], s.column(PreviousAsked)[2], s.column(CoverageStated)[2]; asked <= 0 || asked >= 1 || before != asked || stated != asked {
		t.Errorf("of the canoe alone: asked %v, asked before %v, stated %v", asked, before, stated)
	}
}

func TestWhatIsNotKnownOfStatedWordsIsMissing(t *testing.T) {
	s, q, refs := tableOf(t, chat, 4, "Who taught the pottery class?", nil)
	known := func() bool {
		for _, c := range statedColumns {
			for _, x := range s.column(c) {
				if x != x {
					return false
				}
			}
		}
		return true
	}
	if !known() {
		t.Fatal("not known of a question with words")
	}
	q.Lexical = nil // the same table, so that columns of the question before are there
	s.Fill(q, refs, around(q.View, refs))
	for _, c := range statedColumns {
		for i, x := range s.column(c) {
			if x == x {
				t.Errorf("%v of turn %d without words: %v", c, i, x)
			}
		}
	}
}
