package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/standing"
)

// An alarm joins two features that do not know each other: what practicum finds
// unsafe, standing stops, with its due process.
type alarm struct{ standing *standing.Service }

// Raise opens a safety hold about a log. Neither text retells it: staff read
// the log, and the trainee reads its feedback.
func (a alarm) Raise(ctx context.Context, tx bun.IDB, p *enrollment.Pinned, logID string, titles []string) error {
	what := strings.Join(titles, "; ")
	return a.standing.OpenWithin(ctx, tx, p, standing.Opening{
		Kind: standing.Safety, LogID: logID,
		Facts: fmt.Sprintf("A practicum log was graded below the program's floor: %s. Read the log and its feedback.", what),
		Told:  fmt.Sprintf("A log of yours was graded below the program's floor: %s. Read its feedback, and reply here. Somebody else than your grader decides.", what),
	})
}
