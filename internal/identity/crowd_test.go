package identity

import (
	"errors"
	"testing"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
)

func TestACrowdIsSignedInWithoutAPassword(t *testing.T) {
	each(t, Settings{Lifted: true}, func(t *testing.T, h *house) {
		grant := access.Grant{Role: access.Trainee, Program: "kap"}
		all, err := h.Crowd(t.Context(), 501, good, grant)
		if err != nil || len(all) != 501 {
			t.Fatalf("Crowd = %d guests, %v; want 501", len(all), err)
		}
		for _, g := range []Guest{all[0], all[500]} {
			who, err := h.Authenticate(t.Context(), g.Tokens.Access)
			if err != nil || who.ID != g.ID || len(who.Grants) != 1 || who.Grants[0] != grant {
				t.Errorf("Authenticate = %+v, %v; want %s as a trainee", who, err, g.ID)
			}
		}
		if _, err := h.Refresh(t.Context(), all[1].Tokens.Refresh); err != nil {
			t.Errorf("Refresh = %v", err)
		}
		if _, err := h.Login(h.from(home), all[2].Email, good, ""); err != nil {
			t.Errorf("Login with the crowd's password = %v", err)
		}
		if f, err := audit.Verify(t.Context(), h.db); err != nil || f.Bad != 0 {
			t.Errorf("the ledger: %+v, %v", f, err)
		}
	})
}

func TestACrowdNeedsTestMode(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		before, err := h.People(h.admin, Page{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		if all, err := h.Crowd(t.Context(), 3, good); !errors.Is(err, ErrNoCrowd) || len(all) != 0 {
			t.Errorf("Crowd = %d guests, %v; want none, ErrNoCrowd", len(all), err)
		}
		if after, err := h.People(h.admin, Page{Limit: 200}); err != nil || len(after) != len(before) {
			t.Errorf("%d people after a refusal, %v; want %d", len(after), err, len(before))
		}
	})
}
