package practicum

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/outbox"
)

// A SignOff is what was sent to an outside supervisor: logs, a link that only
// their letter has, and a code from a second letter to the same address. The
// code opens the link once and gives a session; one answer ends it all.
type SignOff struct {
	bun.BaseModel `bun:"table:sign_offs"`

	ID           string `bun:",pk"`
	OutsideID    string
	EnrollmentID string
	SentBy       string
	SentAt       db.Time
	ExpiresAt    db.Time
	LinkHash     string
	CodeHash     string // "" once it was used
	CodeUntil    db.Time
	Tries        int // of the code
	Codes        int // sent so far
	SessionHash  string
	SessionUntil db.Time
	ClosedAt     db.Time
}

type signOffLine struct {
	bun.BaseModel `bun:"table:sign_off_lines"`

	SignOffID string `bun:",pk"`
	LogID     string `bun:",pk"`
	Outcome   string
}

// How long things sent last, and how often a code is tried and sent.
const (
	linkFor    = 14 * 24 * time.Hour
	codeFor    = 24 * time.Hour
	sessionFor = time.Hour
	maxTries   = 5
	maxCodes   = 6
)

// ByLetter is the method of signatures given without an account.
const ByLetter = "link_and_code"

// The faults of signing off without an account.
var (
	ErrOver     = fault.New(fault.Conflict, "sign_off_over", "This link was used, or it is too old. Ask the trainee to send the logs again.")
	ErrCode     = fault.New(fault.Forbidden, "wrong_code", "This is not the code of your letter, or it was used or is too old. Ask for a new one.")
	ErrCodes    = fault.New(fault.TooMany, "too_many_codes", "No more codes are sent for this link. Ask the trainee to send the logs again.")
	ErrSession  = fault.New(fault.Unknown, "reauth_required", "Your code was too long ago. Ask for a new one, then open the link again.")
	ErrNotSent  = fault.New(fault.NotFound, "not_found", "No such log was sent to you.")
	ErrToSend   = fault.New(fault.Invalid, "bad_items", fmt.Sprintf("Send 1 to %d graded logs of this enrollment, each of them once.", MaxLines)).At("log_ids")
	ErrNoLonger = fault.New(fault.Conflict, "outside_supervisor_withdrawn", "This supervisor was taken back. Ask your program to name them again.")
)

// SendSignOff sends graded logs of an enrollment to one of its outside
// supervisors, by two letters: one with the link, one with the code.
func (s *Service) SendSignOff(ctx context.Context, outsideID string, logIDs []string) (*SignOff, error) {
	o, err := s.outsideFor(ctx, access.SendSignOff, outsideID)
	if err != nil {
		return nil, err
	}
	so, now := new(SignOff), s.now()
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := s.sendable(ctx, tx, o, logIDs); err != nil {
			return err
		}
		link := rand.Text() + rand.Text()
		*so = SignOff{
			ID: db.NewID(), OutsideID: o.ID, EnrollmentID: o.EnrollmentID, SentBy: access.From(ctx).ID, SentAt: db.At(now),
			ExpiresAt: db.At(now.Add(linkFor)), LinkHash: digest([]byte(link)),
		}
		code := so.newCode(now)
		if _, err := tx.NewInsert().Model(so).Exec(ctx); err != nil {
			return db.Check(err)
		}
		lines := make([]signOffLine, len(logIDs))
		for i, id := range logIDs {
			lines[i] = signOffLine{SignOffID: so.ID, LogID: id}
		}
		if _, err := tx.NewInsert().Model(&lines).Exec(ctx); err != nil {
			return db.Check(err)
		}
		if err := s.post(ctx, tx, so, linkLetter, link); err != nil {
			return err
		}
		if err := s.post(ctx, tx, so, codeLetter, code); err != nil {
			return err
		}
		return audit.Append(ctx, tx, now, "sign_off.sent", so.ID, map[string]any{"enrollment": o.EnrollmentID, "outside_supervisor": o.ID, "logs": logIDs})
	})
	if err != nil {
		return nil, fmt.Errorf("send logs to be signed: %w", err)
	}
	return so, nil
}

// outsideFor returns an outside supervisor whose enrollment the actor may see
// for an act.
func (s *Service) outsideFor(ctx context.Context, act access.Act, id string) (*Outside, error) {
	if err := access.From(ctx).May(act); err != nil {
		return nil, err
	}
	if !db.IsID(id) {
		return nil, db.ErrNone
	}
	o, err := outside(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if _, err := s.enrollments.See(ctx, act, o.EnrollmentID); err != nil {
		return nil, err
	}
	if !o.WithdrawnAt.IsZero() {
		return nil, ErrNoLonger
	}
	return o, nil
}

// sendable refuses logs that this supervisor cannot sign.
func (s *Service) sendable(ctx context.Context, tx bun.IDB, o *Outside, logIDs []string) error {
	seen := make(map[string]bool, len(logIDs))
	for _, id := range logIDs {
		if seen[id] || !db.IsID(id) {
			return ErrToSend
		}
		seen[id] = true
		l, err := s.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if l.EnrollmentID != o.EnrollmentID {
			return db.ErrNone
		}
		if err := o.maySign(l); err != nil {
			return fault.Of(err).With("log_id", id)
		}
	}
	if len(logIDs) == 0 || len(logIDs) > MaxLines {
		return ErrToSend
	}
	return nil
}

// maySign says why the log is not this supervisor's to sign, or nothing. Whether
// vital signs were taken as they should be is for a medical provider to say.
func (o *Outside) maySign(l *Log) error {
	if len(l.Detail.Observation.Vitals) > 0 && !contains(medicalLicenses, o.LicenseType) {
		return ErrMedical
	}
	return l.signable()
}

// newCode gives the sign-off another code, and returns it.
func (so *SignOff) newCode(now time.Time) string {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic(err) // the reader never fails
	}
	code := fmt.Sprintf("%08d", n)
	so.CodeHash, so.CodeUntil, so.Tries = so.codeHash(code), db.At(now.Add(codeFor)), 0
	so.Codes++
	return code
}

// codeHash binds a code to its link: alone it would be guessed from its hash.
func (so *SignOff) codeHash(code string) string { return digest([]byte(so.LinkHash + "\x00" + code)) }

// open reports why the link leads nowhere, or nothing.
func (so *SignOff) open(now time.Time) error {
	if !so.ClosedAt.IsZero() || !now.Before(so.ExpiresAt.Time) {
		return ErrOver
	}
	return nil
}

// enter tries a code. A right one is used up by it.
func (so *SignOff) enter(code string, now time.Time) error {
	right := so.codeHash(code)
	switch {
	case so.CodeHash == "" || so.Tries >= maxTries || !now.Before(so.CodeUntil.Time):
		return ErrCode
	case subtle.ConstantTimeCompare([]byte(right), []byte(so.CodeHash)) != 1:
		so.Tries++
		return ErrCode
	}
	so.CodeHash = ""
	return nil
}

// begin opens a session and returns its secret.
func (so *SignOff) begin(now time.Time) string {
	secret := rand.Text() + rand.Text()
	so.SessionHash, so.SessionUntil = digest([]byte(secret)), db.At(now.Add(sessionFor))
	return secret
}

// goesOn reports whether a secret is that of the session, still.
func (so *SignOff) goesOn(secret string, now time.Time) error {
	if so.SessionHash == "" || digest([]byte(secret)) != so.SessionHash || !now.Before(so.SessionUntil.Time) {
		return ErrSession
	}
	return nil
}

// The letters of a sign-off.
const (
	SignOffLetter outbox.Kind = "sign_off.letter"

	linkLetter = "link"
	codeLetter = "code"
)

// A letterJob is the payload of SignOffLetter: which letter of which sign-off,
// and what only the letter may say, sealed for that place.
type letterJob struct {
	SignOffID string `json:"sign_off_id"`
	Letter    string `json:"letter"`
	Sealed    []byte `json:"sealed"`
}

func (j letterJob) place() string { return "sign_offs/" + j.Letter + "/" + j.SignOffID }

// post enqueues a letter.
func (s *Service) post(ctx context.Context, tx bun.IDB, so *SignOff, letter, secret string) error {
	j := letterJob{SignOffID: so.ID, Letter: letter}
	j.Sealed = s.ring.Seal(j.place(), []byte(secret))
	return outbox.Put(ctx, tx, SignOffLetter, fmt.Sprintf("%s/%s/%d", so.ID, letter, so.Codes), j, s.now())
}
