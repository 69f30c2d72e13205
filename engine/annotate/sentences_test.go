package annotate

import (
	"strings"
	"testing"
)

func TestSentencesAreCountedAndThoseThatAsk(t *testing.T) {
	for _, c := range []struct {
		body          string
		count, asking int
		last          bool
	}{
		{"", 0, 0, false},
		{"?!", 0, 0, true},
		{"hello", 1, 0, false},
		{"Hello there. How are you?", 2, 1, true},
		{"How are you? I am fine.", 2, 1, false},
		{"It costs 3.5 dollars at example.com/?q=1 today", 1, 0, false},
		{"Really?! \"Yes.\" And then... who knows?", 4, 2, true},
		{"one\ntwo?\n\nthree", 3, 1, false},
		{"你好吗?", 1, 1, true},
		{strings.Repeat("a? ", 1000), 255, 127, true},
	} {
		a := Annotation(annotator().Append(nil, "Ann", c.body, 0))
		if a.Sentences() != c.count || a.Asking() != c.asking || a.AsksLast() != c.last {
			t.Errorf("%.40q: %d sentences, %d ask, the last %v; want %d, %d, %v", c.body, a.Sentences(), a.Asking(), a.AsksLast(), c.count, c.asking, c.last)
		}
	}
	if a := Annotation(nil); a.Sentences() != 0 || a.Asking() != 0 || a.AsksLast() {
		t.Error("something is known of nothing")
	}
}
