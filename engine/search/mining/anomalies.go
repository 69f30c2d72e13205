package mining

import (
	"cmp"
	"context"
	"slices"

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

// halfScore is how many deviations above the median are the score .5.
const halfScore = 3

// Anomalies returns the memories of a selection that are least like the others, the
// strangest first, ties by ID; none of fewer than eight memories. A memory's unusualness
// is the sum over its columns of ln(highest bin/own bin), as HBOS has it; of a memory
// without vector, time or speaker these columns say nothing. q is normalized. Errors: those of
// View.Select; ErrCancelled and ErrDeadline soon after ctx ends. Cost: some 20 us a memory
// with a vector of 384 numbers.
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
	sorted := slices.Sorted(slices.Values(u.total))
	median := sorted[len(sorted)/2]
	unit := max(deviation(sorted, median), deviationMin)
	order := make([]int, 0, c.count())
	for i, total := range u.total {
		if scoreOf(total, median, unit) >= q.MinScore {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(u.total[b], u.total[a]), cmp.Compare(a, b)) })
	list := make([]model.Anomaly, 0, min(q.Limit, len(order)))
	for _, i := range order[:min(q.Limit, len(order))] {
		list = append(list, model.Anomaly{ID: c.ids[i], Score: scoreOf(u.total[i], median, unit), Reasons: u.reasons(i, columns)})
	}
	return list, nil
}

// deviationMin keeps what differs by next to nothing from memories that are all the same
// from being called strange, in nats.
const deviationMin = .25

func scoreOf(total, median, unit float64) float64 {
	d := max(0, (total-median)/unit)
	return d / (d + halfScore)
}

// unusualness is how unusual memories are, in nats.
type unusualness struct {
	by    [model.AnomalyColumnCount][]float64 // nil where the column says nothing
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
		u.by[at] = make([]float64, count)
		for i, x := range c.values {
			if err := rest(ctx, i); err != nil {
				return nil, err
			}
			u.by[at][i] = float64(c.weight * h.unusual(c, x))
			u.total[i] += u.by[at][i]
		}
		c.usual = c.commonest(h)
	}
	return u, nil
}

// commonest returns the value that others are compared with: the middle one, or of
// columns without an order the one that most have.
func (c *column) commonest(h *histogram) float64 {
	if c.scale == eachValue {
		return h.low + float64(slices.Index(h.counts, h.most))
	}
	var values []float64
	for _, x := range c.values {
		if x != missing {
			values = append(values, x)
		}
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// reasons returns what makes a memory unusual.
func (u *unusualness) reasons(i int, columns *[model.AnomalyColumnCount]column) (list []model.AnomalyReason) {
	for at := range columns {
		if u.by[at] == nil || u.by[at][i] < reasonMin*u.total[i] || u.by[at][i] == 0 {
			continue
		}
		list = append(list, model.AnomalyReason{
			Column: model.AnomalyColumn(at), Value: columns[at].values[i],
			Usual: columns[at].usual, Weight: u.by[at][i] / u.total[i],
		})
	}
	slices.SortStableFunc(list, func(a, b model.AnomalyReason) int { return cmp.Compare(b.Weight, a.Weight) })
	return list[:min(reasonsEach, len(list))]
}

// columns returns the columns of all memories.
func (c *corpus) columns(ctx context.Context) (*[model.AnomalyColumnCount]column, error) {
	columns := &[model.AnomalyColumnCount]column{
		model.ColumnMeaning: {scale: evenly, side: highSide, weight: 1},
		model.ColumnWords:   {scale: evenly, side: highSide, weight: 1},
		model.ColumnLength:  {scale: byMagnitude, weight: 1},
		model.ColumnGap:     {scale: byMagnitude, side: highSide, weight: 1},
		model.ColumnHour:    {scale: eachValue, weight: 1},
		model.ColumnWeekday: {scale: eachValue, weight: 1},
		model.ColumnSpeaker: {scale: evenly, weight: 1},
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
			columns[model.ColumnSpeaker].values[i] = float64(c.counts[t]) / float64(c.count())
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
			sum += ln(float64(c.count()) / float64(c.counts[t]))
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
