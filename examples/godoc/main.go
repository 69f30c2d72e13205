// Command godoc prints the documentation of Go's standard library as JSON lines
// for Nexus: a record for every package, exported type, function, method, group
// of constants or variables, and example.
//
//	go run ./examples/godoc | nexus add --format jsonl -
//	nexus query "how do I set a timeout on an HTTP client"
//
// With --docs DIR the Markdown files below DIR follow, cut into pieces.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/nexus-memory/nexus/examples/internal/godoc"
)

func main() {
	root := flag.String("goroot", "", "Go installation to read (default: that of the go command)")
	docs := flag.String("docs", "", "folder whose Markdown files are added")
	flag.Parse()
	if err := run(os.Stdout, *root, *docs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, root, docs string) (err error) {
	if root == "" {
		if root, err = godoc.FindRoot(); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(w)
	if err := write(out, godoc.Records(root)); err != nil {
		return err
	}
	if docs != "" {
		if err := write(out, godoc.Pages(docs)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func write(w io.Writer, records iter.Seq2[godoc.Record, error]) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for r, err := range records {
		if err != nil {
			return err
		}
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
