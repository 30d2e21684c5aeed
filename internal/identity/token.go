package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

const (
	accessLife = 10 * time.Minute
	leeway     = 5 * time.Second
	tokenType  = "at+jwt"
)

// What a token may cost before it is known to be ours. Ours have about 500
// bytes, of which 100 are the header.
const (
	maxToken  = 8 << 10
	maxHeader = 4 << 10
)

type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// newParser switches every check on: the library's defaults take tokens
// without an expiry, of other issuers and from the future.
func newParser(s Settings, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(s.Issuer), jwt.WithAudience(s.Audience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(now),
	)
}

// mint signs an access token for a session.
func (s *Service) mint(se *session, now time.Time) (string, error) {
	kid, key := s.ring.Signer(keys.Tokens)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		Session: se.ID,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.settings.Issuer, Audience: jwt.ClaimStrings{s.settings.Audience}, Subject: se.PersonID, ID: db.NewID(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(se.until(now, accessLife)),
		},
	})
	t.Header["typ"], t.Header["kid"] = tokenType, kid
	token, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return token, nil
}

// claimsOf returns the claims of a token that is ours and in force. A token
// whose signature was checked before is remembered: that check is most of the
// cost of a request. Only what passed it takes up memory.
func (s *Service) claimsOf(token string, now time.Time) (*claims, error) {
	if len(token) > maxToken || strings.IndexByte(token, '.') > maxHeader {
		return nil, access.ErrSignIn
	}
	if c, ok := s.verified.find(token); ok {
		if now.Before(c.ExpiresAt.Add(leeway)) {
			return c, nil
		}
		return nil, ErrExpired
	}
	c := new(claims)
	_, err := s.parser.ParseWithClaims(token, c, s.keyFor)
	switch {
	case onlyExpired(err):
		return nil, ErrExpired
	case err != nil || c.Session == "" || c.Subject == "" || c.ID == "" || c.IssuedAt == nil:
		return nil, access.ErrSignIn
	}
	s.verified.keep(token, c)
	return c, nil
}

// onlyExpired reports whether a token's age is all that is wrong with it.
func onlyExpired(err error) bool {
	if !errors.Is(err, jwt.ErrTokenExpired) {
		return false
	}
	for _, other := range []error{
		jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet, jwt.ErrTokenRequiredClaimMissing,
	} {
		if errors.Is(err, other) {
			return false
		}
	}
	return true
}

var (
	errType = errors.New("not an access token")
	errKID  = errors.New("no such key")
)

// keyFor finds the key by its name among ours. Nothing else in the header is
// looked at: jku, x5u and jwk would let a token bring its own key.
func (s *Service) keyFor(t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical || t.Header["typ"] != tokenType {
		return nil, errType
	}
	kid, ok := t.Header["kid"].(string)
	if !ok {
		return nil, errKID
	}
	key, ok := s.ring.Public(keys.Tokens, kid)
	if !ok {
		return nil, errKID
	}
	return key, nil
}

// A JWK is a public key that access tokens are signed with.
type JWK struct {
	KID string
	X   ed25519.PublicKey
}

// JWKS returns the public keys that access tokens are signed with, by name.
func (s *Service) JWKS() []JWK {
	var all []JWK
	for kid, key := range s.ring.Publics(keys.Tokens) {
		all = append(all, JWK{kid, key})
	}
	slices.SortFunc(all, func(a, b JWK) int { return strings.Compare(a.KID, b.KID) })
	return all
}
