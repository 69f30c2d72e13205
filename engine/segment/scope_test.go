package segment

import (
	"fmt"
	"sync"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// scopeMemories are memories of so many users with three sessions each, who speak by turns.
func scopeMemories(count, users int) []model.Memory {
	list := make([]model.Memory, count)
	for i := range list {
		list[i] = model.Memory{Text: fmt.Sprintf("memory %d", i), Scope: model.Scope{
			Tenant: "t", User: fmt.Sprint("user ", i%users), Session: fmt.Sprint("session ", i%(3*users))}}
		list[i].Normalize()
	}
	return list
}

// TestAScopeSeesItsRowsHoweverManyAreAsked of a segment that remembers a few, by many at once, who
// change what they are given.
func TestAScopeSeesItsRowsHoweverManyAreAsked(t *testing.T) {
	const count, users = 300, 20
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, scopeMemories(count, users)))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 400 {
				user := (i*7 + g) % users
				scope := model.Scope{Tenant: "t", User: fmt.Sprint("user ", user)}
				period, first := users, user
				if i%3 == 0 {
					scope.Session, period = fmt.Sprint("session ", user), 3*users
				}
				set := view.Allow(scope)[0]
				for row := range count {
					if got, want := set.Has(row), row%period == first; got != want {
						t.Errorf("%+v sees row %d: %v", scope, row, got)
						return
					}
				}
				for row := range count {
					set.Remove(row)
				}
			}
		})
	}
	group.Wait()
	for _, scope := range []model.Scope{{Tenant: "another"}, {Tenant: "t", User: "nobody"}} {
		if n := view.Allow(scope)[0].Count(); n != 0 {
			t.Errorf("%+v sees %d rows", scope, n)
		}
	}
	if set := view.Allow(model.Scope{Tenant: "t"})[0]; set != nil {
		t.Error("the only tenant is not seen to have all rows")
	}
}

func BenchmarkScope(b *testing.B) {
	view := (&View{Space: hashingSpace()}).With(build(b, hashingSpace(), 1, scopeMemories(50_000, 50)))
	for _, users := range []int{1, 50} {
		b.Run(fmt.Sprint(users, " users by turns"), func(b *testing.B) {
			i := 0
			for b.Loop() {
				view.Allow(model.Scope{Tenant: "t", User: fmt.Sprint("user ", i%users)})
				i++
			}
		})
	}
}
