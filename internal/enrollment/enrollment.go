// Package enrollment keeps who takes what: published courses and program
// editions, cohorts with their instructors, enrollments with their
// supervisors. Every enrollment is pinned to the edition and the course
// content it began with.
package enrollment

import (
	"context"
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

	mu      sync.RWMutex
	current *curriculum.Course            // what new enrollments are pinned to
	opened  map[string]*curriculum.Course // by hash
}

// New returns the enrollments kept in d. Publish a course before enrolling
// anyone.
func New(d *db.DB, people *identity.Service, now func() time.Time) *Service {
	return &Service{db: d, people: people, now: now, opened: make(map[string]*curriculum.Course)}
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
}

// The faults of enrolling.
var (
	ErrEnrolled = fault.New(fault.Conflict, "already_enrolled", "This person is already enrolled in this cohort.")
	ErrProgram  = fault.New(fault.Invalid, "unknown_program", "There is no such program here. GET /programs lists them.").At("program")
	ErrPerson   = fault.New(fault.Invalid, "unknown_person", "There is no such person, or they are suspended.")
	ErrTeacher  = fault.New(fault.Invalid, "not_a_teacher", "This person holds neither the instructor nor the supervisor role in this program. Give the role first.")
	ErrOwn      = fault.New(fault.Invalid, "own_supervisor", "Nobody can teach or supervise themselves.")
	ErrStale    = fault.New(fault.Conflict, "stale_version", "Somebody changed this meanwhile. Read it again, then repeat your change.")
)

// Enroll puts a person into a cohort, pinned to the program's newest edition
// and content, and gives them the trainee role there. It returns ErrEnrolled
// when they are in it already.
func (s *Service) Enroll(ctx context.Context, cohortID, personID string) (*Enrollment, error) {
	c, err := s.Cohort(ctx, access.ManageCohorts, cohortID)
	if err != nil {
		return nil, err
	}
	course := s.Current()
	e := &Enrollment{
		CohortID: c.ID, PersonID: personID, Program: c.Program, CourseHash: course.Hash(),
		ProgramVersion: course.Program(c.Program).Version, EnrolledAt: db.At(s.now()), Version: 1,
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
	if err := insert(ctx, tx, e); err != nil {
		return err
	}
	if err := s.people.Ensure(ctx, tx, e.PersonID, access.Grant{Role: access.Trainee, Program: c.Program}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "enrollment.made", e.ID,
		map[string]any{"cohort": c.ID, "person": e.PersonID, "program": e.Program, "version": e.ProgramVersion, "course": e.CourseHash})
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

// Own returns the actor's own enrollment for an act. Anybody else's answers
// like one that does not exist.
func (s *Service) Own(ctx context.Context, act access.Act, id string) (*Pinned, error) {
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
// administer.
func (s *Service) See(ctx context.Context, act access.Act, id string) (*Pinned, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	e, err := find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	sees, err := s.sees(ctx, s.db, who, act, e)
	if err != nil {
		return nil, err
	}
	if !sees {
		return nil, db.ErrNone
	}
	return s.Pin(ctx, e)
}

func (s *Service) sees(ctx context.Context, idb bun.IDB, who access.Actor, act access.Act, e *Enrollment) (bool, error) {
	if e.PersonID == who.ID || Administers(who, e.Program) {
		return true, nil
	}
	if who.MayIn(act, e.Program) != nil {
		return false, nil
	}
	teaches, err := has(ctx, idb, "cohort_instructors", "cohort_id", e.CohortID, who.ID)
	if err != nil || teaches {
		return teaches, err
	}
	return has(ctx, idb, "enrollment_supervisors", "enrollment_id", e.ID, who.ID)
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
func LockEvidence(ctx context.Context, tx bun.IDB, id string) error {
	return db.Lock(ctx, tx, "evidence/"+id)
}
