package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// record is a memory as the corpus writes it, in arguments and results.
type record struct {
	ID         engine.ID      `json:"id,omitempty"`
	Key        string         `json:"key,omitempty"`
	Text       string         `json:"text"`
	Time       string         `json:"time,omitempty"`
	Speaker    string         `json:"speaker,omitempty"`
	Session    string         `json:"session,omitempty"`
	Position   *uint32        `json:"position,omitempty"`
	User       string         `json:"user,omitempty"`
	Agent      string         `json:"agent,omitempty"`
	Tenant     string         `json:"tenant,omitempty"`
	Kind       string         `json:"kind,omitempty"`
	Importance float32        `json:"importance,omitempty"`
	Source     string         `json:"source,omitempty"`
	Start      uint64         `json:"start,omitempty"`
	End        uint64         `json:"end,omitempty"`
	Meta       map[string]any `json:"meta,omitempty"`
	Vector     vector         `json:"vector,omitempty"`

	ValidFrom    string    `json:"valid_from,omitempty"`
	ValidTo      string    `json:"valid_to,omitempty"`
	Expires      string    `json:"expires,omitempty"`
	Version      uint32    `json:"version,omitempty"` // from 2 on
	Supersedes   engine.ID `json:"supersedes,omitempty"`
	SupersededBy engine.ID `json:"superseded_by,omitempty"`
	Positive     float64   `json:"positive,omitempty"`
	Negative     float64   `json:"negative,omitempty"`
}

// vector reads "nan" and "inf" beside numbers.
type vector []float32

func (v *vector) UnmarshalJSON(data []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*v = make(vector, len(all))
	for i, raw := range all {
		switch string(raw) {
		case `"nan"`:
			(*v)[i] = float32(math.NaN())
		case `"inf"`:
			(*v)[i] = float32(math.Inf(1))
		default:
			if err := json.Unmarshal(raw, &(*v)[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// memory returns the engine's form. Its error is the corpus's fault, or
// ErrInvalid for a kind that there is not.
func (r *record) memory() (m engine.Memory, err error) {
	m = engine.Memory{
		Key: r.Key, Text: r.Text, Speaker: r.Speaker, Importance: r.Importance,
		Scope:  engine.Scope{Tenant: r.Tenant, User: r.User, Agent: r.Agent, Session: r.Session},
		Source: r.Source, Start: r.Start, End: r.End, Vector: r.Vector,
	}
	if m.Kind, err = parseKind(r.Kind); err != nil {
		return m, err
	}
	for _, t := range []struct {
		from string
		to   *time.Time
	}{{r.Time, &m.EventTime}, {r.ValidFrom, &m.ValidFrom}, {r.ValidTo, &m.ValidTo}, {r.Expires, &m.ExpiresAt}} {
		if *t.to, err = parseTime(t.from); err != nil {
			return m, err
		}
	}
	for name, value := range r.Meta {
		if m.Meta == nil {
			m.Meta = map[string]any{}
		}
		if m.Meta[name], err = metaValue(value); err != nil {
			return m, fmt.Errorf("meta %q: %w", name, err)
		}
	}
	return m, nil
}

var kindNames = []string{"", "working", "episodic", "semantic", "procedural"}

func parseKind(name string) (engine.Kind, error) {
	for k, n := range kindNames {
		if n == name {
			return engine.Kind(k), nil
		}
	}
	return 0, fmt.Errorf("kind %q: %w", name, engine.ErrInvalid)
}

func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, text)
}

// metaValue turns the corpus's JSON into what the engine takes.
func metaValue(value any) (any, error) {
	switch t := value.(type) {
	case string, float64, bool:
		return t, nil
	case []any:
		list := make([]string, len(t))
		for i, element := range t {
			s, ok := element.(string)
			if !ok {
				return nil, fmt.Errorf("element %d is no string", i)
			}
			list[i] = s
		}
		return list, nil
	case map[string]any:
		if text, ok := t["$time"].(string); ok && len(t) == 1 {
			return parseTime(text)
		}
	}
	return nil, fmt.Errorf("%T has no form here", value)
}

// fromMemory returns the corpus's form of a stored memory, without the time of
// its commit.
func fromMemory(m *engine.Memory) record {
	r := record{
		ID: m.ID, Key: m.Key, Text: m.Text, Speaker: m.Speaker, Session: m.Session, User: m.User, Agent: m.Agent,
		Tenant: m.Tenant, Kind: m.Kind.String(), Importance: m.Importance, Source: m.Source, Start: m.Start, End: m.End,
		Vector: m.Vector,
	}
	if m.Session != "" {
		r.Position = &m.Position
	}
	for _, t := range []struct {
		from time.Time
		to   *string
	}{{m.EventTime, &r.Time}, {m.ValidFrom, &r.ValidFrom}, {m.ValidTo, &r.ValidTo}, {m.ExpiresAt, &r.Expires}} {
		if !t.from.IsZero() {
			*t.to = t.from.Format(time.RFC3339Nano)
		}
	}
	if m.Version > 1 {
		r.Version = m.Version
	}
	r.Supersedes, r.SupersededBy, r.Positive, r.Negative = m.Supersedes, m.SupersededBy, m.Usage.Positive, m.Usage.Negative
	for name, value := range m.Meta {
		if r.Meta == nil {
			r.Meta = map[string]any{}
		}
		if t, ok := value.(time.Time); ok {
			value = map[string]string{"$time": t.UTC().Format(time.RFC3339Nano)}
		}
		r.Meta[name] = value
	}
	return r
}

// repeated returns the records count times over, "#i" behind keys and texts.
func repeated(records []record, count int) []record {
	var all []record
	for i := range count {
		for _, r := range records {
			suffix := fmt.Sprintf("#%d", i)
			if r.Key != "" {
				r.Key += suffix
			}
			r.Text += suffix
			all = append(all, r)
		}
	}
	return all
}

// hit is one hit of an expectation.
type hit struct {
	ID         engine.ID   `json:"id"`
	Key        string      `json:"key"`
	Score      float32     `json:"score"`
	Factors    factors     `json:"factors"`
	Duplicates []engine.ID `json:"duplicates"`

	Explanation *explanation `json:"explanation,omitempty"`
}

type explanation struct {
	Engines []engineRank       `json:"engines"`
	Signals map[string]float32 `json:"signals"` // written in the order of their names
	Ranker  float32            `json:"ranker"`
}

type engineRank struct {
	Name  string  `json:"name"`
	Rank  int     `json:"rank"`
	Score float64 `json:"score"`
}

func fromExplanation(e *engine.Explanation) *explanation {
	if e == nil {
		return nil
	}
	out := &explanation{Engines: []engineRank{}, Signals: map[string]float32{}, Ranker: e.Ranker}
	for _, r := range e.Engines {
		out.Engines = append(out.Engines, engineRank(r))
	}
	for _, s := range e.Signals {
		out.Signals[s.Name] = s.Value
	}
	return out
}

// factors are in the order of engine.Factors.
type factors struct {
	Relevance  *float32 `json:"relevance"`
	Freshness  *float32 `json:"freshness"`
	Diversity  *float32 `json:"diversity"`
	Authority  *float32 `json:"authority"`
	Coherence  *float32 `json:"coherence"`
	Confidence *float32 `json:"confidence"`
}

func (f *factors) places() [6]**float32 {
	return [6]**float32{&f.Relevance, &f.Freshness, &f.Diversity, &f.Authority, &f.Coherence, &f.Confidence}
}

func fromFactors(values engine.Factors) (f factors) {
	for i, place := range f.places() {
		*place = &values[i]
	}
	return f
}

// weights returns all six, or an error where the corpus leaves one out.
func (f *factors) weights() (*engine.Weights, error) {
	if f == nil {
		return nil, nil
	}
	var w engine.Weights
	for i, place := range f.places() {
		if *place == nil {
			return nil, fmt.Errorf("weights: factor %d is not given", i)
		}
		w[i] = **place
	}
	return &w, nil
}

var intentNames = "general fact recent explore trusted"

func parseIntent(name string) (engine.Intent, error) {
	for i, n := range strings.Fields(intentNames) {
		if n == name || name == "" {
			return engine.Intent(i), nil
		}
	}
	return 0, fmt.Errorf("intent %q: %w", name, engine.ErrInvalid)
}
