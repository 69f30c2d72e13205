package learning

import "math"

// matrix is a symmetric positive definite matrix over the features.
type matrix [FeatureCount][FeatureCount]float64

func (m *matrix) addDiagonal(x float64) {
	for f := range m {
		m[f][f] += x
	}
}

// addOuter adds weight x x'.
func (m *matrix) addOuter(weight float64, x *Features) {
	for i := range m {
		for j := range m {
			m[i][j] += float64(float64(weight*x[i]) * x[j])
		}
	}
}

// square returns x' m x.
func (m *matrix) square(x *Features) float64 {
	sum := 0.0
	for i := range m {
		if x[i] == 0 {
			continue // as most are: half of the time
		}
		row := 0.0
		for j := range m {
			row += float64(m[i][j] * x[j])
		}
		sum += float64(row * x[i])
	}
	return max(0, sum)
}

// cholesky returns the lower triangle l with l l' = m (Golub and Van Loan 2013, algorithm
// 4.2.1). m has at least the ridge on its diagonal, so that no root is of a number below it
// but for rounding.
func (m *matrix) cholesky() (l matrix) {
	for j := range m {
		for i := j; i < len(m); i++ {
			sum := m[i][j]
			for k := range j {
				sum -= float64(l[i][k] * l[j][k])
			}
			if i == j {
				l[j][j] = math.Sqrt(max(sum, ridge/2.))
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	return l
}

// solve returns x with m x = b.
func (m *matrix) solve(b *Features) Features {
	l := m.cholesky()
	return l.substitute(b)
}

// substitute solves l l' x = b for a lower triangle l.
func (l *matrix) substitute(b *Features) (x Features) {
	for i := range l {
		sum := b[i]
		for k := range i {
			sum -= float64(l[i][k] * x[k])
		}
		x[i] = sum / l[i][i]
	}
	for i := len(l) - 1; i >= 0; i-- {
		sum := x[i]
		for k := i + 1; k < len(l); k++ {
			sum -= float64(l[k][i] * x[k])
		}
		x[i] = sum / l[i][i]
	}
	return x
}

// inverse returns m^-1.
func (m *matrix) inverse() (inverse matrix) {
	l := m.cholesky()
	for f := range m {
		var unit Features
		unit[f] = 1
		inverse[f] = l.substitute(&unit)
	}
	return inverse
}
