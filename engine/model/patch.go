package model

import (
	"maps"
	"time"
)

// Patch says what an update changes. A nil field leaves what is there; a pointer
// to a zero value empties it.
type Patch struct {
	// IfVersion, if not 0, is the version that the caller has seen: the update
	// fails with ErrConflict where the memory has another by now.
	IfVersion uint32

	Text *string
	// Vector is the embedding of the new text, in a store of the caller's
	// vectors. A text that stays keeps its vector.
	Vector     []float32
	Speaker    *string
	Meta       map[string]any // entries to set; a nil value removes the entry
	Kind       *Kind
	Importance *float32

	EventTime, ValidFrom, ValidTo, ExpiresAt *time.Time
}

// Apply changes m; its Meta is cloned before it is changed. The vector stays
// unless the patch brings one: whether it still fits is for the store to say.
func (p *Patch) Apply(m *Memory) {
	set(&m.Text, p.Text)
	set(&m.Speaker, p.Speaker)
	if p.Vector != nil {
		m.Vector = p.Vector
	}
	if len(p.Meta) > 0 {
		if m.Meta = maps.Clone(m.Meta); m.Meta == nil {
			m.Meta = map[string]any{}
		}
	}
	for name, value := range p.Meta {
		if value == nil {
			delete(m.Meta, name)
		} else {
			m.Meta[name] = value
		}
	}
	set(&m.Kind, p.Kind)
	set(&m.Importance, p.Importance)
	set(&m.EventTime, p.EventTime)
	set(&m.ValidFrom, p.ValidFrom)
	set(&m.ValidTo, p.ValidTo)
	set(&m.ExpiresAt, p.ExpiresAt)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
