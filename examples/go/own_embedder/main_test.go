package main

import (
	"strings"
	"testing"
)

func TestTheEmbedderIsAsked(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), t.TempDir(), &out); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(out.String(), "\n"); !strings.HasSuffix(lines[0], "Bob likes walnuts.") || lines[3] != "letters-v1" {
		t.Errorf("printed\n%s", out.String())
	}
}
