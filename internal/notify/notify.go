// Package notify tells people by mail what waits for them: a log that came
// back or was graded, a hold, a day that comes near, and once a day the queue.
// A letter holds no text of a log and nobody's name: it says that there is
// something to look at, and the reading is done where it is seen who reads.
//
// Features leave a job in the deed; here it becomes a letter for each who is to
// be told, and each letter is a job of its own. Everybody may mute every notice
// but those of holds.
package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/mail"
	"github.com/kapstone-lms/kapstone/internal/outbox"
	"github.com/kapstone-lms/kapstone/internal/practicum"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// A Kind is what a notice is about.
type Kind string

// The notices.
const (
	LogReturned Kind = "log_returned"
	LogGraded   Kind = "log_graded"
	LogDue      Kind = "log_due"
	QueueDigest Kind = "queue_digest"
	HoldOpened  Kind = "hold_opened"
	HoldToStaff Kind = "hold_to_staff"
)

// Mutable are the notices that a person may do without.
var Mutable = []Kind{LogReturned, LogGraded, LogDue, QueueDigest}

// The jobs of this package.
const (
	jobLetter outbox.Kind = "letter"
	jobDigest outbox.Kind = "notice.queue_digest"
)

// Service tells people.
type Service struct {
	db          *db.DB
	people      *identity.Service
	enrollments *enrollment.Service
	logs        *practicum.Service
	sender      mail.Sender
	base        string // the address that people use
	now         func() time.Time
}

// New returns notices that go out by sender. Letters lead to the address base.
func New(d *db.DB, people *identity.Service, enrollments *enrollment.Service, logs *practicum.Service, sender mail.Sender, base string,
	now func() time.Time) *Service {
	return &Service{db: d, people: people, enrollments: enrollments, logs: logs, sender: sender, base: base, now: now}
}

// Register has w do the jobs of notices.
func (s *Service) Register(w *outbox.Worker) {
	w.Handle(practicum.JobReturned, s.toAuthor(LogReturned))
	w.Handle(practicum.JobGraded, s.toAuthor(LogGraded))
	w.Handle(practicum.JobDue, s.toGraders)
	w.Handle(standing.JobOpened, s.ofHold)
	w.Handle(jobDigest, s.digest)
	w.HandleOutside(jobLetter, s.send)
}

// A notice is what one person is told. It is kept as a job until the letter is
// out.
type notice struct {
	PersonID string `json:"person_id"`
	Kind     Kind   `json:"kind"`
	Logs     int    `json:"logs,omitempty"` // of a digest
	Flagged  int    `json:"flagged,omitempty"`
	Overdue  int    `json:"overdue,omitempty"`
}

// put leaves a letter to be sent: one for each job and person.
func (s *Service) put(ctx context.Context, tx bun.IDB, j *outbox.Job, n notice) error {
	return outbox.Put(ctx, tx, jobLetter, fmt.Sprintf("%s/%s/%s", n.Kind, j.Key, n.PersonID), n, s.now())
}

// toAuthor tells the author of a log.
func (s *Service) toAuthor(kind Kind) func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
	return func(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
		var about practicum.Told
		e, err := s.about(ctx, tx, j, &about, func() string { return about.EnrollmentID })
		if err != nil {
			return err
		}
		return s.put(ctx, tx, j, notice{PersonID: e.PersonID, Kind: kind})
	}
}

// about reads what a job is about, and the enrollment.
func (s *Service) about(ctx context.Context, tx bun.IDB, j *outbox.Job, into any, enrollmentID func() string) (*enrollment.Enrollment, error) {
	if err := j.Read(into); err != nil {
		return nil, err
	}
	all, err := s.enrollments.ByID(ctx, tx, []string{enrollmentID()})
	if err != nil {
		return nil, err
	}
	e := all[enrollmentID()]
	if e == nil {
		return nil, fmt.Errorf("job %s is about no enrollment", j.ID)
	}
	return e, nil
}

// toGraders reminds those who supervise of a log whose day comes near, if it
// still waits.
func (s *Service) toGraders(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
	var about practicum.Told
	e, err := s.about(ctx, tx, j, &about, func() string { return about.EnrollmentID })
	if err != nil {
		return err
	}
	waits, err := s.logs.Waits(ctx, tx, about.LogID)
	if err != nil || !waits {
		return err
	}
	people, err := s.enrollments.Supervisors(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := s.put(ctx, tx, j, notice{PersonID: id, Kind: LogDue}); err != nil {
			return err
		}
	}
	return nil
}

// ofHold tells the trainee, and of the staff those who supervise and those who
// decide, except who opened it.
func (s *Service) ofHold(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
	var about standing.Told
	e, err := s.about(ctx, tx, j, &about, func() string { return about.EnrollmentID })
	if err != nil {
		return err
	}
	staff, err := s.people.Holders(ctx, tx, e.Program, access.Admin, access.Director)
	if err != nil {
		return err
	}
	near, err := s.enrollments.Supervisors(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append(staff, near...)))) {
		if id == about.OpenedBy || id == e.PersonID {
			continue
		}
		if err := s.put(ctx, tx, j, notice{PersonID: id, Kind: HoldToStaff}); err != nil {
			return err
		}
	}
	return s.put(ctx, tx, j, notice{PersonID: e.PersonID, Kind: HoldOpened})
}

// digestHour is from when on in the day, in UTC, the queue is told.
const digestHour = 6

// Daily has everybody for whom logs wait told of them, once a day. It may be
// called as often as one likes.
func (s *Service) Daily(ctx context.Context) error {
	now := s.now().UTC()
	if now.Hour() < digestHour {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return outbox.Put(ctx, tx, jobDigest, now.Format(time.DateOnly), struct{}{}, now)
	})
}

// digest tells each who supervises how much waits for them.
func (s *Service) digest(ctx context.Context, tx bun.Tx, j *outbox.Job) error {
	piles, err := s.logs.Piles(ctx, tx)
	if err != nil {
		return err
	}
	ids := make([]string, len(piles))
	for i, p := range piles {
		ids[i] = p.EnrollmentID
	}
	all, err := s.enrollments.ByID(ctx, tx, ids)
	if err != nil {
		return err
	}
	notices := make(map[string]notice)
	for _, p := range piles {
		people, err := s.enrollments.Supervisors(ctx, tx, all[p.EnrollmentID])
		if err != nil {
			return err
		}
		for _, id := range people {
			n := notices[id]
			notices[id] = notice{id, QueueDigest, n.Logs + p.Logs, n.Flagged + p.Flagged, n.Overdue + p.Overdue}
		}
	}
	for _, n := range notices {
		if err := s.put(ctx, tx, j, n); err != nil {
			return err
		}
	}
	return nil
}

// send sends a letter, unless its reader muted such notices or is gone. Where
// no mail is set up there is nothing to try again.
func (s *Service) send(ctx context.Context, j *outbox.Job) error {
	var n notice
	if err := j.Read(&n); err != nil {
		return err
	}
	p, err := s.people.Find(ctx, s.db, n.PersonID)
	if err != nil {
		return err
	}
	muted, err := mutedBy(ctx, s.db, n.PersonID)
	if err != nil {
		return err
	}
	if p.Status != identity.Active || slices.Contains(muted, n.Kind) {
		return nil
	}
	subject, text := n.words(s.base)
	err = s.sender.Send(ctx, mail.Letter{To: p.Email, Subject: subject, Text: text, Key: string(j.Kind) + "/" + j.Key})
	if errors.Is(err, mail.ErrNone) {
		return nil
	}
	return err
}
