package engine_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/nexus-memory/nexus/engine"
)

var soak = flag.Bool("soak", false, "run tests at length")

// keyed is what is asked of one key: an operation, with the version that is added or
// the memory that is deleted.
type keyed struct {
	verb    string // "add", "delete", "get", "query"
	key     int
	version int
	id      engine.ID
}

// held is the state of a key, and what an operation found of it; zero: nothing there.
type held struct {
	id      engine.ID
	version int
	refused bool // of an add: another version is there
}

// oneKey is what a key's operations have to look like one after another.
var oneKey = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, o := range history {
			key := o.Input.(keyed).key
			byKey[key] = append(byKey[key], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return held{} },
	Step: func(state, input, output any) (bool, any) {
		now, in, out := state.(held), input.(keyed), output.(held)
		switch in.verb {
		case "add":
			if now.id == 0 {
				return !out.refused, held{out.id, in.version, false}
			}
			same := now.version == in.version
			return out.refused == !same && (!same || out.id == now.id), now
		case "delete":
			if there := now.id == in.id; there {
				return out.id == in.id, held{}
			}
			return out.id == 0, now
		}
		return out == now, now
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v gives %+v", input, output) },
}

func linearText(key, version int) string {
	return fmt.Sprintf("word%dw is at version%dv now", key, version)
}

// heldOf reads a memory back.
func heldOf(m engine.Memory) (h held) {
	var key int
	h.id = m.ID
	fmt.Sscanf(m.Text, "word%dw is at version%dv", &key, &h.version)
	return h
}

// perform does one operation and returns what it found.
func perform(t *testing.T, db *engine.DB, in keyed) (out held) {
	name := fmt.Sprint("key-", in.key)
	fail := func(err error) {
		if err != nil {
			t.Errorf("%+v: %v", in, err)
		}
	}
	switch in.verb {
	case "add":
		ids, err := db.Add(ctx, engine.Memory{Key: name, Text: linearText(in.key, in.version)})
		if errors.Is(err, engine.ErrExists) {
			return held{refused: true}
		}
		fail(err)
		if err == nil {
			out = held{id: ids[0]}
		}
	case "delete":
		count, err := db.Delete(ctx, in.id)
		fail(err)
		if count == 1 {
			out.id = in.id
		}
	case "get":
		m, err := db.GetByKey(ctx, "", name)
		if errors.Is(err, engine.ErrNotFound) {
			return held{}
		}
		fail(err)
		out = heldOf(m)
	case "query":
		a, err := db.Query(ctx, engine.Query{Text: fmt.Sprintf("word%dw", in.key), K: 4, Engines: []string{"lexical"}})
		fail(err)
		if err == nil && len(a.Hits) > 0 && strings.HasPrefix(a.Hits[0].Text, fmt.Sprintf("word%dw ", in.key)) {
			out = heldOf(a.Hits[0].Memory)
		}
	}
	return out
}

// TestOperationsOfAKeyAreLinearizable runs adds, deletes, reads and questions about few
// keys from many goroutines, beside compactions, and looks for an order of each
// key's operations that explains all that they returned. At length it does so again and again,
// with other keys: to find an order takes far longer than in proportion to their operations.
func TestOperationsOfAKeyAreLinearizable(t *testing.T) {
	rounds := 1
	if *soak {
		rounds = 40
	}
	db := open(t, t.TempDir(), engine.Options{})
	total := 0
	for round := range rounds {
		history := operate(t, db, round)
		if t.Failed() {
			return
		}
		total += len(history)
		if result := porcupine.CheckOperationsTimeout(oneKey, history, time.Minute); result != porcupine.Ok {
			t.Fatalf("round %d, %d operations: %v", round, len(history), result)
		}
	}
	t.Logf("%d operations, each key's in one order", total)
	verify(t, db)
}

// operate returns what many goroutines did with the few keys of a round.
func operate(t *testing.T, db *engine.DB, round int) (history []porcupine.Operation) {
	const clients, keys, duration = 8, 4, 1500 * time.Millisecond
	var mu sync.Mutex
	ids := [keys]engine.ID{} // last known, under mu
	started := time.Now()
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(client), uint64(started.UnixNano())))
			for time.Since(started) < duration {
				key := r.IntN(keys)
				in := keyed{verb: []string{"add", "add", "delete", "get", "query"}[r.IntN(5)], key: round*keys + key, version: r.IntN(3)}
				mu.Lock()
				in.id = ids[key]
				mu.Unlock()
				call := time.Since(started).Nanoseconds()
				out := perform(t, db, in)
				end := time.Since(started).Nanoseconds()
				mu.Lock()
				if in.verb != "delete" && out.id != 0 {
					ids[key] = out.id
				}
				history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: end})
				mu.Unlock()
			}
		})
	}
	for time.Since(started) < duration {
		if err := db.Compact(ctx); err != nil {
			t.Error(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	group.Wait()
	return history
}

// TestTheLinearizabilityCheckCanFail gives it a read of what was deleted before.
func TestTheLinearizabilityCheckCanFail(t *testing.T) {
	at := func(start int64, in keyed, out held) porcupine.Operation {
		return porcupine.Operation{Input: in, Call: start, Output: out, Return: start + 1}
	}
	history := []porcupine.Operation{
		at(1, keyed{verb: "add", version: 2}, held{id: 1}), at(3, keyed{verb: "get"}, held{id: 1, version: 2}),
		at(5, keyed{verb: "delete", id: 1}, held{id: 1}), at(7, keyed{verb: "get"}, held{id: 1, version: 2}),
	}
	if porcupine.CheckOperations(oneKey, history) || !porcupine.CheckOperations(oneKey, history[:3]) {
		t.Fatal("the check does not see a stale read")
	}
}
