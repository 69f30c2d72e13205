package segment

import (
	"fmt"
	"io"
	"runtime"

	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// Draft is a finished segment without an image yet: it becomes a segment in
// memory or the bytes of a file, and is spent with either.
type Draft struct{ b *Builder }

// RowCount returns the rows of the segment.
func (d *Draft) RowCount() int { return d.b.RowCount() }

// Size returns the bytes of its image, about those of its files.
func (d *Draft) Size() int { return d.b.size(whole) }

// Cover widens the range of IDs that the segment answers for.
func (d *Draft) Cover(first, last model.ID) {
	d.b.first, d.b.last = min(first, d.b.first), max(last, d.b.last)
}

// WriteFiles has a memory file written, then the segment file that refers to it, each
// without having it in memory. The draft is spent.
func (d *Draft) WriteFiles(memories, segment func(write func(io.Writer) error) error) error {
	defer d.b.release()
	if err := d.b.sealWords(); err != nil {
		return err
	}
	d.b.divide()
	if err := memories(func(w io.Writer) error { return d.b.write(w, held) }); err != nil {
		return err
	}
	return segment(func(w io.Writer) error { return d.b.write(w, derived) })
}

// sealWords makes the text index that of a file: in memory, its dictionary is a list, as
// most segments are merged before a file is made.
func (b *Builder) sealWords() (err error) {
	if b.content.words, err = b.content.words.Seal(); err != nil {
		return fmt.Errorf("segment: %w", err)
	}
	return nil
}

// Segment returns the segment in memory: the content encoded, and a fresh one
// bound to the image. The draft is spent.
func (d *Draft) Segment() (*Segment, error) {
	b := d.b
	defer b.release()
	image := b.encode()
	c := &content{first: b.first, last: b.last, derived: b.derived, keepsVectors: b.keepsVectors}
	c.vectors.SetDim(b.vectors.Dim)
	if _, err := c.bind(image, len(c.written(whole))); err != nil {
		return nil, err
	}
	return newSegment(image, c, fields.Over)
}

// Merge joins neighbouring segments of one space, oldest first, without the
// dead rows (dead[i] may be nil). It returns nil where no row is left.
func Merge(space Space, sources []*Segment, dead []rows.Set) (*Draft, error) {
	b := NewBuilder(space)
	words := make([]lexical.Source, len(sources))
	rowCount, bytes := 0, 0
	for _, s := range sources {
		rowCount += s.RowCount()
		plain, _ := s.RecordBytes()
		bytes += plain
	}
	b.Reserve(rowCount, bytes)
	for i, s := range sources {
		words[i] = lexical.Source{Reader: s.Words(), Dead: dead[i]}
		b.addLive(s, dead[i])
	}
	if b.RowCount() == 0 {
		b.release()
		return nil, nil
	}
	merged, err := lexical.Merge(words)
	if err != nil {
		return nil, fmt.Errorf("segment: merge: %w", err)
	}
	return b.seal(merged, sources[0].first, sources[len(sources)-1].last), nil
}

func (b *Builder) addLive(s *Segment, dead rows.Set) {
	keys := make([]uint64, s.RowCount())
	for i, row := range s.keyRows {
		keys[row] = s.keyHashes[i]
	}
	target := make([]uint32, s.RowCount())
	var records RecordReader
	for row := range s.RowCount() {
		yieldAfter(row)
		if dead.Has(row) {
			target[row] = fields.NoRow
			continue
		}
		target[row] = uint32(b.RowCount())
		record := records.Record(s, row)
		b.addColumns(s.ids[row], &columns{
			tenant: s.tenants[row], user: s.users[row], agent: s.agents[row], session: s.sessions[row],
			thread: s.threads[row], key: keys[row], event: s.events[row],
			ingest: s.ingests[row], life: readLife(record),
			position: s.positions[row], authority: s.authority[row],
		}, record, s.Signature(row), s.Annotation(row))
		b.vectors.AppendFrom(&s.vectors, row)
	}
	b.byField.AddFrom(s.fieldReader(), target)
}

// yieldRows is how many rows building and merging handle, some 50 to 100 us of
// work, before they let a question that waits for a processor go first. Without
// it a question beside full ingest waits for the scheduler's 10 ms time slices.
const yieldRows = 32

func yieldAfter(row int) {
	if row%yieldRows == 0 {
		runtime.Gosched()
	}
}
