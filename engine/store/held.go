package store

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// The record of a version is in truth.db from its commit until a segment file with its row
// is written. From then on a memory file has it, which is written with the segment file,
// and truth.db a byte in its place: see segment.Held and docs/design/memory-files.md.

// apart is the value of bucketMemories for a version whose record a memory file has.
var apart = []byte{3} // no record begins so

func isApart(value []byte) bool { return len(value) == 1 && value[0] == apart[0] }

// heldFiles are the memory files that truth.db names, the latest first. A list never
// changes; it goes with a transaction.
type heldFiles []heldFile

type heldFile struct {
	entry
	*segment.Held
}

func newHeldFile(number uint64, held *segment.Held) heldFile {
	first, last := held.Range()
	return heldFile{entry{number, first, last, held.Sum()}, held}
}

// openHeld opens the memory files that a transaction names. Each is needed: what is missing
// or damaged, as far as opening tells, is ErrCorrupt.
func openHeld(tx *bolt.Tx, open func(number uint64) (*segment.Held, error)) (heldFiles, error) {
	entries, err := readEntries(tx, bucketHeld)
	if err != nil {
		return nil, err
	}
	files := make(heldFiles, 0, len(entries))
	for _, e := range entries {
		held, err := open(e.number)
		if err == nil && newHeldFile(e.number, held).entry != e {
			err = fmt.Errorf("another file than was written: %w", model.ErrCorrupt)
		}
		if damaged(err) {
			return nil, fmt.Errorf("store: %s: %v: restore the store from a copy: %w", heldName(e.number), err, model.ErrCorrupt)
		}
		if err != nil {
			return nil, fmt.Errorf("store: %s: %w", heldName(e.number), classify(err))
		}
		files = append(files, heldFile{e, held})
	}
	return files.with(), nil
}

// with returns the files with others, in order.
func (f heldFiles) with(others ...heldFile) heldFiles {
	all := append(slices.Clip(f), others...)
	slices.SortFunc(all, func(a, b heldFile) int { return cmp.Compare(b.number, a.number) })
	return all
}

// without returns the files but for some of them.
func (f heldFiles) without(some heldFiles) heldFiles {
	return slices.DeleteFunc(slices.Clone(f), func(file heldFile) bool { return some.numbered(file.number) != nil })
}

// last returns the last sequence that a file was written for; nothing but the merger's work
// on the writer changes the list, so the merger may ask.
func (f heldFiles) last() (last model.ID) {
	for _, file := range f {
		last = max(last, file.entry.last)
	}
	return last
}

// numbered returns a file; nil where it is not there.
func (f heldFiles) numbered(number uint64) *segment.Held {
	for _, file := range f {
		if file.number == number {
			return file.Held
		}
	}
	return nil
}

// find returns where a version's record is.
func (f heldFiles) find(sequence model.ID) (held *segment.Held, row int, err error) {
	for _, file := range f {
		if sequence < file.first || sequence > file.last {
			continue
		}
		if row, ok := file.Find(sequence); ok {
			return file.Held, row, nil
		}
	}
	return nil, 0, fmt.Errorf("record in no memory file: %w", model.ErrCorrupt)
}

// version decodes an entry of bucketMemories. Of many, in their order, r remembers what it
// has unpacked.
func (f heldFiles) version(r *segment.RecordReader, k, v []byte) (is version, err error) {
	defer segment.Rescue(debug.SetPanicOnFault(true), &err)
	is.sequence = idOf(k)
	if isApart(v) {
		var held *segment.Held
		var row int
		if held, row, err = f.find(is.sequence); err == nil {
			is.memory, err = held.Memory(r, row)
		}
	} else {
		var record []byte
		if record, err = openRecord(k, v); err == nil {
			is.memory, err = segment.DecodeRecord(record)
		}
	}
	if is.memory.ID == 0 {
		is.memory.ID = is.sequence
	}
	return is, err
}

// expiry returns when the memory of an entry of bucketMemories expires, in microseconds.
func (f heldFiles) expiry(k, v []byte) (at int64, err error) {
	defer segment.Rescue(debug.SetPanicOnFault(true), &err)
	if !isApart(v) {
		return segment.RecordExpiry(v), nil
	}
	held, row, err := f.find(idOf(k))
	if err != nil {
		return 0, err
	}
	return held.Expiry(row), nil
}

// swapHeld names the memory file of a segment that takes the place of others instead of
// the files that it outdates, which it returns, and leaves to it the records that it has.
func (f heldFiles) swapHeld(e *edit, sources []*segment.Segment, merged *segment.Segment, number uint64) (old heldFiles, err error) {
	first, _ := sources[0].Range()
	_, last := sources[len(sources)-1].Range()
	old = f.outdated(e.tx, first, last)
	for _, file := range old {
		if err := e.delete(bucketHeld, idBytes(model.ID(file.number))); err != nil {
			return nil, err
		}
	}
	if number == 0 {
		return old, nil
	}
	if err := (entry{number, first, last, merged.Held().Sum()}).put(e, bucketHeld); err != nil {
		return nil, err
	}
	for _, source := range sources {
		if source.Held() == nil {
			if err := putApart(e, source, merged); err != nil {
				return nil, err
			}
		}
	}
	return old, nil
}

// putApart has the memory file of merged hold the records of versions in a source's range
// that truth.db holds itself. Of the source, which may be damaged, only the range is read.
func putApart(e *edit, source, merged *segment.Segment) error {
	memories := e.tx.Bucket(bucketMemories)
	first, last := source.Range()
	replaced := 0 // bytes since a key was deleted
	for row := merged.From(first); row < merged.RowCount() && merged.Sequence(row) <= last; row++ {
		k := idBytes(merged.Sequence(row))
		v := memories.Get(k)
		if v == nil || isApart(v) {
			continue
		}
		// bbolt joins pages only where a key was deleted: one of each page, as deleting and
		// putting move all keys behind in a leaf, of which a round that is not committed makes one.
		// It is not noted: what is made again of the journal has the same keys, on more pages.
		if replaced += len(k) + len(v); replaced >= joinBytes {
			if err := memories.Delete(k); err != nil {
				return err
			}
			replaced = 0
		}
		if err := e.put(bucketMemories, k, apart); err != nil {
			return err
		}
	}
	return nil
}

// joinBytes is less than a page holds of records.
const joinBytes = 2048

// outdated returns the files of which nothing is needed any more when a later one has what
// is left of the range from first to last.
func (f heldFiles) outdated(tx *bolt.Tx, first, last model.ID) (old heldFiles) {
	for i, file := range f {
		if file.last < first || file.first > last {
			continue
		}
		covered := []entry{{first: first, last: last}}
		for _, later := range f[:i] {
			covered = append(covered, later.entry)
		}
		if !needed(tx, file.first, file.last, covered) {
			old = append(old, file)
		}
	}
	return old
}

// needed reports whether there is a version in a range that lies in none of others.
func needed(tx *bolt.Tx, first, last model.ID, others []entry) bool {
	slices.SortFunc(others, func(a, b entry) int { return cmp.Compare(a.first, b.first) })
	cursor := tx.Bucket(bucketMemories).Cursor()
	between := func(first, last model.ID) bool {
		k, _ := cursor.Seek(idBytes(first))
		return k != nil && idOf(k) <= last
	}
	for _, o := range others {
		if o.last < first {
			continue
		}
		if o.first > last {
			break
		}
		if o.first > first && between(first, o.first-1) {
			return true
		}
		if first = o.last + 1; first > last {
			return false
		}
	}
	return between(first, last)
}

// removeDropped removes the memory files that merging has outdated since truth.db was last
// committed. Until then truth.db by itself still needs them: a journal whose last group
// is damaged is taken for one that ends before it.
func (s *Store) removeDropped() {
	if len(s.dropped) > 0 && s.stillThere() == nil {
		for _, file := range s.dropped { // readers keep their mapping
			s.options.Files.Remove(s.heldPath(file.number))
		}
	}
	s.dropped = nil
}

// heldName is a memory file's within the store's directory.
func heldName(number uint64) string {
	return filepath.Join(memoriesName, fmt.Sprintf("%08d%s", number, memorySuffix))
}

func (s *Store) heldPath(number uint64) string { return filepath.Join(s.dir, heldName(number)) }

// sound checks all of the files.
func (f heldFiles) sound(ctx context.Context) error {
	for _, file := range f {
		if err := model.FromContext(ctx, "store: verify"); err != nil {
			return err
		}
		err := file.CheckRest(func() bool { return ctx.Err() != nil })
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("store: %s: %w", heldName(file.number), err)
		}
	}
	return model.FromContext(ctx, "store: verify")
}

func (s *Store) openHeldFile(number uint64) (*segment.Held, error) {
	return segment.OpenHeld(s.options.Files, s.heldPath(number), s.options.InMemory)
}
