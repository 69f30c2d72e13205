package store

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// commit makes a batch durable, builds its segment meanwhile, publishes
// and answers.
func (s *Store) commit(batch []*request) {
	if len(batch) == 0 {
		return
	}
	err := s.poisoned
	if err == nil {
		err = guarded(func() error { return s.commitTruth(batch) })
		if errors.Is(err, model.ErrCorrupt) && !errors.Is(err, errSegment) {
			s.poisoned = err
		}
	}
	for _, r := range batch {
		if err != nil {
			r.reply <- err
		} else {
			r.reply <- r.err
		}
	}
}

// errSegment marks an error that is a segment file's, found before anything was made
// durable: the truth is sound, and the file is about to be rebuilt from it.
var errSegment = errors.New("nothing was changed")

// commitTruth makes the batch durable and publishes it, searchable. A
// request that fails by itself (its key exists, its context ended) changes
// nothing and keeps its error.
func (s *Store) commitTruth(batch []*request) error {
	t := newTransaction(s)
	var rows []*segment.Row
	size := 0
	for _, r := range batch {
		size += r.size()
	}
	err := s.change(&t.edit, size >= directBytes, func() error {
		for _, r := range batch {
			if r.err = t.apply(r); r.err != nil && !errors.Is(r.err, errRefused) {
				return r.err
			}
			rows = append(rows, r.added...)
		}
		if t.made == 0 {
			return nil
		}
		return t.saveClock()
	})
	if err != nil || t.made == 0 {
		return err
	}
	// Before the disk has it: the rows to hide are looked up in mapped files, which may fail.
	next, hidden, err := s.hide(batch)
	if err != nil {
		return errors.Join(fmt.Errorf("store: %w: %w", errSegment, err), s.rewind())
	}
	building := startBuilding(t.space, rows) // while the disk works
	defer func() { <-building }()            // after a panic too: rows may hold the caller's memory
	err = s.persist(&t.edit)
	built := <-building
	if err != nil {
		return err
	}
	s.commits.Add(1)
	s.clock = t.now.UnixMicro()
	if built.err != nil {
		s.poisoned = fmt.Errorf("store: committed but not searchable, reopen the store: %w: %w", model.ErrInternal, built.err)
		return s.poisoned
	}
	s.publish(next, hidden, t.space, built.segment)
	s.mended, s.looked = t.mended, t.looked
	s.judges.publish(t, s.tx == nil)
	return nil
}

// build is the outcome of building a batch's segment.
type build struct {
	segment *segment.Segment
	err     error
}

func startBuilding(space segment.Space, rows []*segment.Row) <-chan build {
	done := make(chan build, 1)
	if len(rows) == 0 {
		close(done)
		return done
	}
	go func() {
		var b build
		defer func() { done <- b; close(done) }()
		defer model.Rescue("store: build", &b.err)
		b.segment, b.err = buildSegment(space, rows, placeOf(rows[0]), placeOf(rows[len(rows)-1]))
	}()
	return done
}

// hide returns the current view without the versions that a batch deletes and replaces,
// and what these are.
func (s *Store) hide(batch []*request) (next *segment.View, all outcome, err error) {
	view := s.view.Load()
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	for _, r := range batch {
		all.added = append(all.added, r.added...)
		all.gone = append(all.gone, r.gone...)
		all.retired = append(all.retired, r.retired...)
		all.retiredAt = append(all.retiredAt, r.retiredAt...)
	}
	return all.hiddenIn(view), all, nil
}

// hiddenIn returns a view without the versions that were deleted and replaced.
func (o *outcome) hiddenIn(v *segment.View) *segment.View {
	if len(o.retired) > 0 {
		v = v.WithRetired(o.retired, o.retiredAt)
	}
	if len(o.gone) > 0 {
		v = v.WithDeleted(o.gone)
	}
	return v
}

// publish makes what was committed visible with one store of the view.
func (s *Store) publish(next *segment.View, all outcome, space segment.Space, built *segment.Segment) {
	for _, row := range all.added {
		if row.Sequence == 0 {
			s.added.Add(1)
		}
	}
	if built != nil {
		next = all.since(placeOf(all.added[0])).hiddenIn(next.In(space).With(built))
	}
	if next != s.view.Load() {
		s.view.Store(next)
		s.kickMerger()
	}
}

// since returns what became of the versions from first on: those of the batch itself.
func (o *outcome) since(first model.ID) *outcome {
	own := &outcome{}
	for _, sequence := range o.gone {
		if sequence >= first {
			own.gone = append(own.gone, sequence)
		}
	}
	for i, sequence := range o.retired {
		if sequence >= first {
			own.retired, own.retiredAt = append(own.retired, sequence), append(own.retiredAt, o.retiredAt[i])
		}
	}
	return own
}

// placeOf returns the sequence of a committed row.
func placeOf(row *segment.Row) model.ID { return cmp.Or(row.Sequence, row.ID) }

func buildSegment(space segment.Space, rows []*segment.Row, first, last model.ID) (*segment.Segment, error) {
	b := segment.NewBuilder(space)
	bytes := 0
	for _, row := range rows {
		bytes += len(row.Record)
	}
	b.Reserve(len(rows), bytes)
	for _, row := range rows {
		b.Add(row)
	}
	return b.Finish(first, last)
}
