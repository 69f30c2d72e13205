package main

import (
	"fmt"
	"testing"

	"github.com/nexus-memory/nexus/eval"
)

func TestPoolsHaveSoManyConversationsEachAndAllOfTheSet(t *testing.T) {
	set := &eval.Set{}
	for i := range 25 {
		conversation := fmt.Sprint(i)
		set.Turns = append(set.Turns, eval.Turn{Conversation: conversation}, eval.Turn{Conversation: conversation})
		set.Questions = append(set.Questions, eval.Question{Conversation: conversation})
	}
	all := pools(set, 10)
	if len(all) != 3 {
		t.Fatalf("%d pools of 25 conversations", len(all))
	}
	for i, want := range []int{10, 10, 5} {
		if len(all[i].Turns) != 2*want || len(all[i].Questions) != want {
			t.Errorf("pool %d: %d turns, %d questions of %d conversations", i, len(all[i].Turns), len(all[i].Questions), want)
		}
		for _, q := range all[i].Questions {
			if q.Conversation == "12" && i != 1 {
				t.Errorf("conversation 12 is asked in pool %d", i)
			}
		}
	}
	if whole := pools(set, 0); len(whole) != 1 || whole[0] != set {
		t.Error("a set that is not pooled is not the whole one")
	}
}
