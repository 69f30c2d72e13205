package annotate

import (
	"fmt"
	"maps"
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
		{"你好吗？我很好。", 2, 1, false},
		{"Who said “why?” 🙂🙂", 1, 1, true},
		{"Ready?🙂 Yes", 2, 1, false},
		{"Ünal?", 1, 1, true},
		{"我很好！你呢？", 2, 1, true},
		{"真的?？", 1, 1, true},
		{"٣?", 1, 1, true},
		{"a? ? b", 2, 1, false},
		{"a\xff? b", 2, 1, false},
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

func TestWordsThatAreAskedAreKept(t *testing.T) {
	asked := func(body string) (words map[string]int) {
		a := Annotation(annotator().Append(nil, "Ann", body, day(2024, 5, 7)))
		if !a.IsWhole() {
			t.Fatalf("%q: % x", body, []byte(a))
		}
		words = map[string]int{}
		for i := range a.AskedWords() {
			hash, times := a.AskedWord(i)
			for _, word := range []string{"dog", "park", "lisbon", "walk"} {
				if AskedHash(HashTerm([]byte(word))) == hash {
					words[word] = times
				}
			}
		}
		return words
	}
	for _, c := range []struct {
		body string
		want map[string]int
	}{
		{"The dog is in the park.", map[string]int{}},
		{"The dog was in the park yesterday. Do dogs like parks? Which park?", map[string]int{"dog": 1, "park": 2}},
		{"Did you walk in Lisbon on May 3rd 2022? I did: I walked the dog.", map[string]int{"walk": 1, "lisbon": 1}},
		{strings.Repeat("Dog? ", 100), map[string]int{"dog": 7}},
	} {
		if got := asked(c.body); !maps.Equal(got, c.want) {
			t.Errorf("%.60q: %v, want %v", c.body, got, c.want)
		}
	}
	var long strings.Builder
	for i := range 100 {
		fmt.Fprintf(&long, "Is it w%d? ", i)
	}
	if a := Annotation(annotator().Append(nil, "", long.String(), 0)); a.AskedWords() != AskedMax || !a.IsWhole() {
		t.Errorf("%d words", a.AskedWords())
	}
	n := annotator()
	if a := Annotation(n.Append(nil, "", strings.ReplaceAll(strings.TrimSpace(long.String()), "? Is it", ""), 0)); a.AskedWords() != AskedMax || !a.IsWhole() {
		t.Errorf("%d words of one sentence", a.AskedWords())
	}
	if a := Annotation(n.Append(nil, "", "Nothing asks.", 0)); a.AskedWords() != 0 {
		t.Errorf("%d words of the turn before", a.AskedWords())
	}
	if a := Annotation(annotator().Append(nil, "", strings.Repeat("word ", askedBytesMax/5+1)+"?", 0)); a.AskedWords() != 0 || a.Asking() != 1 {
		t.Errorf("%d words of a page that asks", a.AskedWords())
	}
	if Annotation(nil).AskedWords() != 0 {
		t.Error("something is asked by nothing")
	}
}
