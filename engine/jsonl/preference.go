package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/nexus-memory/nexus/engine/model"
)

// PreferenceBytesMax bounds the JSON of a preference: JudgementsMax judgements escaped at
// their worst, and the words.
const PreferenceBytesMax = 8 << 20

// preference is the JSON form of what was learnt of a user. Field order is that of output.
type preference struct {
	Tenant     string      `json:"tenant,omitempty"`
	User       string      `json:"user"`
	Trust      float64     `json:"trust"`
	Words      []worth     `json:"words"`
	Features   []worth     `json:"features"`
	Judgements []judgement `json:"judgements"`
}

type worth struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

type judgement struct {
	ID       model.ID        `json:"id,omitempty"`
	Key      string          `json:"key,omitempty"`
	Value    float64         `json:"value"`
	Implicit bool            `json:"implicit,omitempty"`
	Question string          `json:"question,omitempty"`
	Time     json.RawMessage `json:"time,omitempty"`
}

// AppendPreference appends a preference as one JSON object without a line end. It does not
// fail: there is nothing in it that JSON has no form for.
func AppendPreference(dst []byte, p *model.Preference) []byte {
	out := preference{Tenant: p.Tenant, User: p.User, Trust: p.Trust, Words: worths(p.Words), Features: worths(p.Features), Judgements: []judgement{}}
	for _, j := range p.Judgements {
		one := judgement{ID: j.ID, Key: j.Key, Value: j.Value, Implicit: j.Implicit, Question: j.Question}
		if at := stamp(j.Time); at != "" {
			one.Time, _ = json.Marshal(at)
		}
		out.Judgements = append(out.Judgements, one)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(&out)
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

func worths(list []model.Worth) []worth {
	out := make([]worth, 0, len(list))
	for _, w := range list {
		out = append(out, worth(w))
	}
	return out
}

// ParsePreference reads one JSON object as AppendPreference writes it, alone in data: tenant,
// user and judgements. What the judgements come to is passed over, as it is worked out anew;
// another field is an error. Times may be of any form that a memory's may have. ErrInvalid.
func ParsePreference(data []byte) (p model.Preference, err error) {
	if len(data) > PreferenceBytesMax {
		return p, fmt.Errorf("preference of %d bytes, more than %d: %w", len(data), PreferenceBytesMax, model.ErrInvalid)
	}
	var in preference
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&in)
	if err == nil {
		if _, more := decoder.Token(); more != io.EOF {
			return p, fmt.Errorf("preference: something stands behind the object: %w", model.ErrInvalid)
		}
	}
	if err != nil {
		what := problem(err)
		if strings.HasPrefix(err.Error(), "json: unknown field") {
			what = "there is a field that a preference has not"
		}
		return p, fmt.Errorf("preference: %s: %w", what, model.ErrInvalid)
	}
	p.Tenant, p.User = in.Tenant, in.User
	for i, j := range in.Judgements {
		one := model.Judgement{ID: j.ID, Key: j.Key, Value: j.Value, Implicit: j.Implicit, Question: j.Question}
		if len(j.Time) > 0 {
			if err := parseTime(j.Time, &one.Time); err != nil {
				return p, fmt.Errorf("preference: judgement %d: time: %w", i, err)
			}
		}
		p.Judgements = append(p.Judgements, one)
	}
	return p, nil
}
