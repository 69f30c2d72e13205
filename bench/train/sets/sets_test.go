package sets

import (
	"fmt"
	"testing"
)

func TestASourceIsNameFolderAndVectors(t *testing.T) {
	var s Sources
	for _, value := range []string{"plays*2.5=/d/plays,/v/plays", "talks=/d/talks", "plays@10*.4=/d/plays"} {
		if err := s.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	if s[0] != (Source{"plays", "/d/plays", "/v/plays", 2.5, 0}) || s[1] != (Source{"talks", "/d/talks", "", 1, 0}) || s[2] != (Source{"plays@10", "/d/plays", "", .4, 10}) {
		t.Fatalf("%+v", s)
	}
	if talks := s[1:2]; s.Unpooled() == nil || talks.Unpooled() != nil {
		t.Fatal("pooled plays are not told from talks")
	}
	if s.Set("plays@ten=/d/plays") == nil || s.Set("plays@0=/d/plays") == nil {
		t.Fatal("a pool that is no number")
	}
	if s.Set("/d/plays") == nil {
		t.Fatal("a folder without a name is a source")
	}
}

func TestAConversationIsHeldOutHoweverItIsPooled(t *testing.T) {
	held := 0
	for i := range 100 {
		conversation := fmt.Sprint(i)
		if Held("plays", conversation) != Held("plays@10", conversation) {
			t.Errorf("conversation %d is held out of one and not of the other", i)
		}
		if Held("plays", conversation) {
			held++
		}
	}
	if held == 0 || held == 100 {
		t.Errorf("%d of 100 are held out", held)
	}
}

// Which conversations are held out is part of what a model's provenance means.
func TestOneConversationInSixIsHeld(t *testing.T) {
	held := 0
	for i := range 600 {
		if Held("plays", fmt.Sprint("c", i)) {
			held++
		}
	}
	if held < 70 || held > 130 {
		t.Fatalf("%d of 600", held)
	}
	if Part("plays", "c1", 6) != 0 || Part("plays", "c2", 6) != 3 {
		t.Fatal(Part("plays", "c1", 6), Part("plays", "c2", 6))
	}
}
