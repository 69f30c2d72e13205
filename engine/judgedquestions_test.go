package engine_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// TestWhatUsersSaidFitsTheRankerThatTheirQuestionsWouldFit tells a store by judgements what
// another call of Train is told by questions.
func TestWhatUsersSaidFitsTheRankerThatTheirQuestionsWouldFit(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	judged := judgedNotes(t, db, 45)
	at := time.Date(2026, 5, 14, 9, 0, 0, 0, time.UTC)
	for user := range 9 { // of five questions each
		p := engine.Preference{User: fmt.Sprint("user ", user)}
		say := func(key, question string, value float64) {
			p.Judgements = append(p.Judgements, engine.Judgement{Key: key, Value: value, Question: question, Time: at})
		}
		for i := 5 * user; i < 5*user+5; i++ {
			key := judged[i].Relevant[0].Key
			other := key[:strings.LastIndex(key, "-")] + "-0"
			if other == key {
				other = key[:strings.LastIndex(key, "-")] + "-1"
			}
			say(other, judged[i].Text, 1) // taken back below
			say(key, judged[i].Text, .5)
			say(other, judged[i].Text, -1)
			judged[i].Now = at
		}
		say(judged[0].Relevant[0].Key, "", 1)
		say(judged[0].Relevant[0].Key, "What is of no use here?", 0)
		say(judged[0].Relevant[0].Key, strings.Repeat("long ", 204)+"!", 1)
		if kept, err := db.SetPreference(ctx, p); err != nil || kept != len(p.Judgements) {
			t.Fatal(kept, err)
		}
	}
	options := engine.TrainOptions{Seed: 3, Rounds: 8, Force: true}
	want, err := db.Train(ctx, judged, options)
	if err != nil || want.Questions != 45 {
		t.Fatal(want, err)
	}
	options.FromJudgements = true
	got, err := db.Train(ctx, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	want.Took, got.Took, got.Serving = 0, 0, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	both, err := db.Train(ctx, judged[:10], options)
	if err != nil || both.Questions != 55 {
		t.Errorf("%d questions, %v", both.Questions, err)
	}
	for user := range 9 {
		if _, err := db.Forget(ctx, "", fmt.Sprint("user ", user)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Train(ctx, nil, options); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("trained on what is forgotten: %v", err)
	}
}

// TestAQuestionIsAskedInTheScopeOfWhatWasJudged: of one's own memories, or of everybody's.
func TestAQuestionIsAskedInTheScopeOfWhatWasJudged(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	own := 0
	judgedNotesIn(t, db, 40, func(m *engine.Memory) {
		if m.Tenant = "team"; own%2 == 0 {
			m.User = "anna"
		}
		own++
	})
	for i := range 40 {
		for n := range 12 {
			key := fmt.Sprintf("lantern%c%c-%d", 'a'+i/26, 'a'+i%26, n)
			m, err := db.GetByKey(ctx, "team", key)
			if err != nil {
				t.Fatal(err)
			}
			if n < 2 { // anna's, and nobody's
				f := engine.Feedback{Tenant: "team", User: "anna", ID: m.ID, Value: 1, Question: "What about the lantern" + key[7:9] + "?"}
				if i%2 == 1 && m.User != "anna" {
					continue
				}
				if err := db.Learn(ctx, f); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	report, err := db.Train(ctx, nil, engine.TrainOptions{FromJudgements: true, Rounds: 4})
	if err != nil || report.Questions != 40 || report.Missing != 0 || report.LeftOut != 0 {
		t.Fatalf("%+v %v", report, err)
	}
	if report.Before.Any8 < .5 {
		t.Errorf("what was judged is not where it is looked for: %+v", report.Before)
	}
}

func TestMoreQuestionsThanCountAreTheLatest(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	id := add(t, db, engine.Memory{Text: "A lantern."})[0]
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for user := range 9 {
		p := engine.Preference{User: fmt.Sprint("user ", user)}
		for i := range model.JudgementsMax {
			p.Judgements = append(p.Judgements, engine.Judgement{ID: id, Value: 1, Question: fmt.Sprintf("Question %d of %d?", i, user), Time: at.Add(time.Duration(-user) * time.Hour)})
		}
		if _, err := db.SetPreference(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	report, err := db.Train(ctx, make([]engine.Judged, model.JudgedMax+1), engine.TrainOptions{FromJudgements: true})
	if !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("%+v %v", report, err)
	}
	list, err := engine.QuestionsOfJudgements(ctx, db, 1000)
	if err != nil || len(list) != 1000 || !list[999].Now.Equal(at.Add(-time.Hour)) {
		t.Errorf("%d questions: %v", len(list), err)
	}
	for _, j := range list {
		if user := j.Text[strings.LastIndex(j.Text, " ")+1:]; user != "0?" && user != "1?" {
			t.Fatalf("%q is none of the latest", j.Text)
		}
	}
}

func TestWhatWasPassedOverTakesBackNothingThatWasSaid(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	ids := add(t, db, engine.Memory{Text: "A lantern."}, engine.Memory{Text: "A rope."}, engine.Memory{Text: "A stove."})
	for _, useful := range []engine.ID{ids[0], ids[2]} {
		f := engine.Feedback{User: "anna", ID: useful, Value: 1, Question: "What is there to take along?", Shown: ids}
		if err := db.Learn(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	list, err := engine.QuestionsOfJudgements(ctx, db, 10)
	if err != nil || len(list) != 1 || len(list[0].Relevant) != 2 {
		t.Fatalf("%+v %v, want one question with two answers", list, err)
	}
}
