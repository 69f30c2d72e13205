package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/nexus-memory/nexus/engine/store"
)

// Backup copies the store, as it is at one moment between two commits, to a
// directory that does not exist or is empty, and returns how many memories are
// in it. What was added before the call is in it; of an Add that runs beside it
// all or nothing. The copy is checked and durable before it has its name, and
// where Backup fails or its context ends nothing is left of it. Reads and writes
// go on. progress, if any, counts bytes.
//
// A backup opens as any store does, for reading; Restore makes a store of it.
// Its file BACKUP has the SHA-256 of every file. Segment files, which never
// change, are links to the store's where the file system allows it.
//
// Errors: ErrExists (the directory is not empty), ErrInvalid (it lies within the
// store's own), ErrCorrupt (the store is damaged), ErrForbidden, ErrNoSpace.
func (db *DB) Backup(ctx context.Context, dir string, progress Progress) (count int, err error) {
	if err := checkDirectory("backup", dir); err != nil {
		return 0, err
	}
	memories, err := db.store.Backup(ctx, dir, store.Meter(progress))
	if err != nil {
		return 0, fmt.Errorf("backup: %w", fileError(dir, err))
	}
	return int(memories), nil
}

// Restore makes a store, in a directory that does not exist or is empty, of what
// Backup wrote, and returns how many memories are in it. It checks the whole backup
// before it writes anything, and where it fails or its context ends nothing is
// left in the directory. progress, if any, counts bytes.
//
// Errors: ErrNotFound (there is no backup, or it was opened for writing since),
// ErrExists (the directory is not empty), ErrCorrupt (the backup is damaged; the
// file is named), ErrUnsupported (of a newer format), ErrForbidden, ErrNoSpace.
func Restore(ctx context.Context, backup, dir string, progress Progress) (count int, err error) {
	for _, name := range []string{backup, dir} {
		if err := checkDirectory("restore", name); err != nil {
			return 0, err
		}
	}
	memories, err := store.Restore(ctx, backup, dir, store.Meter(progress))
	if err != nil {
		var place *fs.PathError
		if errors.As(err, &place) && strings.HasPrefix(place.Path, backup) {
			dir = backup
		}
		return 0, fmt.Errorf("restore: %w", fileError(dir, err))
	}
	return int(memories), nil
}

func checkDirectory(verb, dir string) error {
	if dir == "" || strings.ContainsRune(dir, 0) {
		return fmt.Errorf("%s: no directory given, or a NUL in its name: %w", verb, ErrInvalid)
	}
	return nil
}

// Migration says of which format a store is and what going back would lose.
type Migration = store.Migration

// Migrations returns the format of the store in a directory, that of this build, and
// whether the truth as it was before the last upgrade is still there. Opening a store
// of an older format for writing upgrades it; one of a newer format is refused
// untouched. Errors: ErrNotFound, ErrLocked (it is open for writing).
func Migrations(dir string) (Migration, error) {
	if err := checkDirectory("migrations", dir); err != nil {
		return Migration{}, err
	}
	m, err := store.Migrations(dir)
	if err != nil {
		return m, fmt.Errorf("migrations: %w", fileError(dir, err))
	}
	return m, nil
}

// Rollback takes the last upgrade of a store back, so that the older build opens it
// again: what was added since is gone, what was deleted since is there again. Where
// there is such a change it is ErrConflict, with the numbers, unless force is true.
// Compact ends the possibility, as the truth it needs holds deleted memories.
//
// Errors: ErrNotFound (nothing to go back to), ErrConflict, ErrLocked (it is open).
func Rollback(dir string, force bool) (Migration, error) {
	if err := checkDirectory("rollback", dir); err != nil {
		return Migration{}, err
	}
	m, err := store.Rollback(dir, force)
	if err != nil {
		return m, fmt.Errorf("rollback: %w", fileError(dir, err))
	}
	return m, nil
}
