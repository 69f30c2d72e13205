package route

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
)

func anyCascade(t *rapid.T) (c Cascade) {
	c.Full = rapid.Float32Range(0, 1).Draw(t, "full")
	c.Maximum = rapid.Float32Range(c.Full, 1).Draw(t, "maximum")
	for r := range model.RouteCount {
		c.Confidence[r] = rapid.Float32Range(0, 1).Draw(t, "confidence")
		c.Costs[r] = time.Duration(rapid.Int64Range(0, 1_000_000).Draw(t, "cost"))
		if r > 0 {
			c.Costs[r] += c.Costs[r-1]
		}
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

func anyAnalysis(t *rapid.T) (a Analysis) {
	a.Asks = Asks(rapid.IntRange(0, int(asksCount)-1).Draw(t, "asks"))
	a.Cues = Cues(rapid.Uint32Range(0, uint32(cueEnd)-1).Draw(t, "cues"))
	a.Names = rapid.IntRange(0, 5).Draw(t, "names")
	a.Words = rapid.IntRange(0, 50).Draw(t, "words")
	a.Complexity = complexity(a.Asks, a.Cues, a.Words, a.Names)
	return a
}

func anyBudget(t *rapid.T) time.Duration {
	return time.Duration(rapid.Int64Range(-1, 5_000_000).Draw(t, "budget"))
}

func TestLongerBudgetNeverGivesLowerRoute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a, short := anyCascade(t), anyAnalysis(t), anyBudget(t)
		long := short + time.Duration(rapid.Int64Range(0, 5_000_000).Draw(t, "more"))
		low, high := c.Start(&a, short), c.Start(&a, long)
		if low > high || high > c.Start(&a, NoLimit) {
			t.Fatalf("%v in %v, %v in %v", low, short, high, long)
		}
		if low > model.RouteCacheOnly && c.Costs[low] > short {
			t.Fatalf("%v costs %v, more than %v", low, c.Costs[low], short)
		}
	})
}

func TestMoreCuesNeverGiveLowerRoute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, a, budget := anyCascade(t), anyAnalysis(t), anyBudget(t)
		b := a
		b.Cues |= Cues(rapid.Uint32Range(0, uint32(cueEnd)-1).Draw(t, "more cues"))
		b.Names += rapid.IntRange(0, 3).Draw(t, "more names")
		b.Complexity = complexity(b.Asks, b.Cues, b.Words, b.Names)
		if b.Complexity < a.Complexity || c.Start(&b, budget) < c.Start(&a, budget) {
			t.Fatalf("%+v: %v, %+v: %v", a, c.Start(&a, budget), b, c.Start(&b, budget))
		}
	})
}

func TestQuestionsOfSeveralMemoriesAreNotSmart(t *testing.T) {
	var analyzer Analyzer
	c := DefaultCascade()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]model.Route{
		"What is Anna's dog called?":                                 model.RouteSmart,
		"Where does Ben live?":                                       model.RouteSmart,
		"When did Ben move?":                                         model.RouteFull,
		"What did Ben say last week?":                                model.RouteFull,
		`What is "the long way"?`:                                    model.RouteFull,
		"Do the sisters of Anna know Ben?":                           model.RouteFull,
		"How many bikes does Ben own?":                               model.RouteFull,
		"What are the bikes that Ben owns?":                          model.RouteFull,
		"What are all the names?":                                    model.RouteFull,
		"Who else came?":                                             model.RouteFull,
		"What should I cook?":                                        model.RouteFull,
		"Summarise all that changed since May for both Anna and Ben": model.RouteMaximum,
	} {
		a := analyzer.Analyse(question)
		if got := c.Start(&a, NoLimit); got != want {
			t.Errorf("%q: %v, want %v (%+v)", question, got, want, a)
		}
		if got := c.Start(&a, 0); got != model.RouteCacheOnly {
			t.Errorf("%q: %v without a budget", question, got)
		}
	}
}

func TestCascadeGoesUpOneByOneAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, r := anyCascade(t), model.Route(rapid.Uint8Range(1, uint8(model.RouteMaximum)).Draw(t, "route"))
		confidence := rapid.Float32Range(0, 1).Draw(t, "confidence")
		next, trusted := c.Next(r, confidence)
		if trusted != (next == r) || !trusted && next != r+1 {
			t.Fatalf("%v -> %v, %v", r, next, trusted)
		}
		less := rapid.Float32Range(0, confidence).Draw(t, "less")
		if _, still := c.Next(r, less); !trusted && still {
			t.Fatalf("trusted at %v, not at %v", less, confidence)
		}
		if _, unknown := c.Next(r, float32(math.NaN())); unknown && r != model.RouteMaximum {
			t.Fatal("an unknown confidence is trusted")
		}
	})
	c := DefaultCascade()
	if next, trusted := c.Next(model.RouteMaximum, 0); !trusted || next != model.RouteMaximum {
		t.Errorf("%v, %v", next, trusted)
	}
}

func TestThresholdsOutOfOrderAreRefused(t *testing.T) {
	nan := float32(math.NaN())
	for name, spoil := range map[string]func(*Cascade){
		"full above maximum": func(c *Cascade) { c.Maximum = c.Full / 2 },
		"full below 0":       func(c *Cascade) { c.Full = -.1 },
		"maximum above 1":    func(c *Cascade) { c.Maximum = 1.1 },
		"no number":          func(c *Cascade) { c.Full = nan },
		"falling costs":      func(c *Cascade) { c.Costs[model.RouteFull] = 0 },
		"negative cost":      func(c *Cascade) { c.Costs[model.RouteCacheOnly] = -1 },
		"confidence above 1": func(c *Cascade) { c.Confidence[model.RouteSmart] = 2 },
		"confidence NaN":     func(c *Cascade) { c.Confidence[model.RouteSmart] = nan },
	} {
		c := DefaultCascade()
		spoil(&c)
		if err := c.Check(); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
