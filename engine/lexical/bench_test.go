package lexical

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// syntheticRows returns rows of words whose frequencies follow Zipf's law.
func syntheticRows(rows, length, vocabulary int) [][]string {
	random := rand.New(rand.NewPCG(1, 2))
	out := make([][]string, rows)
	for i := range out {
		for range length {
			rank := int(math.Exp(random.Float64()*math.Log(float64(vocabulary)))) - 1
			out[i] = append(out[i], "t"+strconv.FormatUint(uint64(rank)*2654435761%1000003, 36))
		}
	}
	return out
}

// benchQuestions takes five terms of a random row each, as a question about
// that row would.
func benchQuestions(texts [][]string, count int) []*text.Tokens {
	random := rand.New(rand.NewPCG(3, 4))
	var out []*text.Tokens
	for range count {
		row := slices.Clone(texts[random.IntN(len(texts))])
		random.Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
		out = append(out, tokensOf(row[:5]))
	}
	return out
}

func BenchmarkTop(b *testing.B) {
	const rowCount, length = 100_000, 30
	texts := syntheticRows(rowCount, length, 50_000)
	parts := []Part{{Reader: mustBuild(b, texts)}}
	questions := benchQuestions(texts, 256)
	st := Statistics{rowCount, rowCount * length}
	var searcher Searcher
	var hits []rows.Hit
	total := 0
	for _, q := range questions {
		searcher.Prepare(q, parts, st)
		for _, l := range searcher.lists {
			total += l.count
		}
	}
	i := 0
	for b.Loop() {
		searcher.Prepare(questions[i%len(questions)], parts, st)
		hits = searcher.Top(hits[:0], 10, nil)
		i++
	}
	if len(hits) == 0 {
		b.Fatal("no hits")
	}
	b.ReportMetric(float64(total)/float64(len(questions)), "postings/op")
}

func BenchmarkPrepareOverManyParts(b *testing.B) {
	texts := syntheticRows(64, 30, 5000)
	var parts []Part
	for _, row := range texts {
		parts = append(parts, Part{Reader: mustBuild(b, [][]string{row})})
	}
	question := benchQuestions(texts, 1)[0]
	var searcher Searcher
	b.ReportAllocs()
	for b.Loop() {
		if searcher.Prepare(question, parts, Statistics{64, 64 * 30}) == 0 {
			b.Fatal("no terms")
		}
	}
}

func BenchmarkBuildOfOneRow(b *testing.B) {
	row := tokensOf(syntheticRows(1, 30, 50_000)[0])
	b.ReportAllocs()
	for b.Loop() {
		builder := NewBuilder()
		builder.Add(row)
		if p, err := builder.Finish(); err != nil || len(p.Postings) == 0 {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	var texts []*text.Tokens
	for _, row := range syntheticRows(10_000, 30, 50_000) {
		texts = append(texts, tokensOf(row))
	}
	for b.Loop() {
		builder := NewBuilder()
		for _, row := range texts {
			builder.Add(row)
		}
		if p, err := builder.Finish(); err != nil || len(p.Postings) == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
}

func BenchmarkMerge(b *testing.B) {
	texts := syntheticRows(10_000, 30, 50_000)
	var sources []Source
	for chunk := range slices.Chunk(texts, 1250) {
		sources = append(sources, Source{Reader: mustBuild(b, chunk)})
	}
	for b.Loop() {
		if p, err := Merge(sources); err != nil || len(p.Postings) == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
}
