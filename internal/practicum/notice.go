package practicum

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// The jobs that deeds on logs leave: somebody is told that a log came back, was
// graded, or should be graded soon. Who and how is not decided here.
const (
	JobReturned outbox.Kind = "notice.log_returned"
	JobGraded   outbox.Kind = "notice.log_graded"
	JobDue      outbox.Kind = "notice.log_due"
)

// A Told is what such a job is about.
type Told struct {
	LogID        string `json:"log_id"`
	EnrollmentID string `json:"enrollment_id"`
}

// remindBefore is how long before its day a log that waits is called to mind.
const remindBefore = 48 * time.Hour

// tell leaves a job about a log. Each time that it is handed in, its author is
// told once that it came back and once that it was graded, whatever is
// corrected afterwards.
func tell(ctx context.Context, tx bun.IDB, l *Log) error {
	kind, ok := map[Status]outbox.Kind{Returned: JobReturned, Graded: JobGraded}[l.Status]
	if !ok {
		return nil
	}
	return put(ctx, tx, kind, l, l.UpdatedAt.Time)
}

func put(ctx context.Context, tx bun.IDB, kind outbox.Kind, l *Log, at time.Time) error {
	key := fmt.Sprintf("%s/%d", l.ID, l.SubmittedAt.UnixMilli())
	return outbox.Put(ctx, tx, kind, key, Told{l.ID, l.EnrollmentID}, at)
}

// due notes until when the program wants a log graded that was just handed in,
// and has its graders reminded.
func (s *Service) due(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, l *Log) error {
	days := p.Edition.Practicum.GradeDays
	if days == 0 {
		return nil
	}
	due := l.SubmittedAt.AddDate(0, 0, days)
	if _, err := tx.NewUpdate().Model((*waitingRow)(nil)).Set("due_at = ?", db.At(due)).Where("log_id = ?", l.ID).Exec(ctx); err != nil {
		return db.Check(err)
	}
	remind := due.Add(-remindBefore)
	if remind.Before(l.SubmittedAt.Time) {
		remind = l.SubmittedAt.Time
	}
	return put(ctx, tx, JobDue, l, remind)
}

// Waits reports whether a log still waits to be graded.
func (s *Service) Waits(ctx context.Context, idb bun.IDB, logID string) (bool, error) {
	waits, err := idb.NewSelect().Model((*waitingRow)(nil)).Where("log_id = ?", logID).Exists(ctx)
	return waits, db.Check(err)
}

// A Pile is what waits of one enrollment.
type Pile struct {
	EnrollmentID string
	Logs         int
	Flagged      int
	Overdue      int
}

// Piles returns what waits, by enrollment.
func (s *Service) Piles(ctx context.Context, idb bun.IDB) (rows []*Pile, err error) {
	err = idb.NewSelect().Model((*waitingRow)(nil)).ColumnExpr("w.enrollment_id, count(*) AS logs").
		ColumnExpr("sum(1 - w.turn) AS flagged, sum(CASE WHEN w.due_at <= ? THEN 1 ELSE 0 END) AS overdue", db.At(s.now())).
		GroupExpr("w.enrollment_id").OrderExpr("w.enrollment_id").Scan(ctx, &rows)
	return rows, db.Check(err)
}
