package model

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Match reports whether f lets m through. It is the definition of what a filter
// means: segments answer the same from their columns. f must have passed Check; m
// is a memory as the store returns it.
func (f Filter) Match(m *Memory) bool {
	if f.IsZero() {
		return true
	}
	switch f.node.op {
	case OpAnd:
		return !slices.ContainsFunc(f.node.args, func(a Filter) bool { return !a.Match(m) })
	case OpOr:
		return slices.ContainsFunc(f.node.args, func(a Filter) bool { return a.Match(m) })
	case OpNot:
		return !f.node.args[0].Match(m)
	case OpNe:
		return !f.node.matchField(OpEq, m)
	}
	return f.node.matchField(f.node.op, m)
}

func (n *filterNode) matchField(op Op, m *Memory) bool {
	info, err := ResolveField(n.field)
	if err != nil {
		return false
	}
	if info.builtin != nil {
		v, ok := info.builtin.get(m)
		return ok && n.matchValue(op, v, info.Single())
	}
	entry, ok := m.Meta[info.Column[1:]]
	if list, isList := entry.([]string); isList && op != OpExists {
		return op == OpHas && slices.Contains(list, n.values[0].Text)
	}
	return ok && n.matchValue(op, metaOf(entry), false)
}

// metaOf returns a Meta entry that is no list as a value.
func metaOf(entry any) Value {
	switch e := entry.(type) {
	case string:
		return Value{Type: TypeString, Text: e}
	case float64:
		return Value{Type: TypeNumber, Number: e}
	case bool:
		return boolValue(e)
	case time.Time:
		return instant(e.UnixMicro())
	}
	return Value{}
}

// matchValue compares the value that a memory has.
func (n *filterNode) matchValue(op Op, have Value, single bool) bool {
	if op == OpExists {
		return true
	}
	return slices.ContainsFunc(n.values, func(want Value) bool {
		if have.Type != want.Type || op == OpHas {
			return false
		}
		if op == OpPrefix {
			return strings.HasPrefix(have.Text, want.Text)
		}
		if single {
			want.Number = float64(float32(want.Number))
		}
		first, last := order(have, want)
		switch op {
		case OpLt:
			return first < 0
		case OpLe:
			return last <= 0
		case OpGt:
			return last > 0
		case OpGe:
			return first >= 0
		}
		return first >= 0 && last <= 0 // = and in
	})
}

// order compares have with the first and the last moment of want; for all but a
// day these are one.
func order(have, want Value) (first, last int) {
	switch want.Type {
	case TypeString:
		first = strings.Compare(have.Text, want.Text)
	case TypeTime:
		return cmp.Compare(have.First, want.First), cmp.Compare(have.First, want.Last)
	default:
		first = cmp.Compare(have.Number, want.Number)
	}
	return first, first
}
