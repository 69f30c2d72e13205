package model

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Limits of one filter. They bound what a question's condition can cost before
// it has looked at any row.
const (
	FilterBytesMax  = 64 << 10 // of its text, as given and as printed
	FilterDepthMax  = 64       // brackets and nots inside each other
	FilterNodesMax  = 1024     // comparisons, ands, ors and nots together
	FilterValuesMax = 1024     // values of one "in"
)

// Op is what a node of a filter does.
type Op uint8

// The operations. The first three join filters, the rest compare a field.
const (
	OpAnd Op = iota + 1
	OpOr
	OpNot
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpIn     // one of the values
	OpHas    // a list holds the value
	OpPrefix // a string starts with the value
	OpExists // the memory has the field; no value
)

// Type is the type of a field's value.
type Type uint8

// The types of values. TypeAny is a Meta field whose type only the memories know.
const (
	TypeAny Type = iota
	TypeString
	TypeNumber
	TypeBool
	TypeTime
	TypeList // of strings
	typeCount
)

var typeNames = [typeCount]string{"any", "string", "number", "bool", "time", "list of strings"}

// String returns the name of the type as error messages say it.
func (t Type) String() string { return typeNames[t] }

// Value is what a field is compared with.
type Value struct {
	Type   Type
	Text   string  // of a string
	Number float64 // of a number; 1 and 0 of a bool
	First  int64   // of a time: microseconds since 1970; of a day its first one
	Last   int64   // of a time: First; of a day its last microsecond
}

// Day is a calendar day in UTC, to compare a time with: equal to every time of
// that day, before and after as a whole.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

const dayMicros = 24 * 60 * 60 * 1_000_000

// Filter is a condition on the fields of a memory. Build one with Field, And, Or
// and Not, or with ParseFilter. The zero Filter lets every memory through. Filters
// never change and may be shared by goroutines.
//
// Logic is two-valued: a comparison with a field that a memory does not have is
// false, and != is the negation of =, so that it is true.
type Filter struct{ node *filterNode }

type filterNode struct {
	op     Op
	field  string // of a comparison, as written
	values []Value
	args   []Filter // of and, or (at least two), not (one)
	at     int      // 1 + byte in the text it was parsed from; 0 = built
	bad    error    // what is wrong with a node that was built, for Check

	// text is the printed form once someone asked for it. Any goroutine may
	// store it, and all store the same.
	text atomic.Pointer[string]
	// sound is set once the filter of this node as its outermost passed Check.
	sound atomic.Bool
}

// IsZero reports whether f is the zero Filter, which lets every memory through.
func (f Filter) IsZero() bool { return f.node == nil }

// Op returns the operation of the outermost node; f must not be zero.
func (f Filter) Op() Op { return f.node.op }

// FieldName returns the field of a comparison as it was written.
func (f Filter) FieldName() string { return f.node.field }

// Values returns what the field is compared with; not to be changed.
func (f Filter) Values() []Value { return f.node.values }

// Args returns the filters that and, or and not join; not to be changed.
func (f Filter) Args() []Filter { return f.node.args }

// Where says where in its text a node stands, for errors: "filter: byte 7", or
// "filter" for one that was built.
func (f Filter) Where() string {
	if f.node.at == 0 {
		return "filter"
	}
	return fmt.Sprintf("filter: byte %d", f.node.at-1)
}

// Wants returns the type that a field must have for the comparison to be one:
// TypeAny for exists.
func (f Filter) Wants() Type {
	switch f.node.op {
	case OpExists:
		return TypeAny
	case OpHas:
		return TypeList
	}
	return f.node.values[0].Type
}

// And lets a memory through that all filters let through; And() is the zero Filter.
func And(filters ...Filter) Filter { return join(OpAnd, filters) }

// Or lets a memory through that one of the filters lets through. It needs one.
func Or(filters ...Filter) Filter {
	if len(filters) == 0 {
		return Filter{&filterNode{op: OpOr, bad: fmt.Errorf("or of no filters lets nothing through: %w", ErrInvalid)}}
	}
	if slices.ContainsFunc(filters, Filter.IsZero) {
		return Filter{}
	}
	return join(OpOr, filters)
}

// join makes one flat node, so that a chain has the same form however it was nested.
func join(op Op, filters []Filter) Filter {
	var args []Filter
	for _, f := range filters {
		switch {
		case f.IsZero():
		case f.node.op == op && f.node.bad == nil:
			args = append(args, f.node.args...)
		default:
			args = append(args, f)
		}
	}
	switch len(args) {
	case 0:
		return Filter{}
	case 1:
		return args[0]
	}
	return Filter{&filterNode{op: op, args: args}}
}

// Not lets a memory through that f does not. f must not be zero.
func Not(f Filter) Filter {
	if f.IsZero() {
		return Filter{&filterNode{op: OpNot, bad: fmt.Errorf("not of the empty filter lets nothing through: %w", ErrInvalid)}}
	}
	return Filter{&filterNode{op: OpNot, args: []Filter{f}}}
}

// FieldRef names a field to compare; see Field.
type FieldRef struct{ name string }

// Field names a field of a memory: a built-in one (FieldNames), else the Meta
// entry of that name. "meta.NAME" is the Meta entry NAME in any case.
//
// Values to compare with are string, bool, time.Time (to the microsecond), Day,
// Kind, or any Go number. Others are reported where the filter is used.
func Field(name string) FieldRef { return FieldRef{name} }

// Eq is true where the field equals the value.
func (f FieldRef) Eq(value any) Filter { return f.compare(OpEq, value) }

// Ne is the negation of Eq: true also where the memory lacks the field.
func (f FieldRef) Ne(value any) Filter { return f.compare(OpNe, value) }

// Lt is true where the field is less than the value: strings by their bytes.
func (f FieldRef) Lt(value any) Filter { return f.compare(OpLt, value) }

// Le is Lt or Eq.
func (f FieldRef) Le(value any) Filter { return f.compare(OpLe, value) }

// Gt is true where the field is greater than the value.
func (f FieldRef) Gt(value any) Filter { return f.compare(OpGt, value) }

// Ge is Gt or Eq.
func (f FieldRef) Ge(value any) Filter { return f.compare(OpGe, value) }

// In is true where the field equals one of the values, which are of one type.
func (f FieldRef) In(values ...any) Filter { return f.compare(OpIn, values...) }

// Has is true where the field is a list that holds the string.
func (f FieldRef) Has(value string) Filter { return f.compare(OpHas, value) }

// Prefix is true where the field is a string that starts with this one.
func (f FieldRef) Prefix(value string) Filter { return f.compare(OpPrefix, value) }

// Exists is true where the memory has the field.
func (f FieldRef) Exists() Filter { return f.compare(OpExists) }

func (f FieldRef) compare(op Op, values ...any) Filter {
	n := &filterNode{op: op, field: f.name}
	for _, v := range values {
		value, err := valueOf(v)
		if err != nil && n.bad == nil {
			n.bad = fmt.Errorf("field %q: %w", f.name, err)
		}
		n.values = append(n.values, value)
	}
	return Filter{n}
}

// valueOf returns the value of a Go value.
func valueOf(value any) (Value, error) {
	switch v := value.(type) {
	case string:
		return Value{Type: TypeString, Text: v}, checkUTF8("value", v)
	case Kind:
		return Value{Type: TypeString, Text: v.String()}, nil
	case bool:
		return boolValue(v), nil
	case time.Time:
		return timeValue(v)
	case Day:
		t := time.Date(v.Year, v.Month, v.Day, 0, 0, 0, 0, time.UTC)
		if y, m, d := t.Date(); y != v.Year || m != v.Month || d != v.Day {
			return Value{}, fmt.Errorf("no such day: %w", ErrInvalid)
		}
		day, err := timeValue(t)
		day.Last += dayMicros - 1
		return day, err
	}
	x, ok := toFloat(value)
	if !ok {
		return Value{}, fmt.Errorf("type %T, want string, number, bool, time, Day or Kind: %w", value, ErrInvalid)
	}
	return numberValue(x)
}

func boolValue(b bool) Value {
	if b {
		return Value{Type: TypeBool, Number: 1}
	}
	return Value{Type: TypeBool}
}

func numberValue(x float64) (Value, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Value{}, fmt.Errorf("number is not finite: %w", ErrInvalid)
	}
	return Value{Type: TypeNumber, Number: x + 0}, nil // -0 + 0 is 0
}

func timeValue(t time.Time) (Value, error) {
	micros := t.UTC().Truncate(time.Microsecond).UnixMicro()
	return Value{Type: TypeTime, First: micros, Last: micros}, checkYear(t)
}

// Check verifies what can be known without any memory: limits, field names, and
// the types that built-in fields have. ErrInvalid says where and what was wanted.
// What has passed once is not looked at again.
func (f Filter) Check() error {
	if f.IsZero() || f.node.sound.Load() {
		return nil
	}
	nodes := 0
	if err := f.check(1, &nodes); err != nil {
		return err
	}
	if n := len(f.String()); n > FilterBytesMax {
		return fmt.Errorf("filter: %d bytes when printed, more than %d: %w", n, FilterBytesMax, ErrInvalid)
	}
	f.node.sound.Store(true)
	return nil
}

func (f Filter) check(depth int, nodes *int) error {
	n := f.node
	*nodes++
	switch {
	case n.bad != nil:
		return fmt.Errorf("%s: %w", f.Where(), n.bad)
	case *nodes > FilterNodesMax:
		return fmt.Errorf("%s: more than %d comparisons and connections: %w", f.Where(), FilterNodesMax, ErrInvalid)
	case depth > FilterDepthMax:
		return fmt.Errorf("%s: nested more than %d deep: %w", f.Where(), FilterDepthMax, ErrInvalid)
	case n.op > OpNot:
		if err := n.checkComparison(); err != nil {
			return fmt.Errorf("%s: %w", f.Where(), err)
		}
	}
	for _, arg := range n.args {
		if err := arg.check(depth+1, nodes); err != nil {
			return err
		}
	}
	return nil
}

// checkComparison verifies one comparison apart from where it stands.
func (n *filterNode) checkComparison() error {
	field, err := ResolveField(n.field)
	if err != nil || n.op == OpExists {
		return err
	}
	if len(n.values) == 0 || len(n.values) > FilterValuesMax {
		return fmt.Errorf("%d values after in, want 1..%d: %w", len(n.values), FilterValuesMax, ErrInvalid)
	}
	kind := n.values[0].Type
	for _, v := range n.values {
		if v.Type != kind {
			return fmt.Errorf("a %s and a %s after in, want values of one type: %w", kind, v.Type, ErrInvalid)
		}
	}
	ordered := n.op >= OpLt && n.op <= OpGe
	switch wants := (Filter{n}).Wants(); {
	case ordered && kind == TypeBool:
		return fmt.Errorf("bools have no order, want = or !=: %w", ErrInvalid)
	case field.Type != TypeAny && field.Type != wants:
		return TypeMismatch(n.field, field.Type, Filter{n})
	case field.isKind():
		return n.checkKind()
	}
	return nil
}

// checkKind verifies a comparison with the field kind, whose values are four names.
func (n *filterNode) checkKind() error {
	if n.op != OpEq && n.op != OpNe && n.op != OpIn {
		return fmt.Errorf("field %q has names without order, want =, != or in: %w", n.field, ErrInvalid)
	}
	for _, v := range n.values {
		if k, err := ParseKind(v.Text); err != nil || k == KindUnset {
			return fmt.Errorf("field %q: no such kind, want working, episodic, semantic or procedural: %w", n.field, ErrInvalid)
		}
	}
	return nil
}

// TypeMismatch returns the ErrInvalid of a comparison with a field of another
// type. It names both types, and how a list is asked.
func TypeMismatch(field string, is Type, f Filter) error {
	hint := ""
	switch op, wants := f.Op(), f.Wants(); {
	case op == OpHas:
		return fmt.Errorf("field %q is a %s, and only a %s can be asked with has: %w", field, is, TypeList, ErrInvalid)
	case is == TypeList:
		hint = "; ask a list with has"
	case is == TypeTime && wants == TypeString:
		hint = "; write a time without quotes"
	}
	return fmt.Errorf("field %q is a %s, it cannot be compared with a %s%s: %w", field, is, f.Wants(), hint, ErrInvalid)
}
