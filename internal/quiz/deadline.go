package quiz

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// When an attempt ends is worked out from its parts whenever one of them
// changes, with the attempt held, and written to its row: there the journal and
// the ticks find it. Nothing adds to a deadline or takes from it, so what is
// taken back leaves no trace.

// shortNotice is how soon an attempt must not be made to end without being
// asked twice.
const shortNotice = time.Minute

// ErrWouldEnd reports that taking time away would end attempts that are under
// way, at once or within a minute; attempts says how many.
var ErrWouldEnd = fault.New(fault.Conflict, "would_end_attempts",
	"This ends attempts that are under way, at once or within a minute; attempts says how many. Send confirm: true if you mean that.").At("confirm")

// A part is what an attempt's end is made of beyond its own row.
type part struct {
	percent  int   // of the time limit
	pauseMS  int64 // how long the clock may stand still in all
	extended int   // minutes, all extensions in force together
}

// ends returns when a's clock runs out: the time limit times the factor, the
// extensions, and what the clock stood still. A pause under way counts whole,
// for it ends by itself.
func (a *attempt) ends(p part) db.Time {
	ms := a.LimitMS*int64(p.percent)/100 + int64(p.extended)*time.Minute.Milliseconds() + a.PausedMS + a.pausing().Milliseconds()
	return db.At(a.StartedAt.Add(time.Duration(ms) * time.Millisecond))
}

// retime gives a the end that its parts make, and reports whether that takes
// away time so that a ends at once or within a minute. A pause longer than may
// be by now ends now: the time that it took stays given.
func (a *attempt) retime(p part, now time.Time) (cut bool) {
	before := a.Deadline
	if a.lapsed(now) {
		a.resume(now)
	}
	a.PauseLimitMS = p.pauseMS
	if !a.PausedAt.IsZero() {
		until := a.PausedAt.Add(time.Duration(max(0, p.pauseMS-a.PausedMS)) * time.Millisecond)
		a.PausedUntil = db.At(later(until, now))
		if a.lapsed(now) {
			a.resume(now)
		}
	}
	a.Deadline = a.ends(p)
	return a.Deadline.Before(before.Time) && a.Deadline.Before(now.Add(shortNotice))
}

// startClock sets when an attempt that begins now ends, by what its person has.
// Whoever begins one keeps that from changing until it is on record: whoever
// changes it finds either no attempt or this one.
func (a *attempt) startClock(now time.Time, c *Accommodation, minutes int) {
	a.StartedAt = db.At(now)
	a.LimitMS, a.PauseLimitMS = (time.Duration(minutes) * time.Minute).Milliseconds(), c.part().pauseMS
	a.Deadline = a.ends(c.part())
}

// retime works out anew when attempts end that the transaction holds, and
// writes it. It returns ErrWouldEnd when that would end some of them and nobody
// confirmed it.
func retime(ctx context.Context, tx bun.IDB, held []*attempt, now time.Time, confirmed bool) error {
	parts, err := partsOf(ctx, tx, held)
	if err != nil {
		return err
	}
	cut := 0
	for _, a := range held {
		if a.retime(parts[a.ID], now) {
			cut++
		}
	}
	if cut > 0 && !confirmed {
		return ErrWouldEnd.With("attempts", cut)
	}
	for _, a := range held {
		if err := writeTimes(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// followAll gives the frames of attempts the times that were committed.
func (s *Service) followAll(held []*attempt) {
	for _, a := range held {
		s.frames.follow(a)
	}
}

// holdOpen holds the attempts under way that narrow leaves, in the order of
// their ids, as everybody does who holds several. It leaves out those whose
// time is over: they are closed, whoever notices first.
func holdOpen(ctx context.Context, tx bun.IDB, now time.Time, narrow func(*bun.SelectQuery)) ([]*attempt, error) {
	var rows []*attempt
	q := tx.NewSelect().Model(&rows).ExcludeColumn("draw").Where("state = ?", Open).Where("deadline >= ?", db.At(now.Add(-Grace))).OrderExpr("id")
	narrow(q)
	if db.Postgres(tx) {
		q.For("UPDATE")
	}
	return rows, db.Check(q.Scan(ctx))
}

// writeTimes writes when an attempt ends, and its pause, if it is still open.
func writeTimes(ctx context.Context, tx bun.IDB, a *attempt) error {
	res, err := tx.NewUpdate().Model(a).
		Set("deadline = ?", a.Deadline).Set("paused_at = ?", a.PausedAt).Set("paused_until = ?", a.PausedUntil).
		Set("paused_ms = ?", a.PausedMS).Set("pause_limit_ms = ?", a.PauseLimitMS).
		Where("id = ? AND state = ?", a.ID, Open).Exec(ctx)
	return db.One(res, err, ErrClosed)
}

// partsOf returns the parts of each attempt by its id, in two queries.
func partsOf(ctx context.Context, idb bun.IDB, attempts []*attempt) (map[string]part, error) {
	all, ids := make(map[string]part, len(attempts)), make([]string, len(attempts))
	if len(attempts) == 0 {
		return all, nil
	}
	for i, a := range attempts {
		ids[i], all[a.ID] = a.ID, (&Accommodation{TimePercent: 100}).part()
	}
	var given []struct {
		AttemptID string
		Accommodation
	}
	err := idb.NewRaw(`SELECT a.id AS attempt_id, c.time_percent, c.pause_minutes
		FROM quiz_attempts a JOIN enrollments e ON e.id = a.enrollment_id
		JOIN quiz_accommodations c ON c.person_id = e.person_id AND c.program = e.program
		WHERE a.id IN (?) AND c.version = (SELECT max(b.version) FROM quiz_accommodations b
			WHERE b.person_id = c.person_id AND b.program = c.program)`, bun.List(ids)).Scan(ctx, &given)
	if err != nil {
		return nil, db.Check(err)
	}
	for _, g := range given {
		all[g.AttemptID] = g.part()
	}
	var extended []struct {
		AttemptID string
		Minutes   int
	}
	err = idb.NewRaw(`SELECT r.attempt_id, sum(x.minutes) AS minutes
		FROM quiz_extended r JOIN quiz_extensions x ON x.id = r.extension_id
		WHERE r.attempt_id IN (?) AND x.reversed_at IS NULL GROUP BY r.attempt_id`, bun.List(ids)).Scan(ctx, &extended)
	if err != nil {
		return nil, db.Check(err)
	}
	for _, x := range extended {
		p := all[x.AttemptID]
		p.extended = x.Minutes
		all[x.AttemptID] = p
	}
	return all, nil
}
