package quiz

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A sequential attempt stands at one item. That one may be answered; those
// before it can be read and no longer changed, those after it are not shown.
// Each item is a step of its own. The items of a case are steps in a row, and
// each carries the vignette.

// The faults of moving on, beside ErrTurn.
var (
	ErrLast = fault.New(fault.Conflict, "last_item", "This is the last question. Answer it if you like, then hand the quiz in.")
	ErrFree = fault.New(fault.Conflict, "not_sequential", "The questions of this quiz can be answered in any order. There is nothing to move on from.")
)

// firstStep returns the item at which an attempt begins; "" if its items may be
// answered in any order.
func firstStep(q curriculum.Quiz, items []frozenItem) string {
	if !q.Sequential {
		return ""
	}
	return items[0].ID
}

// nextStep is the rule of moving on, of an attempt that asks items in an order
// and stands at one of them. From there it goes to the next. From the one before
// it has gone already, and stays: that is the same move, sent again. From
// anywhere else it does not go, which is ErrTurn; nor from the last, ErrLast.
func nextStep(order []string, at, from string) (string, error) {
	i := slices.Index(order, at)
	switch {
	case at == "":
		return "", ErrFree
	case from == at && i == len(order)-1:
		return "", ErrLast
	case from == at:
		return order[i+1], nil
	case i > 0 && from == order[i-1]:
		return at, nil
	}
	return "", ErrTurn
}

// order returns the ids of the items, as they are asked.
func (f *frame) order() []string {
	ids := make([]string, len(f.questions))
	for i, q := range f.questions {
		ids[i] = q.id
	}
	return ids
}

// upTo returns the questions that may be shown at an item: all, if it is "".
func (f *frame) upTo(at string) []question {
	i := slices.Index(f.order(), at)
	if i < 0 {
		return f.questions
	}
	return f.questions[:i+1]
}

// MoveOn takes the actor's own sequential attempt from an item, answered or
// not, to the next one, and returns it as it is then. The same move sent again
// changes nothing. It returns ErrTurn for an item that the attempt neither
// stands at nor has just left, ErrLast for the last one, ErrFree for an attempt
// that is not sequential, ErrPaused for one that is paused, and ErrClosed for
// one that takes no answers any more.
func (s *Service) MoveOn(ctx context.Context, attemptID, from string) (*OpenSheet, error) {
	f, err := s.own(ctx, attemptID)
	if err != nil {
		return nil, err
	}
	var a *attempt
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if a, err = hold(ctx, tx, f.id); err != nil {
			return err
		}
		return s.moveOn(ctx, tx, a, f.order(), from)
	})
	if err != nil {
		return nil, fmt.Errorf("move on: %w", err)
	}
	sheet, err := s.show(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("move on: %w", err)
	}
	return sheet.Open, nil
}

// moveOn moves an attempt that is held.
func (s *Service) moveOn(ctx context.Context, tx bun.IDB, a *attempt, order []string, from string) error {
	switch {
	case a.State == Submitted || a.overdue(s.now()):
		return ErrClosed
	case !a.PausedAt.IsZero():
		return ErrPaused
	}
	to, err := nextStep(order, a.AtItem, from)
	if err != nil || to == a.AtItem {
		return err
	}
	a.AtItem = to
	if err := putStep(ctx, tx, a, from); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), "quiz.moved_on", a.ID, map[string]string{"from": from, "to": to})
}
