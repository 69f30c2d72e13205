package model

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// FieldInfo says what the name of a field stands for.
type FieldInfo struct {
	// Column is the field's name among the columns of a segment: a built-in
	// field's own name, or a dot and the name of the Meta entry.
	Column string
	Type   Type // TypeAny for a Meta entry
	// Explicit is set where the name said "meta." itself: it is what is meant,
	// however near it is to another one.
	Explicit bool
	builtin  *builtinField
}

// Single reports whether values of the field have the precision of float32: what
// they are compared with is to be rounded alike, so that 0.7 equals 0.7.
func (i FieldInfo) Single() bool { return i.builtin != nil && i.builtin.single }

func (i FieldInfo) isKind() bool { return i.builtin != nil && i.builtin.name == "kind" }

// MetaColumn returns the column name of a Meta entry.
func MetaColumn(name string) string { return "." + name }

// builtinField is a field that memories have besides their Meta.
type builtinField struct {
	name   string
	typ    Type
	single bool                        // float32
	get    func(*Memory) (Value, bool) // false: this memory does not have it
}

// builtinFields is the one list of built-in fields. A field of Memory that is to
// be asked for gets a line here; segments and docs/filters.md follow it.
var builtinFields = []builtinField{
	{"id", TypeNumber, false, number(func(m *Memory) (float64, bool) { return float64(m.ID), true })},
	{"key", TypeString, false, name(func(m *Memory) string { return m.Key })},
	{"user", TypeString, false, name(func(m *Memory) string { return m.User })},
	{"agent", TypeString, false, name(func(m *Memory) string { return m.Agent })},
	{"session", TypeString, false, name(func(m *Memory) string { return m.Session })},
	{"speaker", TypeString, false, name(func(m *Memory) string { return m.Speaker })},
	{"kind", TypeString, false, name(func(m *Memory) string { return m.Kind.String() })},
	{"time", TypeTime, false, func(m *Memory) (Value, bool) {
		t := m.EventTime
		if t.IsZero() {
			t = m.IngestTime
		}
		return instant(t.UnixMicro()), true
	}},
	{"ingested", TypeTime, false, func(m *Memory) (Value, bool) {
		return instant(m.IngestTime.UnixMicro()), !m.IngestTime.IsZero()
	}},
	{"importance", TypeNumber, true, number(func(m *Memory) (float64, bool) { return float64(m.Importance), m.Importance != 0 })},
	{"position", TypeNumber, false, number(func(m *Memory) (float64, bool) { return float64(m.Position), true })},
	{"source", TypeString, false, name(func(m *Memory) string { return m.Source })},
	{"start", TypeNumber, false, number(func(m *Memory) (float64, bool) { return float64(m.Start), m.End != 0 })},
	{"end", TypeNumber, false, number(func(m *Memory) (float64, bool) { return float64(m.End), m.End != 0 })},
	{"expires", TypeTime, false, given(func(m *Memory) time.Time { return m.ExpiresAt })},
	{"valid_from", TypeTime, false, given(func(m *Memory) time.Time { return m.ValidFrom })},
	{"valid_to", TypeTime, false, given(func(m *Memory) time.Time { return m.ValidTo })},
	{"version", TypeNumber, false, number(func(m *Memory) (float64, bool) { return float64(max(1, m.Version)), true })},
}

// notFields are names that someone may take for fields, and what to do instead.
var notFields = map[string]string{
	"text":   "ask for words with the question",
	"vector": "ask for nearness with the question",
	"tenant": "it is set by the scope alone",
	"meta":   "write meta.NAME",
}

func given(get func(*Memory) time.Time) func(*Memory) (Value, bool) {
	return func(m *Memory) (Value, bool) {
		t := get(m)
		return instant(t.UnixMicro()), !t.IsZero()
	}
}

func name(get func(*Memory) string) func(*Memory) (Value, bool) {
	return func(m *Memory) (Value, bool) {
		s := get(m)
		return Value{Type: TypeString, Text: s}, s != ""
	}
}

func number(get func(*Memory) (float64, bool)) func(*Memory) (Value, bool) {
	return func(m *Memory) (Value, bool) {
		x, ok := get(m)
		return Value{Type: TypeNumber, Number: x}, ok
	}
}

func instant(micros int64) Value { return Value{Type: TypeTime, First: micros, Last: micros} }

// FieldNames lists the built-in fields.
func FieldNames() []string {
	names := make([]string, len(builtinFields))
	for i := range builtinFields {
		names[i] = builtinFields[i].name
	}
	return names
}

// BuiltinValues calls f for every built-in field that m has, in the order of
// FieldNames. It does not allocate.
func (m *Memory) BuiltinValues(f func(name string, v Value)) {
	for i := range builtinFields {
		if v, ok := builtinFields[i].get(m); ok {
			f(builtinFields[i].name, v)
		}
	}
}

// ResolveField returns what a field's name stands for; ErrInvalid for a name that
// no field can have, or that is another part of the question.
func ResolveField(name string) (FieldInfo, error) {
	if name == "" || len(name) > NameBytesMax+len("meta.") || !utf8.ValidString(name) {
		return FieldInfo{}, fmt.Errorf("a field's name has %d bytes, want 1..%d of UTF-8: %w", len(name), NameBytesMax, ErrInvalid)
	}
	if entry, ok := strings.CutPrefix(name, "meta."); ok {
		if entry == "" {
			return FieldInfo{}, fmt.Errorf("meta. without the name of an entry: %w", ErrInvalid)
		}
		return FieldInfo{Column: MetaColumn(entry), Explicit: true}, nil
	}
	for i := range builtinFields {
		if b := &builtinFields[i]; b.name == name {
			return FieldInfo{Column: b.name, Type: b.typ, builtin: b}, nil
		}
	}
	if instead, ok := notFields[name]; ok {
		return FieldInfo{}, fmt.Errorf("%q is no field of a filter: %s (a Meta entry of that name is meta.%s): %w", name, instead, name, ErrInvalid)
	}
	return FieldInfo{Column: MetaColumn(name)}, nil
}
