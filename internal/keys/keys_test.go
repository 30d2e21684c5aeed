package keys

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func master(t testing.TB, secret string) Master {
	t.Helper()
	m, err := NewMaster([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const secret = "0123456789abcdef0123456789abcdef"

func generate(m Master) []Stored {
	var all []Stored
	for _, use := range Uses {
		all = append(all, Generate(m, use))
	}
	return all
}

func ring(t testing.TB, stored []Stored) *Ring {
	t.Helper()
	r, err := Open(master(t, secret), stored)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAMasterKeyIsLongEnough(t *testing.T) {
	for _, s := range []string{"", "short", secret[:31]} {
		if _, err := NewMaster([]byte(s)); err == nil {
			t.Errorf("NewMaster took %d bytes", len(s))
		}
	}
}

func TestOnlyTheRightMasterOpensTheKeys(t *testing.T) {
	stored := generate(master(t, secret))
	if _, err := Open(master(t, secret+"x"), stored); !errors.Is(err, ErrMaster) {
		t.Errorf("Open with another master = %v, want ErrMaster", err)
	}
	moved := append([]Stored(nil), stored...)
	moved[0].Use = Records
	if _, err := Open(master(t, secret), moved); !errors.Is(err, ErrMaster) {
		t.Errorf("Open of a key moved to another use = %v, want ErrMaster", err)
	}
	for i := range stored {
		if _, err := Open(master(t, secret), append(stored[:i:i], stored[i+1:]...)); err == nil {
			t.Errorf("Open without a key for %s succeeded", stored[i].Use)
		}
	}
}

func TestTheSecretIsNotInTheStoredKey(t *testing.T) {
	stored := generate(master(t, secret))
	_, key := ring(t, stored).Signer(Tokens)
	if bytes.Contains(stored[0].Wrapped, key.Seed()) {
		t.Error("the wrapped key holds the seed in the clear")
	}
}

func TestASignatureHoldsForItsUseOnly(t *testing.T) {
	r := ring(t, generate(master(t, secret)))
	msg := []byte("log")
	kid, sig := r.Sign(Records, msg)
	if !r.Verify(Records, kid, msg, sig) {
		t.Error("a fresh signature does not verify")
	}
	changed := bytes.Clone(sig)
	changed[0] ^= 1
	for name, ok := range map[string]bool{
		"another use":       r.Verify(Tokens, kid, msg, sig),
		"another message":   r.Verify(Records, kid, []byte("lag"), sig),
		"a changed bit":     r.Verify(Records, kid, msg, changed),
		"an unknown key":    r.Verify(Records, "../../dev/null", msg, sig),
		"an empty one":      r.Verify(Records, kid, msg, nil),
		"a key of no use":   r.Verify("", kid, msg, sig),
		"the token's key":   func() bool { k, _ := r.Signer(Tokens); return r.Verify(Records, k, msg, sig) }(),
		"the fields' key":   func() bool { _, ok := r.Public(Fields, kid); return ok }(),
		"a truncated value": r.Verify(Records, kid, msg, sig[:63]),
	} {
		if ok {
			t.Errorf("%s: the signature passes", name)
		}
	}
}

func TestAfterARotationOldThingsStillOpen(t *testing.T) {
	m := master(t, secret)
	stored := generate(m)
	before := ring(t, stored)
	kid, sig := before.Sign(Records, []byte("x"))
	sealed := before.Seal("place", []byte("plain"))
	for _, use := range Uses {
		stored = append(stored, Generate(m, use))
	}
	after := ring(t, stored)
	if !after.Verify(Records, kid, []byte("x"), sig) {
		t.Error("a signature of the old key no longer verifies")
	}
	if plain, err := after.Unseal("place", sealed); err != nil || string(plain) != "plain" {
		t.Errorf("Unseal = %q, %v", plain, err)
	}
	if now, _ := after.Signer(Records); now == kid {
		t.Error("the old key still signs")
	}
	if n := len(after.Publics(Tokens)); n != 2 {
		t.Errorf("%d public token keys, want 2", n)
	}
}

func TestASealedFieldOpensInItsPlaceOnly(t *testing.T) {
	r := ring(t, generate(master(t, secret)))
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		place := rapid.String().Draw(t, "place")
		sealed := r.Seal(place, plain)
		if got, err := r.Unseal(place, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Unseal = %v, %v; want %v", got, err, plain)
		}
		if _, err := r.Unseal(place+"x", sealed); !errors.Is(err, ErrSealed) {
			t.Fatalf("Unseal in another place = %v, want ErrSealed", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
		sealed[i] ^= 1
		if _, err := r.Unseal(place, sealed); !errors.Is(err, ErrSealed) {
			t.Fatalf("Unseal with byte %d changed = %v, want ErrSealed", i, err)
		}
	})
	for _, junk := range [][]byte{nil, {0}, {5}, {200, 1, 2}} {
		if _, err := r.Unseal("place", junk); !errors.Is(err, ErrSealed) {
			t.Errorf("Unseal(%v) = %v, want ErrSealed", junk, err)
		}
	}
}

func TestPublicKeysBelongToTheSigners(t *testing.T) {
	r := ring(t, generate(master(t, secret)))
	kid, key := r.Signer(Tokens)
	public, ok := r.Public(Tokens, kid)
	if !ok || !public.Equal(key.Public().(ed25519.PublicKey)) {
		t.Errorf("Public(%s) = %v, %v", kid, public, ok)
	}
}
