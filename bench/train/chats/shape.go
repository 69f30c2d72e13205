package chats

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Figure is one statistic of a set.
type Figure struct {
	Name  string
	Value float64
}

// Shape measures what a ranker sees of a set in the two-file form: plain BM25 (k1 1.2, b
// .75, a conversation at a time, crude words) and how many of a question's words its
// evidence has. It is for holding a written set beside real ones, not for quality.
func Shape(dir string) ([]Figure, error) {
	turns, err := readLines[Turn](filepath.Join(dir, "corpus.jsonl"))
	if err != nil {
		return nil, err
	}
	asked, err := readLines[judged](filepath.Join(dir, "questions.jsonl"))
	if err != nil {
		return nil, err
	}
	s := shaper{sums: map[string]*mean{}, at: map[string]int{}}
	var names []string
	of := map[string][]Turn{}
	for _, t := range turns {
		if of[t.Conversation] == nil {
			names = append(names, t.Conversation)
		}
		of[t.Conversation] = append(of[t.Conversation], t)
	}
	for _, name := range names {
		s.conversation(of[name], asked)
	}
	return s.figures(), nil
}

// judged is a question whose answer may be of any type.
type judged struct {
	Conversation string   `json:"conv"`
	Text         string   `json:"question"`
	Evidence     []string `json:"evidence"`
	Category     string   `json:"category"`
}

func readLines[T any](path string) (out []T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("chats: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	r := bufio.NewScanner(f)
	r.Buffer(nil, 16<<20)
	for r.Scan() {
		var row T
		if err := json.Unmarshal(r.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("chats: %s line %d: %w", path, len(out)+1, err)
		}
		out = append(out, row)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("chats: %s: %w", path, err)
	}
	return out, nil
}

// mean is a running mean.
type mean struct{ sum, count float64 }

// shaper adds up statistics by name.
type shaper struct {
	sums map[string]*mean
	at   map[string]int

	turns   []Turn
	words   [][]string
	holds   []map[string]bool
	lengths float64
	df      map[string]float64
}

func (s *shaper) add(name string, value float64) {
	m := s.sums[name]
	if m == nil {
		m = &mean{}
		s.sums[name] = m
	}
	m.sum += value
	m.count++
}

func (s *shaper) figures() (out []Figure) {
	for _, name := range shapeRows {
		m := s.sums[name]
		if m == nil {
			m = &mean{count: 1}
		}
		out = append(out, Figure{name, m.sum / m.count})
	}
	return out
}

// shapeRows are the statistics in order.
var shapeRows = []string{
	"turns of a conversation", "turns of a session", "characters of a turn", "of user", "of assistant", "turns that ask",
	"questions with evidence", "evidence turns", "evidence by user", "words of a question",
	"any@8", "frac@8", "all@8", "MRR", "any@8 without assistant", "MRR without assistant",
	"share in evidence", "share in window", "share in session", "share in best other turn", "evidence is a question",
	"question names a date",
}

func (s *shaper) conversation(turns []Turn, asked []judged) {
	s.turns, s.words, s.holds, s.df, s.lengths = turns, nil, nil, map[string]float64{}, 0
	sessions := map[string]bool{}
	for i := range turns {
		t := &turns[i]
		s.at[t.ID] = i
		sessions[t.Session] = true
		s.add("characters of a turn", float64(len(t.Text)))
		if t.Speaker == "user" || t.Speaker == "assistant" {
			s.add("of "+t.Speaker, float64(len(t.Text)))
		}
		s.add("turns that ask", share(strings.Contains(t.Text, "?")))
		words := shapeWords(t.Speaker + " " + t.Text)
		s.words = append(s.words, words)
		held := map[string]bool{}
		for _, w := range words {
			if !held[w] {
				held[w] = true
				s.df[w]++
			}
		}
		s.holds = append(s.holds, held)
		s.lengths += float64(len(words))
	}
	s.add("turns of a conversation", float64(len(turns)))
	s.add("turns of a session", float64(len(turns))/float64(len(sessions)))
	for i := range asked {
		if asked[i].Conversation == turns[0].Conversation {
			s.question(&asked[i])
		}
	}
}

func share(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (s *shaper) question(q *judged) {
	s.add("questions with evidence", share(len(q.Evidence) > 0))
	if len(q.Evidence) == 0 {
		return
	}
	words := shapeWords(q.Text)
	slices.Sort(words)
	words = slices.Compact(words)
	s.add("words of a question", float64(len(strings.Fields(q.Text))))
	s.add("evidence turns", float64(len(q.Evidence)))
	s.add("question names a date", share(namesDate(q.Text)))
	wanted := map[int]bool{}
	for _, id := range q.Evidence {
		i := s.at[id]
		wanted[i] = true
		s.add("evidence by user", share(s.turns[i].Speaker == "user"))
		s.add("evidence is a question", share(strings.Contains(s.turns[i].Text, "?")))
		s.overlaps(words, i)
	}
	best := 0.
	for i := range s.turns {
		if !wanted[i] {
			best = max(best, s.covered(words, func(j int) bool { return i == j }))
		}
	}
	s.add("share in best other turn", best)
	order := s.ranked(words, func(int) bool { return true })
	s.ranks("", order, wanted)
	s.ranks(" without assistant", s.ranked(words, func(i int) bool { return s.turns[i].Speaker != "assistant" }), wanted)
}

// overlaps adds how many of a question's words a turn has, alone and with its neighbours.
func (s *shaper) overlaps(words []string, turn int) {
	session := s.turns[turn].Session
	s.add("share in evidence", s.covered(words, func(i int) bool { return i == turn }))
	s.add("share in window", s.covered(words, func(i int) bool { return i >= turn-2 && i <= turn+2 && s.turns[i].Session == session }))
	s.add("share in session", s.covered(words, func(i int) bool { return s.turns[i].Session == session }))
}

// covered is the share of words that some turns have among them.
func (s *shaper) covered(words []string, in func(int) bool) float64 {
	found := map[string]bool{}
	for i := range s.turns {
		if !in(i) {
			continue
		}
		for _, w := range words {
			if s.holds[i][w] {
				found[w] = true
			}
		}
	}
	return float64(len(found)) / float64(max(len(words), 1))
}

// ranked returns the turns by BM25, those that share a word.
func (s *shaper) ranked(words []string, in func(int) bool) []int {
	n := float64(len(s.turns))
	scores := make([]float64, len(s.turns))
	var order []int
	for i, text := range s.words {
		if !in(i) {
			continue
		}
		norm := 1.2 * (.25 + .75*float64(len(text))/(s.lengths/n))
		for _, w := range words {
			if !s.holds[i][w] {
				continue
			}
			tf := 0.
			for _, other := range text {
				tf += share(other == w)
			}
			scores[i] += math.Log(1+(n-s.df[w]+.5)/(s.df[w]+.5)) * tf * 2.2 / (tf + norm)
		}
		if scores[i] > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] > scores[b]:
			return -1
		case scores[a] < scores[b]:
			return 1
		}
		return 0
	})
	return order
}

func (s *shaper) ranks(suffix string, order []int, wanted map[int]bool) {
	found, mrr := 0, 0.
	for rank, i := range order {
		if !wanted[i] {
			continue
		}
		if mrr == 0 {
			mrr = 1 / float64(rank+1)
		}
		if rank < 8 {
			found++
		}
	}
	s.add("any@8"+suffix, 100*share(found > 0))
	s.add("MRR"+suffix, 100*mrr)
	s.add("frac@8"+suffix, 100*float64(found)/float64(len(wanted)))
	s.add("all@8"+suffix, 100*share(found == len(wanted)))
}

var shapeStop = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq("a an and are as at be been but by can could did do does for from had has have he her him his how i if in is it its me my of on or our she so that the their them there they this to was we were what when where which who whom whose why will with would you your s t m re ve d ll about am not no any some than then") {
		shapeStop[w] = true
	}
}

// shapeWords are lower-case words with crude stems, without the commonest.
func shapeWords(text string) (out []string) {
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }) {
		if shapeStop[w] {
			continue
		}
		for _, suffix := range []string{"ing", "ed", "es", "s", "e"} {
			if rest, ok := strings.CutSuffix(w, suffix); ok && len(rest) >= 3 {
				w = rest
				break
			}
		}
		out = append(out, w)
	}
	return out
}

var shapeMonths = strings.Fields("january february march april june july august september october november december jan feb aug sept oct nov dec")

func namesDate(text string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if slices.Contains(shapeMonths, w) {
			return true
		}
	}
	return false
}
