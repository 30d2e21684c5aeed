package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// code is what an authenticator app shows, some steps from now.
func (h *house) code(secret string, steps int) string {
	h.t.Helper()
	c, err := totp.GenerateCode(secret, h.clock.Now().Add(time.Duration(steps)*totpPeriod*time.Second))
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// enrolled gives a person a confirmed second factor; the clock moves on, so
// that the next code is a new one.
func (h *house) enrolled(p *Person) (ctx context.Context, secret string, recovery []string) {
	h.t.Helper()
	ctx = h.with(h.signIn(p))
	secret, _, err := h.StartTOTP(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	if recovery, err = h.ConfirmTOTP(ctx, h.code(secret, 0)); err != nil {
		h.t.Fatal(err)
	}
	h.clock.advance(time.Minute)
	return ctx, secret, recovery
}

// The test vectors of RFC 6238, appendix B, cut to six digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		for _, off := range []int64{-30, 0, 30} {
			if step, err := stepOf(secret, code, time.Unix(at+off, 0)); err != nil || step != at/30 {
				t.Errorf("stepOf(%s, %d%+d) = %d, %v; want %d", code, at, off, step, err, at/30)
			}
		}
		for _, off := range []int64{-60, 60} {
			if step, _ := stepOf(secret, code, time.Unix(at+off, 0)); at+off > 0 && step != 0 {
				t.Errorf("stepOf(%s, %d%+d) = %d, want none", code, at, off, step)
			}
		}
	}
}

func TestAFactorCountsOnceACodeWasAccepted(t *testing.T) {
	each(t, Settings{RequireMFA: true}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance", role(access.Trainee, "kap"))
		tokens := h.signIn(p)
		ctx := h.with(tokens)
		_, err := h.ConfirmTOTP(ctx, "123456")
		wants(t, "ConfirmTOTP before StartTOTP", err, ErrNoFactor)
		first, _, err := h.StartTOTP(ctx)
		if err != nil {
			t.Fatal(err)
		}
		secret, link, err := h.StartTOTP(ctx)
		if err != nil || secret == first || len(secret) != 32 {
			t.Fatalf("StartTOTP again = %q, %v; want another of 160 bits", secret, err)
		}
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "otpauth" || u.Path != "/kap.test:"+p.Email || u.Query().Get("secret") != secret {
			t.Errorf("the link is %q (%v)", link, err)
		}
		h.signIn(p) // pending: not asked for
		for name, code := range map[string]string{"of the first secret": h.code(first, 0), "too old": h.code(secret, -2), "to come": h.code(secret, 2), "none": "", "letters": "abcdef"} {
			_, err := h.ConfirmTOTP(ctx, code)
			wants(t, "a code "+name+": ConfirmTOTP", err, ErrCode)
			if _, err := h.Update(h.admin, p.ID, Change{Status: ptr(Active), Version: h.version(p)}); err != nil {
				t.Fatal(err)
			}
		}
		recovery, err := h.ConfirmTOTP(ctx, h.code(secret, 0))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(recovery)
		if len(slices.Compact(recovery)) != 10 || !regexp.MustCompile(`^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`).MatchString(recovery[0]) {
			t.Errorf("recovery codes: %v", recovery)
		}
		if !access.From(h.with(tokens)).SecondFactor {
			t.Error("the session does not count as second-factored")
		}
		_, _, err = h.StartTOTP(ctx)
		wants(t, "StartTOTP with a factor confirmed", err, ErrFactor)
		if e := h.entries("second_factor.confirmed"); len(e) != 1 || e[0].Object != p.ID {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func (h *house) version(p *Person) int64 {
	h.t.Helper()
	got, err := h.Find(h.t.Context(), h.db, p.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return got.Version
}

func TestTheSecretLiesSealedAndInItsPlace(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		_, secret, recovery := h.enrolled(p)
		f, err := factorOf(t.Context(), h.db, p.ID)
		if err != nil || strings.Contains(string(f.Secret), secret) {
			t.Errorf("the stored factor is %q (%v)", f.Secret, err)
		}
		if plain, err := h.ring.Unseal("identity_totp/"+p.ID, f.Secret); err != nil || string(plain) != secret {
			t.Errorf("unsealed: %q, %v", plain, err)
		}
		if _, err := h.ring.Unseal("identity_totp/"+h.boss.ID, f.Secret); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("in another person's place: %v, want ErrSealed", err)
		}
		var hashes []string
		if err := h.db.NewRaw(`SELECT hash FROM recovery_codes`).Scan(t.Context(), &hashes); err != nil || len(hashes) != 10 {
			t.Fatalf("%d hashes (%v)", len(hashes), err)
		}
		if all := strings.Join(hashes, " "); strings.Contains(all, recovery[0]) || strings.Contains(all, bare(recovery[0])) {
			t.Error("a recovery code lies in SQL as it is")
		}
	})
}

func TestAConfirmedFactorIsAskedForAfterThePassword(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		_, secret, recovery := h.enrolled(p)
		login := func(password, otp string) (Tokens, error) { return h.Login(h.from(home), p.Email, password, otp) }
		_, err := login(another, "")
		wants(t, "a wrong password", err, ErrLogin)
		_, err = login(another, h.code(secret, 0))
		wants(t, "a wrong password with a right code", err, ErrLogin)
		for range 10 {
			_, err = login(good, "")
			wants(t, "the password alone", err, ErrOTP)
		}
		used := h.code(secret, 0)
		tokens, err := login(good, used[:3]+" "+used[3:])
		if err != nil {
			t.Fatalf("with a code: %v", err)
		}
		if !access.From(h.with(tokens)).SecondFactor {
			t.Error("the session does not count as second-factored")
		}
		if !access.From(h.with(h.refresh(tokens))).SecondFactor {
			t.Error("… and not after a refresh")
		}
		_, err = login(good, used)
		wants(t, "a code again", err, ErrWrongOTP)
		_, err = login(good, h.code(secret, -1))
		wants(t, "a code from before the last one used", err, ErrWrongOTP)
		_, err = login(good, h.code(secret, 1))
		wants(t, "the next code", err, nil)
		_, err = login(good, strings.ToUpper(recovery[3]))
		wants(t, "a recovery code", err, nil)
		_, err = login(good, recovery[3])
		wants(t, "a recovery code again", err, ErrWrongOTP)
		_, err = login(good, strings.ReplaceAll(recovery[4], "-", ""))
		wants(t, "another one", err, nil)
	})
}

func TestWrongCodesAreFailures(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		_, secret, _ := h.enrolled(p)
		for _, otp := range []string{"000000", "0", "aaaa-aaaa-aaaa-aaaa", "\x00", strings.Repeat("9", 1<<16)} {
			_, err := h.Login(h.from(abroad), p.Email, good, otp)
			wants(t, fmt.Sprintf("otp %.20q", otp), err, ErrWrongOTP)
		}
		_, err := h.Login(h.from(abroad), p.Email, good, h.code(secret, 0))
		waitOf(t, err)
		if e := h.entries("proof.failed"); len(e) != 5 || e[0].Object != p.ID || details(t, e[0])["why"] != "wrong_otp" {
			t.Errorf("the ledger says %+v", e)
		}
	})
}

func TestOfManyAtOnceOneUsesTheCode(t *testing.T) {
	each(t, Settings{Lifted: true}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		_, secret, recovery := h.enrolled(p)
		for name, otp := range map[string]string{"a code": h.code(secret, 0), "a recovery code": recovery[0]} {
			var mu sync.Mutex
			in := 0
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if _, err := h.Login(h.from(home), p.Email, good, otp); err == nil {
						mu.Lock()
						in++
						mu.Unlock()
					} else if !errors.Is(err, ErrWrongOTP) {
						t.Errorf("%s: %v, want ErrWrongOTP", name, err)
					}
				})
			}
			wg.Wait()
			if in != 1 {
				t.Errorf("%s signed in %d times, want once", name, in)
			}
		}
	})
}

func TestACodeOfTheFactorProvesAnew(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Ines Instructor", role(access.Instructor, "kap"))
		ctx, secret, recovery := h.enrolled(p)
		method, err := h.Reauthenticate(ctx, "", h.code(secret, 0))
		if err != nil || method != "totp" {
			t.Errorf("Reauthenticate = %q, %v", method, err)
		}
		_, err = h.Reauthenticate(ctx, "", h.code(secret, 0))
		wants(t, "the code again: Reauthenticate", err, ErrReauth)
		_, err = h.Reauthenticate(ctx, "", recovery[0])
		wants(t, "a recovery code: Reauthenticate", err, ErrReauth)
		h.clock.advance(time.Minute)
		if method, err := h.Reauthenticate(ctx, good, h.code(secret, 0)); err != nil || method != "password" {
			t.Errorf("both: Reauthenticate = %q, %v", method, err)
		}
	})
}

func TestACodeOfTheFactorGetsFreshRecoveryCodes(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		ctx, secret, old := h.enrolled(p)
		fresh, err := h.ConfirmTOTP(ctx, h.code(secret, 0))
		if err != nil || len(fresh) != 10 {
			t.Fatalf("ConfirmTOTP = %v, %v", fresh, err)
		}
		_, err = h.Login(h.from(home), p.Email, good, old[0])
		wants(t, "an old recovery code", err, ErrWrongOTP)
		_, err = h.Login(h.from(home), p.Email, good, fresh[0])
		wants(t, "a fresh one", err, nil)
	})
}

func TestAFactorIsSetUpOnAFreshSignInOnly(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		tokens := h.signIn(h.person("Noor Vance"))
		h.clock.advance(9 * time.Minute)
		tokens = h.refresh(tokens)
		h.clock.advance(2 * time.Minute)
		_, _, err := h.StartTOTP(h.with(tokens))
		wants(t, "eleven minutes after signing in: StartTOTP", err, access.ErrReauth)
		if _, err := h.Reauthenticate(h.with(tokens), good, ""); err != nil {
			t.Fatal(err)
		}
		_, _, err = h.StartTOTP(h.with(tokens))
		wants(t, "proved anew: StartTOTP", err, nil)
	})
}

// CHECKS AU-07.
func TestRemovingTheFactorEndsEverySession(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		p := h.person("Noor Vance")
		other := h.signIn(p)
		_, secret, recovery := h.enrolled(p)
		mine, err := h.Login(h.from(home), p.Email, good, h.code(secret, 0))
		if err != nil {
			t.Fatal(err)
		}
		ctx := h.with(mine)
		wants(t, "a wrong password: RemoveTOTP", h.RemoveTOTP(ctx, another), ErrReauth)
		wants(t, "no password: RemoveTOTP", h.RemoveTOTP(ctx, ""), ErrReauth)
		wants(t, "a stranger: RemoveTOTP", h.RemoveTOTP(h.from(home), good), access.ErrSignIn)
		h.with(mine)
		wants(t, "RemoveTOTP", h.RemoveTOTP(ctx, good), nil)
		h.dead("after the removal", other, mine)
		again := h.signIn(p)
		if access.From(h.with(again)).SecondFactor {
			t.Error("a session without a factor counts as second-factored")
		}
		_, err = h.Login(h.from(home), p.Email, good, recovery[0])
		wants(t, "a recovery code of the old factor is not looked at", err, nil)
		wants(t, "once more: RemoveTOTP", h.RemoveTOTP(h.with(again), good), ErrNoFactor)
		for _, table := range []string{"totp_factors", "recovery_codes"} {
			var n int
			if err := h.db.NewRaw(`SELECT count(*) FROM `+table).Scan(t.Context(), &n); err != nil || n != 0 {
				t.Errorf("%s has %d rows (%v)", table, n, err)
			}
		}
	})
}

// CHECKS AU-11, DESIGN 2.20: staff get a factor with their account; it is
// pending until one of its codes was accepted, here at sign-in.
func TestStaffGetAFactorWithTheirAccount(t *testing.T) {
	each(t, Settings{RequireMFA: true}, func(t *testing.T, h *house) {
		trainee, err := h.CreateFromShell(t.Context(), newcomer("tia@kap.test", role(access.Trainee, "kap")))
		if err != nil || trainee.TOTPSecret != "" {
			t.Errorf("a trainee got a factor: %+v, %v", trainee, err)
		}
		made, err := h.CreateFromShell(t.Context(), newcomer("ines@kap.test", role(access.Trainee, "kap"), role(access.Instructor, "kap")))
		if err != nil || len(made.TOTPSecret) != 32 {
			t.Fatalf("an instructor got no factor: %+v, %v", made, err)
		}
		p := &made.Person
		without := access.From(h.with(h.signIn(p)))
		wants(t, "without the factor: a grave act", without.May(access.SignLog), access.ErrMFA)
		_, err = h.Login(h.from(home), p.Email, good, "000000")
		wants(t, "with a wrong code: Login", err, ErrWrongOTP)
		tokens, err := h.Login(h.from(home), p.Email, good, h.code(made.TOTPSecret, 0))
		if err != nil {
			t.Fatal(err)
		}
		with := access.From(h.with(tokens))
		wants(t, "with the factor: a grave act", with.May(access.SignLog), nil)
		h.clock.advance(9 * time.Minute)
		tokens = h.refresh(tokens)
		h.clock.advance(2 * time.Minute)
		wants(t, "eleven minutes later: a grave act", access.From(h.with(tokens)).May(access.SignLog), access.ErrReauth)
		_, err = h.Login(h.from(home), p.Email, good, "")
		wants(t, "from then without a code: Login", err, ErrOTP)
		codes, err := h.ConfirmTOTP(h.with(tokens), h.code(made.TOTPSecret, 0))
		if err != nil || len(codes) != 10 {
			t.Errorf("recovery codes afterwards: %v, %v", codes, err)
		}
	})
}

func TestAFactorComesOnlyWhereItIsRequired(t *testing.T) {
	each(t, Settings{}, func(t *testing.T, h *house) {
		made, err := h.CreateFromShell(t.Context(), newcomer("ines@kap.test", role(access.Instructor, "kap")))
		if err != nil || made.TOTPSecret != "" {
			t.Errorf("CreateFromShell = %+v, %v", made, err)
		}
	})
}
