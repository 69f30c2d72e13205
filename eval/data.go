package eval

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// Turn is one message of the corpus: a line of corpus.jsonl.
type Turn struct {
	ID           string `json:"id"`
	Conversation string `json:"conv"`
	Session      string `json:"session"`
	Speaker      string `json:"speaker"`
	Time         string `json:"time"`
	Text         string `json:"text"`

	Row  int       `json:"-"` // line of the file, from 0: the row of its vector
	When time.Time `json:"-"`
}

// Question is a line of questions.jsonl. Its answer, of whatever type, is not read.
type Question struct {
	ID           string   `json:"id"`
	Conversation string   `json:"conv"`
	Text         string   `json:"question"`
	Evidence     []string `json:"evidence"`
	Category     string   `json:"category"`

	Row int `json:"-"`
}

// Set is a corpus with questions.
type Set struct {
	Name       string
	Generated  bool
	Turns      []Turn // in order of the file, ids unique
	Questions  []Question
	CorpusHash string // SHA-256 of the file, hexadecimal
	AskedHash  string
	// Rows are the lines of the two files, those left out included.
	CorpusRows, QuestionRows int
	Problems                 []string // what was left out or is odd: places counted from 1 and ids, no text

	places map[string]place // by turn
}

// place is where a turn was said. Names of sessions may come again in other conversations.
type place struct{ conversation, session string }

const (
	// lineBytesMax bounds a line: several times the longest known turn.
	lineBytesMax = 64 << 20
	// problemsMax bounds what is reported one by one.
	problemsMax = 50

	// noCategory is the category of a question that has none.
	noCategory = "(none)"

	corpusName    = "corpus.jsonl"
	questionsName = "questions.jsonl"
)

// Load reads dir/corpus.jsonl and dir/questions.jsonl. Malformed JSON is an
// error with its line number. A turn whose id came before, or without text, is
// left out; that, unreadable times and evidence that is not in the corpus are
// listed in Problems. The error wraps fs.ErrNotExist where a file is missing.
func Load(dir string) (*Set, error) {
	s := &Set{Name: filepath.Base(filepath.Clean(dir))}
	corpus, err := os.Open(filepath.Join(dir, corpusName))
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	defer corpus.Close()
	questions, err := os.Open(filepath.Join(dir, questionsName))
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	defer questions.Close()
	return s, s.read(corpus, questions)
}

// SessionOf returns the session of a turn, "" where it has none.
func (s *Set) SessionOf(turn string) string { return s.places[turn].session }

// sessionWithin is SessionOf with the conversation, so that no two sessions are one.
func (s *Set) sessionWithin(turn string) string {
	p := s.places[turn]
	if p.session == "" {
		return ""
	}
	return p.conversation + "\x00" + p.session
}

func (s *Set) read(corpus, questions io.Reader) (err error) {
	s.places = map[string]place{}
	if s.CorpusHash, s.CorpusRows, err = eachLine(corpus, s.readTurn); err != nil {
		return fmt.Errorf("eval: %s: %w", corpusName, err)
	}
	asked := map[string]bool{}
	s.AskedHash, s.QuestionRows, err = eachLine(questions, func(row int, line []byte) error {
		return s.readQuestion(row, line, asked)
	})
	if err != nil {
		return fmt.Errorf("eval: %s: %w", questionsName, err)
	}
	if len(s.Turns) == 0 || len(s.Questions) == 0 {
		return fmt.Errorf("eval: %d turns and %d questions: nothing to measure: %w", len(s.Turns), len(s.Questions), model.ErrInvalid)
	}
	return nil
}

// eachLine calls use with every line that is not blank, in order, counted from 0.
func eachLine(r io.Reader, use func(row int, line []byte) error) (hash string, rows int, err error) {
	sum := sha256.New()
	lines := bufio.NewScanner(io.TeeReader(r, sum))
	lines.Buffer(nil, lineBytesMax)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := use(rows, line); err != nil {
			return "", rows, fmt.Errorf("line %d: %w", number, err)
		}
		rows++
	}
	return hex.EncodeToString(sum.Sum(nil)), rows, lines.Err()
}

func (s *Set) readTurn(row int, line []byte) error {
	t := Turn{Row: row}
	if err := json.Unmarshal(line, &t); err != nil {
		return malformed(err)
	}
	if t.ID == "" {
		return fmt.Errorf("no id: %w", model.ErrInvalid)
	}
	if _, twice := s.places[t.ID]; twice {
		s.problem("turn %d (%s): its id came before, left out", row+1, t.ID)
		return nil
	}
	s.places[t.ID] = place{t.Conversation, t.Session}
	if strings.TrimSpace(t.Text) == "" {
		s.problem("turn %d (%s): no text, left out", row+1, t.ID)
		return nil
	}
	if t.Time != "" {
		var err error
		if t.When, err = time.Parse(time.RFC3339, t.Time); err != nil {
			s.problem("turn %d (%s): time is not RFC 3339, taken as unknown", row+1, t.ID)
		}
	}
	s.Turns = append(s.Turns, t)
	return nil
}

func (s *Set) readQuestion(row int, line []byte, asked map[string]bool) error {
	q := Question{Row: row}
	if err := json.Unmarshal(line, &q); err != nil {
		return malformed(err)
	}
	if asked[q.ID] {
		s.problem("question %d (%s): its id came before, left out", row+1, q.ID)
		return nil
	}
	asked[q.ID] = true
	if q.Category == "" {
		q.Category = noCategory
	}
	for _, turn := range q.Evidence {
		if _, known := s.places[turn]; !known {
			s.problem("question %d (%s): evidence %s is not in the corpus, counts as never found", row+1, q.ID, turn)
		}
	}
	s.Questions = append(s.Questions, q)
	return nil
}

func (s *Set) problem(format string, args ...any) {
	switch {
	case len(s.Problems) < problemsMax:
		s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
	case len(s.Problems) == problemsMax:
		s.Problems = append(s.Problems, "and more")
	}
}

// malformed describes a JSON error without the input's text.
func malformed(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("malformed JSON at byte %d: %w", syntax.Offset, model.ErrInvalid)
	case errors.As(err, &kind):
		return fmt.Errorf("field %s holds a JSON %s: %w", kind.Field, kind.Value, model.ErrInvalid)
	}
	return fmt.Errorf("malformed JSON: %w", model.ErrInvalid)
}
