package route

import (
	"fmt"
	"math"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// NoLimit is the budget of a question that may take as long as it likes.
const NoLimit time.Duration = math.MaxInt64

// Cascade are the thresholds by which questions are routed: a cheap route first where
// the question is plain, the next one where its answer is not trusted (a cascade of
// Viola and Jones 2001, section 4, with confidence in place of a classifier's verdict).
// They are plain numbers that can be learnt and kept with an index.
type Cascade struct {
	Full    float32 // complexity, 0..1, from which a question starts at model.RouteFull
	Maximum float32 // and at model.RouteMaximum; not below Full

	// Costs are how long each route takes at most, for a question of usual size, none
	// below the one before it.
	Costs [model.RouteCount]time.Duration
	// Confidence is, for each route, below which confidence of its answer, 0..1, the
	// next route is asked; that of model.RouteMaximum is not used.
	Confidence [model.RouteCount]float32
}

// DefaultCascade returns thresholds that were learnt from judged questions by
// bench/train/cascade (docs/design/route.md). Costs are set by hand: the bars of the three
// routes for 100,000 memories on one core.
func DefaultCascade() Cascade {
	return Cascade{
		Full: .3, Maximum: 1,
		Costs: [model.RouteCount]time.Duration{
			model.RouteCacheOnly: 5 * time.Microsecond, model.RouteSmart: 300 * time.Microsecond,
			model.RouteFull: time.Millisecond, model.RouteMaximum: 2 * time.Millisecond,
		},
		Confidence: [model.RouteCount]float32{model.RouteCacheOnly: 1, model.RouteSmart: .35, model.RouteFull: .35},
	}
}

// Check returns model.ErrInvalid for thresholds that are out of range or of order.
func (c *Cascade) Check() error {
	if !(c.Full >= 0 && c.Full <= c.Maximum && c.Maximum <= 1) {
		return fmt.Errorf("route: complexity of full %v and maximum %v, want 0 <= full <= maximum <= 1: %w", c.Full, c.Maximum, model.ErrInvalid)
	}
	for r := range model.RouteCount {
		if c.Costs[r] < 0 || r > 0 && c.Costs[r] < c.Costs[r-1] {
			return fmt.Errorf("route: cost of %v is %v, want none below 0 or the route before: %w", r, c.Costs[r], model.ErrInvalid)
		}
		if !(c.Confidence[r] >= 0 && c.Confidence[r] <= 1) {
			return fmt.Errorf("route: confidence of %v is %v, want 0..1: %w", r, c.Confidence[r], model.ErrInvalid)
		}
	}
	return nil
}

// fullCues are the cues of questions for which one look-up is too little, however
// simple they look: their evidence is in several memories, or is told by more than
// words.
const fullCues = CueTime | CueQuote | CueAll | CueCount | CueCompare | CueOther | CueChange

// Start returns the route that a question begins with: the one that its analysis calls
// for, or the highest below it that the budget allows. A longer budget never gives a
// lower route, nor does a higher complexity. model.RouteCacheOnly is for budgets alone in which
// no engine can answer.
func (c *Cascade) Start(a *Analysis, budget time.Duration) model.Route {
	return c.afford(c.wanted(a), budget)
}

// wanted returns the route for a question with all the time there is.
func (c *Cascade) wanted(a *Analysis) model.Route {
	switch {
	case a.Complexity >= c.Maximum:
		return model.RouteMaximum
	case a.Complexity >= c.Full || a.Cues&fullCues != 0 || a.Names > 1 || asksMany(a.Asks):
		return model.RouteFull
	}
	return model.RouteSmart
}

// asksMany reports whether what is asked is mostly told by several memories.
func asksMany(a Asks) bool {
	return a == AsksList || a == AsksSummary || a == AsksOrder || a == AsksAdvice || a == AsksTime
}

// afford returns the highest route up to r that the budget allows.
func (c *Cascade) afford(r model.Route, budget time.Duration) model.Route {
	for r > model.RouteCacheOnly && c.Costs[r] > budget {
		r--
	}
	return r
}

// Next returns the route to ask after r has answered with a confidence of 0..1, and
// whether r's answer stands: it is trusted, or there is no higher route. A confidence that
// is not known is NaN, and not trusted.
func (c *Cascade) Next(r model.Route, confidence float32) (next model.Route, trusted bool) {
	if r >= model.RouteMaximum || confidence >= c.Confidence[r] {
		return r, true
	}
	return r + 1, false
}
