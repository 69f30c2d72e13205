package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

var ctx = context.Background()

func open(t testing.TB, dir string, o engine.Options) *engine.DB {
	t.Helper()
	db, err := engine.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func add(t testing.TB, db *engine.DB, memories ...engine.Memory) []engine.ID {
	t.Helper()
	ids, err := db.Add(ctx, memories...)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func ask(t testing.TB, db *engine.DB, q engine.Query) *engine.Answer {
	t.Helper()
	a, err := db.Query(ctx, q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return a
}

// result is an answer without its times.
type result struct {
	ID         engine.ID
	Key        string
	Score      float32
	Factors    engine.Factors
	Duplicates []engine.ID
}

func results(a *engine.Answer) (list []result) {
	for _, h := range a.Hits {
		list = append(list, result{h.ID, h.Key, h.Score, h.Factors, h.Duplicates})
	}
	return list
}

// allResults asks every generated question.
func allResults(t testing.TB, db *engine.DB) (list [][]result) {
	t.Helper()
	for _, q := range generatedQuestions {
		list = append(list, results(ask(t, db, engine.Query{Text: q})))
	}
	return list
}

func verify(t testing.TB, db *engine.DB) {
	t.Helper()
	report, err := db.Verify(ctx)
	if err != nil || len(report.Faults) > 0 {
		t.Fatalf("verify: %v %v", err, report.Faults)
	}
}

func TestWhatWasAddedIsFoundAtOnceAndAfterReopening(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	want := engine.Memory{
		Key: "k1", Text: "Ann moved to Oslo in May.", Speaker: "Ann", Kind: 2, Importance: .7,
		Scope: engine.Scope{Tenant: "t", User: "u", Agent: "a", Session: "s"}, Source: "diary.txt", Start: 3, End: 28,
		EventTime: time.Date(2024, 5, 31, 18, 0, 0, 123000, time.UTC),
		Meta:      map[string]any{"n": 3.5, "s": "x", "b": true, "t": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "l": []string{"p", "q"}},
	}
	id := add(t, db, want)[0]
	check := func(db *engine.DB) {
		t.Helper()
		got, err := db.GetByKey(ctx, "t", "k1")
		if err != nil {
			t.Fatal(err)
		}
		if got.IngestTime.IsZero() || got.ID != id {
			t.Fatalf("got %+v", got)
		}
		if got.Version != 1 || got.UpdateTime != got.IngestTime {
			t.Fatalf("version %d of %v, added %v", got.Version, got.UpdateTime, got.IngestTime)
		}
		got.IngestTime, got.UpdateTime, got.ID, got.Version, got.Usage = time.Time{}, time.Time{}, 0, 0, engine.Usage{}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
		a := ask(t, db, engine.Query{Text: "where does Ann live, Oslo?", Scope: engine.Scope{Tenant: "t"}})
		if len(a.Hits) != 1 || a.Hits[0].ID != id {
			t.Fatalf("hits %+v", a.Hits)
		}
		verify(t, db)
	}
	check(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	check(open(t, dir, engine.Options{}))
}

func TestSegmentLayoutNeverChangesAnAnswer(t *testing.T) {
	memories := generated(1500, 1)
	remove := func(db *engine.DB) {
		t.Helper()
		for i := 3; i < len(memories); i += 31 { // some of them are deleted below
			m, err := db.GetByKey(ctx, "", memories[i].Key)
			if err == nil {
				_, err = db.Update(ctx, m.ID, engine.Patch{Text: new(memories[(i*7)%len(memories)].Text), ExpiresAt: new(time.Unix(int64(i%2)*1e11, 0))})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		var ids []engine.ID
		for i := 5; i < len(memories); i += 7 {
			m, err := db.GetByKey(ctx, "", memories[i].Key)
			if errors.Is(err, engine.ErrNotFound) {
				continue // it has expired
			}
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, m.ID)
		}
		if n, err := db.Delete(ctx, ids...); err != nil || n != len(ids) {
			t.Fatalf("deleted %d of %d: %v", n, len(ids), err)
		}
	}
	whole := open(t, t.TempDir(), engine.Options{})
	add(t, whole, memories...)
	remove(whole)
	want := allResults(t, whole)

	dir := t.TempDir()
	pieces := open(t, dir, engine.Options{})
	for at := 0; at < len(memories); {
		n := min(len(memories)-at, 1+(at*7)%97)
		add(t, pieces, memories[at:at+n]...)
		at += n
	}
	remove(pieces)
	same := func(db *engine.DB, when string) {
		t.Helper()
		if got := allResults(t, db); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: answers differ:\n%v\nwant\n%v", when, got, want)
		}
		verify(t, db)
	}
	same(pieces, "in pieces")
	if err := pieces.Close(); err != nil {
		t.Fatal(err)
	}
	pieces = open(t, dir, engine.Options{})
	same(pieces, "reopened")
	if err := pieces.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	same(pieces, "compacted")
	pieces.Close()
	files, _ := filepath.Glob(filepath.Join(dir, "segments", "*"))
	for _, f := range files {
		os.Remove(f)
	}
	same(open(t, dir, engine.Options{}), "rebuilt from the truth")
}

func TestAddingAKeyTwiceIsIdempotentAndNeverOverwrites(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	m := engine.Memory{Key: "k", Text: "first"}
	id := add(t, db, m)[0]
	if again := add(t, db, m)[0]; again != id {
		t.Fatalf("second add gave %d, want %d", again, id)
	}
	other := engine.Memory{Key: "k", Text: "second"}
	if _, err := db.Add(ctx, engine.Memory{Text: "beside"}, other); !errors.Is(err, engine.ErrExists) {
		t.Fatalf("other content: %v", err)
	}
	if _, err := db.Add(ctx, m, m); !errors.Is(err, engine.ErrExists) {
		t.Fatalf("twice in a call: %v", err)
	}
	other.Tenant = "t"
	add(t, db, other)
	st, _ := db.Stats()
	if st.Memories != 2 {
		t.Fatalf("%d memories, want 2: a refused call must leave nothing", st.Memories)
	}
	db.Delete(ctx, id)
	if fresh := add(t, db, engine.Memory{Key: "k", Text: "second"})[0]; fresh <= id {
		t.Fatalf("ID %d was used again after %d", fresh, id)
	}
	verify(t, db)
}

func TestTheTenantIsAWallAndScopesNarrow(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for _, tenant := range []string{"", "a", "b"} {
		for _, user := range []string{"", "x", "y"} {
			for _, session := range []string{"", "1", "2"} {
				add(t, db, engine.Memory{Text: "the secret word is swordfish", Scope: engine.Scope{Tenant: tenant, User: user, Session: session}})
			}
		}
	}
	for _, tenant := range []string{"", "a", "b", "none"} {
		for _, user := range []string{"", "x", "none"} {
			for _, session := range []string{"", "1"} {
				scope := engine.Scope{Tenant: tenant, User: user, Session: session}
				listed := 0
				for m, err := range db.List(ctx, engine.Selection{Scope: scope}) {
					if err != nil || !scope.Covers(m.Scope) {
						t.Fatalf("%+v: listed %+v, %v", scope, m.Scope, err)
					}
					listed++
				}
				a := ask(t, db, engine.Query{Text: "secret swordfish", Scope: scope, K: 50})
				found := 0
				for _, h := range a.Hits {
					found += 1 + len(h.Duplicates)
					if !scope.Covers(h.Scope) {
						t.Fatalf("%+v: hit of %+v", scope, h.Scope)
					}
				}
				if found != listed {
					t.Fatalf("%+v: found %d, listed %d", scope, found, listed)
				}
			}
		}
	}
}

func TestDeletedMemoriesAreInNoLaterAnswer(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	memories := generated(300, 3)
	ids := add(t, db, memories...)
	a := ask(t, db, engine.Query{Text: "peanuts", K: 5})
	gone := a.Hits[0].ID
	if n, err := db.Delete(ctx, gone, gone+1e6); n != 1 || err != nil {
		t.Fatalf("deleted %d, %v", n, err)
	}
	check := func(db *engine.DB) {
		t.Helper()
		if _, err := db.Get(ctx, gone); !errors.Is(err, engine.ErrNotFound) {
			t.Fatalf("get: %v", err)
		}
		for _, h := range ask(t, db, engine.Query{Text: "peanuts", K: 128}).Hits {
			if h.ID == gone || slices.Contains(h.Duplicates, gone) {
				t.Fatal("deleted memory in an answer")
			}
		}
		st, _ := db.Stats()
		if st.Memories != uint64(len(ids)-1) {
			t.Fatalf("%d memories, want %d", st.Memories, len(ids)-1)
		}
		verify(t, db)
	}
	check(db)
	db.Close()
	db = open(t, dir, engine.Options{})
	check(db)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	check(db)
	if st, _ := db.Stats(); st.Deleted != 0 {
		t.Fatalf("%d deleted rows after compaction", st.Deleted)
	}
}

func TestCompactErasesDeletedText(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(2000, 4)...)
	secret := "xyzzyplughfrotz"
	id := add(t, db, engine.Memory{Text: "the password is " + secret})[0]
	db.Close()
	db = open(t, dir, engine.Options{})
	db.Delete(ctx, id)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range filesBelow(t, dir) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), secret) {
			t.Fatalf("%s still holds the deleted text", filepath.Base(name))
		}
	}
}

func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, p)
		}
		return err
	})
	if len(files) < 2 {
		t.Fatalf("only %d files", len(files))
	}
	return files
}

func TestNearDuplicatesCollapseIntoOneHit(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	text := "The quarterly review of the northern harbour project will be held in the blue room at nine"
	for i := range 6 {
		add(t, db, engine.Memory{Text: fmt.Sprintf("%s, part %d.", text, i)})
	}
	add(t, db, engine.Memory{Text: "The harbour review was moved to Thursday because the room is painted."})
	a := ask(t, db, engine.Query{Text: "harbour review"})
	if len(a.Hits) != 2 || len(a.Hits[0].Duplicates)+len(a.Hits[1].Duplicates) != 5 {
		t.Fatalf("%d hits: %+v", len(a.Hits), results(a))
	}
	if a.Trace.Collapsed != 5 {
		t.Fatalf("trace says %d collapsed", a.Trace.Collapsed)
	}
}

func TestScoreIsTheWeightedSumOfTheFactors(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, generated(500, 5)...)
	for _, q := range generatedQuestions {
		query := engine.Query{Text: q, Intent: 2}
		if err := query.Normalize(); err != nil {
			t.Fatal(err)
		}
		hits := ask(t, db, query).Hits
		for i, h := range hits {
			var sum float64
			for f, x := range h.Factors {
				if !(x >= 0 && x <= 1) {
					t.Fatalf("%q hit %d: factor %d is %v", q, i, f, x)
				}
				sum += float64(x) * float64(query.Weights[f])
			}
			if math.Abs(sum-float64(h.Score)) > 1e-6 {
				t.Fatalf("%q hit %d: score %v, factors give %v", q, i, h.Score, sum)
			}
		}
	}
}

func TestVectorsOfTheCaller(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	v := func(x, y, z float32) []float32 { return []float32{x, y, z} }
	add(t, db,
		engine.Memory{Key: "x", Text: "alpha", Vector: v(3, 0, 0)},
		engine.Memory{Key: "y", Text: "beta", Vector: v(0, 2, .1)},
		engine.Memory{Key: "none", Text: "gamma without vector"})
	db.Close()
	db = open(t, dir, engine.Options{})
	m, err := db.GetByKey(ctx, "", "y")
	if err != nil || !slices.Equal(m.Vector, v(0, 2, .1)) {
		t.Fatalf("vector came back as %v, %v", m.Vector, err)
	}
	a := ask(t, db, engine.Query{Vector: v(.1, 5, 0)})
	if a.Hits[0].Key != "y" || len(a.Hits) != 2 {
		t.Fatalf("hits %+v", results(a))
	}
	if _, err := db.Add(ctx, engine.Memory{Text: "t", Vector: make([]float32, 4)}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatalf("zero vector: %v", err)
	}
	if _, err := db.Add(ctx, engine.Memory{Text: "t", Vector: []float32{1, 2}}); !errors.Is(err, engine.ErrDimension) {
		t.Fatalf("wrong dimension: %v", err)
	}
	if _, err := db.Query(ctx, engine.Query{Vector: []float32{1}}); !errors.Is(err, engine.ErrDimension) {
		t.Fatalf("wrong dimension asked: %v", err)
	}
	db.Close()
	if _, err := engine.Open(dir, engine.Options{Dim: 4}); !errors.Is(err, engine.ErrDimension) {
		t.Fatalf("wrong dimension opened: %v", err)
	}
}

func TestExportImportRoundTrip(t *testing.T) {
	a := open(t, t.TempDir(), engine.Options{})
	memories := generated(200, 6)
	memories[3].Meta = map[string]any{"tags": []string{"x"}, "n": 1.0}
	add(t, a, memories...)
	var out strings.Builder
	if n, err := a.Export(ctx, &out); n != 200 || err != nil {
		t.Fatalf("exported %d, %v", n, err)
	}
	b := open(t, t.TempDir(), engine.Options{})
	report, err := b.Import(ctx, strings.NewReader("not json\n"+out.String()), engine.ImportOptions{})
	if err != nil || report.Added != 200 || report.Bad != 1 {
		t.Fatalf("import: %+v %v", report, err)
	}
	if !reflect.DeepEqual(allResults(t, a), allResults(t, b)) {
		t.Fatal("answers differ after import")
	}
	again, err := b.Import(ctx, strings.NewReader(out.String()), engine.ImportOptions{})
	if st, _ := b.Stats(); err != nil || again.Added != 200 || st.Memories != 200 {
		t.Fatalf("second import: %+v %v, %d memories", again, err, st.Memories)
	}
}

func TestClosedStoreGivesErrClosed(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "x"})
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, addErr := db.Add(ctx, engine.Memory{Text: "y"})
	_, queryErr := db.Query(ctx, engine.Query{Text: "y"})
	_, getErr := db.Get(ctx, 1)
	_, deleteErr := db.Delete(ctx, 1)
	_, statsErr := db.Stats()
	_, verifyErr := db.Verify(ctx)
	for i, err := range []error{addErr, queryErr, getErr, deleteErr, statsErr, verifyErr, db.Compact(ctx)} {
		if !errors.Is(err, engine.ErrClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

func TestManyCopiesDoNotCrowdOutOtherHits(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	for i := range 8 {
		add(t, db, engine.Memory{Text: fmt.Sprintf("The harbour %s is open.", strings.Fields("bridge market chapel school museum library station garden")[i])})
	}
	copies := make([]engine.Memory, 150)
	for i := range copies {
		copies[i].Text = "Harbour harbour harbour!"
	}
	add(t, db, copies...)
	if n := len(ask(t, db, engine.Query{Text: "harbour"}).Hits); n != 8 {
		t.Fatalf("%d hits, want 8", n)
	}
}
