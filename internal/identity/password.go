package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// A cost is what a password hash takes to make.
type cost struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

// today is the cost of new hashes: argon2id with 19 MiB and two passes (OWASP
// ASVS 5.0, appendix C). A hash made with less is made anew at the next
// sign-in.
var today = cost{memory: 19 * 1024, passes: 2, lanes: 1}

// quick is for tests, whose people have nothing to protect: a real hash costs
// more than most of what they look at.
var quick = cost{memory: 64, passes: 1, lanes: 1}

// less reports whether c takes less than d in some respect.
func (c cost) less(d cost) bool {
	return c.memory < d.memory || c.passes < d.passes || c.lanes < d.lanes
}

const (
	saltSize = 16
	keySize  = 32
	maxBytes = 4096 // of a password that is tried: four times what a good one can have
)

// A phc is a stored hash in the PHC string format.
type phc struct {
	cost
	salt, key []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, b64(p.salt), b64(p.key))
}

// errHash reports a stored hash that this program did not write.
var errHash = errors.New("a stored password hash cannot be read")

// parsePHC reads what String writes, and nothing else.
func parsePHC(s string) (phc, error) {
	var p phc
	part := strings.Split(s, "$")
	if len(part) != 6 {
		return p, errHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return p, errHash
	}
	strict := base64.RawStdEncoding.Strict()
	var err1, err2 error
	p.salt, err1 = strict.DecodeString(part[4])
	p.key, err2 = strict.DecodeString(part[5])
	if err1 != nil || err2 != nil || p.String() != s || len(p.salt) < 8 || len(p.key) < 16 || len(p.key) > 64 ||
		p.passes < 1 || p.passes > 16 || p.lanes < 1 || p.lanes > 16 || p.memory < 8*uint32(p.lanes) || p.memory > 1<<20 {
		return p, errHash
	}
	return p, nil
}

func (p phc) of(password string) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
}

// How many may wait for a hash besides those being made, and how long.
const (
	queueLength = 64
	patience    = 3 * time.Second
)

// A hasher makes and checks password hashes, as many at once as there are
// cores: each takes 19 MiB and all of a core, and a wave of sign-ins must
// neither exhaust the memory nor starve the rest.
type hasher struct {
	cost    cost
	seats   chan struct{}
	places  chan struct{} // seats and queue together
	wait    time.Duration
	nobodys phc // what an unknown address is checked against
}

func newHasher(c cost) *hasher {
	cores := runtime.NumCPU()
	return &hasher{
		cost: c, seats: make(chan struct{}, cores), places: make(chan struct{}, cores+queueLength), wait: patience,
		nobodys: phc{c, make([]byte, saltSize), make([]byte, keySize)},
	}
}

// seated runs f when there is a seat. It returns ErrBusy when too many wait, or
// for too long.
func (h *hasher) seated(ctx context.Context, f func()) error {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		return ErrBusy
	}
	late := time.NewTimer(h.wait)
	defer late.Stop()
	select {
	case h.seats <- struct{}{}:
		defer func() { <-h.seats }()
	case <-late.C:
		return ErrBusy
	case <-ctx.Done():
		return ErrBusy.Because(ctx.Err())
	}
	f()
	return nil
}

// hash returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{cost: h.cost, salt: make([]byte, saltSize), key: make([]byte, keySize)}
	rand.Read(p.salt) // never fails
	err := h.seated(ctx, func() { p.key = p.of(password) })
	return p.String(), err
}

// matches reports whether a password is the one of stored, and whether stored
// was made at less than today's cost. An empty stored is nobody's: it costs
// the same and matches nothing.
func (h *hasher) matches(ctx context.Context, password, stored string) (ok, weak bool, err error) {
	p := h.nobodys
	if stored != "" && len(password) <= maxBytes {
		if p, err = parsePHC(stored); err != nil {
			return false, false, err
		}
	} else {
		password, stored = "", ""
	}
	err = h.seated(ctx, func() { ok = subtle.ConstantTimeCompare(p.of(password), p.key) == 1 })
	return ok && stored != "", p.less(h.cost), err
}

// The sounds that made-up passwords consist of.
const (
	consonants = "bdfghjklmnprstvz" // 16: four bits
	vowels     = "aiou"             // 4: two bits
)

// makePassword returns five words of five letters that can be read out, such
// as "lusab-babad-gutih-tugad-sabok": 16 random bits each, 80 in all.
func makePassword() string {
	words := make([]string, 5)
	for i := range words {
		var b [2]byte
		rand.Read(b[:]) // never fails
		n := binary.BigEndian.Uint16(b[:])
		words[i] = string([]byte{
			consonants[n>>12], vowels[n>>10&3], consonants[n>>6&15], vowels[n>>4&3], consonants[n&15],
		})
	}
	return strings.Join(words, "-")
}
