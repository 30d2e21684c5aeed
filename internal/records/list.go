package records

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
)

// How much of a clearance somebody sees.
type sight int

const (
	hidden  sight = iota
	outcome       // whether somebody is cleared, and until when
	whole
)

// A view says what somebody sees of an enrollment's records.
type view struct {
	records    bool // all but clearances
	clearances sight
}

// viewOf returns what roles see. A clearer sees clearances and nothing else;
// an admin only how they stand; those who teach, nothing of them.
func viewOf(roles []access.Role) view {
	v := view{records: slices.ContainsFunc(roles, func(r access.Role) bool { return r != access.Clearer })}
	switch {
	case isOwn(roles) || slices.Contains(roles, access.Clearer):
		v.clearances = whole
	case slices.Contains(roles, access.Admin):
		v.clearances = outcome
	}
	return v
}

// outline returns how a clearance stands, and nothing by which the ledger
// would tell when it was set and by whom: not even its id.
func (r *Record) outline() *Record {
	return &Record{EnrollmentID: r.EnrollmentID, Kind: r.Kind, Value: r.Value, ExpiresOn: r.ExpiresOn, State: r.State, Version: r.Version}
}

// List returns a page of the records of an enrollment that the actor may see,
// by id, and where the next page goes on: "" when there is none. Replaced and
// refused ones are there too, so that the trail can be read. Where the actor
// sees only how clearances stand, those that hold come first, beyond the limit.
func (s *Service) List(ctx context.Context, enrollmentID, after string, limit int64) (rows []*Record, next string, err error) {
	_, roles, err := s.enrollments.As(ctx, s.db, access.SeeRecords, enrollmentID)
	if err != nil {
		return nil, "", err
	}
	v := viewOf(roles)
	rows, err = ofEnrollment(ctx, s.db, enrollmentID, v, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("list records: %w", err)
	}
	next = nextAfter(rows, limit)
	if v.clearances != outcome || after != "" {
		return rows, next, nil
	}
	held, err := openOf(ctx, s.db, enrollmentID, Clearance)
	if err != nil {
		return nil, "", fmt.Errorf("list records: %w", err)
	}
	for i, r := range held {
		held[i] = r.outline()
	}
	return append(held, rows...), next, nil
}

// Queue returns a page of the records that wait for the actor's decision, the
// longest waiting first, and where the next page goes on.
func (s *Service) Queue(ctx context.Context, after string, limit int64) (rows []*Record, next string, err error) {
	if err := access.From(ctx).May(access.DecideRecord); err != nil {
		return nil, "", err
	}
	var desks []desk
	for _, role := range []access.Role{access.Instructor, access.Supervisor, access.Admin} {
		desks = append(desks, desk{s.enrollments.Reached(ctx, role), decidedBy(role)})
	}
	rows, err = waiting(ctx, s.db, desks, after, limit)
	if err != nil {
		return nil, "", fmt.Errorf("list record queue: %w", err)
	}
	return rows, nextAfter(rows, limit), nil
}

// nextAfter returns where the page after rows goes on.
func nextAfter(rows []*Record, limit int64) string {
	if len(rows) == 0 || int64(len(rows)) < limit {
		return ""
	}
	return rows[len(rows)-1].ID
}

// decidedBy lists the kinds that wait, and on which a role decides.
func decidedBy(role access.Role) (all []Kind) {
	for _, k := range Kinds {
		if rules[k].trainee == waits && slices.Contains(rules[k].decide, role) {
			all = append(all, k)
		}
	}
	return all
}

// Evidence returns all records of enrollments but those that were replaced,
// oldest first by their day and then by their id. Of each it has what evidence
// is judged by: not who entered it and when, nor its note and its version. It
// asks SQL once, however many enrollments there are, and does not ask who may
// see them. It reads through idb, so that a deed can ask inside its
// transaction.
func (s *Service) Evidence(ctx context.Context, idb bun.IDB, enrollmentIDs []string) (map[string][]*Record, error) {
	all, err := evidence(ctx, idb, enrollmentIDs)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return all, nil
}
