package bench

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"time"
)

// A Histogram counts durations in microseconds. Its steps grow with the value
// and are never wider than 1/64 of it, so a quantile is right to 1.6 % over
// the whole range from a microsecond to days. The zero Histogram is empty. It
// is not safe for concurrent use: each client has its own.
type Histogram struct {
	counts [buckets]uint64
	n      uint64
	max    uint64
}

const (
	steps   = 64 // in each doubling
	buckets = 40 * steps
)

// bucket returns the bucket of a value; the first 2*steps hold one value each.
func bucket(us uint64) int {
	shift := max(0, bits.Len64(us)-bits.Len64(steps))
	return min(shift*steps+int(us>>shift), buckets-1)
}

// top returns the largest value of a bucket.
func top(bucket int) uint64 {
	shift := max(0, bucket/steps-1)
	return (uint64(bucket-shift*steps)+1)<<shift - 1
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	us := uint64(max(0, d.Microseconds()))
	h.counts[bucket(us)]++
	h.n++
	h.max = max(h.max, us)
}

// Merge counts what o has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// Count returns how many durations were counted.
func (h *Histogram) Count() int { return int(h.n) }

// Max returns the longest.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max) * time.Microsecond }

// Quantile returns the duration that the fraction q did not exceed, 0 when
// nothing was counted.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.n-min(h.n, 1))) + 1
	for i, n := range h.counts {
		if n >= rank {
			return time.Duration(min(top(i), h.max)) * time.Microsecond
		}
		rank -= n
	}
	return h.Max()
}

// MarshalJSON writes the raw counts: pairs of a bucket's largest value in
// microseconds and how many fell into it.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	pairs := [][2]uint64{}
	for i, n := range h.counts {
		if n > 0 {
			pairs = append(pairs, [2]uint64{top(i), n})
		}
	}
	return json.Marshal(pairs)
}

// UnmarshalJSON reads what MarshalJSON wrote; the maximum becomes that of its
// bucket.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var pairs [][2]uint64
	if err := json.Unmarshal(data, &pairs); err != nil {
		return fmt.Errorf("read histogram: %w", err)
	}
	*h = Histogram{}
	for _, p := range pairs {
		h.counts[bucket(p[0])] += p[1]
		h.n += p[1]
		h.max = max(h.max, p[0])
	}
	return nil
}
