package quiz

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A scope is a stretch of attempts: those of a program at a module's quiz.
type scope struct {
	program string
	module  curriculum.ModuleKey
	cohort  string           // "" for every one
	course  string           // the hash with which attempts were begun; "" for any
	within  *bun.SelectQuery // of the ids of enrollments; nil for all
	first   bool             // of each enrollment the first one only
}

// query selects from the attempts t of the scope and their enrollments e.
func (sc scope) query(idb bun.IDB) *bun.SelectQuery {
	q := idb.NewSelect().TableExpr("quiz_attempts AS t").Join("JOIN enrollments AS e ON e.id = t.enrollment_id").
		Where("e.program = ? AND t.module = ?", sc.program, sc.module)
	if sc.cohort != "" {
		q.Where("e.cohort_id = ?", sc.cohort)
	}
	if sc.course != "" {
		q.Where("t.draw LIKE ?", `%"course":"`+sc.course+`"%`)
	}
	if sc.within != nil {
		q.Where("e.id IN (?)", sc.within)
	}
	if sc.first {
		q.Where("t.number = 1")
	}
	return q
}

// newest narrows q to the handed-in attempts of the scope that ended last.
func (sc scope) newest(idb bun.IDB, limit int64) *bun.SelectQuery {
	return sc.query(idb).ColumnExpr("t.id").Where("t.state = ?", Submitted).OrderExpr("t.submitted_at DESC, t.id DESC").Limit(limit)
}

// A taken attempt is one with whose it is and its first score.
type taken struct {
	ID             string
	EnrollmentID   string
	PersonID       string
	Number         int
	State          State
	Draw           frozen `bun:"type:text"`
	StartedAt      db.Time
	SubmittedAt    db.Time
	Correct        int
	Asked          int
	ScorePercent   int
	Passed         bool
	CriticalMissed []curriculum.ObjectiveID `bun:"type:text"`
}

func (t *taken) first() Mark {
	return Mark{t.Correct, t.Asked, t.ScorePercent, t.Passed, t.CriticalMissed}
}

// takenIn reads the attempts that q selects, in the order of their ids.
func takenIn(ctx context.Context, q *bun.SelectQuery) (rows []*taken, err error) {
	err = q.ColumnExpr("t.id, t.enrollment_id, e.person_id, t.number, t.state, t.draw, t.started_at, t.submitted_at").
		ColumnExpr("coalesce(t.correct, 0) AS correct, coalesce(t.asked, 0) AS asked, coalesce(t.score_percent, 0) AS score_percent").
		ColumnExpr("coalesce(t.passed, FALSE) AS passed, coalesce(t.critical_missed, '[]') AS critical_missed").
		OrderExpr("t.id").Scan(ctx, &rows)
	return rows, db.Check(err)
}

// A saved answer is a row of the journal with its attempt.
type saved struct {
	AttemptID string
	answerRow
}

// savedIn reads the journal of the handed-in attempts of a scope, each
// attempt's items by their revisions.
func savedIn(ctx context.Context, q *bun.SelectQuery) (rows []*saved, err error) {
	err = q.Join("JOIN quiz_answers AS a ON a.attempt_id = t.id").
		ColumnExpr("a.attempt_id, a.item, a.revision, a.response, a.saved_at").
		Where("t.state = ?", Submitted).OrderExpr("a.attempt_id, a.item, a.revision").Scan(ctx, &rows)
	return rows, db.Check(err)
}

// current folds a journal into the current answers of each attempt.
func (sc scope) current(ctx context.Context, idb bun.IDB) (map[string]answers, error) {
	rows, err := savedIn(ctx, sc.query(idb))
	all := make(map[string]answers)
	for _, r := range rows {
		if all[r.AttemptID] == nil {
			all[r.AttemptID] = make(answers)
		}
		all[r.AttemptID][r.Item] = answer{r.Revision, r.Response, r.SavedAt}
	}
	return all, err
}

// decided lists the regrades of a program and module in their order, up to a
// number; 0 means all.
func decided(ctx context.Context, idb bun.IDB, program string, module curriculum.ModuleKey, upTo int) (rows []*Regrade, err error) {
	q := idb.NewSelect().Model(&rows).Where("program = ? AND module = ?", program, module).OrderExpr("number")
	if upTo > 0 {
		q.Where("number <= ?", upTo)
	}
	return rows, db.Check(q.Scan(ctx))
}

func getRegrade(ctx context.Context, idb bun.IDB, id string) (*Regrade, error) {
	r := new(Regrade)
	return r, db.Check(idb.NewSelect().Model(r).Where("id = ?", id).Scan(ctx))
}

// regradesIn lists regrades, oldest first, after the one named by after, of
// some programs or of all. A module of "" means every one.
func regradesIn(ctx context.Context, idb bun.IDB, programs []string, all bool, module curriculum.ModuleKey, after string, limit int64) (rows []*Regrade, err error) {
	q := ofPrograms(idb.NewSelect().Model(&rows), programs, all).Where("id > ?", after).OrderExpr("id").Limit(limit)
	if module != "" {
		q.Where("module = ?", module)
	}
	return rows, db.Check(q.Scan(ctx))
}

// lastRegrade returns the id of the last regrade of some programs or of all, ""
// when there is none.
func lastRegrade(ctx context.Context, idb bun.IDB, programs []string, all bool) (id string, err error) {
	err = db.Check(ofPrograms(idb.NewSelect().Model((*Regrade)(nil)).Column("id"), programs, all).OrderExpr("id DESC").Limit(1).Scan(ctx, &id))
	if errors.Is(err, db.ErrNone) {
		return "", nil
	}
	return id, err
}

func ofPrograms(q *bun.SelectQuery, programs []string, all bool) *bun.SelectQuery {
	if all {
		return q
	}
	return q.Where("program IN (?)", bun.List(append(slices.Clip(programs), ""))) // no program is ""; a list must not be empty
}

func insertRegrade(ctx context.Context, tx bun.IDB, r *Regrade) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	return db.Check(err)
}

// batch is how many rows one statement writes.
const batch = 500

func insertRegraded(ctx context.Context, tx bun.IDB, rows []*Regraded) error {
	for len(rows) > 0 {
		some := rows[:min(batch, len(rows))]
		if _, err := tx.NewInsert().Model(&some).Exec(ctx); err != nil {
			return db.Check(err)
		}
		rows = rows[len(some):]
	}
	return nil
}

// regradedOf returns the rounds of one attempt in their order.
func regradedOf(ctx context.Context, idb bun.IDB, attemptID string) (rows []*Regraded, err error) {
	err = idb.NewSelect().Model(&rows).Where("attempt_id = ?", attemptID).OrderExpr("round").Scan(ctx)
	return rows, db.Check(err)
}

// regradedIn returns the rounds of all attempts of a scope, each attempt's in
// their order.
func regradedIn(ctx context.Context, idb bun.IDB, sc scope) (rows []*Regraded, err error) {
	err = idb.NewSelect().Model(&rows).Where("attempt_id IN (?)", sc.query(idb).ColumnExpr("t.id")).OrderExpr("attempt_id, round").Scan(ctx)
	return rows, db.Check(err)
}

// asRegraded selects of attempts the score that holds: the one that the last
// regrade left, else the first.
func asRegraded(q *bun.SelectQuery) *bun.SelectQuery {
	return q.Join(`LEFT JOIN quiz_regraded AS g ON g.attempt_id = ?TableAlias.id
			AND g.round = (SELECT max(h.round) FROM quiz_regraded AS h WHERE h.attempt_id = ?TableAlias.id)`).
		ColumnExpr("coalesce(g.new_percent, ?TableAlias.score_percent) AS score_percent").
		ColumnExpr("coalesce(g.new_passed, ?TableAlias.passed) AS passed")
}

// A regradedRow is a round with whose attempt it is.
type regradedRow struct {
	Regraded     `bun:",extend"`
	EnrollmentID string `bun:",scanonly"`
	Number       int    `bun:",scanonly"`
}

// regradedBy lists what regrades made of attempts, in the order of the
// attempts, after the one named by after. A limit of 0 means all.
func regradedBy(ctx context.Context, idb bun.IDB, regradeID, after string, limit int64) (rows []*regradedRow, err error) {
	q := idb.NewSelect().Model(&rows).ColumnExpr("?TableColumns, t.enrollment_id, t.number").
		Join("JOIN quiz_attempts AS t ON t.id = ?TableAlias.attempt_id").
		Where("regrade_id = ? AND attempt_id > ?", regradeID, after).OrderExpr("attempt_id")
	if limit > 0 {
		q.Limit(limit)
	}
	return rows, db.Check(q.Scan(ctx))
}
