package model

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseFilter reads the text form of a filter:
//
//	speaker = "Ann" and time >= 2024-01-01 and tags has "x" and not (kind = working or score < 3)
//
//	expression  = all { "or" all }
//	all         = one { "and" one }
//	one         = "not" one | "(" expression ")" | "exists" FIELD | comparison
//	comparison  = FIELD ( "=" | "!=" | "<" | "<=" | ">" | ">=" | "has" | "starts" "with" ) VALUE
//	            | FIELD "in" "(" VALUE { "," VALUE } ")"
//
// A FIELD is a name of letters, digits and _ - . or any name in backticks. A VALUE
// is a string in double quotes with the escapes of JSON, a number, true or false, a
// time of RFC 3339 or a date; of kind, the bare name of one. Words may be written in
// capitals. Text of blanks alone is the zero Filter. ErrInvalid says at which byte
// what was wanted, never what the text says. The filter has passed Check. O(bytes).
func ParseFilter(text string) (Filter, error) {
	if len(text) > FilterBytesMax {
		return Filter{}, fmt.Errorf("filter has %d bytes, more than %d: %w", len(text), FilterBytesMax, ErrInvalid)
	}
	if err := checkUTF8("filter", text); err != nil {
		return Filter{}, err
	}
	p := filterParser{text: text}
	if p.next(); p.token.kind == tokenEnd && p.err == nil {
		return Filter{}, nil
	}
	f := p.expression(1)
	if p.token.kind != tokenEnd {
		p.want("and, or or the end")
	}
	if p.err != nil {
		return Filter{}, p.err
	}
	return f, f.Check()
}

type tokenKind uint8

const (
	tokenEnd    tokenKind = iota
	tokenName             // a bare word
	tokenQuoted           // a name in backticks
	tokenString           // in double quotes
	tokenNumber           // starts like a number: a number, a date or a time
	tokenSign             // an operator, a bracket or a comma
)

type token struct {
	kind tokenKind
	text string // unquoted
	at   int
}

// filterParser descends through the text. After the first error it sees nothing
// but the end, so that every loop ends.
type filterParser struct {
	text  string
	at    int // behind token
	token token
	err   error
}

func (p *filterParser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("filter: byte %d: %s: %w", at, fmt.Sprintf(format, args...), ErrInvalid)
	}
	p.token, p.at = token{at: len(p.text)}, len(p.text)
}

// want fails for the present token.
func (p *filterParser) want(what string) {
	got := map[tokenKind]string{
		tokenEnd: "the end", tokenName: "a name", tokenQuoted: "a name", tokenString: "a string", tokenNumber: "a number or time",
	}[p.token.kind]
	if p.token.kind == tokenSign {
		got = p.token.text
	}
	if word := strings.ToLower(p.token.text); p.token.kind == tokenName && filterWords[word] {
		got = word
	}
	p.fail(p.token.at, "want %s, got %s", what, got)
}

// isWord reports whether the token is that word of the language.
func (p *filterParser) isWord(word string) bool {
	return p.token.kind == tokenName && strings.ToLower(p.token.text) == word // not EqualFold: to it, the long s is an s
}

func (p *filterParser) isSign(sign string) bool {
	return p.token.kind == tokenSign && p.token.text == sign
}

func (p *filterParser) expression(depth int) Filter {
	return p.chain(OpOr, "or", func() Filter {
		return p.chain(OpAnd, "and", func() Filter { return p.one(depth) })
	})
}

// chain reads what one word joins.
func (p *filterParser) chain(op Op, word string, operand func() Filter) Filter {
	at := p.token.at
	args := []Filter{operand()}
	for p.err == nil && p.isWord(word) {
		p.next()
		args = append(args, operand())
	}
	if p.err != nil {
		return Filter{}
	}
	f := join(op, args)
	if len(args) > 1 {
		f.node.at = at + 1
	}
	return f
}

func (p *filterParser) one(depth int) Filter {
	at := p.token.at
	if depth > FilterDepthMax { // brackets leave no trace that Check could count
		p.fail(at, "nested more than %d deep", FilterDepthMax)
	}
	switch {
	case p.isWord("not"):
		p.next()
		f := p.one(depth + 1)
		if p.err != nil {
			return Filter{}
		}
		f = Not(f)
		f.node.at = at + 1
		return f
	case p.isSign("("):
		p.next()
		f := p.expression(depth + 1)
		if p.err == nil && !p.isSign(")") {
			p.want("and, or or )")
		}
		p.next()
		return f
	case p.isWord("exists"):
		p.next()
		return p.made(&filterNode{op: OpExists, field: p.name(), at: at + 1})
	}
	return p.comparison()
}

func (p *filterParser) made(n *filterNode) Filter {
	if p.err != nil {
		return Filter{}
	}
	return Filter{n}
}

// name takes the name of a field.
func (p *filterParser) name() string {
	name := p.token.text
	if p.token.kind != tokenQuoted && (p.token.kind != tokenName || filterWords[strings.ToLower(name)]) {
		p.want("a field, not, exists or (")
		return ""
	}
	p.next()
	return name
}

var signOps = map[string]Op{"=": OpEq, "!=": OpNe, "<": OpLt, "<=": OpLe, ">": OpGt, ">=": OpGe}

func (p *filterParser) comparison() Filter {
	n := &filterNode{at: p.token.at + 1}
	n.field = p.name()
	op, isOp := signOps[p.token.text]
	switch {
	case p.err != nil:
		return Filter{}
	case p.token.kind == tokenSign && isOp:
		n.op = op
	case p.isWord("has"):
		n.op = OpHas
	case p.isWord("in"):
		n.op = OpIn
	case p.isWord("starts"):
		n.op = OpPrefix
		if p.next(); !p.isWord("with") {
			p.want("with")
		}
	default:
		p.want("=, !=, <, <=, >, >=, in, has or starts with")
	}
	p.next()
	if n.op == OpIn {
		n.values = p.list(n.field)
		return p.made(n)
	}
	n.values = []Value{p.value(n.field)}
	if v := n.values[0]; p.err == nil && (n.op == OpHas || n.op == OpPrefix) && v.Type != TypeString {
		p.fail(n.at-1, "has and starts with take a string, not a %s", v.Type)
	}
	return p.made(n)
}

// list takes the values in the brackets of an in.
func (p *filterParser) list(field string) (values []Value) {
	if !p.isSign("(") {
		p.want("( after in")
	}
	for p.err == nil {
		p.next()
		at := p.token.at
		values = append(values, p.value(field))
		if len(values) > FilterValuesMax {
			p.fail(at, "more than %d values after in", FilterValuesMax)
		}
		if p.err == nil && p.isSign(")") {
			p.next()
			return values
		}
		if p.err == nil && !p.isSign(",") {
			p.want(", or )")
		}
	}
	return nil
}

// value takes a value; the bare names of kinds only where kind is compared.
func (p *filterParser) value(field string) (v Value) {
	t, ok := p.token, true
	switch {
	case t.kind == tokenString:
		v = Value{Type: TypeString, Text: t.text}
	case t.kind == tokenNumber:
		if v, ok = parseNumber(t.text); !ok {
			v, ok = parseTime(t.text)
		}
	case p.isWord("true"), p.isWord("false"):
		v = boolValue(p.isWord("true"))
	case t.kind == tokenName && field == "kind" && !filterWords[strings.ToLower(t.text)]:
		v = Value{Type: TypeString, Text: t.text}
	case t.kind == tokenName:
		p.want("a value (a string stands in double quotes)")
	default:
		p.want("a value")
	}
	if !ok {
		p.fail(t.at, "want a number, a date like 2024-01-31 or a time like 2024-01-31T10:00:00Z")
	}
	p.next()
	return v
}

// next reads the next token.
func (p *filterParser) next() {
	if p.err != nil {
		return
	}
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	p.token = token{at: p.at}
	if p.at == len(p.text) {
		return
	}
	rest := p.text[p.at:]
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r == '"':
		p.quoted()
	case r == '`':
		p.backticks()
	case isNameRune(r, true):
		p.take(tokenName, len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return isNameRune(r, false) })))
	case strings.ContainsRune("+-.0123456789", r):
		p.take(tokenNumber, len(rest)-len(strings.TrimLeft(rest, "+-.:0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")))
	case len(rest) > 1 && rest[1] == '=' && strings.IndexByte("!<>", rest[0]) >= 0:
		p.take(tokenSign, 2)
	case strings.ContainsRune("()=<>,", r):
		p.take(tokenSign, 1)
	default:
		p.fail(p.at, "a character that no name, value or operator starts with")
	}
}

func (p *filterParser) take(kind tokenKind, size int) {
	p.token.kind, p.token.text = kind, p.text[p.at:p.at+size]
	p.at += size
}

// backticks reads a quoted name; two of them stand for one.
func (p *filterParser) backticks() {
	var name []byte
	for at := p.at + 1; at < len(p.text); at++ {
		if p.text[at] == '`' {
			if at+1 == len(p.text) || p.text[at+1] != '`' {
				p.token.kind, p.token.text, p.at = tokenQuoted, string(name), at+1
				return
			}
			at++
		}
		name = append(name, p.text[at])
	}
	p.fail(p.token.at, "a name in backticks does not end")
}

// quoted reads a string with the escapes of JSON.
func (p *filterParser) quoted() {
	var out []byte
	for at := p.at + 1; at < len(p.text); {
		c := p.text[at]
		switch {
		case c == '"':
			p.token.kind, p.token.text, p.at = tokenString, string(out), at+1
			return
		case c < 0x20:
			p.fail(at, "a control character in a string, want it escaped")
			return
		case c != '\\':
			out = append(out, c)
			at++
			continue
		}
		r, size := unescape(p.text[at:])
		if size == 0 {
			p.fail(at, `want an escape of JSON: \" \\ \/ \b \f \n \r \t or \uXXXX`)
			return
		}
		out = utf8.AppendRune(out, r)
		at += size
	}
	p.fail(p.token.at, "a string does not end")
}

// unescape reads the escape at the start of s; size 0 where there is none.
func unescape(s string) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	if at := strings.IndexByte(`"\/bfnrt`, s[1]); at >= 0 {
		return rune("\"\\/\b\f\n\r\t"[at]), 2
	}
	r, ok := hexRune(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := hexRune(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hexRune reads \uXXXX.
func hexRune(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	x, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(x), err == nil
}
