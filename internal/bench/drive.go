package bench

import (
	"context"
	"strconv"
	"sync"
	"time"
)

// A span is what one measured run was like, as its clients saw it.
type span struct {
	Requests  int            // answered as they should be
	Seconds   float64        // that they took
	Statuses  map[string]int // of all replies; "none" where none came
	Failures  []string       // the first few, in words
	Histogram *Histogram     // of the good ones
}

// maxFailures is how many failures a span tells.
const maxFailures = 5

// A client is one connection's share of a span.
type client struct {
	conn
	job
	statuses map[int]int
	failures []string
	h        Histogram
	last     time.Time
}

// drive runs jobs, a connection each, in a closed loop: a client asks again
// when it was answered. What begins in the warm-up is thrown away. Without a
// duration it runs until no job has anything left, and nothing is thrown away.
func drive(ctx context.Context, addr string, jobs []job, warm, duration time.Duration, measuring func(begins bool)) *span {
	clients := make([]*client, len(jobs))
	var all sync.WaitGroup
	begin := time.Now()
	from, to := begin.Add(warm), begin.Add(warm+duration)
	if duration == 0 {
		from, to = begin, begin.Add(2*time.Minute)
		measuring(true)
	}
	for i, j := range jobs {
		c := &client{conn: conn{addr: addr}, job: j, statuses: make(map[int]int)}
		clients[i] = c
		all.Go(func() { c.run(ctx, from, to) })
	}
	if duration > 0 {
		sleepUntil(ctx, from)
		measuring(true)
		sleepUntil(ctx, to)
		measuring(false)
		all.Wait()
		return sum(clients, duration)
	}
	all.Wait()
	measuring(false)
	last := begin
	for _, c := range clients {
		if c.last.After(last) {
			last = c.last
		}
	}
	return sum(clients, last.Sub(begin))
}

// run asks until the time is over or nothing is left. Only what was asked and
// answered within the time counts.
func (c *client) run(ctx context.Context, from, to time.Time) {
	defer c.close()
	var buf []byte
	for ctx.Err() == nil {
		asked := time.Now()
		if asked.After(to) {
			return
		}
		buf = c.next(buf)
		if buf == nil {
			return
		}
		asked = time.Now()
		r, err := c.do(buf)
		answered := time.Now()
		if err == nil {
			err = c.done(r)
		} else {
			r.status = 0
			_ = c.done(r)
		}
		c.last = answered
		if asked.Before(from) || answered.After(to) {
			continue
		}
		c.statuses[r.status]++
		if err != nil {
			if len(c.failures) < maxFailures {
				c.failures = append(c.failures, err.Error())
			}
			continue
		}
		c.h.Add(answered.Sub(asked))
	}
}

func sum(clients []*client, took time.Duration) *span {
	s := &span{Seconds: took.Seconds(), Statuses: make(map[string]int), Histogram: new(Histogram)}
	for _, c := range clients {
		s.Histogram.Merge(&c.h)
		for status, n := range c.statuses {
			name := strconv.Itoa(status)
			if status == 0 {
				name = "none"
			}
			s.Statuses[name] += n
		}
		s.Failures = append(s.Failures, c.failures[:min(len(c.failures), maxFailures-len(s.Failures))]...)
	}
	s.Requests = s.Histogram.Count()
	return s
}

// Rate is the requests of a second.
func (s *span) Rate() float64 {
	if s.Seconds == 0 {
		return 0
	}
	return float64(s.Requests) / s.Seconds
}

// failed counts the requests that were not answered as they should be.
func (s *span) failed() (n int) {
	for _, m := range s.Statuses {
		n += m
	}
	return n - s.Requests
}

// together runs f for each of the crowd, as many at a time as prepare, and
// returns the first error.
func together(ctx context.Context, addr string, crowd []*trainee, f func(c *conn, t *trainee) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *trainee)
	var all sync.WaitGroup
	for range min(preparers, len(crowd)) {
		all.Go(func() {
			c := &conn{addr: addr}
			defer c.close()
			for t := range queue {
				if err := f(c, t); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, t := range crowd {
		select {
		case queue <- t:
		case <-ctx.Done():
		}
	}
	close(queue)
	all.Wait()
	return context.Cause(ctx)
}
