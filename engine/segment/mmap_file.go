package segment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// OpenFile maps a segment file read-only, or reads it into memory, checks its head and
// the columns that every question reads, and returns the segment. A mapping is released when the last snapshot
// that holds the segment is gone; the file may be removed at any time. Cost: one
// pass over some 100 bytes a row; over all of a file of format 1 or 2. A file that is not a
// whole, valid segment as far as that tells, or cannot be
// read, gives ErrCorrupt, as does one that was written with another memory file than from.
// Files of formats before 4 have none, and from is nil.
//
// What is mapped faults where the medium fails later, and what was not checked yet may be
// found damaged when it is first read; see View.Guard and CheckRest.
func OpenFile(files vfs.FS, path string, from *Held, inMemory bool) (*Segment, error) {
	i, err := openImage(files, path, inMemory)
	if err != nil {
		return nil, err
	}
	s, err := decodeGuarded(i.data, from, i.fetch)
	if err != nil {
		i.close()
		return nil, err
	}
	s.inFile = true
	if i.release != nil {
		s.mapping = i.data
		s.advise()
		// Slices into the map do not keep it mapped; whoever reads them keeps the
		// segment alive (View.Release).
		runtime.AddCleanup(s, func(release func()) { release() }, i.release)
	}
	return s, nil
}

// image is a file's bytes, mapped or read.
type image struct {
	data    []byte
	release func() // ends the mapping; nil where there is none
}

func openImage(files vfs.FS, path string, inMemory bool) (image, error) {
	f, err := files.Open(path)
	if err != nil {
		return image{}, fmt.Errorf("segment: %w", err)
	}
	defer f.Close()
	size, err := f.Size()
	switch {
	case errors.Is(err, fs.ErrInvalid): // a pipe, say
		return image{}, fmt.Errorf("segment: %w: %w", err, model.ErrCorrupt)
	case err != nil:
		return image{}, fmt.Errorf("segment: %w", err)
	case size < headerBytes || size != int64(int(size)):
		return image{}, fmt.Errorf("segment: file of %d bytes: %w", size, model.ErrCorrupt)
	}
	return load(f, int(size), inMemory)
}

func (i *image) fetch(part []byte) {
	if i.release != nil {
		fetchFrom(i.data, part)
	}
}

func (i *image) close() {
	if i.release != nil {
		i.release()
	}
}

// load brings a file's bytes to memory, by a map or by reading them.
func load(f vfs.File, size int, inMemory bool) (i image, err error) {
	if !inMemory {
		if i.data, i.release, err = f.Map(); err != nil {
			return image{}, fmt.Errorf("segment: map: %w", err)
		}
		return i, nil
	}
	i.data = alignedBytes(size)
	if n, err := f.ReadAt(i.data, 0); n < size {
		return image{}, fmt.Errorf("segment: read %d bytes of %d: %w: %w", n, size, errors.Join(err, io.ErrUnexpectedEOF), model.ErrCorrupt)
	}
	return i, nil
}
