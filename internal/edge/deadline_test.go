package edge

import (
	"testing"
	"time"
)

func TestRequestsOfOneMomentShareTheirDeadline(t *testing.T) {
	d, began := new(deadlines), time.Now()
	first := d.of(began)
	for _, tt := range []struct {
		after time.Duration
		same  bool
	}{{0, true}, {sharing - 1, true}, {sharing, false}} {
		now := began.Add(tt.after)
		ctx := d.of(now)
		if (ctx == first) != tt.same {
			t.Errorf("%v later: shared is %t, want %t", tt.after, ctx == first, tt.same)
		}
		ends, ok := ctx.Deadline()
		if left := ends.Sub(now); !ok || left < deadline || left > deadline+sharing {
			t.Errorf("%v later: a request has %v, want %v and at most %v more", tt.after, left, deadline, sharing)
		}
	}
}
