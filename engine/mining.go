package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/search/mining"
)

// The values of mining; see package model.
type (
	PatternQuery  = model.PatternQuery
	PatternKind   = model.PatternKind
	Pattern       = model.Pattern
	AnomalyQuery  = model.AnomalyQuery
	AnomalyColumn = model.AnomalyColumn
	AnomalyReason = model.AnomalyReason
	Anomaly       = model.Anomaly
)

// The kinds of patterns; see model.PatternKind.
const (
	PatternAll         = model.PatternAll
	PatternAssociation = model.PatternAssociation
	PatternRecurring   = model.PatternRecurring
	PatternBurst       = model.PatternBurst
)

// NoWeekday is the weekday of a pattern that keeps to none; see model.NoWeekday.
const NoWeekday = model.NoWeekday

// The columns of anomalies; see model.AnomalyColumn.
const (
	ColumnMeaning = model.ColumnMeaning
	ColumnWords   = model.ColumnWords
	ColumnLength  = model.ColumnLength
	ColumnGap     = model.ColumnGap
	ColumnHour    = model.ColumnHour
	ColumnWeekday = model.ColumnWeekday
	ColumnSpeaker = model.ColumnSpeaker
)

// Patterns finds what is regular in the memories of a selection: words that come together,
// that come back at a rhythm, that come in bursts; of each kind up to q.Limit, the most
// evident first. Nothing of other memories, be they of another tenant or beyond the
// filter, has a part in it. The snapshot is the current one, and the latest 1,048,576
// memories of it are looked at.
//
// It reads all of the selection: a second or two for 100,000 short memories, on the
// caller's goroutine, giving way to others; ctx ends it within milliseconds. Errors: ErrInvalid.
func (db *DB) Patterns(ctx context.Context, q PatternQuery) (list []Pattern, err error) {
	if err := q.Normalize(); err != nil {
		return nil, fmt.Errorf("patterns: %w", err)
	}
	view, err := db.store.View()
	if err != nil {
		return nil, fmt.Errorf("patterns: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	if list, err = mining.Patterns(ctx, view, &q); err != nil {
		return nil, fmt.Errorf("patterns: %w", err)
	}
	return list, nil
}

// Anomalies returns the memories of a selection that fit least among the others of it, by
// meaning, words, length, time and speaker, with what makes them so; the strangest first,
// up to q.Limit. A selection of fewer than eight has none. See Patterns for what is
// looked at, cost and errors.
func (db *DB) Anomalies(ctx context.Context, q AnomalyQuery) (list []Anomaly, err error) {
	if err := q.Normalize(); err != nil {
		return nil, fmt.Errorf("anomalies: %w", err)
	}
	view, err := db.store.View()
	if err != nil {
		return nil, fmt.Errorf("anomalies: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	if list, err = mining.Anomalies(ctx, view, &q); err != nil {
		return nil, fmt.Errorf("anomalies: %w", err)
	}
	return list, nil
}
