package store

import (
	"cmp"
	"errors"
	"fmt"

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
		if err = guarded(func() error { return s.commitTruth(batch) }); errors.Is(err, model.ErrCorrupt) {
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

// commitTruth makes the batch durable and publishes it, searchable. A
// request that fails by itself (its key exists, its context ended) changes
// nothing and keeps its error.
func (s *Store) commitTruth(batch []*request) error {
	t := &transaction{now: s.tick(), keepsHistory: s.options.HistoryFor >= 0, positions: map[string]uint32{}}
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
	s.publish(batch, t.space, built.segment)
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

// publish makes what was committed visible with one store of the view.
func (s *Store) publish(batch []*request, space segment.Space, built *segment.Segment) {
	view := s.view.Load()
	next := view
	var all outcome
	for _, r := range batch {
		all.gone = append(all.gone, r.gone...)
		all.retired = append(all.retired, r.retired...)
		all.retiredAt = append(all.retiredAt, r.retiredAt...)
		for _, row := range r.added {
			if row.Sequence == 0 {
				s.added.Add(1)
			}
		}
	}
	if built != nil {
		next = next.In(space).With(built)
	}
	if len(all.retired) > 0 {
		next = next.WithRetired(all.retired, all.retiredAt)
	}
	if len(all.gone) > 0 {
		next = next.WithDeleted(all.gone)
	}
	if next != view {
		s.view.Store(next)
		s.kickMerger()
	}
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
