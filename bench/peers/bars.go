package main

import "math"

// bar is a bound that an outcome must keep.
type bar struct {
	text  string // "<= 0.60x numkong"
	limit float64
	least bool // the value must reach the limit instead of staying below it
	// value computes what is compared, NaN where it cannot be: the own kernel is not in
	// this tree, or the peer is not to be had.
	value func(*outcome) float64
	// avx512 marks a bar that was set for CPUs with AVX-512 and says nothing of others.
	avx512 bool
}

// verdict is a bar's outcome in words.
type verdict string

const (
	met         verdict = "met"
	missed      verdict = "MISSED"
	notMeasured verdict = "not measured"
	// The value is given all the same, with what it would have been.
	otherMet    verdict = "does not apply (would be met)"
	otherMissed verdict = "does not apply (would be missed)"
)

// judge compares; wide says that this run may use AVX-512.
func (b *bar) judge(o *outcome, wide bool) (float64, verdict) {
	v := b.value(o)
	kept := v <= b.limit
	if b.least {
		kept = v >= b.limit
	}
	switch {
	case math.IsNaN(v):
		return v, notMeasured
	case b.avx512 && !wide && kept:
		return v, otherMet
	case b.avx512 && !wide:
		return v, otherMissed
	case kept:
		return v, met
	}
	return v, missed
}

// atMost bounds the own cost by a multiple of that of a group's fastest party.
func atMost(text, group string, limit float64) bar {
	return bar{text: text, limit: limit, avx512: true, value: func(o *outcome) float64 {
		mine, other := o.fastest(own), o.fastest(group)
		if mine == nil || other == nil {
			return math.NaN()
		}
		return mine.ratio(other)
	}}
}

// timesFaster bounds how often the own cost goes into that of a group's fastest party.
func timesFaster(text, group string, limit float64) bar {
	b := atMost(text, group, limit)
	inverse := b.value
	b.least, b.value = true, func(o *outcome) float64 { return 1 / inverse(o) }
	return b
}

// costs bounds the own cost itself, in nanoseconds an item.
func costs(text string, limit float64) bar {
	return bar{text: text, limit: limit, avx512: true, value: func(o *outcome) float64 {
		if mine := o.fastest(own); mine != nil {
			return mine.cost()
		}
		return math.NaN()
	}}
}

// everywhere makes a bar hold on every CPU.
func (b bar) everywhere() bar {
	b.avx512 = false
	return b
}

// found is a bar on a value that a check has found, such as an error of estimates; value
// is read after measuring.
func found(text string, limit float64, value *float64) bar {
	return bar{text: text, limit: limit, value: func(*outcome) float64 { return *value }}
}
