package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// fillers make a text longer and say nothing.
var fillers = strings.Fields("and then we walked home by the river talking about nothing much while rain fell on the roofs of the old town until it was dark")

// judgedNotes is a store in which the longest of the notes on a subject is always the one that
// is asked for, which the built-in ranker cannot know, and questions about it.
func judgedNotes(t testing.TB, db *engine.DB, subjects int) (judged []engine.Judged) {
	return judgedNotesIn(t, db, subjects, func(*engine.Memory) {})
}

// judgedNotesIn is judgedNotes with memories that are changed before they are added.
func judgedNotesIn(t testing.TB, db *engine.DB, subjects int, change func(*engine.Memory)) (judged []engine.Judged) {
	t.Helper()
	for s := range subjects {
		thing := fmt.Sprintf("lantern%c%c", 'a'+s/26, 'a'+s%26)
		j := engine.Judged{Text: "What about the " + thing + "?"}
		var notes []engine.Memory
		for n := range 12 {
			words := fillers[:(n*5+s)%12*2+1]
			m := engine.Memory{Key: fmt.Sprintf("%s-%d", thing, n), Text: "The " + thing + " again, " + strings.Join(words, " ") + "."}
			m.Session = fmt.Sprintf("%s-%d", thing, n)
			if len(words) == 23 {
				j.Relevant = []engine.Relevant{{Key: m.Key}}
			}
			change(&m)
			notes = append(notes, m)
		}
		if _, err := db.Add(ctx, notes...); err != nil {
			t.Fatal(err)
		}
		judged = append(judged, j)
	}
	return judged
}

func TestTrainLearnsWhatTheStoresQuestionsWant(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	judged := judgedNotes(t, db, 60)
	fresh := judged[50:]
	report, err := db.Train(ctx, judged[:50], engine.TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", report)
	if !report.Better || !report.Installed || report.After.MRR < report.Before.MRR+.3 || report.Folds != 5 || report.KeptWith != "session" || report.Questions != 50 {
		t.Fatalf("%+v", report)
	}
	first := func(db *engine.DB) (count int) {
		for _, j := range fresh {
			if answer := ask(t, db, j.Query()); answer.Hits[0].Key == j.Relevant[0].Key {
				count++
			}
		}
		return count
	}
	if got := first(db); got < 8 {
		t.Errorf("the right note is first for %d of 10 questions that were not judged", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{})
	if got := first(db); got < 8 {
		t.Errorf("opened again the right note is first for %d of 10", got)
	}
	if err := db.RollbackRanker(ctx); err != nil {
		t.Fatal(err)
	}
	if got := first(db); got > 5 {
		t.Errorf("by the built-in ranker the right note is first for %d of 10", got)
	}
	if err := db.RollbackRanker(ctx); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("nothing to go back to: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "RANKER")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of the built-in ranker: %v", err)
	}
}

func TestNothingToLearnLeavesTheRanker(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	judged := judgedNotes(t, db, 60)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range judged { // any note is as good as another
		judged[i].Relevant[0].Key = fmt.Sprintf("%s-%d", judged[i].Relevant[0].Key[:9], random.IntN(12))
	}
	report, err := db.Train(ctx, judged, engine.TrainOptions{})
	if err != nil || report.Better || report.Installed {
		t.Fatalf("%+v %v", report, err)
	}
	stats, err := db.Stats()
	if err != nil || stats.Ranker.Own || stats.Ranker.CanRollBack {
		t.Fatalf("%+v %v", stats.Ranker, err)
	}
	if report, err = db.Train(ctx, judged, engine.TrainOptions{Force: true}); err != nil || report.Better || !report.Installed {
		t.Fatalf("forced: %+v %v", report, err)
	}
	if stats, err = db.Stats(); err != nil || !stats.Ranker.Own || !stats.Ranker.CanRollBack || stats.Ranker.Trees != report.Trees {
		t.Fatalf("%+v %v", stats.Ranker, err)
	}
}

func TestTheSameQuestionsMakeTheSameRanker(t *testing.T) {
	var files [][]byte
	var reports []engine.TrainReport
	for _, seed := range []uint64{3, 3, 4} {
		dir := t.TempDir()
		db := open(t, dir, engine.Options{})
		report, err := db.Train(ctx, judgedNotes(t, db, 40), engine.TrainOptions{Seed: seed, Rounds: 6, Force: true})
		if err != nil {
			t.Fatal(err)
		}
		report.Took = 0
		file, err := os.ReadFile(filepath.Join(dir, "RANKER"))
		if err != nil {
			t.Fatal(err)
		}
		files, reports = append(files, file), append(reports, report)
	}
	if !bytes.Equal(files[0], files[1]) || reports[0] != reports[1] {
		t.Errorf("one seed, two rankers: %+v and %+v", reports[0], reports[1])
	}
	if bytes.Equal(files[0], files[2]) {
		t.Error("another seed draws the same")
	}
}

func TestTrainRefusesWhatItCannotLearnFrom(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	judged := judgedNotes(t, db, 40)
	with := func(change func(*engine.Judged)) []engine.Judged {
		all := append([]engine.Judged(nil), judged...)
		change(&all[7])
		return all
	}
	for name, c := range map[string]struct {
		judged []engine.Judged
		o      engine.TrainOptions
		says   string
	}{
		"none":          {says: "at least 30"},
		"few":           {judged: judged[:29], says: "29 judged questions"},
		"unknown":       {judged: unknown(judged), says: "0 judged questions"},
		"no text":       {judged: with(func(j *engine.Judged) { j.Text = " " }), says: "question 7: neither text nor vector"},
		"not UTF-8":     {judged: with(func(j *engine.Judged) { j.Text = "\xff" }), says: "question 7: "},
		"grade":         {judged: with(func(j *engine.Judged) { j.Relevant = []engine.Relevant{{ID: 1, Grade: 5}} }), says: "grade 5"},
		"nothing named": {judged: with(func(j *engine.Judged) { j.Relevant = []engine.Relevant{{}} }), says: "question 7: relevant memory 0"},
		"both named":    {judged: with(func(j *engine.Judged) { j.Relevant = []engine.Relevant{{ID: 1, Key: "a"}} }), says: "want an ID or a key"},
		"rounds":        {judged: judged, o: engine.TrainOptions{Rounds: model.RoundsMax + 1}, says: "301 rounds"},
		"too many":      {judged: make([]engine.Judged, model.JudgedMax+1), says: "4097 judged questions"},
	} {
		_, err := db.Train(ctx, c.judged, c.o)
		if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "RANKER")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file all the same: %v", err)
	}
}

func unknown(judged []engine.Judged) (all []engine.Judged) {
	for _, j := range judged {
		j.Relevant = []engine.Relevant{{ID: 1 << 40}, {Key: "nowhere"}}
		all = append(all, j)
	}
	return all
}
