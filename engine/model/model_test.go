package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestCodesAreFoundBelowAnyWrapping(t *testing.T) {
	for err, want := range map[error]Code{
		nil: CodeOK, ErrInvalid: CodeInvalid, fmt.Errorf("a: %w", fmt.Errorf("b: %w", ErrNoSpace)): CodeNoSpace,
		context.DeadlineExceeded: CodeDeadline, fmt.Errorf("x: %w", context.Canceled): CodeCancelled, errors.New("else"): CodeInternal,
	} {
		if got := CodeOf(err); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
	for c := CodeOK; c < codeCount; c++ {
		if c.String() == "" {
			t.Errorf("code %d has no name", c)
		}
	}
}

func TestWeightRowsSumToOne(t *testing.T) {
	for i := range intentCount {
		var sum float64
		for _, w := range i.Weights() {
			sum += float64(w)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%s: weights sum to %v", i, sum)
		}
	}
	if IntentGeneral.Weights() != (Weights{.35, .15, .15, .15, .10, .10}) {
		t.Error("the default weights are not the product's")
	}
}

func TestNamesParseBack(t *testing.T) {
	for k := KindWorking; k < kindCount; k++ {
		if got, err := ParseKind(k.String()); got != k || err != nil {
			t.Errorf("kind %v: %v %v", k, got, err)
		}
	}
	for i := range intentCount {
		if got, err := ParseIntent(i.String()); got != i || err != nil {
			t.Errorf("intent %v: %v %v", i, got, err)
		}
	}
	if _, err := ParseKind("x"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if _, err := ParseIntent("x"); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestScopeCoversIsAWallForTenantsAndNarrowsElse(t *testing.T) {
	m := Scope{"t", "u", "a", "s"}
	for s, want := range map[Scope]bool{
		m: true, {Tenant: "t"}: true, {Tenant: "t", User: "u"}: true, {}: false, {Tenant: "x"}: false,
		{Tenant: "t", User: "x"}: false, {Tenant: "t", Session: "x"}: false, {Tenant: "t", Agent: "x"}: false,
	} {
		if s.Covers(m) != want {
			t.Errorf("%+v covers %+v: %v", s, m, !want)
		}
	}
	if !(Scope{}).Covers(Scope{User: "u"}) {
		t.Error("the tenant without a name does not see its own")
	}
}

func TestNormalizeCountsFromTheLastByteItAllows(t *testing.T) {
	long := func(n int) string { return string(make([]byte, n-1)) + "x" }
	for name, c := range map[string]struct {
		m  Memory
		ok bool
	}{
		"text at its limit": {Memory{Text: long(TextBytesMax)}, true}, "text beyond": {Memory{Text: long(TextBytesMax + 1)}, false},
		"key at its limit": {Memory{Text: "x", Key: long(NameBytesMax)}, true}, "key beyond": {Memory{Text: "x", Key: long(NameBytesMax + 1)}, false},
		"blank": {Memory{Text: " \n\t"}, false}, "far year": {Memory{Text: "x", EventTime: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, false},
		"meta NaN": {Memory{Text: "x", Meta: map[string]any{"a": math.NaN()}}, false}, "meta name": {Memory{Text: "x", Meta: map[string]any{"": 1}}, false},
		"vector": {Memory{Text: "x", Vector: []float32{1}}, true}, "vector NaN": {Memory{Text: "x", Vector: []float32{float32(math.NaN())}}, false},
		"vector Inf": {Memory{Text: "x", Vector: []float32{float32(math.Inf(1))}}, false}, "vector long": {Memory{Text: "x", Vector: make([]float32, DimensionMax+1)}, false},
		"importance NaN": {Memory{Text: "x", Importance: float32(math.NaN())}, false},
	} {
		if err := c.m.Normalize(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimesOfAQuestionAreOfYearsThatCanBeWritten(t *testing.T) {
	far := time.Unix(1<<55, 0)
	for name, q := range map[string]Query{"now": {Now: far}, "as of": {AsOf: far}, "valid at": {ValidAt: far}} {
		q.Text = "x"
		if err := q.Normalize(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRescueMakesAPanicAnErrorThatNamesItsPlace(t *testing.T) {
	work := func() (err error) {
		defer Rescue("here", &err)
		panic("gone wrong")
	}
	if err := work(); !errors.Is(err, ErrInternal) || !strings.HasPrefix(err.Error(), "here: panic: gone wrong") {
		t.Errorf("error %v", err)
	}
	fine := func() (err error) {
		defer Rescue("here", &err)
		return ErrBusy
	}
	if err := fine(); err != ErrBusy {
		t.Errorf("error %v", err)
	}
}
