// Package model holds the plain values that every room of Nexus shares:
// memories, scopes, questions, answers and the closed set of errors. It has no
// behaviour beyond checking its own limits and imports no other room.
package model

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of one memory. They bound what a single record can cost anywhere in
// the engine; a text beyond its limit is to be split (package chunk) first.
const (
	TextBytesMax  = 1 << 20  // one passage, not one book: 1 MiB
	NameBytesMax  = 512      // key, tenant, user, agent, session, speaker
	SourceMax     = 4096     // a path or URL
	MetaCountMax  = 64       // entries of Meta
	MetaBytesMax  = 64 << 10 // names and values of Meta together
	DimensionMax  = 4096     // numbers in a vector
	AddCountMax   = 8192     // memories in one Add call
	HitCountMax   = 128      // K of a question
	QueryBytesMax = 64 << 10 // text of a question
)

// ID identifies a memory within its store. IDs rise in the order in which the
// memories were committed, start at 1 and are never used again. A memory keeps
// its ID when it is updated.
type ID uint64

// Kind is the level of memory that a record belongs to.
type Kind uint8

// The four levels, as in the psychology of memory. Zero means Episodic. Where a store has
// several, a question prefers those that it calls for a little: docs/design/levels.md.
const (
	KindUnset      Kind = iota
	KindWorking         // of the task at hand
	KindEpisodic        // something that was said or happened (the default)
	KindSemantic        // a fact
	KindProcedural      // how something is done
	kindCount
)

var kindNames = [kindCount]string{"", "working", "episodic", "semantic", "procedural"}

// String returns the name used in files and on the command line.
func (k Kind) String() string {
	if k >= kindCount {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return kindNames[k]
}

// ParseKind returns the kind of that name; "" is KindUnset.
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("no such kind, want working, episodic, semantic or procedural: %w", ErrInvalid)
}

// Scope says whose memory it is. The tenant is a wall: a question never sees
// another tenant's memories. User, Agent and Session narrow a question when set.
type Scope struct {
	Tenant, User, Agent, Session string
}

// Covers reports whether a memory of scope m may answer a question of scope s.
func (s Scope) Covers(m Scope) bool {
	return s.Tenant == m.Tenant &&
		(s.User == "" || s.User == m.User) &&
		(s.Agent == "" || s.Agent == m.Agent) &&
		(s.Session == "" || s.Session == m.Session)
}

// Memory is one passage that can be found again.
//
// Only Text is required. The store sets ID, Position, IngestTime and all of the
// last group; what a caller puts there is passed over.
type Memory struct {
	ID  ID
	Key string // the caller's own name for it, unique in its tenant; optional

	Scope
	Speaker  string // who said it; its words can be asked for like the text's
	Position uint32 // place within its session, from 0, in the order of adding

	Text   string
	Vector []float32 // the caller's embedding; nil where the store embeds

	// Meta holds further values by name: string, float64, bool, time.Time or
	// []string. Other numeric types are turned into float64 by Normalize.
	Meta map[string]any
	Kind Kind

	EventTime  time.Time // when it happened; zero means unknown; kept to the microsecond
	IngestTime time.Time // when it was first committed

	// ValidFrom and ValidTo say when it is true in the world: from the one on
	// until before the other. Zero is open; equal ones mean never.
	ValidFrom, ValidTo time.Time
	// ExpiresAt is when it is to be forgotten: from then on it is in no answer,
	// and the store erases it by itself. Zero means never.
	ExpiresAt time.Time

	Importance float32 // 0..1, the authority factor; 0 means not given and counts as 0.5

	Source     string // document it was cut from; optional
	Start, End uint64 // byte range of Text within Source

	Version      uint32    // 1 as it was added, one more with every update
	UpdateTime   time.Time // when this version was committed; IngestTime for the first
	ReplacedTime time.Time // when a later version took its place; zero for the current one
	Supersedes   ID        // the memory that this one replaced in the world; 0 = none
	SupersededBy ID        // the memory that replaced it; 0 = none
	Usage        Usage     // filled in by Get and GetByKey alone
}

// Usage says how a memory was of use. Hits and gets are counted beside the read
// path and show up to .1 s later; more than some 100,000 a second are not all
// counted. All of it is written in the background: a process that dies loses the
// last 5 seconds, closing loses nothing. A store opened for reading counts nothing.
type Usage struct {
	Hits     uint64    // answers that it was in
	Gets     uint64    // times it was read by ID or key
	LastHit  time.Time // when it was last in an answer; zero = never
	Positive float64   // sum of the feedback above 0
	Negative float64   // sum of the feedback below 0, as a positive number
}

// Normalize checks m against the limits above and brings it into the one form
// that is stored: kind set, times in UTC to the microsecond, numbers of Meta as
// float64. The error says which field is wrong and why, never the text itself.
func (m *Memory) Normalize() error {
	if err := checkText(m.Text); err != nil {
		return err
	}
	if err := m.checkNames(); err != nil {
		return err
	}
	if m.Kind == KindUnset {
		m.Kind = KindEpisodic
	}
	if m.Kind >= kindCount {
		return fmt.Errorf("kind %d: %w", m.Kind, ErrInvalid)
	}
	if !(m.Importance >= 0 && m.Importance <= 1) {
		return fmt.Errorf("importance %v is not in 0..1: %w", m.Importance, ErrInvalid)
	}
	if m.End < m.Start {
		return fmt.Errorf("byte range %d..%d ends before it starts: %w", m.Start, m.End, ErrInvalid)
	}
	if err := m.normalizeTimes(); err != nil {
		return err
	}
	if m.Vector != nil {
		if err := CheckVector(m.Vector); err != nil {
			return err
		}
	}
	return m.normalizeMeta()
}

func (m *Memory) normalizeTimes() error {
	for _, f := range [...]struct {
		name  string
		value *time.Time
	}{{"time", &m.EventTime}, {"valid from", &m.ValidFrom}, {"valid to", &m.ValidTo}, {"expires", &m.ExpiresAt}} {
		if f.value.IsZero() {
			*f.value = time.Time{}
			continue
		}
		if err := checkYear(*f.value); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		*f.value = f.value.UTC().Truncate(time.Microsecond)
	}
	if !m.ValidTo.IsZero() && m.ValidTo.Before(m.ValidFrom) {
		return fmt.Errorf("valid to lies before valid from: %w", ErrInvalid)
	}
	return nil
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("text is empty: %w", ErrInvalid)
	case len(text) > TextBytesMax:
		return fmt.Errorf("text has %d bytes, more than %d: %w", len(text), TextBytesMax, ErrInvalid)
	}
	return checkUTF8("text", text)
}

func checkUTF8(field, s string) error {
	if utf8.ValidString(s) {
		return nil
	}
	at := 0
	for at < len(s) {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return fmt.Errorf("%s: invalid UTF-8 at byte %d: %w", field, at, ErrInvalid)
}

func (m *Memory) checkNames() error {
	for _, f := range [...]struct {
		name, value string
		limit       int
	}{
		{"key", m.Key, NameBytesMax}, {"tenant", m.Tenant, NameBytesMax}, {"user", m.User, NameBytesMax},
		{"agent", m.Agent, NameBytesMax}, {"session", m.Session, NameBytesMax},
		{"speaker", m.Speaker, NameBytesMax}, {"source", m.Source, SourceMax},
	} {
		if err := checkName(f.name, f.value, f.limit); err != nil {
			return err
		}
	}
	return nil
}

func checkName(field, value string, limit int) error {
	if len(value) > limit {
		return fmt.Errorf("%s has %d bytes, more than %d: %w", field, len(value), limit, ErrInvalid)
	}
	return checkUTF8(field, value)
}

// Check verifies the names of a scope.
func (s Scope) Check() error {
	m := Memory{Scope: s}
	return m.checkNames()
}

// CheckVector verifies that v can be searched by cosine: 1..DimensionMax
// finite numbers, not all zero, whose squares do not overflow.
func CheckVector(v []float32) error {
	if len(v) == 0 || len(v) > DimensionMax {
		return fmt.Errorf("vector has %d numbers, want 1..%d: %w", len(v), DimensionMax, ErrDimension)
	}
	var sum float64
	for i, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("vector: number %d is not finite: %w", i, ErrInvalid)
		}
		sum += float64(float64(x) * float64(x))
	}
	if sum < 1e-60 {
		return fmt.Errorf("vector: all numbers are zero, it has no direction: %w", ErrInvalid)
	}
	return nil
}

func (m *Memory) normalizeMeta() error {
	if len(m.Meta) > MetaCountMax {
		return fmt.Errorf("meta has %d entries, more than %d: %w", len(m.Meta), MetaCountMax, ErrInvalid)
	}
	if len(m.Meta) == 0 {
		m.Meta = nil
		return nil
	}
	size, clean := 0, make(map[string]any, len(m.Meta))
	for name, value := range m.Meta {
		if err := checkName("meta name", name, NameBytesMax); err != nil || name == "" {
			return fmt.Errorf("meta: a name must be 1..%d bytes of UTF-8: %w", NameBytesMax, ErrInvalid)
		}
		v, n, err := metaValue(value)
		if err != nil {
			return fmt.Errorf("meta %q: %w", name, err)
		}
		clean[name] = v
		size += len(name) + n
	}
	if size > MetaBytesMax {
		return fmt.Errorf("meta has %d bytes, more than %d: %w", size, MetaBytesMax, ErrInvalid)
	}
	m.Meta = clean
	return nil
}

// checkYear verifies that a time can be written in every format (RFC 3339).
func checkYear(t time.Time) error {
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return fmt.Errorf("year %d is not in 1..9999: %w", y, ErrInvalid)
	}
	return nil
}

// metaValue returns the stored form of a meta value and its size in bytes.
func metaValue(value any) (any, int, error) {
	switch v := value.(type) {
	case string:
		return v, len(v), checkUTF8("value", v)
	case bool:
		return v, 1, nil
	case time.Time:
		if err := checkYear(v); err != nil {
			return nil, 0, err
		}
		return v.UTC().Truncate(time.Microsecond), 8, nil
	case []string:
		n := 0
		for _, s := range v {
			if err := checkUTF8("value", s); err != nil {
				return nil, 0, err
			}
			n += len(s) + 1
		}
		return append([]string{}, v...), n, nil
	}
	f, ok := toFloat(value)
	if !ok {
		return nil, 0, fmt.Errorf("type %T, want string, number, bool, time or list of strings: %w", value, ErrInvalid)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, 0, fmt.Errorf("number is not finite: %w", ErrInvalid)
	}
	return f, 8, nil
}

func toFloat(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int:
		return float64(v), true
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	}
	return 0, false
}
