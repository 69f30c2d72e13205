package model

import "fmt"

// Metric says what "near" means for the vectors of a store. It is fixed with the first
// memory; a store without one of its own, and every store of before there were metrics,
// has Cosine.
type Metric uint8

const (
	MetricUnset Metric = iota // the store's own; Cosine for a new one
	Cosine                    // the angle, whatever the lengths
	Dot                       // the inner product: longer vectors are nearer
	L2                        // Euclidean distance
)

// MagnitudeMax bounds the numbers of vectors that are not compared by angle alone, so that
// squares of lengths stay far within float32.
const MagnitudeMax = 1e15

var metricNames = [...]string{"", "cosine", "dot", "l2"}

// Valid reports whether it is one of the metrics, unset included.
func (m Metric) Valid() bool { return int(m) < len(metricNames) }

// String returns the name, "" for MetricUnset.
func (m Metric) String() string {
	if !m.Valid() {
		return fmt.Sprintf("Metric(%d)", uint8(m))
	}
	return metricNames[m]
}

// ParseMetric returns the metric of a name, "" being MetricUnset, or ErrInvalid.
func ParseMetric(name string) (Metric, error) {
	for m, n := range metricNames {
		if n == name {
			return Metric(m), nil
		}
	}
	return MetricUnset, fmt.Errorf("metric of %d bytes: want cosine, dot or l2: %w", len(name), ErrInvalid)
}

// Directional reports whether lengths do not matter.
func (m Metric) Directional() bool { return m <= Cosine }

// CheckVector verifies that v can be searched by this metric: see CheckVector, and
// numbers within MagnitudeMax where lengths matter.
func (m Metric) CheckVector(v []float32) error {
	if m.Directional() {
		return nil
	}
	for i, x := range v {
		if x > MagnitudeMax || x < -MagnitudeMax {
			return fmt.Errorf("vector: number %d is beyond %g, the largest for metric %s: %w", i, float64(MagnitudeMax), m, ErrInvalid)
		}
	}
	return nil
}
