package engine

import "github.com/nexus-memory/nexus/engine/model"

// Field names a field of a memory, to be compared: a built-in one (FieldNames) or
// an entry of Meta.
//
//	engine.Query{Text: "where to?", Filter: engine.And(
//		engine.Field("speaker").Eq("Ann"),
//		engine.Field("time").Ge(engine.Day{Year: 2024, Month: time.May, Day: 1}))}
func Field(name string) FieldRef { return model.Field(name) }

// And lets a memory through that all filters let through.
func And(filters ...Filter) Filter { return model.And(filters...) }

// Or lets a memory through that one of the filters lets through.
func Or(filters ...Filter) Filter { return model.Or(filters...) }

// Not lets a memory through that the filter does not.
func Not(filter Filter) Filter { return model.Not(filter) }

// ParseFilter reads a filter from its text form, which docs/filters.md describes;
// Filter.String writes it. ErrInvalid says at which byte what was wanted.
func ParseFilter(text string) (Filter, error) { return model.ParseFilter(text) }

// FieldNames lists the fields that memories have besides their Meta.
func FieldNames() []string { return model.FieldNames() }
