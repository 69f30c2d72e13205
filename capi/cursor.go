//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// cursor is a listing in progress: a goroutine that walks the store and hands over a page
// whenever one is wanted. It ends with its context, at the latest with the store.
//
// iter.Pull would do without the goroutine, but calls from C come on whatever thread the
// caller is on, and a pulled iterator may not change between locked threads.
type cursor struct {
	want chan int
	got  chan page
	ctx  context.Context
	end  context.CancelFunc

	turn  chan struct{} // capacity 1: held by the caller of next at work
	asked bool          // a page was asked for and not yet received; by who holds turn
}

type page struct {
	memories []engine.Memory
	err      error
}

const (
	pageMax   = 4096    // memories of a page, of which two copies are made
	pageBytes = 8 << 20 // of texts and vectors, after which a page ends early
)

func newCursor(db *database, selected engine.Selection) (handle, error) {
	c := &cursor{want: make(chan int), got: make(chan page), turn: make(chan struct{}, 1)}
	c.ctx, c.end = context.WithCancel(db.ctx)
	started := make(chan error, 1)
	go c.walk(db, selected, started)
	if err := <-started; err != nil {
		c.end()
		return 0, err
	}
	h, err := handles.add(kindCursor, c)
	if err != nil {
		c.end()
	}
	return h, err
}

// walk is the cursor's goroutine. started is told when the snapshot is taken.
func (c *cursor) walk(db *database, selected engine.Selection, started chan<- error) {
	defer c.end()
	var p page
	wanted, bytes, begun := 0, 0, false
	begin := func(err error) bool {
		begun = true
		started <- err
		return c.receive(&wanted)
	}
	defer func() {
		if r := recover(); r != nil {
			p.err = fmt.Errorf("panic: %v: %w", r, engine.ErrInternal)
			if p.memories = nil; !begun {
				started <- p.err
			} else {
				c.send(p) // to whoever waits for the page
			}
		}
	}()
	for m, err := range db.List(c.ctx, selected) {
		if !begun {
			if errors.Is(err, engine.ErrClosed) || errors.Is(err, engine.ErrInvalid) {
				started <- err
				return
			}
			if !begin(nil) {
				return
			}
		}
		if p.err = err; err != nil {
			break
		}
		p.memories = append(p.memories, m)
		if bytes += len(m.Text) + 4*len(m.Vector); len(p.memories) >= wanted || bytes >= pageBytes {
			if !c.send(p) || !c.receive(&wanted) {
				return
			}
			p, bytes = page{}, 0
		}
	}
	if !begun && !begin(nil) {
		return
	}
	for c.send(p) && c.receive(&wanted) { // the rest, then empty pages
		p.memories = nil
	}
}

func (c *cursor) send(p page) bool {
	select {
	case c.got <- p:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *cursor) receive(wanted *int) bool {
	select {
	case *wanted = <-c.want:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// next returns the next page; empty at the end. Callers take turns. Where ctx ends while
// a page is made, that page is what the next call gets.
func (c *cursor) next(ctx context.Context, count int) ([]engine.Memory, error) {
	if count < 1 || count > pageMax {
		return nil, fmt.Errorf("next: %d memories wanted, want 1..%d: %w", count, pageMax, engine.ErrInvalid)
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, c.ended(ctx)
	case <-c.ctx.Done():
		return nil, c.ended(ctx)
	}
	if !c.asked {
		select {
		case c.want <- count:
			c.asked = true
		case <-ctx.Done():
			return nil, c.ended(ctx)
		case <-c.ctx.Done():
			return nil, c.ended(ctx)
		}
	}
	select {
	case p := <-c.got:
		c.asked = false
		if p.memories == nil {
			p.memories = []engine.Memory{}
		}
		return p.memories, p.err
	case <-ctx.Done():
		return nil, c.ended(ctx)
	case <-c.ctx.Done():
		return nil, c.ended(ctx)
	}
}

// ended tells which of the two contexts ended: the call's or the cursor's.
func (c *cursor) ended(ctx context.Context) error {
	if c.ctx.Err() == nil {
		return model.FromContext(ctx, "next")
	}
	return fmt.Errorf("next: the store or the listing is closed: %w", engine.ErrClosed)
}

func closeCursor(h handle) error {
	c, err := take[*cursor](h, kindCursor)
	if err == nil {
		c.end()
	}
	return err
}
