package practicum

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// A phone that is out of reach collects a log under an id of its own and sends
// it later, perhaps in pieces, perhaps twice. Every field has a revision, which
// begins at 0 and grows by one with each change; a field that is sent names the
// one that it replaces.

// Revisions are the revisions of a draft's fields, by name; one that is not
// there is 0.
type Revisions map[string]int

// A Saved is what became of a draft that was sent.
type Saved struct {
	Log       *Log
	New       bool
	Revisions Revisions
	Stale     []string // fields that were changed elsewhere and stay as they are there
}

// ErrClientID reports an id that a phone should not make.
var ErrClientID = fault.New(fault.Invalid, "bad_client_id", "Such an id has 16 to 64 letters, digits, hyphens or underscores. Make it of random characters.").At("client_id")

var clientIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// A draftRow binds a phone's id to a log.
type draftRow struct {
	bun.BaseModel `bun:"table:practicum_drafts"`

	EnrollmentID string `bun:",pk"`
	ClientID     string `bun:",pk"`
	LogID        string
	Revisions    Revisions `bun:"type:text"`
}

// Save keeps a draft under the id that the trainee's phone made for it, and
// changes it when it is there. based names the revision that each field
// replaces. A field that was changed elsewhere is left as it is and told; the
// rest is kept. Sent again, it changes nothing.
func (s *Service) Save(ctx context.Context, enrollmentID, clientID string, d Form, based Revisions) (*Saved, error) {
	if !clientIDForm.MatchString(clientID) {
		return nil, ErrClientID
	}
	p, err := s.enrollments.Own(ctx, access.WriteLog, enrollmentID)
	if err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	blank, err := s.begin(ctx, p, Form{})
	if err != nil {
		return nil, err
	}
	var saved *Saved
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if err := db.Lock(ctx, tx, "practicum_draft/"+p.ID+"/"+clientID); err != nil {
			return err
		}
		draft, err := draftOf(ctx, tx, p.ID, clientID)
		if err != nil {
			return err
		}
		var l *Log
		isNew := draft.LogID == ""
		if isNew {
			fresh := *blank // a second try of the transaction begins anew
			l, fresh.ID = &fresh, db.NewID()
			draft.LogID = l.ID
			if err := s.add(ctx, tx, p, l, Form{}); err != nil {
				return err
			}
		} else if l, err = s.held(ctx, tx, draft.LogID); err != nil {
			return err
		}
		fresh, stale := l.merge(d, based, draft.Revisions)
		saved = &Saved{Log: l, New: isNew, Revisions: draft.Revisions, Stale: stale}
		if names := fresh.names(); len(names) > 0 {
			if err := l.editable(l.Version); err != nil {
				return err
			}
			if err := s.change(ctx, tx, p, l, fresh); err != nil {
				return err
			}
			for _, name := range names {
				draft.Revisions[name]++
			}
		}
		return writeDraft(ctx, tx, draft, isNew)
	})
	if err != nil {
		return nil, fmt.Errorf("save draft: %w", err)
	}
	return saved, nil
}

// merge parts a form into what changes the log and what is stale. A field that
// says what is there already is neither: it arrived before, or two phones agree.
func (l *Log) merge(d Form, based, now Revisions) (fresh Form, stale []string) {
	for _, name := range d.names() {
		one := d.only(name)
		after := *l
		after.apply(one)
		switch {
		case reflect.DeepEqual(after, *l):
		case based[name] != now[name]:
			stale = append(stale, name)
		default:
			fresh.over(one)
		}
	}
	slices.Sort(stale)
	return fresh, stale
}

// only returns the form with one of its fields.
func (d Form) only(name string) (one Form) {
	var walk func(to, from reflect.Value)
	walk = func(to, from reflect.Value) {
		for i := range from.NumField() {
			switch f := from.Field(i); {
			case f.Kind() == reflect.Struct:
				walk(to.Field(i), f)
			case from.Type().Field(i).Tag.Get("field") == name:
				to.Field(i).Set(f)
			}
		}
	}
	walk(reflect.ValueOf(&one).Elem(), reflect.ValueOf(d))
	return one
}

// draftOf returns the draft of a phone's id; without a log when there is none.
func draftOf(ctx context.Context, tx bun.IDB, enrollmentID, clientID string) (*draftRow, error) {
	d := new(draftRow)
	err := db.Check(tx.NewSelect().Model(d).Where("enrollment_id = ? AND client_id = ?", enrollmentID, clientID).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return &draftRow{EnrollmentID: enrollmentID, ClientID: clientID, Revisions: Revisions{}}, nil
	}
	return d, err
}

func writeDraft(ctx context.Context, tx bun.IDB, d *draftRow, isNew bool) error {
	if isNew {
		_, err := tx.NewInsert().Model(d).Exec(ctx)
		return db.Check(err)
	}
	res, err := tx.NewUpdate().Model(d).Column("revisions").WherePK().Exec(ctx)
	return db.One(res, err, db.ErrNone)
}

// bump counts fields of a log that were changed by another way, so that the
// phone which knows nothing of it does not write over them.
func bump(ctx context.Context, tx bun.IDB, logID string, names []string) error {
	d := new(draftRow)
	err := db.Check(tx.NewSelect().Model(d).Where("log_id = ?", logID).Scan(ctx))
	if errors.Is(err, db.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		d.Revisions[name]++
	}
	return writeDraft(ctx, tx, d, false)
}
