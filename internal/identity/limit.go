package identity

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/kapstone-lms/kapstone/internal/access"
	"github.com/kapstone-lms/kapstone/internal/audit"
	"github.com/kapstone-lms/kapstone/internal/db"
	"github.com/kapstone-lms/kapstone/internal/fault"
)

// The limits by account: five quick failures in a row, then waits that double
// with each, and a hundred in all until the right password or an admin resets
// them.
const (
	quickTries = 5
	maxTries   = 100
	longest    = 15 * time.Minute
	knownFor   = 30 * 24 * time.Hour // how long a sign-in makes an address known
)

// waitAfter is how long an account waits after so many failures in a row: 2^n
// seconds from the fifth on, at most a quarter of an hour.
func waitAfter(failures int) time.Duration {
	if failures < quickTries {
		return 0
	}
	return min(longest, time.Second<<min(failures, 20))
}

// errTooMany is what is told after so many failures.
func errTooMany(failures int, wait time.Duration) error {
	if failures >= maxTries {
		return ErrTries.After(longest).Says("This account has had too many wrong tries. Ask a program admin to set it active again.")
	}
	return ErrTries.After(wait)
}

// A try is one attempt to prove who one is. It is counted before it is judged,
// so that many at once cannot slip through, and taken back when nothing was
// wrong with it.
//
// Failures are counted by account. From an address where the person has signed
// in lately the right password is let through while strangers are kept
// waiting, so that nobody is locked out of an exam by somebody else's guesses;
// such tries are counted by that address, and as many as maxTries make it
// strange again.
type try struct {
	account *account
	network string
	known   string // the digest of a known address, "" for a strange one
	through bool   // let through during a wait
	told    error  // what a failure is told then
	before  failureRow
	lifted  bool
}

// begin counts a try at an account, which may be nobody's. It returns ErrTries,
// with the time to wait, when it may not be made now.
func (s *Service) begin(ctx context.Context, a *account) (*try, error) {
	from := access.From(ctx).Address
	t := &try{account: a, network: network(from), lifted: s.settings.Lifted}
	if t.lifted {
		return t, nil
	}
	if wait := s.addresses.wait(t.network, s.now()); wait > 0 {
		return nil, ErrTries.After(wait)
	}
	err := s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return t.count(ctx, tx, from, s.now()) })
	if err == nil {
		return t, nil
	}
	if errors.Is(err, ErrTries) {
		s.addresses.note(t.network, s.now())
	}
	return nil, fmt.Errorf("count a try: %w", err)
}

// count is begin's part in SQL.
func (t *try) count(ctx context.Context, tx bun.IDB, from string, now time.Time) error {
	if err := db.Lock(ctx, tx, "identity/tries/"+accountDigest(t.account)); err != nil {
		return err
	}
	row, err := failuresOf(ctx, tx, t.account)
	if err != nil {
		return err
	}
	t.before, t.through, t.known = *row, false, "" // a try run again starts anew
	known := addressDigest(t.account.ID, from)
	if ok, err := knownAddress(ctx, tx, t.account.ID, known, now.Add(-knownFor)); err != nil {
		return err
	} else if ok {
		t.known = known
		if err := countAtAddress(ctx, tx, t.account.ID, known, +1); err != nil {
			return err
		}
	}
	wait := row.LastAt.Add(waitAfter(row.Failures)).Sub(now)
	if row.Failures >= maxTries || row.Failures >= quickTries && wait > 0 {
		t.through, t.told = true, errTooMany(row.Failures, wait)
		if t.known == "" {
			return t.told
		}
		return nil
	}
	row.Failures, row.LastAt = row.Failures+1, db.At(now)
	if err := putFailures(ctx, tx, row); err != nil {
		return err
	}
	return dropNobodys(ctx, tx, now.Add(-24*time.Hour))
}

// proved takes the try back and forgets the failures before it, inside the
// deed's transaction. What strangers failed at meanwhile stays counted.
func (t *try) proved(ctx context.Context, tx bun.IDB) error {
	if t.lifted {
		return nil
	}
	if t.known != "" {
		if err := resetAddress(ctx, tx, t.account.ID, t.known); err != nil {
			return err
		}
	}
	if t.through {
		return nil
	}
	return clearFailures(ctx, tx, t.account)
}

// end settles a try by how it went, and returns what the caller is told: a
// failure stays counted and goes to the ledger, a success has settled itself,
// and anything else is taken back.
func (s *Service) end(ctx context.Context, t *try, deed string, err error) error {
	if wrong(err) {
		told := err
		if t.through {
			told = t.told
		}
		return errors.Join(told, s.failed(ctx, t, deed, err))
	}
	if t.lifted || err == nil {
		return err
	}
	// The request may be over its time; the account must not pay for that.
	ctx = context.WithoutCancel(ctx)
	return errors.Join(err, s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error { return t.takeBack(ctx, tx) }))
}

// wrong reports whether an error is a failure to prove who one is.
func wrong(err error) bool {
	return errors.Is(err, ErrLogin) || errors.Is(err, ErrWrongOTP) || errors.Is(err, ErrReauth) || errors.Is(err, ErrCode)
}

// failed writes a failure down. The wait counts from now.
func (s *Service) failed(ctx context.Context, t *try, deed string, why error) error {
	s.addresses.note(t.network, s.now())
	return s.db.Tx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if !t.lifted && !t.through {
			if err := touchFailures(ctx, tx, t.account, s.now()); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, s.now(), "proof.failed", t.account.ID, map[string]string{"deed": deed, "why": fault.Of(why).Code})
	})
}

func (t *try) takeBack(ctx context.Context, tx bun.IDB) error {
	if t.known != "" {
		if err := countAtAddress(ctx, tx, t.account.ID, t.known, -1); err != nil {
			return err
		}
	}
	if t.through {
		return nil
	}
	return uncountFailure(ctx, tx, t.account, t.before.LastAt)
}

// accountDigest names an account in the count of failures, by its address, so
// that one that is nobody's is counted alike.
func accountDigest(a *account) string { return digest("account", a.Email) }

// addressDigest is how a network address is kept: bound to the person, so that
// two people's rows cannot be compared. IPv6 devices change the lower half of
// theirs every day.
func addressDigest(personID, from string) string {
	if ip, err := netip.ParseAddr(from); err == nil && ip.Unmap().Is6() {
		from = network(from)
	}
	return digest("network", personID+"\x00"+from)
}

// network is what an address is counted under: its /24, or its /64.
func network(from string) string {
	ip, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	bits := 64
	if ip = ip.Unmap(); ip.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(ip.WithZone(""), bits).Masked().String()
}

// How many failures a network may have: so many at once, and one more every
// two seconds, thirty a minute. Right tries do not count: a school shares one
// address.
const (
	addressFailures = 30
	addressEvery    = 2 * time.Second
	maxNetworks     = 10_000
)

// addresses counts failures by network, in this process. It is a brake for one
// address that tries many accounts; the limits by account are in SQL.
type addresses struct {
	mu  sync.Mutex
	all map[string]time.Time // network → when its last failure is forgiven
}

func newAddresses() *addresses { return &addresses{all: make(map[string]time.Time)} }

// wait returns how long a network has to wait for its next try.
func (a *addresses) wait(network string, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last := a.all[network]; last.After(now) {
		return max(0, last.Sub(now)-(addressFailures-1)*addressEvery)
	}
	return 0
}

// note counts a failure.
func (a *addresses) note(network string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.makeRoom(now)
	last := a.all[network]
	if last.Before(now) {
		last = now
	}
	a.all[network] = last.Add(addressEvery)
}

// makeRoom lets those go whose failures are all forgiven; when none are,
// somebody has to go.
func (a *addresses) makeRoom(now time.Time) {
	if len(a.all) < maxNetworks {
		return
	}
	for n, until := range a.all {
		if !until.After(now) {
			delete(a.all, n)
		}
	}
	for n := range a.all {
		if len(a.all) < maxNetworks {
			return
		}
		delete(a.all, n)
	}
}
