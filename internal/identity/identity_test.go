package identity

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"
	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

const passphrase = "seven quiet harbors at dusk"

// A house is an installation with a clock that the test moves.
type house struct {
	*Service
	mu    sync.Mutex
	at    time.Time
	admin context.Context
}

func (h *house) time() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f(t, open(t, d, Settings{Issuer: "https://kap.test", Audience: "kapstone"}))
	})
}

func open(t *testing.T, d *db.DB, settings Settings) *house {
	t.Helper()
	m, err := keys.NewMaster([]byte(strings.Repeat("k3y!", 8)))
	if err != nil {
		t.Fatal(err)
	}
	var stored []keys.Stored
	for _, use := range keys.Uses {
		stored = append(stored, keys.Generate(m, use))
	}
	ring, err := keys.Open(m, stored)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	h.Service = New(d, ring, h.time, settings)
	h.admin = h.act(t, h.person(t, "admin", access.Grant{Role: access.Admin}))
	return h
}

func (h *house) person(t *testing.T, name string, grants ...access.Grant) *Person {
	t.Helper()
	made, err := h.CreateFromShell(t.Context(), NewPerson{Email: name + "@b.test", Name: name, Password: passphrase, Grants: grants})
	if err != nil {
		t.Fatal(err)
	}
	return &made.Person
}

// act returns a context in which p acts from a device of its own.
func (h *house) act(t *testing.T, p *Person) context.Context {
	return access.With(t.Context(), access.Actor{ID: p.ID, Name: p.Name, Grants: p.Grants, Address: "192.0.2.1", RequestID: "r"})
}

func from(t *testing.T, address string) context.Context {
	return access.With(t.Context(), access.Actor{Address: address, RequestID: "r"})
}

func (h *house) login(t *testing.T, name string) Tokens {
	t.Helper()
	tokens, err := h.Login(from(t, "192.0.2.1"), name+"@b.test", passphrase, "")
	if err != nil {
		t.Fatalf("Login(%s) = %v", name, err)
	}
	return tokens
}

// signedIn returns the context of a session that began with tokens.
func (h *house) signedIn(t *testing.T, tokens Tokens) context.Context {
	t.Helper()
	who, err := h.Authenticate(t.Context(), tokens.Access)
	if err != nil {
		t.Fatalf("Authenticate = %v", err)
	}
	who.Address = "192.0.2.1"
	return access.With(t.Context(), who)
}

func TestASignInGivesASession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.person(t, "noor", access.Grant{Role: access.Trainee, Program: "kap"})
		tokens := h.login(t, "noor")
		who, err := h.Authenticate(t.Context(), tokens.Access)
		if err != nil || who.ID != p.ID || who.Name != "noor" || !who.Has(access.Trainee) || who.SecondFactor || tokens.ExpiresIn != 10*time.Minute {
			t.Errorf("Authenticate = %+v, %v", who, err)
		}
		h.advance(10*time.Minute + 6*time.Second)
		if _, err := h.Authenticate(t.Context(), tokens.Access); !errors.Is(err, ErrExpired) {
			t.Errorf("Authenticate with an old token = %v, want ErrExpired", err)
		}
	})
}

// CHECKS AU-01: a wrong address and a wrong password are told apart by nothing.
func TestAWrongAddressAnswersLikeAWrongPassword(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor")
		_, known := h.Login(from(t, "192.0.2.1"), "noor@b.test", "not my password at all", "")
		_, unknown := h.Login(from(t, "192.0.2.1"), "nobody@b.test", "not my password at all", "")
		if !errors.Is(known, ErrLogin) || !errors.Is(unknown, ErrLogin) || fmt.Sprint(fault.Of(known)) != fmt.Sprint(fault.Of(unknown)) {
			t.Errorf("Login = %v for a wrong password, %v for nobody", known, unknown)
		}
	})
}

// CHECKS AU-02: waits grow, from elsewhere; the owner's own device is let in.
func TestWrongTriesMakeStrangersWait(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor")
		h.login(t, "noor") // this device is known from now on
		var waits []time.Duration
		for i := range 8 {
			_, err := h.Login(from(t, fmt.Sprintf("198.51.100.%d", i)), "noor@b.test", "wrong password number", "")
			if f := fault.Of(err); f != nil && f.Is(ErrTries) {
				waits = append(waits, f.RetryAfter)
				h.advance(f.RetryAfter)
				_, _ = h.Login(from(t, "198.51.100.99"), "noor@b.test", "wrong password number", "")
			}
		}
		if len(waits) < 3 || waits[0] != 2*time.Second || waits[1] <= waits[0] || waits[2] <= waits[1] {
			t.Errorf("waits after wrong tries are %v, want growing ones from 2s", waits)
		}
		other := New(h.db, h.ring, h.time, h.settings) // after a restart
		if _, err := other.Login(from(t, "198.51.100.50"), "noor@b.test", passphrase, ""); !errors.Is(err, ErrTries) {
			t.Errorf("the right password from elsewhere, after a restart = %v, want ErrTries", err)
		}
		if _, err := other.Login(from(t, "192.0.2.1"), "noor@b.test", passphrase, ""); err != nil {
			t.Errorf("the owner from the usual device = %v", err)
		}
	})
}

func TestAHundredWrongTriesAreAllThereAre(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 0, 4: 0, 5: 2 * time.Second, 6: 4 * time.Second, 13: 512 * time.Second, 14: longest, 99: longest} {
		if got := waitAfter(tries); got != want {
			t.Errorf("waitAfter(%d) = %v, want %v", tries, got, want)
		}
	}
	each(t, func(t *testing.T, h *house) {
		p := h.person(t, "noor")
		if err := h.db.Tx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			return putTries(ctx, tx, &tries{PersonID: p.ID, Quick: 99, Total: maxTries})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Login(from(t, "192.0.2.1"), "noor@b.test", passphrase, ""); fault.Of(err) == nil || fault.Of(err).Text != ErrSpent.Text {
			t.Errorf("Login after a hundred tries = %v, want ErrSpent", err)
		}
	})
}

func TestAnAddressHasThirtyFailuresAMinute(t *testing.T) {
	now := time.Unix(1000, 0)
	f := newFailures(func() time.Time { return now })
	for range addressFailures {
		f.note("198.51.100.7")
	}
	for address, want := range map[string]error{"198.51.100.200": ErrTries, "198.51.101.7": nil, "2001:db8::1": nil} {
		if err := f.check(address, false); !errors.Is(err, want) {
			t.Errorf("check(%s) = %v, want %v", address, err, want)
		}
	}
	if err := f.check("198.51.100.7", true); err != nil {
		t.Errorf("with limits lifted: %v", err)
	}
	now = now.Add(time.Minute)
	if err := f.check("198.51.100.7", false); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// CHECKS AU-04: tokens that a careless parser takes.
func TestForgedTokensAreRefused(t *testing.T) {
	d := dbtest.Open(t)
	h := open(t, d, Settings{Issuer: "https://kap.test", Audience: "kapstone"})
	h.person(t, "noor")
	good := h.login(t, "noor")
	c, err := h.parse(good.Access)
	if err != nil {
		t.Fatal(err)
	}
	kid, key := h.ring.Signer(keys.Tokens)
	recordsKID, recordsKey := h.ring.Signer(keys.Records)
	sign := func(method jwt.SigningMethod, key any, header map[string]any, change func(*claims)) string {
		forged := *c
		if change != nil {
			change(&forged)
		}
		tok := jwt.NewWithClaims(method, forged)
		tok.Header["typ"], tok.Header["kid"] = "at+jwt", kid
		for k, v := range header {
			tok.Header[k] = v
		}
		text, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	public := key.Public().(ed25519.PublicKey)
	ed := jwt.SigningMethodEdDSA
	parts := strings.Split(good.Access, ".")
	last := good.Access[:len(good.Access)-1]
	for name, token := range map[string]string{
		"alg none":               sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"HS256 with the key":     sign(jwt.SigningMethodHS256, []byte(public), nil, nil),
		"HS512":                  sign(jwt.SigningMethodHS512, []byte(public), nil, nil),
		"no expiry":              sign(ed, key, nil, func(c *claims) { c.ExpiresAt = nil }),
		"not yet valid":          sign(ed, key, nil, func(c *claims) { c.NotBefore = jwt.NewNumericDate(h.time().Add(time.Hour)) }),
		"issued in the future":   sign(ed, key, nil, func(c *claims) { c.IssuedAt = jwt.NewNumericDate(h.time().Add(time.Hour)) }),
		"another issuer":         sign(ed, key, nil, func(c *claims) { c.Issuer = "https://evil.test" }),
		"another audience":       sign(ed, key, nil, func(c *claims) { c.Audience = jwt.ClaimStrings{"other"} }),
		"no session":             sign(ed, key, nil, func(c *claims) { c.Session = "" }),
		"no id":                  sign(ed, key, nil, func(c *claims) { c.ID = "" }),
		"another type":           sign(ed, key, map[string]any{"typ": "JWT"}, nil),
		"an unknown key":         sign(ed, key, map[string]any{"kid": "nobody"}, nil),
		"a path as key":          sign(ed, key, map[string]any{"kid": "../../dev/null"}, nil),
		"SQL as key":             sign(ed, key, map[string]any{"kid": "' OR 1=1 --"}, nil),
		"the key for records":    sign(ed, recordsKey, map[string]any{"kid": recordsKID}, nil),
		"its own key":            sign(ed, recordsKey, map[string]any{"jwk": map[string]string{"kty": "OKP"}, "jku": "https://evil.test"}, nil),
		"no signature":           parts[0] + "." + parts[1] + ".",
		"another last character": last + string("AQgw"[strings.IndexByte("AQgw", good.Access[len(good.Access)-1])%4^1]),
		"another payload":        parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"x"}`)) + "." + parts[2],
		"a megabyte of dots":     strings.Repeat(".", 1<<20),
		"nothing":                "",
		"a refresh token":        good.Refresh,
		"a foreign MAC":          parts[0] + "." + parts[1] + "." + mac(parts[0]+"."+parts[1]),
	} {
		begin := time.Now()
		_, err := h.Authenticate(t.Context(), token)
		if f := fault.Of(err); f == nil || f.Kind != fault.Unknown {
			t.Errorf("%s: Authenticate = %v, want 401", name, err)
		}
		if took := time.Since(begin); took > 50*time.Millisecond {
			t.Errorf("%s took %v", name, took)
		}
	}
	if _, err := h.Authenticate(t.Context(), good.Access); err != nil {
		t.Errorf("the real token = %v", err)
	}
}

func mac(text string) string {
	m := hmac.New(sha256.New, nil)
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// CHECKS AU-06.
func TestARefreshTokenIsGoodForOneUse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor")
		first := h.login(t, "noor")
		second, err := h.Refresh(t.Context(), first.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		h.advance(3 * time.Second)
		if _, err := h.Refresh(t.Context(), first.Refresh); !errors.Is(err, ErrRefresh) {
			t.Errorf("Refresh with a used token = %v, want ErrRefresh", err)
		}
		if _, err := h.Refresh(t.Context(), second.Refresh); !errors.Is(err, ErrRefresh) {
			t.Errorf("after a replay the next token = %v, want the family dead", err)
		}
		if _, err := h.Authenticate(t.Context(), second.Access); !errors.Is(err, access.ErrSignIn) {
			t.Errorf("after a replay the access token = %v, want it dead", err)
		}
		if rows, err := audit.List(h.admin, h.db, audit.Query{Action: "session.replayed", Limit: 5}); err != nil || len(rows) != 1 {
			t.Errorf("%d replays in the ledger, %v; want one", len(rows), err)
		}
	})
}

func TestTwentyRefreshesAtOnceGiveOnePair(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor")
		tokens := h.login(t, "noor")
		var pairs atomic.Int32
		var next sync.Map
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got, err := h.Refresh(t.Context(), tokens.Refresh)
				if err == nil {
					pairs.Add(1)
					next.Store("pair", got)
				} else if !errors.Is(err, ErrRefresh) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got, _ := next.Load("pair")
		if pairs.Load() != 1 {
			t.Fatalf("%d new pairs, want one", pairs.Load())
		}
		if _, err := h.Authenticate(t.Context(), got.(Tokens).Access); err != nil {
			t.Errorf("the one pair does not work: %v", err)
		}
	})
}

func TestSessionsEndByAge(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor", access.Grant{Role: access.Trainee})
		h.person(t, "ines", access.Grant{Role: access.Instructor})
		for name, tt := range map[string]struct{ idle, most time.Duration }{"noor": {traineeIdle, traineeMost}, "ines": {staffIdle, staffMost}} {
			tokens := h.login(t, name)
			h.advance(tt.idle + time.Minute)
			if _, err := h.Refresh(t.Context(), tokens.Refresh); !errors.Is(err, ErrRefresh) {
				t.Errorf("%s after %v idle: %v, want ErrRefresh", name, tt.idle, err)
			}
			tokens = h.login(t, name)
			var err error
			for spent := time.Duration(0); err == nil && spent < 2*tt.most; spent += tt.idle / 2 {
				h.advance(tt.idle / 2)
				if spent+tt.idle/2 <= tt.most {
					if tokens, err = h.Refresh(t.Context(), tokens.Refresh); err != nil {
						t.Errorf("%s within %v: %v", name, tt.most, err)
					}
				} else if _, err = h.Refresh(t.Context(), tokens.Refresh); err == nil {
					t.Errorf("%s beyond %v is still signed in", name, tt.most)
				}
			}
		}
	})
}

// CHECKS AU-07: what ends a session ends it everywhere, for a process that
// knows nothing of it too.
func TestWhatEndsASession(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, end := range map[string]func(p *Person, ctx context.Context) error{
			"logout": func(_ *Person, ctx context.Context) error { return h.Logout(ctx) },
			"password change": func(_ *Person, ctx context.Context) error {
				return h.ChangePassword(h.elsewhere(t, ctx), passphrase, passphrase+" again")
			},
			"role change": func(p *Person, _ context.Context) error {
				_, err := h.Update(h.admin, p.ID, Change{Grants: &[]access.Grant{{Role: access.Trainee}}, Version: p.Version})
				return err
			},
			"suspension": func(p *Person, _ context.Context) error {
				status := Suspended
				_, err := h.Update(h.admin, p.ID, Change{Status: &status, Version: p.Version})
				return err
			},
			"removal of the second factor": func(_ *Person, ctx context.Context) error { return h.RemoveTOTP(ctx, passphrase) },
		} {
			p := h.person(t, strings.ReplaceAll(name, " ", "."))
			tokens := h.login(t, strings.ReplaceAll(name, " ", "."))
			if err := end(p, h.signedIn(t, tokens)); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			fresh := New(h.db, h.ring, h.time, h.settings)
			for which, s := range map[string]*Service{"this process": h.Service, "another": fresh} {
				if _, err := s.Authenticate(t.Context(), tokens.Access); !errors.Is(err, access.ErrSignIn) {
					t.Errorf("after %s, in %s: Authenticate = %v, want ErrSignIn", name, which, err)
				}
			}
			if _, err := fresh.Refresh(t.Context(), tokens.Refresh); !errors.Is(err, ErrRefresh) {
				t.Errorf("after %s: Refresh = %v, want ErrRefresh", name, err)
			}
		}
	})
}

// elsewhere is the same person in another session.
func (h *house) elsewhere(t *testing.T, ctx context.Context) context.Context {
	who := access.From(ctx)
	who.Session = "another"
	return access.With(t.Context(), who)
}

func TestASecondFactorIsProvenBeforeItCounts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "ines", access.Grant{Role: access.Instructor})
		ctx := h.signedIn(t, h.login(t, "ines"))
		secret, url, err := h.StartTOTP(ctx)
		if err != nil || len(secret) != 32 || !strings.HasPrefix(url, "otpauth://totp/") {
			t.Fatalf("StartTOTP = %q, %q, %v", secret, url, err)
		}
		h.login(t, "ines") // a factor that is not proven is not asked for
		if _, err := h.ConfirmTOTP(ctx, "000000"); !errors.Is(err, ErrCode) {
			t.Errorf("ConfirmTOTP with a made-up code = %v, want ErrCode", err)
		}
		code := h.code(t, secret)
		recovery, err := h.ConfirmTOTP(ctx, code)
		if err != nil || len(recovery) != 10 {
			t.Fatalf("ConfirmTOTP = %v, %v", recovery, err)
		}
		if who := access.From(h.signedInAgain(t, ctx)); !who.SecondFactor {
			t.Error("the session that proved the factor does not count as second-factored")
		}
		try := func(otp string) error {
			_, err := h.Login(from(t, "192.0.2.1"), "ines@b.test", passphrase, otp)
			return err
		}
		if err := try(""); !errors.Is(err, ErrOTP) {
			t.Errorf("without a code: %v, want ErrOTP", err)
		}
		if err := try(code); !errors.Is(err, ErrLogin) {
			t.Errorf("with a code used before: %v, want ErrLogin", err)
		}
		h.advance(30 * time.Second)
		if err := try(h.code(t, secret)); err != nil {
			t.Errorf("with a fresh code: %v", err)
		}
		if err := try(recovery[0]); err != nil {
			t.Errorf("with a recovery code: %v", err)
		}
		if err := try(recovery[0]); !errors.Is(err, ErrLogin) {
			t.Errorf("with a recovery code used before: %v, want ErrLogin", err)
		}
		if _, _, err := h.StartTOTP(ctx); !errors.Is(err, ErrFactor) {
			t.Errorf("StartTOTP over a proven factor = %v, want ErrFactor", err)
		}
	})
}

func (h *house) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, h.time())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// signedInAgain finds the actor of a session anew.
func (h *house) signedInAgain(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	h.sessions.forget()
	se, err := h.sessions.find(ctx, h.db, access.From(ctx).Session)
	if err != nil {
		t.Fatal(err)
	}
	return access.With(t.Context(), access.Actor{SecondFactor: se.session.SecondFactor})
}

func TestReauthenticationProvesTheActor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "ines", access.Grant{Role: access.Instructor})
		ctx := h.signedIn(t, h.login(t, "ines"))
		for _, tt := range []struct {
			name, password, otp, method string
			want                        error
		}{
			{"the password", passphrase, "", "password", nil}, {"nothing", "", "", "", ErrReauth},
			{"a wrong password", "not my password at all", "", "", ErrReauth}, {"a code of no factor", "", "123456", "", ErrReauth},
		} {
			if method, err := h.Reauthenticate(ctx, tt.password, tt.otp); method != tt.method || !errors.Is(err, tt.want) {
				t.Errorf("%s: Reauthenticate = %q, %v; want %q, %v", tt.name, method, err, tt.method, tt.want)
			}
		}
	})
}

func TestWhereAFactorIsRequiredStaffAreMadeWithOne(t *testing.T) {
	d := dbtest.Open(t)
	h := open(t, d, Settings{Issuer: "https://kap.test", Audience: "kapstone", RequireMFA: true})
	for role, want := range map[access.Role]bool{access.Instructor: true, access.Trainee: false} {
		made, err := h.CreateFromShell(t.Context(), NewPerson{Email: string(role) + "@b.test", Name: "X", Grants: []access.Grant{{Role: role}}})
		if err != nil || (made.TOTPSecret != "") != want || made.Password == "" {
			t.Errorf("a new %s: %+v, %v; want a factor: %v", role, made, err, want)
		}
	}
}

// CHECKS OP-06.
func TestTheFirstAdminOwnsTheSetup(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
		full := open(t, dbtest.Open(t), Settings{}) // for its ring
		h.Service = New(d, full.ring, h.time, Settings{Issuer: "x", Audience: "y"})
		old, err := h.SetupToken(t.Context())
		if err != nil || old == "" {
			t.Fatal(old, err)
		}
		token, err := h.SetupToken(t.Context())
		if err != nil || token == old {
			t.Fatal(token, err)
		}
		first := func(token, name string) error {
			_, err := h.Setup(t.Context(), token, NewPerson{Email: name + "@b.test", Name: name, Password: passphrase})
			return err
		}
		if err := first(old, "old"); !errors.Is(err, ErrSetup) {
			t.Errorf("Setup with a token that was replaced = %v, want ErrSetup", err)
		}
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				if err := first(token, fmt.Sprint("admin", i)); err == nil {
					won.Add(1)
				} else if !errors.Is(err, ErrSetup) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d owners, want one", won.Load())
		}
		if token, err := h.SetupToken(t.Context()); token != "" || err != nil {
			t.Errorf("SetupToken once somebody is here = %q, %v", token, err)
		}
	})
}

func TestASetupTokenAges(t *testing.T) {
	h := &house{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	h.Service = New(dbtest.Open(t), open(t, dbtest.Open(t), Settings{}).ring, h.time, Settings{})
	token, err := h.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.advance(31 * time.Minute)
	if _, err := h.Setup(t.Context(), token, NewPerson{Email: "a@b.test", Name: "A", Password: passphrase}); !errors.Is(err, ErrSetup) {
		t.Errorf("Setup after 31 minutes = %v, want ErrSetup", err)
	}
}

// CHECKS AU-12.
func TestWhichPasswordsAreTaken(t *testing.T) {
	for password, ok := range map[string]bool{
		"fourteen chars": false, "fifteen letters": true, passphrase: true, strings.Repeat("xy7 ", 32): false, // one word over and over
		"correct horse battery staple rises": true, "ä kettle of hawks; " + longPhrase(100): true, strings.Repeat("q w z ", 50): false,
		"ketamine-ketamine": false, "kapstone kapstone 1": false, "noor.vance noor.vance": false, "password password!": false,
		"123456789012345": false, "aaaaaaaaaaaaaaaaaaaa": false, "qwertyuiopasdfgh": false, "\xff\xfe fifteen letters": false,
	} {
		if err := checkPassword(password, "noor.vance@b.test", "Noor Vance"); (err == nil) != ok || err != nil && fault.Of(err).Text == "" {
			t.Errorf("checkPassword(%q) = %v, want taken: %v", password, err, ok)
		}
	}
	seen := make(map[string]bool)
	for range 100 {
		p := makePassword()
		if seen[p] || checkPassword(p, "a@b.test", "A") != nil {
			t.Errorf("makePassword gave %q, used before or refused", p)
		}
		seen[p] = true
	}
}

// longPhrase returns n letters without a pattern.
func longPhrase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte("abcdefghijklmnopqrstuvwxyz"[(i*i*7+i*3)%26])
	}
	return b.String()
}

func TestHashes(t *testing.T) {
	h := newHasher()
	long := strings.Repeat("a", 79)
	phc, err := h.hash(t.Context(), long+"b")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash = %q, %v", phc, err)
	}
	cafe, err := h.hash(t.Context(), "caf\u00e9 caf\u00e9 caf\u00e9")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, phc, password string
		ok                  bool
	}{
		{"the password", phc, long + "b", true}, {"another at byte 80", phc, long + "c", false},
		{"another form of the same letters", cafe, "cafe\u0301 cafe\u0301 cafe\u0301", true}, {"nobody's", "", "anything", false},
	} {
		if ok, _, err := h.verify(t.Context(), tt.phc, tt.password); ok != tt.ok || err != nil {
			t.Errorf("%s: verify = %v, %v; want %v", tt.name, ok, err, tt.ok)
		}
	}
	weak := strings.Replace(phc, "m=19456,t=2", "m=64,t=1", 1)
	if _, isWeak, err := h.verify(t.Context(), weak, "x"); !isWeak || err != nil {
		t.Errorf("a cheap hash: weak = %v, %v", isWeak, err)
	}
	for _, junk := range []string{"x", "$argon2id$v=19$", "$argon2id$v=19$m=1,t=0,p=1$AA$AA", "$argon2id$v=19$m=999999999,t=1,p=1$AA$AA"} {
		if ok, _, err := h.verify(t.Context(), junk, "x"); ok || err == nil {
			t.Errorf("verify(%q) = %v, %v; want an error", junk, ok, err)
		}
	}
}

// CHECKS AZ-07: nobody raises themselves, or reaches beyond their program.
func TestWhoMayGiveWhichRole(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		local := h.person(t, "local", access.Grant{Role: access.Admin, Program: "kap"})
		ctx := h.act(t, local)
		trainee := h.person(t, "noor", access.Grant{Role: access.Trainee, Program: "kap"})
		foreign := h.person(t, "otto", access.Grant{Role: access.Trainee, Program: "other"})
		give := func(p *Person, g ...access.Grant) error {
			now, err := h.Find(t.Context(), h.db, p.ID)
			if err == nil {
				_, err = h.Update(ctx, p.ID, Change{Grants: &g, Version: now.Version})
			}
			return err
		}
		inKap := func(r access.Role) access.Grant { return access.Grant{Role: r, Program: "kap"} }
		for name, tt := range map[string]struct{ got, want error }{
			"in the own program":      {give(trainee, inKap(access.Trainee), inKap(access.Instructor)), nil},
			"over all programs":       {give(trainee, access.Grant{Role: access.Instructor}), ErrRaise},
			"in another program":      {give(trainee, access.Grant{Role: access.Admin, Program: "other"}), ErrRaise},
			"to somebody of another":  {give(foreign, inKap(access.Trainee)), db.ErrNone},
			"to oneself":              {give(local, inKap(access.Admin), inKap(access.Director)), ErrRaise},
			"one that does not exist": {give(trainee, inKap("god")), ErrRole},
			"by creating over all":    {second(h.Create(ctx, NewPerson{Email: "x@b.test", Name: "X", Grants: []access.Grant{{Role: access.Admin}}})), ErrRaise},
			"by creating in own":      {second(h.Create(ctx, NewPerson{Email: "y@b.test", Name: "Y", Grants: []access.Grant{inKap(access.Trainee)}})), nil},
			"as a trainee":            {second(h.Create(h.act(t, trainee), NewPerson{Email: "z@b.test", Name: "Z"})), access.ErrForbidden},
		} {
			if !errors.Is(tt.got, tt.want) {
				t.Errorf("giving a role %s = %v, want %v", name, tt.got, tt.want)
			}
		}
		admin := access.From(h.admin)
		if _, err := h.Update(h.admin, admin.ID, Change{Grants: &[]access.Grant{}, Version: 1}); !errors.Is(err, ErrLastAdmin) {
			t.Errorf("the last admin stepping down = %v, want ErrLastAdmin", err)
		}
	})
}

func second(_ *Created, err error) error { return err }

func TestPeopleAreListedWhereOneAdministers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(t, "noor", access.Grant{Role: access.Trainee, Program: "kap"})
		h.person(t, "otto", access.Grant{Role: access.Trainee, Program: "other"})
		local := h.act(t, h.person(t, "local", access.Grant{Role: access.Admin, Program: "kap"}))
		for name, tt := range map[string]struct {
			ctx  context.Context
			want int
		}{"the admin of all": {h.admin, 4}, "the admin of one": {local, 2}} {
			rows, err := h.People(tt.ctx, Page{Limit: 10})
			if err != nil || len(rows) != tt.want {
				t.Errorf("%s sees %d people, %v; want %d", name, len(rows), err, tt.want)
			}
			text, err := json.Marshal(rows)
			if err != nil || strings.Contains(string(text), "argon2") {
				t.Errorf("the list holds a hash (%v): %s", err, text)
			}
		}
	})
}
