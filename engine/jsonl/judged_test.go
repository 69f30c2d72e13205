package jsonl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestAJudgedQuestionIsReadWithAllItsFields(t *testing.T) {
	got, err := ParseJudged([]byte(`{"question":"Where is Ann?","relevant":["k1",17,{"id":18,"grade":3},{"key":"k2"}],"user":"ann","agent":"a","session":"s",` +
		`"tenant":"t","now":"2026-05-01","vector":[1,0.5],"category":"what","answer":["Oslo"],"id":"q7"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []model.Relevant{{Key: "k1"}, {ID: 17}, {ID: 18, Grade: 3}, {Key: "k2"}}
	if got.Text != "Where is Ann?" || !slices.Equal(got.Relevant, want) || got.Scope != (model.Scope{Tenant: "t", User: "ann", Agent: "a", Session: "s"}) ||
		!slices.Equal(got.Vector, []float32{1, .5}) || !got.Now.Equal(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v", got)
	}
}

func TestQuestionsOfEvalAreJudgedOnes(t *testing.T) {
	got, err := ParseJudged([]byte(`{"id":"q1","conv":"c1","question":"Who?","evidence":["c1/t4"],"category":"who","answer":7}`))
	if err != nil || got.User != "c1" || len(got.Relevant) != 1 || got.Relevant[0].Key != "c1/t4" {
		t.Fatalf("%+v %v", got, err)
	}
	both, err := ParseJudged([]byte(`{"conv":"c1","user":"u1","text":"other","question":"Who?","relevant":[],"evidence":["a"]}`))
	if err != nil || both.User != "u1" || both.Text != "Who?" || len(both.Relevant) != 1 {
		t.Fatalf("%+v %v", both, err)
	}
	if none, err := ParseJudged([]byte(`{"question":"Who?","relevant":[]}`)); err != nil || none.Relevant != nil {
		t.Fatalf("nothing answers it: %+v %v", none, err)
	}
}

func TestABadJudgedQuestionSaysWhatIsWrong(t *testing.T) {
	for line, says := range map[string]string{
		`{"question":"Who?"}`:                                                                `no field "relevant"`,
		`{"relevant":["a"]}`:                                                                 "neither text nor vector",
		`{"question":7.5,"relevant":"a"}`:                                                    "relevant: want a list",
		`{"question":"Who?","relevant":[["a"]]}`:                                             "relevant: number 1: want a key",
		`{"question":"Who?","relevant":["a",-1]}`:                                            "relevant: number 2: want a key",
		`{"question":"Who?","relevant":["a",1.5]}`:                                           "relevant: number 2: JSON number",
		`{"question":"Who?","relevant":[null]}`:                                              "relevant: number 1",
		`{"question":"Who?","relevant":[{"grade":2}]}`:                                       "want an ID or a key",
		`{"question":"Who?","relevant":[{"id":1,"key":"a"}]}`:                                "want an ID or a key",
		`{"question":"Who?","relevant":[{"id":1,"grade":9}]}`:                                "grade 9",
		`{"question":"Who?","relevant":[{"id":1,"grade":"best"}]}`:                           "relevant: number 1: JSON string",
		`{"question":"Who?","relevant":["a"],"vector":[0,0]}`:                                "vector",
		`{"question":"Who?","relevant":["a"],"now":"soon"}`:                                  "now: want RFC 3339",
		`{"question":{"a":1},"relevant":["a"]}`:                                              "question: JSON object",
		`[{"question":"Who?"}]`:                                                              "JSON array",
		`{"question":"Who?","relevant":["a"]`:                                                "malformed JSON",
		"{\"question\":\"\xff\",\"relevant\":[]}":                                            "invalid UTF-8 at byte 13",
		`{"question":"` + strings.Repeat("x", model.QueryBytesMax+1) + `","relevant":["a"]}`: "query text has 65537 bytes",
	} {
		if _, err := ParseJudged([]byte(line)); !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: %v, want %q", line, err, says)
		}
	}
}

func TestJudgedQuestionsAreReadWithTheirLines(t *testing.T) {
	good := `{"question":"Who?","relevant":["a"]}`
	judged, lines, err := ReadJudged(strings.NewReader("\xef\xbb\xbf" + good + "\n\n  \n" + good + "\r\n" + good))
	if err != nil || len(judged) != 3 || !slices.Equal(lines, []int{1, 4, 5}) {
		t.Fatalf("%d questions of lines %v, %v", len(judged), lines, err)
	}
	_, _, err = ReadJudged(strings.NewReader(good + "\nnonsense\n" + good + "\n{}\n[]\n"))
	if !errors.Is(err, model.ErrInvalid) || !strings.HasPrefix(err.Error(), "line 2: ") || !strings.HasSuffix(err.Error(), "; and 2 lines more") {
		t.Error(err)
	}
	if _, _, err := ReadJudged(strings.NewReader(good + "\n" + strings.Repeat("x", LineBytesMax+1))); !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), "line 2: line has more than") {
		t.Error(err)
	}
	if _, _, err := ReadJudged(strings.NewReader(strings.Repeat(good+"\n", model.JudgedMax+1))); !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), fmt.Sprintf("line %d: more than", model.JudgedMax+1)) {
		t.Error(err)
	}
	if _, _, err := ReadJudged(failing{}); !errors.Is(err, errFailing) {
		t.Errorf("a reader that fails: %v", err)
	}
}

var errFailing = errors.New("the disk is gone")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFailing }

func FuzzParseJudged(f *testing.F) {
	f.Add([]byte(`{"question":"Who?","relevant":["a",2,{"id":3,"grade":4}],"user":1,"now":5}`))
	f.Add([]byte(`{"conv":"c","question":"\ud800","evidence":[{}]}`))
	f.Add([]byte(`{"relevant":[ ],"vector":[1e39]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		j, err := ParseJudged(line)
		if err != nil {
			if code := model.CodeOf(err); code != model.CodeInvalid && code != model.CodeDimension {
				t.Fatal(err)
			}
			return
		}
		if err := j.Check(); err != nil {
			t.Fatalf("read, and it is no judged question: %v", err)
		}
	})
}
