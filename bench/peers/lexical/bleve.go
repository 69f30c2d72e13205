package lexical

import (
	"context"
	"errors"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// Bleve is the child that is bleve: an index made by its offline builder, in one piece, of
// one field without stored texts, positions and values by document.
func Bleve(ctx context.Context, c *contest.Child) (err error) {
	documents, err := readTexts(filepath.Join(c.Folder, "docs.txt"))
	if err != nil {
		return err
	}
	path := filepath.Join(c.Folder, "bleve")
	from := contest.ProcessTime()
	if err := buildBleve(path, documents); err != nil {
		return err
	}
	took := contest.ProcessTime() - from
	if err := tellBuild(c, contest.Line{Party: "bleve", Version: bleveVersion()}, len(documents), took, path); err != nil {
		return err
	}
	opened, err := bleve.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return eachShape(c, contest.Line{Party: "bleve", Version: bleveVersion()}, func(question string) ([]int64, []float64, error) {
		var terms []query.Query
		for w := range strings.FieldsSeq(question) {
			term := bleve.NewTermQuery(w)
			term.SetField("body")
			terms = append(terms, term)
		}
		request := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(terms...), width, 0, false)
		result, err := opened.SearchInContext(ctx, request)
		if err != nil {
			return nil, nil, err
		}
		found := make([]int64, len(result.Hits))
		for i, h := range result.Hits {
			if found[i], err = strconv.ParseInt(h.ID, 10, 64); err != nil {
				return nil, nil, err
			}
		}
		return found, nil, nil
	})
}

func buildBleve(path string, documents []string) error {
	mapping := bleve.NewIndexMapping()
	mapping.ScoringModel = index.BM25Scoring
	if err := mapping.AddCustomAnalyzer("words", map[string]any{"type": "custom", "tokenizer": whitespace.Name}); err != nil {
		return err
	}
	field := bleve.NewTextFieldMapping()
	field.Analyzer, field.Store, field.IncludeTermVectors, field.IncludeInAll, field.DocValues = "words", false, false, false, false
	document := bleve.NewDocumentStaticMapping()
	document.AddFieldMappingsAt("body", field)
	mapping.DefaultMapping = document
	builder, err := bleve.NewBuilder(path, mapping, map[string]any{"buildPathPrefix": filepath.Dir(path)})
	if err != nil {
		return err
	}
	for i, d := range documents {
		if err := builder.Index(strconv.Itoa(i), map[string]any{"body": d}); err != nil {
			return errors.Join(err, builder.Close())
		}
	}
	return builder.Close()
}

func bleveVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/blevesearch/bleve/v2" {
				return strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return ""
}
