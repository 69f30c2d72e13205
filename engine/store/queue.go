package store

import "sync/atomic"

// queueSize bounds the requests that wait for the writer. Each waits in a
// caller's goroutine, so this is the number of callers that may write at once;
// one more gets ErrBusy. A power of two.
const queueSize = 1024

// queue is a bounded lock-free ring for many producers and one consumer
// (D. Vyukov, bounded MPMC queue). A slot's turn tells who owns it: turn ==
// position means free for the producer of that position, turn == position+1
// means filled and the consumer's, and the consumer hands it on to the producer
// one lap later.
type queue struct {
	tail  atomic.Uint64 // next position to fill; producers
	_     [56]byte      // keeps the consumer off the producers' cache line
	head  uint64        // next position to take; the consumer alone
	_     [56]byte
	slots [queueSize]slot
}

type slot struct {
	turn  atomic.Uint64
	value *request // written by the owner of turn, published by storing turn
}

func newQueue() *queue {
	q := &queue{}
	for i := range q.slots {
		q.slots[i].turn.Store(uint64(i))
	}
	return q
}

// push adds r behind the others; false when the queue is full.
func (q *queue) push(r *request) bool {
	for {
		at := q.tail.Load()
		s := &q.slots[at%queueSize]
		switch turn := s.turn.Load(); {
		case turn == at:
			if q.tail.CompareAndSwap(at, at+1) {
				s.value = r
				s.turn.Store(at + 1)
				return true
			}
		case turn < at:
			return false // a lap behind: still to be taken
		}
	}
}

// waiting returns the requests that are in the queue; the consumer's call.
func (q *queue) waiting() int { return int(q.tail.Load() - q.head) }

// pop takes the oldest request, nil when there is none.
func (q *queue) pop() *request {
	s := &q.slots[q.head%queueSize]
	if s.turn.Load() != q.head+1 {
		return nil
	}
	r := s.value
	s.value = nil
	s.turn.Store(q.head + queueSize)
	q.head++
	return r
}
