package mining

import (
	"cmp"
	"context"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// fewest is the size of a selection from which on a memory can be unusual in it, and of a
// column from which on it says something.
const fewest = 8

// reasonsEach and reasonMin: a memory's reasons are the weightiest columns, each of which
// has that share of its unusualness at least.
const (
	reasonsEach = 3
	reasonMin   = .1
)

// halfScore is the unusualness of the score .5, in nats.
const halfScore = 5

// ordinary is the share of memories whose unusualness in a column is no more than what is
// to be expected somewhere: with seven columns, most memories are off a little in one.
const ordinary = .95

// Anomalies returns the memories of a selection that are least like the others, the
// strangest first, ties by ID; none of fewer than eight memories. A memory's unusualness
// is the sum of what its columns say (see histogram.unusual) beyond what is ordinary in
// each; of a memory without vector, time or speaker these columns say nothing. q is
// normalized. Errors: those of View.Select; ErrCancelled and ErrDeadline soon after ctx
// ends. Cost: some 20 us a memory with a vector of 384 numbers.
func Anomalies(ctx context.Context, v *segment.View, q *model.AnomalyQuery) ([]model.Anomaly, error) {
	c, err := collect(ctx, v, q.Selection, boundsOf(q.Since, q.Until))
	if err != nil || c.count() < fewest {
		return nil, err
	}
	columns, err := c.columns(ctx)
	if err != nil {
		return nil, err
	}
	u, err := measure(ctx, columns, c.count())
	if err != nil {
		return nil, err
	}
	var order []int
	for i, total := range u.total {
		if total > 0 && scoreOf(total) >= q.MinScore {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(u.total[b], u.total[a]), cmp.Compare(a, b)) })
	var list []model.Anomaly
	for _, i := range order[:min(q.Limit, len(order))] {
		a := model.Anomaly{ID: c.ids[i], Score: scoreOf(u.total[i]), Reasons: u.reasons(i, columns)}
		for r := range a.Reasons {
			if reason := &a.Reasons[r]; reason.Column == model.ColumnSpeaker {
				reason.Value, reason.Usual = c.share(reason.Value), c.share(reason.Usual)
			}
		}
		list = append(list, a)
	}
	return list, nil
}

func scoreOf(nats float64) float64 { return nats / (nats + halfScore) }

// share returns the share of memories that are a speaker's.
func (c *corpus) share(speaker float64) float64 {
	return float64(c.counts[int(speaker)]) / float64(c.count())
}

// unusualness is how unusual memories are, in nats.
type unusualness struct {
	by    [model.AnomalyColumnCount][]float64 // nil where the column says nothing
	usual [model.AnomalyColumnCount]float64
	total []float64
}

// measure adds up, memory by memory, what the columns say.
func measure(ctx context.Context, columns *[model.AnomalyColumnCount]column, count int) (*unusualness, error) {
	u := &unusualness{total: make([]float64, count)}
	for at := range columns {
		if err := rest(ctx, 0); err != nil {
			return nil, err
		}
		c := &columns[at]
		h := newHistogram(c)
		if h == nil {
			continue
		}
		by := make([]float64, count)
		for i, x := range c.values {
			if err := rest(ctx, i); err != nil {
				return nil, err
			}
			by[i] = h.unusual(c, x)
		}
		allowed := slices.Sorted(slices.Values(by))[int(ordinary*float64(count))]
		for i := range by {
			by[i] = max(0, by[i]-allowed)
			u.total[i] += by[i]
		}
		u.by[at], u.usual[at] = by, h.usual
	}
	return u, nil
}

// reasons returns what makes a memory unusual.
func (u *unusualness) reasons(i int, columns *[model.AnomalyColumnCount]column) (list []model.AnomalyReason) {
	for at := range columns {
		if u.by[at] == nil || u.by[at][i] == 0 || u.by[at][i] < reasonMin*u.total[i] {
			continue
		}
		list = append(list, model.AnomalyReason{
			Column: model.AnomalyColumn(at), Value: columns[at].values[i],
			Usual: u.usual[at], Weight: u.by[at][i] / u.total[i],
		})
	}
	slices.SortStableFunc(list, func(a, b model.AnomalyReason) int { return cmp.Compare(b.Weight, a.Weight) })
	return list[:min(reasonsEach, len(list))]
}

// columns returns the columns of all memories.
func (c *corpus) columns(ctx context.Context) (*[model.AnomalyColumnCount]column, error) {
	columns := &[model.AnomalyColumnCount]column{
		model.ColumnMeaning: {scale: evenly, side: highSide},
		model.ColumnWords:   {scale: evenly, side: highSide},
		model.ColumnLength:  {scale: byMagnitude},
		model.ColumnGap:     {scale: byMagnitude, side: highSide},
		model.ColumnHour:    {scale: eachValue},
		model.ColumnWeekday: {scale: eachValue},
		model.ColumnSpeaker: {scale: eachValue},
	}
	for at := range columns {
		columns[at].values = make([]float64, c.count())
	}
	for i := range c.count() {
		if err := rest(ctx, i); err != nil {
			return nil, err
		}
		columns[model.ColumnWords].values[i] = c.rarity(i)
		columns[model.ColumnLength].values[i] = float64(c.lengths[i])
		hourOf, weekday := missing, missing
		if c.dated[i] {
			number := floorDiv(c.times[i], day)
			hourOf, weekday = float64((c.times[i]-number*day)/hour), float64(weekdayOf(number))
		}
		columns[model.ColumnHour].values[i], columns[model.ColumnWeekday].values[i] = hourOf, weekday
		columns[model.ColumnSpeaker].values[i] = missing
		if t := c.said[i]; t != noTerm {
			columns[model.ColumnSpeaker].values[i] = float64(t)
		}
	}
	c.gaps(columns[model.ColumnGap].values)
	s, err := newSample(ctx, c)
	if err != nil || s == nil {
		fill(columns[model.ColumnMeaning].values, missing)
		return columns, err
	}
	columns[model.ColumnMeaning].values, err = s.distances(ctx, c)
	return columns, err
}

func fill(list []float64, x float64) {
	for i := range list {
		list[i] = x
	}
}

// rarity returns the mean of ln(memories/memories with the term) over a memory's terms.
func (c *corpus) rarity(i int) float64 {
	sum, n := 0.0, 0
	for _, t := range c.termsOf(i) {
		if t != c.said[i] {
			sum += lexical.Ln(float64(c.count()) / float64(c.counts[t]))
			n++
		}
	}
	if n == 0 {
		return missing
	}
	return sum / float64(n)
}

// gaps fills in the seconds from each turn to the one before it in its session; missing
// for the first, and where a time is unknown.
func (c *corpus) gaps(list []float64) {
	fill(list, missing)
	turns := c.turns()
	for n := 1; n < len(turns); n++ {
		i, before := turns[n], turns[n-1]
		if c.threads[i] == c.threads[before] && c.dated[i] && c.dated[before] {
			list[i] = max(0, float64(c.times[i]-c.times[before])/second)
		}
	}
}
