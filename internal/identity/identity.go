// Package identity keeps people: who they are, what they may do, how they prove
// it, and the sessions that follow. SQL is the truth of every session; what is
// remembered here lives a second at most.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/keys"
	"github.com/kapstone-lms/kapstone/internal/together"
)

// Settings say how strict an installation is.
type Settings struct {
	Issuer     string // of access tokens
	Audience   string
	RequireMFA bool     // staff need a second factor for grave deeds
	Lifted     bool     // the limits by account and address are off: load tests measure the path
	Words      []string // words a password may not consist of, such as the titles of programs

	// QuickHashes makes password hashes that anybody could break: for tests,
	// half of whose time real ones take. No setting of an installation leads here.
	QuickHashes bool
}

func (s Settings) hashes() cost {
	if s.QuickHashes {
		return quick
	}
	return today
}

// Service keeps people and sessions. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	ring      *keys.Ring
	now       func() time.Time
	settings  Settings
	parser    *jwt.Parser
	hasher    *hasher
	addresses *addresses
	flights   *flights
	verified  *bounded[*claims]  // access token → its claims
	standing  *bounded[standing] // session → what it is and may, for a second
	standings *together.Asker[string, standing]
	unsettled *bounded[time.Time] // person → until when nothing of theirs is remembered
}

// New returns the people kept in d. now is the installation's clock.
func New(d *db.DB, ring *keys.Ring, now func() time.Time, s Settings) *Service {
	if s.Issuer == "" {
		s.Issuer = "kapstone" // an empty one would switch the check off
	}
	if s.Audience == "" {
		s.Audience = "kapstone"
	}
	return &Service{
		db: d, ring: ring, now: now, settings: s, parser: newParser(s, now), hasher: newHasher(s.hashes()),
		addresses: newAddresses(), flights: newFlights(),
		verified: newBounded[*claims](), standing: newBounded[standing](), unsettled: newBounded[time.Time](),
		standings: together.New(mostStandings, standingPatience, func(ctx context.Context, ids []string) ([]standing, error) {
			return standingsByID(ctx, d, ids)
		}),
	}
}

// The faults of proving who one is.
var (
	ErrLogin     = fault.New(fault.Unknown, "bad_credentials", "This address and password do not go together.")
	ErrOTP       = fault.New(fault.Unknown, "otp_required", "Send the code of your second factor as otp, or a recovery code.").At("otp")
	ErrWrongOTP  = fault.New(fault.Unknown, "wrong_otp", "This code is not right, or was used already. Wait for the next one.").At("otp")
	ErrSuspended = fault.New(fault.Unknown, "suspended", "This account is suspended. Ask a program admin.")
	ErrTries     = fault.New(fault.TooMany, "too_many_tries", "Too many wrong tries. Wait, then try again.")
	ErrBusy      = fault.New(fault.Unavailable, "busy", "Too many people are signing in at this moment. Try again in a few seconds.").After(3 * time.Second)
	ErrRefresh   = fault.New(fault.Unknown, "bad_refresh_token", "This session has ended. Sign in again.")
	ErrExpired   = fault.New(fault.Unknown, "token_expired", "Your access token has expired. Refresh it, or sign in again.")
	ErrReauth    = fault.New(fault.Unknown, "reauth_required", "Prove that it is you: send your password or a code of your second factor.")
	ErrSetup     = fault.New(fault.Forbidden, "bad_setup_token", "This set-up token is not valid any more. Restart the server to get another, if nobody is here yet.").At("token")
	ErrFactor    = fault.New(fault.Conflict, "second_factor_set", "A second factor is set up already. Remove it first.")
	ErrNoFactor  = fault.New(fault.Conflict, "no_second_factor", "There is no second factor. Begin to set one up first.")
	ErrCode      = fault.New(fault.Invalid, "bad_code", "This code is not right, or was used already. Wait for the next one.").At("code")
)

// secret returns 256 random bits as text.
func secret() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// digest is how a secret lies in SQL. kind keeps the digests of different
// things apart.
func digest(kind, of string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + of))
	return hex.EncodeToString(sum[:])
}

// by returns a context in which a person acts in a session, from where the
// actor in ctx came.
func by(ctx context.Context, personID, session string) context.Context {
	who := access.From(ctx)
	who.ID, who.Session = personID, session
	return access.With(ctx, who)
}
