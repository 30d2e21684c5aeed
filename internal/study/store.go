package study

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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

// open notes the first opening, and every one as the last look, and returns the
// mark.
func open(ctx context.Context, tx bun.IDB, enrollmentID string, id curriculum.LessonID, at time.Time) (mark, error) {
	_, err := tx.NewRaw(`INSERT INTO lesson_progress (enrollment_id, lesson, opened_at, seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (enrollment_id, lesson) DO UPDATE SET opened_at = coalesce(lesson_progress.opened_at, excluded.opened_at), seen_at = excluded.seen_at`,
		enrollmentID, id, db.At(at), db.At(at)).Exec(ctx)
	if err != nil {
		return mark{}, db.Check(err)
	}
	return get(ctx, tx, enrollmentID, id)
}

// look notes that a lesson of which there is a mark was looked at.
func look(ctx context.Context, tx bun.IDB, enrollmentID string, id curriculum.LessonID, at time.Time) error {
	res, err := tx.NewUpdate().Model((*mark)(nil)).Set("seen_at = ?", db.At(at)).
		Where("enrollment_id = ? AND lesson = ?", enrollmentID, id).Exec(ctx)
	return db.One(res, err, db.ErrNone)
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

// times reads one row for each enrollment, with its lessons and what stands in
// a column of times in one text: a cohort's tens of thousands of completions as
// rows take the drivers several times as long.
func times(ctx context.Context, idb bun.IDB, column string, ids []string) (map[string]map[curriculum.LessonID]time.Time, error) {
	all := make(map[string]map[curriculum.LessonID]time.Time, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var rows []struct{ EnrollmentID, Lessons string }
	at := bun.Ident(column)
	err := idb.NewRaw(`SELECT enrollment_id, string_agg(lesson || ' ' || ?, ',') AS lessons FROM lesson_progress
		WHERE enrollment_id IN (?) AND ? IS NOT NULL GROUP BY enrollment_id`, at, bun.List(ids), at).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Check(err)
	}
	for _, r := range rows {
		if all[r.EnrollmentID], err = timesOf(r.Lessons); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// timesOf reads lessons with their times: "sci-1 1764000000000,sci-2 …".
func timesOf(text string) (map[curriculum.LessonID]time.Time, error) {
	all := make(map[curriculum.LessonID]time.Time, 1+strings.Count(text, ","))
	for entry := range strings.SplitSeq(text, ",") {
		lesson, at, _ := strings.Cut(entry, " ")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("a completed lesson reads %q: %w", entry, err)
		}
		all[curriculum.LessonID(lesson)] = time.UnixMilli(ms).UTC()
	}
	return all, nil
}
