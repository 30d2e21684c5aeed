package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Report is what came of comparing journals with SQL. Each figure counts
// answers, not requests.
type Report struct {
	Attempts int `json:"attempts"`
	Sent     int `json:"sent"`
	Acked    int `json:"acknowledged"`
	Rows     int `json:"rows"` // what SQL holds for these attempts

	// Lost were acknowledged and are not in SQL as such: no row of that
	// revision, or one with another response.
	Lost int `json:"lost"`
	// Doubled are rows that repeat the revision before although nobody sent
	// them: one save that was written twice.
	Doubled int `json:"doubled"`
	// Phantom are other rows that nobody sent.
	Phantom int `json:"phantom"`
	// Unsure were sent, never acknowledged, and are in SQL. That is allowed:
	// the reply was lost, not the answer.
	Unsure int `json:"unsure"`

	Faults []string `json:"faults,omitempty"` // the first of them, in words and ids
}

// OK reports that nothing was lost, doubled or made up.
func (r Report) OK() bool { return r.Lost == 0 && r.Doubled == 0 && r.Phantom == 0 }

// String says it in one line.
func (r Report) String() string {
	return fmt.Sprintf("%d attempts, %d answers acknowledged of %d sent, %d rows: lost %d, doubled %d, phantom %d (unsure and kept %d)",
		r.Attempts, r.Acked, r.Sent, r.Rows, r.Lost, r.Doubled, r.Phantom, r.Unsure)
}

// maxFaults is how many faults a report tells; the figures count all.
const maxFaults = 20

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Compare looks every answer of the journals up in SQL. All who wrote in the
// attempts must be among the journals, and none may write meanwhile.
func Compare(ctx context.Context, d *db.DB, js ...*Journal) (Report, error) {
	all := merge(js)
	r := Report{Attempts: len(all)}
	for ids := range slices.Chunk(attempts(all), 500) {
		held, err := rows(ctx, d, ids)
		if err != nil {
			return r, fmt.Errorf("compare journals: %w", err)
		}
		for _, id := range ids {
			r.compare(id, all[id], held[id])
		}
	}
	return r, nil
}

// A place is a revision of an item.
type place struct {
	item     string
	revision int
}

// rows reads what SQL holds: by attempt and place, the response.
func rows(ctx context.Context, d *db.DB, ids []string) (map[string]map[place]string, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	got, err := d.QueryContext(ctx, "SELECT attempt_id, item, revision, response FROM quiz_answers WHERE attempt_id IN (?"+
		strings.Repeat(", ?", len(ids)-1)+")", args...)
	if err != nil {
		return nil, db.Check(err)
	}
	defer got.Close()
	held := make(map[string]map[place]string)
	for got.Next() {
		var attempt, response string
		var p place
		if err := got.Scan(&attempt, &p.item, &p.revision, &response); err != nil {
			return nil, db.Check(err)
		}
		if held[attempt] == nil {
			held[attempt] = make(map[place]string)
		}
		held[attempt][p] = response
	}
	return held, db.Check(got.Err())
}

// compare is the rule, for one attempt.
func (r *Report) compare(attempt string, entries []entry, held map[place]string) {
	sent := make(map[entry]bool) // true: acknowledged
	for _, e := range entries {
		acked := e.acked
		e.acked = false
		sent[e] = sent[e] || acked
	}
	r.Sent += len(sent)
	r.Rows += len(held)
	for e, acked := range sent {
		response, there := held[place{e.item, e.revision}]
		there = there && response == e.response
		switch {
		case acked:
			r.Acked++
			if !there {
				r.Lost++
				r.fault("lost: attempt %s, item %s, revision %d: acknowledged %s, SQL holds %q", attempt, e.item, e.revision, e.response, response)
			}
		case there:
			r.Unsure++
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(held), func(a, b place) int {
		if a.item != b.item {
			return strings.Compare(a.item, b.item)
		}
		return a.revision - b.revision
	}) {
		if _, ok := sent[entry{item: p.item, revision: p.revision, response: held[p]}]; ok {
			continue
		}
		if held[place{p.item, p.revision - 1}] == held[p] {
			r.Doubled++
			r.fault("doubled: attempt %s, item %s: revision %d repeats the one before and nobody sent it", attempt, p.item, p.revision)
			continue
		}
		r.Phantom++
		r.fault("phantom: attempt %s, item %s, revision %d: %s was sent by nobody", attempt, p.item, p.revision, held[p])
	}
}
