package quiz

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
)

// maxWatched is how many enrollments a live view has at most, the oldest.
const maxWatched = 25_000

// A watchReader reads a live view from SQL, and remembers what cannot have
// changed since. It is for one goroutine.
type watchReader struct {
	s      *Service
	cohort *enrollment.Cohort
	module curriculum.ModuleKey

	marks *marks // of new answers

	takers   []Watched // a row for each who takes the quiz, without an attempt
	attempts map[string]watchedAttempt
}

// A watchedAttempt is what is known of one attempt.
type watchedAttempt struct {
	items int
	extent
	final bool // it was read after it had been handed in
}

func newWatchReader(s *Service, c *enrollment.Cohort, module curriculum.ModuleKey, m *marks) *watchReader {
	return &watchReader{s: s, cohort: c, module: module, marks: m}
}

// read returns the rows of the view, in at most four queries. With all set it
// reads everything anew; else who takes the quiz is as it was, and answers are
// counted only of the attempts that are marked, or were not there before. It
// returns db.ErrNone where nobody can take the quiz.
func (r *watchReader) read(ctx context.Context, all bool, marked []string) ([]Watched, error) {
	if all {
		if err := r.enroll(ctx); err != nil {
			return nil, err
		}
	}
	latest, err := r.latest(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.count(ctx, latest, all, marked); err != nil {
		return nil, err
	}
	rows := make([]Watched, len(r.takers))
	copy(rows, r.takers)
	for i := range rows {
		if a := latest[rows[i].EnrollmentID]; a != nil {
			rows[i].note(a, r.attempts[a.ID])
		}
	}
	return rows, nil
}

// note puts an attempt into the row of its enrollment.
func (w *Watched) note(a *attempt, known watchedAttempt) {
	w.AttemptID, w.Number, w.Deadline, w.PausedAt = a.ID, a.Number, a.Deadline.Time, a.PausedAt.Time
	w.Items, w.Answered, w.Saves, w.SavedAt = known.items, known.Answered, known.Saves, known.SavedAt.Time
	switch {
	case a.State == Submitted:
		w.Presence = HandedIn
	case !a.PausedAt.IsZero():
		w.Presence = Paused
	default:
		w.Presence = In
	}
}

// enroll reads who can take the quiz.
func (r *watchReader) enroll(ctx context.Context) error {
	all, err := r.s.enrollments.PageOfCohort(ctx, r.cohort, "", maxWatched)
	if err != nil {
		return err
	}
	r.takers = r.takers[:0:0]
	for _, p := range all {
		if m := p.Course.Module(r.module); m != nil {
			r.takers = append(r.takers, Watched{EnrollmentID: p.ID, PersonID: p.PersonID, Presence: NotStarted, Items: m.Quiz.Draw})
		}
	}
	if len(all) > 0 && len(r.takers) == 0 {
		return db.ErrNone
	}
	if len(all) == 0 {
		course, err := r.s.enrollments.Newest(ctx)
		if err == nil && course.Module(r.module) == nil {
			err = db.ErrNone
		}
		return err
	}
	return nil
}

// latest returns the last attempt of each enrollment that has begun one.
func (r *watchReader) latest(ctx context.Context) (map[string]*attempt, error) {
	last := make(map[string]*attempt, len(r.takers))
	if len(r.takers) == 0 {
		return last, nil
	}
	ids := make([]string, len(r.takers))
	for i := range r.takers {
		ids[i] = r.takers[i].EnrollmentID
	}
	rows, err := watchedAttempts(ctx, r.s.db, ids, r.module)
	for _, a := range rows { // in the order of their numbers
		last[a.EnrollmentID] = a
	}
	return last, err
}

// count reads how far the attempts are that may have moved. One that was
// handed in moves no more.
func (r *watchReader) count(ctx context.Context, latest map[string]*attempt, all bool, marked []string) error {
	known := make(map[string]watchedAttempt, len(latest))
	var fresh, ask []string
	for _, a := range latest {
		k, before := r.attempts[a.ID]
		if !before {
			fresh = append(fresh, a.ID)
		}
		if ended := a.State == Submitted; !k.final && (all || ended || !before) {
			ask = append(ask, a.ID)
			k.final = ended
		}
		known[a.ID] = k
	}
	if !all {
		ask = append(ask, marked...)
	}
	r.marks.watch(fresh) // before they are counted: what is saved meanwhile is marked
	sizes, err := sizesOf(ctx, r.s.db, fresh)
	if err != nil {
		return err
	}
	extents, err := extentsOf(ctx, r.s.db, ask)
	if err != nil {
		return err
	}
	for id, k := range known {
		if n, ok := sizes[id]; ok {
			k.items = n
		}
		known[id] = k
	}
	for _, id := range ask {
		if k, ok := known[id]; ok {
			k.extent = extents[id]
			known[id] = k
		}
	}
	r.keep(known)
	return nil
}

// keep remembers attempts, and ends the marks of those that are not among them.
func (r *watchReader) keep(known map[string]watchedAttempt) {
	var gone []string
	for id := range r.attempts {
		if _, stays := known[id]; !stays {
			gone = append(gone, id)
		}
	}
	r.marks.drop(gone)
	r.attempts = known
}

// marked returns the attempts under way that have new answers since it was
// called last.
func (r *watchReader) marked() []string {
	var running []string
	for id, k := range r.attempts {
		if !k.final {
			running = append(running, id)
		}
	}
	return r.marks.take(running)
}

// watchedAttempts returns the attempts of enrollments at a module's quiz as a
// live view needs them: without draws, and without how they were graded.
func watchedAttempts(ctx context.Context, idb bun.IDB, enrollmentIDs []string, module curriculum.ModuleKey) (rows []*attempt, err error) {
	err = idb.NewSelect().Model(&rows).Column("id", "enrollment_id", "number", "state", "deadline", "paused_at").
		Where("enrollment_id IN (?) AND module = ?", bun.List(enrollmentIDs), module).OrderExpr("enrollment_id, number").Scan(ctx)
	return rows, db.Check(err)
}

// sizesOf returns how many items attempts ask.
func sizesOf(ctx context.Context, idb bun.IDB, ids []string) (map[string]int, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	length := "json_array_length(draw, '$.items')"
	if db.Postgres(idb) {
		length = "json_array_length(draw::json -> 'items')"
	}
	var rows []struct {
		ID    string
		Items int
	}
	err := idb.NewSelect().TableExpr("quiz_attempts").ColumnExpr("id, "+length+" AS items").Where("id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	all := make(map[string]int, len(rows))
	for _, r := range rows {
		all[r.ID] = r.Items
	}
	return all, db.Check(err)
}

// An extent is how far an attempt is.
type extent struct {
	Answered int
	Saves    int
	SavedAt  db.Time // of the last save
}

// extentsOf counts the answers of attempts. One without any has none.
func extentsOf(ctx context.Context, idb bun.IDB, ids []string) (map[string]extent, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		AttemptID string
		extent
	}
	err := idb.NewSelect().TableExpr("quiz_answers AS a").Where("a.attempt_id IN (?)", bun.List(ids)).GroupExpr("a.attempt_id").
		ColumnExpr("a.attempt_id, count(*) AS saves, max(a.saved_at) AS saved_at").
		ColumnExpr(`sum(CASE WHEN a.response = ? OR EXISTS (SELECT 1 FROM quiz_answers b
			WHERE b.attempt_id = a.attempt_id AND b.item = a.item AND b.revision > a.revision) THEN 0 ELSE 1 END) AS answered`, cleared).
		Scan(ctx, &rows)
	all := make(map[string]extent, len(rows))
	for _, r := range rows {
		all[r.AttemptID] = r.extent
	}
	return all, db.Check(err)
}
