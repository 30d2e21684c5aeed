package identity

import (
	"net/netip"
	"sync"
	"time"
)

// addressFailures is how many wrong sign-ins an address, or its network, may
// have in a minute. Right ones do not count: a school shares one address.
const addressFailures = 30

// failures counts wrong sign-ins by network in the process. It is a brake for
// one address that tries many accounts; the limits by account are in SQL.
type failures struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]window
}

type window struct {
	from time.Time
	n    int
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, all: make(map[string]window)}
}

func (f *failures) check(address string, lifted bool) error {
	if lifted {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.all[network(address)]
	if left := time.Minute - f.now().Sub(w.from); w.n >= addressFailures && left > 0 {
		return ErrTries.After(left)
	}
	return nil
}

func (f *failures) note(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) >= maxCached {
		clear(f.all)
	}
	key := network(address)
	w := f.all[key]
	if f.now().Sub(w.from) >= time.Minute {
		w = window{from: f.now()}
	}
	w.n++
	f.all[key] = w
}

// network is what an address is counted under: its /24, or its /64.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	bits := 64
	if ip = ip.Unmap(); ip.Is4() {
		bits = 24
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}

// addressDigest is how an address from which somebody signed in is kept.
func addressDigest(address string) string { return digest("address\x00" + address) }
