package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/nexus-memory/nexus/engine/jsonl"
	"github.com/nexus-memory/nexus/engine/model"
)

// Export writes every memory of every tenant as JSON lines, in ID order, from
// one snapshot, each as its current version is. Import of the result gives the same
// memories with new IDs, and those that supersede others linked to them; a time in
// Meta comes back as its RFC 3339 text.
func (db *DB) Export(ctx context.Context, w io.Writer) (count int, err error) {
	out := bufio.NewWriterSize(w, 256<<10)
	lines := jsonl.NewWriter(out)
	for m, err := range db.list(ctx, "list", nil) {
		if err != nil {
			return count, fmt.Errorf("export: %w", err)
		}
		if err := lines.Write(&m); err != nil {
			return count, fmt.Errorf("export: %w", err)
		}
		count++
	}
	return count, out.Flush()
}

// ImportOptions observe and steer an import.
type ImportOptions struct {
	// Batch is the number of records committed together; 0 means 512. Long
	// ones are committed earlier, so that memory stays bounded.
	Batch int
	// Change may alter a record before it is added; an error skips it.
	Change func(line int, m *Memory) error
	// Added is told of each commit: lines[i] became ids[i], durably.
	Added func(lines []int, memories []Memory, ids []ID)
	// Bad is told of each line that was skipped, and why.
	Bad func(line int, err error)
}

// ImportReport counts what an import did.
type ImportReport struct {
	Added int // records committed, those that were there already included
	Bad   int // lines skipped
}

const (
	importBatch = 512
	importBytes = 8 << 20 // of text and vectors collected before they are committed
)

// Import adds JSON lines. Bad lines are skipped and reported, never fatal; what
// the store cannot take at all (no space, closed) ends it with an error, after
// everything acknowledged so far. Records with keys may be imported again. A record
// that supersedes another one of the same file is added by Supersede, or for itself
// where that one has expired by now.
func (db *DB) Import(ctx context.Context, r io.Reader, o ImportOptions) (ImportReport, error) {
	if o.Batch <= 0 {
		o.Batch = importBatch
	}
	i := importer{db: db, options: o}
	in := jsonl.NewReader(r)
	for {
		line, err := in.Next()
		if err == io.EOF {
			err = i.flush(ctx)
			return i.report, err
		}
		if err != nil {
			err = errors.Join(i.flush(ctx), fmt.Errorf("import: after line %d: %w", in.Number(), err))
			return i.report, err
		}
		if line.Err == nil && o.Change != nil {
			line.Err = o.Change(line.Number, &line.Memory)
		}
		if line.Err != nil {
			i.bad(line.Number, line.Err)
			continue
		}
		if i.supersedes(&line) {
			if err := i.supersede(ctx, &line); err != nil {
				return i.report, err
			}
			continue
		}
		i.lines = append(i.lines, line.Number)
		i.own = append(i.own, line.Links)
		i.memories = append(i.memories, line.Memory)
		i.bytes += len(line.Memory.Text) + 4*len(line.Memory.Vector)
		if len(i.memories) >= min(o.Batch, model.AddCountMax) || i.bytes >= importBytes {
			if err := i.flush(ctx); err != nil {
				return i.report, err
			}
		}
	}
}

type importer struct {
	db       *DB
	options  ImportOptions
	report   ImportReport
	lines    []int
	memories []Memory
	own      []jsonl.Links
	bytes    int
	// ids leads from the IDs of the file to those of the store, for the records
	// that say that another one supersedes them.
	ids map[ID]ID
}

// supersedes reports whether a record supersedes one that came before it.
func (i *importer) supersedes(line *jsonl.Line) bool {
	_, done := i.ids[line.Supersedes]
	return line.Supersedes != 0 && (done || slices.ContainsFunc(i.own, func(l jsonl.Links) bool { return l.ID == line.Supersedes }))
}

// supersede commits what came before and then the record that supersedes a part of it.
func (i *importer) supersede(ctx context.Context, line *jsonl.Line) error {
	if err := i.flush(ctx); err != nil {
		return err
	}
	old, ok := i.ids[line.Supersedes]
	if !ok { // it was a bad one itself
		i.bad(line.Number, fmt.Errorf("import: supersedes memory %d, which is not in: %w", line.Supersedes, ErrInvalid))
		return nil
	}
	id, err := i.db.Supersede(ctx, old, line.Memory)
	if errors.Is(err, ErrNotFound) { // the old one has expired since it was exported
		id, err = i.alone(ctx, line)
	}
	switch {
	case err != nil && recordsFault(err):
		i.bad(line.Number, err)
		return nil
	case err != nil:
		return err
	}
	i.added([]int{line.Number}, []Memory{line.Memory}, []jsonl.Links{line.Links}, []ID{id})
	return nil
}

// alone commits a record for itself.
func (i *importer) alone(ctx context.Context, line *jsonl.Line) (ID, error) {
	ids, err := i.db.Add(ctx, line.Memory)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

func (i *importer) bad(line int, err error) {
	i.report.Bad++
	if i.options.Bad != nil {
		i.options.Bad(line, err)
	}
}

// flush commits what is collected: together, or one by one where a record
// makes the batch fail, so that only that record is left out.
func (i *importer) flush(ctx context.Context) error {
	err := i.add(ctx, i.lines, i.memories, i.own)
	if err != nil && recordsFault(err) {
		err = nil
		for n := range i.memories {
			one := i.add(ctx, i.lines[n:n+1], i.memories[n:n+1], i.own[n:n+1])
			if one != nil && !recordsFault(one) {
				err = one
				break
			}
			if one != nil {
				i.bad(i.lines[n], one)
			}
		}
	}
	clear(i.memories) // their texts are not to be held until the next batch is full
	i.lines, i.memories, i.own, i.bytes = i.lines[:0], i.memories[:0], i.own[:0], 0
	return err
}

func (i *importer) add(ctx context.Context, lines []int, memories []Memory, own []jsonl.Links) error {
	ids, err := i.db.Add(ctx, memories...)
	if err == nil {
		i.added(lines, memories, own, ids)
	}
	return err
}

func (i *importer) added(lines []int, memories []Memory, own []jsonl.Links, ids []ID) {
	i.report.Added += len(ids)
	for n, l := range own {
		if l.ID != 0 && l.SupersededBy != 0 {
			if i.ids == nil {
				i.ids = map[ID]ID{}
			}
			i.ids[l.ID] = ids[n]
		}
	}
	if i.options.Added != nil && len(ids) > 0 {
		i.options.Added(lines, memories, ids)
	}
}

// recordsFault reports whether an error is about a record, not about the store.
func recordsFault(err error) bool {
	switch model.CodeOf(err) {
	case model.CodeInvalid, model.CodeExists, model.CodeConflict, model.CodeDimension:
		return true
	}
	return false
}
