package quiz

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// The faults of helping a trainee on.
var (
	ErrTriesLeft = fault.New(fault.Conflict, "not_exhausted", "This trainee has tries left, or has passed; no further one is needed.")
	ErrNote      = fault.New(fault.Invalid, "bad_note", "Say in 1 to 500 characters what you went through with the trainee.").At("note")
)

// A Remediation records that an instructor went through a module with a
// trainee whose tries were used up. It opens one more.
type Remediation struct {
	bun.BaseModel `bun:"table:quiz_remediations"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Module       curriculum.ModuleKey
	GivenBy      string
	Note         string
	GivenAt      db.Time
}

// Remediate records a remediation by the actor. It returns ErrTriesLeft unless
// every try is used up without a pass.
func (s *Service) Remediate(ctx context.Context, enrollmentID string, module curriculum.ModuleKey, note string) (*Remediation, error) {
	p, err := s.enrollments.See(ctx, access.Remediate, enrollmentID)
	if err != nil {
		return nil, err
	}
	if p.Course.Module(module) == nil {
		return nil, db.ErrNone
	}
	if note = strings.TrimSpace(note); note == "" || utf8.RuneCountInString(note) > 500 {
		return nil, ErrNote
	}
	r := &Remediation{EnrollmentID: p.ID, Module: module, GivenBy: access.From(ctx).ID, Note: note, GivenAt: db.At(s.now())}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			r, err = getRemediation(ctx, tx, id)
			return err
		}
		if err := db.Lock(ctx, tx, quizLock(p.ID, module)); err != nil {
			return err
		}
		st, err := standing(ctx, tx, p.ID, module)
		if err != nil {
			return err
		}
		if !Exhausted(p.Edition.Quiz, st) {
			return ErrTriesLeft
		}
		r.ID = id
		if err := insertRemediation(ctx, tx, r); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "quiz.remediated", p.ID, map[string]any{"module": module, "remediation": id})
	})
	if err != nil {
		return nil, fmt.Errorf("remediate: %w", err)
	}
	return r, nil
}

// Evidence returns the standings of enrollments in the modules they have begun.
// It reads through idb, so that a deed can ask inside its transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string][]Standing, error) {
	all, err := standings(ctx, idb, enrollmentIDs, "")
	if err != nil {
		return nil, fmt.Errorf("read quizzes: %w", err)
	}
	return all, nil
}

// standing sums up one enrollment's attempts at one quiz.
func standing(ctx context.Context, idb bun.IDB, enrollmentID string, module curriculum.ModuleKey) (Standing, error) {
	all, err := standings(ctx, idb, []string{enrollmentID}, module)
	if err != nil || len(all[enrollmentID]) == 0 {
		return Standing{Module: module}, err
	}
	return all[enrollmentID][0], nil
}

// standings sums up attempts and remediations, of one module or of all.
func standings(ctx context.Context, idb bun.IDB, enrollmentIDs []string, module curriculum.ModuleKey) (map[string][]Standing, error) {
	all := make(map[string][]Standing, len(enrollmentIDs))
	if len(enrollmentIDs) == 0 {
		return all, nil
	}
	attempts, err := attemptsOf(ctx, idb, enrollmentIDs, module)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		list := all[a.EnrollmentID]
		if n := len(list); n == 0 || list[n-1].Module != a.Module {
			list = append(list, Standing{Module: a.Module})
		}
		list[len(list)-1].note(a)
		all[a.EnrollmentID] = list
	}
	given, err := remediationsOf(ctx, idb, enrollmentIDs, module)
	for _, r := range given {
		for i := range all[r.EnrollmentID] {
			if st := &all[r.EnrollmentID][i]; st.Module == r.Module {
				st.remediated(r)
			}
		}
	}
	return all, err
}
