package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// Restore makes a store, in a directory that does not exist or is empty, of a
// backup, and returns the memories in it. Before anything is written every file
// of the backup is read and compared with its list, and the truth's pages and
// records are checked; what is copied is compared once more. Nothing is linked:
// the store shares no file with the backup. The store has its name once it is
// durable; where restoring fails, nothing is left behind.
//
// Errors: ErrNotFound (no backup there, or it was opened for writing since),
// ErrExists, ErrCorrupt (it names the file), ErrUnsupported (of a newer build).
func Restore(ctx context.Context, backup, dir string, meter Meter) (memories uint64, err error) {
	files, promised, err := readBackupList(backup)
	if err != nil {
		return 0, err
	}
	total := uint64(0)
	for _, f := range files {
		if info, err := os.Stat(filepath.Join(backup, f.name)); err == nil {
			total += 2 * uint64(info.Size()) // read to be checked, then to be copied
		}
	}
	c := &copier{ctx: ctx, meter: meter, total: total}
	for _, f := range files {
		if err := c.compare(backup, f, func(from string) error { return c.sum(from, f.name, io.Discard) }); err != nil {
			return 0, err
		}
	}
	if memories, err = verifyTruthFile(ctx, backup, truthName); err != nil {
		return 0, err
	}
	if memories != promised {
		return 0, fmt.Errorf("store: backup: truth.db has %d memories, its list says %d: %w", memories, promised, model.ErrCorrupt)
	}
	at, err := newPlace(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, at.close(err == nil)) }()
	for _, f := range files {
		if err := c.restore(backup, at.work, f); err != nil {
			return 0, err
		}
	}
	return memories, at.nameTruth()
}

// restore copies one file.
func (c *copier) restore(backup, work string, f backupFile) error {
	to := filepath.Join(work, f.name)
	if f.name == truthName {
		to += unnamed
	}
	return c.compare(backup, f, func(from string) error {
		return writeDurably(vfs.OS, to, func(w io.Writer) error { return c.sum(from, f.name, w) })
	})
}

// compare has read pass a file of the backup through c and compares its sum.
func (c *copier) compare(backup string, f backupFile, read func(from string) error) error {
	from := filepath.Join(backup, f.name)
	switch info, err := os.Lstat(from); {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("store: backup: %s is missing: %w", f.name, model.ErrCorrupt)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("store: backup: %s is no regular file: %w", f.name, model.ErrCorrupt)
	case err != nil:
		return err
	}
	if err := read(from); err != nil {
		return err
	}
	if c.files[len(c.files)-1].sum != f.sum {
		return fmt.Errorf("store: backup: %s is not what was written: checksum: %w", f.name, model.ErrCorrupt)
	}
	return nil
}

// readBackupList reads what a backup says of itself.
func readBackupList(backup string) (files []backupFile, memories uint64, err error) {
	f, err := os.Open(filepath.Join(backup, backupList))
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, fmt.Errorf("store: no backup there: its file %s is missing, or it was opened for writing since: %w", backupList, model.ErrNotFound)
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, listMax))
	if err != nil {
		return nil, 0, err
	}
	return parseBackupList(string(data))
}

// parseBackupList accepts what writeBackupList writes and nothing else, so that no
// list leads out of the directory.
func parseBackupList(text string) (files []backupFile, memories uint64, err error) {
	lines := strings.Split(text, "\n")
	wrong := func(line int) error {
		return fmt.Errorf("store: backup: %s, line %d: %w", backupList, line+1, model.ErrCorrupt)
	}
	if _, err := fmt.Sscanf(lines[0], backupHead, &memories); err != nil || lines[0] != fmt.Sprintf(backupHead, memories) {
		return nil, 0, wrong(0)
	}
	last := len(lines) - 2 // behind it the newline at the end
	if last < 2 || last-1 > backupFiles || lines[last] != fmt.Sprintf(backupEnd, last-1) || lines[last+1] != "" {
		return nil, 0, wrong(max(last, 1))
	}
	for i, line := range lines[1:last] {
		var f backupFile
		sum, name, found := strings.Cut(line, "  ")
		n, err := hex.Decode(f.sum[:], []byte(sum[:min(len(sum), 2*len(f.sum))]))
		if !found || err != nil || n != len(f.sum) || len(sum) != 2*len(f.sum) || (i == 0) != (name == truthName) || i > 0 && !listedName(name) {
			return nil, 0, wrong(i + 1)
		}
		f.name = filepath.FromSlash(name)
		files = append(files, f)
	}
	return files, memories, nil
}

// listedName reports whether name is that of a segment or memory file within the store, or
// of its rankers.
func listedName(name string) bool {
	if name == rankerName {
		return true
	}
	for folder, suffix := range map[string]string{segmentsName: segmentSuffix, memoriesName: memorySuffix} {
		number, ok := strings.CutPrefix(name, folder+"/")
		number, suffixed := strings.CutSuffix(number, suffix)
		if ok && suffixed && number != "" && strings.Trim(number, "0123456789") == "" {
			return true
		}
	}
	return false
}
