// Generate writes judged conversations for fitting a ranker, the same bytes for the same
// flags on every machine:
//
//	go run ./train/generate --out DIR                  DIR/short and DIR/long
//	go run ./train/generate --out DIR --seed 2 --fresh a set with other templates, for calibration
//	go run ./train/generate --shape DIR,DIR            what a ranker sees of sets in this form
//
// Each folder holds corpus.jsonl and questions.jsonl as nexus eval reads them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nexus-memory/nexus/bench/train/chats"
)

// The sizes of the set that what ships is fitted on.
const (
	defaultShort  = 120
	defaultLong   = 60
	defaultLinked = 60
	defaultSeed   = 7
	defaultApart  = .12 // near which plain BM25 finds as much as in real chats of both kinds
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(args []string, out, complaints io.Writer) error {
	f := flag.NewFlagSet("generate", flag.ContinueOnError)
	f.SetOutput(complaints)
	dir := f.String("out", "", "folder to write short, long and linked into")
	seed := f.Uint64("seed", defaultSeed, "what the random choices start from")
	short := f.Int("short", defaultShort, "chats between two friends")
	long := f.Int("long", defaultLong, "chats with an assistant")
	linked := f.Int("linked", defaultLinked, "chats between two friends who speak of others")
	fresh := f.Bool("fresh", false, "use the templates that other sets leave out")
	apart := f.Float64("apart", defaultApart, "share of questions worded without the words of their evidence")
	shape := f.String("shape", "", "print the statistics of these folders, with commas between, and write nothing")
	if err := f.Parse(args); err != nil {
		return err
	}
	switch {
	case f.NArg() > 0:
		return fmt.Errorf("unknown argument %q", f.Arg(0))
	case *shape != "":
		return printShapes(*shape, out)
	case *dir == "":
		return errors.New("--out DIR is missing")
	case *short < 0 || *long < 0 || *linked < 0 || *apart < 0 || *apart > 1:
		return errors.New("--short, --long and --linked want 0 or more, --apart a share of 0 to 1")
	}
	o := chats.Options{Seed: *seed, Fresh: *fresh, Apart: *apart}
	return write(*dir, o, *short, *long, *linked, out)
}

func write(dir string, o chats.Options, short, long, linked int, out io.Writer) error {
	for _, regime := range []struct {
		name  string
		count int
		make  func(chats.Options) *chats.Set
	}{{"short", short, chats.Short}, {"long", long, chats.Long}, {"linked", linked, chats.Linked}} {
		o.Conversations = regime.count
		set := regime.make(o)
		if err := set.Write(filepath.Join(dir, regime.name)); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d conversations, %d turns, %d questions\n", regime.name, regime.count, len(set.Turns), len(set.Questions))
	}
	return nil
}
