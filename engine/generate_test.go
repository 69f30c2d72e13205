package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// generated returns n memories of five people over a year: facts, plans and
// small talk, with repeated turns, sessions and times. The same seed gives the
// same memories for ever.
func generated(n int, seed uint64) []engine.Memory {
	r := rand.New(rand.NewPCG(seed, 7))
	pick := func(of string) string { w := strings.Fields(of); return w[r.IntN(len(w))] }
	start := time.Date(2024, 1, 1, 9, 0, 0, 0, time.UTC)
	memories := make([]engine.Memory, n)
	for i := range memories {
		who := pick("Ann Bob Carla Deniz Emeka")
		var text string
		switch r.IntN(5) {
		case 0:
			text = fmt.Sprintf("I moved to %s for the new %s job and the flat is %s.", pick("Oslo Lima Accra Kyoto Porto"), pick("teaching nursing design research"), pick("tiny bright noisy lovely"))
		case 1:
			text = fmt.Sprintf("My %s is allergic to %s, so we never cook it.", pick("sister son neighbour colleague"), pick("peanuts shellfish gluten milk"))
		case 2:
			text = fmt.Sprintf("Let us meet at the %s on %s, shall we?", pick("museum harbour library station"), pick("Monday Tuesday Friday Sunday"))
		case 3:
			text = pick("Yeah. Really? Great! Sure. Thanks!")
		default:
			text = fmt.Sprintf("I have been %s a %s %s since %s; it costs %d a month.", pick("learning repairing building"), pick("wooden electric digital"), pick("piano bicycle telescope boat"), pick("spring March winter"), 10+r.IntN(90))
		}
		memories[i] = engine.Memory{
			Key: fmt.Sprintf("turn-%05d", i), Speaker: who, Text: text,
			Scope:      engine.Scope{User: "u" + fmt.Sprint(i%3), Session: fmt.Sprintf("s%d", i/20)},
			EventTime:  start.Add(time.Duration(i) * 37 * time.Minute),
			Importance: float32(r.IntN(4)) / 4,
		}
	}
	return memories
}

// generatedQuestions are asked of the generated memories.
var generatedQuestions = []string{
	"Where did Ann move for her job?",
	"who is allergic to peanuts",
	"When do we meet at the museum?",
	"What instrument is Carla learning?",
	"electric bicycle repair",
	"how much does the telescope cost a month",
	"yeah",
	"neigbour alergic to shelfish", // misspelt on purpose
	"Kyoto flat",
	"the the the",
	"something about quantum chromodynamics",
	"Deniz and Emeka on Sunday at the harbour",
}
