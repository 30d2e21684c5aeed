// Package agreement says how far two raters agree beyond chance: Cohen's kappa,
// weighted for how far apart two grades are, with its confidence interval. It
// knows numbers only.
//
// The coefficient is that of Cohen (1968), Psychological Bulletin 70, 213-220;
// its standard error that of Fleiss, Cohen and Everitt (1969), Psychological
// Bulletin 72, 323-327.
package agreement

import "math"

// A Table counts pairs of grades: Table[i][j] is how often the first rater gave
// the ith grade where the second gave the jth. It is square.
type Table [][]int

// New returns an empty table of so many grades.
func New(grades int) Table {
	t := make(Table, grades)
	for i := range t {
		t[i] = make([]int, grades)
	}
	return t
}

// Add counts one pair of grades, which begin at 1.
func (t Table) Add(first, second int) { t[first-1][second-1]++ }

// N is how many pairs were counted.
func (t Table) N() (n int) {
	for _, row := range t {
		for _, count := range row {
			n += count
		}
	}
	return n
}

// Weights say how much each pair of grades agrees: 1 for the same grade, 0 for
// no agreement at all.
type Weights [][]float64

// Linear weights lose the same for each grade that lies between.
func Linear(grades int) Weights { return weights(grades, 1) }

// Quadratic weights forgive neighbors and punish the far apart.
func Quadratic(grades int) Weights { return weights(grades, 2) }

func weights(grades int, power float64) Weights {
	w := make(Weights, grades)
	for i := range w {
		w[i] = make([]float64, grades)
		for j := range w[i] {
			w[i][j] = 1 - math.Pow(math.Abs(float64(i-j))/float64(grades-1), power)
		}
	}
	return w
}

// A Kappa is what a table says of two raters: 1 is full agreement, 0 what
// chance would give.
type Kappa struct {
	N     int
	Value float64
	Error float64 // the standard error, which is good for large N only
	Low   float64 // the 95% confidence interval, within -1 and 1
	High  float64
}

// Few is the number of pairs below which an interval is too wide, and its
// formula too rough, to judge anybody by.
const Few = 30

// Few reports whether there are too few pairs to judge anybody by.
func (k Kappa) Few() bool { return k.N < Few }

// z95 leaves 2.5% of a normal distribution on each side.
const z95 = 1.959963984540054

// Of returns the weighted kappa of a table. ok is false where there is none: no
// pair was counted, or chance alone would give full agreement, because both
// raters always gave the same one grade.
func Of(t Table, w Weights) (k Kappa, ok bool) {
	n := t.N()
	if n == 0 {
		return Kappa{}, false
	}
	s := shares(t, n)
	observed, expected := 0.0, 0.0
	for i := range t {
		for j := range t {
			observed += w[i][j] * s.both[i][j]
			expected += w[i][j] * s.first[i] * s.second[j]
		}
	}
	if 1-expected < 1e-12 {
		return Kappa{N: n}, false
	}
	k = Kappa{N: n, Value: (observed - expected) / (1 - expected)}
	k.Error = s.deviation(w, k.Value, expected) / math.Sqrt(float64(n))
	k.Low, k.High = max(-1, k.Value-z95*k.Error), min(1, k.Value+z95*k.Error)
	return k, true
}

// sharesOf is a table as parts of one: of both raters, and of each.
type sharesOf struct {
	both          [][]float64
	first, second []float64
}

func shares(t Table, n int) sharesOf {
	s := sharesOf{make([][]float64, len(t)), make([]float64, len(t)), make([]float64, len(t))}
	for i, row := range t {
		s.both[i] = make([]float64, len(t))
		for j, count := range row {
			p := float64(count) / float64(n)
			s.both[i][j] = p
			s.first[i] += p
			s.second[j] += p
		}
	}
	return s
}

// deviation is the standard deviation of kappa for a single pair.
func (s sharesOf) deviation(w Weights, kappa, expected float64) float64 {
	sum := 0.0
	for i := range s.both {
		for j, p := range s.both[i] {
			margin := 0.0 // how much the two grades agree with the other rater on average
			for m := range s.both {
				margin += w[i][m]*s.second[m] + w[m][j]*s.first[m]
			}
			d := w[i][j] - margin*(1-kappa)
			sum += p * d * d
		}
	}
	bias := kappa - expected*(1-kappa)
	return math.Sqrt(max(0, sum-bias*bias)) / (1 - expected)
}
