package practicum

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// How long a text that came back for identifiers stays sealed before it is
// destroyed, and how long backups may hold it after that: an operator keeps
// none for longer.
const (
	sealedFor  = 14 * 24 * time.Hour
	backupsFor = 35 * 24 * time.Hour
)

// The faults of what was removed.
var (
	ErrUnmended = fault.New(fault.Invalid, "identifiers_still_there", "This is still the text that came back. Take out what identifies somebody, then send it.").At("reflection")
	ErrNoText   = fault.New(fault.NotFound, "not_found", "There is no removed text of such a log, or none that you may ask for.")
	ErrOpened   = fault.New(fault.Conflict, "opened_by_others", "Two others opened this text already.")
)

// A Removal is a text that identifies somebody, taken out of a log. It lies
// sealed until it is destroyed; two people together open it before, each with a
// reason. Nobody destroys it by hand, so nobody who is named in it does.
type Removal struct {
	bun.BaseModel `bun:"table:practicum_removals"`

	ID          string `bun:",pk"`
	LogID       string
	Sealed      []byte `bun:"text"` // empty once it is destroyed
	ReportedBy  string
	ReportedAt  db.Time
	DestroyAt   db.Time // not before; later while a hold is open
	DestroyedAt db.Time
	AskedBy     string `bun:",nullzero"`
	AskedFor    []byte // the reason, sealed
	OpenedBy    string `bun:",nullzero"`
	OpenedFor   []byte

	Text string `bun:"-"` // for who opened it
}

// InBackupsUntil is when the last backup that may hold the text is gone.
func (r *Removal) InBackupsUntil() time.Time { return r.DestroyAt.Add(backupsFor) }

// Opened reports whether two people asked for the text.
func (r *Removal) Opened() bool { return r.OpenedBy != "" }

// ask is what the second of two people opens. It returns ErrOpened to a third,
// and reports whether anything is new.
func (r *Removal) ask(who string, reason []byte) (isNew bool, err error) {
	switch {
	case r.AskedBy == who || r.OpenedBy == who:
		return false, nil
	case r.AskedBy == "":
		r.AskedBy, r.AskedFor = who, reason
	case r.OpenedBy == "":
		r.OpenedBy, r.OpenedFor = who, reason
	default:
		return false, ErrOpened
	}
	return true, nil
}

// A Keep says whether the texts of an enrollment must stay for now: because of
// a hold, a dispute or the law.
type Keep func(ctx context.Context, idb bun.IDB, enrollmentID string) (bool, error)

// KeptBy has texts stay while keep says so. It looks at other features, so it
// is given after they are made.
func (s *Service) KeptBy(keep Keep) { s.keep = keep }

func placeOfRemoval(column, id string) string { return "practicum_removals/" + column + "/" + id }

// remove seals away the text of a log that came back for identifiers.
func (s *Service) remove(ctx context.Context, tx bun.IDB, l *Log) error {
	if !l.identifies() {
		return nil
	}
	at := s.now()
	r := &Removal{ID: db.NewID(), LogID: l.ID, ReportedBy: access.From(ctx).ID, ReportedAt: db.At(at), DestroyAt: db.At(at.Add(sealedFor))}
	r.Sealed, r.AskedFor, r.OpenedFor = s.ring.Seal(placeOfRemoval("text", r.ID), []byte(l.Reflection)), []byte{}, []byte{}
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return db.Check(err)
	}
	l.removal = r
	return nil
}

// identifies reports whether the log is back with its author for identifiers.
func (l *Log) identifies() bool { return l.Status == Returned && l.ReturnReason == "identifiers" }

// Removal is the removal that the deed just made, or nil.
func (l *Log) Removal() *Removal { return l.removal }

// mended refuses a log whose text is still the one that came back.
func (s *Service) mended(ctx context.Context, tx bun.IDB, l *Log) error {
	if !l.identifies() {
		return nil
	}
	r, err := removalOf(ctx, tx, l.ID)
	if errors.Is(err, db.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := s.ring.Unseal(placeOfRemoval("text", r.ID), r.Sealed)
	if err != nil {
		return fmt.Errorf("removal %s: %w", r.ID, err)
	}
	if string(was) == l.Reflection {
		return ErrUnmended
	}
	return nil
}

// removalOf is the latest text removed from a log that is not destroyed.
func removalOf(ctx context.Context, idb bun.IDB, logID string) (*Removal, error) {
	r := new(Removal)
	err := idb.NewSelect().Model(r).Where("log_id = ? AND destroyed_at IS NULL", logID).OrderExpr("reported_at DESC, id DESC").Limit(1).Scan(ctx)
	return r, db.Check(err)
}

// OpenRemoved asks, with a reason, for the text removed from a log. The second
// of two people who run the program gets it, and from then on both do.
func (s *Service) OpenRemoved(ctx context.Context, id, reason string) (*Removal, error) {
	who := access.From(ctx)
	if err := who.May(access.BreakGlass); err != nil {
		return nil, err
	}
	reason, ok := text.Fits(reason, 10, 500)
	if !ok {
		return nil, ErrWhy
	}
	_, e, err := s.find(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayOpen(ctx, who, e); err != nil {
		return nil, err
	}
	confirmed, err := vetting.Look(ctx, s.db, e.Program, vetting.Text{Field: "reason", Text: reason})
	if err != nil {
		return nil, err
	}
	var r *Removal
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		if r, err = removalOf(ctx, tx, id); err != nil {
			return err
		}
		if err := confirmed.Keep(ctx, tx, s.now(), r.ID); err != nil {
			return err
		}
		return s.openRemoved(ctx, tx, r, who.ID, reason)
	})
	if errors.Is(err, db.ErrNone) {
		return nil, ErrNoText
	}
	if err != nil {
		return nil, fmt.Errorf("open removed text: %w", err)
	}
	return r, nil
}

// mayOpen refuses the log's author, under another account too, and who does not
// run the program.
func (s *Service) mayOpen(ctx context.Context, who access.Actor, e *enrollment.Enrollment) error {
	if who.MayIn(access.BreakGlass, e.Program) != nil {
		return ErrNoText
	}
	same, err := s.people.Same(ctx, s.db, e.PersonID, who.ID)
	if err == nil && same {
		err = ErrNoText
	}
	return err
}

func (s *Service) openRemoved(ctx context.Context, tx bun.IDB, r *Removal, who, reason string) error {
	column := "asked_for"
	if r.AskedBy != "" {
		column = "opened_for"
	}
	isNew, err := r.ask(who, s.ring.Seal(placeOfRemoval(column, r.ID), []byte(reason)))
	if err != nil {
		return err
	}
	if isNew {
		if _, err := tx.NewUpdate().Model(r).Column("asked_by", "asked_for", "opened_by", "opened_for").WherePK().Exec(ctx); err != nil {
			return db.Check(err)
		}
	}
	deed := "log.removed_text_asked"
	if r.Opened() {
		deed = "log.removed_text_opened"
		was, err := s.ring.Unseal(placeOfRemoval("text", r.ID), r.Sealed)
		if err != nil {
			return fmt.Errorf("removal %s: %w", r.ID, err)
		}
		r.Text = string(was)
	}
	return audit.Append(ctx, tx, s.now(), deed, r.LogID, map[string]any{"removal": r.ID})
}

// DestroyDue destroys removed texts whose time has come and says how many. What
// must stay for now stays, and keeps none of those behind it. It reads page of
// them at a time.
func (s *Service) DestroyDue(ctx context.Context, page int) (n int, err error) {
	last := new(Removal)
	for {
		var due []*Removal
		err := s.db.NewSelect().Model(&due).Where("destroyed_at IS NULL AND destroy_at <= ? AND (destroy_at, id) > (?, ?)", db.At(s.now()), last.DestroyAt.UnixMilli(), last.ID).
			OrderExpr("destroy_at, id").Limit(int64(page)).Scan(ctx)
		if err != nil {
			return n, fmt.Errorf("list removed texts: %w", db.Check(err))
		}
		for _, r := range due {
			done, err := s.destroyOne(ctx, r)
			if err != nil {
				return n, fmt.Errorf("destroy removed text: %w", err)
			}
			if done {
				n++
			}
		}
		if len(due) < page {
			return n, nil
		}
		last = due[len(due)-1]
	}
}

func (s *Service) destroyOne(ctx context.Context, r *Removal) (done bool, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		done, err = s.destroy(ctx, tx, r)
		return err
	})
	return done, err
}

// destroy overwrites a removed text, and the log's own where it is still the
// same.
func (s *Service) destroy(ctx context.Context, tx bun.IDB, r *Removal) (done bool, err error) {
	l, err := s.held(ctx, tx, r.LogID)
	if err != nil {
		return false, err
	}
	if s.keep != nil {
		if kept, err := s.keep(ctx, tx, l.EnrollmentID); err != nil || kept {
			return false, err
		}
	}
	if err := undisputed(ctx, tx, l.ID); err != nil {
		if fault.Of(err) != nil {
			err = nil // it stays until the dispute ends
		}
		return false, err
	}
	if unmended := s.mended(ctx, tx, l); errors.Is(unmended, ErrUnmended) {
		l.Reflection, l.UpdatedAt = "", db.At(s.now())
		if err := s.write(ctx, tx, l); err != nil {
			return false, err
		}
	} else if unmended != nil {
		return false, unmended
	}
	r.Sealed, r.DestroyedAt = []byte{}, db.At(s.now())
	res, err := tx.NewUpdate().Model(r).Column("text", "destroyed_at").Where("id = ? AND destroyed_at IS NULL", r.ID).Exec(ctx)
	if err := db.One(res, err, db.ErrNone); err != nil {
		return false, err
	}
	return true, audit.Append(ctx, tx, s.now(), "log.text_destroyed", r.LogID, map[string]any{"removal": r.ID})
}
