package engine_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/rank"
)

// trained is a closed store with a ranker of its own, and the questions that it is for.
func trained(t *testing.T) (dir string, judged []engine.Judged) {
	t.Helper()
	dir = t.TempDir()
	db := open(t, dir, engine.Options{})
	judged = judgedNotes(t, db, 40)
	if _, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 10, Force: true}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, judged
}

// newerRankers is a sound file of the next format.
func newerRankers() []byte {
	file := append(rank.Kept{}.Encode(), "what a later version knows"...)
	le := binary.LittleEndian
	le.PutUint32(file[8:], 2)
	le.PutUint64(file[16:], uint64(len(file)))
	le.PutUint32(file[12:], 0)
	le.PutUint32(file[12:], crc32.Checksum(file, crc32.MakeTable(crc32.Castagnoli)))
	return file
}

func keys(t *testing.T, db *engine.DB, j engine.Judged) (list []string) {
	t.Helper()
	for _, h := range ask(t, db, j.Query()).Hits {
		list = append(list, h.Key)
	}
	return list
}

func TestWhereTheOwnRankerCannotBeReadTheBuiltInOneServesAndSaysSo(t *testing.T) {
	dir, judged := trained(t)
	path := filepath.Join(dir, "RANKER")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(file)
	flipped[len(flipped)/2] ^= 1
	for name, content := range map[string][]byte{"cut short": file[:len(file)-1], "damaged": flipped, "empty": {}, "of something else": []byte("hello"), "of a newer version": newerRankers()} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		db := open(t, dir, engine.Options{})
		stats, err := db.Stats()
		if err != nil || stats.Ranker.Own || !strings.Contains(stats.Ranker.Warning, "the built-in ranker serves") {
			t.Errorf("%s: %+v %v", name, stats.Ranker, err)
		}
		q := judged[0].Query()
		for range 2 { // the second time from the cache
			if answer := ask(t, db, q); answer.Trace.Warning != stats.Ranker.Warning {
				t.Errorf("%s: the trace says %q", name, answer.Trace.Warning)
			}
		}
		if report, err := db.Verify(ctx); err != nil || len(report.Faults) != 1 || !strings.Contains(report.Faults[0], "ranker") {
			t.Errorf("%s: verify: %v %v", name, report.Faults, err)
		}
		if err := db.RollbackRanker(ctx); err != nil {
			t.Errorf("%s: given up: %v", name, err)
		}
		if stats, err := db.Stats(); err != nil || stats.Ranker.Warning != "" || ask(t, db, q).Trace.Warning != "" {
			t.Errorf("%s: after giving it up: %+v %v", name, stats.Ranker, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARankerOfANewerVersionIsNotWrittenOverUnlessForced(t *testing.T) {
	dir, judged := trained(t)
	path := filepath.Join(dir, "RANKER")
	if err := os.WriteFile(path, newerRankers(), 0o600); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir, engine.Options{})
	if _, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 5}); !errors.Is(err, engine.ErrUnsupported) {
		t.Fatal(err)
	}
	if stats, err := db.Stats(); err != nil || !strings.Contains(stats.Ranker.Warning, "format 2") {
		t.Fatalf("%+v %v", stats.Ranker, err)
	}
	if _, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 5, Force: true}); err != nil {
		t.Fatal(err)
	}
	if stats, err := db.Stats(); err != nil || !stats.Ranker.Own || stats.Ranker.Warning != "" {
		t.Fatalf("%+v %v", stats.Ranker, err)
	}
}

func TestABackupHasTheOwnRanker(t *testing.T) {
	dir, judged := trained(t)
	db := open(t, dir, engine.Options{})
	want := keys(t, db, judged[3])
	backup, restored := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
	backUp(t, db, backup)
	if err := db.RollbackRanker(ctx); err != nil {
		t.Fatal(err)
	}
	if slices.Equal(keys(t, db, judged[3]), want) {
		t.Fatal("the rankers answer alike: the test shows nothing")
	}
	if _, err := engine.Restore(ctx, backup, restored, nil); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{backup, restored} {
		copied := open(t, place, engine.Options{ReadOnly: place == backup})
		if got := keys(t, copied, judged[3]); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		verify(t, copied)
	}
}

func TestCompactAndVerifyLeaveTheOwnRanker(t *testing.T) {
	dir, judged := trained(t)
	db := open(t, dir, engine.Options{})
	want := keys(t, db, judged[3])
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	verify(t, db)
	if stats, err := db.Stats(); err != nil || !stats.Ranker.Own || !slices.Equal(keys(t, db, judged[3]), want) {
		t.Fatalf("%+v %v", stats.Ranker, err)
	}
}

// Answers that are computed while rankers change are of one of them, and none that was
// kept under the one is given under the other.
func TestNoAnswerOfOneRankerIsGivenForAnother(t *testing.T) {
	dir, judged := trained(t)
	db := open(t, dir, engine.Options{})
	question := judged[3]
	own := strings.Join(keys(t, db, question), " ")
	var now atomic.Pointer[string] // what the ranker that surely serves answers
	now.Store(&own)
	if err := db.RollbackRanker(ctx); err != nil {
		t.Fatal(err)
	}
	builtIn := strings.Join(keys(t, db, question), " ")
	if own == builtIn {
		t.Fatal("the rankers answer alike: the test shows nothing")
	}
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := strings.Join(keys(t, db, question), " "); got != own && got != builtIn {
					t.Errorf("an answer of neither: %s", got)
					return
				}
			}
		})
	}
	for range 2 {
		if _, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 10, Force: true}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(keys(t, db, question), " "); got != own {
			t.Errorf("trained: %s", got)
		}
		if err := db.RollbackRanker(ctx); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(keys(t, db, question), " "); got != builtIn {
			t.Errorf("taken back: %s", got)
		}
	}
	close(stop)
	group.Wait()
}

func TestTrainingCountsNoHitsAndEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	judged := judgedNotes(t, db, 40)
	ended, cancel := context.WithCancel(ctx)
	steps, last := uint64(0), uint64(0)
	_, err := db.Train(ended, judged, engine.TrainOptions{Force: true, Progress: func(done, total uint64) {
		if steps++; steps == 60 {
			cancel()
		}
		if done < last || done > total {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}})
	if !errors.Is(err, engine.ErrCancelled) || steps > 62 {
		t.Fatalf("%v after %d steps", err, steps)
	}
	if _, err := os.Stat(filepath.Join(dir, "RANKER")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a training that was ended left a ranker")
	}
	var done, total uint64
	if _, err := db.Train(ctx, judged, engine.TrainOptions{Progress: func(d, all uint64) { done, total = d, all }}); err != nil || done != total {
		t.Errorf("%v after %d of %d steps", err, done, total)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{})
	m, err := db.GetByKey(ctx, "", judged[0].Relevant[0].Key)
	if err != nil || m.Usage.Hits != 0 {
		t.Errorf("%d hits of a memory that nobody asked for: %v", m.Usage.Hits, err)
	}
}

func TestOneTrainingAtATime(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	judged := judgedNotes(t, db, 40)
	var second, third error
	once := false
	_, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 5, Progress: func(uint64, uint64) {
		if !once {
			once = true
			_, second = db.Train(ctx, judged, engine.TrainOptions{})
			third = db.RollbackRanker(ctx)
		}
	}})
	if err != nil || !errors.Is(second, engine.ErrBusy) || !errors.Is(third, engine.ErrBusy) {
		t.Fatalf("%v, %v, %v", err, second, third)
	}
}

func TestTrainAsksWithVectorsScopesAndTenants(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{Dim: 2})
	judged := judgedNotesIn(t, db, 40, func(m *engine.Memory) {
		m.Vector = []float32{1, float32(len(m.Text))}
		m.Tenant, m.User = "acme", m.Session
	})
	for i := range judged {
		judged[i].Vector = []float32{1, .5}
		judged[i].Tenant = "acme"
		judged[i].Relevant = append(judged[i].Relevant, engine.Relevant{ID: 1 << 40})
	}
	judged = append(judged, engine.Judged{Text: "What about the moon?"}, engine.Judged{Text: "And the tides?", Relevant: []engine.Relevant{{Key: "gone"}}})
	report, err := db.Train(ctx, judged, engine.TrainOptions{Rounds: 10})
	if err != nil || report.Questions != 40 || report.Missing != 41 || report.Unanswered != 1 || report.LeftOut != 1 || !report.Better {
		t.Fatalf("%+v %v", report, err)
	}
	if report.After.Frac8 != report.After.Any8 {
		t.Errorf("what is not in the store counts: %+v", report.After)
	}
	judged[5].Vector = []float32{1, 2, 3}
	if _, err := db.Train(ctx, judged, engine.TrainOptions{}); !errors.Is(err, engine.ErrDimension) || !strings.Contains(err.Error(), "question 5") {
		t.Errorf("a vector of another dimension: %v", err)
	}
}
