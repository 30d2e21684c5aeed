// Package schooltest makes a small school for tests: people with their roles,
// a cohort of the default program, and a clock that the test moves.
package schooltest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/modules"
)

// Start is where every school's clock begins, a Tuesday.
var Start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// A Clock is moved by the test. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the time on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A School is what a feature's test stands on.
type School struct {
	DB          *db.DB
	Clock       *Clock
	Ring        *keys.Ring
	People      *identity.Service
	Enrollments *enrollment.Service
	Course      *curriculum.Course
	Program     string
	Admin       context.Context // an admin of all programs
	Instructor  context.Context // teaches Cohort
	Cohort      *enrollment.Cohort

	t testing.TB
	n int
}

var course = sync.OnceValues(func() (*curriculum.Course, error) { return curriculum.Load(modules.FS) })

// Password is the password of everybody in a school.
const Password = "seven quiet harbors at dusk"

// New opens a school on a fresh database.
func New(t testing.TB, d *db.DB) *School {
	t.Helper()
	c, err := course()
	if err != nil {
		t.Fatal(err)
	}
	s := &School{DB: d, Clock: &Clock{now: Start}, Ring: ring(t), Course: c, Program: c.Default().Key, t: t}
	s.People = identity.New(d, s.Ring, s.Clock.Now, identity.Settings{Issuer: "http://school.test", Audience: "kapstone", Lifted: true, QuickHashes: true})
	s.Enrollments = enrollment.New(d, s.People, s.Clock.Now, enrollment.Unreviewed)
	if _, err := s.Enrollments.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s.Admin = s.Person("Ada Admin", access.Grant{Role: access.Admin})
	s.Instructor = s.Person("Ines Instructor", access.Grant{Role: access.Instructor, Program: s.Program})
	s.Cohort = s.OpenCohort("Autumn", s.Instructor)
	return s
}

func ring(t testing.TB) *keys.Ring {
	t.Helper()
	m, err := keys.NewMaster([]byte(strings.Repeat("k3y!", 8)))
	if err != nil {
		t.Fatal(err)
	}
	var stored []keys.Stored
	for _, use := range keys.Uses {
		stored = append(stored, keys.Generate(m, use))
	}
	r, err := keys.Open(m, stored)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Person adds somebody and returns a context in which they act.
func (s *School) Person(name string, grants ...access.Grant) context.Context {
	s.t.Helper()
	s.n++
	made, err := s.People.CreateFromShell(s.t.Context(), identity.NewPerson{
		Email: fmt.Sprintf("person%d@school.test", s.n), Name: name, Password: Password, Grants: grants,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return As(s.t.Context(), &made.Person)
}

// As returns a context in which a person acts, with the grants they have now.
func As(ctx context.Context, p *identity.Person) context.Context {
	return access.With(ctx, access.Actor{ID: p.ID, Name: p.Name, Session: "test", Address: "127.0.0.1", RequestID: "test", Grants: p.Grants})
}

// OpenCohort opens a cohort of the school's program.
func (s *School) OpenCohort(name string, instructors ...context.Context) *enrollment.Cohort {
	s.t.Helper()
	c, err := s.Enrollments.OpenCohort(s.Admin, enrollment.Cohort{
		Program: s.Program, Name: name, StartsOn: "2026-11-02", EndsOn: "2027-06-30", TimeZone: "America/Denver", Instructors: IDs(instructors...),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// Trainee adds somebody and enrolls them in a cohort; they act in the context
// that comes back.
func (s *School) Trainee(name string, c *enrollment.Cohort) (context.Context, *enrollment.Enrollment) {
	s.t.Helper()
	ctx := s.Person(name)
	id := access.From(ctx).ID
	e, err := s.Enrollments.Enroll(s.Admin, c.ID, id)
	if err != nil {
		s.t.Fatal(err)
	}
	p, err := s.People.Find(s.t.Context(), s.DB, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return As(s.t.Context(), p), e
}

// IDs returns the ids of those who act in the contexts.
func IDs(people ...context.Context) []string {
	ids := make([]string, len(people))
	for i, ctx := range people {
		ids[i] = access.From(ctx).ID
	}
	return ids
}
