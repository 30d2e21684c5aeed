// Package enrollment keeps who takes what: published courses and program
// editions, cohorts with their instructors, enrollments with their
// supervisors. Every enrollment is pinned to the edition and the course
// content it began with.
package enrollment

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/certpdf"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// Service keeps cohorts and enrollments.
type Service struct {
	db     *db.DB
	people *identity.Service
	now    func() time.Time

	unreviewed bool // modules open although nobody reviewed or accepted them

	mu        sync.RWMutex
	current   *curriculum.Course            // what new enrollments are pinned to
	fixed     bool                          // current stays, whatever is published elsewhere
	seen      int64                         // the number of the publication that current is, 0 for none
	opened    map[string]*curriculum.Course // by hash
	accepted  map[string]bool               // modules by the hash of their content
	corrected map[string]corrected          // by the hash of a course
}

// An Option sets a Service up in another way than the safe one.
type Option func(*Service)

// Unreviewed opens modules that no clinician reviewed and no admin accepted.
// It is for demonstrations and tests, where nobody learns from them.
func Unreviewed(s *Service) { s.unreviewed = true }

// New returns the enrollments kept in d. Open or publish a course before
// enrolling anyone.
func New(d *db.DB, people *identity.Service, now func() time.Time, options ...Option) *Service {
	s := &Service{
		db: d, people: people, now: now,
		opened: make(map[string]*curriculum.Course), accepted: make(map[string]bool), corrected: make(map[string]corrected),
	}
	for _, o := range options {
		o(s)
	}
	return s
}

// An Enrollment is one person's way through one program, in one cohort.
type Enrollment struct {
	bun.BaseModel `bun:"table:enrollments"`

	ID              string `bun:",pk"`
	CohortID        string
	PersonID        string
	Program         string
	ProgramVersion  int
	CourseHash      string
	Track           string // a key of the edition's tracks; "" where it has none
	StartsOn        string // the effective date, YYYY-MM-DD; it may be before the day of enrolling
	EnrolledAt      db.Time
	PrintedName     string  // as the trainee confirmed it for the certificate; "" until then
	NameConfirmedAt db.Time // zero until then
	Version         int64
}

// Pinned is an enrollment with the rules and the content it is pinned to.
type Pinned struct {
	*Enrollment
	Edition *curriculum.Program
	Course  *curriculum.Course
	// StandsFor is the supervisor in whose place the actor reaches it; "" in
	// their own right.
	StandsFor string
}

// The faults of enrolling.
var (
	ErrEnrolled = fault.New(fault.Conflict, "already_enrolled", "This person is already enrolled in this cohort.")
	ErrProgram  = fault.New(fault.Invalid, "unknown_program", "There is no such program here. GET /programs lists them.").At("program")
	ErrExample  = fault.New(fault.Conflict, "example_program", "This program is an example, and nobody is enrolled in it. Copy its file, give it a key and a title of your own, and publish that.").At("program")
	ErrStart    = fault.New(fault.Invalid, "bad_start", "The effective date reads YYYY-MM-DD, is not in the future and at most ten years back.").At("effective_on")
	ErrPerson   = fault.New(fault.Invalid, "unknown_person", "There is no such person, or they are suspended.")
	ErrTeacher  = fault.New(fault.Invalid, "not_a_teacher", "This person holds neither the instructor nor the supervisor role in this program. Give the role first.")
	ErrOwn      = fault.New(fault.Invalid, "own_supervisor", "Nobody can teach or supervise themselves.")
	ErrStale    = fault.New(fault.Conflict, "stale_version", "Somebody changed this meanwhile. Read it again, then repeat your change.")
)

// An Entry says who is enrolled where, and how.
type Entry struct {
	CohortID    string
	PersonID    string
	EffectiveOn string // from when clocks run and evidence counts: "" is today, and it is never in the future
	Track       string // a key of the program's tracks; "" where it has none
}

// maxBack is how many years ago an enrollment may have begun.
const maxBack = 10

// Enroll puts a person into a cohort from today on, in a program without
// tracks. EnrollAs says more.
func (s *Service) Enroll(ctx context.Context, cohortID, personID string) (*Enrollment, error) {
	return s.EnrollAs(ctx, Entry{CohortID: cohortID, PersonID: personID})
}

// EnrollAs puts a person into a cohort, pinned to the program's newest edition
// and content, and gives them the trainee role there. It returns ErrEnrolled
// when they are in it already, ErrFull when the cohort has no room, and
// ErrExample for a program that is only an example.
func (s *Service) EnrollAs(ctx context.Context, entry Entry) (*Enrollment, error) {
	c, err := s.Cohort(ctx, access.ManageCohorts, entry.CohortID)
	if err != nil {
		return nil, err
	}
	e, err := s.entering(ctx, c, entry)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			e, err = get(ctx, tx, id)
			return err
		}
		e.ID = id
		return s.enroll(ctx, tx, c, e)
	})
	if err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	return e, nil
}

// entering is the enrollment that an entry asks for.
func (s *Service) entering(ctx context.Context, c *Cohort, entry Entry) (*Enrollment, error) {
	course, err := s.Newest(ctx)
	if err != nil {
		return nil, err
	}
	p, err := openTo(course, c.Program)
	if errors.Is(err, ErrProgram) {
		return nil, ErrNoPlace.Says("The course that is taught now does not have this cohort's program any more. Open a cohort of another program.")
	}
	if err != nil {
		return nil, err
	}
	if err := checkTrack(p, entry.Track); err != nil {
		return nil, err
	}
	day, err := today(s.now(), c.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	if entry.EffectiveOn == "" {
		entry.EffectiveOn = day
	}
	if _, ok := number(entry.EffectiveOn); !ok || entry.EffectiveOn > day || entry.EffectiveOn < plusMonths(day, -12*maxBack) {
		return nil, ErrStart
	}
	return &Enrollment{
		CohortID: c.ID, PersonID: entry.PersonID, Program: c.Program, CourseHash: course.Hash(), ProgramVersion: p.Version,
		Track: entry.Track, StartsOn: entry.EffectiveOn, EnrolledAt: db.At(s.now()), Version: 1,
	}, nil
}

// openTo returns a program of a course if people can be enrolled in it.
func openTo(course *curriculum.Course, key string) (*curriculum.Program, error) {
	p := course.Program(key)
	switch {
	case p == nil:
		return nil, ErrProgram
	case p.Example:
		return nil, ErrExample
	}
	return p, nil
}

// Since is the time from which evidence counts: that of enrolling, or an
// earlier effective day's.
func (e *Enrollment) Since() time.Time {
	noon, err := time.Parse(time.DateOnly, e.StartsOn)
	if noon = noon.Add(12 * time.Hour); err == nil && noon.Before(e.EnrolledAt.Time) { // noon is on that day almost everywhere
		return noon
	}
	return e.EnrolledAt.Time
}

func (s *Service) enroll(ctx context.Context, tx bun.IDB, c *Cohort, e *Enrollment) error {
	if err := s.active(ctx, tx, e.PersonID, "user_id"); err != nil {
		return err
	}
	teaches, err := has(ctx, tx, "cohort_instructors", "cohort_id", c.ID, e.PersonID)
	if err != nil {
		return err
	}
	if teaches {
		return ErrOwn.At("user_id")
	}
	if err := s.room(ctx, tx, e, c.ID); err != nil {
		return err
	}
	if err := insert(ctx, tx, e); err != nil {
		return err
	}
	if err := s.people.Ensure(ctx, tx, e.PersonID, access.Grant{Role: access.Trainee, Program: c.Program}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "enrollment.made", e.ID, map[string]any{
		"cohort": c.ID, "person": e.PersonID, "program": e.Program, "version": e.ProgramVersion, "course": e.CourseHash,
		"starts_on": e.StartsOn, "track": e.Track,
	})
}

// active checks that a person exists and is not suspended.
func (s *Service) active(ctx context.Context, idb bun.IDB, personID, field string) error {
	if !db.IsID(personID) {
		return ErrPerson.At(field)
	}
	p, err := s.people.Find(ctx, idb, personID)
	if f := fault.Of(err); f != nil && f.Is(db.ErrNone) || err == nil && p.Status != identity.Active {
		return ErrPerson.At(field)
	}
	return err
}

// Own returns the actor's own enrollment for an act that adds to it or changes
// it. Anybody else's answers like one that does not exist; one that has ended
// is ErrEnded.
func (s *Service) Own(ctx context.Context, act access.Act, id string) (*Pinned, error) {
	p, err := s.OwnToRead(ctx, act, id)
	if err != nil {
		return nil, err
	}
	if err := s.underWay(ctx, s.db, id); err != nil {
		return nil, err
	}
	return p, nil
}

// OwnToRead returns the actor's own enrollment, whether it goes on or has
// ended, for an act that changes nothing. Anybody else's answers like one that
// does not exist.
func (s *Service) OwnToRead(ctx context.Context, act access.Act, id string) (*Pinned, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	e, err := find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if e.PersonID != who.ID {
		return nil, db.ErrNone
	}
	return s.Pin(ctx, e)
}

// See returns an enrollment that the actor may see for an act: their own, one
// of a cohort they teach, one they supervise, or any of a program they
// administer. The role that allows the act must be held in that very program:
// an admin of another one has no more rights here than anybody else.
func (s *Service) See(ctx context.Context, act access.Act, id string) (*Pinned, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	e, err := find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := s.sees(ctx, who, act, e); err != nil {
		return nil, err
	}
	return s.Pin(ctx, e)
}

// sees is ErrForbidden to who knows the enrollment anyway and may not do act,
// and ErrNone to who is to learn nothing of it.
func (s *Service) sees(ctx context.Context, who access.Actor, act access.Act, e *Enrollment) error {
	allowed := who.MayIn(act, e.Program)
	if e.PersonID == who.ID || Administers(who, e.Program) {
		return allowed
	}
	if allowed != nil {
		return db.ErrNone
	}
	teaches, err := has(ctx, s.db, "cohort_instructors", "cohort_id", e.CohortID, who.ID)
	if err == nil && !teaches {
		teaches, err = has(ctx, s.db, "enrollment_supervisors", "enrollment_id", e.ID, who.ID)
	}
	if err == nil && !teaches {
		err = db.ErrNone
	}
	return err
}

// Administers reports whether who runs the program: such people see all of it.
func Administers(who access.Actor, program string) bool {
	for _, g := range who.Grants {
		if (g.Role == access.Admin || g.Role == access.Director) && (g.Program == "" || g.Program == program) {
			return true
		}
	}
	return false
}

// Mine returns the actor's enrollments, oldest first.
func (s *Service) Mine(ctx context.Context) ([]*Enrollment, error) {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return nil, err
	}
	return ofPerson(ctx, s.db, who.ID)
}

// OfCohort returns the enrollments of a cohort that the actor may see for an
// act, oldest first.
func (s *Service) OfCohort(ctx context.Context, act access.Act, cohortID string) ([]*Enrollment, error) {
	if _, err := s.Cohort(ctx, act, cohortID); err != nil {
		return nil, err
	}
	return ofCohort(ctx, s.db, cohortID)
}

// ConfirmName records the name that the trainee wants printed; an empty name
// means the one of the account. What cannot be printed is refused here, before
// anything is issued.
func (s *Service) ConfirmName(ctx context.Context, id, name string) (*Enrollment, error) {
	p, err := s.Own(ctx, access.ConfirmName, id)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(name) == "" {
		name = access.From(ctx).Name
	}
	name = certpdf.Normalize(name)
	if err := certpdf.Printable(name); err != nil {
		return nil, err
	}
	e := p.Enrollment
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := LockEvidence(ctx, tx, e.ID); err != nil {
			return err
		}
		if err := setName(ctx, tx, e, name, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "enrollment.name_confirmed", e.ID, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm name: %w", err)
	}
	return e, nil
}

// LockEvidence keeps evidence of an enrollment from being taken back until the
// transaction ends. Whoever takes evidence back, and whoever issues on it,
// asks for this lock first, so that nothing is issued on what is just going.
// behind names other locks that the deed takes after it.
func LockEvidence(ctx context.Context, tx bun.IDB, id string, behind ...string) error {
	return db.Lock(ctx, tx, append([]string{"evidence/" + id}, behind...)...)
}
