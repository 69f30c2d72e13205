package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/bits"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

const (
	mergeFan     = 8                      // neighbours of one size class that become one of the next
	runMax       = 8 * mergeFan           // a run of so many is merged even within its class
	fileRows     = 2048                   // a merged segment of this size goes to a file
	fileBytes    = 4 << 20                // as does one of this size, merged or not: memory is for small ones
	segmentRows  = 1 << 16                // and none is made larger than this: bounds a merge's memory and time
	segmentBytes = 128 << 20              // or than this, where texts are long
	flushRows    = 64                     // Close leaves fewer rows than this to replay
	mergeRest    = 10 * time.Second       // after a failure to merge
	pauseRest    = 20 * time.Millisecond  // after the last commit, a pause begins
	pauseFan     = 4                      // parts in memory that become one then
	calmRest     = 100 * time.Millisecond // after the last commit, calm begins
	deadShare    = 4                      // a segment with more than 1/deadShare of its rows deleted is rewritten
)

// span is a run of neighbouring parts of a view.
type span struct{ first, last int }

// pace is how memories come in while merging goes on.
type pace int

const (
	steady pace = iota
	pause       // none have come for pauseRest
	calm        // none for calmRest
	rush        // so many that whoever adds them waits for the processor: see pacer
)

const (
	rushRate  = 2000                   // memories a second from which on it is a rush
	rushLook  = 100 * time.Millisecond // after which it is looked again
	rushFan   = 2 * mergeFan           // a row is merged half as often then, and more parts stand by
	rushParts = partsMax / 2           // until there are so many
)

// pacer tells a rush. The merger's alone.
type pacer struct {
	at    time.Time
	added uint64
	rush  bool
}

func (p *pacer) look(added uint64) {
	now := time.Now()
	if took := now.Sub(p.at); took >= rushLook {
		p.rush = float64(added-p.added) >= rushRate*took.Seconds()
		p.at, p.added = now, added
	}
}

// class is the size class of a part: classes grow by mergeFan.
func class(rows int) int { return bits.Len(uint(rows)) / 3 }

// plan picks the next parts to merge: a large one that is only in memory, else
// the run of at least mergeFan neighbours of the smallest class that becomes one
// of a higher class, else a part that is mostly deleted. In calm times, and of small
// parts in a pause, a run need not change its class; in a rush it has to be longer (see worthIt).
func plan(parts []segment.Part, at pace) (span, bool) {
	for i := range parts {
		if !parts[i].InFile() && parts[i].Size() >= fileBytes {
			return span{i, i}, true
		}
	}
	for c := range class(segmentRows) + 1 {
		for first := 0; first < len(parts); first++ {
			last, full := runEnd(parts, first, func(p *segment.Part) bool { return class(p.RowCount()) <= c })
			// A run that is as large as a segment may be need not be long.
			if worthIt(parts[first:last], c, at) || (full && last-first > 1 && at != rush) {
				return span{first, last - 1}, true
			}
			first = max(first, last-1)
		}
	}
	for i := range parts {
		if parts[i].GoneCount()*deadShare > parts[i].RowCount() {
			return span{i, i}, true
		}
	}
	return span{}, false
}

// worthIt reports whether a run of parts of class c and lower is worth merging.
// While memories come in, it must make a part of a higher class: else a large part
// would be written anew for every seven small ones that follow it. When none come,
// it is enough that the largest grows by an eighth, as every part costs each
// question; what is far too long is merged whatever comes of it. A pause is enough for
// what stays in memory and takes some milliseconds: who has added this and that asks next.
func worthIt(run []segment.Part, c int, at pace) bool {
	rowCount, largest := 0, 0
	for i := range run {
		rowCount += run[i].RowCount()
		largest = max(largest, run[i].RowCount())
	}
	switch {
	case at == pause && len(run) >= pauseFan && rowCount < fileRows && (rowCount-largest)*pauseFan >= largest:
		return true
	case len(run) < mergeFan, at == rush && len(run) < rushFan:
		return false
	case at == calm && (rowCount-largest)*mergeFan >= largest:
		return true
	}
	return class(rowCount) > c || len(run) >= runMax
}

// runEnd returns the end of the run of parts from first that fit and stay
// together within one segment's bounds, and whether a bound ended it; first
// itself where that does not fit.
func runEnd(parts []segment.Part, first int, fits func(*segment.Part) bool) (last int, full bool) {
	rowCount, bytes := 0, 0
	for last = first; last < len(parts) && fits(&parts[last]); last++ {
		rowCount += parts[last].RowCount()
		bytes += parts[last].Size()
		if last > first && (rowCount > segmentRows || bytes > segmentBytes) {
			return last, true
		}
	}
	return last, false
}

// compactSpans splits a view into the runs that Compact rewrites as one file
// each: all parts, but for those that are one clean pair of files already and need not be packed.
func compactSpans(parts []segment.Part, packs bool) (list []span) {
	for first := 0; first < len(parts); {
		last, _ := runEnd(parts, first, func(*segment.Part) bool { return true })
		p := &parts[first]
		if last-first > 1 || p.Held() == nil || p.GoneCount() > 0 || packs && !p.Packed() && p.RowCount() >= fileRows {
			list = append(list, span{first, last - 1})
		}
		first = last
	}
	return list
}

// flushSpan is the tail that Close writes to a file: everything behind the last
// large file. None where so little is missing from files that replay is as quick.
func flushSpan(parts []segment.Part) (span, bool) {
	first, missing := len(parts), 0
	for first > 0 && (!parts[first-1].InFile() || parts[first-1].RowCount() < fileRows) {
		first--
		if !parts[first].InFile() {
			missing += parts[first].RowCount()
		}
	}
	return span{first, len(parts) - 1}, missing >= flushRows
}

// rewriteOrder asks the merger to rewrite segments now.
type rewriteOrder struct {
	ctx     context.Context
	compact bool // all of them; else what Close leaves behind
	reply   chan error
}

func (s *Store) kickMerger() {
	select {
	case s.kick <- struct{}{}:
	default: // it will look anyway
	}
}

// merge is the merger goroutine. A failure (no space, say) is kept for Stats
// and tried again after a rest; what is in memory goes on serving.
func (s *Store) merge() {
	defer close(s.mergerDone)
	defer s.listing.Wait()
	rest := time.NewTimer(0) // first of all, whatever opening has left to do
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	if err := s.fileReplayed(); err != nil {
		s.mergeFailed.Store(&err)
	}
	s.busyListed = time.Now()
	still := time.NewTimer(stillRest)
	defer still.Stop()
	added := uint64(0) // when it was last looked whether memories come
	rested := pause    // what follows is calm
	for {
		select {
		case <-s.kick:
			rested = steady
			still.Reset(stillRest)
			if s.mergeFailed.Load() != nil && !s.suspected.Load() {
				continue // the timer is running
			}
		case <-rest.C:
			rested = min(rested+1, calm)
		case <-still.C:
			if now := s.added.Load(); now != added { // while it merged
				added = now
				still.Reset(stillRest)
				continue
			}
			s.keepLists(stillShare)
			continue
		case <-sweep.C:
			s.sweepQuietly()
			continue
		case order := <-s.rewrites:
			order.reply <- s.rewrite(order.ctx, order.compact)
			continue
		case <-s.stop:
			return
		}
		if err := s.mergeAll(rested); err != nil {
			s.mergeFailed.Store(&err)
			rest.Reset(mergeRest)
			continue
		}
		s.mergeFailed.Store(nil)
		switch rested {
		case steady:
			rest.Reset(pauseRest)
		case pause:
			rest.Reset(calmRest - pauseRest)
		}
	}
}

// fileReplayed writes what opening had to replay for want of a valid file, so
// that the next opening does not. The tail, which no file had yet, may wait.
func (s *Store) fileReplayed() error {
	view := s.view.Load()
	files := len(view.Parts)
	for ; files > 0; files-- {
		if first, _ := view.Parts[files-1].Range(); view.Parts[files-1].InFile() || first <= s.held.last() {
			break
		}
	}
	for i := range files {
		if !view.Parts[i].InFile() && !s.closing.Load() {
			if err := s.mergeSpan(view, span{i, i}, true, s.closing.Load); err != nil {
				return err
			}
		}
	}
	return nil
}

// mergeAll merges until there is nothing to merge or the store is closing. Pause and
// calm end when something is published.
func (s *Store) mergeAll(rested pace) error {
	if err := s.repair(); err != nil {
		return err
	}
	for !s.closing.Load() {
		view := s.view.Load()
		if len(s.kick) > 0 {
			rested = steady
		}
		at := s.paceOf(view, rested)
		todo, ok := plan(view.Parts, at)
		if !ok {
			if at == calm {
				return s.shrinkTruth()
			}
			if now := time.Now(); !s.pacer.rush && now.Sub(s.busyListed) >= busyRest {
				s.busyListed = now
				s.keepLists(busyShare)
			}
			return nil
		}
		if err := s.mergeSpan(view, todo, false, s.closing.Load); err != nil {
			return err
		}
	}
	return nil
}

// paceOf tells how memories come in, as far as that matters to merging a view.
func (s *Store) paceOf(view *segment.View, rested pace) pace {
	s.pacer.look(s.added.Load())
	if rested != calm && s.pacer.rush && len(view.Parts) <= rushParts {
		return rush
	}
	return rested
}

func (s *Store) rewrite(ctx context.Context, compact bool) error {
	if err := s.repair(); err != nil {
		return err
	}
	view := s.view.Load()
	if !compact {
		if tail, ok := flushSpan(view.Parts); ok {
			return s.mergeSpan(view, tail, true, func() bool { return false })
		}
		return nil
	}
	for _, todo := range compactSpans(view.Parts, s.options.CompressTexts) {
		if err := model.FromContext(ctx, "store: compact"); err != nil {
			return err
		}
		ended := func() bool { return ctx.Err() != nil || s.closing.Load() }
		if err := s.mergeSpan(view, todo, true, ended); err != nil {
			return err
		}
	}
	s.mergeFailed.Store(nil)
	s.kickMerger()
	return nil
}

// mergeSpan builds one segment from parts of view, writes it to a file where it
// is large or must be, and has the writer install it. stop ends it early.
func (s *Store) mergeSpan(view *segment.View, todo span, toFile bool, stop func() bool) (err error) {
	defer view.Release()
	defer model.Rescue("store: merge", &err)
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	parts := view.Parts[todo.first : todo.last+1]
	sources, dead := make([]*segment.Segment, len(parts)), make([]rows.Set, len(parts))
	for i, p := range parts {
		sources[i], dead[i] = p.Segment, p.Gone()
	}
	if err := s.checkSources(sources, stop); err != nil {
		return err
	}
	draft, err := segment.Merge(view.Space, sources, dead)
	if err != nil {
		return err
	}
	var merged *segment.Segment
	var number uint64
	switch {
	case draft == nil: // no row is left
	case toFile || draft.RowCount() >= fileRows || draft.Size() >= fileBytes || slices.ContainsFunc(sources, (*segment.Segment).InFile):
		number = s.fileNumber.Add(1)
		merged, err = s.writeSegment(number, draft, sources)
	default:
		merged, err = draft.Segment()
	}
	if err != nil {
		return err
	}
	return s.onWriter(func() (err error) {
		defer view.Guard(debug.SetPanicOnFault(true), &err)
		return s.install(sources, merged, number, func(now *segment.View, first int) *segment.View {
			return now.Replace(first, first+len(sources)-1, merged)
		})
	})
}

// checkSources sees to it that nothing damaged is merged, and given a sound sum.
func (s *Store) checkSources(sources []*segment.Segment, stop func() bool) error {
	for _, source := range sources {
		err := source.CheckRest(stop)
		if damaged(err) {
			s.suspect()
		}
		if err != nil {
			return fmt.Errorf("store: merge: %w", err)
		}
	}
	return nil
}

// writeSegment makes the files of a segment that takes the place of others durable, the
// memory file first, and returns it mapped. What was packed stays so, whoever has the store open.
func (s *Store) writeSegment(number uint64, draft *segment.Draft, replaced []*segment.Segment) (*segment.Segment, error) {
	path := s.segmentPath(number)
	if err := s.stillThere(); err != nil {
		return nil, err
	}
	if draft.RowCount() >= fileRows && (s.options.CompressTexts || slices.ContainsFunc(replaced, (*segment.Segment).Packed)) {
		if err := draft.Pack(s.closing.Load); err != nil {
			return nil, err
		}
	}
	to := func(path string) func(func(io.Writer) error) error {
		return func(write func(io.Writer) error) error { return writeDurably(s.options.Files, path, write) }
	}
	err := draft.WriteFiles(to(s.heldPath(number)), to(path))
	var held *segment.Held
	if err == nil {
		held, err = s.openHeldFile(number)
	}
	var written *segment.Segment
	if err == nil {
		written, err = segment.OpenFile(s.options.Files, path, held, s.options.InMemory)
	}
	if err == nil {
		err = written.CheckRest(func() bool { return false })
	}
	if err != nil {
		s.removeFiles(number)
		return nil, fmt.Errorf("store: segment file: %w", classify(err))
	}
	return written, nil
}

// removeFiles removes the files of a segment that nothing names.
func (s *Store) removeFiles(number uint64) {
	s.options.Files.Remove(s.segmentPath(number))
	s.options.Files.Remove(s.heldPath(number))
}

// writeBytes gathers what is smaller; what is larger goes to the file directly.
const writeBytes = 64 << 10

// writeDurably writes a file under another name, syncs it, renames it and syncs
// the directory: after a crash it is there whole or not at all.
func writeDurably(files vfs.FS, path string, write func(io.Writer) error) error {
	temp := path + ".tmp"
	f, err := files.Create(temp)
	if err != nil {
		return err
	}
	defer files.Remove(temp) // gone already where all went well
	buffer := bufio.NewWriterSize(f, writeBytes)
	if err = write(buffer); err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = files.Rename(temp, path)
	}
	if err == nil {
		err = files.SyncDir(filepath.Dir(path))
	}
	return err
}

// install, run by the writer, replaces the sources by merged in manifest and view,
// which exchange does there, from their first part on.
func (s *Store) install(sources []*segment.Segment, merged *segment.Segment, number uint64, exchange func(now *segment.View, first int) *segment.View) error {
	view := s.view.Load()
	first := view.PartOf(sources[0])
	if first < 0 {
		return fmt.Errorf("store: merge: sources are gone: %w", model.ErrInternal)
	}
	next := exchange(view, first)
	files := slices.DeleteFunc(slices.Clone(sources), func(x *segment.Segment) bool { return !x.InFile() })
	if number == 0 && len(files) == 0 {
		s.view.Store(next)
		s.merges.Add(1)
		return nil
	}
	var old []entry
	var outdated heldFiles
	err := guarded(func() error {
		return s.group(func(e *edit) (err error) {
			if old, err = swapManifest(e, sources, merged, number); err == nil {
				outdated, err = s.held.swapHeld(e, sources, merged, number)
			}
			return err
		})
	})
	there := s.stillThere() == nil
	if err != nil {
		if there {
			s.removeFiles(number)
		}
		return err
	}
	s.held = s.held.without(outdated)
	if number != 0 {
		s.lightened = true
		s.held = s.held.with(newHeldFile(number, merged.Held()))
	}
	s.view.Store(next)
	s.merges.Add(1)
	for _, e := range old {
		if there { // readers of what is removed keep their mapping
			s.options.Files.Remove(s.segmentPath(e.number))
		}
	}
	s.dropped = append(s.dropped, outdated...)
	return nil
}

// swapManifest names the new file instead of the old ones and forgets deletions
// whose rows stand in no segment any more.
func swapManifest(e *edit, sources []*segment.Segment, merged *segment.Segment, number uint64) (old []entry, err error) {
	manifest, err := readManifest(e.tx)
	if err != nil {
		return nil, err
	}
	first, _ := sources[0].Range()
	_, last := sources[len(sources)-1].Range()
	for _, named := range manifest {
		if named.first >= first && named.last <= last {
			old = append(old, named)
		}
	}
	var gone []model.ID
	err = e.tx.Bucket(bucketDeleted).ForEach(func(k, _ []byte) error {
		id := idOf(k)
		if id >= first && id <= last && (merged == nil || !holds(merged, id)) {
			gone = append(gone, id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if number != 0 {
		if err := (entry{number, first, last, merged.Sum()}).put(e, bucketSegments); err != nil {
			return nil, err
		}
	}
	return old, forget(e, old, gone)
}

func holds(s *segment.Segment, id model.ID) bool {
	_, ok := s.Find(id)
	return ok
}
