package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// rankerName is the file of the store's own rankers, if it has any: package rank knows
// what is in it. It is written whole under another name and then renamed, and a backup
// has it as it is at its moment.
const rankerName = "RANKER"

// rankerBytesMax bounds the file: two rankers of the largest size.
const rankerBytesMax = 32 << 20

// ReadRanker returns the bytes of the store's own rankers; nil where it has none.
// ErrCorrupt where that is no file, or larger than any is.
func (s *Store) ReadRanker() ([]byte, error) {
	path := filepath.Join(s.dir, rankerName)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err == nil && !info.Mode().IsRegular(): // a pipe would keep opening waiting
		return nil, fmt.Errorf("store: %s is no regular file: %w", rankerName, model.ErrCorrupt)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", rankerName, classify(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, rankerBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", rankerName, classify(err))
	}
	if len(data) > rankerBytesMax {
		return nil, fmt.Errorf("store: %s has more than %d bytes: %w", rankerName, rankerBytesMax, model.ErrCorrupt)
	}
	return data, nil // io.ReadAll returns no nil: an empty file is one that is there
}

// WriteRanker puts the file of the store's own rankers in the place of an earlier one, in
// one step that survives a loss of power whole or not at all; nil removes it. ErrReadOnly,
// ErrClosed, ErrNoSpace.
func (s *Store) WriteRanker(data []byte) error {
	if err := s.CanWrite(); err != nil {
		return err
	}
	return s.onWriter(func() error { // Close waits for it, and the directory is locked until then
		if err := s.stillThere(); err != nil {
			return err
		}
		path := filepath.Join(s.dir, rankerName)
		var err error
		if data == nil {
			if err = vfs.OS.Remove(path); errors.Is(err, os.ErrNotExist) {
				return nil
			}
			err = errors.Join(err, vfs.OS.SyncDir(s.dir))
		} else {
			err = writeDurably(vfs.OS, path, func(w io.Writer) error { _, err := w.Write(data); return err })
		}
		if err != nil {
			return fmt.Errorf("store: %s: %w", rankerName, classify(err))
		}
		return nil
	})
}

// CanWrite returns ErrReadOnly or ErrClosed where the store takes no change.
func (s *Store) CanWrite() error {
	switch {
	case s.readOnly:
		return fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	case s.closing.Load():
		return errClosed
	}
	return nil
}
