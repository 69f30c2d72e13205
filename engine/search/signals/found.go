package signals

import "math"

// Column returns the values of one signal, one a candidate; they are the table's. Valid after Fill.
func (t *Table) Column(c Column) []float32 { return t.column(c) }

// Words returns how many different words the question has, and how many of them occur in
// the store; both 0 where words say nothing. Valid after Fill.
func (t *Table) Words() (asked, known int) {
	if l := t.question.Lexical; l != nil {
		return l.Words()
	}
	return 0, 0
}

// WordScores appends what the candidates score by the question's words, as the lexical
// engine does; false where words say nothing. Valid after Fill.
func (t *Table) WordScores(dst []float64) ([]float64, bool) {
	l := t.question.Lexical
	if l == nil || l.Terms() == 0 {
		return dst, false
	}
	return l.ScoresOf(dst, &t.occurrences, t.own, t.refs), true
}

// Found returns what the windows of some candidates have together of the question's words,
// names of speakers left out as in CoverageWindow: their idf as a share of that of all
// that occur, the idf of the rarest that they lack as a share of that of the rarest, and how
// many they lack. NaN where words say nothing. Valid after Fill. O(candidates x words), no
// allocation once warm.
func (t *Table) Found(candidates []int32) (share, rarestLacking, lacking float32) {
	l, nan := t.question.Lexical, float32(math.NaN())
	if l == nil || l.Terms() == 0 {
		return nan, nan, nan
	}
	var mass, found, rarest, lacks, count float64
	for term, isName := range t.isName {
		if isName {
			continue
		}
		idf := l.IDF(term)
		mass += idf
		rarest = max(rarest, idf)
		if t.inWindows(term, candidates) {
			found += idf
		} else {
			lacks = max(lacks, idf)
			count++
		}
	}
	if mass == 0 {
		return nan, nan, nan
	}
	return float32(found / mass), float32(lacks / rarest), float32(count)
}

// inWindows reports whether a word stands in the window of one of the candidates.
func (t *Table) inWindows(term int, candidates []int32) bool {
	for _, c := range candidates {
		if t.has(t.own[c], term) {
			return true
		}
		for _, at := range t.beside[c] {
			if at >= 0 && t.has(at, term) {
				return true
			}
		}
	}
	return false
}

// has reports whether a row around has a word.
func (t *Table) has(at int32, term int) bool {
	for _, o := range t.row(at) {
		if int(o.Term) >= term {
			return int(o.Term) == term
		}
	}
	return false
}
