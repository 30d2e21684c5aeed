package enrollment

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// find returns an enrollment by an id that came from outside.
func find(ctx context.Context, idb bun.IDB, id string) (*Enrollment, error) {
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	return get(ctx, idb, id)
}

func get(ctx context.Context, idb bun.IDB, id string) (*Enrollment, error) {
	e := new(Enrollment)
	return e, db.Check(idb.NewSelect().Model(e).Where("id = ?", id).Scan(ctx))
}

func insert(ctx context.Context, tx bun.IDB, e *Enrollment) error {
	_, err := tx.NewInsert().Model(e).Exec(ctx)
	return enrolled(db.Check(err))
}

// enrolled gives the unique pair of cohort and person its meaning.
func enrolled(err error) error {
	if errors.Is(err, db.ErrExists) {
		return ErrEnrolled
	}
	return err
}

func ofPerson(ctx context.Context, idb bun.IDB, personID string) (rows []*Enrollment, err error) {
	err = idb.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

func ofCohort(ctx context.Context, idb bun.IDB, cohortID string) (rows []*Enrollment, err error) {
	err = idb.NewSelect().Model(&rows).Where("cohort_id = ?", cohortID).OrderExpr("id").Scan(ctx)
	return rows, db.Check(err)
}

// pageOfCohort lists enrollments of a cohort, oldest first, after the one named
// by after.
func pageOfCohort(ctx context.Context, idb bun.IDB, cohortID, after string, limit int64) (rows []*Enrollment, err error) {
	err = idb.NewSelect().Model(&rows).Where("cohort_id = ? AND id > ?", cohortID, after).OrderExpr("id").Limit(limit).Scan(ctx)
	return rows, db.Check(err)
}

// coursesOfCohort lists the courses that a cohort's enrollments are pinned to,
// the one most are pinned to first.
func coursesOfCohort(ctx context.Context, idb bun.IDB, cohortID string) (hashes []string, err error) {
	err = idb.NewSelect().Model((*Enrollment)(nil)).Column("course_hash").Where("cohort_id = ?", cohortID).
		GroupExpr("course_hash").OrderExpr("count(*) DESC, course_hash").Scan(ctx, &hashes)
	return hashes, db.Check(err)
}

// setName writes the confirmed name if nobody changed e since it was read.
func setName(ctx context.Context, tx bun.IDB, e *Enrollment, name string, at time.Time) error {
	res, err := tx.NewUpdate().Model(e).
		Set("printed_name = ?", name).Set("name_confirmed_at = ?", db.At(at)).Set("version = version + 1").
		Where("id = ? AND version = ?", e.ID, e.Version).Exec(ctx)
	if err := db.One(res, err, ErrStale); err != nil {
		return err
	}
	e.PrintedName, e.NameConfirmedAt, e.Version = name, db.At(at), e.Version+1
	return nil
}

func insertCohort(ctx context.Context, tx bun.IDB, c *Cohort) error {
	_, err := tx.NewInsert().Model(c).Exec(ctx)
	return db.Check(err)
}

func getCohort(ctx context.Context, idb bun.IDB, id string) (*Cohort, error) {
	c := new(Cohort)
	if err := idb.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	return c, withInstructors(ctx, idb, []*Cohort{c})
}

// visible narrows a list to what a person teaches or supervises, and to the
// programs in which their role counts.
type visible struct {
	personID string
	programs []string
	all      bool
}

// cohorts lists the cohorts of v's programs and those that v's person teaches.
func cohorts(ctx context.Context, idb bun.IDB, v visible, after string, limit int64) (rows []*Cohort, err error) {
	q := idb.NewSelect().Model(&rows).Where("id > ?", after).OrderExpr("id").Limit(limit)
	if !v.all {
		q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			q.Where("id IN (SELECT cohort_id FROM cohort_instructors WHERE person_id = ?)", v.personID)
			if len(v.programs) > 0 {
				q.WhereOr("program IN (?)", bun.List(v.programs))
			}
			return q
		})
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	return rows, withInstructors(ctx, idb, rows)
}

// withInstructors adds to cohorts who teaches them, in one query.
func withInstructors(ctx context.Context, idb bun.IDB, rows []*Cohort) error {
	if len(rows) == 0 {
		return nil
	}
	byID := make(map[string]*Cohort, len(rows))
	for _, c := range rows {
		byID[c.ID] = c
	}
	var links []struct{ CohortID, PersonID string }
	err := idb.NewSelect().Table("cohort_instructors").Column("cohort_id", "person_id").
		Where("cohort_id IN (?)", bun.List(slices.Collect(maps.Keys(byID)))).OrderExpr("person_id").Scan(ctx, &links)
	for _, l := range links {
		byID[l.CohortID].Instructors = append(byID[l.CohortID].Instructors, l.PersonID)
	}
	return db.Check(err)
}

// supervisedBy is a query of the enrollments that v's person, or one in whose
// place they stand, supervises: where they are named, and in the cohorts they
// teach where nobody is. It is said as one list, because no index serves an
// "or" of two.
func supervisedBy(idb bun.IDB, v visible, standsFor *bun.SelectQuery) *bun.SelectQuery {
	q := idb.NewSelect().TableExpr("enrollments AS e").ColumnExpr("e.id").Where("e.person_id <> ?", v.personID).
		Where(`e.id IN (SELECT enrollment_id FROM enrollment_supervisors WHERE person_id IN (SELECT ? UNION ALL ?)
			UNION ALL SELECT n.id FROM cohort_instructors i JOIN enrollments n ON n.cohort_id = i.cohort_id
				WHERE i.person_id IN (SELECT ? UNION ALL ?)
				AND NOT EXISTS (SELECT 1 FROM enrollment_supervisors s WHERE s.enrollment_id = n.id))`,
			v.personID, standsFor, v.personID, standsFor)
	switch {
	case v.all:
	case len(v.programs) == 0:
		q.Where("1 = 0")
	default:
		q.Where("e.program IN (?)", bun.List(v.programs))
	}
	return q
}

// The two link tables, cohort_instructors and enrollment_supervisors, have the
// same form: an owner and a person.

func has(ctx context.Context, idb bun.IDB, table, owner, id, personID string) (bool, error) {
	ok, err := idb.NewSelect().TableExpr("?", bun.Ident(table)).
		Where("? = ? AND person_id = ?", bun.Ident(owner), id, personID).Exists(ctx)
	return ok, db.Check(err)
}

func linked(ctx context.Context, idb bun.IDB, table, owner, id string) (people []string, err error) {
	err = idb.NewSelect().TableExpr("?", bun.Ident(table)).Column("person_id").
		Where("? = ?", bun.Ident(owner), id).OrderExpr("person_id").Scan(ctx, &people)
	return people, db.Check(err)
}

func link(ctx context.Context, tx bun.IDB, table, owner, id string, people []string) error {
	for _, person := range people {
		_, err := tx.NewRaw("INSERT INTO ? (?, person_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
			bun.Ident(table), bun.Ident(owner), id, person).Exec(ctx)
		if err != nil {
			return db.Check(err)
		}
	}
	return nil
}

func unlink(ctx context.Context, tx bun.IDB, table, owner, id string) error {
	_, err := tx.NewRaw("DELETE FROM ? WHERE ? = ?", bun.Ident(table), bun.Ident(owner), id).Exec(ctx)
	return db.Check(err)
}
