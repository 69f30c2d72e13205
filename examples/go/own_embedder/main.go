// Own_embedder shows an embedder of your own. Here it counts letters; yours calls a model.
//
//	go run ./examples/go/own_embedder [FOLDER]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strings"

	"github.com/nexus-memory/nexus/engine"
)

// letters gives a text how often each letter is in it, as a vector of length 1.
type letters struct{}

// Name says which model and version it is; it is stored with the data.
func (letters) Name() string { return "letters-v1" }

// Dim returns the length of a vector.
func (letters) Dim() int { return 26 }

// Embed fills rows with one vector after another.
func (l letters) Embed(_ context.Context, texts []string, rows []float32) error {
	for i, text := range texts {
		row := rows[i*l.Dim() : (i+1)*l.Dim()]
		sum := 0.0
		for c := range row {
			row[c] = float32(strings.Count(strings.ToLower(text), string(rune('a'+c)))) + 1e-3
			sum += float64(row[c]) * float64(row[c])
		}
		for c := range row {
			row[c] /= float32(math.Sqrt(sum))
		}
	}
	return nil
}

func main() {
	folder := "./embedder-data"
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(context.Background(), folder, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, folder string, out io.Writer) (err error) {
	db, err := engine.Open(folder, engine.Options{Embedder: letters{}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Add(ctx, engine.Memory{Text: "Ann moved to Oslo in May."}, engine.Memory{Text: "Bob likes walnuts."}, engine.Memory{Text: "The tide is out."}); err != nil {
		return err
	}
	answer, err := db.Query(ctx, engine.Query{Text: "nuts and walls", Engines: []string{"vector"}, SingleEngine: true})
	if err != nil {
		return err
	}
	for _, hit := range answer.Hits {
		fmt.Fprintf(out, "%.2f %s\n", hit.Score, hit.Text)
	}
	stats, err := db.Stats()
	fmt.Fprintln(out, stats.Vectors)
	return err
}
