package bench

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBucketsHoldTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Uint64Range(0, 1<<40).Draw(t, "us")
		b := bucket(us)
		if hi := top(b); hi < us || float64(hi-us) > float64(us)/steps {
			t.Fatalf("%d µs is in bucket %d, which ends at %d", us, b, hi)
		}
		if b > 0 && top(b-1) >= us {
			t.Fatalf("%d µs is in bucket %d, and the one before ends at %d", us, b, top(b-1))
		}
	})
}

func TestQuantilesAreThoseOfTheSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.IntRange(0, 5_000_000), 1, 300).Draw(t, "all")
		var one, two Histogram
		for i, us := range all {
			h := &one
			if i%2 == 1 {
				h = &two
			}
			h.Add(time.Duration(us) * time.Microsecond)
		}
		one.Merge(&two)
		slices.Sort(all)
		for _, q := range []float64{0, .5, .99, 1} {
			want := float64(all[int(q*float64(len(all)-1))])
			if got := float64(one.Quantile(q).Microseconds()); math.Abs(got-want) > want/steps+1 {
				t.Fatalf("Quantile(%g) of %v = %g, want %g", q, all, got, want)
			}
		}
		if one.Count() != len(all) || one.Max() != time.Duration(all[len(all)-1])*time.Microsecond {
			t.Fatalf("Count, Max = %d, %s", one.Count(), one.Max())
		}
	})
}

func TestAHistogramSurvivesJSON(t *testing.T) {
	var h, got Histogram
	if h.Quantile(.5) != 0 {
		t.Error("the median of nothing is not 0")
	}
	for _, us := range []int{0, 3, 127, 128, 9_999, 1_000_000} {
		h.Add(time.Duration(us) * time.Microsecond)
	}
	data, err := json.Marshal(&h)
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil || got.counts != h.counts || got.n != h.n {
		t.Errorf("read back %s: %v", data, err)
	}
	if err := json.Unmarshal([]byte(`{"a":1}`), &got); err == nil {
		t.Error("an object passed for a histogram")
	}
}
