package identity

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
)

func eachEmpty(t *testing.T, s Settings, f func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, empty(t, d, s)) })
}

func (h *house) token() string {
	h.t.Helper()
	token, err := h.SetupToken(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// CHECKS OP-06.
func TestTheFirstAdminIsMadeWithTheToken(t *testing.T) {
	eachEmpty(t, Settings{RequireMFA: true}, func(t *testing.T, h *house) {
		if _, err := h.Login(h.from(home), "admin@kap.test", "admin", ""); !errors.Is(err, ErrLogin) {
			t.Errorf("there is somebody in an empty house: %v", err)
		}
		token := h.token()
		if len(token) != 43 {
			t.Errorf("the token has %d letters, want 43: 256 bits", len(token))
		}
		for name, bad := range map[string]string{"none": "", "another": secret(), "a NUL": "\x00", "its digest": setupDigest(token), "cut": token[:42]} {
			_, err := h.Setup(h.from(home), bad, newcomer("ada@kap.test"))
			wants(t, name+": Setup", err, ErrSetup)
		}
		_, err := h.Setup(h.from(home), token, NewPerson{Email: "ada@kap.test", Name: "Ada", Password: "short"})
		wants(t, "a short password: Setup", err, ErrPasswordShort)
		made, err := h.Setup(h.from(home), token, newcomer("ada@kap.test", role(access.Trainee, "kap")))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(made.Person.Grants, []access.Grant{everywhere}) || made.TOTPSecret == "" {
			t.Errorf("Setup = %+v, want an admin of all programs with a factor", made)
		}
		h.signIn(&made.Person)
		_, err = h.Setup(h.from(home), token, newcomer("eve@kap.test"))
		wants(t, "the token again: Setup", err, ErrSetup)
		if token := h.token(); token != "" {
			t.Errorf("SetupToken = %q though somebody is here", token)
		}
		h.boss = &made.Person
		if e := h.entries("person.created"); len(e) != 1 || e[0].ActorID != "setup" || e[0].Address != home {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestASetUpTokenLivesHalfAnHour(t *testing.T) {
	eachEmpty(t, Settings{}, func(t *testing.T, h *house) {
		token := h.token()
		h.clock.advance(setupLife)
		_, err := h.Setup(h.from(home), token, newcomer("ada@kap.test"))
		wants(t, "after half an hour: Setup", err, ErrSetup)
		token = h.token()
		h.clock.advance(setupLife - time.Millisecond)
		_, err = h.Setup(h.from(home), token, newcomer("ada@kap.test"))
		wants(t, "just before: Setup", err, nil)
	})
}

func TestANewTokenReplacesTheOld(t *testing.T) {
	eachEmpty(t, Settings{}, func(t *testing.T, h *house) {
		old := h.token()
		fresh := h.restarted().token()
		_, err := h.Setup(h.from(home), old, newcomer("ada@kap.test"))
		wants(t, "the old token: Setup", err, ErrSetup)
		_, err = h.Setup(h.from(home), fresh, newcomer("ada@kap.test"))
		wants(t, "the new one: Setup", err, nil)
	})
}

func TestOfManyWhoSetUpAtOnceOneOwnsTheHouse(t *testing.T) {
	eachEmpty(t, Settings{}, func(t *testing.T, h *house) {
		token := h.token()
		errs := make([]error, 8)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.Setup(h.from(home), token, newcomer(string(rune('a'+i))+"@kap.test")) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, ErrSetup) {
				t.Errorf("Setup = %v, want ErrSetup", err)
			}
		}
		var n int
		if err := h.db.NewRaw(`SELECT count(*) FROM people`).Scan(t.Context(), &n); err != nil || won != 1 || n != 1 {
			t.Errorf("%d won and %d people are here (%v), want 1 and 1", won, n, err)
		}
	})
}

// A token from before somebody came in by the shell is worth nothing.
func TestSetUpIsOverOnceSomebodyIsHere(t *testing.T) {
	eachEmpty(t, Settings{}, func(t *testing.T, h *house) {
		token := h.token()
		h.person("Ada Admin", everywhere)
		_, err := h.Setup(h.from(home), token, newcomer("eve@kap.test"))
		wants(t, "Setup", err, ErrSetup)
	})
}

func TestTheTokenLiesAsADigest(t *testing.T) {
	eachEmpty(t, Settings{}, func(t *testing.T, h *house) {
		token := h.token()
		var hash string
		if err := h.db.NewRaw(`SELECT hash FROM setup_tokens`).Scan(t.Context(), &hash); err != nil || hash != setupDigest(token) || strings.Contains(hash, token) {
			t.Errorf("stored: %q (%v)", hash, err)
		}
	})
}

// Whatever was done here, the ledger holds and names no address.
func TestTheLedgerHoldsAndNamesNobody(t *testing.T) {
	each(t, Settings{RequireMFA: true}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		ctx, _, _ := h.enrolled(p)
		_, err := h.Login(h.from(abroad), p.Email, another, "")
		wants(t, "a wrong password", err, ErrLogin)
		wants(t, "ChangePassword", h.ChangePassword(ctx, good, another), nil)
		f, err := audit.Verify(t.Context(), h.db)
		if err != nil || f.Bad != 0 || f.Entries < 7 {
			t.Errorf("Verify = %+v, %v", f, err)
		}
		rows, err := audit.List(h.admin, h.db, audit.Query{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range rows {
			if strings.Contains(e.Details+e.Object+e.ActorID, "@") || strings.Contains(e.Details, "Noor") {
				t.Errorf("personal text in the ledger: %+v", e)
			}
		}
	})
}
