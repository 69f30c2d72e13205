package lexical

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// addBatch is how many memories an add brings.
const addBatch = 2048

func storeDir(home string) string { return filepath.Join(home, "nexus-store") }

// split sets tokens to the words of a text.
func split(tokens *text.Tokens, of string) {
	tokens.Reset()
	for w := range strings.FieldsSeq(of) {
		tokens.AppendString(w)
	}
}

// Build is the child that makes one text index of all documents and writes it to a file.
func Build(_ context.Context, c *contest.Child) error {
	documents, err := readTexts(filepath.Join(c.Folder, "docs.txt"))
	if err != nil {
		return err
	}
	from := contest.ProcessTime()
	builder, tokens := lexical.NewBuilder(), text.Tokens{}
	for _, d := range documents {
		split(&tokens, d)
		builder.Add(&tokens)
	}
	parts, err := builder.Finish()
	if err == nil {
		parts, err = parts.Seal() // as files have it
	}
	if err != nil {
		return err
	}
	path := filepath.Join(c.Folder, "nexus.index")
	if err := writeParts(path, parts); err != nil {
		return err
	}
	return tellBuild(c, contest.Line{Party: engineParty}, len(documents), contest.ProcessTime()-from, path)
}

// tellBuild tells what building took and the bytes that it left.
func tellBuild(c *contest.Child, l contest.Line, documents int, took time.Duration, path string) error {
	size, err := contest.Size(path)
	if err != nil {
		return err
	}
	l.Step = "build"
	l.Put("rate", float64(documents)/took.Seconds(), "documents/s")
	l.Put("index", size, "bytes")
	return c.Tell(l)
}

// writeParts writes the columns of an index, whatever they are, as a segment would.
func writeParts(path string, parts lexical.Parts) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	if err := writeColumns(out, reflect.ValueOf(parts)); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

func writeColumns(out io.Writer, of reflect.Value) error {
	for i := range of.NumField() {
		if err := binary.Write(out, binary.LittleEndian, of.Field(i).Interface()); err != nil {
			return fmt.Errorf("column %s: %w", of.Type().Field(i).Name, err)
		}
	}
	return nil
}

// Write is the child that makes the store: every document is a memory.
func Write(ctx context.Context, c *contest.Child) (err error) {
	documents, err := readTexts(filepath.Join(c.Folder, "docs.txt"))
	if err != nil {
		return err
	}
	from := contest.ProcessTime()
	db, err := engine.Open(storeDir(c.Folder), engine.Options{CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if stats, err := db.Stats(); err != nil || stats.Memories > 0 {
		return err // the second run of a set asks the store of the first
	}
	batch := make([]engine.Memory, 0, addBatch)
	for i, d := range documents {
		batch = append(batch, engine.Memory{Text: d})
		if len(batch) == addBatch || i == len(documents)-1 {
			if _, err := db.Add(ctx, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := db.Compact(ctx); err != nil {
		return err
	}
	return tellBuild(c, contest.Line{Party: storeParty, Note: "a whole store with vectors, records and truth, compacted"}, len(documents), contest.ProcessTime()-from, storeDir(c.Folder))
}

// eachShape asks all questions of all shapes.
func eachShape(c *contest.Child, l contest.Line, ask func(question string) ([]int64, []float64, error)) error {
	l.Step, l.Width = "search", width
	for _, shape := range shapes {
		questions, err := readTexts(filepath.Join(c.Folder, shape+".txt"))
		if err != nil {
			return err
		}
		l.Param = shape
		if err := c.Search(l, len(questions), contest.Usual, func(q int) ([]int64, []float64, error) {
			return ask(questions[q])
		}); err != nil {
			return err
		}
	}
	return nil
}

// Engine is the child that asks engine/lexical, over the store's segment files.
func Engine(_ context.Context, c *contest.Child) error {
	segments, err := contest.OpenSegments(storeDir(c.Folder))
	if err != nil {
		return err
	}
	var parts []lexical.Part
	var of lexical.Statistics
	for _, one := range segments {
		parts = append(parts, lexical.Part{Reader: one.Words()})
		of.Documents += uint64(one.RowCount())
		of.TotalLength += one.Words().TotalLength()
	}
	var tokens text.Tokens
	var searcher lexical.Searcher
	var hits []rows.Hit
	found, scores := make([]int64, 0, width), make([]float64, 0, width)
	never := func() bool { return false }
	return eachShape(c, contest.Line{Party: engineParty}, func(question string) ([]int64, []float64, error) {
		split(&tokens, question)
		searcher.Prepare(&tokens, parts, of)
		hits, found, scores = searcher.Top(hits[:0], width, never), found[:0], scores[:0]
		for _, h := range hits {
			found = append(found, int64(segments[h.Part].ID(int(h.Row)))-1)
			scores = append(scores, h.Score)
		}
		return found, scores, nil
	})
}

// Store is the child that asks through engine.DB.
func Store(ctx context.Context, c *contest.Child) (err error) {
	db, err := engine.Open(storeDir(c.Folder), engine.Options{CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, scores := make([]int64, 0, width), make([]float64, 0, width)
	return eachShape(c, contest.Line{Party: storeParty}, func(question string) ([]int64, []float64, error) {
		answer, err := db.Query(ctx, engine.Query{Text: question, K: width, Engines: []string{"lexical"}, SingleEngine: true})
		if err != nil {
			return nil, nil, err
		}
		found, scores = found[:0], scores[:0]
		for i := range answer.Hits {
			found = append(found, int64(answer.Hits[i].ID)-1)
			scores = append(scores, float64(answer.Hits[i].Score))
		}
		return found, scores, nil
	})
}
