// Command cascade learns the thresholds by which questions are routed.
//
//	go run ./train/cascade --set NAME=DIR[,VECTORS] ... --measure NAME=DIR[,VECTORS] ...
//
// It asks every question of every set by each route, and searches for the thresholds with
// which least is spent while, of the questions that RouteMaximum answers among its first
// eight hits, a share is answered still, in the mean of the sets. What is spent is counted
// in candidates described, so that the same sets give the same thresholds. Of a set that the
// built-in ranker was fitted on, only the conversations are asked that it was not. It prints
// the thresholds, which stand in route.DefaultCascade, and what they do on every set.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/eval"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cascade:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var fitted, measured sets.Sources
	flag.Var(&fitted, "set", "NAME=DIR[,VECTORS]: a set to learn from; repeated")
	flag.Var(&measured, "measure", "NAME=DIR[,VECTORS]: a set to measure with alone; repeated")
	keep := flag.Float64("keep", .99, "share of what RouteMaximum answers that is to be answered still")
	flag.Parse()
	if err := errors.Join(fitted.Unpooled(), measured.Unpooled()); err != nil {
		return err
	}
	var all []outcomes
	for _, s := range slices.Concat(fitted, measured) {
		o, err := ask(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		all = append(all, o)
	}
	best := search(all[:len(fitted)], *keep)
	fmt.Printf("full from complexity %.2f, maximum from %.2f; trusted from confidence %.2f by smart, %.2f by full\n",
		best.Full, best.Maximum, best.Confidence[model.RouteSmart], best.Confidence[model.RouteFull])
	for _, o := range all {
		fmt.Println(o.under(&best))
	}
	return nil
}

// outcome is what the routes make of one question.
type outcome struct {
	is         route.Analysis
	answered   [model.RouteCount]bool
	confidence [model.RouteCount]float32
}

type outcomes struct {
	name      string
	questions []outcome
}

// routes are those that describe candidates.
var routes = []model.Route{model.RouteSmart, model.RouteFull, model.RouteMaximum}

// spent is what a route costs more than nothing, in candidates described; engines are asked
// once for the first two.
var spent = [model.RouteCount]float64{model.RouteSmart: 112, model.RouteFull: 160, model.RouteMaximum: 512 + enginesCost}

// enginesCost is what asking the engines takes, in the time of candidates.
const enginesCost = 100

// hits is how many hits may hold the answer.
const hits = 8

// ask asks the questions of a set that have an answer, by each route.
func ask(ctx context.Context, s sets.Source) (o outcomes, err error) {
	set, err := eval.Load(s.Dir)
	if err != nil {
		return o, err
	}
	o.name = s.Name
	fitted := slices.Contains(rank.BuiltIn().Provenance().Sets, s.Name)
	var analyzer route.Analyzer
	places := map[string]int{}
	evidence := map[string][]string{}
	for i := range set.Questions {
		q := &set.Questions[i]
		if len(q.Evidence) == 0 || fitted && !sets.Held(s.Name, q.Conversation) {
			continue
		}
		places[q.ID], evidence[q.ID] = len(o.questions), q.Evidence
		o.questions = append(o.questions, outcome{is: analyzer.Analyse(q.Text)})
	}
	for _, r := range routes {
		_, err := eval.Run(ctx, set, eval.Settings{
			Vectors: s.Vectors, Depth: hits, Route: r,
			Answered: func(a eval.Answered) error {
				if at, asked := places[a.ID]; asked {
					q := &o.questions[at]
					q.confidence[r] = a.Confidence
					q.answered[r] = slices.ContainsFunc(a.Hits, func(id string) bool { return slices.Contains(evidence[a.ID], id) })
				}
				return nil
			},
		})
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// report is what a cascade does on a set.
type report struct {
	name      string
	questions int
	kept      float64 // of what RouteMaximum answers
	cost      float64 // of what it spends
	any       [model.RouteCount]float64
	share     [model.RouteCount]float64 // of questions that end at each route
}

// under returns what a cascade does.
func (o *outcomes) under(c *route.Cascade) report {
	r := report{name: o.name, questions: len(o.questions)}
	maximal, kept, cost := 0, 0, 0.0
	for i := range o.questions {
		q := &o.questions[i]
		end, spends := q.follow(c)
		cost += spends
		r.share[end] += 1 / float64(len(o.questions))
		for _, route := range routes {
			if q.answered[route] {
				r.any[route] += 1 / float64(len(o.questions))
			}
		}
		if q.answered[end] {
			r.any[model.RouteAdaptive] += 1 / float64(len(o.questions))
		}
		if q.answered[model.RouteMaximum] {
			maximal++
			if q.answered[end] {
				kept++
			}
		}
	}
	r.kept = float64(kept) / float64(max(1, maximal))
	r.cost = cost / float64(max(1, len(o.questions))) / spent[model.RouteMaximum]
	return r
}

// follow returns the route at which a question ends, and what was spent on the way.
func (q *outcome) follow(c *route.Cascade) (end model.Route, spends float64) {
	end, spends = max(model.RouteSmart, c.Start(&q.is, route.NoLimit)), enginesCost
	if end == model.RouteMaximum {
		spends = 0
	}
	for {
		spends += spent[end]
		next, trusted := c.Next(end, q.confidence[end])
		if trusted {
			return end, spends
		}
		end = next
	}
}

// String says it in a line.
func (r report) String() string {
	return fmt.Sprintf("%-12s n %4d  kept %.2f %%  cost %.0f %%  any@8 adaptive %.1f, smart %.1f, full %.1f, maximum %.1f  ends at smart %.0f %%, full %.0f %%, maximum %.0f %%",
		r.name, r.questions, 100*r.kept, 100*r.cost, 100*r.any[model.RouteAdaptive], 100*r.any[model.RouteSmart], 100*r.any[model.RouteFull], 100*r.any[model.RouteMaximum],
		100*r.share[model.RouteSmart], 100*r.share[model.RouteFull], 100*r.share[model.RouteMaximum])
}

// search returns the cascade that spends least while it keeps a share, over the sets alike.
func search(all []outcomes, keep float64) (best route.Cascade) {
	best = route.DefaultCascade()
	least := -1.0
	for full := 2; full <= 20; full += 2 {
		for maximum := full; maximum <= 20; maximum += 2 {
			for smart := 0; smart <= 19; smart++ {
				for trusted := 0; trusted <= smart; trusted++ {
					c := route.DefaultCascade()
					c.Full, c.Maximum = float32(full)/20, float32(maximum)/20
					c.Confidence[model.RouteSmart], c.Confidence[model.RouteFull] = float32(smart)/20, float32(trusted)/20
					kept, cost := 0.0, 0.0
					for i := range all {
						r := all[i].under(&c)
						kept += r.kept / float64(len(all))
						cost += r.cost / float64(len(all))
					}
					if kept >= keep && (least < 0 || cost < least) {
						best, least = c, cost
					}
				}
			}
		}
	}
	return best
}
