package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// asked is what a Go programmer asks, and keys of which one has to be among the
// eight hits, as themselves or as a prefix.
var asked = []struct {
	question string
	want     []string
}{
	{"how do I set a timeout on an HTTP client", []string{"net/http.Client"}},
	{"run code only once across goroutines", []string{"sync.Once", "sync.ExampleOnce"}},
	{"read a file line by line", []string{"bufio.Scanner", "bufio.NewScanner", "bufio.ExampleScanner"}},
	{"wait for a group of goroutines to finish", []string{"sync.WaitGroup", "sync.ExampleWaitGroup"}},
	{"decode JSON into a struct", []string{"encoding/json"}},
	{"sort a slice with my own comparison function", []string{"slices.Sort", "sort.Slice", "slices.ExampleSort", "sort.ExampleSlice"}},
	{"create a temporary directory", []string{"os.MkdirTemp", "os.ExampleMkdirTemp"}},
	{"cancel work when a deadline passes", []string{"context."}},
	{"compare two secrets in constant time", []string{"crypto/subtle"}},
	{"split a string on white space", []string{"strings.Fields", "strings.Split", "bytes.Fields"}},
}

// saneMin is how many of the ten have to find what is expected.
const saneMin = 7

// ask asks in this process, so that times are those of the library alone.
func (d *demo) ask(ctx context.Context) error {
	db, err := engine.OpenContext(ctx, d.path(storeFolder), engine.Options{ReadOnly: true, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer db.Close()
	sane := 0
	for _, a := range asked {
		answer, err := db.Query(ctx, engine.Query{Text: a.question})
		if err != nil {
			return err
		}
		good := slices.ContainsFunc(answer.Hits, func(h engine.Hit) bool { return expected(h.Key, a.want) })
		if good {
			sane++
		}
		printAnswer(a.question, answer, a.want)
	}
	fmt.Printf("%d of %d questions found what they should among the eight (marked *), at least %d have to.\n\n", sane, len(asked), saneMin)
	if sane < saneMin {
		return fmt.Errorf("%d of %d questions found what they should, want %d", sane, len(asked), saneMin)
	}
	return d.measure(ctx, db)
}

func expected(key string, want []string) bool {
	return slices.ContainsFunc(want, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

func printAnswer(question string, answer *engine.Answer, want []string) {
	fmt.Printf("%s?   %d us\n", question, answer.Took.Microseconds())
	fmt.Printf("   %-44s %6s", "", "score")
	for f := range model.FactorCount {
		fmt.Printf(" %10s", f)
	}
	fmt.Println()
	for i := range answer.Hits {
		h := &answer.Hits[i]
		mark := " "
		if expected(h.Key, want) {
			mark = "*"
		}
		fmt.Printf(" %s %-44.44s %6.3f", mark, h.Key, h.Score)
		for _, value := range h.Factors {
			fmt.Printf(" %10.2f", value)
		}
		fmt.Println()
	}
	fmt.Println()
}

// rounds is how often the ten questions are asked for the percentiles.
const rounds = 200

// measure asks again and again on one thread: the engines then run one after
// the other, nothing is cached, and a percentile is that of single questions.
func (d *demo) measure(ctx context.Context, db *engine.DB) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	took := make([]time.Duration, 0, rounds*len(asked))
	for range rounds {
		for _, a := range asked {
			answer, err := db.Query(ctx, engine.Query{Text: a.question})
			if err != nil {
				return err
			}
			took = append(took, answer.Took)
		}
	}
	slices.Sort(took)
	at := func(share float64) int64 { return took[int(share*float64(len(took)-1))].Microseconds() }
	fmt.Printf("From question to eight hits with their texts, %d questions on one thread (GOMAXPROCS=1),\n", len(took))
	fmt.Printf("%d memories, both engines and fusion, no cache: p50 %d us, p99 %d us.\n", len(d.records), at(.5), at(.99))
	return nil
}
