package main

import (
	"strings"
	"testing"
	"time"
)

func TestWhatWasSaidIsKnownInTheNextChat(t *testing.T) {
	folder := t.TempDir()
	var out strings.Builder
	if err := chat(t.Context(), folder, "ann", strings.NewReader("Bob is allergic to peanuts.\nThe train leaves at seven.\n\nnot this\n"), &out); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := chat(t.Context(), folder, "ann", strings.NewReader("Who is allergic to peanuts?\nxyzzy?\n"), &out); err != nil {
		t.Fatal(err)
	}
	want := "  " + time.Now().UTC().Format(time.DateOnly) + " Bob is allergic to peanuts."
	if lines := strings.Split(out.String(), "\n"); lines[0] != want || !strings.Contains(out.String(), "I know nothing") {
		t.Errorf("said\n%s", out.String())
	}
}
