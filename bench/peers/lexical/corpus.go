package lexical

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nexus-memory/nexus/engine/text"
)

// folders of the development data whose turns and questions are the corpus, in order.
var folders = []string{"locomo", "beam-100k", "beam-1m", "friendsqa", "qmsum"}

// shapes of questions.
var shapes = []string{"content", "question", "two", "one"}

// corpus is documents and questions as term numbers.
type corpus struct {
	lengths []uint32 // terms of each document
	terms   []uint32 // of all documents, one after another
	asked   map[string][][]uint32
}

// stemmer turns texts into numbers of stems, the same for documents and questions. Stop
// words are kept: the whole question is one of the shapes.
type stemmer struct {
	analyzer     *text.Analyzer
	words, terms text.Tokens
	numbers      map[string]uint32
	stop         map[uint32]bool
}

func newStemmer() *stemmer {
	return &stemmer{analyzer: text.NewAnalyzer(text.English), numbers: map[string]uint32{}, stop: map[uint32]bool{}}
}

// stems appends the numbers of a text's stems.
func (s *stemmer) stems(to []uint32, of string) []uint32 {
	s.words.Reset()
	s.analyzer.Words(&s.words, of)
	for i := range s.words.Len() {
		word := s.words.At(i)
		s.terms.Reset()
		s.analyzer.Terms(&s.terms, string(word))
		stem := word
		if s.terms.Len() > 0 {
			stem = s.terms.At(0) // the whole; parts of a name stand behind it
		}
		number, known := s.numbers[string(stem)]
		if !known {
			number = uint32(len(s.numbers))
			s.numbers[string(stem)] = number
			s.stop[number] = s.terms.Len() == 0
		}
		to = append(to, number)
	}
	return to
}

// word is what every party reads for a stem: letters and digits that no tokenizer cuts and
// no stemmer shortens, so that all index the same terms.
func word(number uint32) string { return "w" + strconv.FormatUint(uint64(number), 10) }

// The made documents: sentences of the turns, one after another, cut at a length.
const (
	sentenceMin, sentenceMax = 3, 40
	madeMin, madeMax         = 60, 120
)

var sentenceEnd = regexp.MustCompile(`[.!?]\s+|\n+`)

// newCorpus reads the turns and questions. made > 0 makes so many documents of their
// sentences instead; size > 0 limits the documents.
func newCorpus(data string, made, size, questions int) (*corpus, error) {
	s, c := newStemmer(), &corpus{asked: map[string][][]uint32{}}
	var sentences, asked [][]uint32
	for _, folder := range folders {
		err := eachLine(filepath.Join(data, folder, "corpus.jsonl"), func(l *fileLine) {
			if made == 0 {
				before := len(c.terms)
				c.terms = s.stems(c.terms, l.Text)
				if n := len(c.terms) - before; n > 0 { // a turn of signs alone is no document to anybody
					c.lengths = append(c.lengths, uint32(n))
				}
				return
			}
			for _, sentence := range sentenceEnd.Split(l.Text, -1) {
				if stems := s.stems(nil, sentence); len(stems) >= sentenceMin && len(stems) <= sentenceMax {
					sentences = append(sentences, stems)
				}
			}
		})
		if err == nil {
			err = eachLine(filepath.Join(data, folder, "questions.jsonl"), func(l *fileLine) {
				asked = append(asked, s.stems(nil, l.Question))
			})
		}
		if err != nil {
			return nil, err
		}
	}
	random := rand.New(rand.NewPCG(11, 0))
	if size > 0 {
		made = min(made, size)
	}
	for range made {
		c.make(random, sentences)
	}
	if size > 0 && size < len(c.lengths) {
		c.lengths = c.lengths[:size]
		c.terms = c.terms[:sum(c.lengths)]
	}
	c.ask(random, s, asked, questions)
	return c, nil
}

func sum(lengths []uint32) (total int) {
	for _, l := range lengths {
		total += int(l)
	}
	return total
}

// make appends one document of random sentences.
func (c *corpus) make(random *rand.Rand, sentences [][]uint32) {
	want, start := madeMin+random.IntN(madeMax-madeMin+1), len(c.terms)
	for len(c.terms)-start < want {
		c.terms = append(c.terms, sentences[random.IntN(len(sentences))]...)
	}
	c.terms = c.terms[:start+want]
	c.lengths = append(c.lengths, uint32(want))
}

// ask picks questions and gives each its four shapes; none is empty.
func (c *corpus) ask(random *rand.Rand, s *stemmer, asked [][]uint32, count int) {
	for _, i := range random.Perm(len(asked)) {
		if len(c.asked["content"]) == count {
			return
		}
		whole := distinct(asked[i])
		content := slices.DeleteFunc(slices.Clone(whole), func(t uint32) bool { return s.stop[t] })
		if len(content) < 2 {
			continue
		}
		two := slices.Clone(content)
		random.Shuffle(len(two), func(i, j int) { two[i], two[j] = two[j], two[i] })
		for shape, terms := range map[string][]uint32{"question": whole, "content": content, "two": two[:2], "one": two[:1]} {
			c.asked[shape] = append(c.asked[shape], terms)
		}
	}
}

// distinct keeps the first of equal terms.
func distinct(terms []uint32) []uint32 {
	var kept []uint32
	for _, t := range terms {
		if !slices.Contains(kept, t) {
			kept = append(kept, t)
		}
	}
	return kept
}

// write leaves docs.txt and a file for each shape, a line each of words between spaces.
func (c *corpus) write(folder string) error {
	documents := make([][]uint32, len(c.lengths))
	rest := c.terms
	for i, n := range c.lengths {
		documents[i], rest = rest[:n], rest[n:]
	}
	if err := writeWords(filepath.Join(folder, "docs.txt"), documents); err != nil {
		return err
	}
	for shape, asked := range c.asked {
		if err := writeWords(filepath.Join(folder, shape+".txt"), asked); err != nil {
			return err
		}
	}
	return nil
}

func writeWords(path string, texts [][]uint32) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	for _, terms := range texts {
		for i, t := range terms {
			if i > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(word(t))
		}
		out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil { // tells of failed writes before it as well
		return err
	}
	return file.Close()
}

// readTexts reads the lines of docs.txt or of a shape.
func readTexts(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), nil
}

// fileLine is a line of corpus.jsonl or questions.jsonl.
type fileLine struct{ Text, Question string }

func eachLine(path string, use func(*fileLine)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		var l fileLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		use(&l)
	}
	return lines.Err()
}
