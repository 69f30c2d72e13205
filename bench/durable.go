package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine"
)

// A record of 1.8 KB: a vector of 384 float32 numbers and a text of some 250 bytes.
const (
	durableDim     = 384
	durableWriters = 64
)

// durableKind measures what an acknowledged add costs: many writers at once, and one alone
// beside a bare bbolt transaction of the same bytes.
func durableKind(ctx context.Context, b *bench) error {
	if err := b.withStoreOf(ctx, "durable", engine.Options{Dim: durableDim}, func(db *engine.DB) error {
		return b.durableMany(ctx, db)
	}); err != nil {
		return err
	}
	if err := b.countSyncs(ctx); err != nil {
		return err
	}
	return b.withStoreOf(ctx, "single", engine.Options{Dim: durableDim}, func(db *engine.DB) error {
		return b.durableSingle(ctx, db)
	})
}

// withVectors gives memories vectors of random directions.
func withVectors(memories []engine.Memory, seed uint64) []engine.Memory {
	random := newRandom(seed)
	for i := range memories {
		v := make([]float32, durableDim)
		for j := range v {
			v[j] = float32(random.NormFloat64())
		}
		memories[i].Vector = v
	}
	return memories
}

// durableMany lets writers add one record a call, one call after another each. The time of a
// commit is that of the whole run over its commits: the writer makes one after another.
func (b *bench) durableMany(ctx context.Context, db *engine.DB) error {
	records := b.size(100_000, 1000)
	b.say("durable: %d writers", durableWriters)
	memories := withVectors(newGenerator(51).memories(records), 52)
	warm, memories := memories[:records/10], memories[records/10:]
	if _, _, err := addOneByOne(ctx, db, warm); err != nil {
		return err
	}
	before, err := db.Stats()
	if err != nil {
		return err
	}
	took, elapsed, err := addOneByOne(ctx, db, memories)
	if err != nil {
		return err
	}
	after, err := b.checkAdded(ctx, db, slices.Concat(warm, memories))
	if err != nil {
		return err
	}
	dataset := fmt.Sprintf("generated, %d records of %d bytes", records, recordBytes(memories))
	name := fmt.Sprintf("%d writers", durableWriters)
	commits := float64(after.Commits - before.Commits)
	commit := float64(elapsed) / commits
	b.book.times(dataset, name+" acknowledged", took)
	b.book.add(dataset, name+" commit, mean", commit/1e3, "us")
	b.book.add(dataset, name+" records a commit", float64(len(memories))/commits, "records")
	b.book.atLeast(dataset, name+", records/s", float64(len(memories))/elapsed.Seconds(), 50_000)
	b.book.add(dataset, name+" fsyncs by commits", syncsPerCommit*commits/float64(len(memories)), "fsyncs/record")
	b.book.atMost(dataset, name+", p99 acknowledged over a commit", p99(took)/commit, 3)
	return nil
}

// recordBytes is what a record holds on average, keys and times not counted.
func recordBytes(memories []engine.Memory) int {
	total := 0
	for i := range memories {
		total += len(memories[i].Text) + 4*len(memories[i].Vector)
	}
	return total / len(memories)
}

// addOneByOne adds with all writers and returns each call's time and the whole.
func addOneByOne(ctx context.Context, db *engine.DB, memories []engine.Memory) (took []time.Duration, elapsed time.Duration, err error) {
	each := make([][]time.Duration, durableWriters)
	started := time.Now()
	err = parallel(durableWriters, func(w int) error {
		for i := w; i < len(memories); i += durableWriters {
			at := time.Now()
			if _, err := db.Add(ctx, memories[i]); err != nil {
				return err
			}
			each[w] = append(each[w], time.Since(at))
		}
		return nil
	})
	return slices.Concat(each...), time.Since(started), err
}

// durableSingle adds one record and commits the same bytes to a bare bbolt file, turn about
// on files of as many records.
func (b *bench) durableSingle(ctx context.Context, db *engine.DB) (err error) {
	b.say("durable: one writer beside bbolt")
	stored, rounds := b.size(20_000, 500), b.size(600, 20)
	memories := withVectors(newGenerator(53).memories(stored+rounds), 54)
	if err := addAll(ctx, db, slices.Clone(memories[:stored])); err != nil {
		return err
	}
	bare, err := openBare(b.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	for from := 0; from < stored; from += addBatch {
		if err := bare.put(memories[from:min(from+addBatch, stored)]); err != nil {
			return err
		}
	}
	time.Sleep(restTime)
	var adds, commits []time.Duration
	for i := range memories[stored:] {
		one := memories[stored+i : stored+i+1]
		at := time.Now()
		if _, err := db.Add(ctx, one[0]); err != nil {
			return err
		}
		between := time.Now()
		if err := bare.put(one); err != nil {
			return err
		}
		adds, commits = append(adds, between.Sub(at)), append(commits, time.Since(between))
	}
	var full []time.Duration // commits of what all writers together can wait for
	for range b.size(100, 2) {
		at := time.Now()
		if err := bare.put(memories[:durableWriters]); err != nil {
			return err
		}
		full = append(full, time.Since(at))
	}
	dataset := fmt.Sprintf("generated, %d records of %d bytes", stored, recordBytes(memories))
	b.book.times(dataset, fmt.Sprintf("bbolt commit of %d records", durableWriters), full)
	b.book.add(dataset, fmt.Sprintf("what %d waiting writers could reach with it", durableWriters), durableWriters/middle(full)*1e9, "records/s")
	b.book.times(dataset, "single add", adds)
	b.book.times(dataset, "bbolt commit", commits)
	b.book.atMost(dataset, "single add over a bbolt commit, p50", middle(adds)/middle(commits), 1.3)
	return nil
}

// middle is the median of sorted times.
func middle(sorted []time.Duration) float64 { return float64(percentile(sorted, .5)) }

// bareStore is a bbolt file that holds records under rising numbers and nothing else.
type bareStore struct {
	db     *bbolt.DB
	folder string
	record []byte
}

var bareBucket = []byte("records")

func openBare(dir string) (*bareStore, error) {
	folder, err := os.MkdirTemp(dir, "bbolt-")
	if err != nil {
		return nil, err
	}
	db, err := bbolt.Open(filepath.Join(folder, "bare.db"), 0o600, nil)
	if err != nil {
		return nil, err
	}
	return &bareStore{db: db, folder: folder}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bareBucket)
		return err
	})
}

func (s *bareStore) close() error { return errors.Join(s.db.Close(), os.RemoveAll(s.folder)) }

// put commits memories as text and vector.
func (s *bareStore) put(memories []engine.Memory) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bareBucket)
		for i := range memories {
			number, err := bucket.NextSequence()
			if err != nil {
				return err
			}
			s.record = append(s.record[:0], memories[i].Text...)
			for _, v := range memories[i].Vector {
				s.record = binary.LittleEndian.AppendUint32(s.record, math.Float32bits(v))
			}
			if err := bucket.Put(binary.BigEndian.AppendUint64(nil, number), slices.Clone(s.record)); err != nil {
				return err
			}
		}
		return nil
	})
}

// openKind measures how long a large store takes from opening to the first answer. Its
// files are in the page cache: what is measured is the work, not the disk.
func openKind(ctx context.Context, b *bench) (err error) {
	n := b.size(1_000_000, 3000)
	if b.opened > 0 {
		n = b.opened
	}
	dir, err := os.MkdirTemp(b.dir, "open-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.say("open: %d memories", n)
	asked, err := fillStore(ctx, dir, n)
	if err != nil {
		return err
	}
	var took []time.Duration
	for range b.size(7, 2) {
		one, err := openAndAsk(ctx, dir, n, asked)
		if err != nil {
			return err
		}
		took = append(took, one)
	}
	dataset := fmt.Sprintf("generated, %d memories", n)
	b.book.times(dataset, "open until the first answer", took)
	b.book.atMost(dataset, "open until the first answer, p50 in ms", middle(took)/1e6, 200)
	return nil
}

// fillStore makes a store of generated texts and returns a question that finds one of them.
func fillStore(ctx context.Context, dir string, n int) (asked question, err error) {
	db, err := engine.OpenContext(ctx, dir, engine.Options{})
	if err != nil {
		return asked, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	g := newGenerator(61)
	for left := n; left > 0; left -= openBatch {
		memories := g.memories(min(left, openBatch))
		if left == n {
			asked = g.questions(memories, 1)[0]
		}
		if _, err := db.Add(ctx, memories...); err != nil {
			return asked, err
		}
	}
	return asked, db.Compact(ctx)
}

// openBatch is as many as an add may bring.
const openBatch = 4096

func openAndAsk(ctx context.Context, dir string, n int, q question) (took time.Duration, err error) {
	started := time.Now()
	db, err := engine.OpenContext(ctx, dir, engine.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, found, err := askAll(ctx, db, engine.Query{}, []question{q})
	took = time.Since(started)
	if err != nil {
		return 0, err
	}
	if found == 0 {
		return 0, fmt.Errorf("the first question did not find its memory")
	}
	stats, err := db.Stats()
	if err == nil && stats.Memories != uint64(n) {
		err = fmt.Errorf("the store holds %d memories, want %d", stats.Memories, n)
	}
	return took, err
}
