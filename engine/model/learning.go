package model

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of what is learnt of one user.
const (
	// JudgementsMax is how many judgements are kept of a user; older ones give way. A
	// question of his may have to read so many memories once.
	JudgementsMax = 512
	// JudgedQuestionMax is how many bytes are kept of the question of a judgement.
	JudgedQuestionMax = 1024
)

// ImplicitValue is the judgement of a hit that was shown above the one that was used, and
// passed over: "skip above" of Joachims 2002, "Optimizing search engines using clickthrough
// data". It is weak, as nobody said so.
const ImplicitValue = -.25

// Feedback says what a user made of the hits of a question. See DB.Learn.
type Feedback struct {
	Tenant   string // whose memories were asked
	User     string // who asked; required
	Question string // what was asked, as far as it is known; JudgedQuestionMax bytes are kept
	ID       ID     // the hit that it is about
	// Value is how useful the hit was, from -1 (it misled) to 1.
	Value float64
	// Shown are the hits of the answer as they were shown, best first, with or without ID.
	// Those before ID, where Value is above 0, count as passed over. May be empty.
	Shown []ID
}

// Normalize checks f and cuts the question to what is kept of it.
func (f *Feedback) Normalize() error {
	if f.User == "" {
		return fmt.Errorf("feedback without a user: there is nobody to learn of: %w", ErrInvalid)
	}
	if err := (Scope{Tenant: f.Tenant, User: f.User}).Check(); err != nil {
		return err
	}
	if len(f.Question) > QueryBytesMax {
		return fmt.Errorf("question has %d bytes, more than %d: %w", len(f.Question), QueryBytesMax, ErrInvalid)
	}
	if err := checkUTF8("question", f.Question); err != nil {
		return err
	}
	if len(f.Shown) > HitCountMax {
		return fmt.Errorf("%d hits shown, no answer has more than %d: %w", len(f.Shown), HitCountMax, ErrInvalid)
	}
	f.Question = cutQuestion(f.Question)
	return checkJudged(f.Value)
}

func checkJudged(value float64) error {
	if !(value >= -1 && value <= 1) {
		return fmt.Errorf("feedback %v is not in -1..1: %w", value, ErrInvalid)
	}
	return nil
}

// cutQuestion returns as many whole runes as are kept.
func cutQuestion(s string) string {
	if len(s) <= JudgedQuestionMax {
		return s
	}
	end := JudgedQuestionMax
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// MayBeCut reports whether the question of a judgement may be the beginning of a longer one.
func MayBeCut(question string) bool { return len(question) > JudgedQuestionMax-utf8.UTFMax }

// Passed returns the hits that the feedback says were passed over.
func (f *Feedback) Passed() (ids []ID) {
	if f.Value <= 0 {
		return nil
	}
	for _, id := range f.Shown {
		if id == f.ID {
			return ids
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return nil
}

// Judgement is what a user said of one memory, or showed by passing it over.
type Judgement struct {
	ID       ID
	Key      string  // the memory's, if it has one; of exports
	Value    float64 // -1..1
	Implicit bool    // nobody said so
	Question string  // that the memory was an answer to; "" where not known
	Time     time.Time
}

// Said is what is learnt from of a judgement.
type Said struct {
	ID     ID
	Value  float64
	Micros int64 // when, in microseconds; math.MinInt64 where that is not known
}

// UserJudgement is a judgement and who made it.
type UserJudgement struct {
	Tenant, User string
	Judgement
}

// Worth is what one word or feature is worth to a user.
type Worth struct {
	Name  string
	Value float64
}

// Preference is all that is known of what a user prefers. Judgements are the whole of it,
// oldest first: the rest is what they come to, for people to read.
type Preference struct {
	Tenant, User string
	Judgements   []Judgement

	// Words are those that memories the user likes have and others have not, and below 0 the
	// other way round; the most telling first.
	Words []Worth
	// Features are what a memory's form, age, length and speaker are worth to the user.
	Features []Worth
	// Trust, 0..1, is how far all of that has foretold what the user said, and how far it counts.
	Trust float64
}

// Normalize checks what SetPreference is given: names, judgements and nothing else.
func (p *Preference) Normalize() error {
	f := Feedback{Tenant: p.Tenant, User: p.User}
	if err := f.Normalize(); err != nil {
		return err
	}
	if len(p.Judgements) > JudgementsMax {
		return fmt.Errorf("%d judgements, no more than %d are kept: %w", len(p.Judgements), JudgementsMax, ErrInvalid)
	}
	for i := range p.Judgements {
		if err := p.Judgements[i].normalize(); err != nil {
			return fmt.Errorf("judgement %d: %w", i, err)
		}
	}
	return nil
}

func (j *Judgement) normalize() error {
	if len(j.Key) > NameBytesMax {
		return fmt.Errorf("key has %d bytes, more than %d: %w", len(j.Key), NameBytesMax, ErrInvalid)
	}
	if err := checkUTF8("question", j.Question); err != nil {
		return err
	}
	if !j.Time.IsZero() {
		if err := checkYear(j.Time); err != nil {
			return fmt.Errorf("time: %w", err)
		}
	}
	j.Question = cutQuestion(j.Question)
	return checkJudged(j.Value)
}

// Micros returns when it was judged, in microseconds; math.MinInt64 where that is not known.
func (j *Judgement) Micros() int64 {
	if j.Time.IsZero() {
		return math.MinInt64
	}
	return j.Time.UnixMicro()
}
