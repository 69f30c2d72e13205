package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/text"
)

// BenchmarkMatches asks conditions of real texts, the words of which are taken from
// texts drawn at random, beside plain questions of the same words, by the lexical
// engine alone. NEXUS_MATCH_CORPUS names files of JSON lines, with commas between. Run it
// with -benchtime 1x.
func BenchmarkMatches(b *testing.B) {
	files := os.Getenv("NEXUS_MATCH_CORPUS")
	if files == "" {
		b.Skip("NEXUS_MATCH_CORPUS is not set")
	}
	db, err := engine.Open(b.TempDir(), engine.Options{CacheBytes: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, name := range strings.Split(files, ",") {
		file, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := db.Import(ctx, file, engine.ImportOptions{}); err != nil {
			b.Fatal(err)
		}
		file.Close()
	}
	if err := db.Compact(ctx); err != nil {
		b.Fatal(err)
	}
	samples := sampleWords(b, db, 200)
	for _, shape := range []struct {
		name string
		ask  func(w []string) engine.Query
	}{
		{"question of two words", func(w []string) engine.Query { return engine.Query{Text: w[0] + " " + w[1]} }},
		{"two required", func(w []string) engine.Query { return engine.Query{Match: parsedMatch(b, "+"+w[0]+" +"+w[1])} }},
		{"one excluded", func(w []string) engine.Query { return engine.Query{Text: w[0], Match: parsedMatch(b, "-"+w[1])} }},
		{"phrase of two", func(w []string) engine.Query {
			return engine.Query{Match: engine.MatchPhrase(strings.Join(w[:2], " "))}
		}},
		{"phrase of three", func(w []string) engine.Query {
			return engine.Query{Match: engine.MatchPhrase(strings.Join(w, " "))}
		}},
		{"phrase everywhere", func([]string) engine.Query { return engine.Query{Match: engine.MatchPhrase("i think you")} }},
		{"prefix of four", func(w []string) engine.Query { return engine.Query{Match: engine.MatchPrefix(w[0][:4])} }},
		{"prefix of one", func(w []string) engine.Query { return engine.Query{Match: engine.MatchPrefix(w[0][:1])} }},
		{"fuzzy by one", func(w []string) engine.Query { return engine.Query{Match: engine.MatchFuzzy(w[0], 1)} }},
		{"fuzzy by its length", func(w []string) engine.Query { return engine.Query{Match: engine.MatchFuzzy(w[0]+"s", 0)} }},
		{"word of the text alone", func(w []string) engine.Query { return engine.Query{Match: engine.MatchWord(w[0]).In("text")} }},
		{"word of the speaker", func(w []string) engine.Query { return engine.Query{Match: engine.MatchWord(w[0]).In("speaker")} }},
		{"question with a boost", func(w []string) engine.Query {
			return engine.Query{Text: w[0] + " " + w[1], Boosts: &engine.Boosts{Text: 1, Speaker: 2}}
		}},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for b.Loop() {
				reportTimes(b, db, samples, shape.ask)
			}
		})
	}
}

// sampleWords returns three neighbouring words each of some texts.
func sampleWords(b *testing.B, db *engine.DB, n int) (samples [][]string) {
	var all []string
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, m.Text)
	}
	rng, analyzer := rand.New(rand.NewPCG(5, 5)), matchMeaning{text.NewAnalyzer(text.English)}
	for len(samples) < n {
		words := strings.Fields(all[rng.IntN(len(all))])
		if len(words) < 3 {
			continue
		}
		at := rng.IntN(len(words) - 2)
		w := words[at : at+3]
		if !slices.ContainsFunc(w[:2], func(s string) bool {
			return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" || len(s) < 5 || len(analyzer.terms(s)) == 0
		}) {
			samples = append(samples, w)
		}
	}
	return samples
}

func reportTimes(b *testing.B, db *engine.DB, samples [][]string, of func([]string) engine.Query) {
	var times []time.Duration
	hits := 0
	for _, words := range samples {
		q := of(words)
		q.K, q.SingleEngine, q.Engines = 10, true, []string{"lexical"}
		least := time.Hour
		for range 3 {
			started := time.Now()
			answer, err := db.Query(ctx, q)
			if err != nil {
				b.Fatal(fmt.Errorf("%v: %w", q.Match, err))
			}
			least = min(least, time.Since(started))
			hits = hits + len(answer.Hits)
		}
		times = append(times, least)
	}
	slices.Sort(times)
	total := time.Duration(0)
	for _, d := range times {
		total += d
	}
	b.ReportMetric(float64(total.Microseconds())/float64(len(times)), "mean-us")
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(times[len(times)-1].Microseconds()), "max-us")
	b.ReportMetric(float64(hits)/3/float64(len(samples)), "hits")
}
