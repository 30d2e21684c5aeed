// Package identity keeps people: who they are, what they may do, how they prove
// it, and the sessions that follow. SQL is the truth of every session; what is
// cached here lives a second at most.
package identity

import (
	"context"
	"time"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
	"github.com/kapstone-lms/kapstone/internal/keys"
)

// Settings say how strict an installation is. Lifted turns the limits by
// person and address off, for load tests.
type Settings struct {
	Issuer     string // of access tokens
	Audience   string
	RequireMFA bool // staff need a second factor for grave deeds
	Lifted     bool
}

// Service keeps people and sessions.
type Service struct {
	db       *db.DB
	ring     *keys.Ring
	now      func() time.Time
	settings Settings
	hasher   *hasher
	tokens   *tokenCache
	sessions *sessionCache
	failures *failures
}

// New returns the people kept in d.
func New(d *db.DB, ring *keys.Ring, now func() time.Time, s Settings) *Service {
	return &Service{
		db: d, ring: ring, now: now, settings: s, hasher: newHasher(), tokens: newTokenCache(),
		sessions: newSessionCache(now), failures: newFailures(now),
	}
}

// The faults of identity.
var (
	ErrLogin     = fault.New(fault.Unknown, "bad_credentials", "This address and password do not go together.")
	ErrOTP       = fault.New(fault.Unknown, "otp_required", "Send the code of your second factor as otp, or a recovery code.").At("otp")
	ErrSuspended = fault.New(fault.Unknown, "suspended", "This account is suspended. Ask a program admin.")
	ErrTries     = fault.New(fault.TooMany, "too_many_tries", "Too many tries. Wait, then try again.")
	ErrSpent     = fault.New(fault.TooMany, "too_many_tries", "This account has had too many wrong tries. A program admin has to reset it.")
	ErrBusy      = fault.New(fault.Unavailable, "busy", "Too many people are signing in at this moment. Try again in a few seconds.").After(3 * time.Second)
	ErrRefresh   = fault.New(fault.Unknown, "bad_refresh_token", "This session has ended. Sign in again.")
	ErrExpired   = fault.New(fault.Unknown, "token_expired", "Your access token has expired. Refresh it, or sign in again.")
	ErrReauth    = fault.New(fault.Unknown, "reauth_required", "Prove that it is you: send your password or a code of your second factor.")
	ErrStale     = fault.New(fault.Conflict, "stale_version", "Somebody changed this person meanwhile. Read it again, then repeat your change.")
	ErrLastAdmin = fault.New(fault.Conflict, "last_admin", "This is the last admin of the installation. Make another one first.")
	ErrEmail     = fault.New(fault.Invalid, "bad_email", "This does not look like an email address.").At("email")
	ErrTaken     = fault.New(fault.Conflict, "email_taken", "Somebody with this address is here already.").At("email")
	ErrName      = fault.New(fault.Invalid, "bad_name", "A name has 1 to 200 characters and no control characters.").At("name")
	ErrLicense   = fault.New(fault.Invalid, "bad_license_number", "A license number has at most 100 characters and no control characters.").At("license_number")
	ErrStatus    = fault.New(fault.Invalid, "bad_status", "A person is active or suspended.").At("status")
	ErrRole      = fault.New(fault.Invalid, "bad_role", "There is no such role.").At("roles")
	ErrRaise     = fault.New(fault.Forbidden, "forbidden", "You can give and take roles only in programs you administer, and not your own.").At("roles")
	ErrSetup     = fault.New(fault.Forbidden, "bad_setup_token", "This set-up token is not valid any more. Restart the server to get another, if nobody is here yet.").At("token")
	ErrFactor    = fault.New(fault.Conflict, "second_factor_set", "A second factor is set up already. Remove it first.")
	ErrNoFactor  = fault.New(fault.Conflict, "no_second_factor", "No second factor is being set up.")
	ErrCode      = fault.New(fault.Invalid, "bad_code", "This code is not right, or was used already. Wait for the next one.").At("code")
	ErrPassword  = fault.New(fault.Invalid, "weak_password", "").At("password")
)

// shell is the actor of deeds done from the machine's own command line.
func shell(ctx context.Context) context.Context {
	who := access.From(ctx)
	if who.ID == "" {
		who.ID = "shell"
	}
	return access.With(ctx, who)
}
