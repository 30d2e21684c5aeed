package quiz

import (
	"context"
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

// A Decision says how a challenge was answered.
type Decision string

// The decisions. One that is upheld changes no score: it is the reason for
// another deed, a corrected key and a regrade.
const (
	Upheld   Decision = "upheld"
	Declined Decision = "declined"
)

// A Challenge is what a trainee says against an item of an attempt that they
// handed in, and the answer to it. Both stay.
type Challenge struct {
	bun.BaseModel `bun:"table:quiz_challenges"`

	ID           string `bun:",pk"`
	EnrollmentID string
	AttemptID    string
	Item         string // its id in the attempt
	Module       curriculum.ModuleKey
	BankItem     curriculum.ItemID // its id in the bank: for staff only
	CourseHash   string            // the version of it: the course that the attempt was drawn from
	Text         string            // 10 to 500 characters
	MadeAt       db.Time
	Decision     Decision `bun:",nullzero"` // "" until it is answered
	Answer       string   `bun:",nullzero"` // the trainee reads it
	AnsweredBy   string   `bun:",nullzero"`
	AnsweredAt   db.Time
	Version      int64
}

// The faults of a challenge.
var (
	ErrNotHandedIn = fault.New(fault.Conflict, "not_handed_in", "A question can be challenged once the attempt is handed in.")
	ErrChallenge   = fault.New(fault.Invalid, "bad_challenge", "Say in one sentence, of 10 to 500 characters of plain text, what is wrong with the question.").At("text")
	ErrChallenged  = fault.New(fault.Conflict, "already_challenged", "You have challenged this question already. What you said then stands, and is answered once.")
	ErrDecision    = fault.New(fault.Invalid, "bad_decision", "A challenge is upheld or declined.").At("decision")
	ErrAnswer      = fault.New(fault.Invalid, "bad_answer", "Answer in 10 to 500 characters of plain text; the trainee reads it.").At("text")
	ErrAnswered    = fault.New(fault.Conflict, "already_answered", "This challenge was answered already. What was answered stays.")
)

// leastSaid is how many characters a challenge and its answer have at least;
// maxNote is the most.
const leastSaid = 10

// Challenge records what the actor says against an item of their own attempt,
// by the id that it has there. It returns ErrNotHandedIn while the attempt is
// open, and ErrChallenged for a second one of the same item; the same words
// again return the first.
func (s *Service) Challenge(ctx context.Context, attemptID, item, text string) (*Challenge, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	q := f.question(item)
	if q == nil {
		return nil, ErrNoItem
	}
	if text, err = clean(text, leastSaid, ErrChallenge); err != nil {
		return nil, err
	}
	p, err := s.enrollments.Own(ctx, access.TakeQuiz, f.enrollmentID)
	if err != nil {
		return nil, err
	}
	a, err := get(ctx, s.db, f.id)
	if err == nil && a.overdue(s.now()) {
		a, _, err = s.close(ctx, f.id, true)
	}
	if err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	if a.State != Submitted {
		return nil, ErrNotHandedIn
	}
	c := &Challenge{
		EnrollmentID: p.ID, AttemptID: f.id, Item: q.id, Module: a.Module, BankItem: q.item.ID, CourseHash: a.Draw.Course, Text: text, Version: 1,
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		c, err = s.challenge(ctx, tx, *c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	return c, nil
}

// challenge records c, or finds what was recorded before.
func (s *Service) challenge(ctx context.Context, tx bun.IDB, c Challenge) (*Challenge, error) {
	if err := db.Lock(ctx, tx, "challenge/"+c.AttemptID); err != nil {
		return nil, err
	}
	first, err := challengeOf(ctx, tx, c.AttemptID, c.Item)
	if err != nil {
		return nil, err
	}
	c.ID = db.NewID()
	if first != nil {
		c.ID = first.ID // what the request's key stands for, if it has one
	}
	id, again, err := once.Claim(ctx, tx, s.now(), c.ID)
	switch {
	case err != nil:
		return nil, err
	case again:
		return getChallenge(ctx, tx, id)
	case first != nil && first.Text != c.Text:
		return nil, ErrChallenged
	case first != nil:
		return first, nil
	}
	c.MadeAt = db.At(s.now())
	if err := insertChallenge(ctx, tx, &c); err != nil {
		return nil, err
	}
	return &c, audit.Append(ctx, tx, c.MadeAt.Time, "quiz.challenged", c.ID, map[string]any{
		"enrollment": c.EnrollmentID, "attempt": c.AttemptID, "bank_item": c.BankItem, "course": c.CourseHash,
	})
}

// ChallengesOf lists the challenges in the actor's own attempt, the oldest
// first.
func (s *Service) ChallengesOf(ctx context.Context, attemptID string) ([]*Challenge, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	rows, err := challengesIn(ctx, s.db, f.id)
	if err != nil {
		return nil, fmt.Errorf("list challenges: %w", err)
	}
	return rows, nil
}

// answering are the roles that answer challenges: where they teach or are named
// for, and where they run the program.
var answering = []access.Role{access.Instructor, access.Admin}

// Challenges lists the challenges that the actor may answer, or those of them
// that wait, oldest first, after the one named by after.
func (s *Service) Challenges(ctx context.Context, waiting bool, after string, limit int64) ([]*Challenge, error) {
	if err := access.From(ctx).May(access.AnswerChallenge); err != nil {
		return nil, err
	}
	rows, err := challenges(ctx, s.db, s.enrollments.Reached(ctx, answering...), waiting, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list challenges: %w", err)
	}
	return rows, nil
}

// AnswerChallenge answers a challenge in a cohort that the actor teaches, or of
// a program that they run; never their own. It is done once: the same again
// returns the first, anything else is ErrAnswered.
func (s *Service) AnswerChallenge(ctx context.Context, id string, decision Decision, text string) (c *Challenge, err error) {
	who := access.From(ctx)
	if err := who.May(access.AnswerChallenge); err != nil {
		return nil, err
	}
	if decision != Upheld && decision != Declined {
		return nil, ErrDecision
	}
	if text, err = clean(text, leastSaid, ErrAnswer); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if c, err = holdChallenge(ctx, tx, id); err != nil {
			return err
		}
		_, roles, err := s.enrollments.As(ctx, tx, access.AnswerChallenge, c.EnrollmentID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(roles, func(r access.Role) bool { return slices.Contains(answering, r) }) {
			return db.ErrNone
		}
		if again, err := c.answer(decision, text, who.ID, db.At(s.now())); again || err != nil {
			return err
		}
		if err := updateChallenge(ctx, tx, c); err != nil {
			return err
		}
		return audit.Append(ctx, tx, c.AnsweredAt.Time, "quiz.challenge_answered", c.ID, map[string]any{"enrollment": c.EnrollmentID, "decision": decision})
	})
	if err != nil {
		return nil, fmt.Errorf("answer challenge: %w", err)
	}
	return c, nil
}

// answer is the rule of answering: once. again says that the same person gave
// the same answer before.
func (c *Challenge) answer(decision Decision, text, by string, at db.Time) (again bool, err error) {
	if c.Decision != "" {
		if c.Decision == decision && c.Answer == text && c.AnsweredBy == by {
			return true, nil
		}
		return false, ErrAnswered
	}
	c.Decision, c.Answer, c.AnsweredBy, c.AnsweredAt = decision, text, by, at
	return false, nil
}
