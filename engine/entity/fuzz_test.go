package entity

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// checkMentions fails where mentions are not what Find promises.
func checkMentions(t testing.TB, text string, got []Mention) {
	t.Helper()
	if len(got) > MentionsMax {
		t.Fatalf("%d mentions", len(got))
	}
	last := 0
	for _, m := range got {
		if m.Start < last || m.End <= m.Start || m.End > len(text) || m.End-m.Start > MentionBytesMax {
			t.Fatalf("%q: mention %+v after %d", text, m, last)
		}
		if m.Kind == 0 || m.Kind >= kindCount {
			t.Fatalf("%q: kind of %+v", text, m)
		}
		if m.Kind <= Name && m.Hash != Hash(text[m.Start:m.End]) {
			t.Fatalf("%q: the hash of %q is not that of the name", text, text[m.Start:m.End])
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[m.Start:m.End]) {
			t.Fatalf("%q: %+v cuts a character", text, m)
		}
		last = m.End
	}
}

func FuzzFind(f *testing.F) {
	for _, name := range []string{"dev.txt", "heldout.txt"} {
		for i, l := range readLabelled(f, name) {
			if i%8 == 0 {
				f.Add(l.text)
			}
		}
	}
	for _, s := range hardTexts {
		f.Add(strings.Repeat(s, 3))
	}
	g := gazetteerOf(f, "C++", "project bluebird", "東京", "x", "o'neill labs")
	var warm Finder
	f.Fuzz(func(t *testing.T, text string) {
		fresh := Finder{}
		got := fresh.Find(nil, text)
		checkMentions(t, text, got)
		again := warm.Find(make([]Mention, 1, 8), text)[1:]
		if len(again) != len(got) {
			t.Fatalf("%q: %d mentions, then %d", text, len(got), len(again))
		}
		for i := range got {
			if got[i] != again[i] {
				t.Fatalf("%q: %+v, then %+v", text, got[i], again[i])
			}
		}
		given := Finder{Gazetteer: g, Known: func(hash uint64) bool { return hash%2 == 0 }}
		checkMentions(t, text, given.Find(nil, text))
	})
}

func FuzzOpenGazetteer(f *testing.F) {
	data, err := BuildGazetteer([]Entry{{"Acme Rockets", Organisation}, {"Tolven", Place}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		if g, err := OpenGazetteer(data); err == nil {
			checkMentions(t, "we met acme rockets in Tolven", (&Finder{Gazetteer: g}).Find(nil, "we met acme rockets in Tolven"))
		}
	})
}

// hardTexts, repeated, are what a rule could read again and again.
var hardTexts = []string{
	"a", "A", "1", ".", "@", "/", "#", "_", "`", "-", "'", "&", "$", "€", "’", "é", "É", "漢", "\xff", "\x00", " ", "\n",
	"A ", "A. ", "Aa ", "AA ", "of ", "Aa of ", "Aa of the ", "Aa and ", "Aa & ", "Dr. ", "a.", "a.b", "a@", "@a", "a@b.", "a@b.cd,", "://", "a://,", "a://b,", "www.",
	"www.a,", "//", "/a/", "./", "~/", "#a", "#1", "##", "1 ", "1. ", "1.1", "1-1", "1,111", "1:1", "1/1", "+1 ", "(111) ", "111-", "$1", "1$", "5€", "1%", "one ", "one-",
	"a hundred ", "hundred ", "twenty-five ", "`a", "`a`", "``a", "```", "a_b", "_a_", "aB", "AbC", "f()", "f(", "--a", "--a ", "A-1", "AB-1-", "Aa’s ", "Aa's ", "Aa-Bb", "J.", "J.K.",
	"Lake ", "University of ", "USD 1 ", "v1.", "version 1 ", "ISBN 1-", "I ", "I'm Aa ", "Anna, ", "Anna ", "Will ", "Aa\n", "Aa:\n", "* Aa ", "a\u0301", "e\u0301A",
}

// TestAnyTextIsReadOnce: what a rule reads again is bounded. A text of 64 KiB takes some
// 20 ms at worst; a rule that read it again for each of its parts would take many seconds.
func TestAnyTextIsReadOnce(t *testing.T) {
	f := Finder{Gazetteer: gazetteerOf(t, "a b", "aaaa aaaa", "1.1.1.1", "漢字")}
	var dst []Mention
	for _, s := range hardTexts {
		text := strings.Repeat(s, 1<<16/len(s))
		took := time.Hour
		for try := 0; try < 3 && took > 2*time.Second; try++ { // the machine may be busy
			start := time.Now()
			dst = f.Find(dst[:0], text)
			took = time.Since(start)
		}
		if took > 2*time.Second {
			t.Errorf("64 KiB of %q take %v", s, took)
		}
		checkMentions(t, text, dst)
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	f := Finder{Known: func(hash uint64) bool { return false }, Gazetteer: gazetteerOf(t, "Project Bluebird", "C++")}
	text := chatText(t)[:1<<16]
	dst := f.Find(nil, text)
	if n := testing.AllocsPerRun(5, func() { dst = f.Find(dst[:0], text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { Hash("Dr. Anna Petrova's") }); n != 0 {
		t.Errorf("%v allocations for a hash", n)
	}
}
