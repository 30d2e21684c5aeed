package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// crowdOn makes a crowd on a fake product, each with an open attempt known.
func crowdOn(t *testing.T, n int) (*product, *home, []*trainee) {
	t.Helper()
	p, e := newProduct(t)
	s, err := readSheet([]byte(p.sheet()))
	if err != nil {
		t.Fatal(err)
	}
	h := e.x.home
	h.admin = &trainee{access: "admin", until: time.Now().Add(time.Hour)}
	var crowd []*trainee
	for i := range n {
		own := *s
		own.slots = append([]slot(nil), s.slots...)
		for j := range own.slots { // the fake has one attempt: each has items of their own
			own.slots[j].path += string(rune('a' + i))
		}
		crowd = append(crowd, &trainee{access: "first", refresh: "r", enrollment: "e", until: time.Now().Add(time.Hour), sheet: &own})
	}
	return p, h, crowd
}

func TestSaversKeepTheirRevisions(t *testing.T) {
	p, h, crowd := crowdOn(t, 4)
	jobs := []job{&saver{key: h.key, crowd: crowd[:2]}, &saver{key: h.key, crowd: crowd[2:]}}
	begins := 0
	s := drive(t.Context(), h.server.addr, jobs, 20*time.Millisecond, 200*time.Millisecond, func(bool) { begins++ })
	if s.failed() > 0 || s.Requests < 20 || s.Statuses["200"] != s.Requests || begins != 2 {
		t.Errorf("%d good of %v: %q; measured %d times", s.Requests, s.Statuses, s.Failures, begins)
	}
	if s.Requests > p.seen || s.Rate() != float64(s.Requests)/.2 {
		t.Errorf("%d requests of %d seen, %.0f/s", s.Requests, p.seen, s.Rate())
	}
}

func TestASaverLeavesASlotThatFailed(t *testing.T) {
	p, h, crowd := crowdOn(t, 1)
	p.closed = true
	s := drive(t.Context(), h.server.addr, []job{&saver{key: h.key, crowd: crowd}}, 0, 0, func(bool) {})
	if want := len(p.items); s.Requests != 0 || s.Statuses["409"] != want || s.failed() != want || len(s.Failures) != maxFailures {
		t.Errorf("%d good, statuses %v, %d told; want %d refused and no more", s.Requests, s.Statuses, len(s.Failures), want)
	}
	if s.Rate() != 0 {
		t.Errorf("a rate of %g without a good request", s.Rate())
	}
}

func TestAServerThatIsAwayIsNoReply(t *testing.T) {
	s := drive(t.Context(), "127.0.0.1:1", []job{&yard{token: "t"}}, 0, 50*time.Millisecond, func(bool) {})
	if s.Requests != 0 || s.Statuses["none"] == 0 || s.Statuses["none"] != s.failed() {
		t.Errorf("%d good, statuses %v", s.Requests, s.Statuses)
	}
}

func TestADriveEndsWithItsContext(t *testing.T) {
	_, h, crowd := crowdOn(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	drive(ctx, h.server.addr, []job{&saver{key: h.key, crowd: crowd}}, time.Minute, time.Minute, func(bool) {})
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a drive that was broken off took %s", took)
	}
}

func TestATakerTakesAWholeQuiz(t *testing.T) {
	p, h, crowd := crowdOn(t, 2)
	for _, c := range crowd {
		c.sheet = nil
	}
	// The fake has one attempt, so the second quiz begins where the first stood.
	j := h.taker(crowd[:1], true, 3, true)
	s := drive(t.Context(), h.server.addr, []job{j}, 0, 0, func(bool) {})
	if s.failed() > 0 || s.Requests != 5 || s.Statuses["201"] != 1 || !p.closed || crowd[0].sheet != nil || crowd[0].tries != 1 {
		t.Errorf("%d good of %v: %q; tries %d", s.Requests, s.Statuses, s.Failures, crowd[0].tries)
	}
	j = h.taker(crowd[1:], true, 0, false)
	if s := drive(t.Context(), h.server.addr, []job{j}, 0, 0, func(bool) {}); s.Requests != 1 || crowd[1].sheet == nil || crowd[1].sheet.id != "a1" {
		t.Fatalf("a start alone: %d good, %+v", s.Requests, crowd[1].sheet)
	}
	p.breaksHandIn = true
	j = h.taker(crowd[1:], false, 0, true)
	if s := drive(t.Context(), h.server.addr, []job{j}, 0, 0, func(bool) {}); s.Requests != 0 || s.Statuses["500"] != 1 || crowd[1].sheet == nil {
		t.Errorf("a hand-in that failed: %d good of %v, %+v", s.Requests, s.Statuses, crowd[1].sheet)
	}
}

func TestAfterAHundredTriesTheNextQuizIsTaken(t *testing.T) {
	who := &trainee{}
	for range maxTries {
		if who.module != 0 {
			t.Fatalf("after %d tries", who.tries)
		}
		who.handedIn()
	}
	if who.module != 1 || who.tries != 0 {
		t.Errorf("module %d, %d tries", who.module, who.tries)
	}
}

func TestTheCrowdIsPreparedBeforeARun(t *testing.T) {
	p, h, crowd := crowdOn(t, 3)
	crowd = crowd[:1]
	crowd[0].sheet = &sheet{id: "a1"} // begun, its items not looked at
	crowd[0].until = time.Now()       // and the token about to end
	if err := answered(t.Context(), h, crowd); err != nil {
		t.Fatal(err)
	}
	if crowd[0].access != "second" || len(p.standing) != 3 || len(crowd[0].sheet.slots) != len(p.items) {
		t.Errorf("token %q, %d answers, %d items", crowd[0].access, len(p.standing), len(crowd[0].sheet.slots))
	}
	if before := p.seen; answered(t.Context(), h, crowd) != nil || p.seen != before {
		t.Errorf("%d requests to prepare what is prepared", p.seen-before)
	}
	if err := closed(t.Context(), h, crowd); err != nil || crowd[0].sheet != nil || !p.closed {
		t.Errorf("closed = %v, %+v", err, crowd[0].sheet)
	}
	p.busy = 1
	if err := opened(t.Context(), h, crowd); err == nil {
		t.Error("a start that was refused passed for an open attempt")
	}
}

func TestTogetherStopsAtTheFirstError(t *testing.T) {
	crowd := make([]*trainee, 1000)
	for i := range crowd {
		crowd[i] = &trainee{tries: i}
	}
	bad := errors.New("bad")
	var n atomic.Int64
	err := together(t.Context(), "", crowd, func(_ *conn, t *trainee) error {
		n.Add(1)
		if t.tries == 10 {
			return bad
		}
		return nil
	})
	if !errors.Is(err, bad) || n.Load() > 500 {
		t.Errorf("together = %v after %d of a thousand", err, n.Load())
	}
	if err := together(t.Context(), "", crowd, func(*conn, *trainee) error { return nil }); err != nil {
		t.Error(err)
	}
}
