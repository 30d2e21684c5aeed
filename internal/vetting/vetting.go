// Package vetting keeps what could identify a person out of what people write.
// Each deed that keeps a free text asks it first: what guard blocks is refused,
// what guard warns of is asked about, and goes on when the writer confirms it
// with a reason. It keeps the confirmations, and the words that each program
// allows; of a text it keeps and says classes and places and never the words.
package vetting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/curriculum"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/guard"
)

// Reasons are why a writer may confirm what was asked about. They are a list so
// that a reason cannot hold what the text may not.
var Reasons = []string{"no_person", "field_term", "about_myself", "staff", "fiction"}

// The faults of a text.
var (
	ErrBlocked = fault.New(fault.Invalid, "identifiers_blocked", "This holds what can identify a person. Take out what is listed, then send it again; nothing was saved.")
	ErrConfirm = fault.New(fault.Invalid, "confirm_identifiers", "Something here may identify a person. Change it, or send it again with the header Confirm-Identifiers and one of the reasons; nothing was saved.")
	ErrReason  = fault.New(fault.Invalid, "unknown_value", "Confirm-Identifiers is one of "+strings.Join(Reasons, ", ")+".").At("Confirm-Identifiers")
)

// A Text is something written, and the name of its field.
type Text struct{ Field, Text string }

type ctxKey struct{}

// With returns a context in which the writer confirms, for one of Reasons, what
// they would be asked about.
func With(ctx context.Context, reason string) (context.Context, error) {
	if !slices.Contains(Reasons, reason) {
		return ctx, ErrReason
	}
	return context.WithValue(ctx, ctxKey{}, reason), nil
}

// Confirmed is what a writer confirmed, to be kept with the deed. A nil one is
// nothing.
type Confirmed struct {
	reason string
	found  map[string][]guard.Hit // by field
}

// Look refuses texts in which something blocks, and asks about what warns
// unless ctx confirms it. The words that the program allows are no warnings.
func Look(ctx context.Context, idb bun.IDB, program string, texts ...Text) (*Confirmed, error) {
	found, err := scan(ctx, idb, program, texts)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var blocked, asked []map[string]any
	for _, t := range texts {
		for _, h := range found[t.Field] {
			seen := map[string]any{"field": t.Field, "class": string(h.Class), "offset": h.Offset}
			if h.Level() == guard.Block {
				blocked = append(blocked, seen)
			} else {
				seen["question"] = guard.Question(h.Class)
				asked = append(asked, seen)
			}
		}
	}
	if len(blocked) > 0 {
		return nil, ErrBlocked.At(blocked[0]["field"].(string)).With("found", blocked).With("questions", append([]map[string]any{}, asked...))
	}
	reason, ok := ctx.Value(ctxKey{}).(string)
	if !ok {
		return nil, ErrConfirm.At(asked[0]["field"].(string)).With("questions", asked).With("reasons", Reasons)
	}
	return &Confirmed{reason, found}, nil
}

// scan asks for the allowed words only where something was found without them.
func scan(ctx context.Context, idb bun.IDB, program string, texts []Text) (map[string][]guard.Hit, error) {
	found := make(map[string][]guard.Hit)
	var allowed []string
	for _, t := range texts {
		hits := guard.Scan(t.Text, nil)
		if len(hits) > 0 && program != "" {
			if allowed == nil {
				var err error
				if allowed, err = wordsOf(ctx, idb, program); err != nil {
					return nil, fmt.Errorf("read allowed words: %w", err)
				}
			}
			hits = guard.Scan(t.Text, allowed)
		}
		if len(hits) > 0 {
			found[t.Field] = hits
		}
	}
	return found, nil
}

// A confirmation is what was confirmed about one field of one thing.
type confirmation struct {
	bun.BaseModel `bun:"table:identifier_confirmations"`

	ID       string `bun:",pk"`
	Object   string
	Field    string
	Found    string // [["name",12],…]
	Reason   string
	PersonID string
	At       db.Time
}

// Keep writes the confirmation of a deed on object, inside its transaction.
func (c *Confirmed) Keep(ctx context.Context, tx bun.IDB, at time.Time, object string) error {
	if c == nil {
		return nil
	}
	classes := make(map[string][]guard.Class)
	for field, hits := range c.found {
		places := make([][2]any, len(hits))
		for i, h := range hits {
			places[i] = [2]any{h.Class, h.Offset}
			if !slices.Contains(classes[field], h.Class) {
				classes[field] = append(classes[field], h.Class)
			}
		}
		text, err := json.Marshal(places)
		if err != nil {
			return err
		}
		row := &confirmation{ID: db.NewID(), Object: object, Field: field, Found: string(text), Reason: c.reason, PersonID: access.From(ctx).ID, At: db.At(at)}
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return fmt.Errorf("keep confirmation: %w", db.Check(err))
		}
	}
	return audit.Append(ctx, tx, at, "identifiers.confirmed", object, map[string]any{"reason": c.reason, "classes": classes})
}

// Service answers about texts as they are written, and keeps allowed words.
type Service struct {
	db       *db.DB
	programs func(context.Context) ([]*curriculum.Program, error)
	now      func() time.Time
}

// New returns a Service over d; programs lists those there are.
func New(d *db.DB, programs func(context.Context) ([]*curriculum.Program, error), now func() time.Time) *Service {
	return &Service{d, programs, now}
}

// Check returns what is found in a text, as its writer types it. Nothing of it
// is kept.
func (s *Service) Check(ctx context.Context, program, text string) ([]guard.Hit, error) {
	if err := access.From(ctx).May(access.CheckText); err != nil {
		return nil, err
	}
	found, err := scan(ctx, s.db, program, []Text{{"text", text}})
	return found["text"], err
}
