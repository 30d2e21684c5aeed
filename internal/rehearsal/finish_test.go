package rehearsal

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

// hot sees that what the product shows of every open attempt is exactly what
// SQL holds, and that no live sheet in Redis is ahead of it. Nobody may write
// meanwhile.
func (x *exam) hot(when string) {
	x.t.Helper()
	d := x.database()
	defer d.Close()
	var ids []string
	for _, tr := range x.trainees {
		ids = append(ids, tr.attempt)
	}
	held, err := rows(context.Background(), d, ids)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, tr := range x.trainees {
		want := make(map[string]written)
		for p, text := range held[tr.attempt] {
			if p.revision > want[p.item].Revision {
				want[p.item] = written{list(x.t, text), p.revision}
			}
		}
		var got sheet
		r := tr.insist(context.Background(), tr.url, "GET", "/attempts/"+tr.attempt, "", nil)
		if err := json.Unmarshal(r.body, &got); err != nil || r.status != http.StatusOK {
			x.t.Errorf("%s: %s: the attempt answered %v", when, tr.seat, r)
			continue
		}
		if diff := cmp.Diff(want, got.Answers); diff != "" {
			x.t.Errorf("%s: %s: what is shown is not what SQL holds (-SQL +shown): %s", when, tr.seat, diff)
		}
		x.live(when, tr.attempt, held[tr.attempt])
	}
}

// live sees that a sheet in Redis shows nothing that SQL does not hold. It may
// be behind, and it may be missing.
func (x *exam) live(when, attempt string, held map[place]string) {
	x.t.Helper()
	if x.redis == nil {
		return
	}
	c := redis.NewClient(&redis.Options{Addr: x.redis.address()})
	defer c.Close()
	fields, err := c.HGetAll(context.Background(), "kapstone:quiz:"+attempt).Result()
	if err != nil {
		x.t.Errorf("%s: read the live sheet: %v", when, err)
	}
	for name, value := range fields {
		item, ok := strings.CutPrefix(name, "i:")
		if !ok {
			continue
		}
		parts := strings.SplitN(value, " ", 3) // revision, when, response
		revision, err := strconv.Atoi(parts[0])
		if err != nil || len(parts) != 3 {
			x.t.Errorf("%s: the live sheet of %s holds %q for %s", when, attempt, value, item)
			continue
		}
		if response, ok := held[place{item, revision}]; !ok || response != parts[2] {
			x.t.Errorf("%s: the live sheet of %s shows %s at revision %d as %s, SQL holds %q", when, attempt, item, revision, parts[2], response)
		}
	}
}

func list(t testing.TB, text string) []string {
	t.Helper()
	var all []string
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// handIn has every trainee hand in, and sees that each attempt was closed once
// and graded on exactly what was acknowledged.
func (x *exam) handIn() {
	x.t.Helper()
	each(x.trainees, 16, func(tr *trainee) {
		if !tr.settle() {
			x.t.Errorf("%s could not come to an end", tr.seat)
			return
		}
		path := "/attempts/" + tr.attempt + "/submission"
		r := tr.insist(context.Background(), tr.url, "POST", path, "", nil)
		var got sheet
		if err := json.Unmarshal(r.body, &got); err != nil || r.status != http.StatusOK || got.ClosedBy != "trainee" {
			x.t.Errorf("%s: handing in answered %v", tr.seat, r)
			return
		}
		if want := x.score(tr); got.Correct != want {
			x.t.Errorf("%s: %d answers count as right, want %d by the trainee's journal", tr.seat, got.Correct, want)
		}
		if second := tr.insist(context.Background(), tr.url, "POST", path, "", nil); string(second.body) != string(r.body) {
			x.t.Errorf("%s: handing in again answered %v, want %s", tr.seat, second, r.body)
		}
	})
	x.closedOnce("trainee")
}

// score is what a trainee's own journal foretells.
func (x *exam) score(tr *trainee) (n int) {
	standing := Standing(tr.attempt, &tr.journal)
	for _, it := range tr.items {
		if right := x.school.right(it); right != "" && slices.Equal(standing[it.ID], []string{right}) {
			n++
		}
	}
	return n
}

// closedOnce sees that every attempt is handed in, and that the ledger has one
// line of it.
func (x *exam) closedOnce(by string) {
	x.t.Helper()
	d := x.database()
	defer d.Close()
	for _, tr := range x.trainees {
		var closed, lines int
		err := d.NewRaw(`SELECT (SELECT count(*) FROM quiz_attempts WHERE id = ? AND state = 'submitted' AND closed_by = ?),
			(SELECT count(*) FROM audit_entries WHERE object = ? AND action = 'quiz.submitted')`, tr.attempt, by, tr.attempt).Scan(context.Background(), &closed, &lines)
		if err != nil || closed != 1 || lines != 1 {
			x.t.Errorf("%s: closed by the %s %d times, with %d lines in the ledger (%v); want one of each", tr.seat, by, closed, lines, err)
		}
	}
}

// end finishes a scenario the usual way: everybody stops, everything
// acknowledged is there, what is shown is what is held, and everybody hands
// in.
func (x *exam) end(event string, back, promise time.Duration) {
	x.t.Helper()
	x.pause()
	x.hot("at the end")
	x.handIn()
	x.over(event, back, promise)
}

// over looks once more when all is over. What was found stands on the page.
func (x *exam) over(event string, back, promise time.Duration) {
	x.t.Helper()
	r := x.nothingLost("when all is over")
	x.t.Logf("%s: %v", event, r)
	if r.Acked < *wantAcks {
		x.t.Errorf("%d answers were acknowledged, want %d at least", r.Acked, *wantAcks)
	}
	x.product().verifyLedger(x.t)
	if !x.t.Failed() {
		found(finding{event, x.home(), r.Acked, back, promise})
	}
}

// ready returns what the product says of itself: its status, and what is
// degraded.
func (x *exam) ready() (status int, degraded []string) {
	r := (&client{http: x.trainees[0].http}).send(context.Background(), x.product().url(), "GET", "/readyz", "", nil)
	var v struct{ Degraded []string }
	_ = json.Unmarshal(r.body, &v) // a problem has none
	return r.status, v.Degraded
}
