package store

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

func learn(t *testing.T, s *Store, user string, ids ...model.ID) {
	t.Helper()
	var list []model.Judgement
	for _, id := range ids {
		list = append(list, model.Judgement{ID: id, Value: .5, Question: "what of it?"})
	}
	if err := s.Learn(context.Background(), "t", user, list); err != nil {
		t.Fatal(err)
	}
}

// known returns what is known of a user of tenant "t".
func known(t *testing.T, s *Store, user string) *Judge {
	t.Helper()
	is, err := s.Judge("t", user)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestNamesOfJudgesDoNotRunIntoEachOther(t *testing.T) {
	names := [][2]string{{"", ""}, {"", "ab"}, {"a", "b"}, {"ab", ""}, {"a", "b\x00"}, {"\x01a", "b"}}
	for _, a := range names {
		for _, b := range names {
			if p, q := judgePrefix(a[0], a[1]), judgePrefix(b[0], b[1]); a != b && bytes.HasPrefix(append(p, idBytes(1)...), q) {
				t.Errorf("%q is found under %q", a, b)
			}
		}
		tenant, user, err := judgeOf(append(judgePrefix(a[0], a[1]), idBytes(9)...))
		if err != nil || tenant != a[0] || user != a[1] {
			t.Errorf("%q comes back as %q, %q: %v", a, tenant, user, err)
		}
	}
}

func TestJudgementsAreDurableWhenAcknowledged(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	ids, err := s.Add(context.Background(), notes(30))
	if err != nil {
		t.Fatal(err)
	}
	learn(t, s, "anna", ids[:5]...)
	learn(t, s, "ben", ids[3])
	copied := crashed(t, s) // while it is open: the journal has them
	for _, readOnly := range []bool{true, false} {
		again := openStore(t, copied, Options{ReadOnly: readOnly})
		list, err := again.Judgements(context.Background(), "t", "anna")
		if err != nil || len(list) != 5 || list[4].ID != ids[4] || list[4].Question != "what of it?" || time.Since(list[4].Time) > time.Minute {
			t.Fatalf("%+v %v", list, err)
		}
		if is := known(t, again, "ben"); is == nil || len(is.Judged) != 1 || is.Judged[0].Value != .5 {
			t.Fatalf("%+v", is)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARefusedJudgementChangesNothing(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	ids, err := s.Add(context.Background(), notes(5))
	if err != nil {
		t.Fatal(err)
	}
	learn(t, s, "anna", ids[0], 99) // the second is passed over
	before := known(t, s, "anna")
	if err := s.Learn(context.Background(), "t", "anna", []model.Judgement{{ID: 99}, {ID: ids[1]}}); !errors.Is(err, model.ErrNotFound) {
		t.Fatal(err)
	}
	if after := known(t, s, "anna"); after != before || len(before.Judged) != 1 {
		t.Errorf("%+v", after)
	}
}

// TestVerifyFindsDamagedJudgements damages each kind of entry.
func TestVerifyFindsDamagedJudgements(t *testing.T) {
	key := append(judgePrefix("t", "anna"), idBytes(1)...)
	for name, damage := range map[string]func(judged, judges *bolt.Bucket) error{
		"a flipped bit": func(judged, _ *bolt.Bucket) error {
			v := bytes.Clone(judged.Get(key))
			v[5] ^= 1
			return judged.Put(key, v)
		},
		"a lost index":     func(_, judges *bolt.Bucket) error { return judges.Delete(append(idBytes(1), key...)) },
		"a lost judgement": func(judged, _ *bolt.Bucket) error { return judged.Delete(key) },
		"a memory that is not there": func(judged, _ *bolt.Bucket) error {
			return judged.Put(key, sealJudgement(key, &model.Judgement{ID: 99}))
		},
	} {
		s := openStore(t, t.TempDir(), Options{})
		if _, err := s.Add(context.Background(), notes(5)); err != nil {
			t.Fatal(err)
		}
		learn(t, s, "anna", 1)
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) != 0 {
			t.Fatal(report, err)
		}
		err := s.between(context.Background(), func() error {
			if err := s.begin(); err != nil {
				return err
			}
			return damage(s.tx.Bucket(bucketJudged), s.tx.Bucket(bucketJudges))
		})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) == 0 {
			t.Errorf("%s: %v %v", name, report, err)
		}
	}
}

func TestOlderTruthsGetJudges(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ids, err := s.Add(context.Background(), notes(5))
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := openFile(filepath.Join(dir, truthName), false)
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error {
			return errors.Join(tx.DeleteBucket(bucketJudged), tx.DeleteBucket(bucketJudges))
		})
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	setFormat(t, dir, 4)
	for _, readOnly := range []bool{true, false} {
		s := openStore(t, dir, Options{ReadOnly: readOnly})
		if list, err := s.Judgements(context.Background(), "t", "anna"); err != nil || list != nil || known(t, s, "anna") != nil {
			t.Fatal(list, err)
		}
		if !readOnly {
			learn(t, s, "anna", ids[0])
		}
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) != 0 {
			t.Fatal(report, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzJudgement: any bytes are read or refused, and what is read is what was written.
func FuzzJudgement(f *testing.F) {
	key := append(judgePrefix("tenant", "user"), idBytes(7)...)
	f.Add(sealJudgement(key, &model.Judgement{ID: 5, Value: -.5, Question: "où?", Implicit: true, Time: time.UnixMicro(1).UTC()}), true)
	f.Add(sealJudgement(key, &model.Judgement{}), false)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, value []byte, seal bool) {
		if seal { // past the checksum
			value = sealRecord(key, bytes.Clone(value[:max(0, len(value)-recordSumBytes)]))
		}
		j, err := openJudgement(key, value)
		if err != nil {
			if !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
				t.Fatal(err)
			}
			return
		}
		if math.IsNaN(j.Value) || len(j.Question) > model.JudgedQuestionMax {
			t.Fatalf("%+v", j)
		}
		if again, err := openJudgement(key, sealJudgement(key, &j)); err != nil || !reflect.DeepEqual(again, j) {
			t.Fatalf("%+v, want %+v: %v", again, j, err)
		}
		_, _, _ = judgeOf(value)
	})
}
