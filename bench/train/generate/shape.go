package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/nexus-memory/nexus/bench/train/chats"
)

// printShapes prints a column of statistics for every folder.
func printShapes(dirs string, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	var tables [][]chats.Figure
	fmt.Fprint(w, "\t")
	for dir := range strings.SplitSeq(dirs, ",") {
		figures, err := chats.Shape(dir)
		if err != nil {
			return err
		}
		tables = append(tables, figures)
		fmt.Fprintf(w, "%s\t", filepath.Base(dir))
	}
	fmt.Fprintln(w)
	for i, f := range tables[0] {
		fmt.Fprintf(w, "%s\t", f.Name)
		for _, table := range tables {
			fmt.Fprintf(w, "%.2f\t", table[i].Value)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
