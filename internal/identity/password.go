package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// The cost of a password hash (OWASP ASVS 5.0, appendix C): argon2id with
// 19 MiB, two passes, one lane. A hash made with less is made anew at the next
// sign-in.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// How many may wait for a hash, and how long.
const (
	hashQueue = 64
	hashWait  = 3 * time.Second
)

// A hasher hashes passwords, as many at once as there are cores: each takes
// 19 MiB and all of a core, and a wave of sign-ins must not starve the rest.
type hasher struct {
	running chan struct{}
	waiting chan struct{}
	decoy   func() string // a hash that no password matches
}

func newHasher() *hasher {
	h := &hasher{running: make(chan struct{}, runtime.NumCPU()), waiting: make(chan struct{}, hashQueue)}
	h.decoy = sync.OnceValue(func() string { return encode(argonMemory, argonPasses, argonLanes, makeSalt(), make([]byte, argonKey)) })
	return h
}

// do runs f when a core is free. It returns ErrBusy when too many wait, or for
// too long.
func (h *hasher) do(ctx context.Context, f func()) error {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return ErrBusy
	}
	late := time.NewTimer(hashWait)
	defer late.Stop()
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-late.C:
		return ErrBusy
	case <-ctx.Done():
		return ErrBusy
	}
	f()
	return nil
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (phc string, err error) {
	salt := makeSalt()
	err = h.do(ctx, func() {
		key := argon2.IDKey([]byte(norm.NFC.String(password)), salt, argonPasses, argonMemory, argonLanes, argonKey)
		phc = encode(argonMemory, argonPasses, argonLanes, salt, key)
	})
	return phc, err
}

// verify reports whether a password matches a PHC string, and whether the
// string was made with too little work. An empty string costs as much as any
// other and matches nothing.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok, weak bool, err error) {
	if phc == "" {
		phc = h.decoy()
	}
	var memory, passes uint32
	var lanes uint8
	var salt64, key64 string
	rest, found := strings.CutPrefix(phc, "$argon2id$v=19$")
	if found {
		var params string
		params, rest, _ = strings.Cut(rest, "$")
		salt64, key64, found = strings.Cut(rest, "$")
		if _, err := fmt.Sscanf(params, "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil || !found {
			return false, false, fmt.Errorf("a stored password hash cannot be read")
		}
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(salt64)
	key, err2 := base64.RawStdEncoding.DecodeString(key64)
	if !found || err1 != nil || err2 != nil || memory > 1<<20 || passes == 0 || passes > 64 || lanes == 0 || len(key) == 0 {
		return false, false, fmt.Errorf("a stored password hash cannot be read")
	}
	err = h.do(ctx, func() {
		got := argon2.IDKey([]byte(norm.NFC.String(password)), salt, passes, memory, lanes, uint32(len(key)))
		ok = subtle.ConstantTimeCompare(got, key) == 1
	})
	return ok, memory < argonMemory || passes < argonPasses, err
}

func encode(memory, passes uint32, lanes uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", memory, passes, lanes, b64(salt), b64(key))
}

func makeSalt() []byte {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	return salt
}

// The length of a password in characters (NIST SP 800-63B-4: 15 where it is
// the only factor), and no rule of composition.
const (
	minPassword = 15
	maxPassword = 256
)

// checkPassword says why a password is refused, or nothing.
func checkPassword(password, email, name string) error {
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return ErrPassword.Says("The password holds bytes that are no text.")
	case n < minPassword:
		return ErrPassword.Says(fmt.Sprintf("The password is too short: use at least %d characters, such as four or five words.", minPassword))
	case n > maxPassword:
		return ErrPassword.Says(fmt.Sprintf("The password is too long: use at most %d characters.", maxPassword))
	}
	if left := stripped(password, email, name); len([]rune(left)) < 8 || common(left) {
		return ErrPassword.Says("The password is too easy to guess: it is made of common words, of this product's words, or of your own name.")
	}
	return nil
}

// stripped removes the words that anybody would try first here, and what is
// left of separators and repeats.
func stripped(password, email, name string) string {
	s := strings.ToLower(password)
	words := []string{"kapstone", "ketamine", "psychotherapy", "therapy", "foundation", "program", "password", "passwort", "letmein", "welcome",
		"qwerty", "qwertz", "asdfgh", "abcdef", "iloveyou", "changeme", "secret", "admin", "login", "trainee", "instructor", "monkey", "dragon",
		"sunshine", "princess", "football", "baseball", "master", "shadow", "superman", "trustno", "whatever"}
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	for _, w := range append(append(words, local), strings.Fields(strings.ToLower(name))...) {
		if len(w) >= 3 {
			s = strings.ReplaceAll(s, w, "")
		}
	}
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last && !strings.ContainsRune(" -_.,!?#*+", r) {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// common reports a run of neighbors on the keyboard or in counting, or one
// short word over and over.
func common(s string) bool {
	for _, row := range []string{"01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"} {
		if strings.Contains(row, s) {
			return true
		}
	}
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return true
		}
	}
	return false
}

// syllables make passwords that can be read out.
const consonants, vowels = "bdfgklmnprstvz", "aeiou"

// makePassword returns six pronounceable groups of four letters and a digit:
// about 90 random bits.
func makePassword() string {
	var groups []string
	for range 6 {
		groups = append(groups, string([]byte{pick(consonants), pick(vowels), pick(consonants), pick(vowels), pick("23456789")}))
	}
	return strings.Join(groups, "-")
}

func pick(from string) byte {
	limit := byte(256 / len(from) * len(from))
	for {
		var b [1]byte
		rand.Read(b[:]) // never fails
		if b[0] < limit || limit == 0 {
			return from[int(b[0])%len(from)]
		}
	}
}
