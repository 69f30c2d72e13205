package store

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// judged returns the bytes of truth.db that a judgement of a closed store stands in: its key,
// and the value that follows it in the page.
func judged(t *testing.T, dir, user string, number model.ID) (key, whole []byte) {
	t.Helper()
	key = append(judgePrefix("t", user), idBytes(number)...)
	err := viewTruth(dir, func(tx *bolt.Tx) error {
		whole = append(bytes.Clone(key), tx.Bucket(bucketJudged).Get(key)...)
		return nil
	})
	if err != nil || len(whole) == len(key) {
		t.Fatalf("judgement %d of %s: %v", number, user, err)
	}
	return key, whole
}

// copyStore copies a closed store, and flips bits of one byte in truth.db wherever bytes stand.
func copyStore(t *testing.T, dir string, whole []byte, at int, bits byte) (damaged string) {
	t.Helper()
	damaged = filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(damaged, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(damaged, truthName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for from := 0; ; count++ {
		i := bytes.Index(data[from:], whole)
		if i < 0 {
			break
		}
		data[from+i+at] ^= bits
		from += i + len(whole)
	}
	if count == 0 {
		t.Fatal("the judgement is not in the file")
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return damaged
}

// said returns what is known of a user, as memories.
func said(t *testing.T, s *Store, user string) string {
	t.Helper()
	list, err := s.Judgements(context.Background(), "t", user)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, j := range list {
		fmt.Fprint(&b, j.ID, " ")
	}
	var kept strings.Builder
	if is := known(t, s, user); is != nil {
		for _, one := range is.Judged {
			fmt.Fprint(&kept, one.ID, " ")
		}
	}
	if b.String() != kept.String() {
		t.Errorf("%s: the truth has %s, questions know of %s", user, &b, &kept)
	}
	return b.String()
}

// TestADamagedJudgementHindersNothing flips bits of each byte of a judgement, key and value,
// in truth.db itself, of few users in one page and of many in several. The store opens, knows
// all other judgements, takes new ones, changes of the memory, and names the damage; when the
// user is forgotten it is gone.
func TestADamagedJudgementHindersNothing(t *testing.T) {
	for _, users := range []int{3, 400} {
		dir := t.TempDir()
		s := openStore(t, dir, Options{})
		ids, err := s.Add(context.Background(), notes(9))
		if err != nil {
			t.Fatal(err)
		}
		for i := range users {
			learn(t, s, fmt.Sprintf("user %03d", i), ids[1], ids[2], ids[3])
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		victim := users / 2
		name := func(i int) string { return fmt.Sprintf("user %03d", i) }
		key, whole := judged(t, dir, name(victim), 2)
		step := 1
		if users > 3 {
			step = 3
		}
		for at := 0; at < len(whole); at += step {
			for _, bits := range []byte{1, 0x41, 0x80} {
				damaged := copyStore(t, dir, whole, at, bits)
				what := fmt.Sprintf("%d users, byte %d of %d (key %d), bits %#x", users, at, len(whole), len(key), bits)
				checkDamaged(t, what, damaged, name, victim, users, ids, at < len(key))
				if t.Failed() {
					return
				}
			}
		}
	}
}

// checkDamaged holds what is promised of a store whose user victim has lost the second of
// three judgements.
func checkDamaged(t *testing.T, what, dir string, name func(int) string, victim, users int, ids []model.ID, keyAlone bool) {
	t.Helper()
	mended := ""
	if keyAlone { // the memory leads to it, and its checksum tells that it is that
		mended = fmt.Sprint(ids[2], " ")
	}
	three := fmt.Sprint(ids[1], " ", ids[2], " ", ids[3], " ")
	want := func(s *Store, i int, list string) {
		t.Helper()
		if got := said(t, s, name(i)); got != list {
			t.Errorf("%s: %s said %q, want %q", what, name(i), got, list)
		}
	}
	for _, readOnly := range []bool{true, false} {
		s := openStore(t, dir, Options{ReadOnly: readOnly})
		want(s, victim, fmt.Sprint(ids[1], " ", ids[3], " "))
		for _, i := range []int{0, victim - 1, victim + 1, users - 1} {
			want(s, i, three)
		}
		if st, err := s.Stats(); err != nil || st.DamagedJudgements != 1 {
			t.Errorf("%s: %d damaged judgements counted, %v", what, st.DamagedJudgements, err)
		}
		report, err := s.Verify(context.Background())
		if err != nil || !strings.Contains(strings.Join(report.Faults, "\n"), fmt.Sprintf("%q of tenant \"t\"", name(victim))) {
			t.Errorf("%s: verify: %q, %v", what, report.Faults, err)
		}
		if readOnly {
			s.Close()
			continue
		}
		learn(t, s, name(victim), ids[5])
		learn(t, s, name(victim+1), ids[5])
		want(s, victim, fmt.Sprint(ids[1], " ", mended, ids[3], " ", ids[5], " "))
		want(s, victim+1, three+fmt.Sprint(ids[5], " "))
		if _, err := s.Update(context.Background(), ids[2], &model.Patch{Text: new("another text")}); err != nil {
			t.Errorf("%s: update: %v", what, err)
		}
		if _, err := s.ForgetJudgements(context.Background(), "t", name(victim)); err != nil {
			t.Errorf("%s: forget: %v", what, err)
		}
		want(s, victim, "")
		want(s, victim-1, three)
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
			t.Errorf("%s: after forgetting: %q, %v", what, report.Faults, err)
		}
		if st, err := s.Stats(); err != nil || st.DamagedJudgements != 0 {
			t.Errorf("%s: after forgetting %d damaged judgements counted, %v", what, st.DamagedJudgements, err)
		}
		if _, err := s.Delete(context.Background(), ids[1:3]); err != nil {
			t.Errorf("%s: delete: %v", what, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: close: %v", what, err)
		}
		s = openStore(t, dir, Options{})
		want(s, victim+1, fmt.Sprint(ids[3], " ", ids[5], " "))
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
			t.Errorf("%s: opened again: %q, %v", what, report.Faults, err)
		}
		s.Close()
	}
}

// TestAMemoryWithADamagedJudgementIsDeletedLikeOthers: what leads to a judgement is known
// without reading it.
func TestAMemoryWithADamagedJudgementIsDeletedLikeOthers(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ids, err := s.Add(context.Background(), notes(5))
	if err != nil {
		t.Fatal(err)
	}
	learn(t, s, "anna", ids[0], ids[1])
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	key, whole := judged(t, dir, "anna", 2)
	s = openStore(t, copyStore(t, dir, whole, len(key)+5, 1), Options{})
	if _, err := s.Delete(context.Background(), ids[1:2]); err != nil {
		t.Fatal(err)
	}
	if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%q %v", report.Faults, err)
	}
	if got := said(t, s, "anna"); got != fmt.Sprint(ids[0], " ") {
		t.Error(got)
	}
}

// TestCompactingLosesNoJudgementToADamagedKey: the copy is sorted, and the key with it.
func TestCompactingLosesNoJudgementToADamagedKey(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ids, err := s.Add(context.Background(), notes(5))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"anna", "ben", "carl"} {
		learn(t, s, user, ids[0], ids[1])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	key, whole := judged(t, dir, "ben", 1)
	for at := range key {
		damaged := copyStore(t, dir, whole, at, 0x20)
		s := openStore(t, damaged, Options{})
		if err := s.Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := said(t, s, "ben"); got != fmt.Sprint(ids[0], " ", ids[1], " ") {
			t.Errorf("byte %d: %q", at, got)
		}
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
			t.Errorf("byte %d: %q %v", at, report.Faults, err)
		}
	}
}

// TestADeletionMendsAPageWhoseFirstKeyIsDamaged: bbolt finds the page above by that key, and
// would leave two pages of one bucket where there was one. Whichever judgement of whichever page
// is damaged, what leads to another memory's judgements is erased from a sound bucket.
func TestADeletionMendsAPageWhoseFirstKeyIsDamaged(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	ids, err := s.Add(context.Background(), notes(5))
	if err != nil {
		t.Fatal(err)
	}
	const users = 150 // several pages
	for u := range users {
		learn(t, s, fmt.Sprintf("user%03d", u), ids[0], ids[1])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for u := 0; u < users; u += 3 {
		key, whole := judged(t, dir, fmt.Sprintf("user%03d", u), 1)
		s := openStore(t, copyStore(t, dir, whole, len(key)-9, 0x08), Options{})
		if _, err := s.Delete(context.Background(), ids[1:2]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Add(context.Background(), notes(200)); err != nil { // freed pages are used again
			t.Fatal(err)
		}
		if err := s.Compact(context.Background()); err != nil {
			t.Fatal(err)
		}
		for v := range users {
			if got := said(t, s, fmt.Sprintf("user%03d", v)); got != fmt.Sprint(ids[0], " ") {
				t.Errorf("user %d damaged, user %d: %q", u, v, got)
			}
		}
		if report, err := s.Verify(context.Background()); err != nil || len(report.Faults) > 0 {
			t.Errorf("user %d: %q %v", u, report.Faults, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
