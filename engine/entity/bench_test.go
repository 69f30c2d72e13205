package entity

import (
	"strings"
	"testing"
)

// chatText is about 1 MB of the labelled sentences.
func chatText(t testing.TB) string {
	var b strings.Builder
	all := append(readLabelled(t, "dev.txt"), readLabelled(t, "heldout.txt")...)
	for b.Len() < 1<<20 {
		for _, l := range all {
			b.WriteString(l.text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// turns are the labelled sentences as messages of about 200 bytes.
func turns(t testing.TB) (all []string, size int) {
	text := chatText(t)
	for len(text) > 200 {
		end := 200 + strings.IndexByte(text[200:], '\n') + 1
		all = append(all, text[:end])
		text = text[end:]
		size += end
	}
	return all, size
}

func BenchmarkFind(b *testing.B) {
	texts, size := turns(b)
	var f Finder
	var dst []Mention
	count := 0
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		count = 0
		for _, text := range texts {
			dst = f.Find(dst[:0], text)
			count += len(dst)
		}
	}
	if count < len(texts) {
		b.Fatalf("%d mentions in %d texts", count, len(texts))
	}
	b.ReportMetric(float64(count)/float64(len(texts)), "mentions/text")
}

// BenchmarkFindPlain is of a text that names nothing.
func BenchmarkFindPlain(b *testing.B) {
	text := strings.Repeat("so we went out for a walk after dinner and talked about nothing much, which was nice. ", 12_000)
	var f Finder
	var dst []Mention
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if dst = f.Find(dst[:0], text); len(dst) != 0 {
			b.Fatal(dst)
		}
	}
}

func BenchmarkFindGazetteer(b *testing.B) {
	g := gazetteerOf(b, "Project Bluebird", "acme rockets", "Zentralklinik", "deep thought", "C++")
	texts, size := turns(b)
	f := Finder{Gazetteer: g}
	var dst []Mention
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			dst = f.Find(dst[:0], text)
		}
	}
}

func gazetteerOf(t testing.TB, names ...string) *Gazetteer {
	var entries []Entry
	for _, n := range names {
		entries = append(entries, Entry{n, Custom})
	}
	data, err := BuildGazetteer(entries)
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenGazetteer(data)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
