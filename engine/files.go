package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// Progress is told how far a long operation is; total is 0 where it is not known.
type Progress func(done, total uint64)

// ExportFile is Export to a file, which takes its name, in place of an earlier
// one, when it is whole and durable: an export that fails or is interrupted
// leaves what was there. progress, if any, counts memories. Errors: ErrNotFound
// (no such directory), ErrInvalid (path is a directory), ErrForbidden, ErrReadOnly,
// ErrNoSpace.
func (db *DB) ExportFile(ctx context.Context, path string, progress Progress) (count int, err error) {
	stats, err := db.Stats()
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	in := &lineCounter{nil, 0, stats.Memories, progress}
	target, special := exportTarget(path)
	switch info, err := os.Stat(target); {
	case special:
		return db.exportTo(ctx, path, in)
	case err == nil && info.IsDir():
		return 0, fmt.Errorf("export: %s is a directory: %w", path, ErrInvalid)
	}
	// Not in the system's folder for temporary files: a rename stays on one disk.
	f, err := createBeside(target)
	if err != nil {
		return 0, fmt.Errorf("export: %w", fileError(path, err))
	}
	defer os.Remove(f.Name()) // gone already where all went well
	if count, err = db.Export(ctx, in.to(f)); err != nil {
		return count, errors.Join(fileError(path, err), f.Close())
	}
	err = errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err == nil {
		err = vfs.OS.SyncDir(filepath.Dir(target))
	}
	if err != nil {
		return count, fmt.Errorf("export: %w", fileError(path, err))
	}
	return count, nil
}

// exportTarget returns what a path stands for: the file behind a link, so that it is not
// the link that is replaced; special where it is a pipe or a device, which is no file to
// be replaced.
func exportTarget(path string) (target string, special bool) {
	info, err := os.Stat(path)
	if err != nil {
		return path, false
	}
	if mode := info.Mode(); !mode.IsRegular() && !mode.IsDir() {
		return path, true
	}
	if target, err = filepath.EvalSymlinks(path); err != nil {
		return path, false
	}
	return target, false
}

// exportTo writes an export to what is there.
func (db *DB) exportTo(ctx context.Context, path string, in *lineCounter) (count int, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		count, err = db.Export(ctx, in.to(f))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return count, fmt.Errorf("export: %w", fileError(path, err))
	}
	return count, nil
}

// createBeside creates a new file in the directory of path. Who may read it is for
// the process's umask to say, as of any file: os.CreateTemp and a Chmod are not asked.
func createBeside(path string) (*os.File, error) {
	const tries = 100
	for n := 1; ; n++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".nexus-export-%016x", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if n == tries || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// lineCounter tells of every line that goes through.
type lineCounter struct {
	io.Writer
	done, total uint64
	progress    Progress
}

// to sets where the lines go.
func (l *lineCounter) to(w io.Writer) *lineCounter { l.Writer = w; return l }

func (l *lineCounter) Write(p []byte) (int, error) {
	n, err := l.Writer.Write(p)
	l.done += uint64(bytes.Count(p[:n], []byte{'\n'}))
	if l.progress != nil {
		l.progress(l.done, max(l.done, l.total))
	}
	return n, err
}

// ImportFile is Import of a file. progress, if any, counts bytes. Errors beyond
// those of Import: ErrNotFound, ErrForbidden, ErrInvalid (a directory).
func (db *DB) ImportFile(ctx context.Context, path string, o ImportOptions, progress Progress) (ImportReport, error) {
	f, err := os.Open(path)
	if err != nil {
		return ImportReport{}, fmt.Errorf("import: %w", fileError(path, err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return ImportReport{}, fmt.Errorf("import: %w", fileError(path, err))
	case info.IsDir():
		return ImportReport{}, fmt.Errorf("import: %s is a directory: %w", path, ErrInvalid)
	}
	return db.Import(ctx, &byteCounter{ctx, f, path, 0, uint64(max(0, info.Size())), progress}, o)
}

// byteCounter tells of every byte that goes through, until its context ends.
type byteCounter struct {
	ctx         context.Context
	r           io.Reader
	path        string
	done, total uint64
	progress    Progress
}

func (b *byteCounter) Read(p []byte) (int, error) {
	if err := model.FromContext(b.ctx, "read"); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.done += uint64(n)
	if b.progress != nil {
		b.progress(b.done, max(b.done, b.total))
	}
	if err != nil && err != io.EOF {
		err = fileError(b.path, err)
	}
	return n, err
}

// fileError gives an error of the operating system its kind and the file that the
// caller named.
func fileError(path string, err error) error {
	if model.CodeOf(err) != model.CodeInternal {
		return err
	}
	kind := ErrUnavailable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = ErrNotFound
	case errors.Is(err, fs.ErrPermission):
		kind = ErrForbidden
	case errors.Is(err, syscall.EROFS):
		kind = ErrReadOnly
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		kind = ErrNoSpace
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG),
		errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EINVAL): // a directory; a NUL in the path
		kind = ErrInvalid
	}
	var place *fs.PathError
	var link *os.LinkError
	switch { // their paths may be those of a temporary file
	case errors.As(err, &place):
		err = place.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("%s: %w: %w", path, err, kind)
}
