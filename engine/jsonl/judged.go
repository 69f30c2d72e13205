package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine/model"
)

// judgedFields are the fields of a judged question; those of another name say nothing.
// "text", "evidence", "conv" and "time" stand for what they are called elsewhere.
var judgedFields = map[string]func(*model.Judged, json.RawMessage) error{
	"question": func(j *model.Judged, v json.RawMessage) error { return text(v, &j.Text) },
	"text":     func(j *model.Judged, v json.RawMessage) error { return unlessSet(v, &j.Text) },
	"user":     func(j *model.Judged, v json.RawMessage) error { return text(v, &j.User) },
	"conv":     func(j *model.Judged, v json.RawMessage) error { return unlessSet(v, &j.User) },
	"agent":    func(j *model.Judged, v json.RawMessage) error { return text(v, &j.Agent) },
	"session":  func(j *model.Judged, v json.RawMessage) error { return text(v, &j.Session) },
	"tenant":   func(j *model.Judged, v json.RawMessage) error { return text(v, &j.Tenant) },
	"vector":   func(j *model.Judged, v json.RawMessage) error { return plain(v, &j.Vector) },
	"now":      func(j *model.Judged, v json.RawMessage) error { return parseTime(v, &j.Now) },
	"relevant": parseRelevant,
	"evidence": parseRelevant,
}

// judgedOrder is the order that the fields are read in: names before what stands for them.
var judgedOrder = []string{"question", "text", "user", "conv", "agent", "session", "tenant", "vector", "now", "relevant", "evidence"}

func unlessSet(v json.RawMessage, s *string) error {
	var other string
	if err := text(v, &other); err != nil || *s != "" {
		return err
	}
	*s = other
	return nil
}

// parseRelevant reads what is relevant: keys, IDs, or objects of either with a grade.
func parseRelevant(j *model.Judged, v json.RawMessage) error {
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil {
		return fmt.Errorf("want a list of keys and IDs: %w", model.ErrInvalid)
	}
	for i, one := range list {
		var r model.Relevant
		err := fmt.Errorf("want a key, an ID, or {\"key\" or \"id\", \"grade\"}: %w", model.ErrInvalid)
		switch one = bytes.TrimSpace(one); one[0] {
		case '"':
			err = plain(one, &r.Key)
		case '{':
			var object struct {
				ID    model.ID `json:"id"`
				Key   string   `json:"key"`
				Grade int      `json:"grade"`
			}
			err = plain(one, &object)
			r = model.Relevant(object)
		case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			err = plain(one, (*uint64)(&r.ID))
		}
		if err != nil {
			return fmt.Errorf("number %d: %w", i+1, err)
		}
		j.Relevant = append(j.Relevant, r)
	}
	return nil
}

// ParseJudged returns the judged question of one line, checked. Errors wrap ErrInvalid
// and name the field. Without "relevant" and "evidence" it is none: a question that
// nothing answers has an empty list.
func ParseJudged(line []byte) (j model.Judged, err error) {
	var fields map[string]json.RawMessage
	if !utf8.Valid(line) {
		return j, fmt.Errorf("invalid UTF-8 at byte %d: %w", invalidAt(line), model.ErrInvalid)
	}
	if err := plain(line, &fields); err != nil {
		return j, severalLines(line, err)
	}
	if fields["relevant"] == nil && fields["evidence"] == nil {
		return j, fmt.Errorf("no field \"relevant\": want the keys or IDs of what answers the question, [] where nothing does: %w", model.ErrInvalid)
	}
	for _, name := range judgedOrder {
		if v, ok := fields[name]; ok {
			if err := judgedFields[name](&j, v); err != nil {
				return j, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if err := j.Check(); err != nil {
		return j, err
	}
	q := j.Query()
	return j, q.Normalize()
}

// ReadJudged reads judged questions line by line, with the number of the line of each.
// The error is of the reader, or wraps ErrInvalid and names the first bad line and how many
// more are bad; also of more than model.JudgedMax questions.
func ReadJudged(from io.Reader) (judged []model.Judged, numbers []int, err error) {
	r, bad := NewReader(from), 0
	var first error
	for {
		line, long, readErr := r.next()
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return nil, nil, readErr
		}
		err := tooLong(long)
		var j model.Judged
		if err == nil {
			j, err = ParseJudged(line)
		}
		switch {
		case err != nil && bad == 0:
			first = fmt.Errorf("line %d: %w", r.number, err)
			fallthrough
		case err != nil:
			bad++
		case len(judged) == model.JudgedMax:
			return nil, nil, fmt.Errorf("line %d: more than %d judged questions: %w", r.number, model.JudgedMax, model.ErrInvalid)
		default:
			judged, numbers = append(judged, j), append(numbers, r.number)
		}
	}
	if bad > 1 {
		first = fmt.Errorf("%w; and %d lines more", first, bad-1)
	}
	return judged, numbers, first
}
