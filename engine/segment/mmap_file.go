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
// read, gives ErrCorrupt.
//
// What is mapped faults where the medium fails later, and what was not checked yet may be
// found damaged when it is first read; see View.Guard and CheckRest.
func OpenFile(files vfs.FS, path string, inMemory bool) (s *Segment, err error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	defer f.Close()
	size, err := f.Size()
	switch {
	case errors.Is(err, fs.ErrInvalid): // a pipe, say
		return nil, fmt.Errorf("segment: %w: %w", err, model.ErrCorrupt)
	case err != nil:
		return nil, fmt.Errorf("segment: %w", err)
	case size < headerBytes || size != int64(int(size)):
		return nil, fmt.Errorf("segment: file of %d bytes: %w", size, model.ErrCorrupt)
	}
	data, release, err := load(f, int(size), inMemory)
	if err != nil {
		return nil, err
	}
	shared := release != nil
	fetch := func(part []byte) {
		if shared {
			fetchFrom(data, part)
		}
	}
	if s, err = decodeGuarded(data, fetch); err != nil {
		if shared {
			release()
		}
		return nil, err
	}
	s.inFile = true
	if shared {
		s.mapping = data
		s.advise()
		// Slices into the map do not keep it mapped; whoever reads them keeps the
		// segment alive (View.Release).
		runtime.AddCleanup(s, func(release func()) { release() }, release)
	}
	return s, nil
}

// load brings a file's bytes to memory, by a map or by reading them; release is nil
// where they are no mapping.
func load(f vfs.File, size int, inMemory bool) (data []byte, release func(), err error) {
	if !inMemory {
		if data, release, err = f.Map(); err != nil {
			return nil, nil, fmt.Errorf("segment: map: %w", err)
		}
		return data, release, nil
	}
	data = alignedBytes(size)
	if n, err := f.ReadAt(data, 0); n < size {
		return nil, nil, fmt.Errorf("segment: read %d bytes of %d: %w: %w", n, size, errors.Join(err, io.ErrUnexpectedEOF), model.ErrCorrupt)
	}
	return data, nil, nil
}
