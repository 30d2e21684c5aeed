package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/app"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/identity"
)

// A stage is a point of the way at which a trainee of the demo stands.
type stage string

const (
	nothingBegun stage = "nothing begun"
	reading      stage = "reading the first module"
	midQuiz      stage = "in the middle of a quiz"
	failedOnce   stage = "failed a quiz once"
	logsWaiting  stage = "logs waiting to be graded"
	logReturned  stage = "a log came back"
	ready        stage = "all met and ready"
	issued       stage = "certificate issued"
	revoked      stage = "certificate revoked"
)

// cast are the trainees. All people here are made up.
var cast = []struct {
	name  string
	stage stage
}{
	{"Noor Vance", nothingBegun}, {"Mateo Fierro", nothingBegun}, {"Priya Raman", reading}, {"Kofi Asante", reading},
	{"Zoë Müller-Kraft", midQuiz}, {"Tomás Ó Briain", failedOnce}, {"Ines Duarte", logsWaiting}, {"Samir Haddad", logsWaiting},
	{"June Okafor", logReturned}, {"Łucja Wójcik", ready}, {"Nguyễn Thị Ánh", issued}, {"Ada Quist", revoked},
}

// A seeder makes up the demo, acting as each person in turn.
type seeder struct {
	*app.App
	key    AnswerKey
	rec    *record
	admin  context.Context
	teach  context.Context
	second context.Context   // the other instructor
	secret map[string]string // password by person id
	cohort *enrollment.Cohort
	at     map[stage]*walker // the first trainee of each stage
}

func seed(ctx context.Context, a *app.App, trainees int) (*record, error) {
	s := &seeder{
		App: a, key: KeyOf(a.Enrollments.Current()), rec: &record{Examples: make(map[string]any)}, secret: make(map[string]string),
		at: make(map[stage]*walker),
	}
	if err := s.staff(ctx); err != nil {
		return nil, err
	}
	for i := range trainees {
		name, at := fmt.Sprintf("Trainee Number %d", i+1), nothingBegun
		if i < len(cast) {
			name, at = cast[i].name, cast[i].stage
		}
		if err := s.trainee(ctx, i, name, at); err != nil {
			return nil, fmt.Errorf("%s (%s): %w", name, at, err)
		}
	}
	if err := s.meet(s.at[reading]); err != nil {
		return nil, fmt.Errorf("meet: %w", err)
	}
	if err := s.stand(s.at[logReturned]); err != nil {
		return nil, fmt.Errorf("stand: %w", err)
	}
	s.examples()
	away, until := s.Clock.Now().AddDate(0, 0, 30), s.Clock.Now().AddDate(0, 0, 37)
	d, err := s.Enrollments.Delegate(s.teach, access.From(s.second).ID, away.Format(time.DateOnly), until.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("delegate: %w", err)
	}
	s.example("end-delegation.id", d.ID)
	return s.rec, nil
}

// staff makes the admin, two instructors and the cohort.
func (s *seeder) staff(ctx context.Context) (err error) {
	if s.admin, err = s.person(ctx, "admin", "admin@example.org", "Imogen Vale", "", access.Grant{Role: access.Admin}); err != nil {
		return err
	}
	var ids []string
	for i, name := range []string{"Rafael Stone", "Mei Tanaka"} {
		who, err := s.person(ctx, "instructor", fmt.Sprintf("instructor%d@example.org", i+1), name, "", access.Grant{Role: access.Instructor})
		if err != nil {
			return err
		}
		if s.teach == nil {
			s.teach = who
		} else {
			s.second = who
		}
		ids = append(ids, access.From(who).ID)
	}
	program := s.Enrollments.Current().Default().Key
	today := s.Clock.Now()
	s.cohort, err = s.Enrollments.OpenCohort(s.admin, enrollment.Cohort{
		Program: program, Name: "Demonstration cohort", TimeZone: "America/Denver", Instructors: ids,
		StartsOn: today.AddDate(0, 0, -7).Format("2006-01-02"), EndsOn: today.AddDate(0, 8, 0).Format("2006-01-02"),
	})
	return err
}

// weekOf is the ISO week of a time, as logs name it.
func weekOf(t time.Time) string {
	year, week := t.UTC().ISOWeek()
	return fmt.Sprintf("%04d-W%02d", year, week)
}

// licenses are what stands beside the instructors' signatures.
var licenses = map[string]string{"instructor1@example.org": "DEMO-1001", "instructor2@example.org": "DEMO-1002"}

// person adds somebody and returns a context in which they act.
func (s *seeder) person(ctx context.Context, role, email, name, at string, grants ...access.Grant) (context.Context, error) {
	made, err := s.People.CreateFromShell(ctx, identity.NewPerson{Email: email, Name: name, LicenseNumber: licenses[email], Grants: grants})
	if err != nil {
		return nil, err
	}
	s.rec.Accounts = append(s.rec.Accounts, Account{role, email, made.Password, name, made.TOTPSecret, at})
	s.secret[made.Person.ID] = made.Password
	return access.With(ctx, access.Actor{ID: made.Person.ID, Name: name, Address: "127.0.0.1", RequestID: "demo", Grants: grants, SecondFactor: true}), nil
}

// trainee makes somebody, enrolls them, and walks them to their stage.
func (s *seeder) trainee(ctx context.Context, n int, name string, at stage) error {
	grant := access.Grant{Role: access.Trainee, Program: s.cohort.Program}
	who, err := s.person(ctx, "trainee", fmt.Sprintf("trainee%d@example.org", n+1), name, string(at), grant)
	if err != nil {
		return err
	}
	e, err := s.Enrollments.Enroll(s.admin, s.cohort.ID, access.From(who).ID)
	if err != nil {
		return err
	}
	w := &walker{seeder: s, ctx: who, enrollment: e}
	if s.at[at] == nil {
		s.at[at] = w
	}
	if n == 0 {
		s.example("change-user.id", e.PersonID)
		s.example("user_id", access.From(s.admin).ID)
		s.example("id", e.ID) // every other {id} is an enrollment's
	}
	switch at {
	case reading:
		return w.read(3)
	case midQuiz:
		return w.midQuiz()
	case failedOnce:
		return w.fail()
	case logsWaiting:
		return w.waiting()
	case logReturned:
		return w.returned()
	case ready, issued, revoked:
		return w.finish(at)
	}
	return nil
}

// example fills the API document's examples with what works on this server.
func (s *seeder) example(name string, value any) {
	if _, have := s.rec.Examples[name]; !have {
		s.rec.Examples[name] = value
	}
}

// examples fills in those that belong to people and cohorts. The passwords in
// them are the demo's own, on loopback.
func (s *seeder) examples() {
	for _, a := range s.rec.Accounts {
		if a.Role == "trainee" {
			s.example("login.email", a.Email)
			s.example("login.password", a.Password)
			break
		}
	}
	first := s.Enrollments.Current().Modules[0]
	s.example("client_id", "phone-5e0c9b7d2f414c1a")
	s.example("module", string(first.Key))
	s.example("lesson", string(first.Lessons[0].ID))
	s.example("course_hash", s.Enrollments.Current().Hash())
	s.example("program", s.cohort.Program)
	s.example("program-diff.id", s.cohort.Program)
	s.example("identifier-words.id", s.cohort.Program)
	s.example("set-identifier-words.id", s.cohort.Program)
	s.example("week", weekOf(s.Clock.Now()))
	for _, op := range []string{"completion", "enroll", "list-cohort-enrollments", "cohort-progress", "cohort-progress-csv", "move-cohort", "plan-event", "list-events",
		"extend-cohort", "list-cohort-extensions", "cohort-window", "set-window", "watch-quiz"} {
		s.example(op+".id", s.cohort.ID)
	}
	s.example("delegate.to", access.From(s.second).ID)
	for _, day := range []string{"delegate.from_on", "delegate.until_on"} {
		s.example(day, s.Clock.Now().UTC().Format(time.DateOnly))
	}
	s.example("next-log.cohort", s.cohort.ID)
	s.example("instructor_ids", s.cohort.Instructors)
	s.example("user_ids", s.cohort.Instructors[:1])
}
