package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/bench/peers/lexical"
	"github.com/nexus-memory/nexus/bench/peers/stores"
	"github.com/nexus-memory/nexus/bench/peers/vectors"
)

// kernelsKind is the kind that this package measures itself.
const kernelsKind = "kernels"

// contests are the kinds whose parties are processes of their own.
var contests = map[string]func(context.Context, *contest.Setup) error{
	"lexical": lexical.Run("../../build/bench-peers-tantivy/release/tantivy-party"),
	"stores":  stores.Run,
	"vectors": vectors.Run,
}

// children are the parties that are this program.
var children = map[string]func(context.Context, *contest.Child) error{
	"lexical-build":  lexical.Build,
	"lexical-write":  lexical.Write,
	"lexical-engine": lexical.Engine,
	"lexical-store":  lexical.Store,
	"lexical-bleve":  lexical.Bleve,
	"stores-write":   stores.Write,
	"stores-read":    stores.Read,
	"stores-tail":    stores.Tail,
	"vectors-write":  vectors.Write,
	"vectors-engine": vectors.Engine,
	"vectors-store":  vectors.Store,
}

func kinds() []string {
	return append([]string{kernelsKind}, slices.Sorted(maps.Keys(contests))...)
}

func runContest(ctx context.Context, o *options, args []string, stdout, stderr io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s := &contest.Setup{
		Kind: o.kind, Args: args, Sets: o.sets, Size: o.size, Only: o.only, Data: o.data,
		Record: o.record, Dir: o.dir, Limit: o.limit, Self: self, Stdout: stdout, Stderr: stderr,
	}
	for path, to := range map[string]*string{o.python: &s.Python, filepath.Dir(o.script): &s.Py} {
		if *to, err = filepath.Abs(path); err != nil {
			return err
		}
	}
	return contests[o.kind](ctx, s)
}

// runChild is one party of a contest; the folder of its data is its argument.
func runChild(ctx context.Context, name string, args []string, stdout io.Writer) error {
	party := children[name]
	if party == nil || len(args) != 1 {
		return fmt.Errorf("unknown child %q with %d arguments", name, len(args))
	}
	return party(ctx, &contest.Child{Out: stdout, Folder: args[0]})
}
