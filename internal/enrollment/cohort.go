package enrollment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
)

// A Cohort is a group that moves through a program together. StartsOn and
// EndsOn are dates, YYYY-MM-DD, in the cohort's time zone.
type Cohort struct {
	bun.BaseModel `bun:"table:cohorts"`

	ID          string `bun:",pk"`
	Program     string
	Name        string
	StartsOn    string
	EndsOn      string
	TimeZone    string
	CreatedAt   db.Time
	Instructors []string `bun:"-"` // person ids
}

// The faults of a cohort's form.
var (
	ErrName = fault.New(fault.Invalid, "bad_name", "A cohort's name has 1 to 200 characters.").At("name")
	ErrDate = fault.New(fault.Invalid, "bad_date", "A date reads YYYY-MM-DD, and a cohort ends no earlier than it starts.")
	ErrZone = fault.New(fault.Invalid, "bad_time_zone", "This is not a time zone of the IANA database, such as America/Denver.").At("time_zone")
)

// check is the rule of form of a cohort.
func (c *Cohort) check() error {
	if n := len([]rune(c.Name)); n < 1 || n > 200 {
		return ErrName
	}
	for _, d := range []struct{ field, date string }{{"starts_on", c.StartsOn}, {"ends_on", c.EndsOn}} {
		if _, err := time.Parse(time.DateOnly, d.date); err != nil {
			return ErrDate.At(d.field)
		}
	}
	if c.EndsOn < c.StartsOn {
		return ErrDate.At("ends_on")
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		return ErrZone
	}
	return nil
}

// OpenCohort makes a cohort of a program with its instructors.
func (s *Service) OpenCohort(ctx context.Context, c Cohort) (*Cohort, error) {
	if err := access.From(ctx).MayIn(access.ManageCohorts, c.Program); err != nil {
		return nil, err
	}
	course, err := s.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := openTo(course, c.Program); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	made := &c
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		if again {
			made, err = getCohort(ctx, tx, id)
			return err
		}
		c.ID, c.CreatedAt = id, db.At(s.now())
		return s.open(ctx, tx, &c)
	})
	if err != nil {
		return nil, fmt.Errorf("open cohort: %w", err)
	}
	return made, nil
}

func (s *Service) open(ctx context.Context, tx bun.IDB, c *Cohort) error {
	for _, id := range c.Instructors {
		if err := s.teacher(ctx, tx, id, c.Program, "instructor_ids"); err != nil {
			return err
		}
	}
	if err := insertCohort(ctx, tx, c); err != nil {
		return err
	}
	if err := link(ctx, tx, "cohort_instructors", "cohort_id", c.ID, c.Instructors); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "cohort.opened", c.ID,
		map[string]any{"program": c.Program, "instructors": c.Instructors})
}

// teacher checks that a person may teach or supervise in a program.
func (s *Service) teacher(ctx context.Context, idb bun.IDB, personID, program, field string) error {
	if err := s.active(ctx, idb, personID, field); err != nil {
		return err
	}
	p, err := s.people.Find(ctx, idb, personID)
	if err != nil {
		return err
	}
	for _, g := range p.Grants {
		if (g.Role == access.Instructor || g.Role == access.Supervisor) && (g.Program == "" || g.Program == program) {
			return nil
		}
	}
	return ErrTeacher.At(field)
}

// Cohort returns a cohort the actor may see for an act: one they teach, or any
// of a program they administer. The role that allows the act must be held in
// that very program.
func (s *Service) Cohort(ctx context.Context, act access.Act, id string) (*Cohort, error) {
	who := access.From(ctx)
	if err := who.May(act); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	c, err := getCohort(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	allowed := who.MayIn(act, c.Program)
	if Administers(who, c.Program) {
		return c, allowed
	}
	if allowed != nil || !slices.Contains(c.Instructors, who.ID) {
		return nil, db.ErrNone
	}
	return c, nil
}

// Zone returns the time zone in which a cohort's days begin and end, without
// asking who may see the cohort: for features that have asked already.
func (s *Service) Zone(ctx context.Context, idb bun.IDB, cohortID string) (*time.Location, error) {
	c := new(Cohort)
	if err := idb.NewSelect().Model(c).Column("time_zone").Where("id = ?", cohortID).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("cohort %s: %w", cohortID, err)
	}
	return zone, nil
}

// Cohorts returns the cohorts the actor teaches or administers, oldest first,
// after the one named by after.
func (s *Service) Cohorts(ctx context.Context, after string, limit int64) ([]*Cohort, error) {
	who := access.From(ctx)
	if err := who.May(access.SeePrograms); err != nil {
		return nil, err
	}
	programs, all := who.Programs(access.ManageCohorts)
	return cohorts(ctx, s.db, visible{who.ID, programs, all}, after, limit)
}

// PageOfCohort returns enrollments of a cohort that Cohort returned, oldest
// first, after the one named by after. It does not ask again who may see them.
func (s *Service) PageOfCohort(ctx context.Context, c *Cohort, after string, limit int64) ([]*Pinned, error) {
	rows, err := pageOfCohort(ctx, s.db, c.ID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list enrollments: %w", err)
	}
	all := make([]*Pinned, len(rows))
	for i, e := range rows {
		if all[i], err = s.Pin(ctx, e); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// EditionsOf returns the editions of its program that a cohort's enrollments
// are pinned to, the one of most of them first.
func (s *Service) EditionsOf(ctx context.Context, c *Cohort) (all []*curriculum.Program, err error) {
	hashes, err := coursesOfCohort(ctx, s.db, c.ID)
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	for _, hash := range hashes {
		course, err := s.course(ctx, hash)
		if err != nil {
			return nil, err
		}
		if p := course.Program(c.Program); p != nil {
			all = append(all, p)
		}
	}
	return all, nil
}
