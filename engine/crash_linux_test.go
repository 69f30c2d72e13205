package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/vfs"
)

const workloadRoot = "NEXUS_CRASH_WORKLOAD"

// storePath is where the workload's store lies below its root: in directories that
// it creates, whose names have to be durable too.
const storePath = "/new/deep/store"

// fate is what is to be expected of a key after a crash.
type fate int

const (
	adding   fate = iota + 1 // there, with all that was added with it, or not
	kept                     // acknowledged: there
	updating                 // there, with its first text or its second
	updated                  // there with its second
	deleting                 // there or not
	gone                     // acknowledged: not there
)

// fits reports whether a text is one that a key of this fate may have.
func (f fate) fits(key, text string) bool {
	first := text == crashText(key) && f != updated
	return first || text == crashText(key)+revision && (f == updating || f == updated || f == deleting)
}

// revision is what an update adds to a text.
const revision = " revised"

// ledger is the fate of every key that the workload has named so far. It never
// changes once a later mark was given.
type ledger struct {
	version int
	fates   map[string]fate
	group   map[string]string // keys added together
}

// after returns the ledger after a mark: "add k1 k2", "added k1 k2", "delete k",
// "deleted k", and likewise of an update.
func (l *ledger) after(mark string) *ledger {
	words := strings.Fields(mark)
	next := &ledger{l.version + 1, maps.Clone(l.fates), l.group}
	become := map[string]fate{"add": adding, "added": kept, "update": updating, "updated": updated, "delete": deleting, "deleted": gone}[words[0]]
	for _, key := range words[1:] {
		next.fates[key] = become
		if become == adding {
			next.group = maps.Clone(next.group)
			next.group[key] = words[1]
		}
	}
	return next
}

// crashText is the text of a key: some fill several pages.
func crashText(key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	count := 5 + int(h.Sum32()%40)
	if h.Sum32()%8 == 0 {
		count *= 20
	}
	return "mark" + strings.ReplaceAll(key, "-", "x") + strings.Repeat(" kettle umbrella harbour", count/3)
}

// crashMarks writes the workload's marks.
type crashMarks struct{ f *os.File }

func (m crashMarks) say(verb string, keys []string) {
	fmt.Fprintf(m.f, "%s %s", verb, strings.Join(keys, " "))
}

func (m crashMarks) add(t *testing.T, db *engine.DB, name string, count int) (ids []engine.ID, keys []string) {
	memories := make([]engine.Memory, count)
	for i := range memories {
		key := name + "-" + strconv.Itoa(i)
		keys = append(keys, key)
		memories[i] = engine.Memory{Key: key, Text: crashText(key), Scope: engine.Scope{Session: "s" + name[:1]}}
	}
	m.say("add", keys)
	ids = add(t, db, memories...)
	m.say("added", keys)
	return ids, keys
}

func (m crashMarks) delete(t *testing.T, db *engine.DB, ids []engine.ID, keys []string) {
	m.say("delete", keys)
	if _, err := db.Delete(ctx, ids...); err != nil {
		t.Error(err)
	}
	m.say("deleted", keys)
}

func (m crashMarks) update(t *testing.T, db *engine.DB, ids []engine.ID, keys []string) {
	for i, key := range keys {
		m.say("update", keys[i:i+1])
		text := crashText(key) + revision
		if _, err := db.Update(ctx, ids[i], engine.Patch{Text: &text}); err != nil {
			t.Error(err)
		}
		m.say("updated", keys[i:i+1])
	}
}

// TestCrashWorkload is what the crash tests trace: adds by several writers,
// updates, deletes, merges to files, compactions, closing and opening, and an end without.
func TestCrashWorkload(t *testing.T) {
	root := os.Getenv(workloadRoot)
	if root == "" {
		t.Skip("run by the crash tests alone")
	}
	m := crashMarks{os.NewFile(marksFD, "marks")}
	dir := filepath.Join(root, storePath)
	db := open(t, dir, engine.Options{})
	ids, keys := writeTogether(t, db, m, "a")
	reopen := func() {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, engine.Options{})
	}
	reopen()
	m.delete(t, db, ids[:len(ids)/2], keys[:len(ids)/2]) // so many that the merger rewrites the file
	awaitMerge(t, db)
	m.add(t, db, "b", 12)
	reopen()
	compact := func() {
		if err := db.Compact(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ids, keys = writeTogether(t, db, m, "c")
	compact()
	m.delete(t, db, ids[:9], keys[:9])
	m.update(t, db, ids[9:14], keys[9:14])
	compact()
	m.update(t, db, ids[20:22], keys[20:22])
	m.add(t, db, "d", 3)
	reopen()
	ids, keys = m.add(t, db, "e", 4)
	m.update(t, db, ids[2:4], keys[2:4])
	m.delete(t, db, ids[1:3], keys[1:3])
	os.Exit(0) // no Close
}

func writeTogether(t *testing.T, db *engine.DB, m crashMarks, name string) (ids []engine.ID, keys []string) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for w := range 3 {
		group.Go(func() {
			for i := range 5 {
				added, named := m.add(t, db, fmt.Sprintf("%s%d-%d", name, w, i), 1+(i*3+w)%8)
				if i == 3 {
					m.delete(t, db, added[:1], named[:1])
					added, named = added[1:], named[1:]
				}
				mu.Lock()
				ids, keys = append(ids, added...), append(keys, named...)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return ids, keys
}

func awaitMerge(t *testing.T, db *engine.DB) {
	t.Helper()
	for range 500 {
		if st, _ := db.Stats(); st.Merges > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nothing was merged")
}

// crashImage is what a crash leaves, and what has to be found in it.
type crashImage struct {
	files vfs.Image
	want  *ledger
	what  string // how it came to be
}

// survivals are ways for pending pieces to survive: each is drawn anew for an
// image and tells of every piece whether it is there.
var survivals = []struct {
	name string
	draw func(r *rand.Rand, pieces []vfs.Piece) func(i int) bool
}{
	{"none", func(*rand.Rand, []vfs.Piece) func(int) bool { return func(int) bool { return false } }},
	{"all", func(*rand.Rand, []vfs.Piece) func(int) bool { return func(int) bool { return true } }},
	{"one operation missing", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		op := p[r.IntN(len(p))].Op
		return func(i int) bool { return p[i].Op != op }
	}},
	{"one operation alone", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		op := p[r.IntN(len(p))].Op
		return func(i int) bool { return p[i].Op == op }
	}},
	{"some operations", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		keep := map[int]bool{}
		for _, x := range p {
			if _, drawn := keep[x.Op]; !drawn {
				keep[x.Op] = r.IntN(2) == 0
			}
		}
		return func(i int) bool { return keep[p[i].Op] }
	}},
	{"the first operations, the last of them torn", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		op := p[r.IntN(len(p))].Op
		return func(i int) bool { return p[i].Op < op || p[i].Op == op && r.IntN(2) == 0 }
	}},
	{"some sectors", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		share := 1 + r.IntN(15)
		return func(int) bool { return r.IntN(16) < share }
	}},
	{"one sector missing", func(r *rand.Rand, p []vfs.Piece) func(int) bool {
		missing := r.IntN(len(p))
		return func(i int) bool { return i != missing }
	}},
	{"names alone", func(_ *rand.Rand, p []vfs.Piece) func(int) bool { return func(i int) bool { return p[i].Entry } }},
	{"all but names", func(_ *rand.Rand, p []vfs.Piece) func(int) bool { return func(i int) bool { return !p[i].Entry } }},
}

// enumerate plays a trace again and again and gives the images of crashes at all
// its points to yield, each content once for each state of knowledge about it,
// until yield returns false. distinct counts contents alone.
func enumerate(calls []sysCall, start func() *player, seed uint64, yield func(crashImage) bool) (distinct int, err error) {
	r := rand.New(rand.NewPCG(seed, 0))
	contents := map[[16]byte]int{} // last ledger version that each was given with
	for round := 0; ; round++ {
		p, want := start(), &ledger{fates: map[string]fate{}, group: map[string]string{}}
		for at := range calls {
			mark, err := p.play(calls[at])
			if err != nil {
				return len(contents), fmt.Errorf("%s: %w", calls[at].name, err)
			}
			if mark != "" {
				want = want.after(mark)
			}
			pieces := p.disk.Pending()
			way := survivals[round%len(survivals)]
			if len(pieces) == 0 {
				way = survivals[0]
			}
			// draw's function is asked once for each piece, in order.
			files := p.disk.Image(way.draw(r, pieces))
			sum := imageSum(files)
			if known, seen := contents[sum]; seen && known == want.version {
				continue
			}
			contents[sum] = want.version
			if !yield(crashImage{files, want, fmt.Sprintf("call %d (%s), %s, seed %d, round %d", at, calls[at].name, way.name, seed, round)}) {
				return len(contents), nil
			}
		}
	}
}

func imageSum(files vfs.Image) [16]byte {
	h := xxh3.New()
	for _, path := range files.Paths() {
		h.WriteString(path)
		fmt.Fprintf(h, "\x00%d\x00", len(files[path]))
		h.Write(files[path])
	}
	return h.Sum128().Bytes()
}

// put writes an image below a directory.
func put(dir string, files vfs.Image) error {
	for _, path := range files.Paths() {
		var err error
		if strings.HasSuffix(path, "/") {
			err = os.MkdirAll(dir+path, 0o700)
		} else {
			err = os.WriteFile(dir+path, files[path], 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkImage opens what a crash left and returns what is wrong with it.
func checkImage(dir string, c crashImage, thorough bool) error {
	if err := put(dir, c.files); err != nil {
		return err
	}
	db, err := engine.Open(dir+storePath, engine.Options{})
	if err != nil {
		return err
	}
	err = checkStore(db, c.want)
	if err == nil && thorough { // it takes writes again, and keeps them
		_, err = db.Add(ctx, engine.Memory{Key: "after", Text: crashText("after")})
		if err = errors.Join(err, db.Close()); err != nil {
			return err
		}
		if db, err = engine.Open(dir+storePath, engine.Options{}); err != nil {
			return fmt.Errorf("opened again: %w", err)
		}
		if _, err = db.GetByKey(ctx, "", "after"); err == nil {
			want := &ledger{0, maps.Clone(c.want.fates), c.want.group}
			want.fates["after"] = kept
			err = checkStore(db, want)
		}
	}
	return errors.Join(err, db.Close())
}

func checkStore(db *engine.DB, want *ledger) error {
	there := map[string]engine.ID{}
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			return err
		}
		if !max(want.fates[m.Key], kept).fits(m.Key, m.Text) || there[m.Key] != 0 {
			return fmt.Errorf("memory %d with key %q is not what was added, or twice there", m.ID, m.Key)
		}
		there[m.Key] = m.ID
	}
	for key, id := range there {
		if f := want.fates[key]; f == 0 || f == gone {
			return fmt.Errorf("%q is there: fate %d", key, f)
		}
		if m, err := db.GetByKey(ctx, "", key); err != nil || m.ID != id {
			return fmt.Errorf("%q by its key: %d, %v", key, m.ID, err)
		}
	}
	for key, f := range want.fates {
		whole := f == adding && there[want.group[key]] != 0
		if there[key] == 0 && (f >= kept && f <= updated || whole) || there[key] != 0 && f == adding && !whole {
			return fmt.Errorf("%q is lost: fate %d, of the group of %q", key, f, want.group[key])
		}
	}
	if st, err := db.Stats(); err != nil || st.Discarded > 0 {
		return fmt.Errorf("%d segment files were named before they were durable: %v", st.Discarded, err)
	}
	if report, err := db.Verify(ctx); err != nil || len(report.Faults) > 0 {
		return fmt.Errorf("verify: %v %v", err, report.Faults)
	}
	return checkAnswers(db, want, there)
}

// checkAnswers asks for a few keys' own words.
func checkAnswers(db *engine.DB, want *ledger, there map[string]engine.ID) error {
	asked := 0
	for key := range want.fates { // in any order
		if asked++; asked > 3 {
			break
		}
		word, _, _ := strings.Cut(crashText(key), " ")
		a, err := db.Query(ctx, engine.Query{Text: word, K: 1, Engines: []string{"lexical"}})
		if err != nil {
			return err
		}
		if found := len(a.Hits) > 0; found != (there[key] != 0) || found && a.Hits[0].ID != there[key] {
			return fmt.Errorf("asked for %q: %d hits, it is memory %d", key, len(a.Hits), there[key])
		}
	}
	return nil
}

// crashRoot is where images are written: in memory where the system has such a place.
func crashRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "nexus-crash-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// crashSeconds is how long images are enumerated.
func crashSeconds() time.Duration {
	if seconds, err := strconv.Atoi(os.Getenv("NEXUS_CRASH_SECONDS")); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if testing.Short() {
		return 3 * time.Second
	}
	return 20 * time.Second
}

// crashWorkers are the images open at a time for each processor: some wait.
const crashWorkers = 3

// crashes checks images of a trace until time is up or one is wrong, which it returns.
func crashes(t *testing.T, calls []sysCall, start func() *player, limit time.Duration) (distinct int, wrong error) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("NEXUS_CRASH_SEED"), 10, 64); err == nil {
		seed = s
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // stores are small, and each is gone at once
	place, images := crashRoot(t), make(chan crashImage)
	end, failed := context.WithTimeoutCause(ctx, limit, nil)
	defer failed()
	var group sync.WaitGroup
	var mu sync.Mutex
	for w := range crashWorkers * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			n := 0
			for c := range images {
				dir := filepath.Join(place, fmt.Sprintf("%d-%d", w, n))
				if err := checkImage(dir, c, n%16 == 0); err != nil {
					mu.Lock()
					if wrong == nil {
						wrong = fmt.Errorf("%s: %w", c.what, err)
					}
					mu.Unlock()
					failed()
				}
				os.RemoveAll(dir)
				n++
			}
		})
	}
	distinct, err := enumerate(calls, start, seed, func(c crashImage) bool {
		select {
		case images <- c:
			return true
		case <-end.Done():
			return false
		}
	})
	close(images)
	group.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return distinct, wrong
}

// wantFaithful wants a trace, played to its end, to give what is really there.
func wantFaithful(t *testing.T, calls []sysCall, root string) {
	t.Helper()
	p, marks := newPlayer(root), 0
	for _, c := range calls {
		mark, err := p.play(c)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if mark != "" {
			marks++
		}
	}
	played := p.disk.Image(func(int) bool { return true })
	real := filesBelow(t, root)
	for _, path := range real {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := played[strings.TrimPrefix(path, root)]; !bytes.Equal(got, data) {
			t.Errorf("%s has %d bytes, played back %d or others", path, len(data), len(got))
		}
	}
	files := slices.DeleteFunc(played.Paths(), func(path string) bool { return strings.HasSuffix(path, "/") })
	if len(files) != len(real) || marks < 50 {
		t.Fatalf("played back %q, there are %q; %d marks", files, real, marks)
	}
}

// TestNoCrashLosesWhatWasAcknowledged opens what crashes at all points of a real
// workload may leave on disk. NEXUS_CRASH_SECONDS says for how long, and
// NEXUS_CRASH_SEED repeats a run, up to what the writers did.
func TestNoCrashLosesWhatWasAcknowledged(t *testing.T) {
	calls, root := recordWorkload(t)
	wantFaithful(t, calls, root)
	started, used := time.Now(), processorTime(t)
	distinct, err := crashes(t, calls, func() *player { return newPlayer(root) }, crashSeconds())
	if err != nil {
		t.Fatal(err)
	}
	took, used := time.Since(started), processorTime(t)-used
	t.Logf("%d distinct crash images of %d system calls, %.0f a minute (%.0f a minute of two free processors), nothing lost, all opened",
		distinct, len(calls), float64(distinct)/took.Minutes(), float64(distinct)/(used/2).Minutes())
	if distinct < 20 {
		t.Fatal("hardly an image: the test sees nothing")
	}
}

func recordWorkload(t *testing.T) (calls []sysCall, root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	return record(t, "TestCrashWorkload", root), root
}

// processorTime is what this process has used of all processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestCrashImagesFindWhatASkippedSyncLoses is the proof that the crash test can
// fail: a store without one of its syncs, or that acknowledges what it has not
// committed, has to be found out.
func TestCrashImagesFindWhatASkippedSyncLoses(t *testing.T) {
	calls, root := recordWorkload(t)
	lies := map[string]func(path string) bool{
		"of the journal":           func(path string) bool { return strings.HasSuffix(path, "/JOURNAL") },
		"of the truth":             func(path string) bool { return strings.HasSuffix(path, "/truth.db") },
		"of a new truth":           func(path string) bool { return strings.HasSuffix(path, "/truth.db.new") },
		"of a compacted truth":     func(path string) bool { return strings.HasSuffix(path, "/truth.db.compact") },
		"of segment files":         func(path string) bool { return strings.Contains(path, "/segments/") },
		"of the segment directory": func(path string) bool { return strings.HasSuffix(path, "/segments") },
		"of the store directory":   func(path string) bool { return strings.HasSuffix(path, storePath) },
		"of directories above":     func(path string) bool { return path == "" || path == "/new" },
	}
	for name, lie := range lies {
		t.Run("no sync "+name, func(t *testing.T) {
			wantFound(t, calls, func() *player { p := newPlayer(root); p.lies = lie; return p })
		})
	}
	t.Run("early acknowledgements", func(t *testing.T) {
		wantFound(t, early(calls), func() *player { return newPlayer(root) })
	})
}

// foundLimit is how long a fault may stay unseen; most take well below a second.
const foundLimit = time.Minute

func wantFound(t *testing.T, calls []sysCall, start func() *player) {
	t.Helper()
	distinct, err := crashes(t, calls, start, foundLimit)
	if err == nil {
		t.Fatalf("not found in %d images", distinct)
	}
	t.Logf("found after %d images: %v", distinct, err)
}

// early gives every acknowledgement right after its announcement.
func early(calls []sysCall) (moved []sysCall) {
	for _, c := range calls {
		isMark := c.name == "write" && c.args[0] == strconv.Itoa(marksFD)
		if isMark && strings.HasPrefix(c.args[1], "added ") {
			continue
		}
		moved = append(moved, c)
		if isMark && strings.HasPrefix(c.args[1], "add ") {
			c.args = []string{c.args[0], "added" + strings.TrimPrefix(c.args[1], "add")}
			moved = append(moved, c)
		}
	}
	return moved
}
