package records

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/once"
	"github.com/kapstone-lms/kapstone/internal/text"
)

// The faults of an opening balance.
var (
	ErrCarried = fault.New(fault.Conflict, "already_carried_over", "This file of this system was carried over already. To mend a line, correct its record.").At("csv")
	ErrLines   = fault.New(fault.Invalid, "lines_wrong", "Some lines are wrong, so nothing was carried over. Mend them, or see all with dry_run.").At("csv")
)

// A Balance is an opening balance: what somebody brings along from an earlier
// system, or would bring.
type Balance struct {
	ID     string // "" of a dry run
	Source string // the name of the earlier system
	Lines  []BalanceLine
	Wrong  int // how many lines are wrong
}

// OpenBalance carries over what an earlier system holds of an enrollment: a
// CSV, each line of which becomes a confirmed record that names its source and
// who accepted it. A dry run says of each line what it would become or what is
// wrong with it, and writes nothing. So does a real run with a wrong line: it
// returns ErrLines. The same file of the same source is taken once.
func (s *Service) OpenBalance(ctx context.Context, enrollmentID, source, file string, dry bool) (*Balance, error) {
	p, roles, err := s.enrollments.As(ctx, s.db, access.CarryOver, enrollmentID)
	if err != nil {
		return nil, err
	}
	if isOwn(roles) {
		return nil, ErrOwn
	}
	if err := access.From(ctx).MayIn(access.CarryOver, p.Program); err != nil {
		return nil, db.ErrNone // an admin elsewhere, here in another role
	}
	b := &Balance{Source: text.Tidy(source)}
	if b.Source == "" || checkText(b.Source, "source", maxSource, false) != nil {
		return nil, ErrSource
	}
	sc, err := s.scene(ctx, s.db, p, roles)
	if err != nil {
		return nil, fmt.Errorf("open balance: %w", err)
	}
	if b.Lines, err = readBalance(file); err != nil {
		return nil, err
	}
	note := &balance{EnrollmentID: p.ID, Source: b.Source, Hash: hashOf(file), Lines: len(b.Lines), AcceptedBy: sc.actor, AcceptedAt: db.At(s.now())}
	if dry {
		err = b.judge(ctx, s.db, sc, note)
	} else {
		err = s.carryOver(ctx, sc, note, b)
	}
	if err != nil {
		return nil, fmt.Errorf("open balance: %w", err)
	}
	return b, nil
}

// hashOf names a file by its content: marks and line ends that programs add on
// their own make no other file of it.
func hashOf(file string) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(strings.TrimPrefix(file, "\ufeff"), "\r\n", "\n")))
	return hex.EncodeToString(sum[:])
}

// carryOver writes a balance whole, or nothing of it.
func (s *Service) carryOver(ctx context.Context, sc scene, note *balance, b *Balance) error {
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, again, err := once.Claim(ctx, tx, s.now(), db.NewID())
		if err != nil {
			return err
		}
		note.ID, b.ID = id, id
		if again {
			return nil // the lines say the same as the first time
		}
		if err := enrollment.LockEvidence(ctx, tx, note.EnrollmentID); err != nil {
			return err
		}
		if err := b.judge(ctx, tx, sc, note); err != nil {
			return err
		}
		if b.Wrong > 0 {
			return ErrLines.With("lines", b.complaints())
		}
		if err := insertBalance(ctx, tx, note); err != nil {
			return err
		}
		rows := make([]*Record, len(b.Lines))
		for i, l := range b.Lines {
			rows[i] = l.Record
			rows[i].ID = db.NewID()
			rows[i].enter(sc.actor, Confirmed, s.now())
		}
		if err := insert(ctx, tx, rows...); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "records.carried_over", note.ID,
			map[string]any{"enrollment": note.EnrollmentID, "lines": note.Lines, "sha256": note.Hash})
	})
}

// judge says of every line whether it can be taken.
func (b *Balance) judge(ctx context.Context, idb bun.IDB, sc scene, note *balance) error {
	taken, err := hasBalance(ctx, idb, note)
	if err != nil {
		return err
	}
	if taken {
		return ErrCarried
	}
	have, err := openOf(ctx, idb, note.EnrollmentID, Hours, Consultation, Session, Module)
	if err != nil {
		return err
	}
	seen := make(map[string]int, len(have)+len(b.Lines)) // the line of a thing; 0: it is on record
	for _, r := range have {
		seen[r.slot()] = 0
	}
	b.Wrong = 0
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.Wrong == nil {
			l.Record.EnrollmentID, l.Record.Carried = note.EnrollmentID, note.Source
			l.Wrong = sc.judge(l.Record, l.Line, seen)
		}
		if l.Wrong != nil {
			l.Record = nil
			b.Wrong++
		}
	}
	return nil
}

// judge says what is wrong with a line that could be read, or nothing.
func (sc scene) judge(r *Record, line int, seen map[string]int) *fault.Fault {
	if err := sc.fit(r); err != nil {
		f := fault.Of(err)
		return f.At(r.columnOf(f.Field))
	}
	switch first, twice := seen[r.slot()]; {
	case twice && first == 0:
		return ErrSame.At("day").Says("The same is on record already. Remove the line, or correct the record.")
	case twice:
		return ErrSame.At("day").Says(fmt.Sprintf("Line %d has the same on the same day. Make them one.", first))
	}
	seen[r.slot()] = line
	return nil
}

// slot names what a record is of: of two records with the same one, one would
// count twice. It says what the index records_once says.
func (r *Record) slot() string {
	kindOf := ""
	if rules[r.Kind].variant {
		kindOf = r.Value
	}
	return strings.Join([]string{
		string(r.Kind), r.OnDay, r.Subject, r.Edition, r.Category, r.Topic, r.Delivery, r.Jurisdiction, r.PersonID, r.PersonName, kindOf,
	}, "\n")
}

// complaints lists the wrong lines for the reader of a fault.
func (b *Balance) complaints() (all []map[string]any) {
	for _, l := range b.Lines {
		if l.Wrong != nil {
			all = append(all, map[string]any{"line": l.Line, "field": l.Wrong.Field, "code": l.Wrong.Code, "detail": l.Wrong.Text})
		}
	}
	return all
}

// A Total is what the lines of one kind come to.
type Total struct {
	Kind    Kind
	Lines   int
	Minutes int
	Count   int // of sessions or consultations
}

// Totals sums the lines that are right, kind by kind, in the order of Kinds.
func (b *Balance) Totals() (all []Total) {
	for _, l := range b.Lines {
		if l.Record == nil {
			continue
		}
		i := slices.IndexFunc(all, func(t Total) bool { return t.Kind == l.Record.Kind })
		if i < 0 {
			i = len(all)
			all = append(all, Total{Kind: l.Record.Kind})
		}
		all[i].Lines++
		all[i].Minutes += l.Record.Minutes
		all[i].Count += l.Record.Quantity
	}
	slices.SortFunc(all, func(a, b Total) int { return slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind) })
	return all
}

// Becomes says in words what a right line is, once it is carried over.
func (l BalanceLine) Becomes() string {
	r := l.Record
	if r == nil {
		return ""
	}
	var what string
	switch r.Kind {
	case Module:
		what = "the module " + r.Subject
	case Session:
		what = fmt.Sprintf("%d %s session%s as %s", r.Quantity, r.Topic, plural(r.Quantity), r.Value)
	case Consultation:
		what = fmt.Sprintf("%d %s consultation%s", max(1, r.Quantity), r.Value, plural(max(1, r.Quantity)))
	default:
		what = strings.Join(strings.Fields("hours of "+r.Category+" "+r.Topic+" "+r.Delivery), " ")
	}
	if r.Minutes > 0 {
		what += fmt.Sprintf(", %d minutes", r.Minutes)
	}
	return what + ", on " + r.OnDay
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
