package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

func TestASignInOpensASession(t *testing.T) {
	each(t, Settings{RequireMFA: true}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		tokens, err := h.Login(h.from(home), " "+strings.ToUpper(p.Email)+" ", good, "")
		if err != nil {
			t.Fatal(err)
		}
		if tokens.ExpiresIn != 10*time.Minute || len(tokens.Refresh) != 43 {
			t.Errorf("tokens = %v, refresh of %d letters; want 10 minutes, 43", tokens.ExpiresIn, len(tokens.Refresh))
		}
		h.clock.advance(90 * time.Second)
		who, err := h.Authenticate(t.Context(), tokens.Access)
		if err != nil {
			t.Fatal(err)
		}
		if who.ID != p.ID || who.Name != p.Name || !slices.Equal(who.Grants, p.Grants) || !db.IsID(who.Session) ||
			!who.RequireMFA || who.SecondFactor || who.SinceSignIn != 90*time.Second {
			t.Errorf("Authenticate = %+v", who)
		}
		e := h.entries("session.opened")[0]
		if e.ActorID != p.ID || e.Session != who.Session || e.Object != who.Session || e.Address != home || e.RequestID != "r" {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

// CHECKS AU-01: whether an address is somebody's cannot be told from any
// answer, however many are asked for.
func TestNobodyLearnsWhoIsHere(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for i := range 12 {
			_, known := h.Login(h.from(fmt.Sprintf("198.51.%d.1", i)), p.Email, another, "")
			_, unknown := h.Login(h.from(fmt.Sprintf("203.0.%d.1", i)), "nobody@kap.test", another, "")
			a, b := fault.Of(known), fault.Of(unknown)
			if a == nil || b == nil || a.Code != b.Code || a.Text != b.Text || a.Field != b.Field || a.RetryAfter != b.RetryAfter {
				t.Errorf("try %d: known %+v, unknown %+v", i+1, a, b)
			}
		}
		for _, email := range []string{"", "\x00", "\xff", "no address", strings.Repeat("x", 300) + "@kap.test"} {
			if _, err := h.Login(h.from(abroad), email, another, ""); !errors.Is(err, ErrLogin) {
				t.Errorf("Login(%.20q) = %v, want ErrLogin", email, err)
			}
		}
	})
}

func TestAnUnknownAddressCostsAsMuchAsAKnownOne(t *testing.T) {
	h := newHouse(t, dbtest.Open(t), Settings{Lifted: true})
	h.hasher = newHasher(today)
	p := h.person("Noor Vance")
	var known, unknown []time.Duration
	for range 15 {
		for email, took := range map[string]*[]time.Duration{p.Email: &known, "nobody@kap.test": &unknown} {
			began := time.Now()
			if _, err := h.Login(h.from(home), email, another, ""); !errors.Is(err, ErrLogin) {
				t.Fatal(err)
			}
			*took = append(*took, time.Since(began))
		}
	}
	// The quickest say most on a machine that does other things too; a hash
	// that is not made is a factor of ten.
	if a, b := slices.Min(known), slices.Min(unknown); a > 2*b || b > 2*a {
		t.Errorf("the quickest: known %v, unknown %v", a, b)
	}
}

// CHECKS AU-02.
func TestWrongPasswordsMakeAnAccountWait(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		h.signIn(p) // from home: the usual device
		for i := range 5 {
			_, err := h.Login(h.from(abroad), p.Email, another, "")
			wants(t, fmt.Sprint("wrong try ", i+1), err, ErrLogin)
		}
		var last time.Duration
		for i := range 8 {
			_, err := h.Login(h.from(abroad), p.Email, good, "")
			wait := waitOf(t, err)
			if wait < last || i < 5 && wait <= last || wait > 15*time.Minute {
				t.Errorf("wait %d = %v after %v; want a longer one, at most 15 minutes", i+1, wait, last)
			}
			last = wait
			other := h.restarted()
			if got := waitOf(t, second(other.Login(other.from("192.0.2.1"), p.Email, good, ""))); got != wait {
				t.Errorf("after a restart, from elsewhere: wait %v, want %v", got, wait)
			}
			h.signIn(p) // the owner gets in from home all the while
			h.clock.advance(wait)
			_, err = h.Login(h.from(abroad), p.Email, another, "")
			wants(t, "a wrong try after the wait", err, ErrLogin)
		}
		h.clock.advance(last + time.Second)
		if _, err := h.Login(h.from(abroad), p.Email, good, ""); err != nil {
			t.Errorf("the right password after the wait: %v", err)
		}
		_, err := h.Login(h.from("192.0.2.77"), p.Email, another, "")
		wants(t, "a wrong try after a right one starts anew", err, ErrLogin)
	})
}

func second[T any](_ T, err error) error { return err }

// waitOf returns how long a refused caller is to wait.
func waitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	f := fault.Of(err)
	if !errors.Is(err, ErrTries) || f.Kind != fault.TooMany || f.RetryAfter <= 0 {
		t.Fatalf("error = %v, want ErrTries with a wait", err)
	}
	return f.RetryAfter
}

func TestWrongTriesFromTheOwnDeviceWaitToo(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		h.signIn(p)
		for range 5 {
			_, err := h.Login(h.from(home), p.Email, another, "")
			wants(t, "wrong try from home", err, ErrLogin)
		}
		for range 5 {
			_, err := h.Login(h.from(home), p.Email, another, "")
			waitOf(t, err)
		}
		_, err := h.Login(h.from(abroad), p.Email, good, "")
		waitOf(t, err)
		h.signIn(p)
		h.clock.advance(31 * 24 * time.Hour)
		_, err = h.Login(h.from(abroad), p.Email, another, "")
		wants(t, "wrong try a month later", err, ErrLogin)
		_, err = h.Login(h.from(home), p.Email, good, "")
		waitOf(t, err) // home was known for 30 days
	})
}

func TestAHundredTriesAreAllThereAre(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		h.signIn(p)
		tries := 0
		for range 300 {
			h.clock.advance(longest + time.Second)
			if _, err := h.Login(h.from(abroad), p.Email, another, ""); errors.Is(err, ErrLogin) {
				tries++
			}
		}
		if tries != maxTries {
			t.Errorf("%d wrong passwords were looked at, want %d", tries, maxTries)
		}
		h.clock.advance(24 * time.Hour)
		_, err := h.Login(h.from(abroad), p.Email, good, "")
		waitOf(t, err)
		h.signIn(p) // from home still
		if _, err := h.Update(h.admin, p.ID, Change{Status: ptr(Active), Version: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Login(h.from(abroad), p.Email, good, ""); err != nil {
			t.Errorf("after an admin's reset: %v", err)
		}
	})
}

// A device that is known is let through, and is itself no way to guess
// without end.
func TestAKnownAddressHasAHundredTriesOfItsOwn(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		h.signIn(p)
		for range 2 * maxTries {
			h.clock.advance(addressEvery)
			if _, err := h.Login(h.from(home), p.Email, another, ""); err == nil {
				t.Fatal("a wrong password signed in")
			}
		}
		_, err := h.Login(h.from(home), p.Email, good, "")
		waitOf(t, err)
		n := 0
		for _, e := range h.entries("proof.failed") {
			if e.Object == p.ID {
				n++
			}
		}
		if n < maxTries || n > maxTries+quickTries+8 {
			t.Errorf("%d wrong passwords were looked at, want about %d", n, maxTries)
		}
	})
}

func TestManyAtOnceAreCountedOneByOne(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		var mu sync.Mutex
		looked := 0
		var wg sync.WaitGroup
		for i := range 25 {
			wg.Go(func() {
				_, err := h.Login(h.from(fmt.Sprintf("203.0.%d.9", i)), p.Email, another, "")
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, ErrLogin) {
					looked++
				}
			})
		}
		wg.Wait()
		if looked != quickTries {
			t.Errorf("%d wrong passwords were looked at, want %d", looked, quickTries)
		}
	})
}

func TestANetworkHasThirtyFailuresAMinute(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for i := range addressFailures {
			h.signIn(p) // right ones do not count
			_, err := h.Login(h.from(fmt.Sprint("198.51.100.", i)), fmt.Sprintf("n%d@kap.test", i), another, "")
			wants(t, "a wrong try", err, ErrLogin)
		}
		_, err := h.Login(h.from("198.51.100.200"), "more@kap.test", another, "")
		waitOf(t, err)
		_, err = h.Login(h.from(home), p.Email, good, "")
		waitOf(t, err)
		_, err = h.Login(h.from("198.51.101.1"), "more@kap.test", another, "")
		wants(t, "the network beside it", err, ErrLogin)
		h.clock.advance(time.Minute)
		h.signIn(p)
	})
}

func TestLiftedTurnsTheLimitsOff(t *testing.T) {
	each(t, Settings{Lifted: true}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for range 3 * addressFailures {
			_, err := h.Login(h.from(abroad), p.Email, another, "")
			wants(t, "a wrong try", err, ErrLogin)
		}
		if _, err := h.Login(h.from(abroad), p.Email, good, ""); err != nil {
			t.Errorf("a right one: %v", err)
		}
		if n := len(h.entries("proof.failed")); n != 3*addressFailures {
			t.Errorf("%d failures in the ledger, want %d", n, 3*addressFailures)
		}
	})
}

func TestFailuresAreInTheLedgerWithoutTheAddressTyped(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for _, email := range []string{p.Email, "nobody@kap.test"} {
			_, err := h.Login(h.from(abroad), email, another, "")
			wants(t, "a wrong try", err, ErrLogin)
		}
		rows := h.entries("proof.failed")
		if len(rows) != 2 || rows[0].Object != "" || rows[1].Object != p.ID {
			t.Fatalf("the ledger says %+v", rows)
		}
		for _, e := range rows {
			if e.ActorID != "" || e.Address != abroad || strings.Contains(e.Details, "@") || details(t, e)["deed"] != "sign_in" {
				t.Errorf("the ledger says %+v", e)
			}
		}
	})
}

// A try that could not be judged costs nobody anything.
func TestATryThatWasNotJudgedIsTakenBack(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for range 4 {
			_, err := h.Login(h.from(abroad), p.Email, another, "")
			wants(t, "a wrong try", err, ErrLogin)
		}
		gone, cancel := context.WithCancel(h.from(abroad))
		h.hasher.wait = time.Minute
		release := h.hasher.occupy(t, cap(h.hasher.seats))
		h.hasher.wait = time.Nanosecond
		for range 40 {
			_, err := h.Login(gone, p.Email, good, "")
			wants(t, "a try while all seats are taken", err, ErrBusy)
		}
		release()
		cancel()
		h.hasher.wait = time.Minute
		row, err := failuresOf(t.Context(), h.db, &account{ID: p.ID, Email: p.Email})
		if err != nil || row.Failures != 4 {
			t.Errorf("failures = %+v, %v; want 4", row, err)
		}
		if _, err := h.Login(h.from(abroad), p.Email, good, ""); err != nil {
			t.Errorf("the right password then: %v", err)
		}
	})
}

func TestFailuresAtUnknownAddressesAreForgottenInTheEnd(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		for i := range 3 {
			_, err := h.Login(h.from(abroad), fmt.Sprintf("n%d@kap.test", i), another, "")
			wants(t, "a wrong try", err, ErrLogin)
		}
		_, err := h.Login(h.from(abroad), p.Email, another, "")
		wants(t, "a wrong try", err, ErrLogin)
		h.clock.advance(25 * time.Hour)
		_, err = h.Login(h.from(abroad), "late@kap.test", another, "")
		wants(t, "a wrong try a day later", err, ErrLogin)
		var n int
		if err := h.db.NewRaw(`SELECT count(*) FROM login_failures`).Scan(t.Context(), &n); err != nil || n != 2 {
			t.Errorf("%d rows (%v), want the person's and the last one's", n, err)
		}
	})
}

func TestAWeakerHashIsMadeAnewAtSignIn(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		tokens := h.signIn(p)
		h.hasher = newHasher(cost{memory: 128, passes: 2, lanes: 1})
		for range 2 {
			h.signIn(p)
			a, err := accountByID(t.Context(), h.db, p.ID)
			if err != nil || !strings.HasPrefix(a.PasswordHash, "$argon2id$v=19$m=128,t=2,p=1$") {
				t.Errorf("the stored hash is %.40q (%v)", a.PasswordHash, err)
			}
		}
		h.with(tokens) // it is the same password: sessions go on
	})
}

func TestTheActorIsProvedAnew(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Ines Instructor", role(access.Instructor, "kap"))
		tokens := h.signIn(p)
		h.clock.advance(8 * time.Minute)
		ctx := h.with(tokens)
		if method, err := h.Reauthenticate(ctx, good, ""); err != nil || method != "password" {
			t.Errorf("Reauthenticate = %q, %v", method, err)
		}
		if since := access.From(h.with(tokens)).SinceSignIn; since != 0 {
			t.Errorf("since the last proof: %v, want 0", since)
		}
		e := h.entries("session.proved")[0]
		if e.ActorID != p.ID || e.Session != access.From(ctx).Session || details(t, e)["method"] != "password" {
			t.Errorf("the ledger says %+v", e)
		}
		for name, tt := range map[string]struct {
			ctx           context.Context
			password, otp string
			want          error
		}{
			"nothing":             {ctx, "", "", ErrReauth},
			"a wrong password":    {ctx, another, "", ErrReauth},
			"a code of no factor": {ctx, "", "123456", ErrReauth},
			"both, the code bad":  {ctx, good, "123456", ErrReauth},
			"a stranger":          {h.from(home), good, "", access.ErrSignIn},
			"somebody made up":    {access.With(ctx, access.Actor{ID: db.NewID()}), good, "", access.ErrSignIn},
		} {
			_, err := h.Reauthenticate(tt.ctx, tt.password, tt.otp)
			wants(t, name+": Reauthenticate", err, tt.want)
		}
	})
}

func TestProvingAnewIsLimitedLikeSigningIn(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Ines Instructor", role(access.Instructor, "kap"))
		ctx := h.with(h.signIn(p))
		for range 5 {
			_, err := h.Reauthenticate(ctx, another, "")
			wants(t, "a wrong password", err, ErrReauth)
		}
		_, err := h.Reauthenticate(ctx, another, "")
		waitOf(t, err)
		_, err = h.Login(h.from(abroad), p.Email, good, "")
		waitOf(t, err)
		if _, err := h.Reauthenticate(ctx, good, ""); err != nil {
			t.Errorf("the right password from the own device: %v", err)
		}
	})
}

// CHECKS AU-07: nothing issued under the old password is worth anything.
func TestAChangeOfPasswordEndsEverySession(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		one, two := h.signIn(p), h.signIn(p)
		ctx := h.with(one)
		h.with(two)
		for name, tt := range map[string]struct {
			old, fresh string
			want       error
		}{
			"a wrong old one":   {another, another, ErrReauth},
			"a short new one":   {good, "short", ErrPasswordShort},
			"the own name":      {good, "noor vance noor vance", ErrPasswordOwn},
			"a long list entry": {good, "correct horse battery staple", ErrPasswordCommon},
		} {
			err := h.ChangePassword(ctx, tt.old, tt.fresh)
			wants(t, name+": ChangePassword", err, tt.want)
			if f := fault.Of(err); tt.old == good && f.Field != "new_password" {
				t.Errorf("%s: the fault names %q", name, f.Field)
			}
		}
		wants(t, "a stranger: ChangePassword", h.ChangePassword(h.from(home), good, another), access.ErrSignIn)
		h.with(one)
		if err := h.ChangePassword(ctx, good, another); err != nil {
			t.Fatal(err)
		}
		h.dead("after a change of password", one, two)
		_, err := h.Login(h.from(home), p.Email, good, "")
		wants(t, "Login with the old password", err, ErrLogin)
		if _, err := h.Login(h.from(home), p.Email, another, ""); err != nil {
			t.Errorf("Login with the new one: %v", err)
		}
		if e := h.entries("password.changed"); len(e) != 1 || e[0].Object != p.ID || e[0].Details != "{}" {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestASignInThatCrossesAChangeOfPasswordIsRefused(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		a, err := accountByID(t.Context(), h.db, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.ChangePassword(h.with(h.signIn(p)), good, another); err != nil {
			t.Fatal(err)
		}
		// a was read, and its password checked, before the change.
		_, err = h.signIn0(h.from(home), a)
		wants(t, "the sign-in that was under way", err, ErrLogin)
	})
}

func TestOfTwoNewPasswordsOneStands(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		read, err := accountByID(t.Context(), h.db, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.ChangePassword(h.with(h.signIn(p)), good, another); err != nil {
			t.Fatal(err)
		}
		err = h.db.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return setPassword(ctx, tx, read, read.PasswordHash) })
		wants(t, "setPassword over one that was not looked at", err, ErrStale)
	})
}

// signIn0 is the end of Login, when the password was found right.
func (h *house) signIn0(ctx context.Context, a *account) (Tokens, error) {
	return h.Service.signIn(ctx, a, "", "", &try{account: a, lifted: true})
}
