// Package keys holds the installation's keys: it wraps them under the master
// key, signs, and seals fields. Stored keys come in as values; where they lie
// is no concern of this package.
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Use says what a key is for. A key has one use only, so that a signature
// made for one purpose never passes for another.
type Use string

// The uses.
const (
	Tokens  Use = "tokens"  // Ed25519, signs access tokens
	Records Use = "records" // Ed25519, signs logs and certificates
	Fields  Use = "fields"  // AES-256, seals fields at rest
)

// Uses lists every use; an installation needs a key of each.
var Uses = []Use{Tokens, Records, Fields}

// A Stored key is a key as it may lie in a database: the secret wrapped under
// the master key. KID names it.
type Stored struct {
	KID     string
	Use     Use
	Wrapped []byte
}

// ErrMaster reports a master key that does not open the stored keys.
var ErrMaster = errors.New("KAPSTONE_MASTER_KEY does not open this installation's keys; set it to the value they were made with")

// A Master wraps the stored keys. It never signs or seals anything else.
type Master struct{ aead cipher.AEAD }

// MinMaster is the least number of bytes in a master key.
const MinMaster = 32

// NewMaster derives a Master from a secret of at least MinMaster bytes.
func NewMaster(secret []byte) (Master, error) {
	if len(secret) < MinMaster {
		return Master{}, fmt.Errorf("the master key has %d bytes and needs at least %d", len(secret), MinMaster)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "kapstone key wrapping v1", 32)
	if err != nil {
		return Master{}, err
	}
	aead, err := newAEAD(key)
	return Master{aead}, err
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Generate makes a fresh key of the given use, wrapped under m.
func Generate(m Master, use Use) Stored {
	secret := make([]byte, 32) // an Ed25519 seed or an AES-256 key
	rand.Read(secret)          // never fails
	var name [12]byte
	rand.Read(name[:])
	s := Stored{KID: base64.RawURLEncoding.EncodeToString(name[:]), Use: use}
	s.Wrapped = m.aead.Seal(nil, nil, secret, s.bind())
	return s
}

// bind is what a wrapped key is tied to, so that it cannot be moved to another
// name or use.
func (s Stored) bind() []byte { return []byte(string(s.Use) + "\x00" + s.KID) }

// Rewrap returns s wrapped under next instead of m. The key itself stays, and
// so does everything that it signed and sealed. What is wrapped under next
// already is returned as it is. It returns ErrMaster when neither opens s.
func Rewrap(m, next Master, s Stored) (Stored, error) {
	if _, err := next.aead.Open(nil, nil, s.Wrapped, s.bind()); err == nil {
		return s, nil
	}
	secret, err := m.aead.Open(nil, nil, s.Wrapped, s.bind())
	if err != nil {
		return s, ErrMaster
	}
	s.Wrapped = next.aead.Seal(nil, nil, secret, s.bind())
	return s, nil
}

// A Ring is the set of open keys. The last stored of each use signs or seals;
// all of them verify and unseal. It is safe for concurrent use.
type Ring struct {
	signers map[Use]signer
	public  map[string]ed25519.PublicKey
	uses    map[string]Use
	sealer  string
	fields  map[string]cipher.AEAD
}

type signer struct {
	kid string
	key ed25519.PrivateKey
}

// Open unwraps the stored keys. It returns ErrMaster when m is not the key
// they were wrapped under, and an error when a use has no key.
func Open(m Master, stored []Stored) (*Ring, error) {
	r := &Ring{
		signers: make(map[Use]signer), public: make(map[string]ed25519.PublicKey),
		uses: make(map[string]Use), fields: make(map[string]cipher.AEAD),
	}
	for _, s := range stored {
		secret, err := m.aead.Open(nil, nil, s.Wrapped, s.bind())
		if err != nil {
			return nil, ErrMaster
		}
		if err := r.add(s, secret); err != nil {
			return nil, err
		}
	}
	for _, use := range Uses {
		if _, ok := r.signers[use]; !ok && use != Fields || use == Fields && r.sealer == "" {
			return nil, fmt.Errorf("there is no key for %s", use)
		}
	}
	return r, nil
}

func (r *Ring) add(s Stored, secret []byte) error {
	if s.Use == Fields {
		aead, err := newAEAD(secret)
		r.sealer, r.fields[s.KID] = s.KID, aead
		return err
	}
	if len(secret) != ed25519.SeedSize {
		return fmt.Errorf("key %s has the wrong length", s.KID)
	}
	key := ed25519.NewKeyFromSeed(secret)
	r.signers[s.Use] = signer{s.KID, key}
	r.public[s.KID], r.uses[s.KID] = key.Public().(ed25519.PublicKey), s.Use
	return nil
}

// Signer returns the private key that signs for use now, and its name.
func (r *Ring) Signer(use Use) (kid string, key ed25519.PrivateKey) {
	s := r.signers[use]
	return s.kid, s.key
}

// Sign signs msg for use and returns the name of the key beside the signature.
func (r *Ring) Sign(use Use, msg []byte) (kid string, sig []byte) {
	s := r.signers[use]
	return s.kid, ed25519.Sign(s.key, msg)
}

// Verify reports whether sig is the signature of msg by the key kid of that
// use.
func (r *Ring) Verify(use Use, kid string, msg, sig []byte) bool {
	key, ok := r.Public(use, kid)
	return ok && ed25519.Verify(key, msg, sig)
}

// Public returns the public key named kid if it is of that use.
func (r *Ring) Public(use Use, kid string) (ed25519.PublicKey, bool) {
	key, ok := r.public[kid]
	return key, ok && r.uses[kid] == use
}

// Publics returns every public key of a use by name.
func (r *Ring) Publics(use Use) map[string]ed25519.PublicKey {
	all := make(map[string]ed25519.PublicKey)
	for kid, key := range r.public {
		if r.uses[kid] == use {
			all[kid] = key
		}
	}
	return all
}

// A JWK is a public key as others read it (RFC 8037).
type JWK struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	KID string `json:"kid"`
	Use string `json:"use"`
	ALG string `json:"alg"`
	X   string `json:"x"`
}

// JWKs returns every public key of a use, in the order of their names.
func (r *Ring) JWKs(use Use) []JWK {
	public := r.Publics(use)
	all := make([]JWK, 0, len(public))
	for _, kid := range slices.Sorted(maps.Keys(public)) {
		all = append(all, JWK{"OKP", "Ed25519", kid, "sig", "EdDSA", base64.RawURLEncoding.EncodeToString(public[kid])})
	}
	return all
}

// ErrSealed reports a sealed field that was changed, moved to another row, or
// sealed by a key that is not here.
var ErrSealed = errors.New("a sealed field cannot be opened")

// Seal encrypts plain for the place named by place, such as
// "practicum_texts/reflection/ID". What comes out opens only there.
func (r *Ring) Seal(place string, plain []byte) []byte {
	out := append([]byte{byte(len(r.sealer))}, r.sealer...)
	return r.fields[r.sealer].Seal(out, nil, plain, []byte(place))
}

// Unseal opens what Seal closed for the same place.
func (r *Ring) Unseal(place string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, ErrSealed
	}
	n := 1 + int(sealed[0])
	aead, ok := r.fields[string(sealed[1:n])]
	if !ok {
		return nil, ErrSealed
	}
	plain, err := aead.Open(nil, nil, sealed[n:], []byte(place))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
