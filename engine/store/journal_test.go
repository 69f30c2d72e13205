package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
)

// faultyFile is a journal's file that fails: a write after half of its bytes.
type faultyFile struct {
	journalFile
	write, sync  error
	syncs, fails int
}

func (f *faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if f.write == nil {
		return f.journalFile.WriteAt(p, at)
	}
	f.fails++
	n, _ := f.journalFile.WriteAt(p[:len(p)/2], at)
	return n, f.write
}

func (f *faultyFile) Datasync() error {
	f.syncs++
	if f.sync != nil {
		f.fails++
	}
	return errors.Join(f.journalFile.Datasync(), f.sync)
}

// faulty puts such a file under an open store, whose writer is idle and sees it by the
// next request.
func faulty(s *Store) *faultyFile {
	f := &faultyFile{journalFile: s.journal.file}
	s.journal.file = f
	return f
}

// crashed copies a store's files as they stand, as after SIGKILL.
func crashed(t testing.TB, s *Store) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "crashed")
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustAdd(t testing.TB, s *Store, memories ...model.Memory) []model.ID {
	t.Helper()
	for i := range memories {
		if err := memories[i].Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	ids, err := s.Add(context.Background(), memories)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// pending adds so many memories, one group each, that only the journal holds, updates
// the first and deletes the second.
func pending(t testing.TB, s *Store, count int) {
	t.Helper()
	for i := range count {
		mustAdd(t, s, model.Memory{Key: fmt.Sprint("pending-", i), Text: fmt.Sprintf("pending note %d", i)})
	}
	if _, err := s.Update(context.Background(), 1, &model.Patch{Text: new("pending note changed")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(context.Background(), []model.ID{2}); err != nil {
		t.Fatal(err)
	}
	if s.tx == nil || s.journal.end == 0 {
		t.Fatal("nothing is pending: the test sees nothing")
	}
}

// wantPending wants exactly that in a store.
func wantPending(t testing.TB, s *Store, count int) {
	t.Helper()
	report, err := s.Verify(context.Background())
	if err != nil || len(report.Faults) > 0 || report.Memories != uint64(count-1) {
		t.Fatalf("%d memories, %v, %v", report.Memories, err, report.Faults)
	}
	view, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Release()
	ref, ok := view.Find(1)
	if m, err := view.Memory(ref, false); !ok || err != nil || m.Text != "pending note changed" || m.Version != 2 {
		t.Fatalf("memory 1: %v %+v %v", ok, m, err)
	}
	if _, there := view.Find(2); there {
		t.Fatal("memory 2 is back")
	}
}

func TestAJournalIsTakenUp(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 20)
	again := openStore(t, crashed(t, s), Options{})
	wantPending(t, again, 20)
	if ids := mustAdd(t, again, model.Memory{Text: "one more"}); ids[0] != 22 { // 20 adds and an update
		t.Fatalf("memory %d", ids[0])
	}
	if st, _ := again.Stats(); st.Memories != 20 {
		t.Fatalf("%+v", st)
	}
	dir := again.dir
	again.Close()
	if info, err := os.Stat(filepath.Join(dir, journalName)); err != nil || info.Size() > headerBytes {
		t.Fatalf("after Close: %v %v", info, err)
	}
	if st, _ := openStore(t, dir, Options{}).Stats(); st.Memories != 20 {
		t.Fatalf("%+v", st)
	}
}

// TestAJournalServesReadOnly opens a crashed store for reading, twice at once: all is
// there, backed up too, and no byte of the directory changes.
func TestAJournalServesReadOnly(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 20)
	dir := crashed(t, s)
	before := readFile(t, filepath.Join(dir, truthName))
	log := readFile(t, filepath.Join(dir, journalName))
	for _, name := range []string{truthName, journalName} {
		if err := os.Chmod(filepath.Join(dir, name), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	one, two := openStore(t, dir, Options{ReadOnly: true}), openStore(t, dir, Options{ReadOnly: true})
	wantPending(t, one, 20)
	wantPending(t, two, 20)
	backup := filepath.Join(t.TempDir(), "backup")
	if n, err := one.Backup(context.Background(), backup, nil); n != 19 || err != nil {
		t.Fatal(n, err)
	}
	one.Close()
	two.Close()
	restored := filepath.Join(t.TempDir(), "restored")
	if n, err := Restore(context.Background(), backup, restored, nil); n != 19 || err != nil {
		t.Fatal(n, err)
	}
	wantPending(t, openStore(t, restored, Options{}), 20)
	if !bytes.Equal(readFile(t, filepath.Join(dir, truthName)), before) || !bytes.Equal(readFile(t, filepath.Join(dir, journalName)), log) {
		t.Fatal("a byte has changed")
	}
}

// TestATornTailIsNoGroup cuts the journal at every place within its last groups: what
// comes before is there, what was cut is not, and the store takes writes.
func TestATornTailIsNoGroup(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 5)
	ends := []int64{s.journal.end}
	for i := range 3 {
		mustAdd(t, s, model.Memory{Text: fmt.Sprint("tail ", i, strings.Repeat(" long", 1500*i))})
		ends = append(ends, s.journal.end)
	}
	dir := crashed(t, s)
	whole := readFile(t, filepath.Join(dir, journalName))
	for cut := ends[0]; cut < ends[3]; cut += 1021 {
		want := 4
		for _, end := range ends[1:] {
			if cut >= end {
				want++
			}
		}
		torn := bytes.Clone(whole)
		clear(torn[cut:])
		again := filepath.Join(t.TempDir(), "torn")
		if err := errors.Join(os.CopyFS(again, os.DirFS(dir)), os.WriteFile(filepath.Join(again, journalName), torn, 0o600)); err != nil {
			t.Fatal(err)
		}
		r, err := Open(context.Background(), again, Options{})
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", cut, ends[3], err)
		}
		st, _ := r.Stats()
		if int(st.Memories) != want {
			t.Fatalf("cut at %d, groups end at %v: %d memories, want %d", cut, ends, st.Memories, want)
		}
		mustAdd(t, r, model.Memory{Text: "after"})
		wantSound(t, r, want+1)
		r.Close()
	}
}

// TestADamagedGroupAmongOthersIsCorrupt flips a byte of each group but the last.
func TestADamagedGroupAmongOthersIsCorrupt(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 5)
	dir := crashed(t, s)
	for at := int64(journalPage); at < s.journal.end-journalPage; at += journalPage {
		path := filepath.Join(dir, journalName)
		whole := readFile(t, path)
		damaged := bytes.Clone(whole)
		damaged[at+30] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, readOnly := range []bool{true, false} {
			if _, err := Open(context.Background(), dir, Options{ReadOnly: readOnly}); !errors.Is(err, model.ErrCorrupt) {
				t.Fatalf("group at %d: %v", at, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantPending(t, openStore(t, dir, Options{}), 5)
}

// TestATruthOlderThanItsJournalIsCorrupt puts an earlier truth.db beside a journal, as
// somebody does who copies the files of an open store one after another.
func TestATruthOlderThanItsJournalIsCorrupt(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	mustAdd(t, s, notes(3)...)
	old := readFile(t, filepath.Join(s.dir, truthName))
	if err := s.between(context.Background(), s.checkpoint); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, s, notes(2)...)
	dir := crashed(t, s)
	if err := os.WriteFile(filepath.Join(dir, truthName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, model.ErrCorrupt) || !strings.Contains(err.Error(), "older") {
		t.Fatal(err)
	}
}

// TestOldGroupsAreNoNews lets a round end and the next begin: what the file still holds
// of the first, whole groups behind the new ones, is not taken for news.
func TestOldGroupsAreNoNews(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 8)
	if err := s.between(context.Background(), s.checkpoint); err != nil {
		t.Fatal(err)
	}
	again := openStore(t, crashed(t, s), Options{}) // the journal still holds the whole round
	wantPending(t, again, 8)
	mustAdd(t, s, notes(1)...)
	if st, _ := openStore(t, crashed(t, s), Options{}).Stats(); st.Memories != 8 {
		t.Fatalf("%+v", st)
	}
}

// TestATextIsNeverAGroup stores texts that are groups but for the salt, at every offset
// within a page, and lets the journal end before them.
func TestATextIsNeverAGroup(t *testing.T) {
	forged := redo{}
	forged.start()
	forged.note(bucketMeta, metaFormat, []byte{0, 0, 0, 9}, false)
	for number := uint64(2); number < 6; number++ {
		s := openStore(t, t.TempDir(), Options{})
		mustAdd(t, s, notes(1)...)
		group := redo{data: bytes.Clone(forged.data)}
		group.seal(round{number, 1}) // of a salt that an attacker guesses
		body := redo{}
		body.start()
		body.note(bucketMemories, idBytes(9), bytes.Repeat(group.data[:64], 400), false)
		s.journal.file.WriteAt(body.data, s.journal.end) // what a group leaves that was not finished
		s.journal.file.WriteAt(group.data, s.journal.end+journalPage)
		if st, err := openStore(t, crashed(t, s), Options{}).Stats(); err != nil || st.Memories != 1 {
			t.Fatalf("%+v %v", st, err)
		}
	}
}

// TestAFullDiskRefusesOnlyWhatItCannotTake lets the journal's writes, then truth.db's
// commits fail for lack of space: what was acknowledged stays, what was refused is not
// there, and writes go on when there is room.
func TestAFullDiskRefusesOnlyWhatItCannotTake(t *testing.T) {
	full := &os.PathError{Op: "write", Path: journalName, Err: syscall.ENOSPC}
	s := openStore(t, t.TempDir(), Options{})
	pending(t, s, 6)
	f := faulty(s)
	f.write = full
	if _, err := s.Add(context.Background(), numbered(3)); !errors.Is(err, model.ErrNoSpace) || f.fails == 0 {
		t.Fatal(err)
	}
	if _, err := s.Delete(context.Background(), []model.ID{1}); !errors.Is(err, model.ErrNoSpace) {
		t.Fatal(err)
	}
	f.write = nil
	s.commitTx = func(tx *bolt.Tx) error { return errors.Join(full, tx.Rollback()) }
	wantPending(t, s, 6) // which finds no room for a commit
	if _, err := s.Backup(context.Background(), filepath.Join(t.TempDir(), "backup"), nil); !errors.Is(err, model.ErrNoSpace) {
		t.Fatal(err)
	}
	big := model.Memory{Text: strings.Repeat("word ", 1000)}
	if _, err := s.Add(context.Background(), repeated(big, directBytes/5000+1)); !errors.Is(err, model.ErrNoSpace) {
		t.Fatal(err)
	}
	s.commitTx = (*bolt.Tx).Commit
	wantPending(t, openStore(t, crashed(t, s), Options{}), 6)
	wantPending(t, s, 6)
	if ids := mustAdd(t, s, numbered(3)...); ids[0] != 8 {
		t.Fatalf("memory %d", ids[0])
	}
	wantSound(t, s, 8)
	wantSound(t, openStore(t, crashed(t, s), Options{}), 8)
}

func repeated(m model.Memory, count int) []model.Memory {
	list := make([]model.Memory, count)
	for i := range list {
		list[i] = m
		if err := list[i].Normalize(); err != nil {
			panic(err)
		}
	}
	return list
}

// TestAFailedSyncIsNeverTriedAgain lets the journal's sync, and the commit of truth.db,
// fail after what they had to write: nobody knows what the disk holds. No write is
// taken any more, even when the disk would take it, nor synced; reads go on; opening
// finds all that was acknowledged.
func TestAFailedSyncIsNeverTriedAgain(t *testing.T) {
	broken := &os.PathError{Op: "fdatasync", Path: journalName, Err: syscall.EIO}
	for name, direct := range map[string]bool{"journal": false, "truth": true} {
		t.Run(name, func(t *testing.T) { failSync(t, broken, direct) })
	}
	t.Run("no space", func(t *testing.T) { // a sync may say that too, and leaves as much open
		failSync(t, &os.PathError{Op: "fdatasync", Path: journalName, Err: syscall.ENOSPC}, false)
	})
}

func failSync(t *testing.T, broken *os.PathError, direct bool) {
	s := openStore(t, t.TempDir(), Options{})
	ctx := context.Background()
	ids := mustAdd(t, s, notes(5)...)
	time.Sleep(2 * restAfter)                // until the writer rests: it looks at nothing below again before the next write
	if _, err := s.Verify(ctx); err != nil { // which waits for the writer
		t.Fatal(err)
	}
	f, commits := faulty(s), 0
	s.commitTx = func(tx *bolt.Tx) error {
		commits++
		return errors.Join(tx.Commit(), broken)
	}
	memories := notes(1)
	if f.sync = broken; direct {
		f.sync, memories = nil, repeated(model.Memory{Text: strings.Repeat("word ", 1000)}, directBytes/5000+1)
	}
	if _, err := s.Add(ctx, memories); !errors.Is(err, broken.Err) {
		t.Fatalf("add: %v", err)
	}
	f.sync = nil
	for name, write := range map[string]func() error{
		"add":       func() error { _, err := s.Add(ctx, notes(1)); return err },
		"update":    func() error { _, err := s.Update(ctx, ids[0], &model.Patch{Importance: new(float32(1))}); return err },
		"supersede": func() error { _, err := s.Supersede(ctx, ids[1], notes(1)[0]); return err },
		"delete":    func() error { _, err := s.Delete(ctx, ids[2:3]); return err },
		"compact":   func() error { return s.Compact(ctx) },
	} {
		if err := write(); !errors.Is(err, broken.Err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	time.Sleep(restAfter + 50*time.Millisecond) // nor when it rests
	if view, err := s.View(); err != nil || view.Documents != 5 || commits+f.syncs != 1 {
		t.Fatalf("%+v %v, %d commits, %d syncs", view, err, commits, f.syncs)
	}
	dir := s.dir
	if s.Close(); commits+f.syncs != 1 {
		t.Fatalf("closing: %d commits, %d syncs", commits, f.syncs)
	}
	s = openStore(t, dir, Options{})
	if st, err := s.Stats(); err != nil || st.Memories < 5 {
		t.Fatalf("%+v %v", st, err)
	}
	if report, err := s.Verify(ctx); err != nil || len(report.Faults) > 0 {
		t.Fatalf("%v %v", report, err)
	}
}

// TestAStoreAtRestHasAnEmptyRound waits until truth.db has everything.
func TestAStoreAtRestHasAnEmptyRound(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	for range 40 {
		mustAdd(t, s, model.Memory{Text: strings.Repeat("much ", 2000)})
	}
	path := filepath.Join(s.dir, journalName)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		rested := false
		if err := s.between(context.Background(), func() error { rested = s.tx == nil; return nil }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err == nil && rested && info.Size() == growMin {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("at rest: %v", rested)
		}
	}
	if err := s.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != headerBytes {
		t.Fatalf("%v %v", info, err)
	}
}

// TestRollbackCountsWhatTheJournalHolds upgrades a store, crashes it with something
// pending, and goes back: what would be lost is told, and the journal goes with it.
func TestRollbackCountsWhatTheJournalHolds(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	mustAdd(t, s, notes(300)...)
	dir := crashed(t, s) // so that no memory file has records, as in that format
	if err := errors.Join(settle(dir, filepath.Join(dir, truthName)), dropJournal(dir)); err != nil {
		t.Fatal(err)
	}
	setFormat(t, dir, 2)
	s = openStore(t, dir, Options{})
	mustAdd(t, s, notes(2)...)
	dir = crashed(t, s)
	if m, err := Migrations(dir); err != nil || m.Kept != 2 || m.Added != 2 || m.Deleted != 0 {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := Rollback(dir, false); !errors.Is(err, model.ErrConflict) {
		t.Fatal(err)
	}
	if m, err := Rollback(dir, true); err != nil || m.Added != 2 {
		t.Fatalf("%+v %v", m, err)
	}
	if st, err := openStore(t, dir, Options{}).Stats(); err != nil || st.Memories != 300 {
		t.Fatalf("%+v %v", st, err)
	}
}

// FuzzJournal replays any file, as it is and with its sums put right: it ends or says
// what is wrong, and hands over what is in there once.
func FuzzJournal(f *testing.F) {
	at := round{7, 99}
	var good bytes.Buffer
	j := &journal{round: at}
	good.Write(append(j.header(), make([]byte, journalPage-headerBytes)...))
	for i := range uint64(3) {
		var r redo
		r.start()
		r.note(bucketMemories, idBytes(model.ID(i+1)), bytes.Repeat([]byte{byte(i)}, int(3000*i)), false)
		r.note(bucketKeys, []byte("key"), nil, i == 2)
		r.seal(round{8 + i, 99})
		good.Write(r.data)
	}
	f.Add(good.Bytes())
	f.Add(good.Bytes()[:journalPage+50])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		for range 2 {
			j := &journal{file: &memoryFile{data}, size: int64(len(data))}
			groups := 0
			err := j.replay(at, func(bucket, key, value []byte, _ bool) error {
				if groups += len(key) + len(value); len(bucket) == 0 || len(key) == 0 {
					t.Fatal("an empty key")
				}
				return nil
			})
			if err != nil && model.CodeOf(err) != model.CodeCorrupt && model.CodeOf(err) != model.CodeUnsupported {
				t.Fatal(err)
			}
			if groups > len(data) || j.end > int64(len(data)+journalPage) {
				t.Fatalf("%d bytes of %d, end %d", groups, len(data), j.end)
			}
			data = mended(bytes.Clone(data), at)
		}
	})
}

// mended gives the first group of a file the sum that it should have.
func mended(data []byte, at round) []byte {
	if len(data) < journalPage+groupHead {
		return data
	}
	head := data[journalPage : journalPage+groupHead]
	length := int(binary.BigEndian.Uint32(head[4:]) & 0xffff)
	if journalPage+groupBytes(length) > len(data) {
		return data
	}
	copy(head, groupMagic[:])
	binary.BigEndian.PutUint32(head[4:], uint32(length))
	binary.BigEndian.PutUint64(head[8:], at.number+1)
	body := data[journalPage+groupHead : journalPage+groupBytes(length)]
	binary.BigEndian.PutUint32(body[len(body)-groupTail:], groupSum(at.salt, head, body[:length]))
	return data
}

type memoryFile struct{ data []byte }

func (f *memoryFile) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(f.data).ReadAt(p, at)
}
func (f *memoryFile) WriteAt([]byte, int64) (int, error) { return 0, os.ErrPermission }
func (f *memoryFile) Truncate(int64) error               { return os.ErrPermission }
func (f *memoryFile) Datasync() error                    { return os.ErrPermission }
func (f *memoryFile) Close() error                       { return nil }

// TestChangesComeBackAsTheyWere notes changes of every bucket and reads them.
func TestChangesComeBackAsTheyWere(t *testing.T) {
	type change struct {
		bucket, key, value string
		deleted            bool
	}
	var r redo
	r.start()
	var want, got []change
	for i, bucket := range allBuckets {
		c := change{string(bucket), strings.Repeat("k", i*i+1), strings.Repeat("v", i*100), false}
		r.note(bucket, []byte(c.key), []byte(c.value), false)
		r.note(bucket, []byte(c.key), nil, true)
		want = append(want, c, change{c.bucket, c.key, "", true})
	}
	err := eachChange(r.data[groupHead:], func(bucket, key, value []byte, deleted bool) error {
		got = append(got, change{string(bucket), string(key), string(value), deleted})
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v\n%v\n%v", err, got, want)
	}
}

// TestRoundsGrowWhereTheyWriteMuchAndShrinkWhereTheyDoNot: see fitRound.
func TestRoundsGrowWhereTheyWriteMuchAndShrinkWhereTheyDoNot(t *testing.T) {
	s := &Store{journal: &journal{}, roundEnd: roundMin}
	for _, c := range []struct {
		what            string
		due, end, pages int64 // bytes
		want            int64 // of the next round
	}{
		{"pages for each record", roundMin, roundMin, 7 * roundMin, 2 * roundMin},
		{"still", 2 * roundMin, 2 * roundMin, 8 * roundMin, 4 * roundMin},
		{"neither much nor little", 4 * roundMin, 4 * roundMin, 12 * roundMin, 4 * roundMin},
		{"ended early, which writes much in any case", 4 * roundMin, roundMin, 9 * roundMin, 4 * roundMin},
		{"much, as truth.db is small and ends it", roundMin, roundMin, 9 * roundMin, 4 * roundMin},
		{"hardly more than the records", 4 * roundMin, 4 * roundMin, 5 * roundMin, 2 * roundMin},
		{"hardly more, as truth.db is small and ends it", roundMin, roundMin, roundMin, roundMin},
		{"never below the least", roundMin, roundMin, roundMin, roundMin},
	} {
		s.journal.end = c.end
		if s.fitRound(c.due, c.pages); s.roundEnd != c.want {
			t.Errorf("%s: %d, want %d", c.what, s.roundEnd, c.want)
		}
	}
	for range 10 {
		s.journal.end = s.roundEnd
		s.fitRound(s.roundEnd, 8*s.roundEnd)
	}
	if s.roundEnd != roundMax {
		t.Errorf("a round of %d, the most is %d", s.roundEnd, roundMax)
	}
}

// TestRoundsOfSmallRecordsUnderKeysInAnyOrderGrow adds so many that nearly each is a page, and
// then large ones without keys.
func TestRoundsOfSmallRecordsUnderKeysInAnyOrderGrow(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, t.TempDir(), Options{Embedder: embed.NewHashing(text.English)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	round := func() (end int64) {
		if err := s.onWriter(func() error { end = s.roundEnd; return nil }); err != nil {
			t.Fatal(err)
		}
		return end
	}
	add := func(memories []model.Memory) {
		for batch := range slices.Chunk(memories, 500) {
			if _, err := s.Add(ctx, batch); err != nil {
				t.Fatal(err)
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for count := 0; round() == roundMin; count += 5000 {
		if count > 400_000 {
			t.Fatal("rounds have not grown")
		}
		memories := numbered(5000)
		for i := range memories {
			memories[i].Key, memories[i].Text = fmt.Sprintf("%016x-of-a-key-that-takes-some-room", random.Uint64()), "tea"
		}
		add(memories)
	}
	for count := 0; round() > roundMin; count += 2000 {
		if count > 100_000 {
			t.Fatal("rounds have not shrunk")
		}
		memories := numbered(2000)
		for i := range memories {
			memories[i].Key, memories[i].Text = "", strings.Repeat("kettle ", 200)
		}
		add(memories)
	}
}
