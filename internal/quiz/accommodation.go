package quiz

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// An Accommodation is what one person has in every quiz of a program: more
// time, more tries, pauses. It holds for all their enrollments there. It may
// tell of their health, so only they, who teach their cohort and who runs the
// program see it; the reason is a class, without a place for more, and the
// ledger names a version by its seal and tells no value.
type Accommodation struct {
	bun.BaseModel `bun:"table:quiz_accommodations,alias:c"`

	PersonID      string `bun:",pk"`
	Program       string `bun:",pk"`
	Version       int64  `bun:",pk"` // 0 while nothing was ever agreed
	TimePercent   int    // of the module's time limit, 100 to 400
	ExtraAttempts int    // beyond the program's, 0 to 10 in each quiz
	PauseMinutes  int    // how long the clock of an attempt may stand still in all, 0 to 120
	Reason        string // a class of AccommodationReasons
	Salt          string
	SetBy         string // person id; "" for the person's own eyes
	SetAt         db.Time
}

// AccommodationReasons are the classes of why somebody has an accommodation.
var AccommodationReasons = []string{"documented_need", "language", "technical", "other"}

// The faults of agreeing on more time.
var (
	ErrAccommodation = fault.New(fault.Invalid, "bad_accommodation",
		"An accommodation has 100 to 400 percent of the time, 0 to 10 extra tries and 0 to 120 minutes of pause.")
	ErrReasonClass = fault.New(fault.Invalid, "bad_reason", "The reason is one of the classes listed, nothing more: no word about anybody's health belongs here.").At("reason")
)

// check is the rule of form.
func (c *Accommodation) check() error {
	switch {
	case c.TimePercent < 100 || c.TimePercent > 400:
		return ErrAccommodation.At("time_percent")
	case c.ExtraAttempts < 0 || c.ExtraAttempts > 10:
		return ErrAccommodation.At("extra_attempts")
	case c.PauseMinutes < 0 || c.PauseMinutes > 120:
		return ErrAccommodation.At("pause_minutes")
	case !slices.Contains(AccommodationReasons, c.Reason):
		return ErrReasonClass
	}
	return nil
}

// part is what an accommodation gives to an attempt.
func (c *Accommodation) part() part {
	return part{percent: c.TimePercent, pauseMS: (time.Duration(c.PauseMinutes) * time.Minute).Milliseconds()}
}

// same reports whether c gives what other gives, for the same reason.
func (c *Accommodation) same(other *Accommodation) bool {
	return c.TimePercent == other.TimePercent && c.ExtraAttempts == other.ExtraAttempts && c.PauseMinutes == other.PauseMinutes && c.Reason == other.Reason
}

// seal binds a version to the ledger: whoever holds the row can show that it is
// the one that was set then, and whoever holds the ledger cannot guess it.
func (c *Accommodation) seal() string {
	if c.Version == 0 {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%d|%d|%d|%d|%s", c.Salt, c.PersonID, c.Program, c.Version, c.TimePercent, c.ExtraAttempts, c.PauseMinutes, c.Reason))
	return hex.EncodeToString(sum[:])
}

// accommodating is the name of the lock on what a person has in a program.
func accommodating(personID, program string) string { return "quiz/time/" + personID + "/" + program }

// Accommodations returns what the person of an enrollment has in its program:
// what holds now, and all that was set, the newest first.
func (s *Service) Accommodations(ctx context.Context, enrollmentID string) (*Accommodation, []*Accommodation, error) {
	p, err := s.enrollments.See(ctx, access.SeeAccommodation, enrollmentID)
	if err != nil {
		return nil, nil, err
	}
	now, err := accommodationOf(ctx, s.db, p.PersonID, p.Program)
	if err != nil {
		return nil, nil, fmt.Errorf("read accommodations: %w", err)
	}
	all, err := accommodationsOf(ctx, s.db, p.PersonID, p.Program)
	if err != nil {
		return nil, nil, fmt.Errorf("read accommodations: %w", err)
	}
	if p.PersonID == access.From(ctx).ID {
		for _, c := range append(slices.Clone(all), now) {
			c.SetBy = ""
		}
	}
	return now, all, nil
}

// Accommodate sets what the person of an enrollment, whom the actor teaches or
// whose program they run, has in every quiz of its program, and at once what
// their attempts under way have. c.Version is the one that was read, 0 for
// none. It returns enrollment.ErrStale when that is not the current one, and
// ErrWouldEnd.
func (s *Service) Accommodate(ctx context.Context, enrollmentID string, c Accommodation, confirmed bool) (*Accommodation, error) {
	p, err := s.mayTime(ctx, enrollmentID)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.PersonID, c.Program, c.SetBy = p.PersonID, p.Program, access.From(ctx).ID
	var made *Accommodation
	var held []*attempt
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		made, held, err = s.accommodate(ctx, tx, c, confirmed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("accommodate: %w", err)
	}
	s.followAll(held)
	return made, nil
}

func (s *Service) accommodate(ctx context.Context, tx bun.IDB, c Accommodation, confirmed bool) (*Accommodation, []*attempt, error) {
	if err := db.Lock(ctx, tx, accommodating(c.PersonID, c.Program)); err != nil {
		return nil, nil, err
	}
	before, err := accommodationOf(ctx, tx, c.PersonID, c.Program)
	if err != nil {
		return nil, nil, err
	}
	if c.Version != before.Version {
		return nil, nil, enrollment.ErrStale
	}
	if c.same(before) {
		return before, nil, nil
	}
	now := s.now()
	c.Version, c.SetAt, c.Salt = before.Version+1, db.At(now), rand.Text()
	if _, err := tx.NewInsert().Model(&c).Exec(ctx); err != nil {
		return nil, nil, db.Check(err)
	}
	held, err := holdOpen(ctx, tx, now, func(q *bun.SelectQuery) {
		q.Where("enrollment_id IN (SELECT id FROM enrollments WHERE person_id = ? AND program = ?)", c.PersonID, c.Program)
	})
	if err != nil {
		return nil, nil, err
	}
	if err := retime(ctx, tx, held, now, confirmed); err != nil {
		return nil, nil, err
	}
	return &c, held, audit.Append(ctx, tx, now, "quiz.accommodated", c.PersonID, map[string]any{
		"program": c.Program, "version": c.Version, "before": before.seal(), "after": c.seal(), "attempts": ids(held), "confirmed": confirmed,
	})
}

// mayTime returns the enrollment of somebody else whom the actor may give more
// time: one they teach, or of a program they run.
func (s *Service) mayTime(ctx context.Context, enrollmentID string) (*enrollment.Pinned, error) {
	p, err := s.enrollments.See(ctx, access.AccommodateQuiz, enrollmentID)
	if err != nil {
		return nil, err
	}
	if p.PersonID == access.From(ctx).ID { // nobody gives themselves time
		return nil, db.ErrNone
	}
	return p, nil
}

// ids returns the ids of attempts, for the ledger.
func ids(attempts []*attempt) []string {
	all := make([]string, len(attempts))
	for i, a := range attempts {
		all[i] = a.ID
	}
	return all
}

// accommodationOf returns what a person has in a program now. Where nothing was
// ever agreed, that is the time limit and nothing else.
func accommodationOf(ctx context.Context, idb bun.IDB, personID, program string) (*Accommodation, error) {
	c := new(Accommodation)
	err := db.Check(idb.NewSelect().Model(c).Where("person_id = ? AND program = ?", personID, program).
		OrderExpr("version DESC").Limit(1).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return &Accommodation{PersonID: personID, Program: program, TimePercent: 100}, nil
	}
	return c, err
}

// accommodationsOf returns all that was set for a person in a program, the
// newest first.
func accommodationsOf(ctx context.Context, idb bun.IDB, personID, program string) (rows []*Accommodation, err error) {
	err = idb.NewSelect().Model(&rows).Where("person_id = ? AND program = ?", personID, program).OrderExpr("version DESC").Scan(ctx)
	return rows, db.Check(err)
}

// extraAttempts returns how many tries enrollments have beyond their program's,
// those that have any.
func extraAttempts(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string]int, error) {
	var rows []struct {
		ID            string
		ExtraAttempts int
	}
	err := idb.NewRaw(`SELECT e.id, c.extra_attempts FROM enrollments e
		JOIN quiz_accommodations c ON c.person_id = e.person_id AND c.program = e.program
		WHERE e.id IN (?) AND c.extra_attempts > 0 AND c.version = (SELECT max(b.version) FROM quiz_accommodations b
			WHERE b.person_id = c.person_id AND b.program = c.program)`, bun.List(enrollmentIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Check(err)
	}
	all := make(map[string]int, len(rows))
	for _, r := range rows {
		all[r.ID] = r.ExtraAttempts
	}
	return all, nil
}
