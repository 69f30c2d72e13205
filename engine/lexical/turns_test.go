package lexical

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// BenchmarkTurns asks real questions of real texts, in four shapes, and checks
// a part of the answers against a plain sum over all postings. It needs files with
// a text a line, named by NEXUS_LEXICAL_TEXTS and NEXUS_LEXICAL_QUESTIONS;
// NEXUS_LEXICAL_MADE asks for so many texts of 60 to 120 words recombined from
// their sentences instead. Run it with -benchtime 1x.
func BenchmarkTurns(b *testing.B) {
	texts, questions := lines(b, "NEXUS_LEXICAL_TEXTS"), lines(b, "NEXUS_LEXICAL_QUESTIONS")
	if made, _ := strconv.Atoi(os.Getenv("NEXUS_LEXICAL_MADE")); made > 0 {
		texts = recombine(texts, made)
	}
	reader, st := buildTurns(b, texts)
	random := rand.New(rand.NewPCG(7, 8))
	shapes := map[string][]*text.Tokens{}
	analyzer := text.NewAnalyzer(text.English)
	for _, q := range questions {
		var all text.Tokens
		analyzer.Terms(&all, q)
		words := distinct(&all)
		if len(words) == 0 {
			continue
		}
		shapes["content"] = append(shapes["content"], tokensOf(words))
		random.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		shapes["two"] = append(shapes["two"], tokensOf(words[:min(2, len(words))]))
		shapes["one"] = append(shapes["one"], tokensOf(words[:1]))
	}
	for _, shape := range []string{"content", "two", "one"} {
		b.Run(shape, func(b *testing.B) { benchShape(b, reader, st, shapes[shape]) })
	}
}

func benchShape(b *testing.B, reader *Reader, st Statistics, questions []*text.Tokens) {
	parts := []Part{{Reader: reader}}
	var s Searcher
	var hits []rows.Hit
	times := make([]time.Duration, len(questions))
	for range b.N {
		for round := range 3 {
			for i, q := range questions {
				start := time.Now()
				s.Prepare(q, parts, st)
				hits = s.Top(hits[:0], 10, nil)
				if took := time.Since(start); round == 0 || took < times[i] {
					times[i] = took
				}
				if round == 0 && i%50 == 0 && !slices.Equal(hits, sumAll(&s, 10)) {
					b.Fatalf("question %d: the best 10 are others", i)
				}
			}
		}
	}
	total := time.Duration(0)
	for _, d := range times {
		total += d
	}
	slices.Sort(times)
	b.ReportMetric(float64(total.Nanoseconds())/float64(len(times))/1e3, "mean-us")
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds())/1e3, "p50-us")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds())/1e3, "p99-us")
}

// sumAll is Top by adding up all postings of the only part.
func sumAll(s *Searcher, k int) []rows.Hit {
	sums := make([]float64, s.parts[0].Reader.RowCount())
	var p postings
	for term, l := range s.listsOf(0) {
		for block := range l.blocks() + 1 {
			for i := range l.read(block, &p) {
				sums[p.rows[i]] += float64(s.weight(term) * s.share(p.freqs[i], s.parts[0].Reader.parts.Lengths[p.rows[i]]))
			}
		}
	}
	var best rows.Best
	best.Reset(k)
	for row, sum := range sums {
		if sum > 0 {
			best.Offer(rows.Hit{Ref: rows.Ref{Row: uint32(row)}, Score: sum})
		}
	}
	hits := slices.Clone(best.Hits())
	slices.SortFunc(hits, rows.Hit.Compare)
	return hits
}

func buildTurns(b *testing.B, texts []string) (*Reader, Statistics) {
	start := time.Now()
	builder, analyzer := NewBuilder(), text.NewAnalyzer(text.English)
	var terms text.Tokens
	st := Statistics{Documents: uint64(len(texts))}
	for _, t := range texts {
		terms.Reset()
		analyzer.Terms(&terms, t)
		builder.Add(&terms)
		st.TotalLength += uint64(terms.Len())
	}
	parts, err := builder.Finish()
	if err == nil {
		parts, err = parts.Seal()
	}
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	reader, err := Open(parts)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "%d texts, %d terms: %.0f texts/s; MB: dictionary %.2f starts %.2f postings %.2f lengths %.2f\n",
		len(texts), reader.TermCount(), float64(len(texts))/took.Seconds(), float64(len(parts.Dictionary))/1e6,
		float64(len(parts.Starts))*4/1e6, float64(len(parts.Postings))/1e6, float64(len(parts.Lengths))*4/1e6)
	return reader, st
}

func distinct(t *text.Tokens) (words []string) {
	for i := range t.Len() {
		if w := string(t.At(i)); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

func lines(b *testing.B, variable string) (out []string) {
	f, err := os.Open(os.Getenv(variable))
	if err != nil {
		b.Skip(variable, " names no file")
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		out = append(out, in.Text())
	}
	if err := in.Err(); err != nil {
		b.Fatal(err)
	}
	return out
}

// recombine makes texts of 60 to 120 words from the sentences of others.
func recombine(texts []string, count int) []string {
	random := rand.New(rand.NewPCG(11, 12))
	var sentences [][]string
	for _, t := range texts {
		for s := range strings.FieldsFuncSeq(t, func(r rune) bool { return strings.ContainsRune(".!?", r) }) {
			if words := strings.Fields(s); len(words) >= 3 && len(words) <= 40 {
				sentences = append(sentences, words)
			}
		}
	}
	out := make([]string, count)
	for i := range out {
		want := 60 + random.IntN(61)
		var words []string
		for len(words) < want {
			words = append(words, sentences[random.IntN(len(sentences))]...)
		}
		out[i] = strings.Join(words[:want], " ")
	}
	return out
}
