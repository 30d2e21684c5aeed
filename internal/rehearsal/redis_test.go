package rehearsal

import (
	"context"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis is a door, not a wall: each of these happens in the middle of an exam,
// and no trainee is refused anything.

// outage is how long something stays broken: CHECKS.md asks for a minute.
func outage() time.Duration { return pick(time.Second, time.Minute) }

// redisIsBack is what PROMISES.md 1 gives the product after Redis.
const redisIsBack = 2 * time.Second

// DU-03: Redis is killed and comes back empty.
func TestAKilledRedisLosesNothing(t *testing.T) {
	x := hold(t, plan{postgres: true})
	kills := pick(2, 20)
	var worst time.Duration
	for n := range kills {
		x.work(repeats)
		x.acked(*wantAcks/kills/2 + 1)
		x.moment(20 * time.Millisecond)
		x.redis.kill9()
		if n%2 == 0 { // nobody writes any more, so that nothing hides a loss
			x.pause()
			x.nothingLost("without Redis")
			x.hotWithoutRedis()
			x.work(repeats)
		}
		x.acked(*wantAcks/kills/2 + 1)
		x.isDegraded()
		x.redis.start(t)
		worst = max(worst, x.whole(time.Now()))
		x.pause()
		x.hot("after Redis came back empty")
	}
	x.noRefusals()
	within(t, "coming back", worst, redisIsBack)
	x.end("Redis: kill -9, back empty", worst, redisIsBack)
}

// hotWithoutRedis sees what the product shows while there is no Redis to look
// into.
func (x *exam) hotWithoutRedis() {
	away := x.redis
	x.redis = nil
	x.hot("without Redis")
	x.redis = away
}

// isDegraded waits until the product says that it goes on without Redis.
func (x *exam) isDegraded() {
	x.t.Helper()
	until(x.t, 5*time.Second, "readyz says that Redis is away", func() bool {
		status, degraded := x.ready()
		return status == http.StatusOK && slices.Equal(degraded, []string{"redis"})
	})
}

// whole waits until the product says that nothing is degraded, and returns how
// long after an instant that was.
func (x *exam) whole(since time.Time) time.Duration {
	x.t.Helper()
	until(x.t, 10*time.Second, "readyz says that nothing is away", func() bool {
		status, degraded := x.ready()
		return status == http.StatusOK && len(degraded) == 0
	})
	return time.Since(since)
}

// noRefusals sees that nobody was refused since the last mark, and that 99 of
// 100 saves took less than a second.
func (x *exam) noRefusals() {
	x.t.Helper()
	l := x.tally.look()
	if len(l.refused) > 0 {
		x.t.Errorf("%d saves were refused, by status %v; the first: %v", len(l.refused), l.status, l.refused[0])
	}
	within(x.t, "99 of 100 saves", l.at(0.99), time.Second)
}

// DU-03: Redis forgets everything at random moments. Attempts, their time,
// sessions and what was revoked stay.
func TestARedisThatForgetsLosesNothing(t *testing.T) {
	x := hold(t, plan{postgres: true})
	c := redis.NewClient(&redis.Options{Addr: x.redis.address()})
	defer c.Close()
	first := x.trainees[0]
	var before sheet
	if err := first.want(t.Context(), first.url(), "GET", "/attempts/"+first.attempt, nil, &before); err != nil {
		t.Fatal(err)
	}
	left := client{http: newHTTP(), person: &person{Account: x.school.admin.Account}}
	if err := left.login(t.Context(), x.product().url()); err != nil {
		t.Fatal(err)
	}
	if err := left.want(t.Context(), x.product().url(), "POST", "/auth/logout", nil, nil); err != nil {
		t.Fatal(err)
	}
	x.work(repeats)
	enough := x.tally.after(*wantAcks)
	for n := 0; ; n++ {
		select {
		case <-enough:
			t.Logf("Redis forgot everything %d times", n)
			x.afterForgetting(before, &left)
			return
		default:
		}
		x.moment(40 * time.Millisecond)
		if err := c.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func (x *exam) afterForgetting(before sheet, left *client) {
	x.t.Helper()
	first := x.trainees[0]
	x.pause()
	x.noRefusals()
	var after sheet
	if err := first.want(x.t.Context(), first.url(), "GET", "/attempts/"+first.attempt, nil, &after); err != nil || !after.Deadline.Equal(before.Deadline) {
		x.t.Errorf("the deadline is %v (%v), want %v as before", after.Deadline, err, before.Deadline)
	}
	if r := left.send(x.t.Context(), x.product().url(), "GET", "/api/v1/me", "", nil); r.status != http.StatusUnauthorized {
		x.t.Errorf("a session that was signed out answered %v", r)
	}
	if err := first.renew(x.t.Context(), first.url()); err != nil {
		x.t.Errorf("a session that was not signed out: %v", err)
	}
	x.end("Redis: FLUSHALL at random moments", 0, 0)
}

// FT-02: Redis hangs. Once the breaker has given it up no save waits for it,
// and afterwards no answer of an old request reaches a new one.
func TestAHungRedisHoldsNobodyUp(t *testing.T) {
	x := hold(t, plan{postgres: true})
	x.work(repeats)
	x.acked(*wantAcks / 3)
	x.redis.signal(t, syscall.SIGSTOP)
	<-time.After(time.Second) // the breaker's time
	x.tally.mark()
	<-time.After(outage())
	x.acked(1)
	if typical := x.tally.look().at(0.5); typical > 180*time.Millisecond {
		t.Errorf("a second after Redis hung a save typically takes %v: it still waits for Redis", typical)
	}
	x.noRefusals()
	x.isDegraded()
	x.redis.signal(t, syscall.SIGCONT)
	back := x.whole(time.Now())
	within(t, "coming back", back, redisIsBack)
	x.acked(*wantAcks / 3)
	x.pause()
	x.noRefusals()
	x.hot("after Redis went on")
	x.end("Redis: SIGSTOP, SIGCONT", back, redisIsBack)
}

// FT-01: Redis refuses connections. The limits of a real server hold meanwhile.
func TestARefusingRedisRefusesNobody(t *testing.T) {
	x := hold(t, plan{postgres: true, proxied: true, limits: true, pace: 60 * time.Millisecond})
	x.work(repeats)
	x.acked(*wantAcks / 4)
	x.tally.mark()
	x.redisWay.refuse()
	<-time.After(outage())
	x.acked(*wantAcks / 4)
	x.isDegraded()
	x.limitsSignIn()
	x.noRefusals()
	x.redisWay.accept(t)
	back := x.whole(time.Now())
	within(t, "coming back", back, redisIsBack)
	x.acked(*wantAcks / 4)
	x.pause()
	x.noRefusals()
	x.end("Redis: refuses connections", back, redisIsBack)
}

// limitsSignIn sees that wrong passwords are still limited.
func (x *exam) limitsSignIn() {
	x.t.Helper()
	c := client{http: newHTTP()}
	var last reply
	for range 8 {
		last = c.send(x.t.Context(), x.product().url(), "POST", "/api/v1/auth/login", "",
			map[string]string{"email": x.school.ready.Email, "password": "none of the words that it is"})
	}
	if last.status != http.StatusTooManyRequests || last.wait <= 0 {
		x.t.Errorf("the eighth wrong password without Redis answered %v, want 429 with Retry-After", last)
	}
}
