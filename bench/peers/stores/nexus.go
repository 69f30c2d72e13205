package stores

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/engine"
)

const (
	batch   = 256
	singles = 200
)

// atRest is how long every store is left alone before its memory is read once more, as in
// py/stores.py: Nexus gives back what questions have read every ten seconds.
var atRest = 12 * time.Second

func storeDir(home string) string { return filepath.Join(home, "store-nexus-go") }

// memories makes those of some turns; a key is the turn's number.
func (d *data) memories(from, to int) []engine.Memory {
	list := make([]engine.Memory, 0, to-from)
	for i := from; i < to; i++ {
		t := &d.turns[i]
		m := engine.Memory{Key: strconv.Itoa(i), Text: t.Text, Speaker: t.Speaker, EventTime: t.when, Vector: d.vector(d.vectors, i), Meta: map[string]any{"conv": t.Conv}}
		m.Session = t.Session
		list = append(list, m)
	}
	return list
}

// Write is the child that adds all turns in batches to a new store.
func Write(ctx context.Context, c *contest.Child) (err error) {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(storeDir(c.Folder)); err != nil {
		return err
	}
	db, err := engine.Open(storeDir(c.Folder), engine.Options{Dim: dim, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	started := time.Now()
	for i := 0; i < d.stored(); i += batch {
		if _, err := db.Add(ctx, d.memories(i, min(i+batch, d.stored()))...); err != nil {
			return err
		}
	}
	added := time.Now()
	if err := db.Compact(ctx); err != nil {
		return err
	}
	l := contest.Line{Step: "add in batches"}
	l.Put("rate", float64(d.stored())/added.Sub(started).Seconds(), "turns/s")
	l.Put("finish", time.Since(added).Seconds(), "s")
	return c.Tell(l)
}

// ways to ask.
var ways = []struct {
	name string
	ask  func(d *data, q int) engine.Query
}{
	{"vector", func(d *data, q int) engine.Query {
		return engine.Query{Vector: d.vector(d.asked, q), Engines: []string{"vector"}, SingleEngine: true}
	}},
	{"lexical", func(d *data, q int) engine.Query {
		return engine.Query{Text: d.questions[q].Question, Engines: []string{"lexical"}, SingleEngine: true}
	}},
	{"hybrid", func(d *data, q int) engine.Query {
		return engine.Query{Text: d.questions[q].Question, Vector: d.vector(d.asked, q)}
	}},
	{"rrf", func(d *data, q int) engine.Query { // what hybrid is of the peers
		return engine.Query{Text: d.questions[q].Question, Vector: d.vector(d.asked, q), Fusion: engine.FusionRRF}
	}},
}

func ask(ctx context.Context, db *engine.DB, q engine.Query) ([]int64, error) {
	q.K = width
	answer, err := db.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	found := make([]int64, len(answer.Hits))
	for i := range answer.Hits {
		if found[i], err = strconv.ParseInt(answer.Hits[i].Key, 10, 64); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func askAll(ctx context.Context, c *contest.Child, db *engine.DB, d *data, after string) error {
	plan := contest.Usual
	plan.Wall = true
	for _, way := range ways {
		l := contest.Line{Step: way.name + " question" + after, Width: width}
		if err := c.Search(l, len(d.questions), plan, func(q int) ([]int64, []float64, error) {
			found, err := ask(ctx, db, way.ask(d, q))
			return found, nil, err
		}); err != nil {
			return err
		}
	}
	return nil
}

// Read is the child that opens the store anew and asks it.
func Read(ctx context.Context, c *contest.Child) (err error) {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	d.turns, d.vectors = nil, nil
	before, err := contest.Resident()
	if err != nil {
		return err
	}
	started := time.Now()
	db, err := engine.Open(storeDir(c.Folder), engine.Options{Dim: dim, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := ask(ctx, db, ways[0].ask(d, 0)); err != nil {
		return err
	}
	first := time.Since(started)
	if err := askAll(ctx, c, db, d, ""); err != nil {
		return err
	}
	asking, err := contest.Resident()
	if err != nil {
		return err
	}
	time.Sleep(atRest)
	after, err := contest.Resident()
	if err != nil {
		return err
	}
	size, err := contest.Size(storeDir(c.Folder))
	if err != nil {
		return err
	}
	l := contest.Line{Step: "reopened"}
	l.Put("open and first question", float64(first.Microseconds())/1e3, "ms")
	l.Put("resident", after, "bytes")
	l.Put("resident while asked", asking, "bytes")
	l.Put("resident of the store", after-before, "bytes")
	l.Put("disk", size, "bytes")
	return c.Tell(l)
}

// Tail is the child that adds turns one by one to the full store, and asks it then.
func Tail(ctx context.Context, c *contest.Child) (err error) {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	db, err := engine.Open(storeDir(c.Folder), engine.Options{Dim: dim, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var times []float64
	for i := range singles {
		memory := d.memories(d.stored()+i, d.stored()+i+1)
		started := time.Now()
		if _, err := db.Add(ctx, memory...); err != nil {
			return err
		}
		times = append(times, float64(time.Since(started))/1e3)
	}
	if err := c.Times(contest.Line{Step: "add one"}, times); err != nil {
		return err
	}
	d.turns, d.vectors = nil, nil
	return askAll(ctx, c, db, d, " after single adds")
}
