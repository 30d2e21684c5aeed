package practicum

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// The faults of amending a signed log.
var (
	ErrNotSigned = fault.New(fault.Conflict, "not_signed", "Only a signed log is amended. Change this one as it is.")
	ErrAmended   = fault.New(fault.Conflict, "amended", "This log was amended before. Amend the one that took its place.")
	ErrBroken    = fault.New(fault.Conflict, "log_broken", "This log is not what was signed. Tell your program's director; it cannot be amended.")
	ErrAmendment = fault.New(fault.Invalid, "reason_required", fmt.Sprintf("Say in %d to %d characters what has to be put right, and why.", minAmendment, maxMessage)).At("reason")
)

// minAmendment is the least a reason says, in characters.
const minAmendment = 10

// Amend begins a new version of a signed log, with a reason. The signed one
// stays as it is, and counts until the new one is graded and signed. The
// author's begins as a draft; a supervisor's, who has another grade to give, is
// submitted as it was. A version that waits is returned as it is.
func (s *Service) Amend(ctx context.Context, id, reason string) (*Log, error) {
	reason = text.Tidy(reason)
	if err := checkAmendment(reason); err != nil {
		return nil, err
	}
	var l *Log
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		signed, status, err := s.toAmend(ctx, tx, id)
		if err != nil {
			return err
		}
		if l, err = s.amendmentOf(ctx, tx, id); !errors.Is(err, db.ErrNone) {
			if err == nil && l.Status == Countersigned {
				err = ErrAmended.With("amended_by", l.ID)
			}
			return err
		}
		if err := signed.amendable(); err != nil {
			return err
		}
		confirmed, err := vetting.Look(ctx, tx, "", vetting.Text{Field: "reason", Text: reason})
		if err != nil {
			return err
		}
		l = signed.again(db.NewID(), reason, status, db.At(s.now()))
		if err := insert(ctx, tx, s.seal(l)); err != nil {
			return err
		}
		if err := queue(ctx, tx, l); err != nil {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), l.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.amendment_begun", l.ID, map[string]any{"enrollment": l.EnrollmentID, "amends": id})
	})
	if err != nil {
		return nil, fmt.Errorf("amend log: %w", s.denied(ctx, id, err))
	}
	return l, nil
}

func checkAmendment(reason string) error {
	if utf8.RuneCountInString(reason) < minAmendment {
		return ErrAmendment
	}
	return checkText(reason, "reason", maxMessage)
}

// toAmend returns a log that the actor may amend, and where its new version
// begins.
func (s *Service) toAmend(ctx context.Context, tx bun.IDB, id string) (*Log, Status, error) {
	if err := access.From(ctx).May(access.AmendLog); err != nil {
		return nil, "", err
	}
	r, e, err := s.find(ctx, tx, id)
	if err != nil {
		return nil, "", err
	}
	status := Submitted
	var p *enrollment.Pinned
	if e.PersonID == access.From(ctx).ID {
		status = Draft
		_, err = s.enrollments.Own(ctx, access.WriteLog, e.ID)
	} else if access.From(ctx).May(access.GradeLog) == access.ErrForbidden {
		err = db.ErrNone // another trainee's log is like a made-up one
	} else if p, err = s.enrollments.Supervised(ctx, tx, access.GradeLog, e.ID); err == nil {
		err = s.notOwn(ctx, tx, p)
	}
	if err != nil {
		return nil, "", err
	}
	l, err := s.open(r)
	return l, status, err
}

// amendmentOf returns the log that stands, or is to stand, for another.
func (s *Service) amendmentOf(ctx context.Context, idb bun.IDB, id string) (*Log, error) {
	r := new(row)
	if err := idb.NewSelect().Model(r).Where("amends = ?", id).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	if err := withParts(ctx, idb, []*row{r}); err != nil {
		return nil, err
	}
	return s.open(r)
}

func (l *Log) amendable() error {
	switch {
	case l.Status != Countersigned:
		return ErrNotSigned
	case l.Broken:
		return ErrBroken
	}
	return nil
}

// again is a new version of a signed log: what the author wrote, and nothing of
// what became of it.
func (l *Log) again(id, reason string, status Status, at db.Time) *Log {
	n := *l
	n.ID, n.Amends, n.AmendReason, n.Status, n.Version = id, l.ID, reason, status, 1
	n.CreatedAt, n.UpdatedAt, n.SubmittedAt, n.GradedAt, n.SignedAt = at, at, db.Time{}, db.Time{}, db.Time{}
	n.ReturnReason, n.ReturnMessage, n.Grades, n.Feedback, n.ObservedBy, n.GraderID = "", "", nil, "", "", ""
	n.SignerID, n.SignerName, n.SignerLicense, n.Meaning, n.Method = "", "", "", "", ""
	n.Form, n.Commitments, n.ContentHash, n.Signature, n.SignatureKID, n.salts, n.sealed = 0, nil, "", nil, "", nil, nil
	if status == Submitted {
		n.SubmittedAt = at
	}
	return &n
}

// inForce names, in each log that a signed one took the place of, that one.
func inForce(all []Session) {
	by := make(map[string]string)
	for _, x := range all {
		if x.Amends != "" && x.Status == Countersigned {
			by[x.Amends] = x.LogID
		}
	}
	if len(by) == 0 {
		return
	}
	for i := range all {
		all[i].AmendedBy = by[all[i].LogID]
	}
}
