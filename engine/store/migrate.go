package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// step turns a truth of one format into one of the next, in one transaction.
type step struct {
	from, to uint32
	apply    func(tx *bolt.Tx) error
}

// steps lists how older formats become FormatVersion, a step for each version.
var steps = []step{{1, 2, createBuckets}, {2, 3, createBuckets}, {3, 4, createBuckets}, {4, 5, createBuckets}}

const (
	upgradeName = "truth.db.upgrade" // the copy that steps are applied to
	keptName    = "truth.db.format"  // and the number: the truth as it was before it was upgraded
)

// upgradeTruth brings the truth in dir to a format, if it is of an older one. The
// old file stays beside it, durable, for Rollback; Compact removes it, as it holds
// what was deleted since. The steps work on a copy, which takes the name when it is
// whole: at any moment the directory has one truth or the other, both sound.
//
// A newer format, and an older one that no step leads from, is left as it is: opening
// it says so. The caller has the directory's lock. O(size of the truth).
func upgradeTruth(ctx context.Context, dir string, to uint32, steps []step) error {
	path := filepath.Join(dir, truthName)
	version, err := formatOf(path)
	if err != nil || version == 0 || version >= to {
		return err
	}
	chain, err := chainOf(version, to, steps)
	if err != nil {
		return err
	}
	if err := settle(dir, path); err != nil { // with the reader of this build: a later layout of the journal brings a step of its own
		return err
	}
	if err := keep(path, keptPath(dir, version)); err != nil {
		return fmt.Errorf("store: upgrade: %w", classify(err))
	}
	fresh := filepath.Join(dir, upgradeName)
	defer os.Remove(fresh) // gone already where all went well
	if err := upgraded(ctx, path, fresh, chain); err != nil {
		return fmt.Errorf("store: upgrade from format %d to %d: %w", version, to, classify(err))
	}
	if err := errors.Join(os.Rename(fresh, path), vfs.OS.SyncDir(dir)); err != nil {
		return fmt.Errorf("store: upgrade: %w", classify(err))
	}
	return nil
}

func chainOf(from, to uint32, steps []step) (chain []step, err error) {
	for version := from; version != to; {
		at := len(chain)
		for _, s := range steps {
			if s.from == version && s.to > version && s.to <= to {
				chain, version = append(chain, s), s.to
				break
			}
		}
		if at == len(chain) {
			return nil, fmt.Errorf("store: truth.db: format version %d, and no way from it to %d in this build: %w", version, to, model.ErrUnsupported)
		}
	}
	return chain, nil
}

// upgraded writes the truth at path, with steps applied, to another file.
func upgraded(ctx context.Context, path, fresh string, chain []step) error {
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // bolt.Compact adds to what is there
	}
	old, err := openFile(path, true)
	if err != nil {
		return err
	}
	err = guarded(func() error { return copyTruth(old, fresh) })
	if err = errors.Join(err, old.Close()); err != nil {
		return err
	}
	db, err := openFile(fresh, false)
	if err != nil {
		return err
	}
	err = guarded(func() (err error) {
		for _, s := range chain {
			if err == nil {
				err = model.FromContext(ctx, "store: upgrade")
			}
			if err == nil {
				err = db.Update(func(tx *bolt.Tx) error { return s.run(tx) })
			}
		}
		return err
	})
	return errors.Join(err, db.Close())
}

func (s *step) run(tx *bolt.Tx) error {
	if err := s.apply(tx); err != nil {
		return err
	}
	return tx.Bucket(bucketMeta).Put(metaFormat, binary.BigEndian.AppendUint32(nil, s.to))
}

// keep makes a file durable under a second name, in place of what has it: by a link,
// as the file is not written to any more, or where there are none by a copy.
func keep(path, kept string) error {
	if err := os.Remove(kept); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if os.Link(path, kept) == nil {
		return vfs.OS.SyncDir(filepath.Dir(kept))
	}
	return writeDurably(vfs.OS, kept, func(w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	})
}

func keptPath(dir string, version uint32) string {
	return filepath.Join(dir, keptName+strconv.FormatUint(uint64(version), 10))
}

// keptFiles returns the formats of the truths that upgrades have left, by name.
func keptFiles(dir string) (versions []uint32, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if number, ok := strings.CutPrefix(e.Name(), keptName); ok {
			if n, err := strconv.ParseUint(number, 10, 32); err == nil {
				versions = append(versions, uint32(n))
			}
		}
	}
	return versions, err
}

// removeKept removes what upgrades have left.
func removeKept(dir string) error {
	versions, err := keptFiles(dir)
	for _, v := range versions {
		err = errors.Join(err, os.Remove(keptPath(dir, v)))
	}
	return err
}

// formatOf returns the version of a truth file, 0 where there is none yet.
func formatOf(path string) (version uint32, err error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return 0, nil // opening it says what is wrong
	}
	db, err := openFile(path, true)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = guarded(func() error {
		version, err = readFormat(db)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: truth.db: %w", classify(err))
	}
	return version, nil
}

// Migration is what Migrations finds.
type Migration struct {
	Format, Current uint32 // of the store; of this build
	// Kept is the format of the truth that an upgrade left, which Rollback takes
	// back; 0 where there is none. Compact removes it.
	Kept uint32
	// Added and Deleted count the memories that came and went since: after Rollback
	// the former are gone and the latter are back.
	Added, Deleted uint64
}

// Migrations returns the format of the store in dir and what going back would lose.
// Nobody may have it open for writing. O(memories) where a truth was kept.
func Migrations(dir string) (m Migration, err error) {
	err = withLocked(dir, true, func() (err error) {
		m, err = migrationOf(dir)
		return err
	})
	return m, err
}

// Rollback puts the truth back that the last upgrade has left, so that the older
// build which wrote it opens the store again. Where memories were added or deleted
// since, it is ErrConflict, which says how many, unless force. This build upgrades
// the store again when it opens it for writing. One rename: a crash leaves either.
//
// Errors: ErrNotFound (nothing was kept), ErrConflict, ErrLocked (it is open).
func Rollback(dir string, force bool) (m Migration, err error) {
	err = withLocked(dir, false, func() (err error) {
		if err := settle(dir, filepath.Join(dir, truthName)); err != nil {
			return err
		}
		if m, err = migrationOf(dir); err != nil {
			return err
		}
		switch {
		case m.Kept == 0:
			return fmt.Errorf("store: rollback: no truth of an older format was kept: %w", model.ErrNotFound)
		case m.Added+m.Deleted > 0 && !force:
			return fmt.Errorf("store: rollback: %d memories added since would be gone, %d deleted would be back: %w", m.Added, m.Deleted, model.ErrConflict)
		}
		// truth.db has what the journal holds. Left beside another truth it would say that this one is too old.
		if err = dropJournal(dir); err == nil {
			err = errors.Join(os.Rename(keptPath(dir, m.Kept), filepath.Join(dir, truthName)), vfs.OS.SyncDir(dir))
		}
		if err != nil {
			return fmt.Errorf("store: rollback: %w", classify(err))
		}
		removeUnnamed(dir, m.Kept)
		return nil
	})
	return m, err
}

// removeUnnamed removes the memory files beside a truth of a format that names none: its
// build would never. What is left after a failure does no harm, and goes with the next upgrade.
func removeUnnamed(dir string, format uint32) {
	if format < formatHeld {
		_ = os.RemoveAll(filepath.Join(dir, memoriesName))
	}
}

// withLocked runs f while nobody else writes to the store in dir.
func withLocked(dir string, shared bool, f func() error) error {
	if _, err := os.Stat(filepath.Join(dir, truthName)); err != nil {
		return fmt.Errorf("store: no store in %s: %w", dir, classify(err))
	}
	lock, err := lockDirectory(filepath.Join(dir, lockName), shared)
	if err != nil {
		return err
	}
	err = f()
	if lock != nil {
		err = errors.Join(err, unlockDirectory(lock))
	}
	return err
}

func migrationOf(dir string) (m Migration, err error) {
	path := filepath.Join(dir, truthName)
	m.Current = FormatVersion
	if m.Format, err = formatOf(path); err != nil {
		return m, err
	}
	versions, err := keptFiles(dir)
	for _, v := range versions {
		if v < m.Format {
			m.Kept = max(m.Kept, v)
		}
	}
	if err != nil || m.Kept == 0 {
		return m, classify(err)
	}
	err = guarded(func() error {
		m.Added, m.Deleted, err = compareTruths(keptPath(dir, m.Kept), dir)
		return err
	})
	return m, classify(err)
}

// compareTruths counts the memories that only the store in dir has, and only an older file.
func compareTruths(older, dir string) (added, deleted uint64, err error) {
	a, err := openFile(older, true)
	if err != nil {
		return 0, 0, err
	}
	defer a.Close()
	err = a.View(func(before *bolt.Tx) error {
		return viewTruth(dir, func(after *bolt.Tx) error {
			added, deleted, err = compareKeys(before.Bucket(bucketMemories), after.Bucket(bucketMemories))
			return err
		})
	})
	return added, deleted, err
}

func compareKeys(before, after *bolt.Bucket) (added, deleted uint64, err error) {
	if before == nil || after == nil {
		return 0, 0, fmt.Errorf("store: truth.db without memories: %w", model.ErrCorrupt)
	}
	i, j := before.Cursor(), after.Cursor()
	x, _ := i.First()
	y, _ := j.First()
	for x != nil || y != nil {
		order := bytes.Compare(x, y)
		switch {
		case x != nil && y != nil && order == 0:
			x, _ = i.Next()
			y, _ = j.Next()
		case y == nil || x != nil && order < 0:
			deleted++
			x, _ = i.Next()
		default:
			added++
			y, _ = j.Next()
		}
	}
	return added, deleted, nil
}
