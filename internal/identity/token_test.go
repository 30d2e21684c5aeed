package identity

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/dbtest"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

func TestAnAccessTokenSaysWhatItShould(t *testing.T) {
	h := newHouse(t, dbtest.Open(t), Settings{})
	p := h.person("Noor Vance", role(access.Trainee, "kap"))
	tokens := h.signIn(p)
	part := strings.Split(tokens.Access, ".")
	var header, body map[string]any
	for i, into := range []*map[string]any{&header, &body} {
		raw, err := base64.RawURLEncoding.DecodeString(part[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	kid, _ := h.ring.Signer(keys.Tokens)
	if fmt.Sprint(header) != fmt.Sprint(map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": kid}) {
		t.Errorf("header = %v", header)
	}
	at := float64(start.Unix())
	for name, want := range map[string]any{"iss": "https://kap.test", "sub": p.ID, "iat": at, "nbf": at, "exp": at + 600, "sid": access.From(h.with(tokens)).Session} {
		if body[name] != want {
			t.Errorf("%s = %v, want %v", name, body[name], want)
		}
	}
	if fmt.Sprint(body["aud"]) != "[kapstone]" || !db.IsID(body["jti"].(string)) || len(body) != 8 {
		t.Errorf("body = %v", body)
	}
	if len(tokens.Access) > 700 {
		t.Errorf("the token has %d bytes", len(tokens.Access))
	}
}

// forged signs what a forger likes with our own key, or another.
type forged struct {
	method jwt.SigningMethod
	key    any
	header map[string]any
	claims jwt.MapClaims
}

func (f forged) token(t *testing.T) string {
	t.Helper()
	tk := jwt.NewWithClaims(f.method, f.claims)
	for k, v := range f.header {
		if tk.Header[k] = v; v == nil {
			delete(tk.Header, k)
		}
	}
	s, err := tk.SignedString(f.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// CHECKS AU-04.
func TestOnlyOurOwnTokensInForceAreTaken(t *testing.T) {
	h := newHouse(t, dbtest.Open(t), Settings{})
	p := h.person("Noor Vance")
	real := h.signIn(p)
	session := access.From(h.with(real)).Session
	kid, key := h.ring.Signer(keys.Tokens)
	recordKID, recordKey := h.ring.Signer(keys.Records)
	public := key.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(foreign.Public().(ed25519.PublicKey))}
	now := start.Unix()
	// make returns a good token but for what change does.
	make := func(change func(*forged)) string {
		f := forged{jwt.SigningMethodEdDSA, key, map[string]any{"kid": kid, "typ": "at+jwt"}, jwt.MapClaims{
			"iss": "https://kap.test", "aud": "kapstone", "sub": p.ID, "sid": session, "iat": now, "nbf": now, "exp": now + 600, "jti": db.NewID(),
		}}
		change(&f)
		return f.token(t)
	}
	header := func(name string, value any) string { return make(func(f *forged) { f.header[name] = value }) }
	claim := func(name string, value any) string { return make(func(f *forged) { f.claims[name] = value }) }
	without := func(name string) string { return make(func(f *forged) { delete(f.claims, name) }) }
	if _, err := h.Authenticate(t.Context(), make(func(*forged) {})); err != nil {
		t.Fatalf("a good token: %v; the table below proves nothing", err)
	}
	part := strings.Split(real.Access, ".")
	cases := map[string]string{
		"nothing": "", "a word": "x", "one dot": ".", "two dots": "..", "three dots": "...",
		"8 KB of dots":           strings.Repeat(".", 8<<10),
		"a megabyte of dots":     strings.Repeat(".", 1<<20),
		"a header over 4 KB":     header("pad", strings.Repeat("x", 3200)),
		"bad UTF-8":              "\xff.\xff.\xff",
		"a NUL":                  real.Access + "\x00",
		"a refresh token":        real.Refresh,
		"no signature":           part[0] + "." + part[1] + ".",
		"the signature twice":    real.Access + "." + part[2],
		"another body":           part[0] + "." + strings.Split(make(func(*forged) {}), ".")[1] + "." + part[2],
		"padding":                real.Access + "=",
		"alg none":               make(func(f *forged) { f.method, f.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType }),
		"alg in capitals":        header("alg", "EDDSA"),
		"alg none, signed":       header("alg", "none"),
		"HS256 with our public":  make(func(f *forged) { f.method, f.key = jwt.SigningMethodHS256, []byte(public) }),
		"HS384 with our public":  make(func(f *forged) { f.method, f.key = jwt.SigningMethodHS384, []byte(public) }),
		"HS512 with the DER":     make(func(f *forged) { f.method, f.key = jwt.SigningMethodHS512, der }),
		"HS256 with no key":      make(func(f *forged) { f.method, f.key = jwt.SigningMethodHS256, []byte{} }),
		"RS256":                  make(func(f *forged) { f.method, f.key = jwt.SigningMethodRS256, rsaKey }),
		"a foreign key":          make(func(f *forged) { f.key = foreign }),
		"the key for records":    make(func(f *forged) { f.key, f.header["kid"] = recordKey, recordKID }),
		"an unknown kid":         header("kid", "nobody"),
		"no kid":                 header("kid", nil),
		"a kid that is a number": header("kid", 1),
		"a kid that is a path":   header("kid", "../../dev/null"),
		"a kid that is SQL":      header("kid", "' OR 1=1 --"),
		"typ JWT":                header("typ", "JWT"),
		"no typ":                 header("typ", nil),
		"a certificate's typ":    header("typ", "vc+jwt"),
		"crit":                   header("crit", []string{"exp"}),
		"jku":                    make(func(f *forged) { f.key, f.header["jku"], f.header["kid"] = foreign, "http://127.0.0.1:1/jwks", "f" }),
		"x5u":                    make(func(f *forged) { f.key, f.header["x5u"] = foreign, "http://127.0.0.1:1/cert" }),
		"jwk":                    make(func(f *forged) { f.key, f.header["jwk"] = foreign, jwk }),
		"jwk without kid":        make(func(f *forged) { f.key, f.header["jwk"], f.header["kid"] = foreign, jwk, nil }),
		"no exp":                 without("exp"),
		"exp that is text":       claim("exp", "tomorrow"),
		"exp past, foreign key":  make(func(f *forged) { f.key, f.claims["exp"] = foreign, now-60 }),
		"exp past, wrong aud":    make(func(f *forged) { f.claims["aud"], f.claims["exp"] = "x", now-60 }),
		"nbf in the future":      claim("nbf", now+60),
		"no nbf":                 without("nbf"),
		"iat in the future":      claim("iat", now+60),
		"no iat":                 without("iat"),
		"another iss":            claim("iss", "https://evil.test"),
		"no iss":                 without("iss"),
		"another aud":            claim("aud", "other"),
		"an empty aud":           claim("aud", ""),
		"no aud":                 without("aud"),
		"no sub":                 without("sub"),
		"another's sub":          claim("sub", h.boss.ID),
		"no sid":                 without("sid"),
		"an unknown sid":         claim("sid", db.NewID()),
		"no jti":                 without("jti"),
	}
	for i := range 3 { // the last character holds two bits that decode to nothing
		last := part[2][len(part[2])-1]
		alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		twin := alphabet[strings.IndexByte(alphabet, last)^(i+1)]
		cases[fmt.Sprint("last character, variant ", i+1)] = real.Access[:len(real.Access)-1] + string(twin)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, token := range cases {
		took := time.Hour
		for range 3 { // the machine may be busy with something else once
			began := time.Now()
			_, err := h.Authenticate(t.Context(), token)
			took = min(took, time.Since(began))
			if !errors.Is(err, access.ErrSignIn) {
				t.Errorf("%s: Authenticate = %v, want ErrSignIn", name, err)
			}
		}
		if took > 50*time.Millisecond {
			t.Errorf("%s: refused in %v, want under 50 ms", name, took)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if _, err := h.Authenticate(t.Context(), claim("exp", now-60)); !errors.Is(err, ErrExpired) {
		t.Errorf("one of ours that is too old: %v, want ErrExpired", err)
	}
	h.with(real)
}

func TestATokenExpiresThoughItIsRemembered(t *testing.T) {
	h := newHouse(t, dbtest.Open(t), Settings{})
	tokens := h.signIn(h.person("Noor Vance"))
	h.with(tokens)
	h.clock.advance(accessLife + leeway - time.Second)
	h.with(tokens)
	h.clock.advance(time.Second)
	for name, s := range map[string]*house{"remembered": h, "after a restart": h.restarted()} {
		if _, err := s.Authenticate(t.Context(), tokens.Access); !errors.Is(err, ErrExpired) {
			t.Errorf("%s: Authenticate = %v, want ErrExpired", name, err)
		}
	}
}

func TestATokenOfAnOldKeyIsGoodUntilItExpires(t *testing.T) {
	h := newHouse(t, dbtest.Open(t), Settings{})
	m, err := keys.NewMaster([]byte(strings.Repeat("k3y!", 8)))
	if err != nil {
		t.Fatal(err)
	}
	old := []keys.Stored{keys.Generate(m, keys.Tokens), keys.Generate(m, keys.Records), keys.Generate(m, keys.Fields)}
	for _, stored := range [][]keys.Stored{old, append(old, keys.Generate(m, keys.Tokens))} {
		ring, err := keys.Open(m, stored)
		if err != nil {
			t.Fatal(err)
		}
		h.ring = ring
		tokens := h.signIn(h.boss)
		h.with(tokens)
		if stored := h.JWKS(); len(stored) != len(ring.Publics(keys.Tokens)) {
			t.Errorf("JWKS = %v", stored)
		}
		for _, k := range h.JWKS() {
			if public, ok := ring.Public(keys.Tokens, k.KID); !ok || !public.Equal(k.X) {
				t.Errorf("JWKS gives %v for %s", k.X, k.KID)
			}
		}
	}
}

func TestAnIssuerIsAlwaysChecked(t *testing.T) {
	s := New(dbtest.Open(t), testRing(), time.Now, Settings{})
	if s.settings.Issuer == "" || s.settings.Audience == "" {
		t.Error("without settings, tokens of any issuer and audience pass")
	}
}

func FuzzNoTokenButOursIsTaken(f *testing.F) {
	s := New(nil, testRing(), func() time.Time { return start }, Settings{})
	ours, err := s.mint(&session{ID: db.NewID(), PersonID: db.NewID(), ExpiresAt: db.At(start.Add(time.Hour))}, start)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{ours, "", "..", ours + "x", strings.ToUpper(ours), "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c, err := s.claimsOf(token, start)
		if err == nil && token != ours {
			t.Errorf("claimsOf(%q) = %+v", token, c)
		}
		if err != nil && !errors.Is(err, access.ErrSignIn) && !errors.Is(err, ErrExpired) {
			t.Errorf("claimsOf(%q) = %v", token, err)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	d := dbtest.Open(b)
	s := New(d, testRing(), time.Now, Settings{Lifted: true})
	s.hasher = newHasher(quick)
	made, err := s.CreateFromShell(b.Context(), NewPerson{Email: "a@kap.test", Name: "A", Password: good})
	if err != nil {
		b.Fatal(err)
	}
	tokens, err := s.Login(b.Context(), made.Person.Email, good, "")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Authenticate(b.Context(), tokens.Access); err != nil {
			b.Fatal(err)
		}
	}
}
