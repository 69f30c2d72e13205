package entity

import (
	"encoding/json"
	"io"
	"os"
	"path"
	"strings"
	"testing"
	"time"
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

// turns are the labelled sentences as messages of about 200 bytes, 64 KiB of them.
func turns(t testing.TB) (all []string) {
	text := chatText(t)[:1<<16]
	for len(text) > 200 {
		end := 200 + strings.IndexByte(text[200:], '\n') + 1
		all = append(all, text[:end])
		text = text[end:]
	}
	return all
}

// benchmark finds the mentions of all texts again and again. Beside the mean it reports the
// rate of the quickest round, a millisecond that no other process took part of.
func benchmark(b *testing.B, f *Finder, texts []string, mentionsMin int) {
	size, count := 0, 0
	for _, text := range texts {
		size += len(text)
	}
	var dst []Mention
	best := time.Hour
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		count = 0
		start := time.Now()
		for _, text := range texts {
			dst = f.Find(dst[:0], text)
			count += len(dst)
		}
		best = min(best, time.Since(start))
	}
	if count < mentionsMin {
		b.Fatalf("%d mentions", count)
	}
	b.ReportMetric(float64(size)/1e6/best.Seconds(), "best-MB/s")
	b.ReportMetric(float64(size)/float64(max(count, 1)), "bytes/mention")
}

func BenchmarkFind(b *testing.B) { benchmark(b, &Finder{}, turns(b), 1500) }

// BenchmarkFindPlain is of a text that names nothing.
func BenchmarkFindPlain(b *testing.B) {
	plain := strings.Repeat("so we went out for a walk after dinner and talked about nothing much, which was nice. ", 750)
	benchmark(b, &Finder{}, []string{plain}, 0)
}

func BenchmarkFindGazetteer(b *testing.B) {
	g := gazetteerOf(b, "Project Bluebird", "acme rockets", "Zentralklinik", "deep thought", "C++")
	benchmark(b, &Finder{Gazetteer: g}, turns(b), 1500)
}

// BenchmarkFindCorpus is of the files that NEXUS_ENTITY_CORPUS names, JSON lines with a text,
// in rounds of about 40 KB.
func BenchmarkFindCorpus(b *testing.B) {
	names := os.Getenv("NEXUS_ENTITY_CORPUS")
	if names == "" {
		b.Skip("NEXUS_ENTITY_CORPUS names no file")
	}
	for name := range strings.SplitSeq(names, ",") {
		b.Run(path.Base(path.Dir(name)), func(b *testing.B) {
			texts := corpusTexts(b, name)
			f, size, mentions := Finder{}, 0, 0
			var took time.Duration
			for b.Loop() {
				size, mentions, took = bestRounds(&f, texts)
			}
			b.ReportMetric(float64(size)/1e6/took.Seconds(), "best-MB/s")
			b.ReportMetric(float64(size)/float64(mentions), "bytes/mention")
		})
	}
}

// bestRounds returns the bytes and mentions of texts, and the sum of the quickest of 60 walks
// over each 40 KB of them.
func bestRounds(f *Finder, texts []string) (size, mentions int, took time.Duration) {
	var dst []Mention
	for len(texts) > 0 {
		n, bytes := 0, 0
		for n < len(texts) && bytes < 40_000 {
			bytes += len(texts[n])
			n++
		}
		best, count := time.Hour, 0
		for range 60 {
			start := time.Now()
			count = 0
			for _, text := range texts[:n] {
				dst = f.Find(dst[:0], text)
				count += len(dst)
			}
			best = min(best, time.Since(start))
		}
		size, mentions, took, texts = size+bytes, mentions+count, took+best, texts[n:]
	}
	return size, mentions, took
}

func corpusTexts(b *testing.B, name string) (texts []string) {
	file, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for lines := json.NewDecoder(file); ; {
		var line struct{ Text string }
		if err := lines.Decode(&line); err == io.EOF {
			return texts
		} else if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, line.Text)
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
