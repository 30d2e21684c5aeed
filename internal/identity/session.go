package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
)

// A Session is one sign-in on one device.
type session struct {
	bun.BaseModel `bun:"table:sessions"`

	ID           string `bun:",pk"`
	PersonID     string
	CreatedAt    db.Time
	ProvedAt     db.Time // when the person last proved who they are
	SecondFactor bool
	UsedAt       db.Time // the last refresh
	EndsAt       db.Time // at the latest
	IdleMS       int64   `bun:"idle_ms"` // ends so long after the last refresh
	EndedAt      db.Time
}

// over reports whether the session has ended by time t.
func (s *session) over(t time.Time) bool {
	return !s.EndedAt.IsZero() || t.After(s.EndsAt.Time) || t.After(s.UsedAt.Add(time.Duration(s.IdleMS)*time.Millisecond))
}

// How long sessions live: staff hold more in their hands.
const (
	traineeIdle, traineeMost = 14 * 24 * time.Hour, 30 * 24 * time.Hour
	staffIdle, staffMost     = time.Hour, 12 * time.Hour
)

func newSession(p *Person, secondFactor bool, now time.Time) *session {
	idle, most := traineeIdle, traineeMost
	if p.staff() {
		idle, most = staffIdle, staffMost
	}
	at := db.At(now)
	return &session{ID: db.NewID(), PersonID: p.ID, CreatedAt: at, ProvedAt: at, SecondFactor: secondFactor, UsedAt: at,
		EndsAt: db.At(now.Add(most)), IdleMS: idle.Milliseconds()}
}

// Tokens are what a sign-in gives: a short-lived access token and a refresh
// token that is good for one use.
type Tokens struct {
	Access    string
	ExpiresIn time.Duration
	Refresh   string
}

// issue gives a session its next pair, inside the deed's transaction.
func (s *Service) issue(ctx context.Context, tx bun.IDB, se *session) (Tokens, error) {
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	refresh := base64.RawURLEncoding.EncodeToString(secret[:])
	if err := insertRefresh(ctx, tx, digest(refresh), se.ID, s.now()); err != nil {
		return Tokens{}, err
	}
	token, err := s.mint(se.PersonID, se.ID)
	return Tokens{token, accessLife, refresh}, err
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Refresh turns a refresh token into the next pair. A token that was used
// before ends its whole session: one of the two who hold it has stolen it.
func (s *Service) Refresh(ctx context.Context, refresh string) (t Tokens, err error) {
	var replayed string
	err = s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		replayed = ""
		se, err := sessionOfRefresh(ctx, tx, digest(refresh))
		if errors.Is(err, db.ErrNone) || err == nil && se.over(s.now()) {
			return ErrRefresh
		}
		if err != nil {
			return err
		}
		p, err := find(ctx, tx, se.PersonID)
		if err != nil {
			return err
		}
		if p.Status != Active {
			return ErrRefresh
		}
		switch err := useRefresh(ctx, tx, digest(refresh), s.now()); {
		case errors.Is(err, errUsed):
			replayed = se.ID
			return nil
		case err != nil:
			return err
		}
		if err := touchSession(ctx, tx, se.ID, s.now()); err != nil {
			return err
		}
		t, err = s.issue(ctx, tx, se)
		return err
	})
	if err == nil && replayed != "" {
		return Tokens{}, errors.Join(ErrRefresh, s.replayed(ctx, replayed))
	}
	if err != nil {
		return Tokens{}, fmt.Errorf("refresh: %w", err)
	}
	return t, nil
}

// grace is how long a used token may come again without harm: two requests of
// one page that cross each other are no theft. The second still gets nothing.
const grace = 2 * time.Second

// replayed ends the session whose token came twice.
func (s *Service) replayed(ctx context.Context, sessionID string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		ended, err := endSession(ctx, tx, sessionID, s.now(), grace)
		if err != nil || !ended {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "session.replayed", sessionID, nil)
	})
	s.sessions.forget()
	return err
}

// Logout ends the actor's session. A stranger has none, and that is no error.
func (s *Service) Logout(ctx context.Context) error {
	who := access.From(ctx)
	if who.ID == "" {
		return nil
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		ended, err := endSession(ctx, tx, who.Session, s.now(), 0)
		if err != nil || !ended {
			return err
		}
		return audit.Append(ctx, tx, s.now(), "session.ended", who.Session, nil)
	})
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	s.sessions.forget()
	return nil
}

// Authenticate returns the actor behind an access token. The signature is
// checked once for each token, the session at least once a second.
func (s *Service) Authenticate(ctx context.Context, token string) (access.Actor, error) {
	c, known := s.tokens.find(token)
	if !known {
		var err error
		if c, err = s.parse(token); err != nil {
			return access.Actor{}, err
		}
		s.tokens.keep(token, c)
	}
	now := s.now()
	if now.After(c.ExpiresAt.Add(5 * time.Second)) {
		return access.Actor{}, ErrExpired
	}
	h, err := s.sessions.find(ctx, s.db, c.Session)
	if err != nil {
		return access.Actor{}, err
	}
	if h.person.ID != c.Subject || h.person.Status != Active || h.session.over(now) {
		return access.Actor{}, access.ErrSignIn
	}
	return access.Actor{
		ID: h.person.ID, Name: h.person.Name, Session: c.Session, Grants: h.person.Grants, RequireMFA: s.settings.RequireMFA,
		SecondFactor: h.session.SecondFactor, SinceSignIn: now.Sub(h.session.ProvedAt.Time),
	}, nil
}

// A sessionCache keeps sessions with their people for up to a second, so that
// a burst of requests asks SQL once.
type sessionCache struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]held
}

type held struct {
	session *session
	person  *Person
	at      time.Time
}

const sessionLife = time.Second

func newSessionCache(now func() time.Time) *sessionCache {
	return &sessionCache{now: now, all: make(map[string]held)}
}

func (c *sessionCache) find(ctx context.Context, d *db.DB, id string) (held, error) {
	now := c.now()
	c.mu.Lock()
	h, ok := c.all[id]
	c.mu.Unlock()
	if ok && now.Sub(h.at).Abs() < sessionLife {
		return h, nil
	}
	se, err := getSession(ctx, d, id)
	if errors.Is(err, db.ErrNone) {
		return held{}, access.ErrSignIn
	}
	if err != nil {
		return held{}, err
	}
	p, err := find(ctx, d, se.PersonID)
	if err != nil {
		return held{}, err
	}
	h = held{se, p, now}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= maxCached {
		clear(c.all)
	}
	c.all[id] = h
	return h, nil
}

// forget drops everything: called when a session or a grant changes here, so
// that this process acts on it at once.
func (c *sessionCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.all)
}
