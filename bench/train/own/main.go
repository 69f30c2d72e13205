// Command own shows what a ranker of a store's own is worth: it puts a judged set into one
// store, trains on questions of one half of its conversations as an application would, and
// asks those of the other half before and after.
//
//	go run ./train/own --set NAME=DIR[,VECTORS] [--questions 30,100,300]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/eval"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "own:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var from sets.Sources
	flag.Var(&from, "set", "NAME=DIR[,VECTORS]: a set; repeated")
	counts := flag.String("questions", "30,100,300,1000", "how many judged questions to train on, by commas")
	seed := flag.Uint64("seed", 1, "seed of the training")
	flag.Parse()
	if err := from.Unpooled(); err != nil {
		return err
	}
	for _, s := range from {
		for count := range strings.SplitSeq(*counts, ",") {
			n, err := strconv.Atoi(count)
			if err != nil {
				return err
			}
			for half := range 2 {
				if err := measure(ctx, s, half, n, *seed); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// measure trains on at most count questions of one half.
func measure(ctx context.Context, s sets.Source, half, count int, seed uint64) (err error) {
	dir, err := os.MkdirTemp("", "nexus-own-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	u, err := load(ctx, s, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.db.Close()) }()
	var judged []engine.Judged
	var fresh []*eval.Question
	for i := range u.set.Questions {
		q := &u.set.Questions[i]
		switch {
		case len(q.Evidence) == 0:
		case u.halves[q.Conversation] != half:
			fresh = append(fresh, q)
		default:
			judged = append(judged, u.judged(q))
		}
	}
	slices.SortStableFunc(judged, func(a, b engine.Judged) int { return int(int64(hash(a.Text)) - int64(hash(b.Text))) })
	judged = judged[:min(count, len(judged))]
	before, err := u.ask(ctx, fresh)
	if err != nil {
		return err
	}
	report, err := u.db.Train(ctx, judged, engine.TrainOptions{Seed: seed, Force: true})
	if err != nil {
		return err
	}
	after, err := u.ask(ctx, fresh)
	if err != nil {
		return err
	}
	fmt.Printf("%s, half %d, %d questions: held out %v to %v, gain %+.1f [%+.1f, %+.1f], better %v, kept with %s; %d trees, %d bytes, %v\n", s.Name, half, len(judged),
		line(report.Before), line(report.After), 100*report.Overall.Mean, 100*report.Overall.Low, 100*report.Overall.High, report.Better, report.KeptWith, report.Trees, report.Bytes, report.Took.Round(time.Millisecond))
	fmt.Printf("  the other half, %d questions: before %v\n  %35s after %v\n", len(fresh), before, "", after)
	return nil
}

// figures are means over questions.
type figures struct {
	n, any8, frac8, mrr, said, off float64
}

func (f figures) String() string {
	return fmt.Sprintf("any@8 %.1f frac@8 %.1f MRR %.1f, confidence %.3f, off by %.3f", 100*f.any8/f.n, 100*f.frac8/f.n, 100*f.mrr/f.n, f.said/f.n, f.off)
}

func line(f engine.TrainFigures) string {
	return fmt.Sprintf("%.1f/%.1f/%.1f (off %.3f)", 100*f.Any8, 100*f.Frac8, 100*f.MRR, f.CalibrationError)
}

// user is a store with a set in it.
type user struct {
	db        *engine.DB
	set       *eval.Set
	questions *eval.Rows
	halves    map[string]int // of conversations
}

func load(ctx context.Context, s sets.Source, dir string) (*user, error) {
	set, err := eval.Load(s.Dir)
	if err != nil {
		return nil, err
	}
	u := &user{set: set, halves: map[string]int{}}
	var corpus *eval.Rows
	o := engine.Options{CacheBytes: -1}
	if s.Vectors != "" {
		o.Dim = 384
		if corpus, err = eval.ReadHalves(s.Vectors+"-corpus.f16", o.Dim, set.CorpusRows); err != nil {
			return nil, err
		}
		if u.questions, err = eval.ReadHalves(s.Vectors+"-questions.f16", o.Dim, set.QuestionRows); err != nil {
			return nil, err
		}
	}
	if u.db, err = engine.Open(dir, o); err != nil {
		return nil, err
	}
	var all []engine.Memory
	for i := range set.Turns {
		t := &set.Turns[i]
		if _, known := u.halves[t.Conversation]; !known {
			u.halves[t.Conversation] = len(u.halves) % 2
		}
		m := engine.Memory{Key: t.ID, Speaker: t.Speaker, EventTime: t.When, Text: t.Text}
		m.User, m.Session = t.Conversation, t.Session
		if corpus != nil {
			m.Vector = corpus.Row(t.Row)
		}
		all = append(all, m)
	}
	for part := range slices.Chunk(all, 1024) {
		if _, err := u.db.Add(ctx, part...); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (u *user) judged(q *eval.Question) engine.Judged {
	j := engine.Judged{Text: q.Text}
	j.User = q.Conversation
	if u.questions != nil {
		j.Vector = u.questions.Row(q.Row)
	}
	for _, key := range q.Evidence {
		j.Relevant = append(j.Relevant, engine.Relevant{Key: key})
	}
	return j
}

// bins of the calibration error.
const bins = 10

// ask asks questions as an application does.
func (u *user) ask(ctx context.Context, questions []*eval.Question) (f figures, err error) {
	var said, found [bins]float64
	for _, q := range questions {
		j := u.judged(q)
		answer, err := u.db.Query(ctx, j.Query())
		if err != nil {
			return f, err
		}
		hits, rank := 0, 0
		for i := range answer.Hits {
			if slices.Contains(q.Evidence, answer.Hits[i].Key) {
				if hits++; hits == 1 {
					rank = i + 1
				}
			}
		}
		bin := min(bins-1, int(answer.Confidence*bins))
		said[bin] += float64(answer.Confidence)
		f.n, f.said = f.n+1, f.said+float64(answer.Confidence)
		if hits > 0 {
			f.any8, f.mrr = f.any8+1, f.mrr+1/float64(rank)
			f.frac8 += float64(hits) / float64(len(q.Evidence))
			found[bin]++
		}
	}
	for b := range said {
		f.off += math.Abs(said[b]-found[b]) / f.n
	}
	return f, nil
}

// hash orders questions as if by chance.
func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}
