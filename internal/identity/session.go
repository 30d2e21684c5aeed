package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A session is one sign-in on one device.
type session struct {
	bun.BaseModel `bun:"table:sessions"`

	ID           string `bun:",pk"`
	PersonID     string
	Staff        bool
	SecondFactor bool
	StartedAt    db.Time
	ProvedAt     db.Time // when the person last proved who they are
	ExpiresAt    db.Time // at the latest
	EndedAt      db.Time
	EndReason    string
}

// over reports whether the session has ended by time t.
func (s *session) over(t time.Time) bool { return !s.EndedAt.IsZero() || !t.Before(s.ExpiresAt.Time) }

// Why sessions end before their time.
const (
	endedByPerson   = "signed_out"
	endedByPassword = "password_changed"
	endedByFactor   = "second_factor_removed"
	endedByAdmin    = "changed_by_admin"
	endedByReplay   = "refresh_token_replayed"
)

// How long sessions live: staff hold more in their hands.
const (
	traineeIdle, traineeMost = 14 * 24 * time.Hour, 30 * 24 * time.Hour
	staffIdle, staffMost     = time.Hour, 12 * time.Hour
)

func newSession(personID string, staff, secondFactor bool, now time.Time) *session {
	most := traineeMost
	if staff {
		most = staffMost
	}
	at := db.At(now)
	return &session{ID: db.NewID(), PersonID: personID, Staff: staff, SecondFactor: secondFactor,
		StartedAt: at, ProvedAt: at, ExpiresAt: db.At(now.Add(most))}
}

// idle is how long the session lives without a refresh.
func (s *session) idle() time.Duration {
	if s.Staff {
		return staffIdle
	}
	return traineeIdle
}

// until returns when something issued now for a time ends: no later than the
// session.
func (s *session) until(now time.Time, life time.Duration) time.Time {
	if end := now.Add(life); end.Before(s.ExpiresAt.Time) {
		return end
	}
	return s.ExpiresAt.Time
}

// Tokens are what a sign-in gives: a short-lived access token, and a refresh
// token that is good for one use.
type Tokens struct {
	Access    string
	ExpiresIn time.Duration
	Refresh   string
}

// A refreshRow is a refresh token as it lies in SQL.
type refreshRow struct {
	bun.BaseModel `bun:"table:refresh_tokens"`

	Hash      string `bun:",pk"`
	SessionID string
	IssuedAt  db.Time
	ExpiresAt db.Time
	UsedAt    db.Time
}

func refreshDigest(token string) string { return digest("refresh", token) }

// issue gives a session its next pair, inside the deed's transaction.
func (s *Service) issue(ctx context.Context, tx bun.IDB, se *session) (Tokens, error) {
	now := s.now()
	t := Tokens{Refresh: secret(), ExpiresIn: se.until(now, accessLife).Sub(now)}
	row := &refreshRow{Hash: refreshDigest(t.Refresh), SessionID: se.ID, IssuedAt: db.At(now), ExpiresAt: db.At(se.until(now, se.idle()))}
	if err := insertRefresh(ctx, tx, row); err != nil {
		return Tokens{}, err
	}
	var err error
	t.Access, err = s.mint(se, now)
	return t, err
}

// Refresh turns a refresh token into the next pair. A token that comes again
// after it was used ends its whole session: one of the two who hold it has
// stolen it. Calls that overlap are one page asking twice, and no theft: one
// of them gets the pair, the others ErrRefresh, as does every token that is
// unknown, expired or of a session that has ended.
func (s *Service) Refresh(ctx context.Context, refresh string) (t Tokens, err error) {
	hash, came := refreshDigest(refresh), s.now()
	fl := s.flights.board(hash)
	defer s.flights.leave(hash, fl)
	var replayed *session
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		replayed = nil
		se, err := s.alive(ctx, tx, hash)
		if err != nil {
			return err
		}
		switch err := useRefresh(ctx, tx, hash, s.now()); {
		case err == nil:
			s.flights.mark(fl)
			t, err = s.issue(ctx, tx, se)
			return err
		case !errors.Is(err, errUsed):
			return err
		}
		row, err := refreshOf(ctx, tx, hash)
		if err != nil {
			return err
		}
		// A call that came to another process before the winner had written
		// overlaps too.
		if s.flights.marked(fl) || row.UsedAt.After(came) {
			return ErrRefresh
		}
		replayed = se
		if err := endSession(ctx, tx, se.ID, endedByReplay, s.now()); err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "session.replayed", se.ID, map[string]string{"person": se.PersonID})
	})
	if err == nil && replayed != nil {
		s.forget(replayed.PersonID)
		err = ErrRefresh
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("refresh: %w", err)
	}
	return t, nil
}

// alive returns the session of a refresh token, or ErrRefresh when either is
// over. A token that was used before is not over: it tells of a theft.
func (s *Service) alive(ctx context.Context, tx bun.IDB, hash string) (*session, error) {
	row, err := refreshOf(ctx, tx, hash)
	if errors.Is(err, db.ErrNone) {
		return nil, ErrRefresh
	}
	if err != nil {
		return nil, err
	}
	se, err := sessionByID(ctx, tx, row.SessionID)
	if err != nil {
		return nil, err
	}
	a, err := accountByID(ctx, tx, se.PersonID)
	if err != nil {
		return nil, err
	}
	if now := s.now(); se.over(now) || a.Status != Active || row.UsedAt.IsZero() && !now.Before(row.ExpiresAt.Time) {
		return nil, ErrRefresh
	}
	return se, nil
}

// Logout ends the actor's session. It returns access.ErrSignIn for a stranger.
func (s *Service) Logout(ctx context.Context) error {
	who := access.From(ctx)
	if err := who.May(access.UseAccount); err != nil {
		return err
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := endSession(ctx, tx, who.Session, endedByPerson, s.now())
		if errors.Is(err, errEnded) {
			return nil // by somebody else, a moment ago
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "session.closed", who.Session, nil)
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	s.forget(who.ID)
	return nil
}

// Authenticate returns the actor behind an access token. The signature is
// checked once for each token, the session in SQL at least once a second. It
// returns access.ErrSignIn for a token that is not ours, not in force, or of a
// session that has ended, and ErrExpired for one of ours that is too old.
func (s *Service) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	now := s.now()
	c, err := s.claimsOf(token, now)
	if err != nil {
		return access.Actor{}, err
	}
	st, err := s.standingOf(ctx, c.Session, now)
	if err != nil {
		return access.Actor{}, err
	}
	if st.session.PersonID != c.Subject || st.suspended || st.session.over(now) {
		return access.Actor{}, access.ErrSignIn
	}
	return access.Actor{
		ID: c.Subject, Name: st.name, Session: c.Session, Grants: st.grants, RequireMFA: s.settings.RequireMFA,
		SecondFactor: st.session.SecondFactor, SinceSignIn: max(0, now.Sub(st.session.ProvedAt.Time)),
	}, nil
}

// A standing is what a session was and might at one moment.
type standing struct {
	session   *session
	name      string
	grants    []access.Grant
	suspended bool
	read      time.Time
}

// sessionLife is how long a session is taken as it was last read.
const sessionLife = time.Second

// How many sessions one query reads at most, and how long it may take.
const (
	mostStandings    = 256
	standingPatience = 5 * time.Second
)

func (s *Service) standingOf(ctx context.Context, id string, now time.Time) (standing, error) {
	st, ok := s.standing.find(id)
	if age := now.Sub(st.read); ok && age >= 0 && age < sessionLife {
		return st, nil
	}
	st, err := s.standings.Ask(ctx, id)
	if err != nil {
		return standing{}, fmt.Errorf("read session: %w", db.Check(err))
	}
	if st.session == nil {
		return standing{}, access.ErrSignIn
	}
	st.read = now
	if until, ok := s.unsettled.find(st.session.PersonID); !ok || now.After(until) {
		s.standing.keep(id, st)
	}
	return st, nil
}

// forget makes a deed upon a person felt in this process at once; others
// follow within a second.
func (s *Service) forget(personID string) {
	s.standing.drop(func(st standing) bool { return st.session.PersonID == personID })
}
