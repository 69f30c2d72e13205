// Command taste measures what learning users' preferences is worth on judged questions over
// real turns: simulated users with hidden tastes in speakers judge 200 hits, and NDCG@8 by
// their tastes is measured on questions that were not judged.
//
//	go run ./taste --data ../../shared/data/friendsqa [--vectors ../../shared/data/vectors/friendsqa]
//
// A turn is worth 1 to a question that it is evidence of and .5 within three turns of one, in the
// same session; times 1.5 if the user likes its speaker, times .3 if not. Each user likes one of
// the six who speak most and dislikes two.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/eval"
)

const (
	users      = 12
	judgements = 200
	measured   = 400 // questions that NDCG is measured on
	dimension  = 384 // of the vectors that are given
)

func main() {
	data := flag.String("data", "../../shared/data/friendsqa", "folder of the judged set")
	words := flag.Bool("words", false, "ask for single words, in place of the set's questions: each turn that has the word is worth 1")
	vectors := flag.String("vectors", "", "prefix of its vectors; none: words alone")
	flag.Parse()
	if err := run(context.Background(), *data, *vectors, *words); err != nil {
		fmt.Fprintln(os.Stderr, "taste:", err)
		os.Exit(1)
	}
}

// world is the set in a store, and what the simulation knows of it.
type world struct {
	db        *engine.DB
	set       *eval.Set
	questions *eval.Rows               // nil: none
	speaker   map[string]string        // by turn
	worth     []map[string]float64     // by question, then turn
	speakers  []string                 // those who speak most
	measured  int                      // questions that NDCG is measured on
	asked     func(i int) engine.Query // a question within its conversation
}

func run(ctx context.Context, data, vectors string, words bool) (err error) {
	dir, err := os.MkdirTemp("", "nexus-taste")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w, err := load(ctx, dir, data, vectors)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	w.appraise()
	w.measured = measured
	if words {
		w.askWords()
	}
	for _, judge := range []struct {
		name string
		said func(r *rand.Rand, gain float64) float64
	}{
		{"as the user feels", func(_ *rand.Rand, gain float64) float64 { return 2*gain/1.5 - 1 }},
		{"a fifth at random", func(r *rand.Rand, gain float64) float64 {
			if r.IntN(5) == 0 {
				return 2*r.Float64() - 1
			}
			return 2*gain/1.5 - 1
		}},
		{"at random", func(r *rand.Rand, _ float64) float64 { return 2*r.Float64() - 1 }},
		{"at random, all or nothing", func(r *rand.Rand, _ float64) float64 { return float64(2*r.IntN(2) - 1) }},
	} {
		before, after, trust := 0.0, 0.0, 0.0
		for u := range users {
			b, a, t, err := w.user(ctx, u, judge.said)
			if err != nil {
				return err
			}
			before, after, trust = before+b/users, after+a/users, trust+t/users
		}
		fmt.Printf("judged %-26s NDCG@8 %.4f to %.4f, %+.1f %%, trust %.2f\n", judge.name, before, after, 100*(after/before-1), trust)
	}
	return nil
}

// user measures one user without and with what was learnt.
func (w *world) user(ctx context.Context, u int, said func(*rand.Rand, float64) float64) (before, after, trust float64, err error) {
	r := rand.New(rand.NewPCG(uint64(u), 1))
	name := fmt.Sprint("user ", u)
	speakers := slices.Clone(w.speakers)
	r.Shuffle(len(speakers), func(i, j int) { speakers[i], speakers[j] = speakers[j], speakers[i] })
	taste := func(turn string) float64 {
		switch w.speaker[turn] {
		case speakers[0]:
			return 1.5
		case speakers[1], speakers[2]:
			return .3
		}
		return 1
	}
	order := r.Perm(len(w.worth))
	p := engine.Preference{User: name}
	for n := 0; len(p.Judgements) < judgements && n < 20*judgements; n++ {
		i := order[w.measured+n%(len(order)-w.measured)]
		q := w.asked(i)
		q.K = 24
		a, err := w.db.Query(ctx, q)
		if err != nil {
			return 0, 0, 0, err
		}
		hits := slices.DeleteFunc(slices.Clone(a.Hits), func(h engine.Hit) bool { return w.worth[i][h.Key] == 0 })
		if len(hits) == 0 {
			continue
		}
		h := hits[r.IntN(len(hits))]
		p.Judgements = append(p.Judgements, engine.Judgement{ID: h.ID, Value: said(r, w.worth[i][h.Key]*taste(h.Key)), Question: q.Text})
	}
	if before, err = w.ndcg(ctx, name, order[:w.measured], taste); err != nil {
		return 0, 0, 0, err
	}
	if _, err = w.db.SetPreference(ctx, p); err != nil {
		return 0, 0, 0, err
	}
	if after, err = w.ndcg(ctx, name, order[:w.measured], taste); err != nil {
		return 0, 0, 0, err
	}
	known, err := w.db.Preference(ctx, "", name)
	if err != nil {
		return 0, 0, 0, err
	}
	_, err = w.db.Forget(ctx, "", name)
	return before, after, known.Trust, err
}

func (w *world) ndcg(ctx context.Context, asker string, questions []int, taste func(string) float64) (mean float64, err error) {
	for _, i := range questions {
		var ideal []float64
		for turn, worth := range w.worth[i] {
			ideal = append(ideal, worth*taste(turn))
		}
		slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
		q := w.asked(i)
		q.Asker = asker
		a, err := w.db.Query(ctx, q)
		if err != nil {
			return 0, err
		}
		got, best := 0.0, 0.0
		for at := range 8 {
			discount := 1 / math.Log2(float64(at+2))
			if at < len(a.Hits) {
				got += discount * w.worth[i][a.Hits[at].Key] * taste(a.Hits[at].Key)
			}
			if at < len(ideal) {
				best += discount * ideal[at]
			}
		}
		mean += got / best / float64(len(questions))
	}
	return mean, nil
}

func load(ctx context.Context, dir, data, vectors string) (w *world, err error) {
	w = &world{speaker: map[string]string{}}
	if w.set, err = eval.Load(data); err != nil {
		return nil, err
	}
	w.set.Questions = slices.DeleteFunc(w.set.Questions, func(q eval.Question) bool { return len(q.Evidence) == 0 })
	if len(w.set.Questions) < measured+judgements {
		return nil, fmt.Errorf("%d questions are too few", len(w.set.Questions))
	}
	var corpus *eval.Rows
	if vectors != "" {
		if corpus, err = eval.ReadHalves(vectors+"-corpus.f16", dimension, w.set.CorpusRows); err == nil {
			w.questions, err = eval.ReadHalves(vectors+"-questions.f16", dimension, w.set.QuestionRows)
		}
		if err != nil {
			return nil, err
		}
	}
	if w.db, err = engine.Open(dir, engine.Options{CacheBytes: -1}); err != nil {
		return nil, err
	}
	if err = w.add(ctx, corpus); err != nil {
		return nil, errors.Join(err, w.db.Close())
	}
	w.asked = func(i int) engine.Query {
		q := &w.set.Questions[i]
		out := engine.Query{Text: q.Text, Scope: engine.Scope{Agent: q.Conversation}}
		if w.questions != nil {
			out.Vector = w.questions.Row(q.Row)
		}
		return out
	}
	return w, nil
}

func (w *world) add(ctx context.Context, corpus *eval.Rows) error {
	said := map[string]int{}
	for part := range slices.Chunk(w.set.Turns, 1000) {
		var memories []engine.Memory
		for _, t := range part {
			w.speaker[t.ID] = t.Speaker
			said[t.Speaker]++
			m := engine.Memory{Key: t.ID, Text: t.Text, Speaker: t.Speaker, EventTime: t.When, Scope: engine.Scope{Agent: t.Conversation, Session: t.Session}}
			if corpus != nil {
				m.Vector = corpus.Row(t.Row)
			}
			memories = append(memories, m)
		}
		if _, err := w.db.Add(ctx, memories...); err != nil {
			return err
		}
	}
	for name := range said {
		w.speakers = append(w.speakers, name)
	}
	slices.SortFunc(w.speakers, func(a, b string) int { return cmp.Or(cmp.Compare(said[b], said[a]), cmp.Compare(a, b)) })
	w.speakers = w.speakers[:6]
	return nil
}

// appraise says what turns are worth to each question, whoever asks.
func (w *world) appraise() {
	at := map[string]int{}
	for i, t := range w.set.Turns {
		at[t.ID] = i
	}
	for _, q := range w.set.Questions {
		worth := map[string]float64{}
		for _, e := range q.Evidence {
			for i := max(0, at[e]-3); i <= min(len(w.set.Turns)-1, at[e]+3); i++ {
				if t := &w.set.Turns[i]; t.Session == w.set.Turns[at[e]].Session {
					worth[t.ID] = max(worth[t.ID], .5)
				}
			}
		}
		for _, e := range q.Evidence {
			worth[e] = 1
		}
		w.worth = append(w.worth, worth)
	}
}

// askWords asks for the words that 30 to 300 turns have, over all conversations, instead of
// the set's questions. Half of them are measured.
func (w *world) askWords() {
	having := map[string]map[string]float64{}
	for _, t := range w.set.Turns {
		for _, word := range strings.FieldsFunc(strings.ToLower(t.Text), func(r rune) bool { return r < 'a' || r > 'z' }) {
			if len(word) > 3 {
				if having[word] == nil {
					having[word] = map[string]float64{}
				}
				having[word][t.ID] = 1
			}
		}
	}
	maps.DeleteFunc(having, func(_ string, turns map[string]float64) bool { return len(turns) < 30 || len(turns) > 300 })
	list := slices.Sorted(maps.Keys(having))
	w.worth, w.measured = nil, len(list)/2
	for _, word := range list {
		w.worth = append(w.worth, having[word])
	}
	w.asked = func(i int) engine.Query { return engine.Query{Text: list[i]} }
}
