package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"math/bits"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
)

func get(ctx context.Context, idb bun.IDB, id string) (*attempt, error) {
	a := new(attempt)
	return a, db.Check(idb.NewSelect().Model(a).Where("id = ?", id).Scan(ctx))
}

// hold reads an attempt and keeps everybody from saving into it or closing it
// until the transaction ends.
func hold(ctx context.Context, tx bun.IDB, id string) (*attempt, error) {
	a := new(attempt)
	q := tx.NewSelect().Model(a).Where("id = ?", id)
	if db.Postgres(tx) {
		q = q.For("UPDATE")
	}
	return a, db.Check(q.Scan(ctx))
}

// openOf returns the attempt that is open, or nil.
func openOf(ctx context.Context, idb bun.IDB, enrollmentID string, module curriculum.ModuleKey) (*attempt, error) {
	a := new(attempt)
	err := db.Check(idb.NewSelect().Model(a).
		Where("enrollment_id = ? AND module = ? AND state = ?", enrollmentID, module, Open).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return nil, nil
	}
	return a, err
}

func insert(ctx context.Context, tx bun.IDB, a *attempt) error {
	_, err := tx.NewInsert().Model(a).Exec(ctx)
	return db.Check(err)
}

// update writes how an attempt ended, if it is still open.
func update(ctx context.Context, tx bun.IDB, a *attempt) error {
	missed, err := json.Marshal(a.CriticalMissed)
	if err != nil {
		return err
	}
	objectives, err := json.Marshal(a.Missed)
	if err != nil {
		return err
	}
	res, err := tx.NewUpdate().Model(a).
		Set("state = ?", a.State).Set("submitted_at = ?", a.SubmittedAt).Set("closed_by = ?", a.ClosedBy).
		Set("correct = ?", a.Correct).Set("asked = ?", a.Asked).Set("score_percent = ?", a.ScorePercent).
		Set("passed = ?", a.Passed).Set("critical_missed = ?", string(missed)).Set("missed = ?", string(objectives)).
		Where("id = ? AND state = ?", a.ID, Open).Exec(ctx)
	return db.One(res, err, ErrClosed)
}

// putStep writes where an attempt stands, if it still stands where it did.
func putStep(ctx context.Context, tx bun.IDB, a *attempt, before string) error {
	res, err := tx.NewUpdate().Model(a).Set("at_item = ?", a.AtItem).
		Where("id = ? AND state = ? AND at_item = ?", a.ID, Open, before).Exec(ctx)
	return db.One(res, err, ErrTurn)
}

// overdue lists attempts still open past their deadline and its grace, the
// longest first.
func overdue(ctx context.Context, idb bun.IDB, now time.Time, limit int) (ids []string, err error) {
	err = idb.NewSelect().Model((*attempt)(nil)).Column("id").
		Where("state = ? AND deadline < ?", Open, db.At(now.Add(-Grace))).
		OrderExpr("deadline, id").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, db.Check(err)
}

// answerRow is a row of the journal.
type answerRow struct {
	bun.BaseModel `bun:"table:quiz_answers,alias:a"`

	Item     string
	Revision int
	Response string
	SavedAt  db.Time
}

// latest returns the current answers of an attempt.
func latest(ctx context.Context, idb bun.IDB, attemptID string) (answers, error) {
	var rows []answerRow
	err := idb.NewSelect().Model(&rows).Where("attempt_id = ?", attemptID).
		Where(`revision = (SELECT max(revision) FROM quiz_answers b WHERE b.attempt_id = a.attempt_id AND b.item = a.item)`).Scan(ctx)
	if err != nil {
		return nil, db.Check(err)
	}
	all := make(answers, len(rows))
	for _, r := range rows {
		all[r.Item] = answer{r.Revision, r.Response, r.SavedAt}
	}
	return all, nil
}

// meets returns what a save meets in its slot.
func meets(ctx context.Context, idb bun.IDB, s slot) (current, error) {
	var row struct {
		State    State
		Deadline db.Time
		PausedAt db.Time
		AtItem   string
		answerRow
	}
	err := idb.NewRaw(`SELECT t.state, t.deadline, t.paused_at, coalesce(t.at_item, '') AS at_item, coalesce(a.item, '') AS item, coalesce(a.revision, 0) AS revision,
			coalesce(a.response, '') AS response, a.saved_at
		FROM quiz_attempts t LEFT JOIN quiz_answers a ON a.attempt_id = t.id AND a.item = ?
		WHERE t.id = ? ORDER BY a.revision DESC LIMIT 1`, s.item, s.attempt).Scan(ctx, &row)
	return current{row.State, row.Deadline.Time, !row.PausedAt.IsZero(), row.AtItem, answer{row.Revision, row.Response, row.SavedAt}}, db.Check(err)
}

// A patience says what a write does about an attempt that somebody is closing.
type patience string

const (
	skip patience = "SKIP LOCKED" // leave it out
	wait patience = ""            // wait for the end
)

// The journal's statement is the judge of every save: it takes a record only
// while its attempt is open, running and not late, where the attempt stands at
// its item or at none, and only as the successor of the current answer. On
// PostgreSQL it holds the attempts meanwhile, against the FOR UPDATE of whoever
// closes one; on SQLite a transaction is alone. Every look goes by a primary key, however the planner guesses.
const (
	journalInto = `
INSERT INTO quiz_answers (attempt_id, item, revision, response, saved_at)
SELECT b.attempt_id, b.item, b.revision, b.response, b.saved_at FROM `

	journalMay = ` t.state = 'open' AND t.paused_at IS NULL AND (t.at_item IS NULL OR t.at_item = b.item)`

	journalNext = ` b.revision - 1 = coalesce((SELECT a.revision FROM quiz_answers a
  WHERE a.attempt_id = b.attempt_id AND a.item = b.item ORDER BY a.revision DESC LIMIT 1), 0)`

	// Only another process can have put a successor there since the statement
	// looked. To ask beforehand costs each row a look at the index more.
	journalAnyway = "\nON CONFLICT DO NOTHING"

	journalPostgres = journalInto + `
  unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[]) AS b (attempt_id, item, revision, response, saved_at),
  LATERAL (SELECT FROM quiz_attempts t WHERE t.id = b.attempt_id AND b.saved_at <= t.deadline + $6 AND ` + journalMay + ` FOR SHARE `
)

// journalSQLite has the statement for 1, 2, 4 ... maxBatch records, each parsed
// once: a list of so many values costs a third of what a JSON list does.
var journalSQLite = func() (all []string) {
	for n := 1; n <= maxBatch; n *= 2 {
		all = append(all, `WITH b (attempt_id, item, revision, response, saved_at) AS (VALUES `+
			strings.TrimSuffix(strings.Repeat("(?,?,?,?,?),", n), ",")+`)`+journalInto+`b CROSS JOIN quiz_attempts t
WHERE t.id = b.attempt_id AND b.saved_at <= t.deadline + ? AND `+journalMay+` AND `+journalNext)
	}
	return all
}()

// journalize inserts the records that may be, at most one for a slot, as one
// transaction, and returns the slots of those that are there.
func journalize(ctx context.Context, d *db.DB, records []record, p patience) (taken map[slot]bool, err error) {
	statement, args := "", []any(nil)
	if d.Postgres() {
		statement, args = journalPostgres+string(p)+") AS held WHERE "+journalNext, columns(records)
	} else {
		statement, args = values(records)
	}
	args = append(args, Grace.Milliseconds())
	n, err := d.Statement(ctx, statement, args...)
	if errors.Is(err, db.ErrExists) {
		n, err = d.Statement(ctx, statement+journalAnyway, args...)
	}
	switch {
	case err != nil:
		return nil, err
	case int(n) == len(records):
		return slots(records), nil
	}
	return written(ctx, d, records)
}

// written returns the slots of the records that the journal holds just as they
// are: whoever put them there, they are saved.
func written(ctx context.Context, idb bun.IDB, records []record) (map[slot]bool, error) {
	keys := make([]bun.TupleValues, len(records))
	wanted := make(map[slot]answer, len(records))
	for i, r := range records {
		keys[i] = bun.Tuple([]any{r.attempt, r.item, r.revision})
		wanted[r.slot] = r.answer
	}
	var rows []struct {
		AttemptID string
		answerRow
	}
	err := idb.NewRaw("SELECT attempt_id, item, revision, response, saved_at FROM quiz_answers WHERE (attempt_id, item, revision) IN (VALUES ?)",
		bun.List(keys)).Scan(ctx, &rows)
	if err != nil {
		return nil, db.Check(err)
	}
	taken := make(map[slot]bool, len(rows))
	for _, r := range rows {
		at := slot{r.AttemptID, r.Item}
		taken[at] = wanted[at] == answer{r.Revision, r.Response, r.SavedAt}
	}
	return taken, nil
}

func slots(records []record) map[slot]bool {
	all := make(map[slot]bool, len(records))
	for _, r := range records {
		all[r.slot] = true
	}
	return all
}

// columns writes records for PostgreSQL, as an array for each column.
func columns(records []record) []any {
	attempts, items, responses := make([]string, len(records)), make([]string, len(records)), make([]string, len(records))
	revisions, saved := make([]int32, len(records)), make([]int64, len(records))
	for i, r := range records {
		attempts[i], items[i], revisions[i], responses[i], saved[i] = r.attempt, r.item, int32(r.revision), r.response, r.savedAt.UnixMilli()
	}
	return []any{attempts, items, revisions, responses, saved}
}

// values returns SQLite's statement that has room for the records, and the
// records for it. What is left of its room is NULL, which names no attempt.
func values(records []record) (statement string, args []any) {
	size := bits.Len(uint(len(records) - 1))
	args = make([]any, 5<<size, 5<<size+1)
	for i, r := range records {
		copy(args[5*i:], []any{r.attempt, r.item, r.revision, r.response, r.savedAt.UnixMilli()})
	}
	return journalSQLite[size], args
}

// attemptsOf returns the attempts of enrollments, without their draws, each
// enrollment's in the order of their numbers, with the scores that hold now. With a module it returns that
// module's only.
func attemptsOf(ctx context.Context, idb bun.IDB, enrollmentIDs []string, module curriculum.ModuleKey) (rows []*attempt, err error) {
	q := idb.NewSelect().Model(&rows).Column("id", "enrollment_id", "module", "state", "submitted_at", "missed").Apply(asRegraded).
		Where("enrollment_id IN (?)", bun.List(enrollmentIDs))
	if module != "" {
		q.Where("module = ?", module)
	}
	err = q.OrderExpr("enrollment_id, module, number").Scan(ctx)
	return rows, db.Check(err)
}

// triesBefore returns an enrollment's attempts in a module, whole, in the order
// of their numbers, with the scores that hold now.
func triesBefore(ctx context.Context, idb bun.IDB, enrollmentID string, module curriculum.ModuleKey) (rows []*attempt, err error) {
	err = idb.NewSelect().Model(&rows).ExcludeColumn("score_percent", "passed").Apply(asRegraded).
		Where("enrollment_id = ? AND module = ?", enrollmentID, module).OrderExpr("number").Scan(ctx)
	return rows, db.Check(err)
}

// underWay returns the one among attempts that is open, or nil.
func underWay(attempts []*attempt) *attempt {
	for _, a := range attempts {
		if a.State == Open {
			return a
		}
	}
	return nil
}

// remediationsOf is like attemptsOf, for remediations.
func remediationsOf(ctx context.Context, idb bun.IDB, enrollmentIDs []string, module curriculum.ModuleKey) (rows []*Remediation, err error) {
	q := idb.NewSelect().Model(&rows).Where("enrollment_id IN (?)", bun.List(enrollmentIDs))
	if module != "" {
		q.Where("module = ?", module)
	}
	err = q.OrderExpr("enrollment_id, module, id").Scan(ctx)
	return rows, db.Check(err)
}

func getRemediation(ctx context.Context, idb bun.IDB, id string) (*Remediation, error) {
	r := new(Remediation)
	return r, db.Check(idb.NewSelect().Model(r).Where("id = ?", id).Scan(ctx))
}

func insertRemediation(ctx context.Context, tx bun.IDB, r *Remediation) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	return db.Check(err)
}
