package vectors

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/kernels"
)

// addBatch is how many memories an add brings.
const addBatch = 2048

// Write is the child that makes the store: every row is a memory whose text is its number.
func Write(ctx context.Context, c *contest.Child) (err error) {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	from := contest.ProcessTime()
	db, err := engine.Open(storeDir(c.Folder), engine.Options{Dim: d.Dim, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if stats, err := db.Stats(); err != nil || stats.Memories > 0 {
		return err // the second run of a set asks the store of the first
	}
	batch := make([]engine.Memory, 0, addBatch)
	for i := range d.Rows {
		batch = append(batch, engine.Memory{Text: strconv.Itoa(i), Vector: d.row(i)})
		if len(batch) == addBatch || i == d.Rows-1 {
			if _, err := db.Add(ctx, batch...); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := db.Compact(ctx); err != nil {
		return err
	}
	l := contest.Line{Party: engineParty, Step: "build", Note: "a whole store: adding in batches, commits, compaction"}
	l.Put("build", (contest.ProcessTime() - from).Seconds(), "s")
	return c.Tell(l)
}

func storeDir(home string) string { return filepath.Join(home, "nexus-store") }

// Engine is the child that asks engine/vector, over the store's segment files.
func Engine(_ context.Context, c *contest.Child) error {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	before, err := contest.Resident()
	if err != nil {
		return err
	}
	e, err := openEngine(c.Folder)
	if err != nil {
		return err
	}
	for _, effort := range efforts {
		e.searcher.Effort = effort
		if err := e.unfiltered(c, d, effortName(effort)); err != nil {
			return err
		}
	}
	if err := tellResident(c, engineParty, before, d.Rows, e.letGo); err != nil {
		return err
	}
	e.searcher.Effort = efforts[0]
	for _, share := range d.Shares {
		if err := e.filtered(c, d, shareName(share)); err != nil {
			return err
		}
	}
	return nil
}

// tellResident says what opening and asking added to the process, a vector: right after the
// last question, and when what questions read has been given back.
func tellResident(c *contest.Child, party string, before float64, rowCount int, rest func()) error {
	asking, err := contest.Resident()
	if err != nil {
		return err
	}
	rest()
	after, err := contest.Resident()
	if err != nil {
		return err
	}
	l := contest.Line{Party: party, Step: "build"}
	l.Put("resident", (after-before)/float64(rowCount), "bytes/vector")
	l.Put("resident while asked", (asking-before)/float64(rowCount), "bytes/vector")
	return c.Tell(l)
}

// atRest is after how long a store that nobody asks has given back the pages of full
// vectors and records: it does so every ten seconds.
var atRest = 12 * time.Second

// segments is the segment files of a store as one searcher sees them.
type segments struct {
	list     []*segment.Segment
	parts    []vector.Part
	lists    *vector.Lists // nil: none
	listed   []int32       // their parts
	searcher vector.Searcher
	hits     []rows.Hit
	found    []int64

	asked, estimated, rescored int // over all searches
}

func openEngine(home string) (*segments, error) {
	list, err := contest.OpenSegments(storeDir(home))
	if err != nil {
		return nil, err
	}
	s := &segments{list: list}
	for _, one := range list {
		s.parts = append(s.parts, vector.Part{Parts: one.Vectors()})
	}
	s.lists, s.listed, err = contest.OpenLists(storeDir(home), list)
	return s, err
}

// letGo does what a store does every ten seconds.
func (s *segments) letGo() {
	for _, one := range s.list {
		one.LetGo()
	}
}

// number is the row of the data: memories were added in its order, from ID 1.
func (s *segments) number(part, row int) int64 { return int64(s.list[part].ID(row)) - 1 }

func (s *segments) ask(query []float32, parts []vector.Part) []int64 {
	s.searcher.Prepare(query, model.Cosine, parts)
	if s.lists != nil {
		s.searcher.UseLists(s.lists, s.listed)
	}
	s.hits = s.searcher.Top(s.hits[:0], width, func() bool { return false })
	s.asked, s.estimated, s.rescored = s.asked+1, s.estimated+s.searcher.Estimated, s.rescored+s.searcher.Rescored
	s.found = s.found[:0]
	for _, h := range s.hits {
		s.found = append(s.found, s.number(int(h.Part), int(h.Row)))
	}
	return s.found
}

// searchWarm is a search whose questions were all asked before: peers have all rows in memory too.
func searchWarm(c *contest.Child, l contest.Line, n int, ask func(question int) ([]int64, []float64, error)) error {
	for q := range n {
		if _, _, err := ask(q); err != nil {
			return err
		}
	}
	return c.Search(l, n, contest.Usual, ask)
}

// unfiltered asks for the nearest of all rows, and says what that took.
func (s *segments) unfiltered(c *contest.Child, d *data, effort string) error {
	s.asked, s.estimated, s.rescored = 0, 0, 0
	if err := searchWarm(c, contest.Line{Step: "search", Param: effort, Width: width}, d.Questions, func(q int) ([]int64, []float64, error) {
		return s.ask(d.question(q), s.parts), nil, nil
	}); err != nil {
		return err
	}
	work := contest.Line{Step: "work of a search", Param: effort}
	work.Put("codes read", float64(s.estimated)/float64(s.asked), "rows")
	work.Put("computed in full", float64(s.rescored)/float64(s.asked), "rows")
	return c.Tell(work)
}

// filtered asks with a filter, and beside it scans exactly the rows that it lets through.
func (s *segments) filtered(c *contest.Child, d *data, share string) error {
	allowed, err := d.filter(share)
	if err != nil {
		return err
	}
	parts := slices.Clone(s.parts)
	for p := range parts {
		set := rows.NewSet(s.list[p].RowCount())
		for row := range s.list[p].RowCount() {
			if allowed[s.number(p, row)] == 1 {
				set.Add(row)
			}
		}
		parts[p].Allow = set
	}
	if err := c.Search(contest.Line{Step: "filtered", Param: share, Width: width}, d.Questions, contest.Usual, func(q int) ([]int64, []float64, error) {
		return s.ask(d.question(q), parts), nil, nil
	}); err != nil {
		return err
	}
	scan := newScan(d, allowed)
	return c.Search(contest.Line{Step: "exact scan of", Param: share, Width: width, Note: "float32 rows by number, best ten kept"}, d.Questions, contest.Usual, func(q int) ([]int64, []float64, error) {
		return scan.ask(d.question(q)), nil, nil
	})
}

// scan compares a question with listed rows, one after another.
type scan struct {
	d      *data
	ids    []uint32
	scores []float32
	best   []uint32 // positions in ids, best first
}

func newScan(d *data, allowed []uint8) *scan {
	s := &scan{d: d}
	for i, a := range allowed {
		if a == 1 {
			s.ids = append(s.ids, uint32(i))
		}
	}
	s.scores = make([]float32, len(s.ids))
	return s
}

func (s *scan) ask(query []float32) []int64 {
	kernels.GatherDotF32(query, s.d.rows, s.ids, s.scores)
	s.best = s.best[:0]
	for i := range s.ids {
		full := len(s.best) == width
		if full && s.scores[i] <= s.scores[s.best[width-1]] {
			continue
		}
		if full {
			s.best = s.best[:width-1]
		}
		at, _ := slices.BinarySearchFunc(s.best, s.scores[i], func(b uint32, score float32) int { return cmp.Compare(score, s.scores[b]) })
		s.best = slices.Insert(s.best, at, uint32(i))
	}
	found := make([]int64, len(s.best))
	for i, b := range s.best {
		found[i] = int64(s.ids[b])
	}
	return found
}

// Store is the child that asks through engine.DB.
func Store(ctx context.Context, c *contest.Child) (err error) {
	d, err := readData(c.Folder)
	if err != nil {
		return err
	}
	d.rows = nil
	before, err := contest.Resident()
	if err != nil {
		return err
	}
	db, err := engine.Open(storeDir(c.Folder), engine.Options{Dim: d.Dim, CacheBytes: -1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found := make([]int64, 0, width)
	for _, effort := range efforts {
		l := contest.Line{Party: storeParty, Step: "search", Param: effortName(effort), Width: width}
		if err := searchWarm(c, l, d.Questions, func(q int) ([]int64, []float64, error) {
			answer, err := db.Query(ctx, engine.Query{Vector: d.question(q), K: width, Engines: []string{"vector"}, SingleEngine: true, VectorEffort: float32(effort)})
			if err != nil {
				return nil, nil, err
			}
			found = found[:0]
			for i := range answer.Hits {
				found = append(found, int64(answer.Hits[i].ID)-1)
			}
			return found, nil, nil
		}); err != nil {
			return err
		}
	}
	return tellResident(c, storeParty, before, d.Rows, func() { time.Sleep(atRest) })
}
