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
	"github.com/kapstone-lms/kapstone/internal/text"
)

// A Remediation records that an instructor went through a module with a
// trainee: because their tries were used up, or because the program asks for it
// after every failed one. The next try may begin at once.
type Remediation struct {
	bun.BaseModel `bun:"table:quiz_remediations"`

	ID           string `bun:",pk"`
	EnrollmentID string
	Module       curriculum.ModuleKey
	GivenBy      string // person id
	Note         string // 1 to 500 characters
	GivenAt      db.Time
	Opens        bool // one more try than the program gives, for all were used
}

// The faults of remediating.
var (
	ErrNotExhausted = fault.New(fault.Conflict, "not_exhausted",
		"This trainee still has a try that waits for nobody, or has passed. One more is given when all are used.")
	ErrNote = fault.New(fault.Invalid, "bad_note", "Say in 1 to 500 characters of plain text what you went through with the trainee.").At("note")
)

// Remediate records a remediation of an enrollment that the actor teaches or
// supervises, and grants one more try of the module's quiz if all are used. It
// returns ErrNotExhausted while there is a try that may begin without.
func (s *Service) Remediate(ctx context.Context, enrollmentID string, module curriculum.ModuleKey, note string) (*Remediation, error) {
	p, err := s.enrollments.See(ctx, access.Remediate, enrollmentID)
	if err != nil {
		return nil, err
	}
	who := access.From(ctx)
	if err := who.MayIn(access.Remediate, p.Program); err != nil {
		return nil, err
	}
	if p.PersonID == who.ID || p.Course.Module(module) == nil { // nobody remediates themselves
		return nil, db.ErrNone
	}
	if note, err = cleanNote(note); err != nil {
		return nil, err
	}
	if _, err := s.openNow(ctx, enrollmentID, module); err != nil {
		return nil, fmt.Errorf("remediate: %w", err)
	}
	r := &Remediation{EnrollmentID: enrollmentID, Module: module, GivenBy: who.ID, Note: note}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			r, err = getRemediation(ctx, tx, id)
			return err
		}
		r.ID, r.GivenAt = id, db.At(s.now())
		return s.remediate(ctx, tx, r, p.Edition.Quiz)
	})
	if err != nil {
		return nil, fmt.Errorf("remediate: %w", err)
	}
	return r, nil
}

func (s *Service) remediate(ctx context.Context, tx bun.IDB, r *Remediation, rules curriculum.QuizRules) error {
	if err := db.Lock(ctx, tx, tries(r.EnrollmentID, r.Module)); err != nil {
		return err
	}
	st, err := standing(ctx, tx, r.EnrollmentID, r.Module)
	if err != nil {
		return err
	}
	st = Counted(rules, st)
	if r.Opens = Exhausted(rules, st); !r.Opens && (st.OpenAttempt != "" || !NeedsHelp(rules, st)) {
		return ErrNotExhausted
	}
	if err := insertRemediation(ctx, tx, r); err != nil {
		return err
	}
	return audit.Append(ctx, tx, r.GivenAt.Time, "quiz.remediated", r.EnrollmentID,
		map[string]any{"remediation": r.ID, "module": r.Module, "attempts": st.Attempts})
}

const maxNote = 500

// cleanNote returns a note in the form in which it is kept.
func cleanNote(note string) (string, error) { return clean(note, 1, ErrNote) }

// clean returns what a person writes in the form in which it is kept; bad is
// the fault of one that is too short, too long or no plain text.
func clean(note string, least int, bad *fault.Fault) (string, error) {
	if !utf8.ValidString(note) {
		return "", bad
	}
	note = text.Tidy(note)
	if n := utf8.RuneCountInString(note); n < least || n > maxNote || strings.ContainsFunc(note, text.Unfit) {
		return "", bad
	}
	return note, nil
}
