package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine"
)

// plain is what a store should be: a map.
type plain struct {
	db    *engine.DB
	dir   string
	byKey map[string]engine.Memory // live
	gone  map[engine.ID]bool       // deleted, and never to come back
	last  engine.ID                // IDs rise
}

func (p *plain) key(t *rapid.T) string {
	return fmt.Sprint("key-", rapid.IntRange(0, 30).Draw(t, "key"))
}

func modelText(key string, version int) string {
	return strings.ReplaceAll(key, "-", "x") + "z stands at " + strings.Repeat("kettle ", version*3) + "harbour"
}

func (p *plain) add(t *rapid.T) {
	var batch []engine.Memory
	named, clash := map[string]bool{}, false
	for range rapid.IntRange(1, 12).Draw(t, "count") {
		key := p.key(t)
		m := engine.Memory{Key: key, Text: modelText(key, rapid.IntRange(0, 1).Draw(t, "version")), Scope: engine.Scope{User: "u"}}
		old, there := p.byKey[key]
		clash = clash || named[key] || there && old.Text != m.Text
		named[key] = true
		batch = append(batch, m)
	}
	ids, err := p.db.Add(ctx, batch...)
	if clash {
		if !errors.Is(err, engine.ErrExists) {
			t.Fatalf("a clash: %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range batch {
		old, there := p.byKey[m.Key]
		if there && ids[i] != old.ID || !there && ids[i] <= p.last {
			t.Fatalf("%s: ID %d, was there %v as %d, last %d", m.Key, ids[i], there, old.ID, p.last)
		}
		p.last = max(p.last, ids[i])
		m.ID = ids[i]
		p.byKey[m.Key] = m
	}
}

func (p *plain) delete(t *rapid.T) {
	m, there := p.byKey[p.key(t)]
	if !there {
		m.ID = engine.ID(rapid.Uint64Range(1, uint64(p.last)+3).Draw(t, "id"))
		for _, other := range p.byKey {
			if other.ID == m.ID {
				return
			}
		}
	}
	count, err := p.db.Delete(ctx, m.ID)
	if err != nil || (count == 1) != there {
		t.Fatalf("%d deleted, was there %v: %v", count, there, err)
	}
	if there {
		delete(p.byKey, m.Key)
		p.gone[m.ID] = true
	}
}

func (p *plain) get(t *rapid.T) {
	key := p.key(t)
	want, there := p.byKey[key]
	m, err := p.db.GetByKey(ctx, "", key)
	if there && (err != nil || m.ID != want.ID || m.Text != want.Text) || !there && !errors.Is(err, engine.ErrNotFound) {
		t.Fatalf("%s: %d %v, want %d", key, m.ID, err, want.ID)
	}
}

func (p *plain) query(t *rapid.T) {
	key := p.key(t)
	want := p.byKey[key]
	word, _, _ := strings.Cut(modelText(key, 0), " ")
	a, err := p.db.Query(ctx, engine.Query{Text: word, K: 1, Engines: []string{"lexical"}})
	if err != nil {
		t.Fatal(err)
	}
	var found engine.ID
	if len(a.Hits) > 0 {
		found = a.Hits[0].ID
	}
	if found != want.ID {
		t.Fatalf("%q finds %d, want %d", word, found, want.ID)
	}
}

func (p *plain) reopen(t *rapid.T) {
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	p.openAgain(t)
}

func (p *plain) openAgain(t *rapid.T) {
	db, err := engine.Open(p.dir, engine.Options{SegmentsInMemory: rapid.Bool().Draw(t, "in memory")})
	if err != nil {
		t.Fatal(err)
	}
	p.db = db
}

// kill goes on with the files as they stand, as after SIGKILL.
func (p *plain) kill(t *rapid.T) {
	to, err := os.MkdirTemp(filepath.Dir(p.dir), "killed-")
	if err == nil {
		err = os.CopyFS(to, os.DirFS(p.dir))
	}
	// Merging goes on beside: a truth that is being committed to is no file to copy.
	for range 20 {
		if err == nil && p.truth(t, p.dir) == p.truth(t, to) {
			break
		}
		os.RemoveAll(to)
		err = os.CopyFS(to, os.DirFS(p.dir))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) { // a file that was merged meanwhile
		t.Fatal(err)
	}
	p.db.Close()
	p.dir = to
	p.openAgain(t)
}

func (p *plain) truth(t *rapid.T, dir string) string {
	var whole []byte
	for _, name := range []string{"truth.db", "JOURNAL"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		whole = append(whole, data...)
	}
	return string(whole)
}

// check wants the store to list exactly what the map holds.
func (p *plain) check(t *rapid.T) {
	count := 0
	last := engine.ID(0)
	for m, err := range p.db.List(ctx, engine.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		want, there := p.byKey[m.Key]
		if !there || want.ID != m.ID || want.Text != m.Text || m.ID <= last || p.gone[m.ID] {
			t.Fatalf("%s is listed as %d after %d, want %d", m.Key, m.ID, last, want.ID)
		}
		last = m.ID
		count++
	}
	if st, _ := p.db.Stats(); count != len(p.byKey) || st.Memories != uint64(count) {
		t.Fatalf("%d listed, %d counted, want %d", count, st.Memories, len(p.byKey))
	}
}

// TestModelIsAPlainMap does what applications do in random order and compares the
// store with a map after every step.
func TestModelIsAPlainMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root, err := os.MkdirTemp(crashPlace(), "nexus-model-")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(root)
		p := &plain{dir: filepath.Join(root, "store"), byKey: map[string]engine.Memory{}, gone: map[engine.ID]bool{}}
		p.openAgain(rt)
		defer func() { p.db.Close() }()
		rt.Repeat(map[string]func(*rapid.T){
			"":        p.check,
			"add":     p.add,
			"add too": p.add, "delete": p.delete, "get": p.get, "query": p.query,
			"reopen": p.reopen, "kill": p.kill,
			"compact": func(t *rapid.T) {
				if err := p.db.Compact(ctx); err != nil {
					t.Fatal(err)
				}
			},
		})
		if report, err := p.db.Verify(ctx); err != nil || len(report.Faults) > 0 {
			rt.Fatalf("%v %v", err, report.Faults)
		}
	})
}

// crashPlace is a directory in memory, where the system has one.
func crashPlace() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return os.TempDir()
}
