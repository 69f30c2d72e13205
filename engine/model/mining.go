package model

import (
	"fmt"
	"time"
)

// MinedMax is the largest Limit of a PatternQuery or an AnomalyQuery.
const MinedMax = 1000

// DefaultMined is their Limit where none is given.
const DefaultMined = 20

// PatternKind is what a pattern says.
type PatternKind uint8

// The kinds of patterns. Zero asks for all of them.
const (
	PatternAll         PatternKind = iota
	PatternAssociation             // words, or a speaker and words, that come together
	PatternRecurring               // words that come back at regular gaps or on a weekday
	PatternBurst                   // words that come much more often for a while
	patternKindCount
)

var patternKindNames = [patternKindCount]string{"all", "association", "recurring", "burst"}

// String returns the name used in files and on the command line.
func (k PatternKind) String() string {
	if k >= patternKindCount {
		return fmt.Sprintf("pattern kind %d", uint8(k))
	}
	return patternKindNames[k]
}

// PatternKindNames lists the names that ParsePatternKind takes.
func PatternKindNames() []string { return patternKindNames[:] }

// ParsePatternKind returns the kind of that name; "" is PatternAll.
func ParsePatternKind(name string) (PatternKind, error) {
	for k, n := range patternKindNames {
		if n == name || name == "" {
			return PatternKind(k), nil
		}
	}
	return 0, fmt.Errorf("no such kind of pattern, want all, association, recurring or burst: %w", ErrInvalid)
}

// PatternQuery asks for the patterns of a selection of memories.
type PatternQuery struct {
	Selection
	Kind  PatternKind // PatternAll: every kind
	Limit int         // patterns of each kind, 1..MinedMax; 0 means DefaultMined
	// Since and Until bound the times of the memories, their event time or where that is
	// unknown their ingest time: from the one on, until before the other. Zero is open.
	Since, Until time.Time
}

// Normalize checks q and sets its defaults.
func (q *PatternQuery) Normalize() error {
	if q.Kind >= patternKindCount {
		return fmt.Errorf("%v: %w", q.Kind, ErrInvalid)
	}
	return normalizeMined(q.Selection, &q.Limit, q.Since, q.Until)
}

// AnomalyQuery asks for the memories of a selection that are least like the others.
type AnomalyQuery struct {
	Selection
	Limit    int     // 1..MinedMax; 0 means DefaultMined
	MinScore float64 // leaves out what has less, 0..1; see Anomaly.Score
	// Since and Until bound the times of the memories, as those of PatternQuery do.
	Since, Until time.Time
}

// Normalize checks q and sets its defaults.
func (q *AnomalyQuery) Normalize() error {
	if !(q.MinScore >= 0 && q.MinScore <= 1) {
		return fmt.Errorf("least score is %v, want 0..1: %w", q.MinScore, ErrInvalid)
	}
	return normalizeMined(q.Selection, &q.Limit, q.Since, q.Until)
}

func normalizeMined(s Selection, limit *int, since, until time.Time) error {
	if *limit == 0 {
		*limit = DefaultMined
	}
	if *limit < 1 || *limit > MinedMax {
		return fmt.Errorf("limit is %d, want 1..%d: %w", *limit, MinedMax, ErrInvalid)
	}
	for _, t := range [...]time.Time{since, until} {
		if t.IsZero() {
			continue
		}
		if err := checkYear(t); err != nil {
			return fmt.Errorf("bound of time: %w", err)
		}
	}
	return s.Check()
}

// NoWeekday is the Weekday of a pattern that does not keep to one.
const NoWeekday = time.Weekday(-1)

// Pattern is one regularity of a selection of memories, beyond what chance gives.
//
// G2 measures all kinds on one scale: twice the logarithm of how much likelier the counts
// are with the pattern than without (Dunning 1993). What is reported would come about by
// chance in one of twenty selections at most, were memories independent of each other.
type Pattern struct {
	Kind PatternKind
	// Terms are one to eight words as they are mostly written there. What is measured of
	// an association is measured of its first two, or of the speaker and the first; the
	// others come with these in four of five cases.
	Terms   []string
	Speaker string // who says them, of an association; "" where that does not matter
	// Window says that the words come in neighbouring turns of a session, not in one memory.
	Window bool
	// Support is how many memories (windows of four turns) have all of Terms; of a burst, of
	// those within it.
	Support int
	G2      float64 // evidence, above 0
	// NPMI is how far one word tells that the other is there, of an association: 1 always,
	// 0 not at all (Bouma 2009). 0 for the other kinds.
	NPMI float64
	// Lift is how many times as often as by chance: that the words come together, that
	// the days keep to the rhythm, that the words come within the burst.
	Lift     float64
	From, To time.Time // times of the first and the last of those counted; of memories in the burst
	// Period is the usual gap between the days of a recurring pattern, 0 where there is none.
	Period  time.Duration
	Weekday time.Weekday // of a recurring pattern, in UTC; NoWeekday where it keeps to none
	// Examples are up to five of the memories that count, the latest first; of a window
	// its first turn.
	Examples []ID
}

// AnomalyColumn is one of the things that a memory can be unusual by.
type AnomalyColumn uint8

// The columns of anomalies, in the order of their names.
const (
	ColumnMeaning AnomalyColumn = iota // cosine distance to its nearest other memories; by vectors
	ColumnWords                        // how rare its words are: the mean of ln(N/df)
	ColumnLength                       // bytes of text
	ColumnGap                          // seconds since the turn before it in the session
	ColumnHour                         // 0..23, in UTC
	ColumnWeekday                      // 0 is Sunday, in UTC
	ColumnSpeaker                      // share of the memories that are the speaker's
	AnomalyColumnCount
)

var anomalyColumnNames = [AnomalyColumnCount]string{"meaning", "words", "length", "gap", "hour", "weekday", "speaker"}

// String returns the name used in files and on the command line.
func (c AnomalyColumn) String() string {
	if c >= AnomalyColumnCount {
		return fmt.Sprintf("anomaly column %d", uint8(c))
	}
	return anomalyColumnNames[c]
}

// AnomalyReason is what a memory is unusual by.
type AnomalyReason struct {
	Column AnomalyColumn
	Value  float64 // of the memory, in the column's unit
	Usual  float64 // the median of the selection; of hour, weekday and speaker the commonest
	Weight float64 // share of the memory's unusualness, 0..1
}

// Anomaly is a memory that does not fit among the others of its selection.
type Anomaly struct {
	ID ID
	// Score is above 0 and below 1: n/(n+5), where n is how unusual the memory is beyond what
	// nineteen of twenty are by each column, in nats: at .5 its values are together e^5, some
	// 150 times, rarer than that. Scores of different selections can be compared.
	Score   float64
	Reasons []AnomalyReason // what makes it so, the weightiest first; up to three
}
