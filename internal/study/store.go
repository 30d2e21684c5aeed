package study

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A mark says what one trainee did with one lesson.
type mark struct {
	bun.BaseModel `bun:"table:lesson_progress"`

	EnrollmentID string              `bun:",pk"`
	Lesson       curriculum.LessonID `bun:",pk"`
	OpenedAt     db.Time
	CompletedAt  db.Time
}

// get returns the mark of a lesson; an untouched lesson has an empty one.
func get(ctx context.Context, idb bun.IDB, enrollmentID string, id curriculum.LessonID) (mark, error) {
	m := mark{EnrollmentID: enrollmentID, Lesson: id}
	err := db.Check(idb.NewSelect().Model(&m).WherePK().Scan(ctx))
	if err == db.ErrNone {
		return m, nil
	}
	return m, err
}

func marksOf(ctx context.Context, idb bun.IDB, enrollmentID string) (map[curriculum.LessonID]mark, error) {
	var rows []mark
	if err := idb.NewSelect().Model(&rows).Where("enrollment_id = ?", enrollmentID).Scan(ctx); err != nil {
		return nil, db.Check(err)
	}
	all := make(map[curriculum.LessonID]mark, len(rows))
	for _, m := range rows {
		all[m.Lesson] = m
	}
	return all, nil
}

// open notes the first opening and returns the mark.
func open(ctx context.Context, tx bun.IDB, enrollmentID string, id curriculum.LessonID, at time.Time) (mark, error) {
	_, err := tx.NewRaw(`INSERT INTO lesson_progress (enrollment_id, lesson, opened_at) VALUES (?, ?, ?)
		ON CONFLICT (enrollment_id, lesson) DO UPDATE SET opened_at = coalesce(lesson_progress.opened_at, excluded.opened_at)`,
		enrollmentID, id, db.At(at)).Exec(ctx)
	if err != nil {
		return mark{}, db.Check(err)
	}
	return get(ctx, tx, enrollmentID, id)
}

// complete notes a completion and reports whether it is the first.
func complete(ctx context.Context, tx bun.IDB, enrollmentID string, id curriculum.LessonID, at time.Time) (first bool, err error) {
	res, err := tx.NewRaw(`INSERT INTO lesson_progress (enrollment_id, lesson, completed_at) VALUES (?, ?, ?)
		ON CONFLICT (enrollment_id, lesson) DO UPDATE SET completed_at = excluded.completed_at
		WHERE lesson_progress.completed_at IS NULL`, enrollmentID, id, db.At(at)).Exec(ctx)
	if err != nil {
		return false, db.Check(err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func completed(ctx context.Context, idb bun.IDB, ids []string) (map[string]map[curriculum.LessonID]time.Time, error) {
	all := make(map[string]map[curriculum.LessonID]time.Time, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []mark
	err := idb.NewSelect().Model(&rows).Where("enrollment_id IN (?) AND completed_at IS NOT NULL", bun.List(ids)).Scan(ctx)
	for _, m := range rows {
		if all[m.EnrollmentID] == nil {
			all[m.EnrollmentID] = make(map[curriculum.LessonID]time.Time)
		}
		all[m.EnrollmentID][m.Lesson] = m.CompletedAt.Time
	}
	return all, db.Check(err)
}
