package model

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

var opText = map[Op]string{
	OpEq: "=", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpHas: "has", OpPrefix: "starts with",
}

// filterWords are not to be taken for names of fields.
var filterWords = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "has": true, "exists": true, "starts": true, "with": true,
	"true": true, "false": true,
}

// String returns the text form of f, which ParseFilter reads back; "" for the
// zero Filter. Equal filters have equal texts. It is made once.
func (f Filter) String() string {
	if f.IsZero() {
		return ""
	}
	if text := f.node.text.Load(); text != nil {
		return *text
	}
	text := string(f.node.append(nil))
	f.node.text.Store(&text)
	return text
}

func (n *filterNode) append(dst []byte) []byte {
	switch n.op {
	case OpAnd, OpOr:
		for i, arg := range n.args {
			if i > 0 {
				dst = append(dst, map[Op]string{OpAnd: " and ", OpOr: " or "}[n.op]...)
			}
			dst = arg.node.appendWithin(dst, n.op)
		}
		return dst
	case OpNot:
		dst = append(dst, "not "...)
		for _, arg := range n.args { // none in one that Check refuses
			dst = arg.node.appendWithin(dst, OpNot)
		}
		return dst
	}
	return n.appendComparison(dst)
}

// appendWithin adds brackets where the node outside binds more tightly.
func (n *filterNode) appendWithin(dst []byte, outside Op) []byte {
	if n.op == OpOr || (n.op == OpAnd && outside == OpNot) {
		return append(n.append(append(dst, '(')), ')')
	}
	return n.append(dst)
}

func (n *filterNode) appendComparison(dst []byte) []byte {
	if n.op == OpExists {
		return appendName(append(dst, "exists "...), n.field)
	}
	dst = append(appendName(dst, n.field), ' ')
	if n.op != OpIn {
		return n.values[0].append(append(append(dst, opText[n.op]...), ' '), n.field)
	}
	dst = append(dst, "in ("...)
	for i, v := range n.values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = v.append(dst, n.field)
	}
	return append(dst, ')')
}

// append writes a value as the field's type is written.
func (v Value) append(dst []byte, field string) []byte {
	switch v.Type {
	case TypeNumber:
		return strconv.AppendFloat(dst, v.Number, 'g', -1, 64)
	case TypeBool:
		return strconv.AppendBool(dst, v.Number != 0)
	case TypeTime:
		if v.Last > v.First {
			return time.UnixMicro(v.First).UTC().AppendFormat(dst, time.DateOnly)
		}
		return time.UnixMicro(v.First).UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	if k, err := ParseKind(v.Text); field == "kind" && err == nil && k != KindUnset {
		return append(dst, v.Text...)
	}
	return appendQuoted(dst, v.Text)
}

// appendName writes a field's name, in backticks where it needs them.
func appendName(dst []byte, name string) []byte {
	if isPlainName(name) && !filterWords[strings.ToLower(name)] {
		return append(dst, name...)
	}
	dst = append(dst, '`')
	dst = append(dst, strings.ReplaceAll(name, "`", "``")...)
	return append(dst, '`')
}

func isPlainName(name string) bool {
	for i, r := range name {
		if !isNameRune(r, i == 0) {
			return false
		}
	}
	return name != ""
}

func isNameRune(r rune, first bool) bool {
	if r == '_' || (unicode.IsLetter(r) && r != unicode.ReplacementChar) {
		return true
	}
	return !first && (r == '.' || r == '-' || unicode.IsDigit(r) || unicode.IsMark(r))
}

// appendQuoted writes a string as JSON does.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < 0x20:
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// parseNumber reads a decimal number.
func parseNumber(s string) (Value, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return Value{}, false // hexadecimal, inf, nan
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) {
		return Value{}, false
	}
	v, err := numberValue(x)
	return v, err == nil
}

// parseTime reads a date, which is a whole day, or a time as RFC 3339 writes it.
func parseTime(s string) (Value, bool) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		v, err := timeValue(t)
		v.Last += dayMicros - 1
		return v, err == nil
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return Value{}, false
	}
	v, err := timeValue(t)
	return v, err == nil
}
