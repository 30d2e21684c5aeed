package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const (
	good    = "seven quiet harbors at dusk"
	another = "eleven loud markets at noon"
	home    = "198.51.100.7"
	abroad  = "203.0.113.9"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

var testRing = sync.OnceValue(func() *keys.Ring {
	m, err := keys.NewMaster([]byte(strings.Repeat("k3y!", 8)))
	if err != nil {
		panic(err)
	}
	var stored []keys.Stored
	for _, use := range keys.Uses {
		stored = append(stored, keys.Generate(m, use))
	}
	r, err := keys.Open(m, stored)
	if err != nil {
		panic(err)
	}
	return r
})

// A house is a Service on a fresh database with an admin of all programs.
type house struct {
	*Service
	t     *testing.T
	clock *clock
	boss  *Person
	admin context.Context
	n     int
}

func each(t *testing.T, s Settings, f func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newHouse(t, d, s)) })
}

func newHouse(t *testing.T, d *db.DB, s Settings) *house {
	h := empty(t, d, s)
	h.boss = h.person("Ada Admin", everywhere)
	h.admin = h.acting(h.boss)
	return h
}

// empty is a house with nobody in it.
func empty(t *testing.T, d *db.DB, s Settings) *house {
	s.Issuer, s.Audience = "https://kap.test", "kapstone"
	c := &clock{now: start}
	h := &house{Service: New(d, testRing(), c.Now, s), t: t, clock: c}
	h.hasher = newHasher(quick)
	return h
}

// restarted is another process on the same database: nothing is remembered.
func (h *house) restarted() *house {
	other := *h
	other.Service = New(h.db, h.ring, h.now, h.settings)
	other.hasher = newHasher(quick)
	return &other
}

// person adds somebody whose password is good.
func (h *house) person(name string, grants ...access.Grant) *Person {
	h.t.Helper()
	h.n++
	made, err := h.CreateFromShell(h.t.Context(), NewPerson{
		Email: fmt.Sprintf("p%d@kap.test", h.n), Name: name, Password: good, Grants: grants,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return &made.Person
}

// acting returns a context in which a person acts without a session.
func (h *house) acting(p *Person) context.Context {
	return access.With(h.t.Context(), access.Actor{ID: p.ID, Name: p.Name, Session: "none", Address: home, RequestID: "r", Grants: p.Grants})
}

// from returns a context in which a stranger asks from an address.
func (h *house) from(address string) context.Context {
	return access.With(h.t.Context(), access.Actor{Address: address, RequestID: "r"})
}

// signIn signs a person in from home.
func (h *house) signIn(p *Person) Tokens {
	h.t.Helper()
	tokens, err := h.Login(h.from(home), p.Email, good, "")
	if err != nil {
		h.t.Fatalf("Login(%s): %v", p.Email, err)
	}
	return tokens
}

// with returns a context in which whoever holds the tokens acts.
func (h *house) with(tokens Tokens) context.Context {
	h.t.Helper()
	who, err := h.Authenticate(h.t.Context(), tokens.Access)
	if err != nil {
		h.t.Fatalf("Authenticate: %v", err)
	}
	who.Address, who.RequestID = home, "r"
	return access.With(h.t.Context(), who)
}

// dead checks that tokens are refused, here after a second at most and in a
// process that remembers nothing at once.
func (h *house) dead(why string, tokens ...Tokens) {
	h.t.Helper()
	for name, at := range map[string]*house{"here": h, "after a restart": h.restarted()} {
		for i, tk := range tokens {
			if _, err := at.Authenticate(h.t.Context(), tk.Access); !errors.Is(err, access.ErrSignIn) {
				h.t.Errorf("%s, %s: Authenticate(access %d) = %v, want ErrSignIn", why, name, i, err)
			}
			if _, err := at.Refresh(h.t.Context(), tk.Refresh); !errors.Is(err, ErrRefresh) {
				h.t.Errorf("%s, %s: Refresh(refresh %d) = %v, want ErrRefresh", why, name, i, err)
			}
		}
	}
}

// entries returns the ledger's entries of an action, the newest first.
func (h *house) entries(action string) []audit.Entry {
	h.t.Helper()
	rows, err := audit.List(h.acting(h.boss), h.db, audit.Query{Action: action, Limit: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	return rows
}

// details reads the details of an entry.
func details(t *testing.T, e audit.Entry) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal([]byte(e.Details), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// wants checks that a call returned the error it should.
func wants(t *testing.T, what string, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s = %v, want %v", what, err, want)
	}
}

func ptr[T any](v T) *T { return &v }

func role(r access.Role, program string) access.Grant { return access.Grant{Role: r, Program: program} }
