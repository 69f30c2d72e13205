package jsonl

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestParseReadsEveryField(t *testing.T) {
	line := `{"key":"k","text":"hi","time":"2024-05-31T18:00:00.5Z","speaker":"Ann","session":"s","user":"u","agent":"a","tenant":"t",
	 "kind":"semantic","importance":0.25,"source":"f.txt","start":1,"end":3,"meta":{"x":1},"vector":[1,2.5],"other":"kept","list":["a","b"],
	 "mixed":[1,"a"],"deep":{"a":1},"nothing":null,"id":7,"position":3,"ingested":"whenever"}`
	got, err := Parse([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	want := model.Memory{
		Key: "k", Text: "hi", EventTime: time.Date(2024, 5, 31, 18, 0, 0, 5e8, time.UTC), Speaker: "Ann",
		Scope: model.Scope{Session: "s", User: "u", Agent: "a", Tenant: "t"}, Kind: model.KindSemantic, Importance: .25,
		Source: "f.txt", Start: 1, End: 3, Vector: []float32{1, 2.5},
		Meta: map[string]any{"x": 1.0, "other": "kept", "list": []string{"a", "b"}, "mixed": `[1,"a"]`, "deep": `{"a":1}`},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseUnderstandsAliasesAndTimes(t *testing.T) {
	for line, check := range map[string]func(m model.Memory) bool{
		`{"text":"x","id":"i1","conv":"c1"}`:                      func(m model.Memory) bool { return m.Key == "i1" && m.User == "c1" },
		`{"text":"x","id":"i1","key":"k1","user":"u","conv":"c"}`: func(m model.Memory) bool { return m.Key == "k1" && m.User == "u" },
		`{"text":"x","id":12}`:                                    func(m model.Memory) bool { return m.Key == "" },
		`{"text":"x","user":12}`:                                  func(m model.Memory) bool { return m.User == "12" },
		`{"text":"x","time":1717178400}`:                          func(m model.Memory) bool { return m.EventTime.Year() == 2024 },
		`{"text":"x","time":1717178400.25}`:                       func(m model.Memory) bool { return m.EventTime.Nanosecond() == 25e7 },
		`{"text":"x","time":"2024-05-31"}`:                        func(m model.Memory) bool { return m.EventTime.Day() == 31 },
		`{"text":"x","time":"2024-09-10 18:05"}`:                  func(m model.Memory) bool { return m.EventTime.Hour() == 18 && m.EventTime.Minute() == 5 },
		`{"text":"x","time":"2024-09-10T18:05Z"}`:                 func(m model.Memory) bool { return m.EventTime.Hour() == 18 && m.EventTime.Minute() == 5 },
		`{"text":"x","time":"2024-09-10T18:05"}`:                  func(m model.Memory) bool { return m.EventTime.Hour() == 18 && m.EventTime.Minute() == 5 },
		`{"text":"x","time":""}`:                                  func(m model.Memory) bool { return m.EventTime.IsZero() },
		`{"text":"x","time":null}`:                                func(m model.Memory) bool { return m.EventTime.IsZero() },
		`{"text":"x","key":null}`:                                 func(m model.Memory) bool { return m.Key == "" },
	} {
		if m, err := Parse([]byte(line)); err != nil || !check(m) {
			t.Errorf("%s: %+v %v", line, m, err)
		}
	}
}

func TestBadLinesSayWhatAndWhereAndNeverTheText(t *testing.T) {
	for line, part := range map[string]string{
		`{"text":"secret"`:                      "malformed JSON at byte",
		`"secret"`:                              "JSON string where an object is wanted",
		`[]`:                                    "want one object a line; convert with: jq -c '.[]'",
		`[`:                                     "jq -c '.[]'",
		`[{"text":"secret"},`:                   "jq -c '.[]'",
		`{`:                                     "convert with: jq -c .:",
		`{"role":"secret","content":"secret"}`:  `no field "text" (it has: content, role)`,
		`{"f":1,"e":1,"d":1,"c":1,"b":1,"a":1}`: `(it has: a, b, c, d, e, ...)`,
		`{"a":1,"time":"yesterday"}`:            `no field "text" (it has: a, time)`,
		`{}`:                                    "text is empty",
		`{"text":["secret"]}`:                   "text: JSON array where a string is wanted",
		`{"text":"secret","vector":[1,"x"]}`:    "vector: JSON string where a number is wanted",
		`{"text":"secret","vector":"x"}`:        "vector: JSON string where a list of numbers is wanted",
		`{"text":"secret","vector":[1e999]}`:    "vector: JSON number where a smaller number is wanted",
		`{"text":"secret","vector":[]}`:         "vector has 0",
		`{"text":"secret","time":"yesterday"}`:  "time: want RFC 3339",
		`{"text":"secret","time":1e15}`:         "out of range",
		`{"text":"secret","kind":"x"}`:          "kind: no such kind",
		`{"text":"secret","importance":3}`:      "importance 3",
		`{"text":"secret","importance":"x"}`:    "importance: JSON string where a number is wanted",
		`{"text":"secret","meta":[1]}`:          "meta: JSON array where an object is wanted",
		`{"text":"secret","start":-1}`:          "start: JSON number where a whole number from 0 is wanted",
		"{\"text\":\"secret\xff\"}":             "invalid UTF-8 at byte 15",
	} {
		_, err := Parse([]byte(line))
		switch {
		case err == nil:
			t.Errorf("%s: no error", line)
		case !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: %v, want %q", line, err, part)
		case !errors.Is(err, model.ErrInvalid) && !errors.Is(err, model.ErrDimension):
			t.Errorf("%s: %v is of no kind", line, err)
		}
	}
}

func TestReaderNumbersLinesAndPassesOverLongOnesInConstantMemory(t *testing.T) {
	long := io.MultiReader(
		strings.NewReader("\xef\xbb\xbf{\"text\":\"one\"}\n\n   \r\n{\"text\":\"two\"}\r\n{\"text\":\""),
		io.LimitReader(repeat('x'), 3*LineBytesMax), strings.NewReader("\"}\nbad\n{\"text\":\"last\"}"))
	r := NewReader(long)
	type seen struct {
		number int
		text   string
		bad    bool
	}
	var got []seen
	for {
		l, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seen{l.Number, l.Memory.Text, l.Err != nil})
	}
	want := []seen{{1, "one", false}, {4, "two", false}, {5, "", true}, {6, "", true}, {7, "last", false}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if cap(r.line) > 2*LineBytesMax {
		t.Fatalf("held %d bytes", cap(r.line))
	}
}

// repeat is an endless reader of one byte.
type repeat byte

func (b repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"text":"x","vector":[1],"meta":{"a":["b"]},"time":1.5}`))
	f.Add([]byte(`{"text":"\ud800","key":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := Parse(line)
		if err != nil {
			if code := model.CodeOf(err); code != model.CodeInvalid && code != model.CodeDimension {
				t.Fatalf("%v", err)
			}
			return
		}
		var out strings.Builder
		if err := NewWriter(&out).Write(&m); err != nil {
			t.Fatal(err)
		}
		again, err := Parse([]byte(out.String()))
		if err != nil {
			t.Fatalf("written %q: %v", out.String(), err)
		}
		if again.Text != m.Text || again.Key != m.Key || len(again.Vector) != len(m.Vector) || again.Scope != m.Scope {
			t.Fatalf("wrote %+v, read %+v", m, again)
		}
	})
}
