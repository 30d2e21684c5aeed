package enrollment

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A record is what the life of an enrollment is worked out from.
type record struct {
	start, zone string
	deeds       []*Deed // without what the clocks do not need
}

// recordsOf reads the records of enrollments in one query.
func recordsOf(ctx context.Context, idb bun.IDB, ids []string) (map[string]record, error) {
	all := make(map[string]record, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []struct {
		EnrollmentID, StartsOn, TimeZone string
		DeedID, Kind                     string
		EffectiveOn, UntilOn             string
		Number, Days                     int
	}
	err := idb.NewRaw(`SELECT e.id AS enrollment_id, e.starts_on, c.time_zone,
			coalesce(d.id, '') AS deed_id, coalesce(d.kind, '') AS kind, coalesce(d.effective_on, '') AS effective_on,
			coalesce(d.until_on, '') AS until_on, coalesce(d.number, 0) AS number, coalesce(d.days, 0) AS days
		FROM enrollments e JOIN cohorts c ON c.id = e.cohort_id LEFT JOIN enrollment_deeds d ON d.enrollment_id = e.id
		WHERE e.id IN (?) ORDER BY e.id, d.number`, bun.List(ids)).Scan(ctx, &rows)
	for _, x := range rows {
		r := all[x.EnrollmentID]
		r.start, r.zone = x.StartsOn, x.TimeZone
		if x.DeedID != "" { // an enrollment without deeds has one row all the same
			r.deeds = append(r.deeds, &Deed{
				ID: x.DeedID, EnrollmentID: x.EnrollmentID, Number: x.Number, Kind: Kind(x.Kind),
				EffectiveOn: x.EffectiveOn, UntilOn: x.UntilOn, Days: x.Days,
			})
		}
		all[x.EnrollmentID] = r
	}
	return all, db.Check(err)
}

// deedsOf lists the deeds of an enrollment, oldest first.
func deedsOf(ctx context.Context, idb bun.IDB, enrollmentID string) (rows []*Deed, err error) {
	err = idb.NewSelect().Model(&rows).Where("enrollment_id = ?", enrollmentID).OrderExpr("number").Scan(ctx)
	return rows, db.Check(err)
}

func insertDeed(ctx context.Context, tx bun.IDB, d *Deed) error {
	_, err := tx.NewInsert().Model(d).Exec(ctx)
	return db.Check(err)
}

// update writes what a deed changed of an enrollment, if nobody changed it
// since it was read.
func update(ctx context.Context, tx bun.IDB, e *Enrollment) error {
	res, err := tx.NewUpdate().Model(e).
		Set("cohort_id = ?", e.CohortID).Set("track = ?", e.Track).
		Set("program_version = ?", e.ProgramVersion).Set("course_hash = ?", e.CourseHash).Set("version = version + 1").
		Where("id = ? AND version = ?", e.ID, e.Version).Exec(ctx)
	if err := db.One(res, err, ErrStale); err != nil {
		return enrolled(err)
	}
	e.Version++
	return nil
}
