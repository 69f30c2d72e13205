// Bulk_load loads a folder of text and Markdown, a memory a paragraph, and asks it.
//
//	go run ./examples/go/bulk_load DOCUMENTS STORE [QUESTION]
//
// Running it again adds nothing: a paragraph's key is its path and place. A changed
// paragraph is refused, as its key is taken; delete the document first.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/nexus-memory/nexus/engine"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: bulk_load DOCUMENTS STORE [QUESTION]")
	}
	question := ""
	if len(os.Args) > 3 {
		question = os.Args[3]
	}
	if err := load(context.Background(), os.Args[1], os.Args[2], question, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// batch is the number of memories committed together.
const batch = 1024

func load(ctx context.Context, documents, store, question string, out io.Writer) (err error) {
	memories, err := paragraphs(documents)
	if err != nil {
		return err
	}
	db, err := engine.Open(store, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for part := range slices.Chunk(memories, batch) {
		if _, err := db.Add(ctx, part...); err != nil {
			return err
		}
	}
	stats, err := db.Stats()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d paragraphs, %d memories in the store\n", len(memories), stats.Memories)
	if question == "" {
		return nil
	}
	answer, err := db.Query(ctx, engine.Query{Text: question, K: 3})
	if err != nil {
		return err
	}
	for _, hit := range answer.Hits {
		fmt.Fprintf(out, "%.2f %s:%d-%d %.70q\n", hit.Score, hit.Source, hit.Start, hit.End, hit.Text)
	}
	return nil
}

// A paragraph is a run of lines that are not blank.
var paragraph = regexp.MustCompile(`\S.*(?:\n.*\S.*)*`)

// paragraphs returns every paragraph of every document, with its bytes within it.
func paragraphs(folder string) (list []engine.Memory, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if extension := filepath.Ext(path); err != nil || d.IsDir() || extension != ".md" && extension != ".txt" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		for n, place := range paragraph.FindAllIndex(data, -1) {
			list = append(list, engine.Memory{
				Text: string(data[place[0]:place[1]]), Key: fmt.Sprintf("%s#%d", name, n), Kind: engine.KindSemantic,
				Source: name, Start: uint64(place[0]), End: uint64(place[1]),
			})
		}
		return err
	})
	return list, err
}
