package store

import (
	"sync"
	"time"
)

// What a store has read of its files counts as the process's until it is given back, though
// the system could take it at any time. A store that is asked gives back what it reads a row
// of here and there; one that is at rest, everything that it has mapped: 23 of 40 MB with
// 57,000 turns. docs/design/resident.md says what is left.

// pageRest is how often the pager looks. A store is at rest when nobody has asked between
// two looks. What a busy one goes on reading is back within a microsecond a page.
const pageRest = 5 * time.Second

// rouse tells the pager that the store is not at rest. It neither locks nor allocates, and
// writes nothing but once between two looks.
func (s *Store) rouse() {
	if s.asked.Load() || !s.asked.CompareAndSwap(false, true) {
		return
	}
	select {
	case s.roused <- struct{}{}:
	default: // it has not taken the last one yet
	}
}

// keepPages is the goroutine that gives pages back until the store is closed, beside another that
// checks what opening has not, and repairs what a store opened for reading finds damaged. While the
// store is at rest it waits for a question, not for time.
func (s *Store) keepPages() {
	defer close(s.pagerDone)
	var check sync.WaitGroup
	defer check.Wait()
	check.Go(s.checkFiles) // which may take longer than a store waits for rest
	looks := time.NewTicker(pageRest)
	defer looks.Stop()
	var suspected chan struct{} // else the merger's
	if s.readOnly {
		suspected = s.kick
	}
	for {
		select {
		case <-s.stop:
			return
		case <-suspected:
			s.repairInMemory()
		case <-s.roused:
			looks.Reset(pageRest)
		case <-looks.C:
			if s.asked.Swap(false) {
				s.letGo()
				continue
			}
			looks.Stop()
			s.rest()
		}
	}
}

// letGo gives back the pages of which questions read a few rows.
func (s *Store) letGo() {
	view := s.view.Load()
	defer view.Release()
	for i := range view.Parts {
		view.Parts[i].LetGo()
	}
}

// rest gives back all pages. truth.db is the writer's, which may be about to map it anew.
func (s *Store) rest() {
	view := s.view.Load()
	defer view.Release()
	for i := range view.Parts {
		view.Parts[i].Rest()
	}
	if lists, _ := view.Lists(); lists != nil {
		lists.Rest()
	}
	if s.readOnly {
		restFile(s.db)
		return
	}
	_ = s.onWriter(func() error { // fails where the store is being closed
		restFile(s.db)
		return nil
	})
}
