// Package practicum keeps the logs that trainees write of supervised practice,
// and what instructors do with them: return, grade, countersign. A log is two
// records: the work line, on which hours are judged, and the case line. Only
// its author and those who supervise it see both.
//
// A log documents the trainee's work and not the client's case.
package practicum

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// Service keeps the logs.
type Service struct {
	db          *db.DB
	enrollments *enrollment.Service
	people      *identity.Service
	ring        *keys.Ring
	now         func() time.Time
	memory      memory // of rows as evidence
	gate        Gate
	alarm       Alarm // nil: unsafe grades stop nobody
	keep        Keep
}

// A Gate says what comes first. LogOpen returns nil when such a log may be
// written now, else a fault that names what the program wants done before. What
// the log does not say yet may be anything.
type Gate interface {
	LogOpen(ctx context.Context, p *enrollment.Pinned, log *Work) error
}

// GuardedBy has logs begun, and submitted for the first time, only as gate
// says. It looks at the evidence of all features, so it is made after them.
func (s *Service) GuardedBy(gate Gate) { s.gate = gate }

// New returns the logs kept in d. Their texts are sealed, and signed logs
// signed, with keys of ring.
func New(d *db.DB, enrollments *enrollment.Service, people *identity.Service, ring *keys.Ring, now func() time.Time) *Service {
	return &Service{db: d, enrollments: enrollments, people: people, ring: ring, now: now}
}

// Create begins a log in the actor's enrollment. What is given is checked; what
// is missing is asked for when the log is submitted. It returns the gate's
// fault for practice before which something else comes.
func (s *Service) Create(ctx context.Context, enrollmentID string, d Form) (*Log, error) {
	p, err := s.enrollments.Own(ctx, access.WriteLog, enrollmentID)
	if err != nil {
		return nil, err
	}
	begun, err := s.begin(ctx, p, d)
	if err != nil {
		return nil, err
	}
	var l *Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			l, err = s.load(ctx, tx, id)
			return err
		}
		fresh := *begun // a second try of the transaction begins anew
		l, fresh.ID = &fresh, id
		return s.add(ctx, tx, p, l, d)
	})
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return l, nil
}

// begin makes a log of a form, without a place in SQL.
func (s *Service) begin(ctx context.Context, p *enrollment.Pinned, d Form) (*Log, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	l := &Log{Work: Work{EnrollmentID: p.ID, Status: Draft, Version: 1, CreatedAt: db.At(s.now()), UpdatedAt: db.At(s.now())}}
	l.apply(d)
	l.dropUnasked(asksOf(p), d)
	if err := l.check(s.bounds(p)); err != nil {
		return nil, err
	}
	return l, s.first(ctx, p, &l.Work)
}

// add keeps a log that was begun, under the id it has.
func (s *Service) add(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log, d Form) error {
	confirmed, err := vetting.Look(ctx, tx, p.Program, d.texts()...)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, tx, p, l, d); err != nil {
		return err
	}
	if err := insert(ctx, tx, s.seal(l)); err != nil {
		return err
	}
	if err := confirmed.Keep(ctx, tx, s.now(), l.ID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "log.created", l.ID, map[string]any{"enrollment": p.ID})
}

// Edit changes a draft or a returned log. The form names what to change; the
// version is the one that was read.
func (s *Service) Edit(ctx context.Context, id string, d Form, version int64) (*Log, error) {
	p, err := s.own(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	var l *Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if l, err = s.held(ctx, tx, id); err != nil {
			return err
		}
		if err := l.editable(version); err != nil {
			return err
		}
		if err := s.change(ctx, tx, p, l, d); err != nil {
			return err
		}
		return bump(ctx, tx, l.ID, d.names())
	})
	if err != nil {
		return nil, fmt.Errorf("edit log: %w", err)
	}
	return l, nil
}

// change writes a form into a log that may be edited.
func (s *Service) change(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log, d Form) error {
	if d.Phase != nil && *d.Phase != l.Phase && !l.SubmittedAt.IsZero() {
		return ErrPhaseFixed
	}
	l.apply(d)
	l.dropUnasked(asksOf(p), d)
	l.UpdatedAt = db.At(s.now())
	if err := l.check(s.bounds(p)); err != nil {
		return err
	}
	confirmed, err := vetting.Look(ctx, tx, p.Program, d.texts()...)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, tx, p, l, d); err != nil {
		return err
	}
	if err := s.write(ctx, tx, l); err != nil {
		return err
	}
	if err := confirmed.Keep(ctx, tx, s.now(), l.ID); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "log.edited", l.ID, nil)
}

// settle fills in what the server knows better: the case's reference and
// number, and whether the named supervisor supervises.
func (s *Service) settle(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log, d Form) error {
	s.dateConsent(l)
	if d.SupervisorID != nil {
		if err := s.checkSupervisor(ctx, tx, p, l); err != nil {
			return err
		}
	}
	if l.Week != "" {
		l.Case.Year = yearOf(l.Week)
	}
	switch {
	case l.Case.Ref == "":
		l.Case.Ref = newCaseRef()
	case d.CaseRef != nil:
		own, err := ownsCase(ctx, tx, p.ID, l.Case.Ref)
		if err != nil || !own {
			if err == nil {
				err = ErrCase
			}
			return err
		}
	}
	if l.Case.Seq == 0 {
		if err := db.Lock(ctx, tx, "practicum_case/"+p.ID+"/"+l.Case.Ref); err != nil {
			return err
		}
		last, err := lastSeq(ctx, tx, p.ID, l.Case.Ref)
		if err != nil {
			return err
		}
		if l.Case.Seq = last + 1; l.Case.Seq > 60 {
			return ErrSeq
		}
	} else if d.CaseSeq != nil {
		return seqFree(ctx, tx, p.ID, l)
	}
	return nil
}

// checkSupervisor refuses a named supervisor who does not supervise now.
func (s *Service) checkSupervisor(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log) error {
	if l.SupervisorID == "" {
		return nil
	}
	people, err := s.enrollments.Supervisors(ctx, tx, p.Enrollment)
	if err == nil && !contains(people, l.SupervisorID) {
		return ErrSupervisor
	}
	return err
}

// Submit puts a log before the graders. Everything must be there; the fault
// names the first field that is not, and lists all. ErrAsk asks whether unusual
// answers are right; confirmed names those that are. Submitting a submitted log
// returns it. It returns the gate's fault as Create does.
func (s *Service) Submit(ctx context.Context, id string, confirmed ...string) (*Log, error) {
	p, err := s.own(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.firstOf(ctx, p, id); err != nil {
		return nil, err
	}
	var l *Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if l, err = s.held(ctx, tx, id); err != nil || l.Status == Submitted {
			return err
		}
		if err := s.mended(ctx, tx, l); err != nil {
			return err
		}
		if err := s.send(ctx, tx, p, l, confirmed); err != nil {
			return err
		}
		if err := s.write(ctx, tx, l); err != nil {
			return err
		}
		if err := s.due(ctx, tx, p, l); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "log.submitted", l.ID, map[string]any{"enrollment": p.ID, "phase": l.Phase, "minutes": l.Minutes})
	})
	if err != nil {
		return nil, fmt.Errorf("submit log: %w", err)
	}
	return l, nil
}

// send makes a log a submitted one, if it is whole.
func (s *Service) send(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log, confirmed []string) error {
	earlier, err := lastSeqBefore(ctx, tx, p.ID, l.Case.Ref, l.Case.Seq)
	if err != nil {
		return err
	}
	if err := l.submit(s.bounds(p), earlier, confirmed...); err != nil {
		return err
	}
	if err := l.rated(p.Edition.Practicum); err != nil {
		return err
	}
	if err := s.checkPresence(ctx, tx, p, l); err != nil {
		return err
	}
	if err := s.checkDays(ctx, tx, p, l); err != nil {
		return err
	}
	return s.checkSupervisor(ctx, tx, p, l)
}

// Mine returns the work lines of the actor's own logs in an enrollment, oldest
// first, after the one named by after.
func (s *Service) Mine(ctx context.Context, enrollmentID, after string, limit int64) ([]*Work, error) {
	if _, err := s.enrollments.OwnToRead(ctx, access.WriteLog, enrollmentID); err != nil {
		return nil, err
	}
	rows, err := ofEnrollment(ctx, s.db, enrollmentID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list logs: %w", err)
	}
	return works(rows), nil
}

// own returns the enrollment of a log of the actor's.
func (s *Service) own(ctx context.Context, id string) (*enrollment.Pinned, error) {
	if err := access.From(ctx).May(access.WriteLog); err != nil {
		return nil, err
	}
	_, e, err := s.find(ctx, s.db, id)
	if err != nil {
		return nil, s.denied(ctx, id, err)
	}
	p, err := s.enrollments.Own(ctx, access.WriteLog, e.ID)
	return p, s.denied(ctx, id, err)
}

// first is the gate's fault where something comes before practice.
func (s *Service) first(ctx context.Context, p *enrollment.Pinned, w *Work) error {
	if s.gate == nil {
		return nil
	}
	return s.gate.LogOpen(ctx, p, w)
}

// firstOf is first for a log that is there. One that was submitted once goes on
// whatever the gate says: it was let through.
func (s *Service) firstOf(ctx context.Context, p *enrollment.Pinned, id string) error {
	r, err := get(ctx, s.db, id)
	if err != nil {
		return fmt.Errorf("submit log: %w", err)
	}
	if w := r.work(); w.SubmittedAt.IsZero() && r.Amends == "" {
		return s.first(ctx, p, w)
	}
	return nil
}

// find returns a log by an id that came from outside, and its enrollment. The
// texts stay sealed: whether the actor may see them is asked first, so that a
// log that cannot be opened is no different to a stranger.
func (s *Service) find(ctx context.Context, idb bun.IDB, id string) (*row, *enrollment.Enrollment, error) {
	if !db.IsID(id) {
		return nil, nil, db.ErrNone
	}
	r, err := get(ctx, idb, id)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.enrollments.ByID(ctx, idb, []string{r.EnrollmentID})
	if err != nil {
		return nil, nil, err
	}
	return r, all[r.EnrollmentID], nil
}

// hold keeps every other deed on a log waiting until the transaction ends, so
// that the second of two is told what the first one did.
func hold(ctx context.Context, tx bun.IDB, id string) error {
	return db.Lock(ctx, tx, "practicum_log/"+id)
}

// held returns a log that nobody else changes until the transaction ends.
func (s *Service) held(ctx context.Context, tx bun.IDB, id string) (*Log, error) {
	if err := hold(ctx, tx, id); err != nil {
		return nil, err
	}
	return s.load(ctx, tx, id)
}
