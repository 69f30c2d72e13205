package jsonl

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestAPreferenceComesBack(t *testing.T) {
	p := model.Preference{
		Tenant: "t", User: "anna <&> \u2028", Trust: .5, Words: []model.Worth{{Name: "x", Value: .25}}, Features: []model.Worth{{Name: "long", Value: -1}},
		Judgements: []model.Judgement{
			{ID: 7, Key: "k", Value: -.25, Implicit: true, Question: "where \"to\"?", Time: time.Date(2025, 1, 2, 3, 4, 5, 678901000, time.UTC)},
			{Key: "only"}, {ID: 1 << 60, Value: 1},
		},
	}
	data := AppendPreference([]byte("before "), &p)
	got, err := ParsePreference(data[len("before "):])
	p.Trust, p.Words, p.Features = 0, nil, nil // worked out anew
	if err != nil || !reflect.DeepEqual(got, p) || strings.Contains(string(data), "\n") {
		t.Fatalf("%+v, want %+v: %v", got, p, err)
	}
	if empty := string(AppendPreference(nil, &model.Preference{User: "u"})); empty != `{"user":"u","trust":0,"words":[],"features":[],"judgements":[]}` {
		t.Errorf("%s", empty)
	}
}

func TestAPreferenceThatIsNoneIsRefusedWithoutItsText(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "secret", "a list": `["secret"]`, "cut": `{"user":"secret"`, "another field": `{"user":"u","secret":1}`,
		"two": `{"user":"u"} {"user":"secret"}`, "tail": `{"user":"u"} secret`, "a number for a text": `{"user":5}`, "an ID of a text": `{"user":"u","judgements":[{"id":"secret"}]}`,
		"a time that is none": `{"user":"u","judgements":[{"time":"secret"}]}`, "a negative ID": `{"user":"u","judgements":[{"id":-1}]}`,
		"too long": `{"user":"` + strings.Repeat("s", PreferenceBytesMax) + `"}`,
	} {
		if _, err := ParsePreference([]byte(text)); !errors.Is(err, model.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPreference(f *testing.F) {
	f.Add([]byte(`{"tenant":"t","user":"anna","judgements":[{"id":1,"value":0.5,"time":"2025-01-02T03:04:05Z"},{"key":"k","value":-1,"time":5}]}`))
	f.Add([]byte(`{"user":"u","words":[{"name":"x","value":1}],"trust":1e400}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePreference(data)
		if err != nil {
			return
		}
		if p.Normalize() != nil {
			return
		}
		again, err := ParsePreference(AppendPreference(nil, &p))
		if err != nil || len(again.Judgements) != len(p.Judgements) || again.User != p.User {
			t.Fatalf("%+v, want %+v: %v", again, p, err)
		}
	})
}
