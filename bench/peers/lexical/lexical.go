// Package lexical compares text search by BM25: Nexus beside tantivy, bm25s, SQLite FTS5
// and bleve, over conversation turns and over documents made of their sentences.
//
// Everybody gets the same tokens: a text is cut and stemmed once, and every stem becomes a
// word such as w4711, which no tokenizer cuts and no stemmer shortens. Nexus takes part as
// the package engine/lexical, over the segment files of a store ("nexus"; its build is that
// of lexical.Builder alone), and through engine.DB, records of the hits included ("nexus
// store"; its build is a whole store with vectors).
//
// agreement is the share of the reference's ten best documents that a party finds, ties as
// hits; tantivy rounds lengths, and FTS5 and bleve weigh terms and lengths otherwise.
package lexical

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// sets there are, with how many documents are made; the first runs unless told otherwise.
var sets = []string{"turns", "made-1m"}

var made = map[string]int{"turns": 0, "made-1m": 1_000_000}

// width is how many documents are asked for.
const width = 10

// Questions of a set; of large ones fewer, as some parties take a second for one.
const (
	questionsEach  = 400
	questionsLarge = 100
	largeFrom      = 200_000 // documents
)

const (
	engineParty = "nexus"
	storeParty  = "nexus store"
)

// Run measures the chosen sets. tantivy is the compiled program of folder tantivy.
func Run(tantivy string) func(context.Context, *contest.Setup) error {
	return func(ctx context.Context, s *contest.Setup) error { return run(ctx, s, tantivy) }
}

func run(ctx context.Context, s *contest.Setup, tantivy string) error {
	chosen, err := s.Chosen(sets, sets[:1])
	if err != nil {
		return err
	}
	cpu, err := contest.LastCPU()
	if err != nil {
		return err
	}
	s.Heading(cpu)
	var lines []contest.Line
	var bars []contest.Bar
	for _, set := range chosen {
		err := s.InFolder(cpu, func(r *contest.Runner) error {
			of, err := runSet(ctx, s, r, set, tantivy)
			if err != nil {
				return err
			}
			lines, bars = append(lines, of...), append(bars, judge(set, of)...)
			return s.WriteLines(of)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", set, err)
		}
	}
	return s.Finish(lines, bars)
}

func runSet(ctx context.Context, s *contest.Setup, r *contest.Runner, set, tantivy string) ([]contest.Line, error) {
	r.Say("%s: documents, questions and their best documents", set)
	questions := questionsEach
	if n := made[set]; n >= largeFrom && (s.Size == 0 || s.Size >= largeFrom) {
		questions = questionsLarge
	}
	c, err := newCorpus(s.Data, made[set], s.Size, questions)
	if err != nil {
		return nil, err
	}
	if err := c.write(r.Folder); err != nil {
		return nil, err
	}
	script := filepath.Join(s.Py, "lexical.py")
	lines, err := r.Run(ctx, set, s.Parties([]contest.Party{
		{Name: engineParty, Own: true, Commands: [][]string{
			s.Child("lexical-build", r.Folder), s.Child("lexical-write", r.Folder), s.Child("lexical-engine", r.Folder), s.Child("lexical-store", r.Folder)}},
		{Name: "tantivy", Commands: [][]string{{tantivy, r.Folder}}},
		{Name: "bm25s", Commands: [][]string{{s.Python, script, "--peer", "bm25s", "--home", r.Folder}}},
		{Name: "fts5", Commands: [][]string{{s.Python, script, "--peer", "fts5", "--home", r.Folder}}},
		{Name: "bleve", Commands: [][]string{s.Child("lexical-bleve", r.Folder)}},
	}))
	if err != nil {
		return nil, err
	}
	reference := newReference(c)
	for i := range lines {
		if err := reference.check(&lines[i]); err != nil {
			lines[i].Failed = err.Error()
		}
	}
	return contest.Merge(lines), nil
}

// judge sets the figures of a set against the bars.
func judge(set string, lines []contest.Line) (bars []contest.Bar) {
	get := func(party, step, param, value string) float64 {
		return contest.Find(lines, set, party, step, param).Get(value)
	}
	for _, shape := range shapes {
		for _, own := range []string{engineParty, storeParty} {
			mine := func(value string) float64 { return get(own, "search", shape, value) }
			var of []contest.Bar
			for _, value := range []string{"mean", "p99"} {
				// A query costs tantivy less without its parser in most shapes, not in all.
				theirs := contest.Lowest(get("tantivy", "search", shape+", parsed", value), get("tantivy", "search", shape+", prebuilt", value))
				of = append(of, contest.AtMost(set, fmt.Sprintf("%s, %s, %s: <= 1x tantivy", own, shape, value), contest.Ratio(mine(value), theirs), 1))
			}
			of = append(of,
				contest.AtMost(set, fmt.Sprintf("%s, %s, mean: <= 0.05x FTS5", own, shape), contest.Ratio(mine("mean"), get("fts5", "search", shape, "mean")), .05),
				contest.AtMost(set, fmt.Sprintf("%s, %s, mean: <= 0.1x bleve", own, shape), contest.Ratio(mine("mean"), get("bleve", "search", shape, "mean")), .1))
			for i := range of {
				of[i].Aside = own == storeParty // it reads records, the peers name documents
			}
			bars = append(bars, of...)
			bars = append(bars, contest.AtLeast(set, fmt.Sprintf("%s, %s: top-10 identical to the reference", own, shape), mine("identical"), 1))
		}
	}
	return append(bars,
		contest.AtLeast(set, "build, documents/s: >= 1x tantivy", contest.Ratio(get(engineParty, "build", "", "rate"), get("tantivy", "build", "", "rate")), 1),
		contest.AtMost(set, "index bytes: <= 1.2x tantivy", contest.Ratio(get(engineParty, "build", "", "index"), get("tantivy", "build", "", "index")), 1.2))
}
