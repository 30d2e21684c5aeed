package practicum

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// A second rater grades a graded log once more and knows nothing of the first
// grades: of the share of logs that the program states, drawn by chance, and
// of every log whose author disputes the grades. The second grades change
// nothing in the log; a director sees where the two differ, and who graded
// first may correct. A disputed log is not signed until it was rated again.

// A Cause says why a log is rated a second time.
type Cause string

// The causes.
const (
	Sample  Cause = "sample"
	Dispute Cause = "dispute"
)

// A Second is a second rating, open until somebody gave it.
type Second struct {
	ID       string
	LogID    string
	Cause    Cause
	OpenedAt db.Time
	Said     string // why the author disputes the grades
	FirstID  string
	First    Grades // as they were when the second was asked for
	RaterID  string // who is to give it, or gave it; "" for anybody who may
	Grades   Grades
	Feedback string
	RatedAt  db.Time // zero while it is open
}

// The faults of rating a second time.
var (
	ErrSecond    = fault.New(fault.Conflict, "rated_twice", "This log was rated a second time already. Talk with who graded it; they can correct their grades until it is signed.")
	ErrRated     = fault.New(fault.Conflict, "already_rated", "Somebody has given this second rating already.")
	ErrSaw       = fault.New(fault.Forbidden, "saw_grades", "You have read this log since it was graded, so you know its grades. Somebody else rates it.")
	ErrFirst     = fault.New(fault.Forbidden, "first_rater", "You graded this log first. Somebody else rates it now.")
	ErrDisputed  = fault.New(fault.Conflict, "disputed", "The author disputes these grades. The log can be signed when somebody else has rated it.")
	ErrReason    = fault.New(fault.Invalid, "reason_required", "Say in 1 to 1,000 characters what you see differently.").At("reason")
	ErrSecondOne = fault.New(fault.Invalid, "unknown_rater", "Name an active instructor or supervisor of the program who neither graded the log nor wrote it.").At("user_id")
)

// draw decides by chance whether a log that was just graded is rated a second
// time. The ledger keeps the number that was drawn and the share it was held
// against, so that nobody can choose.
func (s *Service) draw(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log, details map[string]any) error {
	share := p.Edition.Practicum.SecondPercent
	if again, err := renewSecond(ctx, tx, l, s.now()); err != nil || again || share == 0 {
		return err // one that is open is about these grades now
	}
	n, err := rand.Int(rand.Reader, big.NewInt(100))
	if err != nil {
		return fmt.Errorf("draw a second rating: %w", err)
	}
	details["drawn"], details["second_percent"] = n.Int64(), share
	if n.Int64() >= int64(share) {
		return nil
	}
	err = insertSecond(ctx, tx, &secondRow{LogID: l.ID, Cause: Sample, OpenedAt: db.At(s.now()), FirstID: l.GraderID, FirstGrades: l.Grades})
	if errors.Is(err, ErrSecond) {
		return nil // it was rated twice before it came back and was graded anew
	}
	return err
}

// Dispute has the author of a graded log ask for a second rater, and say why.
// Asked again, nothing changes.
func (s *Service) Dispute(ctx context.Context, id, reason string) (*Log, error) {
	reason = text.Tidy(reason)
	if reason == "" {
		return nil, ErrReason
	}
	if err := checkText(reason, "reason", maxMessage); err != nil {
		return nil, err
	}
	p, err := s.own(ctx, id)
	if err != nil {
		return nil, err
	}
	confirmed, err := vetting.Look(ctx, s.db, p.Program, vetting.Text{Field: "reason", Text: reason})
	if err != nil {
		return nil, err
	}
	var l *Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if l, err = s.held(ctx, tx, id); err != nil {
			return err
		}
		if err := l.disputable(); err != nil {
			return err
		}
		changed, err := s.openDispute(ctx, tx, l, reason)
		if err != nil || !changed {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.disputed", id, map[string]any{"grades": l.Grades})
	})
	if err != nil {
		return nil, fmt.Errorf("dispute log: %w", err)
	}
	return l, nil
}

// disputable says why the grades of a log cannot be disputed, or nothing.
func (l *Log) disputable() error {
	switch l.Status {
	case Countersigned:
		return ErrLocked
	case Graded:
		return nil
	}
	return ErrNothing
}

// openDispute asks for a second rating, or makes a dispute of one that was
// drawn and is open.
func (s *Service) openDispute(ctx context.Context, tx bun.IDB, l *Log, reason string) (changed bool, err error) {
	r, err := secondOf(ctx, tx, l.ID)
	if err != nil {
		return false, err
	}
	switch {
	case r == nil:
		r = &secondRow{ID: db.NewID(), LogID: l.ID, Cause: Dispute, OpenedAt: db.At(s.now()), FirstID: l.GraderID, FirstGrades: l.Grades}
		r.Said = s.ring.Seal(secondPlace("said", r.ID), []byte(reason))
		return true, insertSecond(ctx, tx, r)
	case !r.RatedAt.IsZero():
		return false, ErrSecond
	case r.Cause == Dispute:
		return false, nil
	}
	return true, disputeSecond(ctx, tx, r.ID, s.ring.Seal(secondPlace("said", r.ID), []byte(reason)))
}

// ToRate returns the open second ratings that the actor may give, oldest first:
// of those whom they supervise, and those they were named for. It tells neither
// who graded first nor how.
func (s *Service) ToRate(ctx context.Context, after string, limit int64) ([]*Second, error) {
	supervised, err := s.enrollments.Supervising(ctx, access.GradeLog)
	if err != nil {
		return nil, err
	}
	rows, err := openSeconds(ctx, s.db, supervised, access.From(ctx).ID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list second ratings: %w", err)
	}
	all := make([]*Second, len(rows))
	for i, r := range rows {
		all[i] = &Second{ID: r.ID, LogID: r.LogID, Cause: r.Cause, OpenedAt: r.OpenedAt}
	}
	return all, nil
}

// ReadToRate returns the log of an open second rating to who may give it, as it
// was before anybody graded it. Reading it is in the ledger.
func (s *Service) ReadToRate(ctx context.Context, id string) (*Log, error) {
	var l *Log
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		r, p, err := s.toRate(ctx, tx, id)
		if err != nil {
			return err
		}
		if l, err = s.load(ctx, tx, r.LogID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.read_to_rate", r.LogID, onBehalf(p, map[string]any{"second": r.ID}))
	})
	if err != nil {
		return nil, fmt.Errorf("read log to rate: %w", err)
	}
	return l.ungraded(), nil
}

// ungraded is a log as nobody has graded it.
func (l *Log) ungraded() *Log {
	shown := *l
	shown.Status, shown.SelfRating, shown.Grades, shown.Feedback = Submitted, nil, nil, ""
	shown.ObservedBy, shown.GraderID, shown.GradedAt = "", "", db.Time{}
	return &shown
}

// SecondRate gives a second rating. Grades of safety below the floor stop the
// enrollment, as those of the first rater do.
func (s *Service) SecondRate(ctx context.Context, id string, v Verdict) (*Second, error) {
	v.Feedback = text.Tidy(v.Feedback)
	if err := v.check(); err != nil {
		return nil, err
	}
	var r *secondRow
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var p *enrollment.Pinned
		var err error
		if r, p, err = s.toRate(ctx, tx, id); err != nil {
			return err
		}
		confirmed, err := vetting.Look(ctx, tx, p.Program, vetting.Text{Field: "feedback", Text: v.Feedback})
		if err != nil {
			return err
		}
		r.RaterID, r.Grades, r.RatedAt = access.From(ctx).ID, v.Grades, db.At(s.now())
		r.Feedback = s.ring.Seal(secondPlace("feedback", r.ID), []byte(v.Feedback))
		if err := rateSecond(ctx, tx, r); err != nil {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), r.LogID); err != nil {
			return err
		}
		if err := s.raise(ctx, tx, p, r.LogID, v.Grades); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.second_rated", r.LogID, onBehalf(p, map[string]any{"second": r.ID, "grades": v.Grades}))
	})
	if err != nil {
		return nil, fmt.Errorf("rate a second time: %w", err)
	}
	return s.second(r)
}

// toRate returns an open second rating that the actor may give. Anybody else's
// answers like one that does not exist.
func (s *Service) toRate(ctx context.Context, tx bun.IDB, id string) (*secondRow, *enrollment.Pinned, error) {
	who := access.From(ctx)
	if err := who.May(access.GradeLog); err != nil {
		return nil, nil, err
	}
	r, enrollmentID, err := getSecond(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.rater(ctx, tx, r, enrollmentID)
	if err != nil {
		return nil, nil, err
	}
	if !r.RatedAt.IsZero() {
		return nil, nil, ErrRated
	}
	if err := s.notOwn(ctx, tx, p); err != nil {
		return nil, nil, err
	}
	same, err := s.people.Same(ctx, tx, r.FirstID, who.ID)
	if err != nil {
		return nil, nil, err
	}
	if same {
		return nil, nil, ErrFirst
	}
	saw, err := readSince(ctx, tx, r, who.ID)
	if err == nil && saw {
		err = ErrSaw
	}
	return r, p, err
}

// rater is the enrollment of a second rating if the actor is named for it, or
// nobody is and they supervise there.
func (s *Service) rater(ctx context.Context, tx bun.IDB, r *secondRow, enrollmentID string) (*enrollment.Pinned, error) {
	switch r.RaterID {
	case access.From(ctx).ID:
		all, err := s.enrollments.ByID(ctx, tx, []string{enrollmentID})
		if err != nil {
			return nil, err
		}
		return s.enrollments.Pin(ctx, all[enrollmentID])
	case "":
		return s.enrollments.Supervised(ctx, tx, access.GradeLog, enrollmentID)
	}
	return nil, db.ErrNone
}
