package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// The generated texts: 10 to 60 words drawn by Zipf's law from a vocabulary of
// 30,000, as in ordinary prose.
const (
	vocabularySize = 30_000
	wordsMin       = 10
	wordsMax       = 60
	zipfExponent   = 1.07
	zipfShift      = 2.7
	sessionTurns   = 20
)

// generator makes memories of generated text, the same in every run.
type generator struct {
	random *rand.Rand
	zipf   *rand.Zipf
	words  []string
	next   int
}

func newGenerator(seed uint64) *generator {
	random := newRandom(seed)
	return &generator{
		random: random, words: vocabulary(),
		zipf: rand.NewZipf(random, zipfExponent, zipfShift, vocabularySize-1),
	}
}

// vocabulary returns words of two to four syllables that stemming leaves apart.
func vocabulary() []string {
	onset := strings.Fields("b br d dr f fl g gr h j k kl l m n p pl r s sk t tr v z")
	vowel := strings.Fields("a e i o u ai ou")
	coda := strings.Fields("k l m n p r t x")
	random := newRandom(11)
	words, seen := make([]string, 0, vocabularySize), map[string]bool{}
	for len(words) < vocabularySize {
		var w strings.Builder
		for range 2 + random.IntN(3) {
			w.WriteString(onset[random.IntN(len(onset))] + vowel[random.IntN(len(vowel))])
		}
		w.WriteString(coda[random.IntN(len(coda))])
		if !seen[w.String()] {
			seen[w.String()] = true
			words = append(words, w.String())
		}
	}
	return words
}

// memory returns the next memory; its key is its number.
func (g *generator) memory() engine.Memory {
	ranks := make([]uint64, wordsMin+g.random.IntN(wordsMax-wordsMin+1))
	texts := make([]string, len(ranks))
	for i := range ranks {
		ranks[i] = g.zipf.Uint64()
		texts[i] = g.words[ranks[i]]
	}
	m := engine.Memory{Key: fmt.Sprint(g.next), Text: strings.Join(texts, " ")}
	m.Session = fmt.Sprintf("s%d", g.next/sessionTurns)
	m.EventTime = time.Date(2024, 1, 1, 0, g.next, 0, 0, time.UTC)
	g.next++
	return m
}

func (g *generator) memories(n int) []engine.Memory {
	list := make([]engine.Memory, n)
	for i := range list {
		list[i] = g.memory()
	}
	return list
}

// question is asked for, and what has to be among the hits; "" where that is
// not known beforehand.
type question struct{ text, key string }

// questions makes questions of words of memories: the rarest two and two others.
func (g *generator) questions(of []engine.Memory, n int) []question {
	rank := make(map[string]int, len(g.words))
	for i, w := range g.words {
		rank[w] = i
	}
	list := make([]question, n)
	for i := range list {
		m := &of[g.random.IntN(len(of))]
		words := strings.Fields(m.Text)
		slices.SortFunc(words, func(a, b string) int { return rank[b] - rank[a] })
		words = slices.Compact(words)
		picked := append([]string{}, words[:2]...)
		for range 2 {
			picked = append(picked, words[2+g.random.IntN(len(words)-2)])
		}
		list[i] = question{strings.Join(picked, " "), m.Key}
	}
	return list
}

// realSets are read where the development data is at hand.
var realSets = []string{"locomo", "beam-100k"}

// realData returns the turns and questions of the development data, or none.
func realData(dir string) (memories []engine.Memory, asked []question, err error) {
	for _, set := range realSets {
		err := eachLine(filepath.Join(dir, set, "corpus.jsonl"), func(line []byte) error {
			var t struct {
				ID, Session, Speaker, Text string
				Time                       time.Time
			}
			if err := json.Unmarshal(line, &t); err != nil {
				return err
			}
			m := engine.Memory{Key: t.ID, Text: t.Text, Speaker: t.Speaker, EventTime: t.Time}
			m.Session = t.Session
			memories = append(memories, m)
			return nil
		})
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, nil
		}
		if err == nil {
			err = eachLine(filepath.Join(dir, set, "questions.jsonl"), func(line []byte) error {
				var q struct{ Question string }
				err := json.Unmarshal(line, &q)
				asked = append(asked, question{text: q.Question})
				return err
			})
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	return memories, asked, nil
}

func eachLine(path string, use func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if err := use(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}
