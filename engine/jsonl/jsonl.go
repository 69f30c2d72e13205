// Package jsonl reads and writes memories as JSON lines, the exchange format of
// every Nexus tool: one object a line, only "text" required, unknown fields kept
// as meta, time as RFC 3339 or Unix seconds.
package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine/model"
)

// LineBytesMax bounds one line: a text of TextBytesMax escaped at its worst,
// and a vector. A longer line is skipped without being held in memory.
const LineBytesMax = 8 << 20

// Record is the JSON form of a memory. Field order is that of output.
type Record struct {
	ID         model.ID `json:"id,omitempty"`
	Key        string   `json:"key,omitempty"`
	Text       string   `json:"text"`
	Time       string   `json:"time,omitempty"`
	Speaker    string   `json:"speaker,omitempty"`
	Session    string   `json:"session,omitempty"`
	Position   *uint32  `json:"position,omitempty"`
	User       string   `json:"user,omitempty"`
	Agent      string   `json:"agent,omitempty"`
	Tenant     string   `json:"tenant,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Importance float32  `json:"importance,omitempty"`
	Source     string   `json:"source,omitempty"`
	Start      uint64   `json:"start,omitempty"`
	End        uint64   `json:"end,omitempty"`
	Ingested   string   `json:"ingested,omitempty"`

	ValidFrom    string   `json:"valid_from,omitempty"`
	ValidTo      string   `json:"valid_to,omitempty"`
	Expires      string   `json:"expires,omitempty"`
	Version      uint32   `json:"version,omitempty"` // from 2 on, with Updated
	Updated      string   `json:"updated,omitempty"`
	Replaced     string   `json:"replaced,omitempty"`
	Supersedes   model.ID `json:"supersedes,omitempty"`
	SupersededBy model.ID `json:"superseded_by,omitempty"`

	Meta   map[string]any  `json:"meta,omitempty"`
	Vector json.RawMessage `json:"vector,omitempty"`
}

// FromMemory returns the JSON form of a stored memory.
func FromMemory(m *model.Memory) Record {
	r := Record{
		ID: m.ID, Key: m.Key, Text: m.Text, Speaker: m.Speaker, Session: m.Session, User: m.User, Agent: m.Agent,
		Tenant: m.Tenant, Kind: m.Kind.String(), Importance: m.Importance, Source: m.Source, Start: m.Start, End: m.End,
		Meta: m.Meta,
	}
	if m.Session != "" {
		r.Position = &m.Position
	}
	r.Time, r.Ingested = stamp(m.EventTime), stamp(m.IngestTime)
	r.ValidFrom, r.ValidTo, r.Expires, r.Replaced = stamp(m.ValidFrom), stamp(m.ValidTo), stamp(m.ExpiresAt), stamp(m.ReplacedTime)
	r.Supersedes, r.SupersededBy = m.Supersedes, m.SupersededBy
	if m.Version > 1 {
		r.Version, r.Updated = m.Version, stamp(m.UpdateTime)
	}
	if m.Vector != nil {
		r.Vector = appendVector(nil, m.Vector)
	}
	return r
}

// stamp writes a time; none is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// appendVector writes the shortest numbers that read back as the same float32.
func appendVector(dst []byte, v []float32) []byte {
	dst = append(dst, '[')
	for i, x := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendFloat(dst, float64(x), 'g', -1, 32)
	}
	return append(dst, ']')
}

// known are the fields that Parse gives a meaning; "conv" stands for user, "id"
// for key where there is none. What is ignored is the store's to set.
var known = map[string]func(*model.Memory, json.RawMessage) error{
	"key":        func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Key) },
	"text":       func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Text) },
	"speaker":    func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Speaker) },
	"session":    func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Session) },
	"user":       func(m *model.Memory, v json.RawMessage) error { return text(v, &m.User) },
	"agent":      func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Agent) },
	"tenant":     func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Tenant) },
	"source":     func(m *model.Memory, v json.RawMessage) error { return text(v, &m.Source) },
	"start":      func(m *model.Memory, v json.RawMessage) error { return plain(v, &m.Start) },
	"end":        func(m *model.Memory, v json.RawMessage) error { return plain(v, &m.End) },
	"importance": func(m *model.Memory, v json.RawMessage) error { return plain(v, &m.Importance) },
	"vector":     func(m *model.Memory, v json.RawMessage) error { return plain(v, &m.Vector) },
	"time":       func(m *model.Memory, v json.RawMessage) error { return parseTime(v, &m.EventTime) },
	"valid_from": func(m *model.Memory, v json.RawMessage) error { return parseTime(v, &m.ValidFrom) },
	"valid_to":   func(m *model.Memory, v json.RawMessage) error { return parseTime(v, &m.ValidTo) },
	"expires":    func(m *model.Memory, v json.RawMessage) error { return parseTime(v, &m.ExpiresAt) },
	"kind":       parseKind,
	"meta":       parseMeta,
	"position":   ignore,
	"ingested":   ignore,
	"version":    ignore,
	"updated":    ignore,
	"replaced":   ignore,

	"supersedes":    ignore, // see Line
	"superseded_by": ignore,
}

func ignore(*model.Memory, json.RawMessage) error { return nil }

// text reads a string; a number is taken as its digits, null as nothing.
func text(v json.RawMessage, s *string) error {
	if len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9') {
		*s = string(v)
		return nil
	}
	return plain(v, s)
}

func plain(v json.RawMessage, target any) error {
	if err := json.Unmarshal(v, target); err != nil {
		return fmt.Errorf("%s: %w", problem(err), model.ErrInvalid)
	}
	return nil
}

// problem describes a JSON error without any of the input's text, in the words
// of JSON.
func problem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("malformed JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		found, _, _ := strings.Cut(kind.Value, " ") // a number that does not fit comes with its digits
		return fmt.Sprintf("JSON %s where %s is wanted", found, wanted(kind.Type, found))
	}
	return "malformed JSON"
}

// wanted names what JSON a type is read from.
func wanted(t reflect.Type, found string) string {
	switch t.Kind() {
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Slice:
		return "a list of numbers"
	case reflect.String:
		return "a string"
	case reflect.Uint64:
		return "a whole number from 0"
	}
	if found == "number" {
		return "a smaller number"
	}
	return "a number"
}

func parseKind(m *model.Memory, v json.RawMessage) (err error) {
	var name string
	if err = plain(v, &name); err == nil {
		m.Kind, err = model.ParseKind(name)
	}
	return err
}

// timeLayouts are what people write; without a zone it is UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly,
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04",
}

// ParseTime reads a time as a record or a flag may give it: RFC 3339, a date, or
// Unix seconds. Four digits are refused, as a year is no date and would be taken for
// seconds of 1970.
func ParseTime(s string) (t time.Time, err error) {
	v, err := json.Marshal(s)
	if _, number := strconv.ParseFloat(s, 64); number == nil && !isYear(s) {
		v = []byte(s)
	}
	if err == nil {
		err = parseTime(v, &t)
	}
	return t, err
}

func isYear(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789") == ""
}

func parseTime(v json.RawMessage, to *time.Time) error {
	var value any
	if err := plain(v, &value); err != nil {
		return err
	}
	switch t := value.(type) {
	case nil:
		return nil
	case float64:
		if math.Abs(t) > 1e11 {
			return fmt.Errorf("%g seconds are out of range (milliseconds?): %w", t, model.ErrInvalid)
		}
		seconds, fraction := math.Modf(t)
		*to = time.Unix(int64(seconds), int64(math.Round(fraction*1e6))*1000)
		return nil
	case string:
		if t == "" {
			return nil
		}
		for _, layout := range timeLayouts {
			if parsed, err := time.Parse(layout, t); err == nil {
				*to = parsed
				return nil
			}
		}
	}
	return fmt.Errorf("want RFC 3339 (2024-05-31T18:00:00Z), a date, or Unix seconds: %w", model.ErrInvalid)
}

func parseMeta(m *model.Memory, v json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := plain(v, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		if err := addMeta(m, name, value); err != nil {
			return err
		}
	}
	return nil
}

// addMeta keeps a value that Meta has a type for; other values keep their JSON
// as a string, so that nothing of a record is lost.
func addMeta(m *model.Memory, name string, v json.RawMessage) error {
	var value any
	if err := plain(v, &value); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if m.Meta == nil {
		m.Meta = map[string]any{}
	}
	switch t := value.(type) {
	case nil:
	case string, float64, bool:
		m.Meta[name] = t
	case []any:
		if list, ok := stringList(t); ok {
			m.Meta[name] = list
			break
		}
		m.Meta[name] = string(v)
	default:
		m.Meta[name] = string(v)
	}
	return nil
}

func stringList(values []any) ([]string, bool) {
	list := make([]string, len(values))
	for i, v := range values {
		s, ok := v.(string)
		if !ok {
			return nil, false
		}
		list[i] = s
	}
	return list, true
}

// Parse returns the memory of one line, normalized. Errors wrap ErrInvalid or
// ErrDimension and name the field.
func Parse(line []byte) (model.Memory, error) {
	var m model.Memory
	var fields map[string]json.RawMessage
	if !utf8.Valid(line) { // encoding/json would put U+FFFD there and say nothing
		return m, fmt.Errorf("invalid UTF-8 at byte %d: %w", invalidAt(line), model.ErrInvalid)
	}
	if err := plain(line, &fields); err != nil {
		return m, severalLines(line, err)
	}
	if err := wantText(fields); err != nil {
		return m, err
	}
	for name, value := range fields {
		parse, ok := known[name]
		switch {
		case ok:
			if err := parse(&m, value); err != nil {
				return m, fmt.Errorf("%s: %w", name, err)
			}
		case name == "id" || name == "conv":
		default:
			if err := addMeta(&m, name, value); err != nil {
				return m, err
			}
		}
	}
	if err := aliases(&m, fields); err != nil {
		return m, err
	}
	return m, m.Normalize()
}

// severalLines replaces the error of a line that begins JSON of another shape.
func severalLines(line []byte, err error) error {
	switch line = bytes.TrimSpace(line); {
	case bytes.HasPrefix(line, []byte("[")):
		return fmt.Errorf("JSON array, want one object a line; convert with: jq -c '.[]': %w", model.ErrInvalid)
	case string(line) == "{":
		return fmt.Errorf("an object over several lines, want one object a line; convert with: jq -c .: %w", model.ErrInvalid)
	}
	return err
}

// What an error lists of a record's fields.
const (
	fieldsShown    = 5
	fieldNameShown = 40 // bytes of each
)

// wantText refuses a record that calls its text otherwise, or has none.
func wantText(fields map[string]json.RawMessage) error {
	if _, ok := fields["text"]; ok || len(fields) == 0 {
		return nil // an empty text is Normalize's to refuse
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	more := ""
	if len(names) > fieldsShown {
		names, more = names[:fieldsShown], ", ..."
	}
	for i, name := range names {
		if len(name) > fieldNameShown {
			names[i] = strings.ToValidUTF8(name[:fieldNameShown], "") + "..."
		}
	}
	return fmt.Errorf("no field \"text\" (it has: %s%s): %w", strings.Join(names, ", "), more, model.ErrInvalid)
}

// invalidAt returns the first byte of line that is not UTF-8.
func invalidAt(line []byte) int {
	at := 0
	for at < len(line) {
		r, size := utf8.DecodeRune(line[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// aliases sets key from a textual "id" and user from "conv" where not given.
// A numeric id is that of an export, given anew by the store.
func aliases(m *model.Memory, fields map[string]json.RawMessage) error {
	if v := fields["id"]; m.Key == "" && len(v) > 0 && v[0] == '"' {
		if err := plain(v, &m.Key); err != nil {
			return fmt.Errorf("id: %w", err)
		}
	}
	if v := fields["conv"]; m.User == "" && v != nil {
		if err := text(v, &m.User); err != nil {
			return fmt.Errorf("conv: %w", err)
		}
	}
	return nil
}

// Line is one line of a file: a memory, or why it is none.
type Line struct {
	Number int // from 1
	Memory model.Memory
	Links
	Err error
}

// Links are a record's own ID and those that it names, as an export gives them:
// numbers of another store. 0 is none.
type Links struct {
	ID           model.ID `json:"id"`
	Supersedes   model.ID `json:"supersedes"`
	SupersededBy model.ID `json:"superseded_by"`
}

// linksOf reads the links of a line that has any; a textual id is a key.
func linksOf(line []byte) (l Links) {
	if bytes.Contains(line, []byte(`"supersede`)) && json.Unmarshal(line, &l) != nil {
		return Links{}
	}
	return l
}

// Reader reads memories line by line in constant memory.
type Reader struct {
	in     *bufio.Reader
	number int
	read   int64
	line   []byte
}

// NewReader reads JSON lines from r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 256<<10)} }

// Number returns the number of the last line read, 0 before the first.
func (r *Reader) Number() int { return r.number }

// BytesRead returns the bytes consumed so far.
func (r *Reader) BytesRead() int64 { return r.read }

// Next returns the next line that is not empty, io.EOF after the last, or the
// error of the underlying reader. A bad line is a Line with Err, not an error.
func (r *Reader) Next() (Line, error) {
	line, long, err := r.next()
	if err != nil {
		return Line{}, err
	}
	l := Line{Number: r.number}
	if l.Err = tooLong(long); l.Err == nil {
		l.Memory, l.Err = Parse(line)
		l.Links = linksOf(line)
	}
	return l, nil
}

// next returns the bytes of the next line that is not empty, until the one after.
func (r *Reader) next() (line []byte, long bool, err error) {
	for {
		long, err := r.readLine()
		if err != nil && (err != io.EOF || len(r.line) == 0 && !long) {
			return nil, false, err
		}
		r.number++
		line := bytes.TrimSpace(r.line)
		if r.number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // byte order mark
		}
		if long || len(line) > 0 {
			return line, long, nil
		}
	}
}

func tooLong(long bool) error {
	if !long {
		return nil
	}
	return fmt.Errorf("line has more than %d bytes: %w", LineBytesMax, model.ErrInvalid)
}

// readLine fills r.line; long tells that it was cut off and the rest skipped.
func (r *Reader) readLine() (long bool, err error) {
	r.line = r.line[:0]
	for {
		chunk, err := r.in.ReadSlice('\n')
		r.read += int64(len(chunk))
		if len(r.line)+len(chunk) > LineBytesMax {
			long = true
			r.line = r.line[:0]
		}
		if !long {
			r.line = append(r.line, chunk...)
		}
		if err != bufio.ErrBufferFull {
			return long, err
		}
	}
}

// Writer writes memories as JSON lines.
type Writer struct{ encoder *json.Encoder }

// NewWriter writes to w, which the caller flushes.
func NewWriter(w io.Writer) *Writer {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &Writer{e}
}

// Write writes one memory.
func (w *Writer) Write(m *model.Memory) error { return w.encoder.Encode(FromMemory(m)) }
