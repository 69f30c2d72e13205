//go:build cgo

package main

import (
	"testing"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
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
