package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// loaded counts the judges in memory.
func loaded(s *Store) (count int) {
	for i := range s.judges.sets {
		for k := range s.judges.sets[i] {
			if s.judges.sets[i][k].Load() != nil {
				count++
			}
		}
	}
	return count
}

// crowd opens a store in which users have said something of memory 1.
func crowd(t *testing.T, users int) *Store {
	t.Helper()
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	if _, err := s.Add(context.Background(), notes(5)); err != nil {
		t.Fatal(err)
	}
	for i := range users {
		learn(t, s, fmt.Sprint("user ", i), 1)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openStore(t, dir, Options{})
}

func TestJudgementsAreReadWhenTheirUserAsksAndNotBefore(t *testing.T) {
	s := crowd(t, 50)
	if n := loaded(s); n != 0 {
		t.Errorf("opening has read %d users", n)
	}
	if is := known(t, s, "user 7"); is == nil || len(is.Judged) != 1 || is.Judged[0].Value != .5 {
		t.Fatalf("%+v", is)
	}
	if is := known(t, s, "nobody"); is != nil {
		t.Fatalf("%+v", is)
	}
	if n := loaded(s); n != 2 {
		t.Errorf("%d users in memory after two have asked", n)
	}
}

func TestAnAskerWhoIsInMemoryTakesNeitherALockNorAllocations(t *testing.T) {
	s := crowd(t, 3)
	is := known(t, s, "user 1")
	known(t, s, "nobody")
	s.judges.lock.Lock() // whoever took it would wait for ever
	s.exchange.Lock()
	defer s.judges.lock.Unlock()
	defer s.exchange.Unlock()
	n := testing.AllocsPerRun(100, func() {
		if again, _ := s.Judge("t", "user 1"); again != is {
			t.Fatal("read again")
		}
		if again, _ := s.Judge("t", "nobody"); again != nil {
			t.Fatal("somebody")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWhoWasNotAskedForLongestGivesWay(t *testing.T) {
	const users = 3 * judgeSets * judgeWays
	j := newJudges()
	s := &Store{judges: j}
	j.some.Store(true)
	often := &Judge{tenant: "t", user: "often", Judged: []model.Said{{ID: 1}}}
	j.put(often)
	seen := map[uint64]bool{}
	for i := range users {
		is := &Judge{tenant: fmt.Sprint(i % 7), user: fmt.Sprint("user ", i), Judged: []model.Said{{ID: model.ID(i)}}}
		j.put(is)
		if seen[is.Epoch] {
			t.Fatal("two of one number")
		}
		seen[is.Epoch] = true
		if again, err := s.Judge("t", "often"); again != often || err != nil {
			t.Fatalf("gone after %d others, though asked for between any two", i)
		}
		if again, err := s.Judge(is.tenant, is.user); again != is || err != nil {
			t.Fatalf("user %d: %+v %v", i, again, err)
		}
	}
	if n := loaded(s); n > judgeSets*judgeWays || n < judgeSets*judgeWays*9/10 {
		t.Errorf("%d are kept", n)
	}
	for i := range j.sets { // of each set those that came last
		var there []uint64
		for k := range j.sets[i] {
			if is := j.sets[i][k].Load(); is != nil && is != often {
				there = append(there, is.Epoch)
			}
		}
		for k := range users {
			tenant, user := fmt.Sprint(k%7), fmt.Sprint("user ", k)
			if h := j.hash(tenant, user); h%judgeSets == uint64(i) && len(there) > 0 {
				if is, _ := j.find(tenant, user, h); is == nil && uint64(k+2) > slices.Min(there) {
					t.Fatalf("user %d is gone, and user %d is not", k, slices.Min(there)-2)
				}
			}
		}
	}
}

func TestWhoGaveWayIsReadAgainAsWhatWasAcknowledged(t *testing.T) {
	s := crowd(t, 3)
	forget := func() { // as others do who ask
		for i := range s.judges.sets {
			for k := range s.judges.sets[i] {
				s.judges.sets[i][k].Store(nil)
			}
		}
	}
	before := known(t, s, "user 1")
	learn(t, s, "user 1", 2) // truth.db is committed later
	if _, err := s.ForgetJudgements(context.Background(), "t", "user 2"); err != nil {
		t.Fatal(err)
	}
	for _, committed := range []bool{false, true} {
		if committed {
			if err := s.between(context.Background(), s.checkpoint); err != nil {
				t.Fatal(err)
			}
			if len(s.judges.unsettled) != 0 {
				t.Error("what truth.db has is kept aside")
			}
		}
		forget()
		is := known(t, s, "user 1")
		if is == nil || len(is.Judged) != 2 || is.Epoch == before.Epoch {
			t.Errorf("committed %v: %+v", committed, is)
		}
		if is := known(t, s, "user 2"); is != nil {
			t.Errorf("committed %v: what is forgotten is back: %+v", committed, is)
		}
	}
}

func TestWhatWasReadBeforeACommitOfTheTruthIsReadAgain(t *testing.T) {
	s := crowd(t, 3)
	round := s.judges.round
	stale, _, err := s.judgeInTruth("t", "user 1")
	if err != nil || len(stale.Judged) != 1 {
		t.Fatalf("%+v %v", stale, err)
	}
	learn(t, s, "user 1", 2)
	if err := s.between(context.Background(), s.checkpoint); err != nil {
		t.Fatal(err)
	}
	s.judges.lock.Lock() // others ask
	s.judges.drop("t", "user 1")
	s.judges.lock.Unlock()
	if is := s.judges.keep(stale, round, nil); is != nil {
		t.Errorf("kept: %+v", is)
	}
	if is := known(t, s, "user 1"); is == nil || len(is.Judged) != 2 {
		t.Errorf("%+v", is)
	}
}

// TestWhatTheFullDiskKeptInTheJournalIsTheWriters: where truth.db could not be committed at
// opening, it lacks judgements that were acknowledged, and nobody keeps them aside.
func TestWhatTheFullDiskKeptInTheJournalIsTheWriters(t *testing.T) {
	s := crowd(t, 3)
	learn(t, s, "user 1", 2)
	s.judges.lock.Lock()
	clear(s.judges.unsettled)
	s.judges.drop("t", "user 1")
	s.judges.lock.Unlock()
	s.judges.open(s.tx, true)
	if is := known(t, s, "user 1"); is == nil || len(is.Judged) != 2 {
		t.Errorf("%+v", is)
	}
	if err := s.between(context.Background(), s.checkpoint); err != nil || s.judges.writersTurn.Load() {
		t.Errorf("the writer is asked after truth.db was committed: %v", err)
	}
}

func TestManyWhoJudgeInOneGroupHaveTruthCommitted(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	if _, err := s.Add(context.Background(), notes(5)); err != nil {
		t.Fatal(err)
	}
	for _, users := range []int{unsettledMax - 1, unsettledMax} {
		var group []*request
		for i := range users {
			r := newRequest(context.Background())
			r.judging = &judging{tenant: "t", user: fmt.Sprint("user ", i), add: []model.Judgement{{ID: 1, Value: 1}}}
			group = append(group, r)
		}
		if err := s.between(context.Background(), func() error { s.commit(group); return nil }); err != nil {
			t.Fatal(err)
		}
		aside := 0
		if err := s.between(context.Background(), func() error { aside = len(s.judges.unsettled); return nil }); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: users, false: 0}[users < unsettledMax]; aside != want {
			t.Errorf("of %d users %d are kept aside, want %d", users, aside, want)
		}
	}
}

func TestAChangeOfAMemoryReadsNoJudgements(t *testing.T) {
	s := crowd(t, 300)
	for i := range 200 {
		known(t, s, fmt.Sprint("user ", i))
	}
	before := loaded(s)
	for i, change := range []func() error{
		func() error {
			_, err := s.Update(context.Background(), 1, &model.Patch{Text: new("another")})
			return err
		},
		func() error { _, err := s.Delete(context.Background(), []model.ID{1}); return err },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if n := loaded(s); before < 190 || n != 0 {
			t.Errorf("change %d: %d of %d users are in memory", i, n, before)
		}
	}
	if list, err := s.Judgements(context.Background(), "t", "user 7"); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

func TestAQuestionBesideClosingIsAnsweredOrToldSo(t *testing.T) {
	for range 20 {
		s := crowd(t, 100)
		var group sync.WaitGroup
		for g := range 4 {
			group.Go(func() {
				for i := range 100 {
					is, err := s.Judge("t", fmt.Sprint("user ", (i+g*25)%100))
					if err != nil && !errors.Is(err, model.ErrClosed) || err == nil && (is == nil || is.Warning != "" || len(is.Judged) != 1) {
						t.Errorf("%+v %v", is, err)
						return
					}
				}
			})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		if _, err := s.Judge("t", "user of nowhere"); !errors.Is(err, model.ErrClosed) {
			t.Error(err)
		}
	}
}

// TestATruthThatCannotBeReadLeavesQuestionsTheirAnswers takes its type from a page of
// judgements in truth.db: whoever looks into it fails as bbolt asserts.
func TestATruthThatCannotBeReadLeavesQuestionsTheirAnswers(t *testing.T) {
	s := crowd(t, 400)
	dir := s.dir
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, whole := judged(t, dir, "user 250", 1)
	data, err := os.ReadFile(filepath.Join(dir, truthName))
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; ; {
		i := bytes.Index(data[from:], whole)
		if i < 0 {
			break
		}
		page := (from + i) / os.Getpagesize() * os.Getpagesize()
		copy(data[page+8:], []byte{0, 0})
		from += i + 1
	}
	if err := os.WriteFile(filepath.Join(dir, truthName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	if is := known(t, s, "user 250"); is == nil || is.Warning == "" || len(is.Judged) != 0 {
		t.Errorf("%+v", is)
	}
	if is := known(t, s, "user 0"); is == nil || is.Warning != "" || len(is.Judged) != 1 {
		t.Errorf("%+v", is)
	}
}

// TestWhatIsKnownOfAUserIsWhatWasAcknowledged is about writers who judge, forget, change and
// delete, compactions, and readers beside them. The users of each writer are its own: between
// two of its calls readers find exactly what it has said, from memory or read again.
func TestWhatIsKnownOfAUserIsWhatWasAcknowledged(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	const writers, usersEach, memories = 3, 4, 60
	if _, err := s.Add(context.Background(), notes(memories)); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var readers, group sync.WaitGroup
	for g := range 2 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 8))
			last := map[string]*Judge{}
			for !stop.Load() {
				user := fmt.Sprintf("user %d %d", r.IntN(writers), r.IntN(usersEach))
				is, err := s.Judge("t", user)
				if err != nil || is != nil && is.user != user {
					t.Errorf("%s: %+v %v", user, is, err)
					return
				}
				if old := last[user]; is != nil && old != nil && old.Epoch > is.Epoch || is != nil && old != nil && old.Epoch == is.Epoch && !reflect.DeepEqual(old.Judged, is.Judged) {
					t.Errorf("%s: number %d after %d", user, is.Epoch, old.Epoch)
					return
				}
				if is != nil {
					last[user] = is
				}
				if r.IntN(4) == 0 { // others ask
					s.judges.sets[r.IntN(judgeSets)][r.IntN(judgeWays)].Store(nil)
				}
			}
		})
	}
	for w := range writers {
		group.Go(func() { judgeAtRandom(t, s, w, usersEach, memories/writers) })
	}
	group.Wait()
	stop.Store(true)
	readers.Wait()
	if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Error(report.Faults, err)
	}
}

// judgeAtRandom is one writer: its memories are a part of all, and it alone changes them.
func judgeAtRandom(t *testing.T, s *Store, w, users, each int) {
	r := rand.New(rand.NewPCG(uint64(w), 7))
	ctx, m := context.Background(), newJudged(w, each)
	for step := range 300 {
		user := fmt.Sprintf("user %d %d", w, r.IntN(users))
		var err error
		switch what := r.IntN(20); {
		case what < 12:
			err = m.learn(ctx, s, user, r)
		case what == 12:
			err = m.forget(ctx, s, user)
		case what < 15:
			err = m.remove(ctx, s, r)
		case what < 18:
			err = m.change(ctx, s, r, step)
		case what == 18 && step%50 == 0:
			err = s.Compact(ctx)
		default:
			err = s.between(ctx, s.checkpoint)
		}
		if err != nil {
			t.Errorf("step %d: %v", step, err)
			return
		}
		if r.IntN(3) == 0 {
			s.judges.lock.Lock()
			s.judges.drop("t", user)
			s.judges.lock.Unlock()
		}
		is, err := s.Judge("t", user)
		if got, want := m.shown(is), m.said[user]; err != nil || !slices.Equal(got, want) {
			t.Errorf("step %d: %s said %v, want %v: %v", step, user, got, want, err)
			return
		}
		list, err := s.Judgements(ctx, "t", user)
		if err != nil || len(list) != len(m.said[user]) {
			t.Errorf("step %d: %s: %d judgements, want %d: %v", step, user, len(list), len(m.said[user]), err)
			return
		}
	}
}

// judgedModel is what a writer has done.
type judgedModel struct {
	there []model.ID
	said  map[string][]model.ID // by user, oldest first, of memories that are there
}

func newJudged(w, each int) *judgedModel {
	m := &judgedModel{said: map[string][]model.ID{}}
	for i := range each {
		m.there = append(m.there, model.ID(w*each+i+1))
	}
	return m
}

// shown returns of what is known what a view shows.
func (m *judgedModel) shown(is *Judge) (ids []model.ID) {
	if is == nil {
		return nil
	}
	for _, one := range is.Judged {
		if slices.Contains(m.there, one.ID) {
			ids = append(ids, one.ID)
		}
	}
	return ids
}

func (m *judgedModel) any(r *rand.Rand) model.ID { return m.there[r.IntN(len(m.there))] }

func (m *judgedModel) learn(ctx context.Context, s *Store, user string, r *rand.Rand) error {
	id := m.any(r)
	m.said[user] = append(m.said[user], id)
	return s.Learn(ctx, "t", user, []model.Judgement{{ID: id, Value: .5}})
}

func (m *judgedModel) forget(ctx context.Context, s *Store, user string) error {
	want := len(m.said[user])
	delete(m.said, user)
	if count, err := s.ForgetJudgements(ctx, "t", user); err != nil || count != want {
		return fmt.Errorf("%d judgements forgotten, want %d: %w", count, want, err)
	}
	return nil
}

func (m *judgedModel) remove(ctx context.Context, s *Store, r *rand.Rand) error {
	if len(m.there) < 5 {
		return nil
	}
	id := m.any(r)
	m.there = slices.DeleteFunc(m.there, func(there model.ID) bool { return there == id })
	for user, list := range m.said {
		m.said[user] = slices.DeleteFunc(list, func(said model.ID) bool { return said == id })
	}
	_, err := s.Delete(ctx, []model.ID{id})
	return err
}

func (m *judgedModel) change(ctx context.Context, s *Store, r *rand.Rand, step int) error {
	_, err := s.Update(ctx, m.any(r), &model.Patch{Text: new(fmt.Sprint("changed in step ", step))})
	return err
}
