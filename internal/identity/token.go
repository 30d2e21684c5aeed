package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// accessLife is how long an access token lives.
const accessLife = 10 * time.Minute

// maxToken bounds the work that a token can cause before it is known to be
// ours. Ours have about 500 bytes.
const maxToken = 4 << 10

type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// mint signs an access token for a session.
func (s *Service) mint(personID, sessionID string) (string, error) {
	now := s.now()
	kid, key := s.ring.Signer(keys.Tokens)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		Session: sessionID,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.settings.Issuer, Audience: jwt.ClaimStrings{s.settings.Audience}, Subject: personID, ID: uuid.NewString(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLife)),
		},
	})
	t.Header["typ"], t.Header["kid"] = "at+jwt", kid
	token, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return token, nil
}

// parse returns the claims of a token that is ours and in force. Every
// validator is on: the library's defaults take tokens without an expiry, of
// other issuers and from the future.
func (s *Service) parse(token string) (*claims, error) {
	if len(token) > maxToken {
		return nil, access.ErrSignIn
	}
	p := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuer(s.settings.Issuer),
		jwt.WithAudience(s.settings.Audience), jwt.WithIssuedAt(), jwt.WithLeeway(5*time.Second), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(s.now),
	)
	c := new(claims)
	_, err := p.ParseWithClaims(token, c, s.keyFor)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return nil, ErrExpired
	case err != nil || c.Session == "" || c.Subject == "" || c.NotBefore == nil || c.IssuedAt == nil || c.ID == "":
		return nil, access.ErrSignIn
	}
	return c, nil
}

// keyFor finds the key by its name among ours. Nothing else in the header is
// looked at: jku, x5u and jwk would let the token choose its own key.
func (s *Service) keyFor(t *jwt.Token) (any, error) {
	if t.Header["typ"] != "at+jwt" {
		return nil, errors.New("not an access token")
	}
	kid, _ := t.Header["kid"].(string)
	key, ok := s.ring.Public(keys.Tokens, kid)
	if !ok {
		return nil, errors.New("no such key")
	}
	return key, nil
}

// A JWK is a public key that access tokens are signed with.
type JWK struct {
	KID string
	X   ed25519.PublicKey
}

// JWKS returns the public keys that access tokens are signed with.
func (s *Service) JWKS() []JWK {
	var all []JWK
	for kid, key := range s.ring.Publics(keys.Tokens) {
		all = append(all, JWK{kid, key})
	}
	return all
}

// A tokenCache remembers tokens whose signature was checked: that check is
// most of the cost of a request. Expiry and session are still looked at each
// time.
type tokenCache struct {
	mu  sync.RWMutex
	all map[string]*claims
}

// maxCached bounds each cache. A full one is emptied: it fills again by itself.
const maxCached = 20_000

func newTokenCache() *tokenCache { return &tokenCache{all: make(map[string]*claims)} }

func (c *tokenCache) find(token string) (*claims, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, ok := c.all[token]
	return found, ok
}

func (c *tokenCache) keep(token string, found *claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= maxCached {
		clear(c.all)
	}
	c.all[token] = found
}
