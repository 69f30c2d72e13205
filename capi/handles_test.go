//go:build cgo

package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

func TestAHandleIsGoodUntilTakenAndForItsKindAlone(t *testing.T) {
	h, err := handles.add(kindJob, &job{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lookUp[*job](h, kindJob); err != nil {
		t.Error(err)
	}
	if _, err := lookUp[*queue](h, kindQueue); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("as a queue: %v", err)
	}
	if _, err := take[*job](h, kindJob); err != nil {
		t.Error(err)
	}
	for range 2 {
		if _, err := take[*job](h, kindJob); !errors.Is(err, engine.ErrClosed) {
			t.Errorf("taken again: %v", err)
		}
	}
	again, err := handles.add(kindJob, &job{})
	if err != nil || again.slot() != h.slot() || again == h {
		t.Errorf("slot %d is used again as %x after %x (%v)", again.slot(), again, h, err)
	}
	if _, err := lookUp[*job](h, kindJob); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("the old handle of a slot used again: %v", err)
	}
}

func TestNumbersThatWereNeverHandlesAreInvalid(t *testing.T) {
	for _, h := range []handle{0, 1, ^handle(0), newHandle(kindJob, 0, 0), newHandle(kindJob, 1, slotsMax-1), newHandle(9, 1, 0)} {
		if _, err := lookUp[*job](h, kindJob); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%x: %v", uint64(h), err)
		}
	}
}

func TestOnlyOneOfManyTakesAHandle(t *testing.T) {
	for range 200 {
		h, err := handles.add(kindJob, &job{})
		if err != nil {
			t.Fatal(err)
		}
		var won atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := take[*job](h, kindJob); err == nil {
					won.Add(1)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d took it", won.Load())
		}
	}
}
