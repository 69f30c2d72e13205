package search

import "github.com/nexus-memory/nexus/engine/model"

// explore has fusion draw as many of the hits as the query wants by lot.
func (s *state) explore(query *model.Query) {
	s.batch.Drawn, s.seed = query.Drawn(), uint64(query.ExploreSeed)
}

// lot returns the random bits of a candidate: of the seed and the memory alone, so that a
// draw does not depend on which list a memory is in, or where it lies.
func (s *state) lot(candidate int) uint64 {
	return mixed(s.seed ^ mixed(uint64(s.question.View.ID(s.refs[candidate]))))
}

// mixed spreads the bits of x over all bits (the finalizer of SplitMix64: Steele, Lea and
// Flood 2014).
func mixed(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
