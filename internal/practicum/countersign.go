package practicum

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/enrollment"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/identity"
	"github.com/kapstone-lms/kapstone/internal/text"
	"github.com/kapstone-lms/kapstone/internal/vetting"
)

// MaxLines is how many logs are signed in one step at most.
const MaxLines = 100

// The faults of signing what one was shown.
var (
	ErrContent = fault.New(fault.Conflict, "content_changed", "This log is no longer what you were shown. Read it again, then sign it.")
	ErrUnseen  = fault.New(fault.Invalid, "content_required", "Name what you were shown: the content_sha256 of the log as you read it.").At("items")
	ErrLines   = fault.New(fault.Invalid, "bad_items", fmt.Sprintf("Send 1 to %d logs, each of them once.", MaxLines)).At("items")
)

// A Line is a log as its signer was shown it, and what they say of it.
type Line struct {
	LogID         string
	ContentSHA256 string    // of what was shown; "" where that is not asked
	Sent          *SentBack // instead of a signature
}

// A SentBack says why a log goes back to its author.
type SentBack struct{ Reason, Message string }

// An Outcome is what became of a line: the log as it is now, or why nothing was
// done about it.
type Outcome struct {
	LogID   string
	Log     *Log
	Refused *fault.Fault
}

// Countersign signs a graded log with the actor's name, after they proved anew
// who they are by password or one-time code. From then on the log is locked.
// A code is spent only on a log that can be signed.
func (s *Service) Countersign(ctx context.Context, id, meaning, password, otp string) (*Log, error) {
	return s.CountersignShown(ctx, Line{LogID: id}, meaning, password, otp)
}

// CountersignShown is Countersign for exactly the content that the signer was
// shown. It returns ErrContent when the log says something else by now.
func (s *Service) CountersignShown(ctx context.Context, line Line, meaning, password, otp string) (*Log, error) {
	out, err := s.countersign(ctx, []Line{line}, meaning, password, otp)
	if err != nil {
		return nil, err
	}
	if out[0].Refused != nil {
		return nil, out[0].Refused
	}
	return out[0].Log, nil
}

// CountersignAll signs, or sends back, logs with one proof of identity and in
// one transaction. A line that cannot be signed keeps none of the others: its
// outcome says why. Each line names the content that was shown.
func (s *Service) CountersignAll(ctx context.Context, lines []Line, meaning, password, otp string) ([]Outcome, error) {
	if err := access.From(ctx).May(access.SignLog); err != nil {
		return nil, err
	}
	if err := checkLines(lines); err != nil {
		return nil, err
	}
	if err := s.vetLines(ctx, lines); err != nil {
		return nil, err
	}
	return s.countersign(ctx, lines, meaning, password, otp)
}

// vetLines looks for identifiers in what is sent with the lines, before a code
// is spent on them.
func (s *Service) vetLines(ctx context.Context, lines []Line) error {
	for i, l := range lines {
		if _, err := l.vet(ctx, s.db, fmt.Sprintf("items.%d.message", i)); err != nil {
			return err
		}
	}
	return nil
}

// vet looks for identifiers in what is sent with a line. The lines may be of
// several programs, so no program's words are allowed in it.
func (l Line) vet(ctx context.Context, idb bun.IDB, field string) (*vetting.Confirmed, error) {
	if l.Sent == nil {
		return nil, nil
	}
	return vetting.Look(ctx, idb, "", vetting.Text{Field: field, Text: l.Sent.Message})
}

// checkLines refuses a batch that no list of logs gave, and puts its texts in
// order.
func checkLines(lines []Line) error {
	seen := make(map[string]bool, len(lines))
	for i := range lines {
		l := &lines[i]
		if seen[l.LogID] {
			return ErrLines
		}
		seen[l.LogID] = true
		if l.ContentSHA256 == "" {
			return ErrUnseen
		}
		if l.Sent == nil {
			continue
		}
		l.Sent.Message = text.Tidy(l.Sent.Message)
		if err := checkReturn(l.Sent.Reason, l.Sent.Message); err != nil {
			return err
		}
	}
	if len(lines) == 0 || len(lines) > MaxLines {
		return ErrLines
	}
	return nil
}

func (s *Service) countersign(ctx context.Context, lines []Line, meaning, password, otp string) ([]Outcome, error) {
	if err := access.From(ctx).May(access.SignLog); err != nil {
		return nil, err
	}
	if !contains(meanings, meaning) {
		return nil, ErrMeaning
	}
	if password == "" && otp == "" {
		return nil, identity.ErrReauth
	}
	// Looked at first, and nothing done: a one-time code is gone once it was
	// taken, so it is taken only when there is something to sign.
	sig := signature{signerID: access.From(ctx).ID, meaning: meaning}
	find := func(line Line) (*Log, error) { return s.toSign(ctx, s.db, line) }
	out, ready, err := judgeLines(lines, sig, find, func(*Log, Line) error { return nil })
	if err != nil || !ready {
		return out, s.deniedLines(ctx, out, err)
	}
	if sig.method, err = s.people.Reauthenticate(ctx, password, otp); err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		signer, err := s.people.Find(ctx, tx, sig.signerID)
		if err != nil {
			return err
		}
		sig.name, sig.license, sig.at = signer.Name, signer.LicenseNumber, db.At(s.now())
		if err := holdAll(ctx, tx, lines); err != nil {
			return err
		}
		find := func(line Line) (*Log, error) { return s.toSign(ctx, tx, line) }
		out, _, err = judgeLines(lines, sig, find, func(l *Log, line Line) error { return s.settleLine(ctx, tx, l, line, sig) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("countersign: %w", err)
	}
	return out, s.deniedLines(ctx, out, nil)
}

// holdAll holds the logs of a batch in one order, and before the ledger is
// held, so that no two batches wait for each other.
func holdAll(ctx context.Context, tx bun.IDB, lines []Line) error {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.LogID
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// judgeLines does what is to be done about each line that is ready for it, and
// says whether any was. find returns a log that may be settled at all. What the
// same person signed in the same words before is not done again: whoever lost
// the answer can ask once more.
func judgeLines(lines []Line, sig signature, find func(Line) (*Log, error), do func(*Log, Line) error) (all []Outcome, ready bool, err error) {
	for _, line := range lines {
		l, err := find(line)
		if err == nil && !line.done(l, sig) {
			if err = line.ready(l); err == nil {
				ready, err = true, do(l, line)
			}
		}
		o := Outcome{LogID: line.LogID, Log: l}
		if l != nil {
			o.Log = l.forOthers()
		}
		if err != nil {
			if o.Log, o.Refused = nil, refusal(err); o.Refused == nil {
				return nil, false, err
			}
		}
		all = append(all, o)
	}
	return all, ready, nil
}

// refusal is what is wrong with one line; nothing for what is wrong with all.
func refusal(err error) *fault.Fault {
	if f := fault.Of(err); f != nil && (f.Kind == fault.NotFound || f.Kind == fault.Conflict || f.Kind == fault.Forbidden) {
		return f
	}
	return nil
}

// toSign returns a log that the actor may sign or send back, were it ready.
func (s *Service) toSign(ctx context.Context, idb bun.IDB, line Line) (*Log, error) {
	l, p, err := s.supervised(ctx, idb, access.SignLog, line.LogID)
	if err != nil {
		return nil, err
	}
	if line.Sent == nil {
		if err := undisputed(ctx, idb, line.LogID); err != nil {
			return nil, err
		}
	}
	return l, s.notOwn(ctx, idb, p)
}

// settleLine signs a log or sends it back.
func (s *Service) settleLine(ctx context.Context, tx bun.IDB, l *Log, line Line, sig signature) error {
	deed, details := "log.countersigned", map[string]any{"meaning": sig.meaning, "method": sig.method}
	var p *enrollment.Pinned
	if sig.method != ByLetter { // who signs by letter supervises nobody here
		var err error
		if p, err = s.enrollments.Supervised(ctx, tx, access.SignLog, l.EnrollmentID); err != nil {
			return err
		}
	}
	if line.Sent != nil {
		deed, details = "log.returned", map[string]any{"reason": line.Sent.Reason}
		l.turnBack(*line.Sent, sig.at)
	} else if err := s.sign(l, sig); err != nil {
		return err
	} else {
		details["hash"] = l.ContentHash
	}
	if err := s.write(ctx, tx, l); err != nil {
		return err
	}
	confirmed, err := line.vet(ctx, tx, "message")
	if err != nil {
		return err
	}
	if err := confirmed.Keep(ctx, tx, s.now(), l.ID); err != nil {
		return err
	}
	if err := s.remove(ctx, tx, l); err != nil {
		return err
	}
	return audit.Append(ctx, tx, s.now(), deed, l.ID, onBehalf(p, details))
}

// done reports whether the line was settled before, as it is asked for again.
func (line Line) done(l *Log, sig signature) bool {
	return line.Sent == nil && line.ContentSHA256 != "" && l.Status == Countersigned && l.SignerID == sig.signerID &&
		l.Meaning == sig.meaning && !l.Broken && line.ContentSHA256 == l.ContentSHA256()
}

// ready says why the line cannot be settled now, or nothing.
func (line Line) ready(l *Log) error {
	if err := l.signable(); err != nil {
		return err
	}
	if line.ContentSHA256 != "" && line.ContentSHA256 != l.ContentSHA256() {
		return ErrContent
	}
	return nil
}

// turnBack sends a graded log back to its author instead of signing it.
func (l *Log) turnBack(why SentBack, at db.Time) {
	l.Status, l.ReturnReason, l.ReturnMessage, l.UpdatedAt = Returned, why.Reason, why.Message, at
}

// ToSign returns the graded logs that the actor supervises, whole, so that a
// batch can be read and signed. Every log in it was read.
func (s *Service) ToSign(ctx context.Context, after string, limit int64) ([]*Log, error) {
	ids, err := s.enrollments.SupervisedBy(ctx, access.SignLog)
	if err != nil {
		return nil, err
	}
	var all []*Log
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		rows, err := graded(ctx, tx, ids, access.From(ctx).ID, after, limit)
		if err != nil {
			return err
		}
		all = make([]*Log, len(rows))
		for i, r := range rows {
			if all[i], err = s.open(r); err != nil {
				return err
			}
			if err := audit.Append(ctx, tx, s.now(), "log.read", r.ID, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list logs to sign: %w", err)
	}
	return all, nil
}

// graded lists graded logs of enrollments with their case lines, oldest first,
// after the one named by after. Left out are those that wait for a second rater
// because of a dispute, for nobody signs them now, and because they were drawn,
// except to who graded them: the others may be that rater, and would see the
// grades.
func graded(ctx context.Context, idb bun.IDB, enrollmentIDs []string, personID, after string, limit int64) (rows []*row, err error) {
	if len(enrollmentIDs) == 0 {
		return nil, nil
	}
	err = idb.NewSelect().Model(&rows).Where("status = ? AND enrollment_id IN (?) AND ?TableAlias.id > ?", Graded, bun.List(enrollmentIDs), after).
		Where(`NOT EXISTS (SELECT 1 FROM practicum_seconds s WHERE s.log_id = ?TableAlias.id AND s.rated_at IS NULL
			AND (s.cause = 'dispute' OR s.first_id <> ?))`, personID).
		OrderExpr("?TableAlias.id").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, db.Check(err)
	}
	return rows, withParts(ctx, idb, rows)
}
