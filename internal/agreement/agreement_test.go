package agreement

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// identity weights are those of the kappa without weights.
func identity(grades int) Weights {
	w := make(Weights, grades)
	for i := range w {
		w[i] = make([]float64, grades)
		w[i][i] = 1
	}
	return w
}

// cohen is Table 1 of Cohen (1968): 200 cases and three diagnoses, with weights
// of disagreement up to 6, turned here into weights of agreement.
var cohen = struct {
	Table
	Weights
}{
	Table{{88, 10, 2}, {14, 40, 6}, {18, 10, 12}},
	Weights{{1, 1 - 1.0/6, 1 - 3.0/6}, {1 - 1.0/6, 1, 0}, {1 - 3.0/6, 0, 1}},
}

// skin is the agreement study in the documentation of SAS/STAT, PROC FREQ: 88
// patients, two dermatologists, four grades. Its analysis has linear weights.
var skin = Table{{10, 4, 1, 0}, {5, 10, 12, 2}, {2, 4, 12, 5}, {0, 2, 6, 13}}

// sexualFun is the example of Kappa in the R package vcd, of Agresti (1990).
var sexualFun = Table{{7, 7, 2, 3}, {2, 8, 3, 7}, {1, 5, 4, 9}, {2, 8, 9, 14}}

func TestPublishedExamplesComeOut(t *testing.T) {
	for _, tt := range []struct {
		name         string
		table        Table
		weights      Weights
		value, stdev float64 // as printed; 0 where none is
		places       int
	}{
		{"Cohen 1968, kappa", cohen.Table, identity(3), 0.492, 0, 3},
		{"Cohen 1968, weighted kappa", cohen.Table, cohen.Weights, 0.348, 0, 3},
		{"SAS, simple kappa", skin, identity(4), 0.3449, 0.0724, 4},
		{"SAS, weighted kappa", skin, Linear(4), 0.5082, 0.0655, 4},
		{"vcd, unweighted", sexualFun, identity(4), 0.1293, 0.0686, 4},
		{"vcd, equal spacing", sexualFun, Linear(4), 0.2374, 0.0783, 4},
	} {
		k, ok := Of(tt.table, tt.weights)
		if !ok || round(k.Value, tt.places) != tt.value || tt.stdev != 0 && round(k.Error, tt.places) != tt.stdev {
			t.Errorf("%s: %.5f (%.5f), want %v (%v)", tt.name, k.Value, k.Error, tt.value, tt.stdev)
		}
	}
}

func round(v float64, places int) float64 {
	p := math.Pow10(places)
	return math.Round(v*p) / p
}

// With quadratic weights kappa is one less the mean squared difference over
// what chance would give: Fleiss and Cohen (1973), Educational and
// Psychological Measurement 33, 613-619, from which follows that it is an
// intraclass correlation.
func TestQuadraticWeightsCompareMeanSquares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := New(4)
		for i := range table {
			for j := range table {
				table[i][j] = rapid.IntRange(0, 9).Draw(t, "pairs")
			}
		}
		k, ok := Of(table, Quadratic(4))
		n, sumA, sumB, sqA, sqB, diff := float64(table.N()), 0.0, 0.0, 0.0, 0.0, 0.0
		for i, row := range table {
			for j, count := range row {
				a, b, c := float64(i), float64(j), float64(count)
				sumA, sumB, sqA, sqB, diff = sumA+c*a, sumB+c*b, sqA+c*a*a, sqB+c*b*b, diff+c*(a-b)*(a-b)
			}
		}
		chance := sqA/n - sumA*sumA/n/n + sqB/n - sumB*sumB/n/n + (sumA/n-sumB/n)*(sumA/n-sumB/n)
		if n == 0 || chance < 1e-9 {
			if ok {
				t.Fatalf("Of = %+v, want none", k)
			}
			return
		}
		if want := 1 - diff/n/chance; math.Abs(k.Value-want) > 1e-9 {
			t.Fatalf("Of = %v, want %v", k.Value, want)
		}
	})
}

// Two grades are as far apart as two grades can be: every weighting is the
// same there.
func TestWeightsOfTwoGradesAreTheSame(t *testing.T) {
	table := Table{{20, 5}, {10, 15}}
	plain, _ := Of(table, identity(2))
	for _, w := range []Weights{Linear(2), Quadratic(2)} {
		if k, ok := Of(table, w); !ok || k != plain {
			t.Errorf("Of = %+v, want %+v", k, plain)
		}
	}
	if round(plain.Value, 9) != 0.4 || plain.Low >= 0.4 || plain.High <= 0.4 || plain.N != 50 {
		t.Errorf("kappa of a textbook's 50 pairs = %+v, want 0.4 within its interval", plain)
	}
}

func TestFullAgreementAndNoneAtAll(t *testing.T) {
	table := New(4)
	if _, ok := Of(table, Linear(4)); ok {
		t.Error("there is a kappa of no pairs")
	}
	table.Add(3, 3)
	if k, ok := Of(table, Linear(4)); ok || k.N != 1 {
		t.Errorf("both always gave one grade: %+v, want no kappa of 1 pair", k)
	}
	table.Add(1, 1)
	k, ok := Of(table, Linear(4))
	if !ok || k.Value != 1 || k.High != 1 || !k.Few() {
		t.Errorf("full agreement: %+v, want 1, of too few pairs", k)
	}
	apart := Table{{0, 0, 0, 40}, {0, 0, 0, 0}, {0, 0, 0, 0}, {40, 0, 0, 0}}
	if k, ok := Of(apart, Linear(4)); !ok || k.Value != -1 || k.Low != -1 || k.Few() {
		t.Errorf("no agreement at all: %+v, want -1", k)
	}
}
