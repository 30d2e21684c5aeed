package quiz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// An Extension is more time, given on the spot: to one attempt, or to all that
// a cohort has under way in a module at that moment, such as after a fire
// alarm. Who begins later has lost nothing and gets nothing. It counts until it
// is taken back.
type Extension struct {
	bun.BaseModel `bun:"table:quiz_extensions,alias:x"`

	ID         string `bun:",pk"`
	AttemptID  string `bun:",nullzero"` // or a cohort's
	CohortID   string `bun:",nullzero"`
	Module     curriculum.ModuleKey
	Minutes    int    // 1 to 480
	Reason     string // a class of ExtensionReasons
	GivenBy    string // person id; "" for the trainee's eyes
	GivenAt    db.Time
	ReversedBy string  `bun:",nullzero"` // likewise
	ReversedAt db.Time // zero while it is in force
	Attempts   int     `bun:",scanonly"` // how many it reached
}

// ExtensionReasons are the classes of why time is given on the spot.
var ExtensionReasons = []string{"disturbance", "technical", "documented_need", "other"}

// maxExtension is the most minutes of one extension.
const maxExtension = 480

// The faults of extending.
var (
	ErrMinutes  = fault.New(fault.Invalid, "bad_minutes", "An extension has 1 to 480 whole minutes.").At("minutes")
	ErrNobodyIn = fault.New(fault.Conflict, "no_open_attempts", "Nobody of this cohort is in this quiz at the moment, so there is nothing to extend.")
	errEnded    = ErrClosed.Says("This attempt has ended, so more time cannot reach it.")
)

func (x *Extension) check() error {
	switch {
	case x.Minutes < 1 || x.Minutes > maxExtension:
		return ErrMinutes
	case !slices.Contains(ExtensionReasons, x.Reason):
		return ErrReasonClass
	}
	return nil
}

// Extend gives minutes more to an attempt under way of somebody whom the actor
// teaches or whose program they run. It returns ErrClosed when it has ended.
func (s *Service) Extend(ctx context.Context, attemptID string, minutes int, reason string) (*Extension, error) {
	if err := access.From(ctx).May(access.AccommodateQuiz); err != nil {
		return nil, err
	}
	f, err := s.frame(ctx, attemptID)
	if err == nil {
		_, err = s.mayTime(ctx, f.enrollmentID)
	}
	if err != nil {
		return nil, err
	}
	x := Extension{AttemptID: f.id, Module: f.module.Key, Minutes: minutes, Reason: reason}
	return s.extend(ctx, x, errEnded, func(q *bun.SelectQuery) { q.Where("id = ?", f.id) })
}

// ExtendCohort gives minutes more to every attempt that a cohort has under way
// in a module, but never to the actor's own. It returns ErrNobodyIn when there
// is none.
func (s *Service) ExtendCohort(ctx context.Context, cohortID string, module curriculum.ModuleKey, minutes int, reason string) (*Extension, error) {
	c, err := s.enrollments.Cohort(ctx, access.AccommodateQuiz, cohortID)
	if err != nil {
		return nil, err
	}
	x := Extension{CohortID: c.ID, Module: module, Minutes: minutes, Reason: reason}
	return s.extend(ctx, x, ErrNobodyIn, func(q *bun.SelectQuery) {
		q.Where("module = ?", module).Where("enrollment_id IN (SELECT id FROM enrollments WHERE cohort_id = ? AND person_id <> ?)", c.ID, access.From(ctx).ID)
	})
}

// extend gives an extension to the attempts under way that narrow leaves, and
// returns nobody when there are none.
func (s *Service) extend(ctx context.Context, x Extension, nobody error, narrow func(*bun.SelectQuery)) (*Extension, error) {
	if err := x.check(); err != nil {
		return nil, err
	}
	x.GivenBy = access.From(ctx).ID
	made := &x
	var held []*attempt
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			made, err = getExtension(ctx, tx, id)
			return err
		}
		now := s.now()
		if held, err = holdOpen(ctx, tx, now, narrow); err != nil {
			return err
		}
		if len(held) == 0 {
			return nobody
		}
		x.ID, x.GivenAt, x.Attempts = id, db.At(now), len(held)
		if err := insertExtension(ctx, tx, &x, held); err != nil {
			return err
		}
		if err := retime(ctx, tx, held, now, true); err != nil { // nothing gets shorter
			return err
		}
		return audit.Append(ctx, tx, now, "quiz.extended", x.AttemptID+x.CohortID,
			map[string]any{"extension": x.ID, "module": x.Module, "minutes": x.Minutes, "attempts": ids(held)})
	})
	if err != nil {
		return nil, fmt.Errorf("extend: %w", err)
	}
	s.followAll(held)
	return made, nil
}

// Reverse takes an extension back: attempts still under way end as if it had
// never been given. Taking it back again changes nothing. It returns
// ErrWouldEnd.
func (s *Service) Reverse(ctx context.Context, extensionID string, confirmed bool) (*Extension, error) {
	x, err := s.extensionToChange(ctx, extensionID)
	if err != nil {
		return nil, err
	}
	var held []*attempt
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.now()
		res, err := tx.NewUpdate().Model(x).Set("reversed_by = ?", access.From(ctx).ID).Set("reversed_at = ?", db.At(now)).
			Where("id = ? AND reversed_at IS NULL", x.ID).Exec(ctx)
		if err := db.One(res, err, db.ErrNone); err != nil {
			if errors.Is(err, db.ErrNone) { // it was taken back before
				return nil
			}
			return err
		}
		held, err = holdOpen(ctx, tx, now, func(q *bun.SelectQuery) {
			q.Where("id IN (SELECT attempt_id FROM quiz_extended WHERE extension_id = ?)", x.ID)
		})
		if err != nil {
			return err
		}
		if err := retime(ctx, tx, held, now, confirmed); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, "quiz.extension_reversed", x.AttemptID+x.CohortID,
			map[string]any{"extension": x.ID, "module": x.Module, "minutes": x.Minutes, "attempts": ids(held), "confirmed": confirmed})
	})
	if err == nil {
		s.followAll(held)
		x, err = getExtension(ctx, s.db, x.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("take extension back: %w", err)
	}
	return x, nil
}

// extensionToChange returns an extension that the actor might have given.
func (s *Service) extensionToChange(ctx context.Context, id string) (*Extension, error) {
	if err := access.From(ctx).May(access.AccommodateQuiz); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	x, err := getExtension(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if x.CohortID != "" {
		_, err = s.enrollments.Cohort(ctx, access.AccommodateQuiz, x.CohortID)
		return x, err
	}
	f, err := s.frame(ctx, x.AttemptID)
	if err == nil {
		_, err = s.mayTime(ctx, f.enrollmentID)
	}
	return x, err
}

// Extensions returns all extensions that reached an attempt, taken back or not,
// the oldest first. Its trainee does not learn who gave them, nor to how many.
func (s *Service) Extensions(ctx context.Context, attemptID string) ([]*Extension, error) {
	who := access.From(ctx)
	if err := who.May(access.SeeAccommodation); err != nil {
		return nil, err
	}
	f, err := s.frame(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	if _, err := s.enrollments.See(ctx, access.SeeAccommodation, f.enrollmentID); err != nil {
		return nil, err
	}
	all, err := extensions(ctx, s.db, func(q *bun.SelectQuery) {
		q.Where("x.id IN (SELECT extension_id FROM quiz_extended WHERE attempt_id = ?)", f.id)
	})
	if err != nil {
		return nil, fmt.Errorf("list extensions: %w", err)
	}
	if f.personID == who.ID {
		for _, x := range all {
			x.GivenBy, x.ReversedBy, x.Attempts = "", "", 0
		}
	}
	return all, nil
}

// CohortExtensions returns the extensions given to a cohort in a module, taken
// back or not, the oldest first.
func (s *Service) CohortExtensions(ctx context.Context, cohortID string, module curriculum.ModuleKey) ([]*Extension, error) {
	c, err := s.enrollments.Cohort(ctx, access.AccommodateQuiz, cohortID)
	if err != nil {
		return nil, err
	}
	all, err := extensions(ctx, s.db, func(q *bun.SelectQuery) { q.Where("x.cohort_id = ? AND x.module = ?", c.ID, module) })
	if err != nil {
		return nil, fmt.Errorf("list extensions: %w", err)
	}
	return all, nil
}

// reached counts the attempts of the extension x.
const reached = "(SELECT count(*) FROM quiz_extended r WHERE r.extension_id = x.id) AS attempts"

func getExtension(ctx context.Context, idb bun.IDB, id string) (*Extension, error) {
	x := new(Extension)
	return x, db.Check(idb.NewSelect().Model(x).ColumnExpr("x.*").ColumnExpr(reached).Where("x.id = ?", id).Scan(ctx))
}

func extensions(ctx context.Context, idb bun.IDB, narrow func(*bun.SelectQuery)) (rows []*Extension, err error) {
	q := idb.NewSelect().Model(&rows).ColumnExpr("x.*").ColumnExpr(reached).OrderExpr("x.id")
	narrow(q)
	return rows, db.Check(q.Scan(ctx))
}

// insertExtension writes an extension and the attempts that it reaches.
func insertExtension(ctx context.Context, tx bun.IDB, x *Extension, reached []*attempt) error {
	if _, err := tx.NewInsert().Model(x).Exec(ctx); err != nil {
		return db.Check(err)
	}
	rows := make([]extended, len(reached))
	for i, a := range reached {
		rows[i] = extended{AttemptID: a.ID, ExtensionID: x.ID}
	}
	_, err := tx.NewInsert().Model(&rows).Exec(ctx)
	return db.Check(err)
}

// extended is a row that says that an extension reached an attempt.
type extended struct {
	bun.BaseModel `bun:"table:quiz_extended"`

	AttemptID   string
	ExtensionID string
}
