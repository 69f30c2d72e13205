package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

const (
	// grownWords is the share of a made text's words that are another's.
	grownWords = .3
	// grownNoise is the length of what is added to a vector of length 1: NOISE of
	// bench/peers/py/vectors_data.py.
	grownNoise = .35
	// grownAfter is how much later each copy of a session was held.
	grownAfter = 30 * 24 * time.Hour
)

// grow adds memories made of some turns, one after another and again from the first, until
// there are so many with these: chats of the same lengths, about the same things, in other
// words and nearby vectors. What they say together makes no sense; it weighs what chats weigh.
func grow(ctx context.Context, db *engine.DB, sources []engine.Memory, until int) error {
	random := newRandom(31)
	for made := len(sources); made < until; {
		batch := make([]engine.Memory, 0, addBatch)
		for len(batch) < cap(batch) && made < until {
			batch = append(batch, grown(random, sources, made))
			made++
		}
		if _, err := db.Add(ctx, batch...); err != nil {
			return err
		}
	}
	return nil
}

// grown makes memory number n of those before it.
func grown(random *rand.Rand, sources []engine.Memory, n int) engine.Memory {
	source, copies := &sources[n%len(sources)], n/len(sources)
	m := engine.Memory{Key: fmt.Sprint("grown ", n), Speaker: source.Speaker, Text: mixed(random, source.Text, sources[random.IntN(len(sources))].Text)}
	m.Session = fmt.Sprint(source.Session, " ", copies)
	if !source.EventTime.IsZero() {
		m.EventTime = source.EventTime.Add(time.Duration(copies) * grownAfter)
	}
	m.Vector = make([]float32, len(source.Vector))
	step := grownNoise / math.Sqrt(float64(len(source.Vector)))
	for i, x := range source.Vector {
		m.Vector[i] = x + float32(step*random.NormFloat64())
	}
	return m
}

// mixed returns a text with some of its words taken from another.
func mixed(random *rand.Rand, text, other string) string {
	words, others := strings.Fields(text), strings.Fields(other)
	for i := range words {
		if len(others) > 0 && random.Float64() < grownWords {
			words[i] = others[random.IntN(len(others))]
		}
	}
	return strings.Join(words, " ")
}
