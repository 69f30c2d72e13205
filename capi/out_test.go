//go:build cgo

package main

import (
	"testing"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// TestAnAnswersConfidenceStandsBehindTheMembersOfTheFirstRelease reads it where C does: at
// the end of what nexus_answer was, NEXUS_ANSWER_SIZE_1 bytes.
func TestAnAnswersConfidenceStandsBehindTheMembersOfTheFirstRelease(t *testing.T) {
	const sizeFirst = 104
	block, err := pack(func(a *arena) { a.answer(&engine.Answer{Confidence: .75, Hits: make([]engine.Hit, 3)}) })
	if err != nil {
		t.Fatal(err)
	}
	if got := *(*float32)(unsafe.Add(block, sizeFirst)); got != .75 {
		t.Errorf("confidence is %v", got)
	}
}

// TestAnAnswersRouteStandsBehindItsConfidence reads route, started and hurried where C does.
func TestAnAnswersRouteStandsBehindItsConfidence(t *testing.T) {
	const at = 108
	for _, answer := range []engine.Answer{
		{Route: engine.RouteMaximum, Trace: model.Trace{Started: engine.RouteSmart, Hurried: true}},
		{Route: engine.RouteFull, Trace: model.Trace{Started: engine.RouteFull}},
	} {
		block, err := pack(func(a *arena) { a.answer(&answer) })
		if err != nil {
			t.Fatal(err)
		}
		want := [3]uint32{uint32(answer.Route), uint32(answer.Trace.Started), 0}
		if answer.Trace.Hurried {
			want[2] = 1
		}
		if got := *(*[3]uint32)(unsafe.Add(block, at)); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
